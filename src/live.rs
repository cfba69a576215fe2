//! The account as it is: groups, users, customer managed policies, password policy and quotas, normalised.
//!
//! Owns: [`Live`] and [`Scope`], which says what is ours, foreign or protected.
//! Must not: read AWS (`iam/` does), or know what is wanted.

pub mod bypass;

use std::collections::{BTreeMap, BTreeSet};

use crate::matrix::{Operator, Protect, Quotas};
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;
use crate::policy::LiveDocument;

/// A complete snapshot of an account. An incomplete read never becomes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The account's id, twelve digits.
    pub account: String,
    /// `aws`, `aws-cn`, `aws-us-gov` …
    pub partition: String,
    /// The user whose credentials iamatrix runs with, where it is a user and no role.
    pub own_user: Option<Name>,
    /// The account's own quotas.
    pub quotas: Quotas,
    /// All groups of the account.
    pub groups: BTreeMap<Name, LiveGroup>,
    /// All users of the account.
    pub users: BTreeMap<Name, LiveUser>,
    /// All customer managed policies of the account.
    pub policies: BTreeMap<Name, LivePolicy>,
    /// The account's password policy, if it has one.
    pub password_policy: Option<PasswordPolicy>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveGroup {
    /// Its name in AWS's spelling.
    pub name: Name,
    /// Its path.
    pub path: String,
    /// Its managed policies.
    pub attached: BTreeSet<Arn>,
    /// Its inline policies.
    pub inline: BTreeMap<String, LiveDocument>,
    /// Its members.
    pub members: BTreeSet<Name>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveUser {
    /// Its name in AWS's spelling.
    pub name: Name,
    /// Its path.
    pub path: String,
    /// The groups it is in.
    pub groups: BTreeSet<Name>,
    /// Managed policies attached to it directly.
    pub attached: BTreeSet<Arn>,
    /// Its inline policies.
    pub inline: BTreeMap<String, LiveDocument>,
    /// Its permissions boundary.
    pub boundary: Option<Arn>,
}

/// A customer managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePolicy {
    /// Its name in AWS's spelling.
    pub name: Name,
    /// Its ARN.
    pub arn: Arn,
    /// Its path.
    pub path: String,
    /// The document of its default version.
    pub document: LiveDocument,
    /// How many users, groups and roles it is attached to.
    pub attachments: usize,
    /// How many users and roles have it as their permissions boundary.
    pub boundaries: usize,
    /// Its versions, where they were needed and therefore read.
    pub versions: Option<Vec<PolicyVersion>>,
}

/// A version of a customer managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// `v1`, `v2` …; IAM never uses one again.
    pub id: String,
    /// Whether it is the one in force.
    pub is_default: bool,
}

impl PolicyVersion {
    /// The number in the id, which grows with age.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.id.trim_start_matches('v').parse().unwrap_or(u64::MAX)
    }
}

impl Live {
    /// The customer managed policy of that ARN.
    #[must_use]
    pub fn policy(&self, arn: &Arn) -> Option<&LivePolicy> {
        self.policies.get(&arn.name()).filter(|policy| policy.arn == *arn)
    }

    /// Every managed policy that hangs on a group or a user, boundaries included; one that hangs on several comes
    /// several times.
    pub fn attached(&self) -> impl Iterator<Item = &Arn> {
        let groups = self.groups.values().flat_map(|group| &group.attached);
        let users = self.users.values().flat_map(|user| user.attached.iter().chain(&user.boundary));
        groups.chain(users)
    }

    /// The same account as it would be once groups are renamed in place. `renames`: old name → new name.
    #[must_use]
    pub fn with_renames(&self, renames: &BTreeMap<Name, Name>) -> Live {
        let mut live = self.clone();
        let new_name = |name: &Name| renames.get(name).unwrap_or(name).clone();
        live.groups = std::mem::take(&mut live.groups)
            .into_values()
            .map(|group| LiveGroup { name: new_name(&group.name), ..group })
            .map(|group| (group.name.clone(), group))
            .collect();
        for user in live.users.values_mut() {
            user.groups = user.groups.iter().map(new_name).collect();
        }
        live
    }
}

/// What the operator may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The path in scope.
    pub path: String,
    /// What is never touched, even under the path.
    pub protect: Protect,
}

impl Scope {
    /// The scope that the platform team set.
    #[must_use]
    pub fn of(operator: &Operator) -> Self {
        Scope { path: operator.path.clone(), protect: operator.protect.clone() }
    }

    /// The same, and never the user that iamatrix runs as: it must not change its own access.
    #[must_use]
    pub fn sparing(mut self, own_user: Option<&Name>) -> Self {
        self.protect.users.extend(own_user.map(ToString::to_string));
        self
    }

    /// Whether a group or policy of that path lies in scope.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        path.starts_with(&self.path)
    }

    /// Whether the user is protected.
    #[must_use]
    pub fn protects_user(&self, name: &Name) -> bool {
        Protect::covers(&self.protect.users, name)
    }

    /// Whether the IAM group is protected.
    #[must_use]
    pub fn protects_group(&self, name: &Name) -> bool {
        Protect::covers(&self.protect.groups, name)
    }

    /// Whether the policy is protected.
    #[must_use]
    pub fn protects_policy(&self, name: &Name) -> bool {
        Protect::covers(&self.protect.policies, name)
    }

    /// Whether the group is ours to change.
    #[must_use]
    pub fn owns_group(&self, group: &LiveGroup) -> bool {
        self.holds(&group.path) && !self.protects_group(&group.name)
    }

    /// Whether the policy is ours to change.
    #[must_use]
    pub fn owns_policy(&self, policy: &LivePolicy) -> bool {
        self.holds(&policy.path) && !self.protects_policy(&policy.name)
    }
}
