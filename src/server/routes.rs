//! Every route, each with what the `OpenAPI` document says of it: a route cannot be served and be missing there.
//!
//! Must not: answer anything itself but what no route is for.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses as _, Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::{Refused, problem};
use super::{Shared, asks, page, probes, views};
use crate::clock;

#[derive(OpenApi)]
#[openapi(
    version = "3.1.0",
    info(
        title = "iamatrix",
        description = "Keeps AWS IAM equal to two matrices in git. This is what a running operator serves.\n\n\
            Probes, metrics and the counts of `/status` are open. What names people or policies needs a token, unless the \
            operator listens on loopback and has no `tokenFile`. What changes something always needs one, and is off \
            without a `tokenFile`. Only the header `Authorization: Bearer` counts; for reading, browsers may send the token \
            as the password of HTTP Basic authentication.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "probes", description = "For the kubelet"),
        (name = "state", description = "What the operator knows and did"),
        (name = "requests", description = "What may be asked of it"),
    ),
    modifiers(&Token)
)]
struct Document;

/// The ways to show who one is.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A line of the file that operator.yaml names as `tokenFile`, of at least 16 characters"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let basic = HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some("For reading, in a browser: such a line as the password, with any user name"))
            .build();
        components.add_security_scheme("password", SecurityScheme::Http(basic));
    }
}

fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(views::status))
        .routes(routes!(views::drift))
        .routes(routes!(views::plan))
        .routes(routes!(views::audit))
        .routes(routes!(views::history))
        .routes(routes!(views::metrics))
        .routes(routes!(asks::reconcile))
        .routes(routes!(asks::approve))
        .routes(routes!(probes::live))
        .routes(routes!(probes::ready))
        .routes(routes!(probes::started))
        .routes(routes!(probes::healthy))
        .routes(routes!(openapi))
}

/// The routes, ready to answer.
pub(super) fn router(shared: Shared) -> Router {
    let (routes, _) = described().split_for_parts();
    routes
        .route("/", axum::routing::get(index))
        .route("/assets/{file}", axum::routing::get(asset))
        .fallback(async |uri: Uri| not_found(&uri))
        .method_not_allowed_fallback(not_allowed)
        .with_state(shared)
}

/// The `OpenAPI` document.
pub(super) fn document() -> utoipa::openapi::OpenApi {
    let mut document = described().into_openapi();
    let operations = document.paths.paths.values_mut().flat_map(|path| [&mut path.get, &mut path.post]);
    for operation in operations.flatten() {
        for (status, refusal) in Refused::responses() {
            operation.responses.responses.entry(status).or_insert(refusal);
        }
    }
    document
}

/// The pages, for whoever is no browser; a test holds it to the document.
pub(super) const INDEX: &str = "iamatrix\n\n\
    /         the matrix, for browsers\n\
    /status   what the operator does, in counts\n\
    /drift    every difference between the matrix and the account\n\
    /plan     the calls that would end it\n\
    /audit    the last audit of users, keys, policies and MFA devices, with its age\n\
    /history  the last cycles and changes\n\
    /metrics  for Prometheus\n\
    /openapi.json  all of this, for programs\n\
    /livez /readyz /startupz /healthz  probes\n\
    POST /reconcile         compare now\n\
    POST /approve/{digest}  release a held plan\n";

/// The page for browsers, under the rule for names; the list of endpoints for everybody else.
async fn index(State(shared): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let mut answer = if page::is_wanted(&headers) {
        match shared.access.shows_names(&headers).await {
            Ok(()) => {
                let status = shared.status();
                page::page(&status, &page::View::of(&parameters(&uri)), clock::now())
            }
            Err(refusal) => page::refused(refusal),
        }
    } else {
        INDEX.into_response()
    };
    answer.headers_mut().insert(header::VARY, header::HeaderValue::from_static("accept, authorization"));
    answer
}

/// What stands behind the question mark; nothing if it cannot be read.
fn parameters(uri: &Uri) -> Vec<(String, String)> {
    Query::try_from_uri(uri).map(|Query(parameters)| parameters).unwrap_or_default()
}

async fn asset(uri: Uri) -> Response {
    page::asset(uri.path()).unwrap_or_else(|| not_found(&uri))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "state", responses(
    (status = 200, description = "An OpenAPI 3.1 document", body = Object),
))]
async fn openapi() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default() + "\n");
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str()).into_response()
}

fn not_found(uri: &Uri) -> Response {
    let what = format!("there is no page {}; / lists them", uri.path());
    problem(StatusCode::NOT_FOUND, what)
}

async fn not_allowed(method: Method, uri: Uri) -> Response {
    let what = format!("{method} is not for {}; the header Allow says what is", uri.path());
    problem(StatusCode::METHOD_NOT_ALLOWED, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_that_of_the_handlers() {
        let generated = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        crate::testing::committed("docs/openapi.json", &generated);
    }
}
