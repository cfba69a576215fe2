//! Who should be in which IAM group.
//!
//! Owns: missing users, protected users, users whose row is gone, and the limit of groups a user can be in.
//! Must not: place policies.

use std::collections::{BTreeMap, BTreeSet};

use super::{Blocked, Desired, DesiredGroup, Grants, Role};
use crate::live::{Live, LiveUser};
use crate::matrix::{Checked, UserRow};
use crate::name::Name;

/// Fills in the members of every group.
pub(super) fn assign(desired: &mut Desired, checked: &Checked, live: &Live) {
    let mut rows: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
    let standing = those_who_stand_still(desired, checked, live);
    for row in &checked.matrix().users {
        match live.users.get(&row.name.value) {
            _ if desired.scope.protects_user(&row.name.value) => protected(desired, row, live),
            Some(user) if standing.contains(&user.name) => {
                rows.insert(user.name.clone(), managed_groups(desired, user));
            }
            Some(user) => {
                rows.insert(user.name.clone(), wanted_groups(desired, row));
            }
            None if !checked.operator().create_users => missing(desired, row),
            None if standing.contains(&row.name.value) => {}
            None => {
                desired.new_users.insert(row.name.value.clone());
                rows.insert(row.name.value.clone(), wanted_groups(desired, row));
            }
        }
    }
    for user in live.users.values().filter(|user| !rows.contains_key(&user.name)) {
        let stays = if desired.scope.protects_user(&user.name) {
            protected_groups(desired, checked, user)
        } else {
            gone(desired, checked, user, live)
        };
        for name in stays {
            if let Some(group) = desired.groups.get_mut(&name) {
                group.members.insert(user.name.clone());
            }
        }
    }
    for (user, groups) in rows {
        for group in groups {
            if let Some(group) = desired.groups.get_mut(&group) {
                group.members.insert(user.clone());
            }
        }
    }
}

/// The IAM groups of a row: every part of its groups, and the baseline's.
fn wanted_groups(desired: &Desired, row: &UserRow) -> BTreeSet<Name> {
    let wanted = desired
        .groups
        .iter()
        .filter(|(_, group)| group.role == Role::Baseline || row.groups.iter().any(|cell| cell.value == group.of));
    wanted.map(|(name, _)| name.clone()).collect()
}

/// The declared groups that the user is in now.
fn managed_groups(desired: &Desired, user: &LiveUser) -> BTreeSet<Name> {
    user.groups.iter().filter(|name| desired.groups.contains_key(*name)).cloned().collect()
}

/// The users whose rows do not fit. Where one stands still a group may be closed, and what is left of its parts is not left
/// by its members then: so others may not fit any more, and are asked again.
fn those_who_stand_still(desired: &mut Desired, checked: &Checked, live: &Live) -> BTreeSet<Name> {
    let is_ours = |desired: &Desired, row: &UserRow| {
        let name = &row.name.value;
        !desired.scope.protects_user(name) && (live.users.contains_key(name) || checked.operator().create_users)
    };
    let mut standing = BTreeSet::new();
    loop {
        let before = standing.len();
        for row in &checked.matrix().users {
            if standing.contains(&row.name.value) || !is_ours(desired, row) || fits(desired, row, live) {
                continue;
            }
            standing.insert(row.name.value.clone());
            if let Some(user) = live.users.get(&row.name.value) {
                close_around(desired, user);
            }
        }
        if standing.len() == before {
            return standing;
        }
    }
}

/// Where a user who stands still would be without the baseline, the group grants nothing new: no guard, no allow.
fn close_around(desired: &mut Desired, user: &LiveUser) {
    let groups = managed_groups(desired, user);
    let baseline = |group: &DesiredGroup| group.role == Role::Baseline;
    let guarded = desired.groups.iter().filter(|(_, group)| baseline(group)).all(|(name, _)| groups.contains(name));
    if !guarded {
        for group in desired.groups.iter_mut().filter(|(name, _)| groups.contains(*name)) {
            group.1.grants = Grants::Closed;
        }
    }
}

