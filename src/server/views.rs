//! What there is to read: the status as JSON, the metrics as text.
//!
//! Must not: decide who may read it (`access` does), or change anything.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::access::MayRead;
use super::answers::{Problem, ReadRefused, as_json, json, problem, text};
use super::{Shared, metrics};
use crate::clock;
use crate::status::views::{AuditView, Drift, HistoryView, PlanView, Summary};

/// What the operator does, in counts and times. Names nobody, so it is open.
#[utoipa::path(get, path = "/status", tag = "state", responses(
    (status = 200, description = "The status", body = Summary),
))]
pub(super) async fn status(State(shared): State<Shared>) -> Response {
    json(&shared.status().summary())
}

/// Every difference between the matrix and the account, with its reason.
#[utoipa::path(get, path = "/drift", tag = "state", security((), ("token" = []), ("password" = [])), responses(
    (status = 200, description = "The differences", body = Drift),
    ReadRefused,
))]
pub(super) async fn drift(_: MayRead, State(shared): State<Shared>) -> Response {
    as_json(shared.kept.drift.of(&shared.status(), |status| text(&status.drift())))
}

/// The calls that would make the account equal to the matrix, and what the guard says of them.
#[utoipa::path(get, path = "/plan", tag = "state", security((), ("token" = []), ("password" = [])), responses(
    (status = 200, description = "The plan", body = PlanView),
    ReadRefused,
))]
pub(super) async fn plan(_: MayRead, State(shared): State<Shared>) -> Response {
    as_json(shared.kept.plan.of(&shared.status(), |status| text(&status.plan_view())))
}

/// The last audit of users, keys, policies and MFA devices, with its age.
#[utoipa::path(get, path = "/audit", tag = "state", security((), ("token" = []), ("password" = [])), responses(
    (status = 200, description = "The audit", body = AuditView),
    ReadRefused,
))]
pub(super) async fn audit(_: MayRead, State(shared): State<Shared>) -> Response {
    as_json(shared.kept.audit.share(text(&shared.status().audit_view(clock::now()))))
}

/// The last cycles and the last changes, the newest first.
#[utoipa::path(get, path = "/history", tag = "state", security((), ("token" = []), ("password" = [])), responses(
    (status = 200, description = "The history", body = HistoryView),
    ReadRefused,
))]
pub(super) async fn history(_: MayRead, State(shared): State<Shared>) -> Response {
    as_json(shared.kept.history.of(&shared.status(), |status| text(&status.history_view())))
}

/// Everything that can be counted, for Prometheus. Labels name nobody, so it is open.
#[utoipa::path(get, path = "/metrics", tag = "state", responses(
    (status = 200, description = "`OpenMetrics` text", body = String, content_type = "application/openmetrics-text"),
    (status = 500, description = "It cannot be written", body = Problem),
))]
pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let status = shared.status();
    match metrics::render(&status, &shared.sources.calls) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, format!("metrics cannot be written: {error}")),
    }
}
