//! How it stands, in a few words and in a sentence: the title of the page and its head.
//!
//! Must not: promise what the last cycle, or what is left undone, gainsays.

use maud::{Markup, html};

use super::parts::{counted, number, prose, sentence};
use crate::grid::Holding;
use crate::matrix::Mode;
use crate::plan::{Plan, summary};
use crate::status::history::{ChangeOutcome, CycleRun, PastChange};
use crate::status::{CycleOutcome, Status};

/// How it stands.
pub(super) struct Verdict {
    /// In a few words.
    pub title: String,
    /// In a sentence or two.
    sentences: String,
    /// The class in the style sheet.
    tone: &'static str,
}

impl Verdict {
    fn new(tone: &'static str, title: impl Into<String>, sentences: impl Into<String>) -> Self {
        Verdict { title: title.into(), sentences: sentences.into(), tone }
    }

    /// The worst that is known goes first.
    pub(super) fn of(status: &Status) -> Self {
        let Some(plan) = status.plan.as_deref() else { return Verdict::before_the_first_look(status) };
        let failed = status.last_cycle.as_ref().filter(|cycle| cycle.outcome == CycleOutcome::Failed);
        if let Some(cycle) = failed {
            let why = cycle.error.as_ref().map_or("no reason is known", |error| error.words.as_str());
            return Verdict::new("bad", "The account cannot be read", format!("{why}. Below is what was last seen."));
        }
        if status.holding() == Holding::Plan {
            return Verdict::new(
                "held",
                format!("Held: {}", differences(plan.changes.len())),
                "A guard waits for a person. Nothing of the plan is done until then.",
            );
        }
        if plan.changes.is_empty() {
            Verdict::without_changes(status, plan)
        } else {
            Verdict::with_changes(status, plan)
        }
    }

    fn before_the_first_look(status: &Status) -> Self {
        if !status.config.is_usable() && !status.config.problems.is_empty() {
            return Verdict::new("bad", "No configuration in use", "Nothing is done until its problems are mended.");
        }
        match &status.last_cycle {
            Some(cycle) if cycle.outcome == CycleOutcome::Failed => {
                let why = cycle.error.as_ref().map_or("no reason is known", |error| error.words.as_str());
                Verdict::new("bad", "The account cannot be read", format!("{why}. It is tried again."))
            }
            _ => Verdict::new("quiet", "Starting", "The account has not been compared with the matrix yet."),
        }
    }

    fn without_changes(status: &Status, plan: &Plan) -> Self {
        let problems = status.config.problems.len();
        let refused = match problems {
            0 => String::new(),
            _ => format!("But the files on disk are refused: {}.", counted(problems, "problem", "problems")),
        };
        let (tone, title) = match (plan.blocked.len(), problems) {
            (0, 0) => ("good", "In sync".to_owned()),
            (0, _) => ("warn", "In sync with the last good matrix".to_owned()),
            (blocked, _) => ("warn", blocked_rows(blocked)),
        };
        Verdict::new(tone, title, joined(&[sentence(&summary(plan)), refused]))
    }

    fn with_changes(status: &Status, plan: &Plan) -> Self {
        let all = plan.changes.len();
        let warn = |told: &[String]| {
            let told = [&[sentence(&summary(plan))], told].concat();
            Verdict::new("warn", differences(all), joined(&told))
        };
        match Course::of(status) {
            Course::Suspended => warn(&["Suspended: nothing is changed.".to_owned()]),
            Course::Observe => warn(&["Mode observe: it is reported, and nothing is changed.".to_owned()]),
            Course::Failed(failures) => Verdict::failed(&failures, left_undone(status, all)),
            Course::Repaired(done) => Verdict::repaired(status, plan, done),
            Course::Repairing(_) if status.withheld.len() >= all => warn(&[left_undone(status, all)]),
            Course::Repairing(when) => {
                let mode = status.mode.map_or("", Mode::as_str);
                warn(&[format!("Mode {mode}: it is {when}."), left_undone(status, all)])
            }
        }
    }

    fn failed(failures: &Failures<'_>, left: String) -> Self {
        let first = failures.changes.first().map(|change| {
            let error = change.error.as_deref().unwrap_or("no reason is known");
            sentence(&format!("{}: {error}.", change.action))
        });
        let again = "What failed is tried again in the next cycle.".to_owned();
        let title = format!("{} failed", counted(failures.count, "change", "changes"));
        Verdict::new("bad", title, joined(&[first.unwrap_or_default(), again, left]))
    }

