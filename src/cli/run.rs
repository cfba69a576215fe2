//! `iamatrix run`: the daemon. Wires the watch, the engine and the server together, and minds the signals.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use super::context::connect;
use super::{Ended, LogFormat, RunArgs};
use crate::audit::watch::Watch;
use crate::clock;
use crate::engine::{self, Engine, Wiring};
use crate::iam::Calls;
use crate::matrix::{self, Overrides};
use crate::request;
use crate::server::{self, Listen, Sources};
use crate::watch::{self as files, Settings, WatchHandle};

pub(super) async fn main(args: &RunArgs) -> Result<Ended> {
    start_log(args.log_format);
    let (beat, heard) = watch::channel(());
    let calls = Calls::default();
    let counted = calls.part().with_beat(beat.clone());
    let overrides = args.target.overrides(args.listen);
    let (stop, stopping) = watch::channel(false);
    let connected = connect(&args.config, &args.target.place, counted, stopping.clone()).await?;
    #[cfg(feature = "sandbox")]
    if let Some(sandbox) = &connected.sandbox {
        tell_of_sandbox(&sandbox.endpoint());
    }
    let (watcher, loaded) = files::spawn(args.config.paths(), Settings::default());
    let listen = listen(&loaded.borrow().clone(), &overrides);
    let listener = server::bind(&listen).await.with_context(|| format!("cannot listen on {}", listen.address))?;
    let address = listener.local_addr()?;
    let (status, statuses) = engine::new_status(clock::now());
    stop_on_signals(stop, watcher)?;
    tracing::info!("status at http://{address}/");
    let reader = connected.reconciler.session().counting(calls.part()).reader();
    let watch = tokio::spawn(Watch { reader, status: status.clone(), stop: stopping.clone() }.run());
    let (ask, requests) = request::channel();
    let wiring = Wiring { files: loaded, requests, status, beat, stop: stopping.clone() };
    let engine = tokio::spawn(Engine::new(connected.reconciler, overrides, wiring).run());
    let sources = Sources { status: statuses, beat: heard, calls, requests: ask };
    server::serve(listener, &listen, sources, stopping).await?;
    engine.await.context("the reconcile loop broke off")?;
    watch.await.context("the watch over devices and credentials broke off")?;
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
fn stop_on_signals(stop: watch::Sender<bool>, watcher: WatchHandle) -> Result<()> {
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
    Ok(())
}

/// How to look at the sandbox, and how to make drift in it.
#[cfg(feature = "sandbox")]
fn tell_of_sandbox(endpoint: &str) {
    let with = "AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=us-east-1";
    let make_drift = "aws iam add-user-to-group --group-name Admin --user-name banana@demoasacode.io";
    tracing::info!("sandbox at {endpoint}; make drift in it with: AWS_ENDPOINT_URL={endpoint} {with} {make_drift}");
}

/// Text on a terminal, JSON otherwise; `RUST_LOG` filters.
pub(super) fn start_log(format: Option<LogFormat>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let on_terminal = std::io::stderr().is_terminal();
    let format = format.unwrap_or(if on_terminal { LogFormat::Text } else { LogFormat::Json });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(on_terminal).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
}
