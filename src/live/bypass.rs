//! What hangs on users directly: permissions that no matrix knows of.
//!
//! Must not: judge whether one is wanted.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::live::LiveUser;
use crate::name::{Arn, Name};

/// A policy that a user carries without a group. As JSON it has the command that takes it off, too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The user.
    pub user: Name,
    /// The policy's name.
    pub policy: String,
    /// How it hangs there.
    pub kind: Kind,
}

/// How a policy hangs on a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "arn")]
#[schema(as = GrantKind)]
pub enum Kind {
    /// A managed policy, attached.
    Attached(Arn),
    /// An inline policy.
    Inline,
}

impl Kind {
    /// How it hangs there, in words.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::Attached(_) => "attached to the user",
            Kind::Inline => "an inline policy of the user",
        }
    }
}

impl Grant {
    /// How to bring it under the matrix.
    #[must_use]
    pub fn remedy(&self) -> String {
        format!("give the user a group that carries it, then `{}`", self.command())
    }

    /// The command that takes it off.
    #[must_use]
    pub fn command(&self) -> String {
        let Grant { user, policy, kind } = self;
        match kind {
            Kind::Attached(arn) => format!("aws iam detach-user-policy --user-name {user} --policy-arn {arn}"),
            Kind::Inline => format!("aws iam delete-user-policy --user-name {user} --policy-name {policy}"),
        }
    }
}

/// A grant as JSON shows it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Grant)]
pub struct Shown<'a> {
    user: &'a Name,
    policy: &'a str,
    #[serde(flatten)]
    kind: &'a Kind,
    /// What takes it off.
    command: String,
}

impl Serialize for Grant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Grant { user, policy, kind } = self;
        Shown { user, policy, kind, command: self.command() }.serialize(serializer)
    }
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} has {}, {}", self.user, self.policy, self.kind.as_str())
    }
}

/// Everything that users carry without a group, by user, then policy.
#[must_use]
pub fn grants(users: &BTreeMap<Name, LiveUser>) -> Vec<Grant> {
    let of = |user: &LiveUser| {
        let attached = user.attached.iter().map(|arn| (arn.name().to_string(), Kind::Attached(arn.clone())));
        let inline = user.inline.keys().map(|name| (name.clone(), Kind::Inline));
        let name = user.name.clone();
        attached.chain(inline).map(move |(policy, kind)| Grant { user: name.clone(), policy, kind }).collect::<Vec<_>>()
    };
    let mut grants: Vec<Grant> = users.values().flat_map(of).collect();
    grants.sort();
    grants
}

/// Those of `after` that `before` does not have. Both are sorted, as [`grants`] sorts them.
pub fn newly<'g>(before: &[Grant], after: &'g [Grant]) -> impl Iterator<Item = &'g Grant> {
    after.iter().filter(|grant| before.binary_search(grant).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(user: &str, kind: Kind) -> Grant {
        Grant { user: user.into(), policy: "Spare".to_owned(), kind }
    }

    #[test]
    fn a_grant_is_new_once_and_again_when_it_hangs_there_in_another_way() {
        let attached = Kind::Attached(Arn::new("arn:aws:iam::123456789012:policy/Spare"));
        let (ann, bob) = (grant("ann", attached.clone()), grant("bob", Kind::Inline));
        let first = [ann.clone(), bob.clone()];
        assert_eq!(newly(&[], &first).collect::<Vec<_>>(), [&ann, &bob]);
        assert_eq!(newly(&first, &first).count(), 0);
        let second = [ann, grant("bob", attached)];
        assert_eq!(newly(&first, &second).collect::<Vec<_>>(), [&second[1]]);
    }
}
