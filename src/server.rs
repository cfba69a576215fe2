//! Status over HTTP: probes, JSON views and metrics, from the published [`Status`] alone; and what may be asked of the
//! engine, as requests that it takes in when it likes.
//!
//! Owns: the routes, who may read or ask what, and the `OpenAPI` document. Must not: reach the engine but through the queue
//! of requests, or change anything itself.

mod access;
mod answers;
mod asks;
mod house;
mod kept;
mod metrics;
mod page;
mod probes;
mod routes;
#[cfg(test)]
mod tests;
mod token;
mod views;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::doors::Doors;
use crate::iam::Calls;
use crate::request::Request;
use crate::status::Status;
use access::Access;
use house::Pages;

/// What the server serves from.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The status, as the engine publishes it.
    pub status: watch::Receiver<Arc<Status>>,
    /// The engine's signs of life.
    pub beat: watch::Receiver<()>,
    /// Counts of calls to AWS.
    pub calls: Calls,
    /// Where requests to the engine go.
    pub requests: mpsc::Sender<Request>,
}

#[derive(Clone)]
struct Shared {
    sources: Sources,
    last_beat: Arc<std::sync::Mutex<Instant>>,
    access: Access,
    kept: Arc<kept::Views>,
}

impl Shared {
    /// The status as it is published now.
    fn status(&self) -> Arc<Status> {
        Arc::clone(&self.sources.status.borrow())
    }
}

/// Where to listen, and who may read names.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address.
    pub address: SocketAddr,
    /// The file with the bearer tokens.
    pub token_file: Option<PathBuf>,
}

/// Listens on an address.
///
/// # Errors
/// When the address is taken or not ours.
pub async fn bind(listen: &Listen) -> std::io::Result<TcpListener> {
    TcpListener::bind(listen.address).await
}

/// Serves until `stop` turns true.
///
/// # Errors
/// When the listener has no address.
pub async fn serve(
    listener: TcpListener,
    listen: &Listen,
    sources: Sources,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let shared = Shared {
        last_beat: Arc::new(std::sync::Mutex::new(Instant::now())),
        access: Access::new(listener.local_addr()?, listen.token_file.clone()),
        sources: sources.clone(),
        kept: Arc::default(),
    };
    shared.access.look().await;
    let ear = tokio::spawn(hear_beats(sources.beat, Arc::clone(&shared.last_beat)));
    let (end, ended) = watch::channel(());
    let doors = Doors::new(Arc::new(Pages(routes::router(shared))), house::RULES, ended);
    let stopped = async move {
        // An error means that the sender is gone, which is a reason to stop too.
        let _ = stop.wait_for(|stop| *stop).await;
        drop(end);
    };
    tokio::join!(doors.keep(listener), stopped);
    ear.abort();
    Ok(())
}

async fn hear_beats(mut beat: watch::Receiver<()>, last: Arc<std::sync::Mutex<Instant>>) {
    while beat.changed().await.is_ok() {
        *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Instant::now();
    }
}
