//! `iamatrix run`: the daemon. Wires the watch, the engine and the server together, and minds the signals.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use super::context::connect;
use super::{Ended, LogFormat, RunArgs};
use crate::clock;
use crate::engine::{self, Engine, Wiring};
use crate::iam::Calls;
use crate::matrix::{self, Overrides};
use crate::server::{self, Listen, Sources};
use crate::watch::{self as files, Settings, WatchHandle};

pub(super) async fn main(args: &RunArgs) -> Result<Ended> {
    start_log(args.log_format);
    let (beat, heard) = watch::channel(());
    let calls = Calls::with_beat(beat.clone());
    let overrides = args.target.overrides(args.listen);
    let connected = connect(&args.config, &args.target, calls.clone()).await?;
    #[cfg(feature = "sandbox")]
    if let Some(sandbox) = &connected.sandbox {
        tracing::info!(
            "sandbox: look at it with AWS_ENDPOINT_URL={} AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_REGION=us-east-1 aws iam list-groups",
            sandbox.endpoint()
        );
    }
    let (watcher, loaded) = files::spawn(args.config.paths(), Settings::default());
    let listen = listen(&loaded.borrow().clone(), &overrides);
    let listener = server::bind(&listen).await.with_context(|| format!("cannot listen on {}", listen.address))?;
    let address = listener.local_addr()?;
    let (status, statuses) = engine::new_status(clock::now());
    let stop = stop_on_signals(watcher)?;
    tracing::info!("status at http://{address}/");
    let wiring = Wiring { files: loaded, status, beat, stop: stop.clone() };
    let engine = tokio::spawn(Engine::new(connected.reconciler, overrides, wiring).run());
    server::serve(listener, &listen, Sources { status: statuses, beat: heard, calls }, stop).await?;
    engine.await.context("the reconcile loop broke off")?;
    tracing::info!("stopped");
    Ok(Ended::Fine)
}

/// Where operator.yaml, if it can be read already, or the command line say to listen; otherwise the default, so that
/// the probes can tell what is wrong.
fn listen(loaded: &files::Loaded, overrides: &Overrides) -> Listen {
    let operator = loaded.as_ref().ok().and_then(|files| matrix::load(files).with(overrides).operator);
    match operator {
        Some(operator) => Listen { address: operator.listen, token_file: operator.token_file },
        None => Listen { address: overrides.listen.unwrap_or_else(matrix::default_listen), token_file: None },
    }
}

/// The first SIGTERM or SIGINT stops after the calls under way, a second one at once. SIGHUP reads the files again.
fn stop_on_signals(watcher: WatchHandle) -> Result<watch::Receiver<bool>> {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = hang_up.recv() => {
                    tracing::info!("reading the configuration again");
                    watcher.reload();
                    continue;
                }
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if *stop.borrow() {
                tracing::warn!("told twice: stopping at once");
                std::process::exit(1);
            }
            tracing::info!("stopping after the calls that are under way; once more to stop at once");
            stop.send_replace(true);
        }
    });
    Ok(stopped)
}

/// Text on a terminal, JSON otherwise; `RUST_LOG` filters.
fn start_log(format: Option<LogFormat>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let on_terminal = std::io::stderr().is_terminal();
    let format = format.unwrap_or(if on_terminal { LogFormat::Text } else { LogFormat::Json });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(on_terminal).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
}
