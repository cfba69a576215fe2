//! What happened lately: the last cycles and the last changes, so that a person who comes late can read back.
//!
//! Owns: what is kept, and for how long. Must not: be the audit trail, which is the log; a restart begins a new history.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{Cycle, CycleOutcome, Status};

/// Runs of cycles that are kept.
const RUNS: usize = 200;
/// Changes that are kept.
const CHANGES: usize = 500;

/// The last cycles and changes; the oldest go first.
#[derive(Debug, Clone, Default)]
pub struct History {
    runs: VecDeque<CycleRun>,
    changes: VecDeque<PastChange>,
    /// What was done since the last cycle ended.
    tally: Tally,
}

/// One cycle, or several in a row that were alike and changed nothing.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CycleRun {
    /// The number of the first cycle, from 1.
    pub first: u64,
    /// The number of the last; the same as the first if it is one cycle.
    pub last: u64,
    /// When the first ended.
    pub since: Timestamp,
    /// When the last ended.
    pub ended_at: Timestamp,
    /// How each of them ended.
    pub outcome: CycleOutcome,
    /// Differences that were found, before anything was changed.
    pub drift: usize,
    /// Changes that succeeded.
    pub done: u64,
    /// Changes that failed.
    pub failed: u64,
    /// How long the last took.
    pub seconds: f64,
    /// Calls to AWS in the last, every attempt.
    pub calls: u64,
    /// The digest of the plan; none if the account could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Why they failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// AWS's request id of the last that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A change that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastChange {
    /// When its outcome was known.
    pub at: Timestamp,
    /// The change, in words.
    pub action: String,
    /// The action's kind.
    pub kind: &'static str,
    /// Why it was made.
    pub reason: String,
    /// What became of it.
    pub outcome: ChangeOutcome,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How often it failed like this; 1 for a change that succeeded.
    pub times: u32,
    /// IAM's request id, the one that `CloudTrail` has; of the last that failed like this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The digest of the plan that it belongs to.
    pub plan: String,
    /// The git commit that the configuration came from, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// What became of a change that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeOutcome {
    /// IAM did it.
    Done,
    /// IAM refused it, or could not be reached.
    Failed,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    done: u64,
    failed: u64,
}

impl History {
    /// Runs of cycles, the oldest first.
    #[must_use]
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &CycleRun> + ExactSizeIterator {
        self.runs.iter()
    }

    /// Changes, the oldest first.
    #[must_use]
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = &PastChange> + ExactSizeIterator {
        self.changes.iter()
    }

    /// Keeps changes of the cycle under way, in the order in which they were made. One that fails again for the same
    /// reason takes the place of its last failure.
    pub fn record(&mut self, changes: impl IntoIterator<Item = PastChange>) {
        for mut change in changes {
            match change.outcome {
                ChangeOutcome::Done => self.tally.done += 1,
                ChangeOutcome::Failed => {
                    self.tally.failed += 1;
                    let again = self.changes.iter().rposition(|past| past.failed_like(&change));
                    if let Some(past) = again.and_then(|position| self.changes.remove(position)) {
                        change.times = past.times.saturating_add(1);
                    }
                }
            }
            push(&mut self.changes, CHANGES, change);
        }
    }

    /// Keeps a cycle that has ended, with the changes recorded since the one before.
    fn end(&mut self, cycle: &Cycle, drift: usize, plan: Option<String>) {
        let Tally { done, failed } = std::mem::take(&mut self.tally);
        let run = CycleRun {
            first: cycle.number,
            last: cycle.number,
            since: cycle.ended_at,
            ended_at: cycle.ended_at,
            outcome: cycle.outcome,
            drift,
            done,
            failed,
            seconds: cycle.seconds,
            calls: cycle.calls,
            plan,
            error: cycle.error.as_ref().map(|error| error.words.clone()),
            request_id: cycle.error.as_ref().and_then(|error| error.request_id.clone()),
        };
        match self.runs.back_mut().filter(|last| last.is_like(&run)) {
            Some(last) => *last = CycleRun { first: last.first, since: last.since, ..run },
            None => push(&mut self.runs, RUNS, run),
        }
    }
}

impl CycleRun {
    /// How many cycles it stands for.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        self.last.saturating_sub(self.first) + 1
    }

    /// Whether neither changed anything and both tell the same, but for what differs each time.
    fn is_like(&self, other: &CycleRun) -> bool {
        let told = |run: &CycleRun| (run.outcome, run.drift, run.failed, run.plan.clone(), run.error.clone());
        self.done == 0 && other.done == 0 && told(self) == told(other)
    }
}

impl PastChange {
    fn failed_like(&self, other: &PastChange) -> bool {
        self.outcome == ChangeOutcome::Failed && self.action == other.action && self.error == other.error
    }
}

impl Status {
    /// Takes in a cycle that has ended.
    pub fn end_cycle(&mut self, cycle: Cycle) {
        *self.cycles.entry(cycle.outcome.as_str()).or_default() += 1;
        self.durations.add(cycle.seconds);
        if matches!(cycle.outcome, CycleOutcome::InSync | CycleOutcome::Changed) {
            self.last_good_at = Some(cycle.ended_at);
        }
        let compared = !matches!(cycle.outcome, CycleOutcome::Failed | CycleOutcome::Stopped | CycleOutcome::Settling);
        let plan = self.plan.as_ref().filter(|_| compared);
        let drift = plan.map_or(0, |plan| plan.changes.len());
        let digest = plan.and(self.plan_digest.clone());
        Arc::make_mut(&mut self.history).end(&cycle, drift, digest);
        self.last_cycle = Some(cycle);
    }
}

