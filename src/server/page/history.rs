//! The last cycles and changes.
//!
//! Must not: be the audit trail, which is the log.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{ago, counted, heading, more, scrolling};
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
            thead { tr { th scope="col" { "Cycle" } th scope="col" { "Ended" } th scope="col" { "Outcome" } th scope="col" { "What" } } }
            tbody {
                @for run in runs {
                    tr {
                        td { (run.first) @if run.last > run.first { "–" (run.last) } }
                        td { (ago(run.ended_at, now)) }
                        td { (outcome(run.outcome)) }
                        td {
                            (counted(run.drift, "difference", "differences"))
                            @if run.done > 0 { ", " (run.done) " repaired" }
                            @if run.failed > 0 { ", " (run.failed) " failed" }
                            @if let Some(error) = &run.error { div.quiet { (error) } }
                        }
                    }
                }
            }
            (rest(all, 4))
        }
    }
}

fn past<'a>(all: usize, changes: impl Iterator<Item = &'a PastChange>, now: Timestamp) -> Markup {
    html! {
        table.list {
            caption.unseen { "The last changes, the newest first" }
            thead { tr { th scope="col" { "When" } th scope="col" { "Change" } th scope="col" { "Why" } th scope="col" { "Outcome" } } }
            tbody {
                @for change in changes {
                    tr {
                        td { (ago(change.at, now)) }
                        td { (change.action) }
                        td { (change.reason) }
                        td { (became(change)) }
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
                @if let Some(error) = &change.error { div.quiet { (error) } }
            }
        }
    }
}
