//! The audit trail: one line in the log for each change that was tried, and the same for the history.
//!
//! Must not: decide anything, or make a change.

use std::sync::{Mutex, PoisonError};

use crate::apply::Outcome;
use crate::clock;
use crate::guard::Step;
use crate::plan::Plan;
use crate::status::history::{ChangeOutcome, PastChange};

/// The trail of one plan.
#[derive(Debug)]
pub(super) struct Trail {
    plan: String,
    made: Mutex<Vec<PastChange>>,
}

impl Trail {
    /// The trail of this plan, with nothing in it.
    pub(super) fn of(plan: &Plan) -> Self {
        Trail { plan: plan.digest(), made: Mutex::default() }
    }

    /// Takes in what became of a step.
    pub(super) fn tell(&self, step: Step<'_>, outcome: &Outcome) {
        let change = step.change();
        let (action, kind, reason, plan) =
            (change.action.to_string(), change.action.kind(), change.reason.as_str(), self.plan.as_str());
        let (done, error, request_id) = match outcome {
            Outcome::Done(receipt) => {
                let (request_id, attempts) = (receipt.request_id.as_deref().unwrap_or_default(), receipt.attempts);
                tracing::info!(target: "audit", kind, reason, request_id, attempts, plan, "{action}");
                (ChangeOutcome::Done, None, receipt.request_id.clone())
            }
            Outcome::Failed(failure) => {
                tracing::error!(target: "audit", kind, reason, class = failure.class, plan, "{action}: {failure}");
                (ChangeOutcome::Failed, Some(failure.to_string()), None)
            }
            Outcome::Skipped { because } => {
                tracing::warn!(target: "audit", kind, reason, plan, "{action}: skipped, {because}");
                return;
            }
            Outcome::Stopped => {
                tracing::warn!(target: "audit", kind, reason, plan, "{action}: not begun, the operator is stopping");
                return;
            }
            Outcome::Withheld => return,
        };
        let made = PastChange {
            at: clock::now(),
            action,
            kind,
            reason: change.reason.clone(),
            outcome: done,
            error,
            times: 1,
            request_id,
            plan: self.plan.clone(),
            revision: None,
        };
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(made);
    }

    /// What was tried, in the order in which it ended.
    pub(super) fn made(self) -> Vec<PastChange> {
        self.made.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
