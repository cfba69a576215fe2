//! While the plan of the newest configuration is held: the last approved one goes on being enforced, as newer settings
//! narrow it. A held commit must not switch repairs off, and what it narrows counts at once.
//!
//! Must not: decide whether that plan may be applied; the guard does, as of any other.

use std::sync::Arc;

use super::Engine;
use crate::guard::{Review, Trust};
use crate::live::Live;
use crate::matrix::{Checked, Operator};
use crate::plan::Plan;
use crate::reconcile;
use crate::status::{CycleOutcome, Meanwhile};

/// The last configuration whose plan was approved.
#[derive(Debug)]
pub(super) struct LastApproved {
    pub(super) checked: Checked,
    /// SHA-256 of its files.
    pub(super) digest: String,
    /// Whether its removals were seen in its mode.
    pub(super) trust: Trust,
}

impl LastApproved {
    /// Where newer settings let even this go further than those before them, its removals were not seen either.
    pub(super) fn compare_with_before(&mut self, newer: &Operator, before: &Operator) {
        if self.checked.narrowed_by(newer).operator().is_raised_over(before) {
            self.trust = Trust::Raised;
        }
    }
}

/// What may be done while a plan is held.
#[derive(Debug)]
pub(super) enum FallBack {
    /// There is nothing: after a restart, or because what is held was approved before, and the account changed.
    Nothing,
    /// What was made a moment ago may not be visible yet.
    Settling,
    /// The last approved configuration.
    LastApproved(Box<Case>),
}

/// The last approved configuration beside the account.
#[derive(Debug)]
pub(super) struct Case {
    checked: Checked,
    digest: String,
    pub(super) plan: Arc<Plan>,
    pub(super) review: Review,
}

impl FallBack {
    /// The last approved configuration, if that is what there is.
    pub(super) fn case(&self) -> Option<&Case> {
        match self {
            FallBack::LastApproved(case) => Some(case),
            FallBack::Nothing | FallBack::Settling => None,
        }
    }
}

impl Case {
    /// What is shown of it.
    pub(super) fn told(&self) -> Meanwhile {
        Meanwhile { digest: self.digest.clone(), plan: Arc::clone(&self.plan), holds: self.review.held().holds }
    }
}

impl Engine {
    /// What to fall back on, if the plan of the newest configuration is held.
    pub(super) async fn fall_back(
        &mut self,
        review: &Review,
        newest: &Checked,
        live: &Live,
    ) -> Result<FallBack, reconcile::Error> {
        let Some(last) = self.approved.as_ref().filter(|_| matches!(review, Review::Held(_))) else {
            return Ok(FallBack::Nothing);
        };
        let (checked, digest, trust) = (last.checked.narrowed_by(newest.operator()), last.digest.clone(), last.trust);
        if checked.goes_as_far_as(newest) {
            return Ok(FallBack::Nothing);
        }
        let Some(compared) = self.compare(&checked, live).await? else { return Ok(FallBack::Settling) };
        let review = self.review(&checked, &compared, trust);
        let plan = Arc::new(compared.plan);
        Ok(FallBack::LastApproved(Box::new(Case { checked, digest, plan, review })))
    }

    /// Carries out what was approved of it. The cycle counts as held, but for calls that failed: they are tried again
    /// soon.
    pub(super) async fn enforce_meanwhile(&mut self, fall_back: FallBack) -> CycleOutcome {
        let FallBack::LastApproved(case) = fall_back else { return CycleOutcome::Held };
        match &case.review {
            Review::Approved(approved) if !approved.plan().changes.is_empty() => {
                match self.apply(&case.checked, approved).await {
                    CycleOutcome::Partial => CycleOutcome::Partial,
                    _ => CycleOutcome::Held,
                }
            }
            _ => CycleOutcome::Held,
        }
    }
}
