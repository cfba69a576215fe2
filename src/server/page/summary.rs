//! The head of the page: how it stands, in one line and a few facts.
//!
//! Must not: go into details; the sections below do.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{age, ago, chip, counted, number, sentence};
use crate::grid::{Grid, Holding, State};
use crate::matrix::Mode;
use crate::plan::summary;
use crate::status::{CycleOutcome, Status};

/// How it stands.
pub(super) struct Verdict {
    /// In a few words.
    pub title: String,
    /// In a sentence.
    sentence: String,
    /// The class in the style sheet.
    tone: &'static str,
}

impl Verdict {
    fn new(tone: &'static str, title: impl Into<String>, sentence: impl Into<String>) -> Self {
        Verdict { title: title.into(), sentence: sentence.into(), tone }
    }

    /// The worst that is known goes first.
    pub(super) fn of(status: &Status) -> Self {
        let Some(plan) = status.plan.as_deref() else { return Verdict::before_the_first_look(status) };
        let failed = status.last_cycle.as_ref().filter(|cycle| cycle.outcome == CycleOutcome::Failed);
        if let Some(cycle) = failed {
            let why = cycle.error.as_ref().map_or("no reason is known", |error| error.words.as_str());
            return Verdict::new("bad", "The account cannot be read", format!("{why}. Below is what was last seen."));
        }
        let differences = counted(plan.changes.len(), "difference", "differences");
        if status.holding() == Holding::Plan {
            return Verdict::new(
                "held",
                format!("Held: {differences}"),
                "A guard waits for a person. Nothing of the plan is done until then.",
            );
        }
        match (plan.changes.len(), plan.blocked.len()) {
            (0, 0) => Verdict::new("good", "In sync", sentence(&summary(plan))),
            (0, blocked) => {
                let title = counted(blocked, "row cannot be realised", "rows cannot be realised");
                Verdict::new("warn", title, sentence(&summary(plan)))
            }
            _ => Verdict::new("warn", differences, format!("{} {}", sentence(&summary(plan)), what_follows(status))),
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
}

/// What is done about differences, by the mode.
fn what_follows(status: &Status) -> &'static str {
    match status.mode {
        _ if status.suspended => "Suspended: nothing is changed.",
        Some(Mode::Observe) => "Mode observe: it is reported, and nothing is changed.",
        Some(Mode::Additive) => "Mode additive: what is missing is added, nothing is taken away.",
        Some(Mode::Enforce) => "Mode enforce: it is repaired in the next cycle.",
        None => "",
    }
}

/// The head of the page.
pub(super) fn section(status: &Status, verdict: &Verdict, now: Timestamp) -> Markup {
    html! {
        section.verdict.(verdict.tone) aria-labelledby="verdict" {
            h1 #verdict { (verdict.title) }
            p { (verdict.sentence) }
        }
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

/// What the colours mean, and how many cells there are of each.
fn legend(grid: &Grid, holding: Holding) -> Markup {
    let cells = || grid.users.iter().chain(&grid.policies).flat_map(|row| &row.cells);
    let count = |state: State| cells().filter(|cell| cell.mark.state(holding) == state).count();
    html! {
        ul.legend aria-label="Cells of both matrices, by state" {
            @for state in State::ALL.into_iter().filter(|state| *state != State::Different) {
                li { (chip(state)) " " b { (number(count(state))) } " " span.quiet { (meaning(state)) } }
            }
        }
    }
}

fn meaning(state: State) -> &'static str {
    match state {
        State::InSync => "as the matrix says",
        State::Missing => "the account lacks it",
        State::Extra => "no row says so",
        State::Held => "waits for a person",
        State::Protected => "differs, never touched",
        State::Different => "is otherwise",
    }
}