fn push<T>(ring: &mut VecDeque<T>, most: usize, item: T) {
    if ring.len() >= most {
        ring.pop_front();
    }
    ring.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::CycleError;

    fn at(second: u64) -> Timestamp {
        Timestamp::from_second(i64::try_from(second).unwrap()).unwrap()
    }

    fn cycle(number: u64, outcome: CycleOutcome) -> Cycle {
        Cycle { number, ended_at: at(number), seconds: 0.5, calls: 3, outcome, error: None }
    }

    fn change(action: &str, outcome: ChangeOutcome) -> PastChange {
        PastChange {
            at: at(1),
            action: action.to_owned(),
            kind: "addMember",
            reason: "row 1".to_owned(),
            outcome,
            error: (outcome == ChangeOutcome::Failed).then(|| "denied".to_owned()),
            times: 1,
            request_id: None,
            plan: "d1".to_owned(),
            revision: None,
        }
    }

    /// First and last number of every run.
    fn runs(history: &History) -> Vec<(u64, u64)> {
        history.runs().map(|run| (run.first, run.last)).collect()
    }

    #[test]
    fn quiet_cycles_that_are_alike_are_one_run_and_push_nothing_out() {
        let mut history = History::default();
        history.end(&cycle(1, CycleOutcome::Held), 7, Some("d1".to_owned()));
        for number in 2..=5_000 {
            history.end(&cycle(number, CycleOutcome::InSync), 0, Some("d0".to_owned()));
        }
        history.end(&cycle(5_001, CycleOutcome::Held), 7, Some("d1".to_owned()));
        history.end(&cycle(5_002, CycleOutcome::Held), 7, Some("d2".to_owned()));
        assert_eq!(runs(&history), [(1, 1), (2, 5_000), (5_001, 5_001), (5_002, 5_002)]);
        let quiet = history.runs().nth(1).unwrap();
        assert_eq!((quiet.cycles(), quiet.since, quiet.ended_at), (4_999, at(2), at(5_000)));
    }

    #[test]
    fn a_cycle_that_changed_something_stands_alone_with_its_counts() {
        let mut history = History::default();
        for number in 1..=2 {
            history.record([change("add ann to Dev", ChangeOutcome::Done), change("add bob", ChangeOutcome::Failed)]);
            history.end(&cycle(number, CycleOutcome::Partial), 2, Some("d1".to_owned()));
        }
        assert_eq!(runs(&history), [(1, 1), (2, 2)]);
        assert!(history.runs().all(|run| (run.done, run.failed, run.drift) == (1, 1, 2)));
    }

    #[test]
    fn both_rings_are_bounded_and_the_oldest_goes_first() {
        let mut history = History::default();
        for number in 1..=1_000 {
            history.record([change(&format!("change {number}"), ChangeOutcome::Done)]);
            history.end(&cycle(number, CycleOutcome::Changed), 1, None);
        }
        assert_eq!((history.runs().len(), history.changes().len()), (RUNS, CHANGES));
        assert_eq!(history.runs().next().unwrap().first, 801);
        assert_eq!(history.changes().next().unwrap().action, "change 501");
    }

    #[test]
    fn a_change_that_fails_again_for_the_same_reason_is_kept_once_and_counted() {
        let mut history = History::default();
        let failed = |action: &str, n: u32| PastChange {
            request_id: Some(format!("r{n}")),
            ..change(action, ChangeOutcome::Failed)
        };
        for n in 1..=30 {
            history.record([failed("a", n), failed("b", n)]);
        }
        history.record([change("a", ChangeOutcome::Done)]);
        let told: Vec<_> = history
            .changes()
            .map(|change| (change.action.as_str(), change.times, change.request_id.as_deref()))
            .collect();
        assert_eq!(told, [("a", 30, Some("r30")), ("b", 30, Some("r30")), ("a", 1, None)]);
    }

    #[test]
    fn cycles_that_fail_for_the_same_reason_are_one_run_whatever_ids_their_requests_have() {
        let mut status = Status::starting(at(0));
        for number in 1..=1_000 {
            let error = CycleError {
                class: "denied",
                words: "GetGroup: AccessDenied: no".to_owned(),
                request_id: Some(format!("r{number}")),
            };
            status.end_cycle(Cycle { error: Some(error), ..cycle(number, CycleOutcome::Failed) });
        }
        assert_eq!(runs(&status.history), [(1, 1_000)]);
        assert_eq!(status.history.runs().next().unwrap().request_id.as_deref(), Some("r1000"));
    }

    #[test]
    fn a_cycle_without_a_reading_tells_of_no_plan_though_an_older_one_is_known() {
        let mut status = Status::starting(at(0));
        status.plan_digest = Some("old".to_owned());
        let error = CycleError { class: "unavailable", words: "no network".to_owned(), request_id: None };
        status.end_cycle(Cycle { error: Some(error), ..cycle(1, CycleOutcome::Failed) });
        let run = status.history.runs().next().unwrap();
        assert_eq!((run.plan.as_deref(), run.error.as_deref()), (None, Some("no network")));
        assert_eq!((status.cycles["failed"], status.last_good_at), (1, None));
        status.end_cycle(cycle(2, CycleOutcome::InSync));
        assert_eq!(status.last_good_at, Some(at(2)));
    }
}
