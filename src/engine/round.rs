//! One round: look at the account, compare, review, and apply what is approved.
//!
//! Must not: decide when.

use std::sync::Arc;

use jiff::SignedDuration;

use super::Engine;
use super::meanwhile::{Case, FallBack, LastApproved};
use super::news::News;
use crate::access::{render, standing};
use crate::apply::{Outcome, Report};
use crate::clock;
use crate::contention::Contended;
use crate::guard::{self, Approved, By, Circumstances, Review, Trust};
use crate::live::Live;
use crate::matrix::Checked;
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
        self.releases.forget_what_is_over(checked, &compared.stakes, clock::today());
        let review = self.review(checked, &compared, self.trust);
        self.take_release(checked, &compared, &review);
        let fall_back = self.fall_back(&review, checked, &live).await;
        if matches!(fall_back, Ok(FallBack::Settling)) {
            return Ok(CycleOutcome::Settling);
        }
        let known = self.know(checked, &compared);
        let plan = Arc::new(compared.plan);
        let meanwhile = fall_back.as_ref().ok().and_then(FallBack::case);
        let plans: Vec<&Plan> = [plan.as_ref()].into_iter().chain(meanwhile.map(|case| case.plan.as_ref())).collect();
        let contended = self.contest.contended(&plans, checked.operator().limits.reverts);
        self.tell((&plan, &review), meanwhile, &contended);
        self.show((&plan, &review), (contended, meanwhile.map(Case::told)), known);
        Ok(match review {
            Review::Approved(approved) => self.enforce(checked, &approved).await,
            _ if plan.is_empty() => CycleOutcome::InSync,
            Review::Observed(_) => CycleOutcome::Drift,
            Review::Held(_) => self.enforce_meanwhile(fall_back?).await,
        })
    }

    /// The account and the plan for it; none while what was made a moment ago may not be visible yet.
    async fn look_and_compare(&mut self, checked: &Checked) -> Result<Option<(Live, Compared)>, reconcile::Error> {
        let live = self.reconciler.look(checked.operator(), clock::now()).await?;
        Ok(self.compare(checked, &live).await?.map(|compared| (live, compared)))
    }

    pub(super) async fn compare(
        &mut self,
        checked: &Checked,
        live: &Live,
    ) -> Result<Option<Compared>, reconcile::Error> {
        let (now, operator) = (clock::now(), checked.operator());
        let waiting = self.contest.waiting(now, operator.limits.reverts);
        let compared = self.reconciler.compare(checked, live, &waiting).await?;
        self.contest.want(&compared.plan, now);
        let settling = SignedDuration::try_from(operator.interval).unwrap_or(SETTLING).min(SETTLING);
        Ok(self.contest.settled_at(&compared.plan, now, settling).is_none().then_some(compared))
    }

    pub(super) fn review(&self, checked: &Checked, compared: &Compared, trust: Trust) -> Review {
        let case = compared.circumstances(checked, &self.releases, clock::today());
        let approved = self.approved.as_ref().map(|last| last.checked.matrix_digest());
        guard::review(compared.plan.clone(), &Circumstances { trust: case.trust.max(trust), approved, ..case })
    }

    /// A plan that a person released may be finished in several rounds. Its removals, if it has any, were seen: they earn
    /// the mode its trust.
    fn take_release(&mut self, checked: &Checked, compared: &Compared, review: &Review) {
        let Review::Approved(approved) = review else { return };
        let Some(release) = approved.release().filter(|release| release.by != By::Earlier) else { return };
        trail::released(approved, checked);
        self.releases.grant(checked, &compared.stakes, release.by);
        if !compared.stakes.removals().is_empty() {
            self.trust = Trust::Earned;
        }
    }

    /// Says what is new.
    fn tell(&mut self, (plan, review): (&Plan, &Review), meanwhile: Option<&Case>, contended: &[Contended]) {
        self.told = News::of(plan, review, contended).told_after(&self.told, plan, review, contended);
        self.told.tell_of_the_last_approved(meanwhile.map(|case| &case.review));
    }

    /// Publishes a plan, what becomes of it and what is done meanwhile, at once with what is known beside it, so that
    /// nobody sees one without the other.
    fn show(
        &self,
        (plan, review): (&Arc<Plan>, &Review),
        (contended, meanwhile): (Vec<Contended>, Option<Meanwhile>),
        known: impl FnOnce(&mut Status),
    ) {
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
            status.meanwhile = meanwhile;
            status.contended = contended;
        });
    }

    /// Takes an approved plan as the one to fall back on, and carries it out.
    async fn enforce(&mut self, checked: &Checked, approved: &Approved) -> CycleOutcome {
        let digest = self.status.borrow().config.digest.clone().unwrap_or_default();
        self.approved = Some(LastApproved { checked: checked.clone(), digest, trust: self.trust });
        if approved.plan().is_empty() {
            return CycleOutcome::InSync;
        }
        self.apply(checked, approved).await
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

    pub(super) async fn apply(&mut self, checked: &Checked, approved: &Approved) -> CycleOutcome {
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
