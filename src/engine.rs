//! The loop: a new configuration, a tick, a request or a signal leads to a reconcile; its result becomes the [`Status`].
//!
//! Owns: when to reconcile, back-off, and what is remembered between cycles; `config` takes files into use, `round` is
//! what one cycle does with the account, `meanwhile` what it does instead while a plan is held, `news` tells each thing
//! once.
//! Must not: decide what to change, or serve anything.

mod config;
mod meanwhile;
mod news;
mod round;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::clock;
use crate::contention::Contest;
use crate::files::Digest;
use crate::guard::{Releases, Trust};
use crate::iam::CallError;
use crate::matrix::{Checked, Overrides};
use crate::reconcile::Reconciler;
use crate::request::Request;
use crate::status::{Cycle, CycleError, CycleOutcome, Status};
use crate::watch::Loaded;
use meanwhile::LastApproved;
use news::News;

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
    /// The last good configuration.
    good: Option<Checked>,
    /// The same as it counts now: narrowed by newer settings, where they stand beside a matrix that cannot be used.
    in_force: Option<Checked>,
    /// What is enforced while a newer configuration is held.
    approved: Option<LastApproved>,
    releases: Releases,
    trust: Trust,
    contest: Contest,
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
            in_force: None,
            approved: None,
            releases: Releases::default(),
            trust: Trust::Earned,
            contest: Contest::default(),
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
            Request::Reconcile => {
                tracing::info!("asked over HTTP to reconcile now; contended changes are tried again");
                self.contest.reset();
            }
            Request::Approve(digest) if self.status.borrow().release.as_deref() == Some(digest.as_str()) => {
                tracing::warn!(digest, "the held plan is released over HTTP");
                self.releases.release(&digest);
            }
            Request::Approve(digest) => {
                tracing::warn!(digest, "asked over HTTP to release a plan that is not held any more");
            }
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
        let Some(checked) = self.in_force.clone() else { return self.without_configuration(prepared) };
        let result = self.reconcile(&checked).await;
        self.number += 1;
        let outcome = *result.as_ref().unwrap_or(&CycleOutcome::Failed);
        self.failures =
            if matches!(outcome, CycleOutcome::Failed | CycleOutcome::Partial) { self.failures + 1 } else { 0 };
        if let Err(error) = &result {
            tracing::error!(
                cycle = self.number,
                class = error.class(),
                request_id = error.request_id(),
                "the account could not be compared, trying again soon: {}",
                error.words()
            );
            self.reconciler.forget_identity();
        }
        let cycle = Cycle {
            number: self.number,
            ended_at: clock::now(),
            seconds: started.elapsed().as_secs_f64(),
            calls: self.reconciler.calls() - calls,
            outcome,
            error: result.err().map(|error| CycleError {
                class: error.class(),
                words: error.words(),
                request_id: error.request_id().map(str::to_owned),
            }),
        };
        self.publish(|status| status.end_cycle(cycle));
        self.pause(outcome, checked.operator().interval)
    }

    /// How long to wait while there is nothing to go by; mended files end the wait in any case.
    fn without_configuration(&mut self, prepared: Result<(), CallError>) -> Duration {
        let Err(error) = prepared else {
            self.failures = 0;
            return FIRST_RETRY;
        };
        if self.failures == 0 {
            tracing::warn!("AWS cannot be asked either: {error}");
        }
        self.failures += 1;
        self.pause(CycleOutcome::Failed, LONGEST_RETRY)
    }

    fn pause(&self, outcome: CycleOutcome, interval: Duration) -> Duration {
        match outcome {
            CycleOutcome::Failed | CycleOutcome::Partial => {
                let wait = FIRST_RETRY.saturating_mul(1 << self.failures.saturating_sub(1).min(10));
                wait.min(LONGEST_RETRY.max(interval))
            }
            CycleOutcome::Changed | CycleOutcome::Settling => AFTER_CHANGE.min(interval),
            CycleOutcome::InSync | CycleOutcome::Drift | CycleOutcome::Held | CycleOutcome::Stopped => interval,
        }
    }

    fn publish(&self, change: impl FnOnce(&mut Status)) {
        self.beat.send_replace(());
        self.status.send_modify(|status| change(Arc::make_mut(status)));
    }
}

/// A status that nobody has filled in yet, and the way to publish it.
#[must_use]
pub fn new_status(now: Timestamp) -> (watch::Sender<Arc<Status>>, watch::Receiver<Arc<Status>>) {
    watch::channel(Arc::new(Status::starting(now)))
}
