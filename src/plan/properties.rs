//! The invariants of the core as properties over random matrices and random accounts.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Action, Change, Plan};
use crate::desired::{Desired, Role};
use crate::guard::{Approved, Review};
use crate::live::Live;
use crate::name::{Arn, Name};
use crate::testing::arbitrary::{Case, case};
use crate::testing::{ByHand as _, desired, model, plan, review};

/// Applies a plan whole; every call must be one that IAM accepts and that changes something.
fn applied(live: &Live, changes: &[Change]) -> Result<Live, String> {
    let mut live = live.clone();
    changes.iter().try_for_each(|change| model::apply(&mut live, &change.action))?;
    Ok(live)
}

fn show(case: &Case, plan: &Plan) -> String {
    format!("{}\n{}\n{}", case.text, case.live.told(), super::text(plan))
}

proptest! {
    /// Invariants 1 and 6: one pass converges, every line is one call that IAM accepts and that changes something, and
    /// without drift there is nothing to call.
    #[test]
    fn one_pass_converges_and_a_second_has_nothing_to_do(case in case()) {
        let first = plan(&case.checked, &case.live);
        let after = applied(&case.live, &first.changes);
        prop_assert!(after.is_ok(), "{}\n{}", after.unwrap_err(), show(&case, &first));
        let after = after.unwrap();
        let second = plan(&case.checked, &after);
        prop_assert!(second.changes.is_empty(), "still to do:\n{}\nfirst:\n{}", super::text(&second), show(&case, &first));
    }

    /// Invariant 2: stop anywhere, even in the middle of a phase whose calls run side by side, and nobody has an allow
    /// without its guards.
    #[test]
    fn at_every_prefix_nobody_has_an_allow_without_its_guards(case in case(), picks in proptest::collection::vec(any::<u16>(), 64)) {
        let plan = plan(&case.checked, &case.live);
        let desired = desired(&case.checked, &case.live);
        let mut live = case.live.clone();
        for position in interleaved(&plan, &picks) {
            let change = &plan.changes[position];
            let done = model::apply(&mut live, &change.action);
            prop_assert!(done.is_ok(), "{}\n{}", done.unwrap_err(), show(&case, &plan));
            if let Some(naked) = unguarded(&desired, &case.live, &live) {
                prop_assert!(false, "after {position} ({}): {naked}\n{}", change.action, show(&case, &plan));
            }
        }
    }

    /// Invariant 2, with failures: whatever fails, what depends on it is skipped and the rest is still safe.
    #[test]
    fn a_failed_change_never_leaves_an_allow_without_its_guards(case in case(), failing in proptest::collection::vec(any::<u8>(), 64)) {
        let plan = plan(&case.checked, &case.live);
        let desired = desired(&case.checked, &case.live);
        let mut live = case.live.clone();
        let mut lost = BTreeSet::new();
        for (position, change) in plan.changes.iter().enumerate() {
            let fails = failing[position % failing.len()] % 8 == 0;
            if fails || change.after.iter().any(|before| lost.contains(before)) {
                lost.insert(position);
                continue;
            }
            let done = model::apply(&mut live, &change.action);
            prop_assert!(done.is_ok(), "{}\nwithout {lost:?}\n{}", done.unwrap_err(), show(&case, &plan));
            if let Some(naked) = unguarded(&desired, &case.live, &live) {
                prop_assert!(false, "after {position} ({}), without {lost:?}: {naked}\n{}", change.action, show(&case, &plan));
            }
        }
    }

    /// Stop anywhere and start again: it converges.
    #[test]
    fn a_plan_that_was_cut_short_is_finished_by_the_next(case in case(), cut in any::<prop::sample::Index>()) {
        let first = plan(&case.checked, &case.live);
        let cut = if first.changes.is_empty() { 0 } else { cut.index(first.changes.len()) };
        let halfway = applied(&case.live, &first.changes[..cut]).unwrap();
        let second = plan(&case.checked, &halfway);
        let end = applied(&halfway, &second.changes);
        prop_assert!(end.is_ok(), "{}\n{}", end.unwrap_err(), show(&case, &second));
        let third = plan(&case.checked, &end.unwrap());
        prop_assert!(third.changes.is_empty(), "{}", super::text(&third));
    }

    /// Invariant 3: nothing outside the path, no protected name, and no user is ever changed.
    #[test]
    fn nothing_foreign_or_protected_is_touched(case in case()) {
        let plan = plan(&case.checked, &case.live);
        let scope = desired(&case.checked, &case.live).scope;
        for change in &plan.changes {
            let group_is_ours = |name: &Name| !scope.protects_group(name) && case.live.groups.get(name).is_none_or(|group| scope.holds(&group.path));
            let policy_is_ours = |arn: &Arn| !scope.protects_policy(&arn.name()) && arn.path().starts_with(&scope.path);
            let fine = match &change.action {
                Action::CreateDocument { name, path, .. } => *path == scope.path && !case.live.policies.contains_key(name) && !scope.protects_policy(name),
                Action::UpdateDocument { policy, .. } | Action::DeleteVersion { policy, .. } | Action::DeleteDocument { policy } => policy_is_ours(policy),
                Action::CreateGroup { group, path } => *path == scope.path && !case.live.groups.contains_key(group) && group_is_ours(group),
                Action::RenameGroup { from, group } => group_is_ours(from) && group_is_ours(group),
                Action::DeleteGroup { group } | Action::DeleteInline { group, .. } => group_is_ours(group),
                Action::Attach { group, policy } | Action::Detach { group, policy } => group_is_ours(group) && !scope.protects_policy(&policy.name()),
                Action::AddMember { group, user } | Action::RemoveMember { group, user } => group_is_ours(group) && !scope.protects_user(user),
                Action::CreateUser { user, path } => case.checked.operator().create_users && *path == scope.path && !case.live.users.contains_key(user),
                Action::SetPasswordPolicy { .. } => true,
            };
            prop_assert!(fine, "{}\n{}", change.action, show(&case, &plan));
        }
    }

    /// Invariant 4, the guard's part: what may be applied removes no more than the limits say, and a held plan is held whole.
    #[test]
    fn an_approved_plan_removes_no_more_than_the_limits(case in case(), count in 0..6u32, percent in 0..60u32) {
        let mut operator = case.checked.operator().clone();
        (operator.limits.removals.count, operator.limits.removals.percent) = (count, percent);
        let plan = plan(&case.checked, &case.live);
        let removals = |approved: &Approved| approved.stages().concat().iter().filter(|step| matches!(step.change().action, Action::RemoveMember { .. })).count();
        let limit = operator.limits.removals.allowed(plan.live.memberships);
        match review(plan, &case.live, &operator) {
            Review::Approved(approved) => prop_assert!(removals(&approved) <= limit),
            Review::Held(held) => prop_assert!(!held.holds.is_empty()),
            Review::Observed(_) => prop_assert!(false, "enforce mode does not observe"),
        }
    }

    /// The same input gives the same bytes.
    #[test]
    fn two_runs_are_byte_identical(case in case()) {
        let (one, two) = (plan(&case.checked, &case.live), plan(&case.checked, &case.live));
        prop_assert_eq!(super::text(&one), super::text(&two));
        prop_assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&two).unwrap());
        prop_assert_eq!(one.digest(), two.digest());
    }
}

