//! `iamatrix sandbox`, and the sandbox behind `--sandbox`.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Ended, SandboxArgs};
use crate::sandbox::{Account, Sandbox};

/// The account that a sandbox holds when no file describes one.
const ACCOUNT: &str = "123456789012";

pub(super) async fn main(args: &SandboxArgs) -> Result<Ended> {
    let account = match &args.account {
        Some(file) => read(file)?,
        None => Account::empty(ACCOUNT),
    };
    let sandbox = start(args.listen, account).await?;
    println!("A local IAM is at {}. Point any AWS tool at it:\n", sandbox.endpoint());
    println!("  export AWS_ENDPOINT_URL={} AWS_REGION=us-east-1", sandbox.endpoint());
    println!("  export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox");
    println!("  aws iam list-users\n\nCtrl-C ends it, and everything in it.");
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(Ended::Fine)
}

/// Starts a sandbox.
pub(super) async fn start(listen: SocketAddr, account: Account) -> Result<Sandbox> {
    let failed =
        || format!("the sandbox cannot listen on {listen}; name another address with --sandbox=127.0.0.1:PORT");
    Sandbox::start(listen, account).await.with_context(failed)
}

/// The account that `sandbox-account.yaml` beside the configuration describes, or an empty one.
pub(super) fn account_beside(config: &Path) -> Result<Account> {
    let file = config.join("sandbox-account.yaml");
    if file.exists() { read(&file) } else { Ok(Account::empty(ACCOUNT)) }
}

fn read(file: &Path) -> Result<Account> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Account::from_yaml(&text).with_context(|| format!("{} describes no account", file.display()))
}
