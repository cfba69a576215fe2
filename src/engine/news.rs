//! What was said of the last plan, so that each thing is said once: of the next plan only what is new is told.
//!
//! Must not: log; it compares.

use crate::desired::Blocked;
use crate::guard::{HoldReason, Review};
use crate::live::bypass::Grant;
use crate::plan::Plan;

/// What there is to say of a plan.
#[derive(Debug, Default)]
pub(super) struct News {
    /// What becomes of it.
    pub verdict: Option<Verdict>,
    /// The rows that cannot be realised.
    pub rows: Vec<Blocked>,
    /// What users carry past the matrix.
    pub bypasses: Vec<Grant>,
}

/// What becomes of a plan: of the same calls, in the same mode, for the same reasons.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    digest: String,
    is_empty: bool,
    decision: &'static str,
    holds: Vec<(HoldReason, String)>,
}

impl News {
    /// What there is to say of this plan and what the guard decided.
    pub(super) fn of(plan: &Plan, review: &Review) -> Self {
        let (decision, holds) = match review {
            Review::Observed(holds) => ("observed", holds.as_slice()),
            Review::Held(holds) => ("held", holds.as_slice()),
            Review::Approved(_) => ("approved", [].as_slice()),
        };
        let holds = holds.iter().map(|hold| (hold.reason, hold.message.clone())).collect();
        let verdict = Verdict { digest: plan.digest(), is_empty: plan.is_empty(), decision, holds };
        News { verdict: Some(verdict), rows: plan.blocked.clone(), bypasses: plan.bypasses.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Hold;
    use crate::testing::{checked, empty_account, plan};

    const MATRIX: &str =
        "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] } }\npolicies: { AmazonS3FullAccess: [Dev] }\n";

    fn held(message: &str) -> Review {
        Review::Held(vec![Hold { reason: HoldReason::Memberships, message: message.to_owned() }])
    }

    #[test]
    fn a_hold_is_news_once_for_each_plan_each_decision_and_each_set_of_holds() {
        let mut plan = plan(&checked(MATRIX, &[], ""), &empty_account());
        let first = News::of(&plan, &held("6 of 7"));
        plan.notes.push("a group stays".to_owned());
        plan.blocked.clear();
        assert_eq!(News::of(&plan, &held("6 of 7")).verdict, first.verdict);
        assert_ne!(News::of(&plan, &held("6 of 8")).verdict, first.verdict);
        let Review::Held(holds) = held("6 of 7") else { panic!("held above") };
        assert_ne!(News::of(&plan, &Review::Observed(holds)).verdict, first.verdict);
        plan.changes.truncate(1);
        assert_ne!(News::of(&plan, &held("6 of 7")).verdict, first.verdict);
    }
}