/// Positions in an order in which they may really be carried out: phase after phase, and inside a phase any order that
/// prerequisites and entities allow.
fn interleaved(plan: &Plan, picks: &[u16]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let runs = plan.changes.chunk_by(|a, b| a.phase == b.phase);
    let mut start = 0;
    for run in runs {
        let mut open: Vec<usize> = (start..start + run.len()).collect();
        start += run.len();
        while !open.is_empty() {
            let free: Vec<usize> = open.iter().copied().filter(|at| may_go(plan, *at, &open, &order)).collect();
            let pick = free[usize::from(picks[order.len() % picks.len()]) % free.len()];
            open.retain(|at| *at != pick);
            order.push(pick);
        }
    }
    order
}

fn may_go(plan: &Plan, at: usize, open: &[usize], done: &[usize]) -> bool {
    let touches = plan.changes[at].action.touches();
    let overtakes = open
        .iter()
        .filter(|other| **other < at)
        .any(|other| plan.changes[*other].action.touches().iter().any(|entity| touches.contains(entity)));
    !overtakes && plan.changes[at].after.iter().all(|before| done.contains(before))
}

/// Somebody who holds an allow of one of our groups without its guards: neither the new set nor the set that this very
/// allow had in this very group before.
fn unguarded(desired: &Desired, before: &Live, now: &Live) -> Option<String> {
    let renamed = |live: &Live| live.with_renames(&desired.renames);
    let (before, now) = (renamed(before), renamed(now));
    let baseline: BTreeSet<&Arn> =
        desired.groups.values().filter(|group| group.role == Role::Baseline).flat_map(|group| &group.guards).collect();
    for user in now.users.values().filter(|user| !desired.scope.protects_user(&user.name)) {
        let held: BTreeSet<&Arn> =
            user.groups.iter().filter_map(|name| now.groups.get(name)).flat_map(|group| &group.attached).collect();
        for (name, group) in user.groups.iter().filter_map(|name| Some((name, desired.groups.get(name)?))) {
            let live = now.groups.get(name)?;
            for allow in live.attached.iter().filter(|arn| !desired.guards.contains(*arn)) {
                let from_baseline = baseline.iter().copied().filter(|_| group.role == Role::Column);
                let wanted: Vec<&Arn> = group.guards.iter().chain(from_baseline).collect();
                let new_set = wanted.iter().all(|guard| held.contains(guard));
                let old = before
                    .groups
                    .get(name)
                    .filter(|old| old.attached.contains(allow) && old.members.contains(&user.name));
                let kept = |old: &crate::live::LiveGroup| {
                    old.attached.iter().filter(|arn| desired.guards.contains(*arn)).all(|guard| held.contains(guard))
                };
                if !new_set && !old.is_some_and(kept) {
                    let missing: Vec<String> = wanted
                        .into_iter()
                        .filter(|guard| !held.contains(guard))
                        .map(|guard| guard.name().to_string())
                        .collect();
                    return Some(format!("{} has {} of {name} without {missing:?}", user.name, allow.name()));
                }
            }
        }
    }
    None
}
