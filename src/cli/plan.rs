//! `iamatrix plan`: what would be done, without doing it.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::json;

use super::Ended;
use super::args::{PlanArgs, PlanFormat};
use super::context::{compare, never, prepare};
use crate::access::effect::Effect;
use crate::access::render;
use crate::clock;
use crate::guard::{self, Approved, Held, Releases, Review};
use crate::matrix::Operator;
use crate::plan::{self, Plan};
use crate::withheld::Why;

pub(super) async fn main(args: &PlanArgs) -> Result<Ended> {
    let (mut connected, checked) = prepare(&args.config, &args.target, never()).await?;
    let compared = compare(&mut connected.reconciler, &checked).await?;
    let effect = compared.effect();
    let plan = &compared.plan;
    let mode = checked.operator().mode.value;
    let releases = Releases::default();
    let review = guard::review(plan.clone(), &compared.circumstances(&checked, &releases, clock::today()));
    match args.output {
        PlanFormat::Text => {
            tell!("{}{}{}", plan::text(plan), comes_to(&effect), verdict(plan, checked.operator(), &review));
        }
        PlanFormat::Markdown => {
            tell!(
                "{}{}\n{}",
                plan::markdown(plan),
                comes_to_markdown(&effect),
                verdict(plan, checked.operator(), &review)
            );
        }
        PlanFormat::Json => {
            let (held, digest) = (review.held(), plan.digest());
            let (holds, release) = (held.holds, held.release);
            let view = json!({ "mode": mode, "digest": digest, "holds": holds, "release": release, "plan": plan, "effect": effect });
            say!("{}", serde_json::to_string_pretty(&view)?);
        }
    }
    Ok(match review {
        _ if !args.detailed_exitcode || plan.is_empty() => Ended::Fine,
        Review::Held(_) => Ended::Held,
        Review::Observed(_) | Review::Approved(_) => Ended::Changes,
    })
}

/// What the plan grants and takes away; empty when it does neither.
pub(super) fn comes_to(effect: &Effect) -> String {
    if effect.is_empty() { String::new() } else { format!("\nWhat it comes to:\n{}\n", render::effect(effect)) }
}

fn comes_to_markdown(effect: &Effect) -> String {
    if effect.is_empty() {
        return String::new();
    }
    format!("\n**What it comes to**\n\n```text\n{}```\n", render::effect(effect))
}

/// What would become of the plan under these settings.
pub(super) fn verdict(plan: &Plan, operator: &Operator, review: &Review) -> String {
    if plan.changes.is_empty() {
        return String::new();
    }
    match review {
        Review::Observed(held) if operator.suspend => {
            format!("Suspended: nothing is done.\n{}", told(held, "Otherwise this plan would be held"))
        }
        Review::Observed(held) => {
            format!("Mode observe: nothing is done.\n{}", told(held, "Another mode would hold this plan"))
        }
        Review::Held(held) => told(held, "Held, as a whole"),
        Review::Approved(approved) => {
            let released = if approved.release().is_some() { "It was held, and is released.\n" } else { "" };
            format!("{released}{}", left_undone(approved))
        }
    }
}

fn left_undone(approved: &Approved) -> String {
    let counts = approved.withheld().counts();
    let line = |(why, count): (&Why, &usize)| format!("{count} of these calls are not made: {}.\n", why.as_str());
    counts.iter().map(line).collect::<Vec<_>>().concat()
}

fn told(held: &Held, what: &str) -> String {
    let lines: Vec<String> = held.holds.iter().map(|hold| format!("{what}: it {}.\n", hold.message)).collect();
    let mut told = lines.concat();
    if let Some(release) = &held.release {
        let _ = write!(
            told,
            "To release it, whoever may: `iamatrix apply --approve {release}`, or in operator.yaml\n  \
             approve: {{ digest: \"{release}\", until: YYYY-MM-DD }}\n"
        );
    }
    told
}
