//! One round: look at the account, compare, review, and apply what is approved.
//!
//! Must not: decide when.

use std::sync::Arc;

use jiff::SignedDuration;

use super::Engine;
use super::news::News;
use crate::access::{render, standing};
use crate::apply::{Outcome, Report};
use crate::clock;
use crate::contention::Contended;
use crate::guard::{self, Approved, Circumstances, Review, Trust};
use crate::live::Live;
use crate::matrix::{Checked, Mode};
use crate::plan::{self, Plan};
use crate::reconcile::{self, Compared};
use crate::status::{CycleOutcome, Meanwhile, Revised, Status};
use crate::trail::{self, Trail};

/// So long after a change was made, wanting it again may only mean that it is not visible yet. IAM is eventually
/// consistent (IAM user guide, "Changes that I make are not always immediately visible").
const SETTLING: SignedDuration = SignedDuration::from_secs(10);

impl Engine {
    /// The whole round. `None` where it was broken off because the operator is told to stop.
    pub(super) async fn reconcile(&mut self, checked: &Checked) -> Result<CycleOutcome, reconcile::Error> {
        let mut stop = self.stop.clone();
        let looked = tokio::select! {
            looked = self.look_and_compare(checked) => looked?,
            _ = stop.wait_for(|stop| *stop) => return Ok(CycleOutcome::Stopped),
        };
        let Some((live, compared)) = looked else { return Ok(CycleOutcome::Settling) };
        let known = self.know(checked, &compared);
        let review = self.review(checked, &compared);
        self.take_release(checked, &compared, &review);
        let plan = Arc::new(compared.plan);
        let contended = self.contest.contended(&plan, checked.operator().limits.reverts);
        self.told = News::of(&plan, &review, &contended).told_after(&self.told, &plan, &review, &contended);
        self.show(&plan, &review, contended, known);
        Ok(match review {
            Review::Approved(approved) => self.enforce(checked, &approved).await,
            _ if plan.is_empty() => CycleOutcome::InSync,
            Review::Observed(_) => CycleOutcome::Drift,
            Review::Held(_) => {
                self.enforce_the_last_approved(checked, &live).await?;
                CycleOutcome::Held
            }
        })
    }

    /// The account and the plan for it; none while what was made a moment ago may not be visible yet.
    async fn look_and_compare(&mut self, checked: &Checked) -> Result<Option<(Live, Compared)>, reconcile::Error> {
        let live = self.reconciler.look(checked.operator(), clock::now()).await?;
        Ok(self.compare(checked, &live).await?.map(|compared| (live, compared)))
    }

    async fn compare(&mut self, checked: &Checked, live: &Live) -> Result<Option<Compared>, reconcile::Error> {
        let (now, operator) = (clock::now(), checked.operator());
        let waiting = self.contest.waiting(now, operator.limits.reverts);
        let compared = self.reconciler.compare(checked, live, &waiting).await?;
        let settling = SignedDuration::try_from(operator.interval).unwrap_or(SETTLING).min(SETTLING);
        Ok(self.contest.settled_at(&compared.plan, now, settling).is_none().then_some(compared))
    }

    fn review(&self, checked: &Checked, compared: &Compared) -> Review {
        // Whoever looks in observe mode sees what raising the mode will meet.
        let trust = if checked.operator().mode.value == Mode::Observe { Trust::Raised } else { self.trust };
        let case = compared.circumstances(checked, &self.releases, clock::today());
        guard::review(compared.plan.clone(), &Circumstances { trust, ..case })
    }

    /// A plan that a person released may be finished in several rounds, and earns the mode its trust.
    fn take_release(&mut self, checked: &Checked, compared: &Compared, review: &Review) {
        if let Review::Approved(approved) = review
            && approved.is_released()
        {
            trail::released(approved, checked);
            self.releases.grant(checked.matrix_digest(), &compared.stakes);
            self.trust = Trust::Earned;
        }
    }

    /// Publishes a plan at once with what is known beside it, so that nobody sees one without the other.
    fn show(&self, plan: &Arc<Plan>, review: &Review, contended: Vec<Contended>, known: impl FnOnce(&mut Status)) {
        let (held, digest, account) = (review.held(), plan.digest(), plan.account.clone());
        self.publish(|status| {
            known(status);
            status.see(plan, clock::now());
            status.account = Some(account);
            status.snapshot_at = Some(clock::now());
            status.plan_digest = Some(digest);
            status.plan = Some(Arc::clone(plan));
            status.holds = held.holds;
            status.release = held.release;
            if !matches!(review, Review::Held(_)) {
                status.meanwhile = None;
            }
            status.contended = contended;
        });
    }

