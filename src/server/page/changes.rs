//! The pending plan: what it would do, and what that comes to for people.
//!
//! Must not: list the calls again; the drift does.

use maud::{Markup, html};

use super::effect;
use super::parts::{heading, sentence};
use crate::plan::summary;
use crate::status::Status;

/// The plan in a sentence, its digest and its effect.
pub(super) fn plan(status: &Status) -> Markup {
    html! {
        section #plan aria-labelledby="plan-title" {
            (heading("plan", "Pending plan", ""))
            @match status.plan.as_deref() {
                None => p.empty { "Not compared yet." },
                Some(plan) if plan.changes.is_empty() => p.empty { "Nothing to do." },
                Some(plan) => {
                    p { (sentence(&summary(plan))) }
                    @if let Some(digest) = &status.plan_digest {
                        p.quiet {
                            "Digest of the calls, as the log has it " code.digest { (digest) }
                            @if status.release.is_some() { ". It releases nothing: the digest of the release stands above." }
                        }
                    }
                    h3 { "What it grants and takes away" }
                    (effect::told(&status.effect))
                }
            }
        }
    }
}
