//! What is told and left alone: rows that cannot be realised, policies past the matrix, notes, warnings of `check`.
//!
//! Must not: hide anything; what is not shown is counted.

use maud::{Markup, html};

use super::parts::{SHOWN, counted, heading, listed, more, prose, scrolling};
use crate::desired::Blocked;
use crate::diagnostic::Diagnostic;
use crate::live::bypass::Grant;
use crate::status::Status;

/// What differs or is worth knowing, and nothing is done about.
pub(super) fn left_alone(status: &Status) -> Markup {
    let Some(plan) = status.plan.as_deref() else { return html! {} };
    html! {
        @if is_anything_left_alone(status) {
            section #left aria-labelledby="left-title" {
                (heading("left", "Reported, not repaired", ""))
                @if !plan.blocked.is_empty() { (blocked(&plan.blocked)) }
                @if !plan.protected.is_empty() {
                    h3 { "Protected: there, not wanted, and never touched" }
                    (listed(&plan.protected, "/drift", |what| html! { (prose(what)) }))
                }
                @if !plan.bypasses.is_empty() { (bypasses(&plan.bypasses)) }
                @if !plan.notes.is_empty() {
                    h3 { "Worth knowing" }
                    (listed(&plan.notes, "/drift", |note| html! { (prose(note)) }))
                }
                @if !status.revised.is_empty() { (revised(status)) }
            }
        }
    }
}

/// Whether there is such a section.
pub(super) fn is_anything_left_alone(status: &Status) -> bool {
    status.plan.as_deref().is_some_and(|plan| {
        plan.blocked.len() + plan.bypasses.len() + plan.notes.len() + plan.protected.len() + status.revised.len() > 0
    })
}

fn blocked(blocked: &[Blocked]) -> Markup {
    html! {
        h3 { "Rows that cannot be realised in this account" }
        (listed(blocked, "/drift", |row| html! {
            code { (row.at) } ": " (prose(&row.reason)) div.quiet { (prose(&row.help)) }
        }))
    }
}

fn bypasses(grants: &[Grant]) -> Markup {
    html! {
        h3 { "Past the matrix: users who carry a policy without a group" }
        (listed(grants, "/drift", |grant| html! { (grant.to_string()) div.quiet { (prose(&grant.remedy())) } }))
    }
}

fn revised(status: &Status) -> Markup {
    let revised: Vec<_> = status.revised.iter().collect();
    html! {
        h3 { "AWS changed a policy that is in use" }
        (listed(&revised, "/drift", |(name, revised)| html! {
            (name) ": " (revised.from) " → " (revised.to) ", noticed " time { (format!("{:.0}", revised.noticed_at)) }
        }))
    }
}

/// Warnings of `check`.
pub(super) fn warnings(status: &Status) -> Markup {
    let warnings = &status.config.warnings;
    html! {
        section #warnings aria-labelledby="warnings-title" {
            (heading("warnings", "Warnings of check", &found(status)))
            @if warnings.is_empty() {
                p.empty { @if status.config.is_usable() { "None." } @else { "No configuration is in use." } }
            } @else {
                (scrolling("warnings", &table(warnings)))
                @if warnings.len() > SHOWN { p.quiet { (more(warnings.len() - SHOWN, "/drift")) } }
            }
        }
    }
}

fn found(status: &Status) -> String {
    if status.config.is_usable() { counted(status.config.warnings.len(), "finding", "findings") } else { String::new() }
}

fn table(warnings: &[Diagnostic]) -> Markup {
    html! {
        table.list {
            caption.unseen { "What check says of the configuration in use" }
            thead { tr { th scope="col" { "Rule" } th scope="col" { "Place" } th scope="col" { "Finding" } } }
            tbody {
                @for warning in warnings.iter().take(SHOWN) {
                    tr {
                        td data-label="Rule" { code { (warning.code) } }
                        td data-label="Place" { code { (warning.span.to_string()) } }
                        td data-label="Finding" { (prose(&warning.message)) @if !warning.help.is_empty() { div.quiet { (prose(&warning.help)) } } }
                    }
                }
            }
        }
    }
}
