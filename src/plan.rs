//! The ordered, explained changes that make the account what it should be.
//!
//! Owns: [`Plan`], [`Change`], [`Action`], the comparison ([`diff`]), the order and the renderings.
//! Must not: decide whether a plan may be applied (`guard` does), or apply it.

mod diff;
mod order;
#[cfg(test)]
mod properties;
mod render;
#[cfg(test)]
mod tests;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use diff::{diff, versions_needed};
pub use render::{markdown, summary, text};

use crate::desired::Blocked;
use crate::files::Digest;
use crate::live::bypass::{Grant, Shown};
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;

/// One call to IAM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// `CreatePolicy`
    CreateDocument {
        /// Its name.
        name: Name,
        /// Its path.
        path: String,
        /// Its text.
        text: String,
    },
    /// `CreatePolicyVersion`, set as default.
    UpdateDocument {
        /// The policy.
        policy: Arn,
        /// The new text.
        text: String,
    },
    /// `DeletePolicyVersion`: makes room, or precedes the deletion of the policy.
    DeleteVersion {
        /// The policy.
        policy: Arn,
        /// The version, never the default one.
        version: String,
    },
    /// `DeletePolicy`
    DeleteDocument {
        /// The policy.
        policy: Arn,
    },
    /// `CreateGroup`
    CreateGroup {
        /// Its name.
        group: Name,
        /// Its path.
        path: String,
    },
    /// `UpdateGroup`: in place, members and policies stay.
    RenameGroup {
        /// The name it has.
        from: Name,
        /// The name it gets.
        group: Name,
    },
    /// `DeleteGroup`
    DeleteGroup {
        /// The group.
        group: Name,
    },
    /// `CreateUser`
    CreateUser {
        /// Its name.
        user: Name,
        /// Its path.
        path: String,
    },
    /// `AttachGroupPolicy`
    Attach {
        /// The group.
        group: Name,
        /// The policy.
        policy: Arn,
    },
    /// `DetachGroupPolicy`
    Detach {
        /// The group.
        group: Name,
        /// The policy.
        policy: Arn,
    },
    /// `DeleteGroupPolicy`
    DeleteInline {
        /// The group.
        group: Name,
        /// The inline policy.
        name: String,
    },
    /// `AddUserToGroup`
    AddMember {
        /// The group.
        group: Name,
        /// The user.
        user: Name,
    },
    /// `RemoveUserFromGroup`
    RemoveMember {
        /// The group.
        group: Name,
        /// The user.
        user: Name,
    },
    /// `UpdateAccountPasswordPolicy`: replaces every field.
    SetPasswordPolicy {
        /// The new policy.
        policy: PasswordPolicy,
    },
}

impl Action {
    /// The action's name, as in JSON, metrics and logs. Bounded, so fit for a label.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Action::CreateDocument { .. } => "createDocument",
            Action::UpdateDocument { .. } => "updateDocument",
            Action::DeleteVersion { .. } => "deleteVersion",
            Action::DeleteDocument { .. } => "deleteDocument",
            Action::CreateGroup { .. } => "createGroup",
            Action::RenameGroup { .. } => "renameGroup",
            Action::DeleteGroup { .. } => "deleteGroup",
            Action::CreateUser { .. } => "createUser",
            Action::Attach { .. } => "attach",
            Action::Detach { .. } => "detach",
            Action::DeleteInline { .. } => "deleteInline",
            Action::AddMember { .. } => "addMember",
            Action::RemoveMember { .. } => "removeMember",
            Action::SetPasswordPolicy { .. } => "setPasswordPolicy",
        }
    }

    /// Whether the action only adds: the actions that additive mode allows itself.
    #[must_use]
    pub fn only_adds(&self) -> bool {
        matches!(
            self,
            Action::CreateDocument { .. }
                | Action::CreateGroup { .. }
                | Action::CreateUser { .. }
                | Action::Attach { .. }
                | Action::AddMember { .. }
        )
    }

    /// The things the call touches. Calls that touch the same thing are made one after the other: IAM answers
    /// `ConcurrentModification` otherwise.
    #[must_use]
    pub fn touches(&self) -> Vec<Entity> {
        match self {
            Action::CreateDocument { name, .. } => vec![Entity::Policy(name.clone())],
            Action::UpdateDocument { policy, .. }
            | Action::DeleteVersion { policy, .. }
            | Action::DeleteDocument { policy } => vec![Entity::Policy(policy.name())],
            Action::CreateGroup { group, .. }
            | Action::DeleteGroup { group }
            | Action::Attach { group, .. }
            | Action::Detach { group, .. }
            | Action::DeleteInline { group, .. } => vec![Entity::Group(group.clone())],
            Action::RenameGroup { from, group } => vec![Entity::Group(from.clone()), Entity::Group(group.clone())],
            Action::CreateUser { user, .. } => vec![Entity::User(user.clone())],
            Action::AddMember { group, user } | Action::RemoveMember { group, user } => {
                vec![Entity::Group(group.clone()), Entity::User(user.clone())]
            }
            Action::SetPasswordPolicy { .. } => vec![Entity::PasswordPolicy],
        }
    }
}

