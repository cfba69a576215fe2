//! `iamatrix apply`: the plan, a question, and then the work, once.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};
use tokio::sync::watch;

use super::Ended;
use super::args::ApplyArgs;
use super::context::{compare, configuration, prepare};
use super::plan::{comes_to, verdict};
use crate::apply::{Outcome, Report};
use crate::catalog::Catalog;
use crate::clock;
use crate::guard::{self, Approved, Releases, Review, Step};
use crate::matrix::{Checked, Mode};
use crate::plan::{self, Plan};
use crate::reconcile::Reconciler;

const OBSERVED: &str = "mode observe changes nothing; say --mode additive or --mode enforce, or change operator.yaml";

const SUSPENDED: &str = "operator.yaml says `suspend: true`; take that away first";

pub(super) async fn main(args: &ApplyArgs) -> Result<Ended> {
    if !args.yes && !std::io::stdin().is_terminal() {
        let checked = configuration(&args.config, &args.target.overrides(None), &Catalog::embedded("aws"))?;
        if checked.operator().mode.value == Mode::Observe {
            bail!(OBSERVED);
        }
        bail!("there is no terminal to ask on; look at `iamatrix plan`, then say --yes");
    }
    let (stop, stopping) = watch::channel(false);
    let (mut connected, checked) = prepare(&args.config, &args.target, stopping.clone()).await?;
    let compared = compare(&mut connected.reconciler, &checked).await?;
    let effect = compared.effect();
    let shown = &compared.plan;
    let mut releases = Releases::default();
    args.approve.iter().for_each(|digest| releases.release(digest));
    let review = guard::review(shown.clone(), &compared.circumstances(&checked, &releases, clock::today()));
    let mode = checked.operator().mode.value;
    tell!("{}{}{}", plan::text(shown), comes_to(&effect), verdict(shown, checked.operator(), &review));
    if let Some(unfit) = args.approve.as_deref().filter(|_| matches!(&review, Review::Held(_))) {
        eprintln!("error: {unfit} does not release this plan");
    }
    let approved = match review {
        _ if shown.changes.is_empty() => return Ok(ended_without_changes(shown)),
        Review::Observed(_) if checked.operator().suspend => bail!(SUSPENDED),
        Review::Observed(_) => bail!(OBSERVED),
        Review::Held(_) => return Ok(Ended::Held),
        Review::Approved(approved) => approved,
    };
    if !args.yes {
        if !asked(&approved, mode)? {
            say!("Nothing was done.");
            return Ok(Ended::Fine);
        }
        confirm_unchanged(&mut connected.reconciler, &checked, shown).await?;
    }
    let report = carry_out(&connected.reconciler, &approved, (stop, &stopping)).await;
    Ok(summarise(&report, shown))
}

fn ended_without_changes(plan: &Plan) -> Ended {
    if plan.blocked.is_empty() { Ended::Fine } else { Ended::Failed }
}

fn asked(approved: &Approved, mode: Mode) -> Result<bool> {
    let calls = approved.plan().changes.len() - approved.withheld().len();
    tell!("\nMake these {calls} calls to account {} in mode {mode}? Only \"yes\" does it: ", approved.plan().account);
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// What was shown is what is done: the account is read again, and must still need the same.
async fn confirm_unchanged(reconciler: &mut Reconciler, checked: &Checked, shown: &Plan) -> Result<()> {
    let live = reconciler.look(checked.operator(), clock::now()).await?;
    let now = reconciler.plan(checked, &live).await?;
    if now.digest() != shown.digest() {
        bail!("the account changed while you were reading; nothing was done, run apply again to see the new plan");
    }
    Ok(())
}

/// Applies the plan and tells of each change as it happens. Ctrl-C ends it between two calls.
async fn carry_out(
    reconciler: &Reconciler,
    approved: &Approved,
    (stop, stopping): (watch::Sender<bool>, &watch::Receiver<bool>),
) -> Report {
    let interrupt = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("stopping after the calls that are under way");
            stop.send_replace(true);
        }
    });
    let total = approved.plan().changes.len() - approved.withheld().len();
    let done = AtomicUsize::new(0);
    let report = reconciler
        .apply(approved, stopping, |step, outcome| {
            let number = done.fetch_add(1, Ordering::Relaxed) + 1;
            say!("{}", progress((number, total), step, outcome));
        })
        .await;
    interrupt.abort();
    report
}

fn progress((number, total): (usize, usize), step: Step<'_>, outcome: &Outcome) -> String {
    let width = total.to_string().len();
    let ending = match outcome {
        Outcome::Done(_) => String::new(),
        Outcome::Failed(failure) => format!(": failed, {failure}"),
        Outcome::Skipped { because } => format!(": skipped, {because}"),
        Outcome::Stopped => ": not begun".to_owned(),
        Outcome::Withheld => ": left undone in this mode".to_owned(),
    };
    format!("[{number:>width$}/{total}] {}{ending}", step.change().action)
}

fn summarise(report: &Report, plan: &Plan) -> Ended {
    let [done, failed, skipped, stopped] =
        ["done", "failed", "skipped", "stopped"].map(|outcome| report.count(outcome));
    let blocked = plan.blocked.len();
    say!("{done} done, {failed} failed, {skipped} skipped, {stopped} not begun; {blocked} rows cannot be realised");
    if report.is_complete() { ended_without_changes(plan) } else { Ended::Failed }
}
