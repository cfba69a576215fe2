//! The loop: a new configuration, a tick or a signal leads to a reconcile; its result becomes the [`Status`].
//!
//! Owns: when to reconcile, back-off, the last good configuration, the log lines of a cycle.
//! Must not: decide what to change, or serve anything.

mod news;
mod trail;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::access::{render, standing};
use crate::apply::{Outcome, Report};
use crate::audit::Wanted;
use crate::catalog::Catalog;
use crate::clock;
use crate::diagnostic::Diagnostic;
use crate::files::{Digest, Files};
use crate::guard::{self, Approved, Review};
use crate::live::{Scope, bypass};
use crate::matrix::{self, Checked, Overrides};
use crate::plan::{self, Plan};
use crate::reconcile::{self, Compared, Reconciler};
use crate::request::Request;
use crate::status::{Cycle, CycleOutcome, Revised, Status};
use crate::watch::Loaded;
use news::News;
use trail::Trail;

/// The first wait after a cycle that failed; it doubles with every further failure.
const FIRST_RETRY: Duration = Duration::from_secs(5);
/// The longest such wait, unless the interval is longer still.
const LONGEST_RETRY: Duration = Duration::from_mins(5);
/// The wait before an account that was just changed is looked at again.
const AFTER_CHANGE: Duration = Duration::from_secs(2);
/// How often the loop gives a sign of life while it waits.
const BEAT: Duration = Duration::from_secs(10);

/// The loop and what it remembers between cycles.
#[derive(Debug)]
pub struct Engine {
    reconciler: Reconciler,
    overrides: Overrides,
    files: watch::Receiver<Loaded>,
    requests: mpsc::Receiver<Request>,
    status: watch::Sender<Arc<Status>>,
    beat: watch::Sender<()>,
    stop: watch::Receiver<bool>,
    good: Option<Checked>,
    failures: u32,
    number: u64,
    looked: bool,
    judged: Option<(Digest, Option<Timestamp>, Date)>,
    told: News,
    reminded: Option<Date>,
}

/// What the engine is connected to.
#[derive(Debug)]
pub struct Wiring {
    /// Configuration files, as they change.
    pub files: watch::Receiver<Loaded>,
    /// What people ask for over HTTP.
    pub requests: mpsc::Receiver<Request>,
    /// Where the status is published.
    pub status: watch::Sender<Arc<Status>>,
    /// Where signs of life go.
    pub beat: watch::Sender<()>,
    /// Turns true when it is time to stop.
    pub stop: watch::Receiver<bool>,
}

impl Engine {
    /// An engine that has not started yet.
    #[must_use]
    pub fn new(reconciler: Reconciler, overrides: Overrides, wiring: Wiring) -> Self {
        let Wiring { files, requests, status, beat, stop } = wiring;
        Engine {
            reconciler,
            overrides,
            files,
            requests,
            status,
            beat,
            stop,
            good: None,
            failures: 0,
            number: 0,
            looked: false,
            judged: None,
            told: News::default(),
            reminded: None,
        }
    }

    /// Runs until told to stop. Reading is broken off then; a change that is under way is finished, and none begun.
    pub async fn run(mut self) {
        // What can be judged without AWS is judged before AWS is asked, so that readiness never waits for it.
        self.take_files();
        loop {
            let wait = self.cycle().await;
            if self.stopped() || !self.wait(wait).await {
                return;
            }
        }
    }

    fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits for a tick, new files or the stop signal; false on the last.
    async fn wait(&mut self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            self.beat.send_replace(());
            tokio::select! {
                _ = self.stop.changed() => return false,
                changed = self.files.changed() => return changed.is_ok(),
                Some(request) = self.requests.recv() => {
                    self.take(request);
                    return true;
                }
                () = tokio::time::sleep_until(until) => return true,
                () = tokio::time::sleep(BEAT) => {}
            }
        }
    }

    /// Takes what a person asked for; the next cycle begins at once.
    fn take(&mut self, request: Request) {
        match request {
            Request::Reconcile => tracing::info!("asked over HTTP to reconcile now"),
            Request::Approve(digest) => tracing::info!(digest, "asked over HTTP to release a held plan"),
        }
    }

    /// One cycle; returns how long to wait for the next.
    async fn cycle(&mut self) -> Duration {
        let (started, calls) = (Instant::now(), self.reconciler.calls());
        let mut stop = self.stop.clone();
        let prepared = tokio::select! {
            prepared = self.reconciler.prepare(clock::now()) => prepared.map(drop),
            _ = stop.wait_for(|stop| *stop) => return Duration::ZERO,
        };
        self.take_files();
        let Some(checked) = self.good.clone() else {
            if let Err(error) = prepared {
                tracing::warn!("AWS cannot be asked either: {error}");
            }
            return FIRST_RETRY;
        };
        let result = self.reconcile(&checked).await;
        self.number += 1;
        let outcome = *result.as_ref().unwrap_or(&CycleOutcome::Failed);
        self.failures =
            if matches!(outcome, CycleOutcome::Failed | CycleOutcome::Partial) { self.failures + 1 } else { 0 };
        if let Err(error) = &result {
            tracing::error!(
                cycle = self.number,
                class = error.class(),
                "the account could not be compared, trying again soon: {error}"
            );
            self.reconciler.forget_identity();
        }
        let cycle = Cycle {
            number: self.number,
            ended_at: clock::now(),
            seconds: started.elapsed().as_secs_f64(),
            calls: self.reconciler.calls() - calls,
            outcome,
            error: result.err().map(|error| error.to_string()),
        };
        self.publish(|status| status.end_cycle(cycle));
        self.pause(outcome, checked.operator().interval)
    }

    fn pause(&self, outcome: CycleOutcome, interval: Duration) -> Duration {
        match outcome {
            CycleOutcome::Failed | CycleOutcome::Partial => {
                let wait = FIRST_RETRY.saturating_mul(1 << self.failures.saturating_sub(1).min(10));
                wait.min(LONGEST_RETRY.max(interval))
            }
            CycleOutcome::Changed => AFTER_CHANGE.min(interval),
            CycleOutcome::InSync | CycleOutcome::Drift | CycleOutcome::Held | CycleOutcome::Stopped => interval,
        }
    }

    /// Takes the newest files into use if they are good; otherwise says why not and keeps the last good ones.
    ///
    /// Until AWS has been asked, its policies are known from the list in the program only, which may be too old to
    /// judge by: then nothing is refused yet.
    fn take_files(&mut self) {
        let first_look = self.reconciler.catalog().is_none() && !self.looked;
        self.looked = true;
        let loaded = self.files.borrow_and_update().clone();
        let asked = loaded.as_ref().ok().map(|files| self.question(files));
        if asked.is_some() && asked == self.judged {
            return;
        }
        self.judged = asked;
        match loaded {
            Err(error) => self.refuse_config(vec![error.to_string()]),
            Ok(files) => match self.judge(&files) {
                Ok(checked) => self.use_config(&files, checked),
                Err(_) if first_look => {}
                Err(found) => {
                    let errors = found.iter().filter(|finding| finding.is_error());
                    self.refuse_config(errors.map(ToString::to_string).collect());
                }
            },
        }
    }

    /// What the judgement of the files depends on. As long as none of it changes, they need not be judged again.
    fn question(&self, files: &Files) -> (Digest, Option<Timestamp>, Date) {
        (*files.digest(), self.reconciler.catalog_read_at(), clock::today())
    }

    fn judge(&self, files: &Files) -> Result<Checked, Vec<Diagnostic>> {
        let loaded = matrix::load(files).with(&self.overrides);
        match self.reconciler.catalog() {
            Some(catalog) => matrix::check(loaded, catalog, clock::today()),
            None => matrix::check(loaded, &Catalog::embedded("aws"), clock::today()),
        }
    }

    fn use_config(&mut self, files: &Files, mut checked: Checked) {
        let digest = files.digest().to_string();
        let known = self.status.borrow().config.digest.as_deref() == Some(digest.as_str());
        let pinned = self.good.as_ref().map(|good| checked.pin(good)).unwrap_or_default();
        let recovered = !self.status.borrow().config.problems.is_empty();
        if !known || recovered {
            for what in pinned {
                tracing::warn!("{what} changed in operator.yaml; that takes a restart, and the old value stays in use");
            }
            for warning in checked.problems() {
                tracing::warn!(rule = warning.code, "{warning}");
            }
            tracing::info!(digest = files.digest().short(), mode = %checked.operator().mode.value, "configuration in use");
        }
        self.remind_of_waivers(&checked, clock::today());
        let (mode, path, warnings) =
            (checked.operator().mode.value, checked.operator().path.clone(), checked.problems().cloned().collect());
        let scope = Scope::of(checked.operator());
        let waivers = Arc::new(checked.matrix().waivers.clone());
        let wanted = Arc::new(Wanted::of(checked.matrix()));
        self.publish(|status| {
            status.mode = Some(mode);
            status.path = Some(path);
            status.scope = Some(scope);
            status.waivers = waivers;
            status.wanted = Some(wanted);
            status.config.problems = Vec::new();
            status.config.warnings = warnings;
            if !known {
                status.config.loaded_at = Some(clock::now());
                status.config.used += 1;
            }
            status.config.digest = Some(digest);
        });
        self.good = Some(checked);
    }

    /// Says, once a day, which waivers are about to end: what they silence may then keep the files from being used.
    fn remind_of_waivers(&mut self, checked: &Checked, today: Date) {
        if self.reminded == Some(today) {
            return;
        }
        self.reminded = Some(today);
        for waiver in checked.matrix().waivers.iter().filter(|waiver| waiver.ends_soon(today)) {
            let (rule, on, until) = (&waiver.rule.value, &waiver.on.value, waiver.until.value);
            tracing::warn!("{}: the waiver of {rule} on `{on}` ends with {until}", waiver.until.span);
        }
    }

    fn refuse_config(&mut self, problems: Vec<String>) {
        if self.status.borrow().config.problems != problems {
            let kept = if self.good.is_some() {
                "the last good configuration stays in use"
            } else {
                "nothing is done until it is mended"
            };
            for problem in &problems {
                tracing::error!("{problem}");
            }
            tracing::error!(problems = problems.len(), "the configuration is not usable; {kept}");
        }
        self.publish(|status| status.config.refuse(problems));
    }

    async fn reconcile(&mut self, checked: &Checked) -> Result<CycleOutcome, reconcile::Error> {
        let mut stop = self.stop.clone();
        let compared = tokio::select! {
            compared = self.reconciler.compare(checked, clock::now()) => compared?,
            _ = stop.wait_for(|stop| *stop) => return Ok(CycleOutcome::Stopped),
        };
        self.know(checked, &compared);
        let plan = compared.plan;
        let account = plan.account.clone();
        let shown = Arc::new(plan.clone());
        let review = guard::review(plan, checked.operator());
        let holds = match &review {
            Review::Observed(holds) | Review::Held(holds) => holds.clone(),
            Review::Approved(_) => Vec::new(),
        };
        let digest = shown.digest();
        self.announce(&shown, &review);
        self.publish(|status| {
            status.account = Some(account);
            status.snapshot_at = Some(clock::now());
            status.plan_digest = Some(digest);
            status.plan = Some(Arc::clone(&shown));
            status.holds = holds;
        });
        Ok(match review {
            _ if shown.is_empty() => CycleOutcome::InSync,
            Review::Observed(_) => CycleOutcome::Drift,
            Review::Held(_) => CycleOutcome::Held,
            Review::Approved(approved) => self.apply(&approved).await,
        })
    }

    /// Publishes what everybody may do, what the plan changes of that, and what AWS changed meanwhile.
    fn know(&self, checked: &Checked, compared: &Compared) {
        let standings = Arc::new(standing::standings(&compared.before, checked.matrix()));
        let is_new = self.status.borrow().plan.as_deref() != Some(&compared.plan);
        let effect = is_new.then(|| Arc::new(compared.effect()));
        for (enforced, users) in standing::newly_open(&self.status.borrow().standings, &standings) {
            let Some((first, others)) = users.split_first() else { continue };
            let who = render::and_others(first, others.len());
            tracing::warn!(users = users.len(), "MFA is required of {who} and {}", render::enforced(enforced));
        }
        if let Some(error) = &compared.unread {
            tracing::warn!("a document of AWS is judged as it was when this program was built: {error}");
        }
        for (revision, effect) in &compared.revised {
            let (name, from, to) = (revision.arn.name(), &revision.before.version, &revision.after.version);
            tracing::info!(policy = name.as_str(), from, to, "AWS changed {name}:\n{}", render::effect(effect));
        }
        self.publish(|status| {
            status.standings = standings;
            status.since = Arc::new(status.since.with(&compared.plan, clock::now()));
            status.grid = Some(Arc::clone(&compared.grid));
            if let Some(effect) = effect {
                status.effect = effect;
            }
            for (revision, effect) in &compared.revised {
                let (from, to) = (revision.before.version.clone(), revision.after.version.clone());
                let revised = Revised { from, to, noticed_at: clock::now(), effect: effect.clone() };
                status.revised.insert(revision.arn.name(), revised);
            }
        });
    }

    /// Says what was found, each thing once while it stays.
    fn announce(&mut self, plan: &Plan, review: &Review) {
        let news = News::of(plan, review);
        for grant in bypass::newly(&self.told.bypasses, &news.bypasses) {
            tracing::warn!("past the matrix: {grant}; {}", grant.remedy());
        }
        if news.rows != self.told.rows {
            news.rows.iter().for_each(|blocked| tracing::warn!("{blocked}"));
        }
        if news.verdict != self.told.verdict {
            tell(plan, review);
        }
        self.told = news;
    }

    async fn apply(&mut self, approved: &Approved) -> CycleOutcome {
        let digest = approved.plan().digest();
        let trail = Trail::of(approved.plan());
        let report = self.reconciler.apply(approved, &self.stop, |step, outcome| trail.tell(step, outcome)).await;
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
        self.publish(|status| {
            for (change, outcome) in approved.plan().changes.iter().zip(&report.outcomes) {
                if !matches!(outcome, Outcome::Withheld) {
                    *status.changes.entry((change.action.kind(), outcome.as_str())).or_default() += 1;
                }
            }
        });
    }

    fn publish(&self, change: impl FnOnce(&mut Status)) {
        self.beat.send_replace(());
        self.status.send_modify(|status| change(Arc::make_mut(status)));
    }
}

/// What becomes of a plan, before anything is done.
fn tell(plan: &Plan, review: &Review) {
    match review {
        Review::Held(holds) => {
            for hold in holds {
                let (reason, digest) = (hold.reason.as_str(), plan.digest());
                tracing::error!(reason, digest, "plan held: {}", hold.message);
            }
        }
        Review::Observed(_) if !plan.is_empty() => tracing::warn!("drift: {}", plan::summary(plan)),
        Review::Observed(_) | Review::Approved(_) if plan.is_empty() => tracing::info!("{}", plan::summary(plan)),
        Review::Observed(_) | Review::Approved(_) => {}
    }
}

/// A status that nobody has filled in yet, and the way to publish it.
#[must_use]
pub fn new_status(now: Timestamp) -> (watch::Sender<Arc<Status>>, watch::Receiver<Arc<Status>>) {
    watch::channel(Arc::new(Status::starting(now)))
}
