//! `iamatrix catalog`: the account's AWS managed policies, in the form that ships with the program.

use anyhow::Result;

use super::Ended;
use crate::clock;
use crate::iam::{Calls, Session, Target};
use crate::reconcile::Reconciler;

pub(super) async fn main() -> Result<Ended> {
    let session = Session::connect(&Target::Environment, Calls::default()).await;
    let mut reconciler = Reconciler::new(session);
    let now = clock::now();
    let catalog = reconciler.prepare(now).await?;
    println!("# AWS managed policies: name, tab, path; sorted by name.");
    println!("# Date of the data: {}", now.strftime("%Y-%m-%d"));
    println!("# Source: ListPolicies(Scope=AWS) of a live account. Names and paths are facts of AWS.");
    println!("# Refresh: iamatrix catalog > src/catalog/aws-managed.tsv");
    let mut lines: Vec<String> =
        catalog.iter().map(|policy| format!("{}\t{}", policy.name, policy.arn.path())).collect();
    lines.sort();
    println!("{}", lines.join("\n"));
    Ok(Ended::Fine)
}
