//! What a person must know before anything else: holds, configuration problems, a tug of war.
//!
//! Must not: repeat what the sections below show.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{ago, counted, listed, prose, sentence};
use super::verdict::{Failures, failures};
use crate::contention::Contended;
use crate::grid::Holding;
use crate::guard::Hold;
use crate::plan::summary;
use crate::status::history::PastChange;
use crate::status::{CycleOutcome, Meanwhile, Status};

/// Every alert there is.
pub(super) fn sections(status: &Status, now: Timestamp) -> Markup {
    html! {
        @if !status.holds.is_empty() { (holds(status)) }
        @if let Some(meanwhile) = &status.meanwhile { (shown_meanwhile(meanwhile)) }
        @if let Some(failures) = failures(status) { (failing(&failures)) }
        @if status.suspended { (suspended()) }
        @if !status.config.problems.is_empty() { (problems(status)) }
        @if !status.contended.is_empty() { (contended(&status.contended, now)) }
        @if let Some(problem) = &status.audit_problem {
            section.alert aria-labelledby="devices-alert" {
                h2 #devices-alert { "Devices and credentials could not be read" }
                p { (prose(problem)) }
            }
        }
    }
}

fn holds(status: &Status) -> Markup {
    let held = status.holding() == Holding::Plan;
    html! {
        section.alert.held aria-labelledby="held" {
            h2 #held { @if held { "The plan is held" } @else { "A guard would hold this plan" } }
            (listed(&status.holds, "/plan", |hold| html! { "It " (prose(&hold.message)) "." (guarded(hold)) }))
            @if !held {
                p { "Nothing is changed at present. Once it may act, this plan waits until a person releases it." }
            }
            @if held && status.meanwhile.is_none() && has_ended_held(status) {
                p { "No other matrix was approved since the start, so drift is not repaired either." }
            }
            @if let Some(digest) = &status.release { (release(digest)) }
        }
    }
}

/// Whether a cycle under the hold is over: before, what is done meanwhile is not known yet.
fn has_ended_held(status: &Status) -> bool {
    status.last_cycle.as_ref().is_some_and(|cycle| cycle.outcome == CycleOutcome::Held)
}

/// The changes that a hold is about.
fn guarded(hold: &Hold) -> Markup {
    let changes: Vec<&String> = hold.changes.iter().collect();
    html! {
        @if !changes.is_empty() {
            details #(format!("hold-{}", hold.reason.as_str())) {
                summary { (counted(changes.len(), "guarded change", "guarded changes")) }
                (listed(&changes, "/plan", |change| html! { (change) }))
            }
        }
    }
}

/// The three ways to release a held plan.
fn release(digest: &str) -> Markup {
    html! {
        details #release {
            summary { "Look at the plan, then release it" }
            p { "The digest is over the matrix and the guarded changes. If either changes, it releases nothing." }
            p { "Digest of the release " code.digest { (digest) } }
            ol {
                li {
                    "In git, in operator.yaml:"
                    pre tabindex="0" { "approve: { digest: " (digest) ", until: YYYY-MM-DD }" }
                }
                li { "On the command line:" pre tabindex="0" { "iamatrix apply --approve " (digest) } }
                li {
                    "Over HTTP, with a token of " code { "tokenFile" } "; off where operator.yaml names none:"
                    pre tabindex="0" { "curl -X POST -H \"Authorization: Bearer $TOKEN\" http://ADDRESS/approve/" (digest) }
                }
            }
        }
    }
}

fn shown_meanwhile(meanwhile: &Meanwhile) -> Markup {
    let digest = meanwhile.digest.get(..12).unwrap_or(&meanwhile.digest);
    let title = if meanwhile.is_enforced() {
        "Meanwhile the last approved matrix is enforced"
    } else {
        "The last approved matrix is held, too: nothing is repaired"
    };
    html! {
        section.alert aria-labelledby="meanwhile" {
            h2 #meanwhile { (title) }
            @if !meanwhile.is_enforced() {
                (listed(&meanwhile.holds, "/plan", |hold| html! { "It " (prose(&hold.message)) "." }))
            }
            p { "Configuration " code title=(meanwhile.digest) { (digest) } ". " (sentence(&summary(&meanwhile.plan))) }
            @if !meanwhile.plan.changes.is_empty() {
                (listed(&meanwhile.plan.changes, "/plan", |change| html! { (change.action.to_string()) }))
            }
        }
    }
}

/// Which changes failed, and why. They are often alike, so they are folded: the head of the page tells the first.
fn failing(failures: &Failures<'_>) -> Markup {
    let told = |change: &&PastChange| {
        html! { (change.action) ": " (prose(change.error.as_deref().unwrap_or("no reason is known"))) }
    };
    html! {
        section.alert.bad aria-labelledby="failures" {
            h2 #failures { (counted(failures.count, "change", "changes")) " failed in the last cycle" }
            @if let [one] = failures.changes.as_slice() { p { (told(one)) } } @else {
                details #failed {
                    summary { "Which, and why" }
                    (listed(&failures.changes, "/history", told))
                }
            }
        }
    }
}

fn suspended() -> Markup {
    html! {
        section.alert aria-labelledby="suspended" {
            h2 #suspended { "Suspended" }
            p { "operator.yaml says " code { "suspend: true" } ": it plans and reports, and changes nothing." }
        }
    }
}

fn problems(status: &Status) -> Markup {
    let kept = if status.config.is_usable() {
        "The last good configuration stays in use."
    } else {
        "Nothing is done until it is mended."
    };
    html! {
        section.alert.bad aria-labelledby="problems" {
            h2 #problems { "The files on disk are not in use" }
            p { (kept) " " code { "iamatrix check" } " shows each place." }
            (listed(&status.config.problems, "/drift", |problem| html! { (prose(problem)) }))
        }
    }
}

fn contended(contended: &[Contended], now: Timestamp) -> Markup {
    let told = |contended: &Contended| {
        html! {
            (contended.change) ": made " (counted(contended.times as usize, "time", "times"))
            " and undone each time, last " (ago(contended.last_at, now)) ". "
            @match contended.next_at {
                Some(at) => {
                    "It is made again at "
                    time datetime=(format!("{at:.0}")) { (at.strftime("%H:%M:%S UTC").to_string()) } "."
                }
                None => "It is not made again until a person says so.",
            }
        }
    };
    html! {
        section.alert.bad aria-labelledby="contended" {
            h2 #contended { "Somebody keeps undoing changes" }
            p { "Find out who: another tool, or a person. CloudTrail knows." }
            (listed(contended, "/plan", told))
        }
    }
}
