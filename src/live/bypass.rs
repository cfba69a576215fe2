//! What hangs on users directly: permissions that no matrix knows of.
//!
//! Must not: judge whether one is wanted.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::live::LiveUser;
use crate::name::{Arn, Name};

/// A policy that a user carries without a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The user.
    pub user: Name,
    /// The policy's name.
    pub policy: String,
    /// How it hangs there.
    #[serde(flatten)]
    pub kind: Kind,
}

/// How a policy hangs on a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "arn")]
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
        let Grant { user, policy, kind } = self;
        match kind {
            Kind::Attached(arn) => format!(
                "give the user a group that carries it, then `aws iam detach-user-policy --user-name {user} --policy-arn {arn}`"
            ),
            Kind::Inline => format!(
                "give the user a group that carries it, then `aws iam delete-user-policy --user-name {user} --policy-name {policy}`"
            ),
        }
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
