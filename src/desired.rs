//! What the account should be: the matrix compiled into IAM groups, with ARNs, guards and members.
//!
//! Owns: [`Desired`] and [`compile`]: which policy a name means, how a group is split into parts, which rows cannot be
//! realised in this account and why. Must not: compare with the live account beyond placement and clashes; `plan` does.

mod members;
mod parts;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc as Shared;

use serde::Serialize;

pub use parts::{part, part_number};

use crate::catalog::Catalog;
use crate::live::{Live, Scope};
use crate::located::{Located, Span};
use crate::matrix::Checked;
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;
use crate::policy::Document;

/// What the account should be.
#[derive(Debug, Clone)]
pub struct Desired {
    /// What may be touched.
    pub scope: Scope,
    /// Whether undeclared empty groups and documents are deleted.
    pub prune: bool,
    /// Customer managed policies to keep, by name.
    pub documents: BTreeMap<Name, DesiredDocument>,
    /// IAM groups to keep, by name: the parts of each group of the matrix, and the baseline's.
    pub groups: BTreeMap<Name, DesiredGroup>,
    /// Groups under the path that are left exactly as they are, because their row cannot be realised.
    pub frozen: BTreeSet<Name>,
    /// Users to create.
    pub new_users: BTreeSet<Name>,
    /// Groups to rename in place: live name → new name.
    pub renames: BTreeMap<Name, Name>,
    /// The password policy, if the matrix governs it.
    pub password_policy: Option<PasswordPolicy>,
    /// Rows that cannot be realised in this account.
    pub blocked: Vec<Blocked>,
    /// What a person should know and nothing is done about.
    pub notes: Vec<String>,
    /// What is there, is not wanted, and is left as it is because it is protected.
    pub protected: Vec<String>,
    /// AWS managed policies that could not be attached again once detached.
    pub one_way: BTreeSet<Arn>,
    /// ARNs of AWS managed or foreign policies that count as guards.
    pub guards: BTreeSet<Arn>,
}

impl Desired {
    /// Whether the name is that of a part of a group that nothing may be added to: such a part is left as it is, even
    /// where no policy has its place on it now.
    #[must_use]
    pub fn is_part_of_closed(&self, name: &Name) -> bool {
        let closed = self.groups.values().filter(|group| group.grants == Grants::Closed);
        closed.into_iter().any(|group| part_number(&group.of, name).is_some())
    }
}

/// A document to keep.
#[derive(Debug, Clone)]
pub struct DesiredDocument {
    /// The policy's ARN: the live one where it exists.
    pub arn: Arn,
    /// The text as written.
    pub text: Shared<str>,
    /// What it says.
    pub document: Document,
}

/// An IAM group to keep: one part of a group of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredGroup {
    /// The group of the matrix that it is part of.
    pub of: Name,
    /// Whether that is the baseline or a column.
    pub role: Role,
    /// Policies with a Deny statement: every part carries them all.
    pub guards: BTreeSet<Arn>,
    /// The allows placed on this part.
    pub allows: BTreeSet<Arn>,
    /// Attached policies that are left as they are, because their row is blocked.
    pub spared: BTreeSet<Arn>,
    /// Who should be in it.
    pub members: BTreeSet<Name>,
    /// Whether anything may be added to it.
    pub grants: Grants,
}

/// Whether an IAM group carries the baseline or a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It carries the policies of every user.
    Baseline,
    /// It is part of a column.
    Column,
}

/// Whether anything may be added to a group. It may not while one of its guards cannot be attached: no guard, no allow.
/// What does not belong there is still taken off, guards excepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grants {
    /// Yes.
    Open,
    /// No.
    Closed,
}

/// A row of the configuration that cannot be realised in this account; only that row stands still.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
pub struct Blocked {
    /// Where the row is written: `file:line:column`.
    pub at: String,
    /// Why it cannot be realised.
    pub reason: String,
    /// The way out.
    pub help: String,
}

impl Blocked {
    fn new(span: &Span, reason: String, help: String) -> Self {
        Blocked { at: span.to_string(), reason, help }
    }
}

impl std::fmt::Display for Blocked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({})", self.at, self.reason, self.help)
    }
}

/// A group of the matrix, or the baseline, before it is split into parts.
struct Column<'m> {
    name: &'m Located<Name>,
    role: Role,
    policies: Vec<&'m Located<Name>>,
}

/// Compiles a matrix for an account. The same input gives the same result, whatever happened before.
#[must_use]
pub fn compile(checked: &Checked, catalog: &Catalog, live: &Live) -> Desired {
    let (matrix, operator) = (checked.matrix(), checked.operator());
    let mut desired = Desired {
        scope: Scope::of(operator).sparing(live.own_user.as_ref()),
        prune: operator.prune,
        documents: BTreeMap::new(),
        groups: BTreeMap::new(),
        frozen: BTreeSet::new(),
        new_users: BTreeSet::new(),
        renames: parts::renames(matrix, &Scope::of(operator), live),
        password_policy: matrix.password_policy.clone(),
        blocked: Vec::new(),
        notes: Vec::new(),
        protected: Vec::new(),
        one_way: BTreeSet::new(),
        guards: BTreeSet::new(),
    };
    let live = live.with_renames(&desired.renames);
    let policies = resolve::policies(&mut desired, checked, catalog, &live);
    let baseline =
        Column { name: &matrix.baseline_group, role: Role::Baseline, policies: matrix.baseline.iter().collect() };
    let mut columns = matrix.columns();
    let columns = matrix.groups.iter().map(|group| Column {
        name: &group.name,
        role: Role::Column,
        policies: columns.remove(&group.name.value).unwrap_or_default(),
    });
    for column in std::iter::once(baseline).filter(|baseline| !baseline.policies.is_empty()).chain(columns) {
        parts::split(&mut desired, &column, &policies, &live);
    }
    parts::close_under_a_closed_baseline(&mut desired);
    parts::fit_group_quota(&mut desired, matrix, &live);
    members::assign(&mut desired, checked, &live);
    desired.one_way = live
        .groups
        .values()
        .flat_map(|group| &group.attached)
        .filter(|arn| arn.is_aws_managed() && !catalog.can_attach_again(arn))
        .cloned()
        .collect();
    desired.blocked.sort();
    desired.blocked.dedup();
    desired.notes.sort();
    desired.notes.dedup();
    desired
}
