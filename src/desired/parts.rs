//! How a group of the matrix is split into IAM groups, its parts.
//!
//! IAM allows ten policies a group. Every part carries all guards of its group; allows are sticky: one moves only to
//! make room for a guard. Must not: decide who is a member.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::Resolved;
use super::{Blocked, Column, Desired, DesiredGroup, Grants, Role};
use crate::live::{Live, LiveGroup, Scope};
use crate::matrix::Matrix;
pub use crate::matrix::{part, part_number};
use crate::name::{Arn, Name};

/// Groups to rename in place: the parts of a group's former name, where the new name is not in use yet.
pub(super) fn renames(matrix: &Matrix, scope: &Scope, live: &Live) -> BTreeMap<Name, Name> {
    let mut renames = BTreeMap::new();
    for group in &matrix.groups {
        let Some(from) = &group.renamed_from else { continue };
        for old in live.groups.values().filter(|old| scope.owns_group(old)) {
            let Some(number) = part_number(&from.value, &old.name) else { continue };
            let new = part(&group.name.value, number);
            if !live.groups.contains_key(&new) && !scope.protects_group(&new) {
                renames.insert(old.name.clone(), new);
            }
        }
    }
    renames
}

/// Splits a column into parts and adds them, or freezes it when one of its names is not ours to use.
pub(super) fn split(desired: &mut Desired, column: &Column<'_>, policies: &BTreeMap<Name, Resolved>, live: &Live) {
    let resolved: Vec<(&Name, &Resolved)> =
        column.policies.iter().filter_map(|name| policies.get(&name.value).map(|found| (&name.value, found))).collect();
    let wanted = |guard: bool| -> BTreeSet<Arn> {
        resolved
            .iter()
            .filter(|(_, policy)| policy.usable && policy.guard == guard)
            .map(|(_, policy)| policy.arn.clone())
            .collect()
    };
    let (guards, allows) = (wanted(true), wanted(false));
    let lost: Vec<&Name> =
        resolved.iter().filter(|(_, policy)| policy.guard && !policy.usable).map(|(name, _)| *name).collect();
    let spared: BTreeSet<Arn> =
        resolved.iter().filter(|(_, policy)| !policy.usable).map(|(_, policy)| policy.arn.clone()).collect();
    let Some(placement) =
        place(desired, &column.name.value, &Wanted { guards: &guards, allows: &allows, spared: &spared }, live)
    else {
        no_room(desired, column, guards.len(), live);
        return;
    };
    let names: Vec<Name> = placement.keys().map(|number| part(&column.name.value, *number)).collect();
    if names.iter().any(|name| !usable_name(desired, column, name, live)) {
        freeze(desired, column, live);
        return;
    }
    if !lost.is_empty() {
        closed(desired, column, &lost);
    }
    for (number, allows) in placement {
        let name = part(&column.name.value, number);
        let attached = live.groups.get(&name).map(|group| &group.attached);
        let kept = attached.into_iter().flatten().filter(|arn| spared.contains(arn));
        let group = DesiredGroup {
            of: column.name.value.clone(),
            role: column.role,
            guards: guards.clone(),
            allows,
            spared: kept.cloned().collect(),
            members: BTreeSet::new(),
            grants: if lost.is_empty() { Grants::Open } else { Grants::Closed },
        };
        desired.groups.insert(name, group);
    }
}

/// What a column's parts should carry.
struct Wanted<'w> {
    guards: &'w BTreeSet<Arn>,
    allows: &'w BTreeSet<Arn>,
    /// Policies of blocked rows: what is attached of them stays.
    spared: &'w BTreeSet<Arn>,
}

/// Which allows go on which part, by number. None when the guards leave no room.
///
/// A place on a part is taken by every guard it should carry, and by whatever it carries that is not taken off before
/// something is put on: guards to be removed later, and policies that are spared.
fn place(desired: &Desired, group: &Name, wanted: &Wanted<'_>, live: &Live) -> Option<BTreeMap<usize, BTreeSet<Arn>>> {
    let quota = live.quotas.policies_per_group;
    let parts: BTreeMap<usize, &LiveGroup> =
        live.groups.values().filter_map(|live| part_number(group, &live.name).map(|number| (number, live))).collect();
    let stays = |arn: &Arn| {
        desired.guards.contains(arn) || wanted.spared.contains(arn) || desired.scope.protects_policy(&arn.name())
    };
    let room = |number: usize| {
        let attached = parts.get(&number).map(|live| &live.attached).into_iter().flatten();
        let kept = attached.filter(|arn| !wanted.allows.contains(*arn) && !wanted.guards.contains(*arn) && stays(arn));
        quota.checked_sub(wanted.guards.len() + kept.count())
    };
    let mut placement: BTreeMap<usize, BTreeSet<Arn>> = BTreeMap::new();
    let fits = |placement: &BTreeMap<usize, BTreeSet<Arn>>, number: usize| {
        room(number).is_some_and(|room| placement.get(&number).map_or(0, BTreeSet::len) < room)
    };
    let mut homeless = Vec::new();
    for allow in wanted.allows {
        let home = parts.iter().find(|(number, live)| live.attached.contains(allow) && fits(&placement, **number));
        match home {
            Some((number, _)) => drop(placement.entry(*number).or_default().insert(allow.clone())),
            None => homeless.push(allow.clone()),
        }
    }
    // A part that does not exist yet has room for all but the guards; without that room no number of parts helps.
    let fresh = quota.checked_sub(wanted.guards.len())?;
    if fresh == 0 && !homeless.is_empty() {
        return None;
    }
    let last = parts.keys().max().copied().unwrap_or(0) + wanted.allows.len() + 1;
    for allow in homeless {
        let number = (1..=last).find(|number| fits(&placement, *number))?;
        placement.entry(number).or_default().insert(allow);
    }
    if placement.is_empty() {
        placement.insert((1..=last).find(|number| room(*number).is_some())?, BTreeSet::new());
    }
    Some(placement)
}

