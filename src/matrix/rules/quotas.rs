//! Rules about the quotas that AWS does not raise, so that they can be told without the account.

use std::collections::BTreeMap;

use super::{is_guard, part};
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::matrix::rules::Facts;
use crate::matrix::{Matrix, Quotas, UserRow};
use crate::name::Name;

/// How many IAM groups realise a group: every one carries all guards, the rest of its ten places is for allows.
/// None when the guards leave no place.
fn parts_needed(matrix: &Matrix, policies: &[&Located<Name>]) -> Option<usize> {
    let quota = Quotas::default().policies_per_group;
    let guards = policies.iter().filter(|policy| is_guard(matrix, &policy.value)).count();
    let allows = policies.len() - guards;
    if guards > quota || (guards == quota && allows > 0) {
        return None;
    }
    Some(if allows == 0 { 1 } else { allows.div_ceil(quota - guards) })
}

/// Every IAM group of a column carries all of its guards, so the guards must leave room for at least one allow.
pub fn too_many_guards(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    let quota = Quotas::default().policies_per_group;
    let mut columns = matrix.columns();
    columns.insert(&matrix.baseline_group.value, matrix.baseline.iter().collect());
    for name in matrix.groups.iter().map(|group| &group.name).chain([&matrix.baseline_group]) {
        let policies = columns.get(&name.value).map(Vec::as_slice).unwrap_or_default();
        if parts_needed(matrix, policies).is_none() {
            let guards = policies.iter().filter(|policy| is_guard(matrix, &policy.value)).count();
            let message = format!(
                "group `{}` has {guards} guards; IAM allows {quota} policies a group and every part carries them all",
                name.value
            );
            found.push(
                Diagnostic::error("too-many-guards", &name.span, message)
                    .help("merge guards into fewer documents, or move those for everybody into the baseline"),
            );
        }
    }
}

/// How many IAM groups realise the baseline and each group; worked out once for all users.
struct Parts<'m> {
    baseline: usize,
    of: BTreeMap<&'m Name, usize>,
}

impl<'m> Parts<'m> {
    fn new(matrix: &'m Matrix) -> Self {
        let baseline: Vec<_> = matrix.baseline.iter().collect();
        let baseline = if baseline.is_empty() { 0 } else { parts_needed(matrix, &baseline).unwrap_or(1) };
        let columns = matrix.columns();
        let policies = |group| columns.get(group).map(Vec::as_slice).unwrap_or_default();
        let needed = |group| parts_needed(matrix, policies(group)).unwrap_or(1);
        let groups = matrix.groups.iter().map(|group| &group.name.value);
        Parts { baseline, of: groups.map(|group| (group, needed(group))).collect() }
    }

    /// The groups of a row, each with its parts.
    fn of_row<'r>(&self, row: &'r UserRow) -> Vec<(&'r Name, usize)> {
        row.groups.iter().map(|cell| (&cell.value, self.of.get(&cell.value).copied().unwrap_or(1))).collect()
    }
}

/// In how many IAM groups a row puts its user.
#[must_use]
pub fn groups_needed(matrix: &Matrix, row: &UserRow) -> usize {
    let parts = Parts::new(matrix);
    parts.baseline + parts.of_row(row).iter().map(|(_, parts)| parts).sum::<usize>()
}

/// IAM lets a user be in ten groups; a group of the matrix counts once for each of its parts, the baseline too.
pub fn too_many_groups(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    let quota = Quotas::default().groups_per_user;
    let parts = Parts::new(matrix);
    for row in &matrix.users {
        let (own, counts) = (parts.baseline, parts.of_row(row));
        let total = own + counts.iter().map(|(_, parts)| parts).sum::<usize>();
        if total > quota {
            let spelled: Vec<String> = counts.iter().map(|(group, parts)| format!("{group} {parts}")).collect();
            let message = format!("user `{}` would be in {total} IAM groups; IAM allows {quota}", row.name.value);
            let last = counts.iter().max_by_key(|(_, parts)| *parts).map(|(group, parts)| part(group, *parts));
            let help = format!(
                "counted: {}, baseline {own}; take the user out of a group, or merge policies so that {} is not needed",
                spelled.join(", "),
                last.map(|name| format!("`{name}`")).unwrap_or_default()
            );
            found.push(Diagnostic::error("too-many-groups", &row.name.span, message).help(help));
        }
    }
}

/// An account holds 5,000 users; AWS does not raise it.
pub fn too_many_users(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let quota = Quotas::default().users;
    if let Some(row) = facts.matrix.users.get(quota) {
        let message = format!("the matrix has {} users; an account holds {quota}", facts.matrix.users.len());
        found.push(
            Diagnostic::error("too-many-users", &row.name.span, message)
                .help("use AWS IAM Identity Center for more people"),
        );
    }
}