fn missing(desired: &mut Desired, row: &UserRow) {
    let reason = format!("there is no IAM user `{}`", row.name.value);
    let help =
        "create the user, correct the name, or let the operator create it: `users: { create: true }` in operator.yaml"
            .to_owned();
    desired.blocked.push(Blocked::new(&row.name.span, reason, help));
}

fn protected(desired: &mut Desired, row: &UserRow, live: &Live) {
    let (why, help) = if live.own_user.as_ref() == Some(&row.name.value) {
        ("the one that iamatrix runs as", "run iamatrix under a role, or remove the row")
    } else {
        ("protected in operator.yaml", "remove the row, or ask the platform team to lift the protection")
    };
    let reason = format!("user `{}` is {why}, so memberships are not changed", row.name.value);
    let help = help.to_owned();
    desired.blocked.push(Blocked::new(&row.name.span, reason, help));
}

/// Whether the user's groups fit IAM's limit; groups that are not ours count too. If not, the row is reported.
fn fits(desired: &mut Desired, row: &UserRow, live: &Live) -> bool {
    let groups = wanted_groups(desired, row);
    let is_left = |name: &Name| {
        desired.groups.contains_key(name) || (!desired.frozen.contains(name) && !desired.is_part_of_closed(name))
    };
    let leaves =
        |name: &&Name| live.groups.get(*name).is_some_and(|group| desired.scope.owns_group(group)) && is_left(name);
    let current = live.users.get(&row.name.value).map(|user| &user.groups);
    let foreign: Vec<String> =
        current.into_iter().flatten().filter(|name| !leaves(name)).map(ToString::to_string).collect();
    let total = groups.len() + foreign.len();
    if total <= live.quotas.groups_per_user {
        return true;
    }
    let reason = format!(
        "user `{}` would be in {total} groups and IAM allows {}: {} of the matrix, {} that are not ours ({})",
        row.name.value,
        live.quotas.groups_per_user,
        groups.len(),
        foreign.len(),
        foreign.join(", ")
    );
    let help = "take the user out of a group; until it fits, this row stands still, and so do new grants of its groups if the \
                baseline does not reach the user"
        .to_owned();
    desired.blocked.push(Blocked::new(&row.name.span, reason, help));
    false
}

/// A protected user stays wherever it is; what no row explains is told.
fn protected_groups(desired: &mut Desired, checked: &Checked, user: &LiveUser) -> BTreeSet<Name> {
    let groups = managed_groups(desired, user);
    let row = checked.matrix().users.iter().find(|row| row.name.value == user.name);
    let wanted = row.map(|row| wanted_groups(desired, row)).unwrap_or_default();
    for group in groups.difference(&wanted) {
        desired.protected.push(format!("user {} is a member of {group}, which no row of the matrix says", user.name));
    }
    groups
}

/// A user without a row leaves every group, but keeps the baseline's guards while anything else still grants access.
fn gone(desired: &mut Desired, checked: &Checked, user: &LiveUser, live: &Live) -> BTreeSet<Name> {
    let has_row = checked.matrix().users.iter().any(|row| row.name.value == user.name);
    let ours = |name: &Name| live.groups.get(name).is_some_and(|group| desired.scope.owns_group(group));
    let foreign = user.groups.iter().filter(|name| !ours(name) || desired.frozen.contains(*name));
    let mut grants: Vec<String> = foreign.map(|name| format!("group {name}")).collect();
    grants.extend(user.attached.iter().map(|arn| format!("policy {}", arn.name())));
    grants.extend(user.inline.keys().map(|name| format!("inline policy {name}")));
    let baseline = |name: &Name| desired.groups.get(name).is_some_and(|group| group.role == Role::Baseline);
    let stays: BTreeSet<Name> = user.groups.iter().filter(|name| baseline(name)).cloned().collect();
    if has_row || grants.is_empty() || stays.is_empty() {
        return BTreeSet::new();
    }
    desired.notes.push(format!(
        "user {} has no row and stays in the baseline, because access remains through {}",
        user.name,
        grants.join(", ")
    ));
    stays
}