/// A thing in IAM that a call touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A group.
    Group(Name),
    /// A user.
    User(Name),
    /// A customer managed policy.
    Policy(Name),
    /// The account's password policy.
    PasswordPolicy,
}

/// When in a plan a change has its place. Between two phases nobody has an allow without its guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// New documents: they reach nobody yet.
    NewDocuments,
    /// New texts that only take access away.
    Restrict,
    /// New and renamed groups: they grant nothing yet.
    Groups,
    /// Guards go on.
    AttachGuards,
    /// New users.
    Users,
    /// Everybody gets the baseline.
    Baseline,
    /// Allows go on.
    AttachAllows,
    /// Members come in.
    AddMembers,
    /// All other new texts.
    UpdateDocuments,
    /// Members go.
    RemoveMembers,
    /// Allows come off.
    DetachAllows,
    /// Guards come off.
    DetachGuards,
    /// What is left over goes.
    Delete,
    /// The password policy depends on nothing.
    PasswordPolicy,
}

/// Whether the account lacks something, has something extra, or has it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DriftClass {
    /// Wanted, and not there.
    Missing,
    /// There, and not wanted.
    Extra,
    /// There, and not as wanted.
    Different,
}

impl DriftClass {
    /// The class as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DriftClass::Missing => "missing",
            DriftClass::Extra => "extra",
            DriftClass::Different => "different",
        }
    }
}

/// A planned call, why it is made and what must have succeeded before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The call.
    #[serde(flatten)]
    pub action: Action,
    /// Its place.
    pub phase: Phase,
    /// What kind of drift it ends.
    pub drift: DriftClass,
    /// Why it is made.
    pub reason: String,
    /// What differs, line by line, where that says more than the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// What is there before, where the action does not say it: a document's version and digest, the fields of a
    /// password policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Positions in the plan (from 0) of the changes that must have succeeded before.
    pub after: Vec<usize>,
    /// Whether this takes an attachment off that the same plan puts on elsewhere, so that nothing is lost.
    pub moved: bool,
}

/// The changes that make the account what it should be, in the order in which they are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The account.
    pub account: String,
    /// The path in scope.
    pub path: String,
    /// The calls, in order.
    pub changes: Vec<Change>,
    /// Rows that cannot be realised.
    pub blocked: Vec<Blocked>,
    /// What a person should know and nothing is done about.
    pub notes: Vec<String>,
    /// What is there, is not wanted, and is left as it is because it is protected.
    pub protected: Vec<String>,
    /// What users carry without a group, past the matrix. It is drift that is only reported: the operator never touches a
    /// user's own policies.
    #[schema(value_type = Vec<Shown>)]
    pub bypasses: Vec<Grant>,
    /// What is live in scope, for the guards.
    pub live: Totals,
    /// Changes that take off a policy that AWS would not let be attached again, by position.
    pub one_way: Vec<usize>,
}

/// How much is live in scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Memberships in groups under the path.
    pub memberships: usize,
    /// Managed and inline policies of groups under the path.
    pub attachments: usize,
    /// Documents under the path.
    pub documents: usize,
    /// IAM groups under the path.
    pub groups: usize,
}

impl Plan {
    /// Whether the account is as it should be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.blocked.is_empty()
    }

    /// What the plan would do, as a digest: equal plans have equal digests. SHA-256 in hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let actions: Vec<&Action> = self.changes.iter().map(|change| &change.action).collect();
        // Serialising strings, numbers and lists of them cannot fail.
        let bytes = serde_json::to_vec(&(&self.account, &self.path, actions)).unwrap_or_default();
        Digest(Sha256::digest(bytes).into()).to_string()
    }

    /// How many changes of each kind, by kind.
    #[must_use]
    pub fn counts(&self) -> std::collections::BTreeMap<&'static str, usize> {
        let mut counts = std::collections::BTreeMap::new();
        for change in &self.changes {
            *counts.entry(change.action.kind()).or_default() += 1;
        }
        counts
    }
}
