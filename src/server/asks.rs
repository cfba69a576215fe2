//! What may be asked of the engine. It is queued, never done here; what comes of it is in the status.
//!
//! Must not: decide what a plan may do; the engine asks the guard again.

use std::net::SocketAddr;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Shared;
use super::access::MayChange;
use super::answers::{ChangeRefused, Problem, busy, json, problem};
use crate::request::Request;
use crate::status::Status;
use crate::trail;

/// Seconds to wait while requests pile up.
const LATER: u64 = 5;

/// What was asked was taken in.
#[derive(Debug, Serialize, ToSchema)]
struct Taken {
    /// What happens next, and where it shows.
    message: &'static str,
}

/// Compares the account with the matrix now, without waiting for the interval.
#[utoipa::path(post, path = "/reconcile", tag = "requests", security(("token" = [])), responses(
    (status = 202, description = "A cycle begins as soon as the one under way has ended", body = Taken),
    ChangeRefused,
))]
pub(super) async fn reconcile(MayChange(from): MayChange, State(shared): State<Shared>) -> Response {
    let message = "a cycle begins as soon as the one under way has ended; /status shows it as lastCycle";
    ask(&shared, &Request::Reconcile, from, message)
}

/// Releases the held plan that has this digest: `release` of `/status` and `/plan`.
///
/// The digest is over the matrix and the guarded changes. When either has changed meanwhile, nothing is released.
#[utoipa::path(post, path = "/approve/{digest}", tag = "requests", security(("token" = [])),
    params(("digest" = String, Path, description = "The digest that releases it, 64 hexadecimal digits", pattern = "^[0-9a-f]{64}$")),
    responses(
        (status = 202, description = "The plan is compared once more and, if it is still the same, applied", body = Taken),
        (status = 400, description = "The digest is no text", body = Problem),
        (status = 404, description = "No plan is held that could be released", body = Problem),
        (status = 409, description = "Another plan is held than that of the digest; or the mode, or a suspension, lets nothing be changed", body = Problem),
        ChangeRefused,
    ))]
pub(super) async fn approve(
    MayChange(from): MayChange,
    State(shared): State<Shared>,
    digest: Result<Path<String>, PathRejection>,
) -> Response {
    let Ok(Path(digest)) = digest else {
        return problem(StatusCode::BAD_REQUEST, "the digest is no text; /plan has the right one as `release`");
    };
    if let Err((status, error)) = releases(&shared.status(), &digest) {
        return problem(status, error);
    }
    let message = "the plan is compared once more and applied if it is still the same; /history shows it";
    ask(&shared, &Request::Approve(digest), from, message)
}

/// Whether this digest releases what is held, or why not.
fn releases(status: &Status, digest: &str) -> Result<(), (StatusCode, String)> {
    let conflict = |error: &str| Err((StatusCode::CONFLICT, error.to_owned()));
    let Some(held) = status.release.as_deref() else {
        let error = "no plan is held that could be released; /plan shows what there is";
        return Err((StatusCode::NOT_FOUND, error.to_owned()));
    };
    if status.suspended {
        return conflict("operator.yaml says `suspend: true`, so nothing is changed: take that away, then approve");
    }
    if !status.acts() {
        return conflict(
            "mode observe changes nothing: raise the mode, then approve; or write `approve` into operator.yaml",
        );
    }
    if status.plan_digest.as_deref() == Some(digest) && digest != held {
        return conflict(&format!("that is the digest of the calls; what releases the plan is its `release`: {held}"));
    }
    if digest != held {
        return conflict(
            "another plan is held now than the one of this digest: the matrix or the account has changed. Read /plan, then \
             approve its `release`",
        );
    }
    Ok(())
}

fn ask(shared: &Shared, request: &Request, from: SocketAddr, message: &'static str) -> Response {
    if shared.sources.requests.try_send(request.clone()).is_err() {
        return busy("the engine has not taken in earlier requests yet; nothing was done", LATER);
    }
    trail::asked(request, from);
    (StatusCode::ACCEPTED, json(&Taken { message })).into_response()
}
