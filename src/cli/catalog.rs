//! `iamatrix catalog`: the account's AWS managed policies, in the form that ships with the program.

use anyhow::Result;

use super::Ended;
use super::context::never;
use crate::clock;
use crate::iam::{Calls, Session, Target};
use crate::reconcile::Reconciler;

pub(super) async fn main() -> Result<Ended> {
    let session = Session::connect(&Target::Environment, Calls::default(), never()).await;
    let mut reconciler = Reconciler::new(session);
    let now = clock::now();
    let catalog = reconciler.prepare(now).await?;
    say!("# AWS managed policies: name, tab, path; sorted by name.");
    say!("# Date of the data: {}", now.strftime("%Y-%m-%d"));
    say!("# Source: ListPolicies(Scope=AWS) of a live account. Names and paths are facts of AWS.");
    say!("# Refresh: tools/refresh-catalog.py policies account");
    let mut lines: Vec<String> =
        catalog.iter().map(|policy| format!("{}\t{}", policy.name, policy.arn.path())).collect();
    lines.sort();
    say!("{}", lines.join("\n"));
    Ok(Ended::Fine)
}
