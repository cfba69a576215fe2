//! `iamatrix sandbox`, and the sandbox behind `--sandbox`.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

use tokio::signal::unix::{SignalKind, signal};

use super::args::SandboxArgs;
use super::{Ended, log};
use crate::sandbox::{Account, Conditions, Sandbox, SaveFile, Setup, StartError};

/// The account that a sandbox holds when no file describes one.
const ACCOUNT: &str = "123456789012";

pub(super) async fn main(args: &SandboxArgs) -> Result<Ended> {
    log::start(None);
    let save = args.save.clone().map(SaveFile::open).transpose()?;
    let kept = save.as_ref().map(SaveFile::read).transpose()?.flatten();
    let origin = origin(args, kept.as_ref());
    let account = kept.map_or_else(|| beginning(args), Ok)?;
    let conditions = conditions(args)?;
    let on = conditions.on();
    let setup = Setup { conditions, save, admin: args.admin, ..Setup::default() };
    let sandbox = Sandbox::start_with(args.listen, account, setup).await.map_err(|error| refused(error, args))?;
    greet(&sandbox, args, &origin, &on);
    end_asked_for(args).await?;
    sandbox.stop().await?;
    Ok(Ended::Fine)
}

/// SIGHUP counts only where there is something to save: without that, `nohup` keeps a sandbox going.
async fn end_asked_for(args: &SandboxArgs) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = args.save.as_ref().map(|_| signal(SignalKind::hangup())).transpose()?;
    let terminal_gone = async {
        match &mut hangup {
            Some(signal) => signal.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        _ = terminal_gone => {}
    }
    Ok(())
}

fn refused(error: StartError, args: &SandboxArgs) -> anyhow::Error {
    match error {
        StartError::Listen { address, .. } if Some(address) == args.admin => named(&error, "--admin 127.0.0.1:PORT"),
        StartError::Listen { .. } => named(&error, "--listen 127.0.0.1:PORT"),
        StartError::Save(error) => error.into(),
    }
}

/// The account to begin with when none was kept.
fn beginning(args: &SandboxArgs) -> Result<Account> {
    match &args.account {
        Some(file) => read(file, args.seed.as_deref()),
        None => Ok(Account::empty_seeded(ACCOUNT, args.seed.as_deref())),
    }
}

/// Which account it is, for whoever started it with a file.
fn origin(args: &SandboxArgs, kept: Option<&Account>) -> String {
    let begun = args.account.as_ref().map_or("empty".to_owned(), |file| format!("as {} describes", file.display()));
    match &args.save {
        Some(save) if kept.is_some() => {
            let unread = [args.account.as_ref().map(|_| "--account"), args.seed.as_ref().map(|_| "--seed")];
            let unread = unread.into_iter().flatten().collect::<Vec<_>>().join(" and ");
            let unread = if unread.is_empty() { unread } else { format!("; {unread} counted only for its beginning") };
            format!("The account goes on from {}{unread}.\n", save.display())
        }
        Some(save) => format!("The account begins {begun} and is kept in {}.\n", save.display()),
        None => String::new(),
    }
}

fn conditions(args: &SandboxArgs) -> Result<Conditions> {
    let conditions = match &args.conditions {
        Some(file) => {
            let text = text_of(file)?;
            let corrected = |error| anyhow!("{}: {error}; correct it there", file.display());
            Conditions::from_yaml(&text).map_err(corrected)?
        }
        None => Conditions::default(),
    };
    let conditions = conditions.propagating(args.propagation).throttled(args.throttle);
    Ok(if args.enforce { conditions.enforcing() } else { conditions })
}

fn greet(sandbox: &Sandbox, args: &SandboxArgs, origin: &str, on: &[String]) {
    say!("A local IAM is at {}", sandbox.endpoint());
    if let Some(admin) = sandbox.admin() {
        say!("Its admin listener is at http://{admin}");
    }
    say!("\nPoint any AWS tool at it:\n");
    say!("  export AWS_ENDPOINT_URL={} AWS_DEFAULT_REGION=us-east-1", sandbox.endpoint());
    say!("  export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox");
    say!("  aws iam list-users\n");
    tell!("{origin}");
    if !on.is_empty() {
        say!("Switched on: {}.", on.join(", "));
    }
    if let Some(admin) = sandbox.admin() {
        say!("See every call with: curl http://{admin}/journal");
    }
    match &args.save {
        Some(file) => say!("Ctrl-C ends it; the account stays in {}.", file.display()),
        None => say!("Ctrl-C ends it, and everything in it."),
    }
}

/// Starts a sandbox; `flag` is how to name another address.
pub(super) async fn start(listen: SocketAddr, account: Account, flag: &str) -> Result<Sandbox> {
    Sandbox::start(listen, account).await.map_err(|error| named(&error, flag))
}

fn named(error: &StartError, flag: &str) -> anyhow::Error {
    anyhow!("{error}; name another address with {flag}")
}

/// The account that `sandbox-account.yaml` beside the configuration describes, or an empty one.
pub(super) fn account_beside(config: &Path) -> Result<Account> {
    let file = config.join("sandbox-account.yaml");
    if file.exists() { read(&file, None) } else { Ok(Account::empty(ACCOUNT)) }
}

fn read(file: &Path, seed: Option<&str>) -> Result<Account> {
    let text = text_of(file)?;
    Account::from_yaml_seeded(&text, seed).with_context(|| format!("{} describes no account", file.display()))
}

fn text_of(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}