    /// Takes an approved plan as the one to fall back on, and carries it out.
    async fn enforce(&mut self, checked: &Checked, approved: &Approved) -> CycleOutcome {
        let digest = self.status.borrow().config.digest.clone().unwrap_or_default();
        self.approved = Some((checked.clone(), digest));
        if approved.plan().is_empty() {
            return CycleOutcome::InSync;
        }
        self.apply(checked, approved).await
    }

    /// While the newest matrix is held, the last approved one goes on being enforced, under the newest settings: a held
    /// commit must not switch repairs off. Without one, after a restart, nothing is done.
    async fn enforce_the_last_approved(&mut self, newest: &Checked, live: &Live) -> Result<(), reconcile::Error> {
        let approved = self.approved.clone().filter(|(checked, _)| checked.matrix_digest() != newest.matrix_digest());
        let Some((checked, digest)) = approved else {
            self.publish(|status| status.meanwhile = None);
            return Ok(());
        };
        let checked = checked.under(newest);
        let Some(compared) = self.compare(&checked, live).await? else { return Ok(()) };
        let review = self.review(&checked, &compared);
        self.told.tell_of_the_last_approved(&review);
        let plan = Arc::new(compared.plan);
        // Held itself, it takes nobody's place.
        let is_enforced = !matches!(review, Review::Held(_));
        self.publish(|status| status.meanwhile = is_enforced.then_some(Meanwhile { digest, plan }));
        if let Review::Approved(approved) = review
            && !approved.plan().changes.is_empty()
        {
            self.apply(&checked, &approved).await;
        }
        Ok(())
    }

    /// What everybody may do, what the plan changes of that, and what AWS changed meanwhile, to be published.
    fn know(&self, checked: &Checked, compared: &Compared) -> impl FnOnce(&mut Status) + use<> {
        let standings = Arc::new(standing::standings(&compared.before, checked.matrix()));
        let is_new = self.status.borrow().plan.as_deref() != Some(&compared.plan);
        let effect = is_new.then(|| Arc::new(compared.effect()));
        for (enforced, users) in standing::newly_open(&self.status.borrow().standings, &standings) {
            let Some((first, others)) = users.split_first() else { continue };
            let who = render::and_others(first, others.len());
            tracing::warn!(users = users.len(), "MFA is required of {who} and {}", render::enforced(enforced));
        }
        if let Some(doubt) = compared.doubt() {
            tracing::warn!("{doubt}");
        }
        for (revision, effect) in &compared.revised {
            let (name, from, to) = (revision.arn.name(), &revision.before.version, &revision.after.version);
            tracing::info!(policy = name.as_str(), from, to, "AWS changed {name}:\n{}", render::effect(effect));
        }
        let (withheld, grid) = (Arc::new(compared.withheld.clone()), Arc::clone(&compared.grid));
        let revised = compared.revised.iter().map(|(revision, effect)| {
            let (from, to) = (revision.before.version.clone(), revision.after.version.clone());
            (revision.arn.name(), Revised { from, to, noticed_at: clock::now(), effect: effect.clone() })
        });
        let revised: Vec<_> = revised.collect();
        move |status| {
            status.standings = standings;
            status.withheld = withheld;
            status.grid = Some(grid);
            status.effect = effect.unwrap_or_else(|| Arc::clone(&status.effect));
            status.revised.extend(revised);
        }
    }

    async fn apply(&mut self, checked: &Checked, approved: &Approved) -> CycleOutcome {
        let digest = approved.plan().digest();
        let trail = Trail::of(approved.plan(), checked);
        let told = |step: guard::Step<'_>, outcome: &Outcome| trail.tell(step, outcome);
        let report = self.reconciler.apply(approved, &self.stop, told).await;
        self.publish(|status| Arc::make_mut(&mut status.history).record(trail.made()));
        self.count(approved, &report);
        let (done, failed, skipped) = (report.count("done"), report.count("failed"), report.count("skipped"));
        if report.outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Withheld)) {
            let (stopped, withheld) = (report.count("stopped"), report.count("withheld"));
            tracing::info!(done, failed, skipped, stopped, withheld, digest, "{}", plan::summary(approved.plan()));
        }
        if !report.is_complete() {
            CycleOutcome::Partial
        } else if report.count("withheld") > 0 || !approved.plan().blocked.is_empty() {
            CycleOutcome::Drift
        } else {
            CycleOutcome::Changed
        }
    }

    fn count(&mut self, approved: &Approved, report: &Report) {
        let now = clock::now();
        for (change, outcome) in approved.plan().changes.iter().zip(&report.outcomes) {
            if matches!(outcome, Outcome::Done(_)) {
                self.contest.note(change, now);
            }
        }
        self.publish(|status| {
            for (change, outcome) in approved.plan().changes.iter().zip(&report.outcomes) {
                if !matches!(outcome, Outcome::Withheld) {
                    *status.changes.entry((change.action.kind(), outcome.as_str())).or_default() += 1;
                }
            }
        });
    }
}
