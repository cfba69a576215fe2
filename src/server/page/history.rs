//! The last cycles and changes.
//!
//! Must not: be the audit trail, which is the log.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{ago, counted, heading, more, prose, scrolling};
use super::summary::outcome;
use crate::status::Status;
use crate::status::history::{ChangeOutcome, CycleRun, PastChange};

/// Entries of each table.
const ROWS: usize = 20;

/// Both tables, the newest first.
pub(super) fn section(status: &Status, now: Timestamp) -> Markup {
    let (runs, changes) = (status.history.runs(), status.history.changes());
    html! {
        section #history aria-labelledby="history-title" {
            (heading("history", "History", &format!("since the start, {}", started(status))))
            h3 #cycles-title { "Cycles" }
            @if runs.len() == 0 { p.empty { "None yet." } } @else {
                (scrolling("cycles", &cycles(runs.len(), runs.rev().take(ROWS), now)))
            }
            h3 #changes-title { "Changes" }
            @if changes.len() == 0 { p.empty { "None yet." } } @else {
                (scrolling("changes", &past(changes.len(), changes.rev().take(ROWS), now)))
            }
        }
    }
}

fn started(status: &Status) -> String {
    status.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn rest(all: usize, columns: usize) -> Markup {
    html! {
        @if all > ROWS { tfoot { tr { td.quiet colspan=(columns) { (more(all - ROWS, "/history")) } } } }
    }
}

fn cycles<'a>(all: usize, runs: impl Iterator<Item = &'a CycleRun>, now: Timestamp) -> Markup {
    html! {
        table.list {
            caption.unseen { "The last cycles, the newest first" }
            thead { tr { @for head in ["Cycle", "Ended", "Outcome", "What"] { th scope="col" { (head) } } } }
            tbody {
                @for run in runs {
                    tr {
                        td data-label="Cycle" { (run.first) @if run.last > run.first { "–" (run.last) } }
                        td data-label="Ended" { (ago(run.ended_at, now)) }
                        td data-label="Outcome" { (outcome(run.outcome)) }
                        td data-label="What" {
                            (counts(run))
                            @if let Some(error) = &run.error { div.quiet { (prose(error)) } }
                        }
                    }
                }
            }
            (rest(all, 4))
        }
    }
}

/// What a cycle found and did; nothing of differences where it did not compare.
fn counts(run: &CycleRun) -> String {
    let drift = run.plan.as_ref().map(|_| counted(run.drift, "difference", "differences"));
    let done = (run.done > 0).then(|| format!("{} repaired", run.done));
    let failed = (run.failed > 0).then(|| format!("{} failed", run.failed));
    [drift, done, failed].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn past<'a>(all: usize, changes: impl Iterator<Item = &'a PastChange>, now: Timestamp) -> Markup {
    html! {
        table.list {
            caption.unseen { "The last changes, the newest first" }
            thead { tr { @for head in ["When", "Change", "Why", "Outcome"] { th scope="col" { (head) } } } }
            tbody {
                @for change in changes {
                    tr {
                        td data-label="When" { (ago(change.at, now)) }
                        td data-label="Change" { (change.action) }
                        td data-label="Why" { (prose(&change.reason)) }
                        td data-label="Outcome" { (became(change)) }
                    }
                }
            }
            (rest(all, 4))
        }
    }
}

fn became(change: &PastChange) -> Markup {
    html! {
        @match change.outcome {
            ChangeOutcome::Done => span.chip.s { "done" },
            ChangeOutcome::Failed => {
                span.chip.m { "failed" }
                @if change.times > 1 { " " small { (change.times) " times" } }
                @if let Some(error) = &change.error { div.quiet { (prose(error)) } }
            }
        }
    }
}
