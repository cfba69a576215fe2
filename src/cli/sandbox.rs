//! `iamatrix sandbox`, and the sandbox behind `--sandbox`.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

use tokio::signal::unix::{SignalKind, signal};

use super::{Ended, SandboxArgs};
use crate::sandbox::{Account, Sandbox};

/// The account that a sandbox holds when no file describes one.
const ACCOUNT: &str = "123456789012";

pub(super) async fn main(args: &SandboxArgs) -> Result<Ended> {
    let account = match &args.account {
        Some(file) => read(file)?,
        None => Account::empty(ACCOUNT),
    };
    let sandbox = start(args.listen, account, "--listen 127.0.0.1:PORT").await?;
    say!("A local IAM is at {}. Point any AWS tool at it:\n", sandbox.endpoint());
    say!("  export AWS_ENDPOINT_URL={} AWS_DEFAULT_REGION=us-east-1", sandbox.endpoint());
    say!("  export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox");
    say!("  aws iam list-users\n\nCtrl-C ends it, and everything in it.");
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    sandbox.stop().await;
    Ok(Ended::Fine)
}

/// Starts a sandbox; `flag` is how to name another address.
pub(super) async fn start(listen: SocketAddr, account: Account, flag: &str) -> Result<Sandbox> {
    Sandbox::start(listen, account).await.map_err(|error| anyhow!("{error}; name another address with {flag}"))
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
