//! `iamatrix run`: the daemon. Wires the watch, the engine and the server together, and minds the signals.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

use super::args::RunArgs;
use super::context::connect;
use super::{Ended, log};
use crate::audit::watch::Watch;
use crate::clock;
use crate::engine::{self, Engine, Wiring};
use crate::iam::Calls;
use crate::matrix::{self, Overrides};
use crate::request;
use crate::server::{self, Listen, Sources};
use crate::watch::{self as files, Settings, WatchHandle};

/// How long answers that are under way are waited for after the signal to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

pub(super) async fn main(args: &RunArgs) -> Result<Ended> {
    log::start(args.log_format);
    let (beat, heard) = watch::channel(());
    let calls = Calls::default();
    let counted = calls.part().with_beat(beat.clone());
    let overrides = args.target.overrides(args.listen);
    // Before anything that takes time: until then a signal would end the process, or, as the first one of a container,
    // be lost.
    let (stopping, reloads) = signals()?;
    let connected = tokio::select! {
        connected = connect(&args.config, &args.target.place, counted, stopping.clone()) => connected?,
        () = told(stopping.clone()) => return Ok(Ended::Fine),
    };
    #[cfg(feature = "sandbox")]
    if let Some(sandbox) = &connected.sandbox {
        tell_of_sandbox(&sandbox.endpoint());
    }
    let (watcher, loaded) = files::spawn(args.config.paths(), Settings::default());
    let listen = listen(&loaded.borrow().clone(), &overrides);
    let listener = server::bind(&listen).await.with_context(|| format!("cannot listen on {}", listen.address))?;
    let address = listener.local_addr()?;
    let (status, statuses) = engine::new_status(clock::now());
    tokio::spawn(reload(reloads, watcher));
    tracing::info!("status at http://{address}/");
    let reader = connected.reconciler.session().counting(calls.part()).reader();
    let watch = tokio::spawn(Watch { reader, status: status.clone(), stop: stopping.clone() }.run());
    let (ask, requests) = request::channel();
    let wiring = Wiring { files: loaded, requests, status, beat, stop: stopping.clone() };
    let engine = tokio::spawn(Engine::new(connected.reconciler, overrides, wiring).run());
    let sources = Sources { status: statuses, beat: heard, calls, requests: ask };
    tokio::select! {
        served = server::serve(listener, &listen, sources, stopping.clone()) => served?,
        // Who is still asking, or does not take the answer, is not waited for.
        () = async { told(stopping).await; sleep(LAST_ANSWERS).await } => {}
    }
    engine.await.context("the reconcile loop broke off")?;
    watch.await.context("the watch over devices and credentials broke off")?;
    tracing::info!("stopped");
    Ok(Ended::Fine)
}

/// Where operator.yaml, if it can be read already, or the command line say to listen; otherwise the default, so that
/// the probes can tell what is wrong.
fn listen(loaded: &files::Loaded, overrides: &Overrides) -> Listen {
    let operator = loaded.as_ref().ok().and_then(|files| matrix::load(files).with(overrides).operator);
    if let Some(operator) = operator {
        return Listen { address: operator.listen, token_file: operator.token_file };
    }
    let address = overrides.listen.unwrap_or_else(matrix::default_listen);
    tracing::warn!(
        "operator.yaml cannot be used yet, so {address} is listened on, without a token; what it says of `listen` and \
         `tokenFile` takes a restart"
    );
    Listen { address, token_file: None }
}

/// Two channels: one turns true at the first SIGTERM or SIGINT, the other has news at every SIGHUP. A second SIGTERM or
/// SIGINT ends the process at once.
fn signals() -> Result<(watch::Receiver<bool>, watch::Receiver<()>)> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangups = signal(SignalKind::hangup())?;
    let (stop, stopping) = watch::channel(false);
    let (again, reloads) = watch::channel(());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = hangups.recv() => {
                    again.send_replace(());
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
    Ok((stopping, reloads))
}

/// Until it is time to stop.
async fn told(mut stopping: watch::Receiver<bool>) {
    // An error means that nobody can tell any more, which is a reason to stop too.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Reads the files again at every SIGHUP, for as long as the process lives.
async fn reload(mut told: watch::Receiver<()>, watcher: WatchHandle) {
    while told.changed().await.is_ok() {
        tracing::info!("reading the configuration again");
        watcher.reload();
    }
}

/// How to look at the sandbox, and how to make drift in it.
#[cfg(feature = "sandbox")]
fn tell_of_sandbox(endpoint: &str) {
    let with = "AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=us-east-1";
    let make_drift = "aws iam add-user-to-group --group-name Admin --user-name banana@demoasacode.io";
    tracing::info!("sandbox at {endpoint}; make drift in it with: AWS_ENDPOINT_URL={endpoint} {with} {make_drift}");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::files::Files;

    fn listens(operator: &str, flag: Option<&str>) -> (String, Option<String>) {
        let files = Arc::new(Files::from_memory(operator, "", []));
        let overrides = Overrides { listen: flag.map(|address| address.parse().unwrap()), ..Overrides::default() };
        let listen = listen(&Ok(files), &overrides);
        (listen.address.to_string(), listen.token_file.map(|file| file.display().to_string()))
    }

    #[test]
    fn it_listens_where_the_settings_or_the_flag_say_and_by_default_where_they_cannot_be_read() {
        let settings = "account: \"123456789012\"\nmode: observe\nlisten: 0.0.0.0:81\ntokenFile: /run/token\n";
        let token = Some("/run/token".to_owned());
        assert_eq!(listens(settings, None), ("0.0.0.0:81".to_owned(), token.clone()));
        assert_eq!(listens(settings, Some("0.0.0.0:82")), ("0.0.0.0:82".to_owned(), token));
        for broken in ["", "listen: [", "listne: 0.0.0.0:81"] {
            assert_eq!(listens(broken, None), (matrix::default_listen().to_string(), None), "{broken}");
            assert_eq!(listens(broken, Some("0.0.0.0:82")), ("0.0.0.0:82".to_owned(), None), "{broken}");
        }
    }
}
