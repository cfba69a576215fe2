//! The audit trail: one line a change.

use crate::apply::Outcome;
use crate::guard::Step;

/// Tells what became of a change.
pub(super) fn tell(step: Step<'_>, outcome: &Outcome, digest: &str) {
    let (action, kind, reason) =
        (step.change().action.to_string(), step.change().action.kind(), step.change().reason.as_str());
    match outcome {
        Outcome::Done(receipt) => {
            let request_id = receipt.request_id.as_deref().unwrap_or_default();
            tracing::info!(target: "audit", kind, reason, request_id, attempts = receipt.attempts, plan = digest, "{action}");
        }
        Outcome::Failed(failure) => {
            tracing::error!(target: "audit", kind, reason, class = failure.class, plan = digest, "{action}: {failure}");
        }
        Outcome::Skipped { because } => {
            tracing::warn!(target: "audit", kind, reason, plan = digest, "{action}: skipped, {because}");
        }
        Outcome::Stopped => {
            tracing::warn!(target: "audit", kind, reason, plan = digest, "{action}: not begun, the operator is stopping");
        }
        Outcome::Withheld => {}
    }
}