fn no_room(desired: &mut Desired, column: &Column<'_>, guards: usize, live: &Live) {
    let quota = live.quotas.policies_per_group;
    let reason = format!("group `{}` has {guards} guards, and IAM allows {quota} policies a group", column.name.value);
    let help = "merge guards into fewer documents, or move those for everybody into the baseline".to_owned();
    desired.blocked.push(Blocked::new(&column.name.span, reason, help));
    freeze(desired, column, live);
}

/// Whether the name is free or ours; if not, the reason is reported.
fn usable_name(desired: &mut Desired, column: &Column<'_>, name: &Name, live: &Live) -> bool {
    let (reason, help) = if desired.scope.protects_group(name) {
        let help = "ask the platform team to lift the protection, or rename the group of the matrix";
        (format!("group `{name}` is protected in operator.yaml"), help.to_owned())
    } else {
        let Some(group) = live.groups.get(name).filter(|group| !desired.scope.holds(&group.path)) else { return true };
        let path = &desired.scope.path;
        let help = format!(
            "to bring it in, with its members and policies: aws iam update-group --group-name {} --new-path {path}",
            group.name
        );
        (
            format!(
                "group `{}` exists outside {path}, under {}; group names are unique in an account",
                group.name, group.path
            ),
            help,
        )
    };
    desired.blocked.push(Blocked::new(&column.name.span, reason, help));
    false
}

/// Leaves every part of the group exactly as it is.
fn freeze(desired: &mut Desired, column: &Column<'_>, live: &Live) {
    let parts = live.groups.keys().filter(|name| part_number(&column.name.value, name).is_some());
    desired.frozen.extend(parts.cloned());
    desired.groups.retain(|_, group| group.of != column.name.value);
}

fn closed(desired: &mut Desired, column: &Column<'_>, lost: &[&Name]) {
    let lost: Vec<String> = lost.iter().map(|name| format!("`{name}`")).collect();
    let reason = format!(
        "group `{}` grants nothing new while its guard {} cannot be attached",
        column.name.value,
        lost.join(", ")
    );
    desired.blocked.push(Blocked::new(&column.name.span, reason, "mend the guard's row first".to_owned()));
}

/// When a guard of the baseline cannot be attached, no group may grant anything new.
pub(super) fn close_under_a_closed_baseline(desired: &mut Desired) {
    let baseline_closed =
        desired.groups.values().any(|group| group.role == Role::Baseline && group.grants == Grants::Closed);
    if baseline_closed {
        desired.groups.values_mut().for_each(|group| group.grants = Grants::Closed);
    }
}

/// An account holds only so many groups: groups that would need too many new ones stand still.
pub(super) fn fit_group_quota(desired: &mut Desired, matrix: &Matrix, live: &Live) {
    let new: Vec<Name> = desired.groups.keys().filter(|name| !live.groups.contains_key(*name)).cloned().collect();
    let free = live.quotas.groups.saturating_sub(live.groups.len());
    for name in new.iter().skip(free) {
        let Some(group) = desired.groups.get(name) else { continue };
        let of = group.of.clone();
        let span = matrix
            .groups
            .iter()
            .find(|group| group.name.value == of)
            .map_or(&matrix.baseline_group.span, |group| &group.name.span);
        let reason = format!(
            "group `{of}` needs the new IAM group `{name}`, and the account is at its quota of {} groups",
            live.quotas.groups
        );
        let help = "delete groups that nobody uses, or have the quota raised".to_owned();
        desired.blocked.push(Blocked::new(span, reason, help));
        let parts: Vec<Name> = live.groups.keys().filter(|name| part_number(&of, name).is_some()).cloned().collect();
        desired.frozen.extend(parts);
        desired.groups.retain(|_, group| group.of != of);
    }
}
