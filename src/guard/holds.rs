//! Why a plan is held: each reason with its numbers.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Circumstances, Trust};
use crate::matrix::Threshold;
use crate::nearest;
use crate::plan::{Plan, Totals};
use crate::stakes::Stake;

/// Why a plan is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// The kind of reason; bounded, so fit for a metric's label.
    pub reason: HoldReason,
    /// What a person reads, with the numbers: what it would do.
    pub message: String,
    /// The guarded changes that it is about, in words, sorted.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub changes: BTreeSet<String>,
}

/// The kinds of reason for a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum HoldReason {
    /// The plan is for another account than operator.yaml allows.
    Account,
    /// It would remove too many memberships.
    Memberships,
    /// It would take too many policies off groups.
    Attachments,
    /// It would delete too many documents.
    Documents,
    /// It would delete too many groups.
    Groups,
    /// It would let too many users come to administer.
    Administrators,
    /// It would take off, or rewrite, too many guards.
    Guards,
    /// It would attach too many policies with a power of the ceiling.
    Powers,
    /// It would give a group more than the ceiling grants it.
    Ceiling,
    /// It would take administration from every IAM user who has it.
    LastAdministrator,
    /// It would detach a policy that AWS does not let be attached again.
    OneWay,
    /// It would deny the user that iamatrix runs as what it needs, or take it away.
    OwnPrincipal,
    /// It is the first one with removals since the mode was raised.
    ModeRaised,
}

impl HoldReason {
    /// Every reason, for metrics.
    pub const ALL: [HoldReason; 13] = [
        HoldReason::Account,
        HoldReason::Memberships,
        HoldReason::Attachments,
        HoldReason::Documents,
        HoldReason::Groups,
        HoldReason::Administrators,
        HoldReason::Guards,
        HoldReason::Powers,
        HoldReason::Ceiling,
        HoldReason::LastAdministrator,
        HoldReason::OneWay,
        HoldReason::OwnPrincipal,
        HoldReason::ModeRaised,
    ];

    /// The reason as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            HoldReason::Account => "account",
            HoldReason::Memberships => "memberships",
            HoldReason::Attachments => "attachments",
            HoldReason::Documents => "documents",
            HoldReason::Groups => "groups",
            HoldReason::Administrators => "administrators",
            HoldReason::Guards => "guards",
            HoldReason::Powers => "powers",
            HoldReason::Ceiling => "ceiling",
            HoldReason::LastAdministrator => "lastAdministrator",
            HoldReason::OneWay => "oneWay",
            HoldReason::OwnPrincipal => "ownPrincipal",
            HoldReason::ModeRaised => "modeRaised",
        }
    }

    /// Whether a person can release it. The others are mended where they come from: in the matrix, the settings or the
    /// credentials.
    #[must_use]
    pub fn can_be_released(self) -> bool {
        !matches!(self, HoldReason::Account | HoldReason::Ceiling | HoldReason::OwnPrincipal)
    }
}

/// Every reason to hold a plan, in the order of [`HoldReason`].
pub(super) fn of(plan: &Plan, case: &Circumstances<'_>) -> Vec<Hold> {
    let mut holds = Vec::new();
    if let Some(account) = case.operator.account.as_ref().filter(|account| **account != plan.account) {
        let message = format!("is for account {}, and operator.yaml allows only {account}", plan.account);
        holds.push(Hold { reason: HoldReason::Account, message, changes: BTreeSet::new() });
    }
    holds.extend(removals(case));
    holds.extend(grants(plan, case));
    holds.extend(case.stakes.beyond_ceiling.iter().map(|excess| Hold {
        reason: HoldReason::Ceiling,
        message: format!("breaks the ceiling: {excess}"),
        changes: BTreeSet::new(),
    }));
    holds.extend(singular(plan, case));
    holds
}

