//! `iamatrix plan`: what would be done, without doing it.

use anyhow::Result;
use serde_json::json;

use super::context::{never, prepare};
use super::{Ended, PlanArgs, PlanFormat};
use crate::access::effect::Effect;
use crate::access::render;
use crate::clock;
use crate::guard::{self, Hold, Review};
use crate::matrix::Mode;
use crate::plan::{self, Plan};

pub(super) async fn main(args: &PlanArgs) -> Result<Ended> {
    let (mut connected, checked) = prepare(&args.config, &args.target, never()).await?;
    let compared = connected.reconciler.compare(&checked, clock::now()).await?;
    let effect = compared.effect();
    let plan = compared.plan;
    let mode = checked.operator().mode.value;
    let review = guard::review(plan.clone(), checked.operator());
    match args.output {
        PlanFormat::Text => {
            tell!("{}{}{}", plan::text(&plan), comes_to(&effect), verdict(&plan, mode, &review));
        }
        PlanFormat::Markdown => {
            tell!("{}{}\n{}", plan::markdown(&plan), comes_to_markdown(&effect), verdict(&plan, mode, &review));
        }
        PlanFormat::Json => {
            let view = json!({ "mode": mode, "digest": plan.digest(), "holds": holds(&review), "plan": plan, "effect": effect });
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

fn holds(review: &Review) -> &[Hold] {
    match review {
        Review::Observed(holds) | Review::Held(holds) => holds,
        Review::Approved(_) => &[],
    }
}

/// What would become of the plan in this mode.
pub(super) fn verdict(plan: &Plan, mode: Mode, review: &Review) -> String {
    if plan.changes.is_empty() {
        return String::new();
    }
    match review {
        Review::Observed(holds) => {
            format!("Mode observe: nothing is done.\n{}", told(holds, "Another mode would hold this plan"))
        }
        Review::Held(holds) => told(holds, "Held, as a whole"),
        Review::Approved(approved) if approved.withheld().is_empty() => String::new(),
        Review::Approved(approved) => {
            format!("Mode {mode} only adds: {} of these calls are not made.\n", approved.withheld().len())
        }
    }
}

fn told(holds: &[Hold], what: &str) -> String {
    let lines: Vec<String> = holds.iter().map(|hold| format!("{what}: it {}.\n", hold.message)).collect();
    lines.concat()
}
