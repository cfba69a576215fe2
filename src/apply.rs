//! Runs an approved plan: phase after phase, several entities at a time, one call after the other on the same entity.
//!
//! Owns: the schedule, the isolation of failures, stopping between calls, and the [`Report`].
//! Must not: know how a call is made (`iam/` does), or which calls are allowed (`guard` does).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;

use serde::Serialize;
use tokio::sync::watch;

use crate::guard::{Approved, Step};
use crate::plan::Entity;

/// How many calls may be under way at once.
const PARALLEL: usize = 4;

/// Makes one approved call. Real IAM in production, a model in tests.
pub trait Write {
    /// Makes the call that `step` names, retries included.
    fn execute(&self, step: Step<'_>) -> impl Future<Output = Result<Receipt, Failure>> + Send;
}

/// A call that IAM accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// IAM's request id, if it gave one.
    pub request_id: Option<String>,
    /// How many attempts it took.
    pub attempts: u32,
}

/// A call that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{message}{}", self.request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default())]
pub struct Failure {
    /// The kind of failure; bounded, so fit for a metric's label.
    pub class: &'static str,
    /// What a person reads: the same words each time that it fails for the same reason.
    pub message: String,
    /// IAM's request id, if it gave one.
    pub request_id: Option<String>,
    /// How many attempts it took.
    pub attempts: u32,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum Outcome {
    /// IAM did it.
    Done(Receipt),
    /// IAM refused it, or could not be reached.
    Failed(Failure),
    /// A prerequisite did not succeed.
    Skipped {
        /// Which one.
        because: String,
    },
    /// The operator was told to stop before its turn.
    Stopped,
    /// The mode does not do it.
    Withheld,
}

impl Outcome {
    /// The outcome as it is written; bounded, so fit for a metric's label.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Done(_) => "done",
            Outcome::Failed(_) => "failed",
            Outcome::Skipped { .. } => "skipped",
            Outcome::Stopped => "stopped",
            Outcome::Withheld => "withheld",
        }
    }
}

/// What became of every change of a plan, in the plan's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// An outcome for each change.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// How many changes had that outcome, by its name.
    #[must_use]
    pub fn count(&self, outcome: &str) -> usize {
        self.outcomes.iter().filter(|found| found.as_str() == outcome).count()
    }

    /// Whether everything that the mode does was done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_) | Outcome::Withheld))
    }
}

/// Applies a plan. `stopping` turning true ends it between two calls; `on_done` hears of every outcome as it happens.
pub async fn apply<W: Write + Sync>(
    approved: &Approved,
    writer: &W,
    stopping: &watch::Receiver<bool>,
    on_done: impl Fn(Step<'_>, &Outcome) + Send + Sync,
) -> Report {
    let mut run = Run { outcomes: BTreeMap::new(), approved };
    for stage in approved.stages() {
        run.stage(stage, writer, stopping, &on_done).await;
    }
    let outcome = |position: usize| run.outcomes.get(&position).cloned().unwrap_or(Outcome::Withheld);
    Report { outcomes: (0..approved.plan().changes.len()).map(outcome).collect() }
}

struct Run<'a> {
    approved: &'a Approved,
    outcomes: BTreeMap<usize, Outcome>,
}

impl Run<'_> {
    /// One phase: starts every step whose turn it is, as long as there is room, and takes in results as they come.
    async fn stage<W: Write + Sync>(
        &mut self,
        stage: Vec<Step<'_>>,
        writer: &W,
        stopping: &watch::Receiver<bool>,
        on_done: &(impl Fn(Step<'_>, &Outcome) + Send + Sync),
    ) {
        let mut waiting: VecDeque<Step<'_>> = stage.into();
        let mut busy: BTreeSet<Entity> = BTreeSet::new();
        let mut running = futures_util::stream::FuturesUnordered::new();
        loop {
            let (ready, finished) = self.choose(&mut waiting, &mut busy, PARALLEL - running.len(), *stopping.borrow());
            for (step, outcome) in finished {
                on_done(step, &outcome);
            }
            running.extend(ready.into_iter().map(|step| async move { (step, writer.execute(step).await) }));
            let Some((step, result)) = futures_util::StreamExt::next(&mut running).await else { break };
            for entity in step.change().action.touches() {
                busy.remove(&entity);
            }
            let outcome = result.map_or_else(Outcome::Failed, Outcome::Done);
            on_done(step, &outcome);
            self.outcomes.insert(step.position(), outcome);
        }
        // A step whose prerequisite stands behind it would wait for ever: it is told, not passed over.
        for step in waiting {
            let outcome = Outcome::Skipped { because: "what it depends on comes later in the plan".to_owned() };
            on_done(step, &outcome);
            self.outcomes.insert(step.position(), outcome);
        }
    }

    /// Takes the steps out of `waiting` that can start now, at most `room` of them, and those that never will.
    fn choose<'s>(
        &mut self,
        waiting: &mut VecDeque<Step<'s>>,
        busy: &mut BTreeSet<Entity>,
        room: usize,
        stopping: bool,
    ) -> (Vec<Step<'s>>, Vec<(Step<'s>, Outcome)>) {
        let (mut ready, mut finished) = (Vec::new(), Vec::new());
        let mut later = VecDeque::new();
        // Entities that an earlier step is still waiting for: a later step must not overtake it.
        let mut claimed: BTreeSet<Entity> = BTreeSet::new();
        while let Some(step) = waiting.pop_front() {
            if let Some(outcome) = self.never(step, stopping) {
                self.outcomes.insert(step.position(), outcome.clone());
                finished.push((step, outcome));
                continue;
            }
            let touches = step.change().action.touches();
            let free = touches.iter().all(|entity| !busy.contains(entity) && !claimed.contains(entity));
            if free && ready.len() < room && self.prerequisites_done(step) {
                busy.extend(touches);
                ready.push(step);
            } else {
                claimed.extend(touches);
                later.push_back(step);
            }
        }
        *waiting = later;
        (ready, finished)
    }

    /// Why a step will never run, if so.
    fn never(&self, step: Step<'_>, stopping: bool) -> Option<Outcome> {
        if stopping {
            return Some(Outcome::Stopped);
        }
        let failed = step
            .change()
            .after
            .iter()
            .find(|before| !matches!(self.outcomes.get(before), None | Some(Outcome::Done(_))))?;
        let action =
            self.approved.plan().changes.get(*failed).map(|change| change.action.to_string()).unwrap_or_default();
        Some(Outcome::Skipped { because: format!("\"{action}\" did not succeed") })
    }

    fn prerequisites_done(&self, step: Step<'_>) -> bool {
        step.change().after.iter().all(|before| matches!(self.outcomes.get(before), Some(Outcome::Done(_))))
    }
}

#[cfg(test)]
mod tests;
