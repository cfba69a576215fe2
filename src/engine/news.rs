//! What was said of the last plan, so that each thing is said once: of the next plan only what is new is told.
//!
//! Must not: decide anything.

use crate::contention::Contended;
use crate::desired::Blocked;
use crate::guard::{Held, HoldReason, Review};
use crate::live::bypass::{self, Grant};
use crate::plan::{self, Plan};

/// So many verdicts of one hold are remembered.
const REMEMBERED: usize = 32;

/// What there is to say of a plan.
#[derive(Debug, Default)]
pub(super) struct News {
    /// What becomes of it.
    verdict: Option<Verdict>,
    /// The verdicts of this hold that were told: drift that comes and goes under a held plan does not tell it anew.
    holding: Vec<Verdict>,
    /// The rows that cannot be realised.
    rows: Vec<Blocked>,
    /// What users carry past the matrix.
    bypasses: Vec<Grant>,
    /// What is not wanted, and is protected.
    protected: Vec<String>,
    /// The changes that somebody keeps undoing, with how often.
    contended: Vec<(String, u32)>,
    /// Why the last approved matrix is held, too.
    last_approved: Vec<String>,
}

/// What becomes of a plan: of the same calls, in the same mode, for the same reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    digest: String,
    is_empty: bool,
    decision: Decision,
    holds: Vec<(HoldReason, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Observed,
    Held,
    Approved,
}

impl News {
    /// What there is to say of this plan and what the guard decided.
    pub(super) fn of(plan: &Plan, review: &Review, contended: &[Contended]) -> Self {
        let decision = match review {
            Review::Observed(_) => Decision::Observed,
            Review::Held(_) => Decision::Held,
            Review::Approved(_) => Decision::Approved,
        };
        let holds = review.held().holds.into_iter().map(|hold| (hold.reason, hold.message)).collect();
        News {
            holding: Vec::new(),
            verdict: Some(Verdict { digest: plan.digest(), is_empty: plan.is_empty(), decision, holds }),
            rows: plan.blocked.clone(),
            bypasses: plan.bypasses.clone(),
            protected: plan.protected.clone(),
            contended: contended.iter().map(|it| (it.change.clone(), it.times)).collect(),
            last_approved: Vec::new(),
        }
    }

    /// Says what is new since `told`, and is what was told last from then on.
    pub(super) fn told_after(mut self, told: &News, plan: &Plan, review: &Review, contended: &[Contended]) -> Self {
        self.last_approved.clone_from(&told.last_approved);
        for grant in bypass::newly(&told.bypasses, &self.bypasses) {
            tracing::warn!("past the matrix: {grant}; {}", grant.remedy());
        }
        for extra in self.protected.iter().filter(|extra| !told.protected.contains(extra)) {
            tracing::warn!("protected, so left as it is: {extra}");
        }
        if self.rows != told.rows {
            self.rows.iter().for_each(|blocked| tracing::warn!("{blocked}"));
        }
        let is_new = |it: &&Contended| !told.contended.contains(&(it.change.clone(), it.times));
        for contended in contended.iter().filter(is_new) {
            tracing::error!(kind = contended.kind, times = contended.times, "contended: {contended}");
        }
        if self.is_new_verdict(told) {
            tell_verdict(plan, review);
        }
        self
    }

    /// Whether what becomes of the plan was not told yet; remembers what is told of a hold as long as it lasts.
    fn is_new_verdict(&mut self, told: &News) -> bool {
        let Some(verdict) = self.verdict.as_ref().filter(|verdict| verdict.decision == Decision::Held) else {
            return self.verdict != told.verdict;
        };
        self.holding.clone_from(&told.holding);
        let is_new = !self.holding.contains(verdict);
        if is_new {
            let oldest = self.holding.len().saturating_sub(REMEMBERED - 1);
            self.holding.drain(..oldest);
            self.holding.push(verdict.clone());
        }
        is_new
    }

    /// Says, once while it lasts, why the last approved matrix cannot be enforced either while a newer one is held.
    pub(super) fn tell_of_the_last_approved(&mut self, review: Option<&Review>) {
        let holds = review.map(Review::held).unwrap_or_default().holds;
        let holds: Vec<String> = holds.into_iter().map(|hold| hold.message).collect();
        for hold in holds.iter().filter(|hold| !self.last_approved.contains(hold)) {
            tracing::error!("the last approved matrix is held, too: it {hold}");
        }
        self.last_approved = holds;
    }
}

/// What becomes of a plan, before anything is done.
fn tell_verdict(plan: &Plan, review: &Review) {
    match review {
        Review::Held(held) => tell_held(plan, held),
        Review::Observed(_) if !plan.is_empty() => tracing::warn!("drift: {}", plan::summary(plan)),
        Review::Observed(_) | Review::Approved(_) if plan.is_empty() => tracing::info!("{}", plan::summary(plan)),
        Review::Observed(_) | Review::Approved(_) => {}
    }
}

fn tell_held(plan: &Plan, held: &Held) {
    let (digest, release) = (plan.digest(), held.release.as_deref());
    for hold in &held.holds {
        let reason = hold.reason.as_str();
        tracing::error!(reason, digest, release, "plan held: it {}", hold.message);
    }
    let Some(release) = release else { return tracing::error!("nobody can release it: mend what it says") };
    tracing::error!(
        "to release it, write `approve: {{ digest: \"{release}\", until: YYYY-MM-DD }}` into operator.yaml, or \
         POST /approve/{release}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::guard::{Held, Hold};
    use crate::testing::{checked, empty_account, plan};

    const MATRIX: &str =
        "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] } }\npolicies: { AmazonS3FullAccess: [Dev] }\n";

    fn held(message: &str) -> Review {
        let hold = Hold { reason: HoldReason::Memberships, message: message.to_owned(), changes: BTreeSet::new() };
        Review::Held(Held { holds: vec![hold], release: None })
    }

    #[test]
    fn a_hold_is_news_once_for_each_plan_each_decision_and_each_set_of_holds() {
        let mut plan = plan(&checked(MATRIX, &[], ""), &empty_account());
        let first = News::of(&plan, &held("6 of 7"), &[]);
        plan.notes.push("a group stays".to_owned());
        plan.blocked.clear();
        assert_eq!(News::of(&plan, &held("6 of 7"), &[]).verdict, first.verdict);
        assert_ne!(News::of(&plan, &held("6 of 8"), &[]).verdict, first.verdict);
        assert_ne!(News::of(&plan, &Review::Observed(held("6 of 7").held()), &[]).verdict, first.verdict);
        plan.changes.truncate(1);
        assert_ne!(News::of(&plan, &held("6 of 7"), &[]).verdict, first.verdict);
    }

    #[test]
    fn drift_that_comes_and_goes_under_a_held_plan_does_not_tell_the_hold_anew_but_a_hold_that_comes_back_is_told() {
        let plan = plan(&checked(MATRIX, &[], ""), &empty_account());
        let mut told = News::default();
        let mut is_told = |review: &Review| {
            let mut news = News::of(&plan, review, &[]);
            let is_new = news.is_new_verdict(&told);
            told = news;
            is_new
        };
        let reviews = [held("6 of 7"), held("7 of 8"), held("6 of 7")];
        assert_eq!(reviews.map(|review| is_told(&review)), [true, true, false]);
        assert!(is_told(&Review::Observed(Held::default())));
        assert!(is_told(&held("6 of 7")), "it was gone");
    }
}
