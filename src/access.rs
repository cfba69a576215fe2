//! What people hold and may therefore do: the questions that are asked of policies, answered for people.
//!
//! Owns: [`Access`] (who holds which policy, and through what), the proof that MFA is enforced ([`mfa`]), what a person
//! may do ([`explain`]) and what a plan changes of that ([`effect`]).
//! Must not: read files or AWS, or judge whether access is good; `lint` and `audit` do.

pub mod administration;
pub mod administrators;
pub mod after;
pub mod aws;
pub mod effect;
pub mod explain;
mod grips;
mod holdings;
mod left;
pub mod mfa;
pub mod own;
pub mod portrait;
pub mod reach;
pub mod render;
mod rows;
pub mod standing;
#[cfg(test)]
mod tests;
pub mod universe;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc as Shared;

use serde::Serialize;

use self::reach::Session;
use crate::name::{Arn, Name};
use crate::policy::context::{Context, Fact};
use crate::policy::{Document, LiveDocument};

/// Everybody's access in one account.
#[derive(Debug, Clone)]
pub struct Access {
    /// Every policy that somebody holds, once.
    pub policies: Vec<Policy>,
    /// Users, by name.
    pub users: BTreeMap<Name, User>,
}

/// A place in [`Access::policies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(usize);

/// A policy that somebody holds.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name; for an inline policy its name within its group or user.
    pub name: Name,
    /// What kind of policy it is.
    pub kind: Kind,
    /// What it says, as far as that is known.
    pub body: Body,
}

/// What kind of policy it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A customer managed policy, ours or not.
    Customer,
    /// An AWS managed policy.
    Aws,
    /// An inline policy.
    Inline,
}

/// What a policy says, as far as that is known.
#[derive(Debug, Clone)]
pub enum Body {
    /// Its document.
    Known(Shared<Document>),
    /// There is a text, and it cannot be read: it may allow anything and denies nothing for certain.
    Unreadable,
    /// Its document is not at hand: it may allow anything and denies nothing for certain.
    Unknown,
}

impl Body {
    fn of(document: &LiveDocument) -> Self {
        match document {
            LiveDocument::Known { document, .. } => Body::Known(Shared::new(document.clone())),
            LiveDocument::Opaque { .. } => Body::Unreadable,
        }
    }
}

/// A user with all that the user holds.
#[derive(Debug, Clone)]
pub struct User {
    /// The name.
    pub name: Name,
    /// The path; none when only the matrix is known.
    pub path: Option<String>,
    /// The policies, in the order of [`Through`] and name.
    pub holdings: Vec<Holding>,
    /// The permissions boundary.
    pub boundary: Option<PolicyId>,
}

/// The condition key with the name of the user who asks, as canonical documents write it.
const USERNAME: &str = "aws:username";

impl User {
    /// What is known of every request of this user in a session.
    fn context(&self, session: Session) -> Context {
        session.context().with(USERNAME, Fact::Text(self.name.to_string()))
    }
}

/// One policy in somebody's hands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// How it came there.
    pub through: Through,
    /// The policy.
    pub policy: PolicyId,
}

/// How a policy came to a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Through {
    /// By the group of that name.
    Group(Name),
    /// Attached to the user directly.
    Attached,
    /// As an inline policy of the user.
    Inline,
}

impl std::fmt::Display for Through {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Through::Group(group) => write!(f, "through group {group}"),
            Through::Attached => f.write_str("attached to the user"),
            Through::Inline => f.write_str("inline policy of the user"),
        }
    }
}

/// The policies that decide about a user, without their names: users with the same set may do the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held {
    /// The identity policies.
    pub policies: BTreeSet<PolicyId>,
    /// The permissions boundary.
    pub boundary: Option<PolicyId>,
}

impl Access {
    /// The policy at that place.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.get(id.0)
    }

    /// The places of all policies.
    pub fn ids(&self) -> impl Iterator<Item = PolicyId> + use<> {
        (0..self.policies.len()).map(PolicyId)
    }

    /// The policies of a user, each once.
    #[must_use]
    pub fn held(&self, user: &User) -> Held {
        Held { policies: user.holdings.iter().map(|holding| holding.policy).collect(), boundary: user.boundary }
    }

    /// A policy's name, for messages.
    #[must_use]
    pub fn name(&self, id: PolicyId) -> &str {
        self.policy(id).map_or("a policy", |policy| policy.name.as_str())
    }

    /// AWS managed policies that somebody holds in this snapshot.
    pub fn documents<'a>(&'a self, held: &'a Held) -> impl Iterator<Item = (PolicyId, &'a Body)> {
        held.policies.iter().filter_map(|id| self.policy(*id).map(|policy| (*id, &policy.body)))
    }
}

/// The policies to ask for: which of AWS's are attached to somebody or wanted.
pub fn aws_managed<'a>(arns: impl IntoIterator<Item = &'a Arn>) -> BTreeSet<&'a Arn> {
    arns.into_iter().filter(|arn| arn.is_aws_managed()).collect()
}