fn removals(case: &Circumstances<'_>) -> Vec<Hold> {
    let (limit, stakes) = (case.operator.limits.removals, case.stakes);
    let told = |verb: &'static str, kind: &'static str| {
        move |count: usize, live: usize| format!("would {verb} {count} of {live} {kind}")
    };
    let kinds = [
        over(limit, HoldReason::Memberships, &stakes.memberships, told("remove", "memberships")),
        over(limit, HoldReason::Attachments, &stakes.attachments, told("remove", "attachments")),
        over(limit, HoldReason::Documents, &stakes.documents, told("delete", "documents")),
        over(limit, HoldReason::Groups, &stakes.groups, told("delete", "groups")),
    ];
    kinds.into_iter().flatten().collect()
}

/// Where there is nothing under the path yet there is no share to go by: then only what operator.yaml says limits grants.
fn grants(plan: &Plan, case: &Circumstances<'_>) -> Vec<Hold> {
    let Totals { memberships, attachments, groups, documents: _ } = plan.live;
    let is_first = memberships + attachments + groups == 0;
    let default = (!is_first).then(Threshold::default);
    let (Some(limit), stakes) = (case.operator.limits.grants.or(default), case.stakes) else { return Vec::new() };
    let administrators = |count: usize, live| {
        let users = if count == 1 { "user" } else { "users" };
        format!("would let {count} more {users} come to administer, beside the {live} who do")
    };
    let guards = |count, live| format!("would take off or rewrite {count} of {live} guards");
    let powers = |count, live| format!("would attach {count} more policies with a power of the ceiling, beside {live}");
    let kinds = [
        over(limit, HoldReason::Administrators, &stakes.administrators, administrators),
        over(limit, HoldReason::Guards, &guarding(case), guards),
        over(limit, HoldReason::Powers, &stakes.powers, powers),
    ];
    kinds.into_iter().flatten().collect()
}

/// Guards that come off, or are rewritten. A text of the matrix that was approved last is no new one: it is put back.
fn guarding(case: &Circumstances<'_>) -> Stake {
    let mut stake = case.stakes.guards_off.clone();
    if case.approved != Some(case.matrix) {
        stake.changes.extend(case.stakes.guards_rewritten.changes.iter().cloned());
    }
    stake
}

/// What is held even once.
fn singular(plan: &Plan, case: &Circumstances<'_>) -> Vec<Hold> {
    let mut holds = Vec::new();
    let mut hold = |reason, message, changes| holds.push(Hold { reason, message, changes });
    let last = &case.stakes.last_administrators;
    if !last.is_empty() {
        let names: Vec<&str> = last.iter().map(crate::name::Name::as_str).collect();
        let message =
            format!("would take administration from {}, and no other IAM user has it", nearest::quoted(&names));
        hold(HoldReason::LastAdministrator, message, BTreeSet::new());
    }
    for change in plan.one_way.iter().filter(|at| !case.withheld.contains(**at)).filter_map(|at| plan.changes.get(*at))
    {
        let message = format!("would {}, which AWS would not let be attached again", change.action);
        hold(HoldReason::OneWay, message, [change.action.to_string()].into());
    }
    if let Some(lost) = &case.stakes.lost_to_us {
        hold(HoldReason::OwnPrincipal, format!("would {lost} (rule L05)"), BTreeSet::new());
    }
    let removals = case.stakes.removals();
    if case.trust == Trust::Raised && !removals.is_empty() {
        let message = format!("is the first with removals since the mode was raised: {} of them", removals.len());
        hold(HoldReason::ModeRaised, message, removals.into_iter().map(str::to_owned).collect());
    }
    holds
}

fn over(limit: Threshold, reason: HoldReason, stake: &Stake, told: impl Fn(usize, usize) -> String) -> Option<Hold> {
    let (count, allowed) = (stake.changes.len(), limit.allowed(stake.live));
    (count > allowed).then(|| {
        let message = format!("{} (limit {allowed})", told(count, stake.live));
        Hold { reason, message, changes: stake.changes.clone() }
    })
}
