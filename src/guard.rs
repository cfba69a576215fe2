//! Whether a plan may be applied. The only maker of [`Approved`], and so the only way to the writer.
//!
//! Owns: the modes' effect on a plan, the thresholds, and what a hold says. Must not: plan, or apply.
//!
//! Nothing else can make an approved plan:
//! ```compile_fail,E0451
//! # fn forged(plan: iamatrix::plan::Plan, acting: iamatrix::matrix::Acting) -> iamatrix::guard::Approved {
//! iamatrix::guard::Approved { plan, acting, withheld: Default::default() }
//! # }
//! ```
//! And observe mode has no writer, because a writer takes an acting mode, which observe is not:
//! ```compile_fail,E0308
//! # fn observed(session: &iamatrix::iam::Session) -> iamatrix::iam::Writer {
//! session.writer(iamatrix::matrix::Mode::Observe)
//! # }
//! ```

use std::collections::BTreeSet;

use serde::Serialize;

use crate::matrix::{Acting, Operator, Threshold};
use crate::plan::{Action, Change, Plan};

/// What became of a plan.
#[derive(Debug, Clone)]
pub enum Review {
    /// Observe mode: the plan is shown, and nothing can be done with it. The holds say what another mode would meet.
    Observed(Vec<Hold>),
    /// It may be applied.
    Approved(Approved),
    /// It is held, as a whole.
    Held(Vec<Hold>),
}

/// Why a plan is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// The kind of reason; bounded, so fit for a metric's label.
    pub reason: HoldReason,
    /// What a person reads, with the numbers.
    pub message: String,
}

/// The kinds of reason for a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum HoldReason {
    /// The plan is for another account than operator.yaml allows.
    Account,
    /// It would remove too many memberships.
    Memberships,
    /// It would detach too many policies.
    Attachments,
    /// It would detach a policy that AWS does not let be attached again.
    OneWay,
    /// It would deny iamatrix what it needs, by a policy that reaches the user it runs as.
    OwnPrincipal,
}

impl HoldReason {
    /// Every reason, for metrics.
    pub const ALL: [HoldReason; 5] = [
        HoldReason::Account,
        HoldReason::Memberships,
        HoldReason::Attachments,
        HoldReason::OneWay,
        HoldReason::OwnPrincipal,
    ];

    /// The reason as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            HoldReason::Account => "account",
            HoldReason::Memberships => "memberships",
            HoldReason::Attachments => "attachments",
            HoldReason::OneWay => "oneWay",
            HoldReason::OwnPrincipal => "ownPrincipal",
        }
    }
}

/// A plan that may be applied, and how much of it. Only [`review`] makes one.
#[derive(Debug, Clone)]
pub struct Approved {
    /// On the heap, so that a review is small to pass on.
    plan: Box<Plan>,
    acting: Acting,
    /// Positions that are not applied in this mode, themselves or for want of a prerequisite.
    withheld: BTreeSet<usize>,
}

/// One change that may be applied now. Only an [`Approved`] plan has any.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    position: usize,
    change: &'a Change,
}

impl<'a> Step<'a> {
    /// The change's position in the plan, from 0.
    #[must_use]
    pub fn position(self) -> usize {
        self.position
    }

    /// The change.
    #[must_use]
    pub fn change(self) -> &'a Change {
        self.change
    }
}

impl Approved {
    /// The whole plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How the account is changed.
    #[must_use]
    pub fn acting(&self) -> Acting {
        self.acting
    }

    /// Positions of the changes that this mode leaves undone.
    #[must_use]
    pub fn withheld(&self) -> &BTreeSet<usize> {
        &self.withheld
    }

    /// The steps, in runs of one phase: a run is finished before the next begins.
    #[must_use]
    pub fn stages(&self) -> Vec<Vec<Step<'_>>> {
        let mut stages: Vec<Vec<Step<'_>>> = Vec::new();
        for (position, change) in self.plan.changes.iter().enumerate().filter(|(at, _)| !self.withheld.contains(at)) {
            let step = Step { position, change };
            match stages.last_mut().filter(|stage| stage.last().is_some_and(|last| last.change.phase == change.phase)) {
                Some(stage) => stage.push(step),
                None => stages.push(vec![step]),
            }
        }
        stages
    }
}

/// Decides over a plan. Pure: the same plan and settings give the same answer.
#[must_use]
pub fn review(plan: Plan, operator: &Operator) -> Review {
    let Some(acting) = operator.mode.value.acting() else {
        return Review::Observed(holds(&plan, &BTreeSet::new(), operator));
    };
    let withheld = withheld(&plan, acting);
    let holds = holds(&plan, &withheld, operator);
    if holds.is_empty() {
        Review::Approved(Approved { plan: Box::new(plan), acting, withheld })
    } else {
        Review::Held(holds)
    }
}

/// What the mode leaves undone: what it does not do, and whatever depends on that.
fn withheld(plan: &Plan, acting: Acting) -> BTreeSet<usize> {
    let mut withheld = BTreeSet::new();
    if acting == Acting::Enforce {
        return withheld;
    }
    for (position, change) in plan.changes.iter().enumerate() {
        if !change.action.only_adds() || change.after.iter().any(|before| withheld.contains(before)) {
            withheld.insert(position);
        }
    }
    withheld
}

fn holds(plan: &Plan, withheld: &BTreeSet<usize>, operator: &Operator) -> Vec<Hold> {
    let mut holds = Vec::new();
    if let Some(account) = operator.account.as_ref().filter(|account| **account != plan.account) {
        let message = format!("the plan is for account {}, and operator.yaml allows only {account}", plan.account);
        holds.push(Hold { reason: HoldReason::Account, message });
    }
    let done = || plan.changes.iter().enumerate().filter(|(at, _)| !withheld.contains(at));
    let memberships = done().filter(|(_, change)| matches!(change.action, Action::RemoveMember { .. })).count();
    let attachments =
        done().filter(|(_, change)| matches!(change.action, Action::Detach { .. }) && !change.moved).count();
    let limit = operator.limits.removals;
    holds.extend(over(limit, HoldReason::Memberships, memberships, plan.live.memberships));
    holds.extend(over(limit, HoldReason::Attachments, attachments, plan.live.attachments));
    for (_, change) in done().filter(|(at, _)| plan.one_way.contains(at)) {
        let message = format!("would {}, which AWS would not let be attached again", change.action);
        holds.push(Hold { reason: HoldReason::OneWay, message });
    }
    if let Some(denied) = &plan.denied_to_us {
        holds.push(Hold { reason: HoldReason::OwnPrincipal, message: format!("would {denied} (rule L05)") });
    }
    holds
}

fn over(limit: Threshold, reason: HoldReason, removed: usize, live: usize) -> Option<Hold> {
    let allowed = limit.allowed(live);
    (removed > allowed).then(|| {
        let message = format!("would remove {removed} of {live} {} (limit {allowed})", reason.as_str());
        Hold { reason, message }
    })
}

#[cfg(test)]
mod tests;
