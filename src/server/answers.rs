//! The shapes that answers have in common: JSON, and problems in words.
//!
//! Must not: know what is asked.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// Why a request is not answered as it was meant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// What is wrong, and how to mend it.
    error: String,
}

/// How a page that names people or policies may be refused.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the OpenAPI document alone")]
pub(super) enum ReadRefused {
    /// The token is missing or wrong. Beyond loopback it is always needed.
    #[response(status = 401, headers(("WWW-Authenticate" = String, description = "`Bearer`; and `Basic` where a token counts as the password")))]
    NoToken(Problem),
    /// On open loopback: the request names a host that is neither an address nor `localhost`.
    #[response(status = 403)]
    OtherName(Problem),
}

/// How a request for a change may be refused, whatever it is.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the OpenAPI document alone")]
pub(super) enum ChangeRefused {
    /// The token is missing or wrong. It is needed on loopback too.
    #[response(status = 401, headers(("WWW-Authenticate" = String, description = "`Bearer`")))]
    NoToken(Problem),
    /// Nothing can be changed over HTTP, because operator.yaml names no `tokenFile`.
    #[response(status = 403)]
    Off(Problem),
    /// Requests are piling up; nothing was done.
    #[response(status = 503, headers(("Retry-After" = u64, description = "Seconds to wait")))]
    Busy(Problem),
}

/// How any request may be refused, before or after it finds its page.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the OpenAPI document alone")]
pub(super) enum Refused {
    /// Another method than this path has.
    #[response(status = 405, headers(("Allow" = String, description = "The methods of this path")))]
    OtherMethod(Problem),
    /// The request took longer than 10 seconds to arrive, or its answer to be made.
    #[response(status = 408)]
    TooSlow(Problem),
    /// The body is of more than 1,024 bytes, or breaks off. No page takes any.
    #[response(status = 413)]
    TooLarge(Problem),
    /// As many connections are served as there may be; nothing was done.
    #[response(status = 503, headers(("Retry-After" = u64, description = "Seconds to wait")))]
    Full(Problem),
}

/// What a browser is asked for: any user name, and a token as the password.
pub(super) const BASIC: &str = "Basic realm=\"iamatrix\", charset=\"UTF-8\"";
/// What programs are asked for.
pub(super) const BEARER: &str = "Bearer";

/// A problem as an answer.
pub(super) fn problem(status: StatusCode, error: impl Into<String>) -> Response {
    (status, json(&Problem { error: error.into() })).into_response()
}

/// The answer to who should have sent a token, in one of these ways.
pub(super) fn unauthorized(error: &str, ways: &[&'static str]) -> Response {
    let mut answer = problem(StatusCode::UNAUTHORIZED, error);
    for way in ways {
        answer.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(way));
    }
    answer
}

/// The answer to who should come back in so many seconds.
pub(super) fn busy(error: &str, seconds: u64) -> Response {
    let later = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
    (later, problem(StatusCode::SERVICE_UNAVAILABLE, error)).into_response()
}

/// A view as JSON.
pub(super) fn json(view: &impl Serialize) -> Response {
    as_json(text(view))
}

/// The text of a view, with the end of line that terminals want.
pub(super) fn text(view: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string(view)? + "\n")
}

/// A text as JSON, if it could be written.
pub(super) fn as_json(text: serde_json::Result<impl IntoResponse>) -> Response {
    const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
    match text {
        Ok(text) => (JSON, text).into_response(),
        Err(error) => {
            tracing::error!("a page cannot be written as JSON: {error}");
            let text = "{\"error\":\"the page cannot be written as JSON; the log says why\"}\n";
            (StatusCode::INTERNAL_SERVER_ERROR, JSON, text).into_response()
        }
    }
}
