//! The head of the page: how it stands, a few facts, and what the colours mean.
//!
//! Must not: go into details; the sections below do.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{age, ago, chip, number};
use super::verdict::Verdict;
use crate::grid::{Grid, Holding, Mark, State};
use crate::matrix::Mode;
use crate::status::{CycleOutcome, Status};

/// The head of the page.
pub(super) fn section(status: &Status, verdict: &Verdict, now: Timestamp) -> Markup {
    html! {
        (verdict.head())
        dl.facts { (facts(status, now)) }
        @if let Some(grid) = &status.grid { (legend(grid, status.holding())) }
    }
}

fn facts(status: &Status, now: Timestamp) -> Markup {
    html! {
        div { dt { "Account" } dd { (status.account.as_deref().unwrap_or("not known yet")) } }
        div { dt { "Path" } dd { code { (status.path.as_deref().unwrap_or("–")) } } }
        div {
            dt { "Mode" }
            dd {
                (status.mode.map_or("–", Mode::as_str))
                @if status.suspended { " " span.chip.h { "suspended" } }
            }
        }
        div { dt { "Last cycle" } dd { (last_cycle(status, now)) } }
        div {
            dt { "Account read" }
            dd { @match status.snapshot_at { Some(at) => (ago(at, now)), None => "never completely" } }
        }
        div { dt { "Last in sync" } dd { @match status.last_good_at { Some(at) => (ago(at, now)), None => "not since the start" } } }
        div { dt { "Configuration" } dd { (configuration(status, now)) } }
    }
}

fn last_cycle(status: &Status, now: Timestamp) -> Markup {
    html! {
        @match &status.last_cycle {
            None => "none yet",
            Some(cycle) => {
                (ago(cycle.ended_at, now)) " "
                span.quiet { "no. " (cycle.number) ", " (outcome(cycle.outcome)) ", " (format!("{:.2} s", cycle.seconds)) ", " (cycle.calls) " calls" }
            }
        }
    }
}

/// How a cycle ended, in words.
pub(super) fn outcome(outcome: CycleOutcome) -> &'static str {
    match outcome {
        CycleOutcome::InSync => "in sync",
        CycleOutcome::Changed => "repaired",
        CycleOutcome::Drift => "drift left",
        CycleOutcome::Held => "held",
        CycleOutcome::Partial => "some changes failed",
        CycleOutcome::Failed => "account not read",
        CycleOutcome::Stopped => "stopped",
        CycleOutcome::Settling => "waiting for IAM to show a change",
    }
}

fn configuration(status: &Status, now: Timestamp) -> Markup {
    let config = &status.config;
    html! {
        @match &config.digest {
            None => "none in use",
            Some(digest) => {
                code title=(digest) { (digest.get(..12).unwrap_or(digest)) } " "
                @if config.problems.is_empty() { "newest" } @else { span.chip.m { "last good" } }
                @if let Some(at) = config.loaded_at { " " span.quiet { "since " (age(at, now)) } }
            }
        }
    }
}

/// What the colours mean, and how much there is of each. Whatever is held is counted by what was found, too.
fn legend(grid: &Grid, holding: Holding) -> Markup {
    let count = |state: State| {
        let is = |mark: &Mark| if state == State::Held { mark.state(holding) == state } else { mark.found == state };
        grid.marks().filter(is).count()
    };
    html! {
        ul.legend aria-label="Both matrices, by state" {
            @for (state, count) in State::ALL.map(|state| (state, count(state))) {
                @if count > 0 || matches!(state, State::InSync | State::Missing | State::Extra) {
                    li { (chip(state)) " " b { (number(count)) } " " span.quiet { (meaning(state)) } }
                }
            }
        }
    }
}

fn meaning(state: State) -> &'static str {
    match state {
        State::InSync => "as the matrix says",
        State::Missing => "the account lacks it",
        State::Extra => "no row says so",
        State::Different => "is otherwise",
        State::Left => "no row, not pruned",
        State::Protected => "never touched",
        State::Held => "of these wait for a person",
    }
}