    fn repaired(status: &Status, plan: &Plan, done: u64) -> Self {
        let (all, left) = (plan.changes.len(), status.withheld.len());
        let blocked = match plan.blocked.len() {
            0 => String::new(),
            rows => format!("{}.", blocked_rows(rows)),
        };
        let (tone, title) = match left {
            0 if blocked.is_empty() => ("quiet", format!("Repaired: {}", differences(all))),
            0 => ("warn", format!("Repaired: {}", differences(all))),
            _ => ("warn", format!("{} left undone", differences(left))),
        };
        let done = counted(usize::try_from(done).unwrap_or(all), "change was", "changes were");
        let checked = format!("{done} made in the last cycle, being checked: the next look shows what is left.");
        Verdict::new(tone, title, joined(&[checked, left_undone(status, all), blocked]))
    }

    /// The head of the page.
    pub(super) fn head(&self) -> Markup {
        html! {
            section.verdict.(self.tone) aria-labelledby="verdict" {
                h1 #verdict { (self.title) }
                p { (prose(&self.sentences)) }
            }
        }
    }
}

/// What is done about differences.
enum Course<'a> {
    /// Nothing: operator.yaml says so for now.
    Suspended,
    /// Nothing: the mode says so.
    Observe,
    /// These failed in the last cycle.
    Failed(Failures<'a>),
    /// So many were made in the last cycle, and no look since shows what is left.
    Repaired(u64),
    /// They are made: when.
    Repairing(&'static str),
}

impl<'a> Course<'a> {
    fn of(status: &'a Status) -> Self {
        if status.suspended {
            return Course::Suspended;
        }
        if !matches!(status.mode, Some(Mode::Enforce | Mode::Additive)) {
            return Course::Observe;
        }
        if let Some(failures) = failures(status) {
            return Course::Failed(failures);
        }
        // A cycle that is under way has read the account, and not ended.
        let ended = status.last_cycle.as_ref().map(|cycle| cycle.ended_at);
        if status.snapshot_at > ended {
            return Course::Repairing("being repaired");
        }
        match last_run(status) {
            Some(run) if run.done > 0 => Course::Repaired(run.done),
            _ => Course::Repairing("repaired in the next cycle"),
        }
    }
}

/// The last cycle that made something of a plan: one that waits until IAM shows the changes of the one before says nothing.
fn last_run(status: &Status) -> Option<&CycleRun> {
    let says = |run: &&CycleRun| !matches!(run.outcome, CycleOutcome::Settling | CycleOutcome::Stopped);
    status.history.runs().rev().find(says)
}

/// What failed in the last cycle.
pub(super) struct Failures<'a> {
    /// How many changes.
    pub count: usize,
    /// Those that the history still has, in the order in which they failed.
    pub changes: Vec<&'a PastChange>,
}

/// What failed in the last cycle, if anything did.
pub(super) fn failures(status: &Status) -> Option<Failures<'_>> {
    let count = usize::try_from(last_run(status)?.failed).ok().filter(|count| *count > 0)?;
    let failed = status.history.changes().rev().filter(|change| change.outcome == ChangeOutcome::Failed);
    let mut changes: Vec<&PastChange> = failed.take(count).collect();
    changes.reverse();
    Some(Failures { count, changes })
}

fn joined(sentences: &[String]) -> String {
    sentences.iter().filter(|told| !told.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn differences(count: usize) -> String {
    counted(count, "difference", "differences")
}

fn blocked_rows(count: usize) -> String {
    counted(count, "row cannot be realised", "rows cannot be realised")
}

/// How many changes are left undone, and why.
fn left_undone(status: &Status, all: usize) -> String {
    let counts = status.withheld.counts();
    let why: Vec<String> = match counts.len() {
        0 => return String::new(),
        1 => counts.keys().map(|why| why.as_str().to_owned()).collect(),
        _ => counts.iter().map(|(why, count)| format!("{} ({})", why.as_str(), number(*count))).collect(),
    };
    let verb = if status.withheld.len() == 1 { "is" } else { "are" };
    format!("{} of {} {verb} left undone: {}.", number(status.withheld.len()), number(all), why.join(", "))
}
