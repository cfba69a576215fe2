//! The probes: whether the loop lives, and whether it has something to work by.
//!
//! Must not: ask AWS, or name anybody.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::Duration;

use super::Shared;

/// Without a sign of life for so long, the loop counts as dead. The longest single call takes 20 seconds.
const DEAD_AFTER: Duration = Duration::from_mins(2);

/// Whether the reconcile loop lives. AWS's health is no part of it: restarting this process would not mend AWS.
#[utoipa::path(get, path = "/livez", tag = "probes", responses(
    (status = 200, description = "It gave a sign of life in the last two minutes", body = String, content_type = "text/plain"),
    (status = 503, description = "It gave none; the process should be restarted", body = String, content_type = "text/plain"),
))]
pub(super) async fn live(State(shared): State<Shared>) -> Response {
    answer_live(&shared)
}

/// The same as `/livez`, for tools that expect this name.
#[utoipa::path(get, path = "/healthz", tag = "probes", responses(
    (status = 200, description = "It gave a sign of life in the last two minutes", body = String, content_type = "text/plain"),
    (status = 503, description = "It gave none; the process should be restarted", body = String, content_type = "text/plain"),
))]
pub(super) async fn healthy(State(shared): State<Shared>) -> Response {
    answer_live(&shared)
}

/// Whether a configuration is in use, be it not the newest.
#[utoipa::path(get, path = "/readyz", tag = "probes", responses(
    (status = 200, description = "One is", body = String, content_type = "text/plain"),
    (status = 503, description = "None was ever good; nothing is done until the files are mended", body = String, content_type = "text/plain"),
))]
pub(super) async fn ready(State(shared): State<Shared>) -> Response {
    answer_ready(&shared)
}

/// Whether the files were read, well or not. A bad configuration is mended by its owners, not by starting anew.
#[utoipa::path(get, path = "/startupz", tag = "probes", responses(
    (status = 200, description = "They were", body = String, content_type = "text/plain"),
    (status = 503, description = "Not yet", body = String, content_type = "text/plain"),
))]
pub(super) async fn started(State(shared): State<Shared>) -> Response {
    let has_problems = !shared.status().config.problems.is_empty();
    if has_problems { "ok\n".into_response() } else { answer_ready(&shared) }
}

fn answer_live(shared: &Shared) -> Response {
    let silent = shared.last_beat.lock().unwrap_or_else(std::sync::PoisonError::into_inner).elapsed();
    if silent < DEAD_AFTER {
        return "ok\n".into_response();
    }
    let message = format!("the reconcile loop has given no sign of life for {} s\n", silent.as_secs());
    (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
}

fn answer_ready(shared: &Shared) -> Response {
    let status = shared.status();
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
