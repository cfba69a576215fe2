//! Status over HTTP: probes, JSON views and metrics, from the published [`Status`] alone.
//!
//! Owns: the routes and who may read what. Must not: reach the engine, or change anything.

mod access;
mod metrics;
mod page;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap as Headers, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, Instant};

use crate::clock;
use crate::iam::Calls;
use crate::request::Request;
use crate::status::Status;
use access::Access;

/// Without a sign of life for so long, the loop counts as dead. The longest single call takes 20 seconds.
const DEAD_AFTER: Duration = Duration::from_mins(2);

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
}

/// Where to listen, and who may read names.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The address.
    pub address: SocketAddr,
    /// The file with the bearer token.
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
/// When the listener fails.
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
    };
    let ear = tokio::spawn(hear_beats(sources.beat, Arc::clone(&shared.last_beat)));
    let stopped = async move {
        // An error means that the sender is gone, which is a reason to stop too.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let served = axum::serve(listener, router(shared)).with_graceful_shutdown(stopped).await;
    ear.abort();
    served
}

async fn hear_beats(mut beat: watch::Receiver<()>, last: Arc<std::sync::Mutex<Instant>>) {
    while beat.changed().await.is_ok() {
        *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Instant::now();
    }
}

fn router(shared: Shared) -> Router {
    let names = Router::new()
        .route("/drift", get(drift))
        .route("/plan", get(plan))
        .route("/audit", get(audit))
        .route("/history", get(history))
        .layer(middleware::from_fn_with_state(shared.access.clone(), access::require));
    Router::new()
        .route("/", get(index))
        .route("/assets/{file}", get(asset))
        .route("/livez", get(live))
        .route("/healthz", get(live))
        .route("/readyz", get(ready))
        .route("/startupz", get(ready))
        .route("/status", get(status))
        .route("/metrics", get(metrics_page))
        .merge(names)
        .fallback(not_found)
        .with_state(shared)
}

const INDEX: &str = "iamatrix\n\n\
    /status   what the operator does, in counts\n\
    /drift    every difference between the matrix and the account\n\
    /plan     the calls that would end it\n\
    /audit    the last audit of users, keys, policies and MFA devices, with its age\n\
    /history  the last cycles and changes\n\
    /metrics  for Prometheus\n\
    /livez /readyz /startupz /healthz  probes\n";

/// The page for browsers, under the rule for names; the list of endpoints for everybody else.
async fn index(State(shared): State<Shared>, uri: Uri, request: Headers) -> Response {
    let mut response = if !page::is_wanted(&request) {
        INDEX.into_response()
    } else if shared.access.shows_page(&request).await {
        let status = shared.sources.status.borrow().clone();
        page::page(&status, &page::View::of(&parameters(&uri)), clock::now())
    } else {
        page::refused(shared.access.challenge())
    };
    response.headers_mut().insert(header::VARY, header::HeaderValue::from_static("accept, authorization"));
    response
}

/// What stands behind the question mark; nothing if it cannot be read.
fn parameters(uri: &Uri) -> Vec<(String, String)> {
    Query::try_from_uri(uri).map(|Query(parameters)| parameters).unwrap_or_default()
}

async fn asset(uri: Uri) -> Response {
    page::asset(uri.path())
}

/// A view as JSON, with the end of line that terminals want.
fn page(view: &impl Serialize) -> Response {
    match serde_json::to_string(view) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text + "\n").into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("the page cannot be written: {error}\n")).into_response()
        }
    }
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, page(&json!({ "error": "no such page; / lists them" }))).into_response()
}

async fn live(State(shared): State<Shared>) -> Response {
    let silent = shared.last_beat.lock().unwrap_or_else(std::sync::PoisonError::into_inner).elapsed();
    if silent < DEAD_AFTER {
        return "ok\n".into_response();
    }
    let message = format!("the reconcile loop has given no sign of life for {} s\n", silent.as_secs());
    (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
}

async fn ready(State(shared): State<Shared>) -> Response {
    let status = shared.sources.status.borrow().clone();
    if status.config.is_usable() {
        return "ok\n".into_response();
    }
    let problems = status.config.problems.len();
    let message = if problems == 0 {
        "no configuration has been loaded yet\n".to_owned()
    } else {
        let plural = if problems == 1 { "" } else { "s" };
        format!("the configuration has {problems} problem{plural}; see the log, or run `iamatrix check`\n")
    };
    (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
}

async fn status(State(shared): State<Shared>) -> Response {
    page(&shared.sources.status.borrow().summary())
}

async fn drift(State(shared): State<Shared>) -> Response {
    page(&shared.sources.status.borrow().drift())
}

async fn plan(State(shared): State<Shared>) -> Response {
    page(&shared.sources.status.borrow().plan_view())
}

async fn audit(State(shared): State<Shared>) -> Response {
    page(&shared.sources.status.borrow().audit_view(clock::now()))
}

async fn history(State(shared): State<Shared>) -> Response {
    page(&shared.sources.status.borrow().history_view())
}

async fn metrics_page(State(shared): State<Shared>) -> Response {
    let status = shared.sources.status.borrow().clone();
    match metrics::render(&status, &shared.sources.calls) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("metrics cannot be written: {error}\n")).into_response()
        }
    }
}
