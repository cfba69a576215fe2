//! The admin listener: what tests and people ask of a sandbox and never of IAM. Plain HTTP and JSON.
//!
//! It listens apart from the AWS surface, which knows nothing of it. Must not: be reachable from a web page.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

use super::{conditions::Conditions, save::Saved, service::Service};

const INDEX: &str = "The admin listener of an iamatrix sandbox.\n\n\
    GET    /journal     every call, a JSON object a line; ?after=SEQUENCE and ?action=NAME narrow it\n\
    DELETE /journal     forget them; numbers go on\n\
    GET    /conditions  what is switched on\n\
    PUT    /conditions  switch on what the JSON says and all else off, and count anew\n\
    POST   /reset       the account and the conditions of the start, an empty journal, counters at nothing;\n\
    \x20                   a key made since then is unknown, and refused\n\
    GET    /account     the account, as it is saved\n";

/// Serves until the end.
pub async fn serve(listener: TcpListener, service: Arc<Service>, mut ended: watch::Receiver<()>) {
    let until = async move {
        // Either word or the sender's drop ends it.
        let _ = ended.changed().await;
    };
    if let Err(error) = axum::serve(listener, router(service)).with_graceful_shutdown(until).await {
        tracing::error!(%error, "the admin listener ended");
    }
}

fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/", get(INDEX))
        .route("/journal", get(journal).delete(clear_journal))
        .route("/conditions", get(conditions).put(set_conditions))
        .route("/reset", post(reset))
        .route("/account", get(account))
        .fallback(|| async { refusal(StatusCode::NOT_FOUND, "there is no such page; / lists them") })
        .method_not_allowed_fallback(|| async {
            refusal(StatusCode::METHOD_NOT_ALLOWED, "this page has no such method; / lists them")
        })
        .layer(middleware::from_fn(at_home))
        .with_state(service)
}

fn refusal(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(json!({ "error": message.into() }))).into_response()
}

async fn at_home(request: Request, next: Next) -> Response {
    match from_elsewhere(request.headers()) {
        Some(problem) => refusal(StatusCode::FORBIDDEN, problem),
        None => next.run(request).await,
    }
}

/// Finds what a web page of elsewhere makes a browser send: a request with its `Origin`, or one to a name that was bent
/// to this machine, whichever address it listens on.
fn from_elsewhere(headers: &HeaderMap) -> Option<String> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = header(header::HOST).unwrap_or_default();
    if !is_local(host) {
        return Some(format!("`{host}` is no name of this listener; ask it by its IP address, or as localhost"));
    }
    let origin = header(header::ORIGIN)?;
    let is_own = origin.split_once("://").is_some_and(|(_, from)| from == host);
    (!is_own).then(|| "this listener does not answer web pages; ask it from a program".to_owned())
}

/// Whether a `Host` header names an address, not a name that anybody can point here.
fn is_local(host: &str) -> bool {
    let host = host.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    after: u64,
    action: Option<String>,
}

async fn journal(State(service): State<Arc<Service>>, wanted: Result<Query<Wanted>, QueryRejection>) -> Response {
    let Query(wanted) = match wanted {
        Ok(wanted) => wanted,
        Err(error) => {
            let message = format!("{}; write /journal?after=SEQUENCE&action=NAME", error.body_text());
            return refusal(StatusCode::BAD_REQUEST, message);
        }
    };
    let mut lines = String::new();
    for entry in service.journal(wanted.after, wanted.action.as_deref()) {
        // An entry is texts and numbers: it always becomes JSON.
        lines.push_str(&serde_json::to_string(&entry).unwrap_or_default());
        lines.push('\n');
    }
    ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
}

async fn clear_journal(State(service): State<Arc<Service>>) -> StatusCode {
    service.clear_journal();
    StatusCode::NO_CONTENT
}

async fn conditions(State(service): State<Arc<Service>>) -> Json<Conditions> {
    Json(service.conditions())
}

async fn set_conditions(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    // A list would be read as the values of an object in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return refusal(StatusCode::BAD_REQUEST, "conditions are a JSON object, such as {}; nothing was changed");
    }
    match Json::<Conditions>::from_bytes(&body) {
        Ok(Json(conditions)) => {
            service.set_conditions(conditions.clone());
            Json(conditions).into_response()
        }
        Err(error) => {
            let message = format!("{}; correct it there, nothing was changed", error.body_text());
            refusal(StatusCode::BAD_REQUEST, message)
        }
    }
}

async fn reset(State(service): State<Arc<Service>>) -> StatusCode {
    service.reset();
    StatusCode::NO_CONTENT
}

async fn account(State(service): State<Arc<Service>>) -> Json<Saved> {
    Json(Saved::of(&service))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use jiff::Timestamp;

    use super::*;
    use crate::sandbox::{account::Account, conditions::Script, service::Asked};

    fn service() -> Arc<Service> {
        let (state, requests) = Account::empty("123456789012").into_parts();
        Arc::new(Service::new(state, requests, Conditions::default()).watched())
    }

    fn call(service: &Service, form: &'static str) {
        let asked = Asked::read(Ok(Bytes::from(form)));
        let key = Some("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request");
        service
            .respond(asked, &crate::sandbox::caller::tests::signed(key), &Script::default(), Timestamp::UNIX_EPOCH)
            .said
            .unwrap();
    }

    /// The status and body of an answer. `request` is the method and the path, `headers` what more there is.
    async fn ask(service: &Arc<Service>, request: &str, headers: &[(&str, &str)], body: &'static str) -> (u16, String) {
        use tower_service::Service as _;
        let (method, path) = request.split_once(' ').unwrap();
        let mut request = axum::http::Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "127.0.0.1:4600");
        }
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut router = router(Arc::clone(service));
        let answer = router.call(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_journal_is_read_narrowed_and_emptied() {
        let service = service();
        call(&service, "Version=2010-05-08&Action=CreateUser&UserName=lamp");
        call(&service, "Version=2010-05-08&Action=GetUser&UserName=car");
        let (status, lines) = ask(&service, "GET /journal", &[], "").await;
        let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((status, lines.len()), (200, 2));
        assert_eq!((&lines[0]["outcome"], &lines[0]["effect"]), (&json!("ok"), &json!(true)));
        assert_eq!((&lines[1]["code"], &lines[1]["status"]), (&json!("NoSuchEntity"), &json!(404)));
        assert_eq!(lines[1]["caller"], "arn:aws:sts::123456789012:assumed-role/SandboxOperator/sandbox");
        let (_, later) = ask(&service, "GET /journal?after=1&action=GetUser", &[], "").await;
        assert!(later.contains("\"sequence\":2") && later.lines().count() == 1);
        let (status, error) = ask(&service, "GET /journal?since=1", &[], "").await;
        assert!(status == 400 && error.contains("`since`") && error.contains("after=SEQUENCE"), "{error}");
        assert_eq!(ask(&service, "DELETE /journal", &[], "").await.0, 204);
        assert_eq!(ask(&service, "GET /journal", &[], "").await, (200, String::new()));
    }

    #[tokio::test]
    async fn conditions_are_put_whole_and_a_wrong_one_changes_nothing() {
        let service = service();
        let (status, body) = ask(&service, "PUT /conditions", &[], r#"{"propagation": "2s"}"#).await;
        assert_eq!((status, body.as_str()), (200, r#"{"propagation":"2s"}"#));
        let wrong = r#"{"rules": [{"action": "CreateUsr", "then": "cut"}]}"#;
        let (status, error) = ask(&service, "PUT /conditions", &[], wrong).await;
        assert!(status == 400 && error.contains("rules[0].action") && error.contains("did you mean"), "{error}");
        for list in ["[]", r#" ["3s"]"#, ""] {
            let (status, error) = ask(&service, "PUT /conditions", &[], list).await;
            assert!(status == 400 && error.contains("a JSON object"), "{error}");
        }
        assert_eq!(ask(&service, "GET /conditions", &[], "").await.1, r#"{"propagation":"2s"}"#);
        assert_eq!(ask(&service, "PUT /conditions", &[], "{}").await, (200, "{}".to_owned()));
    }

    #[tokio::test]
    async fn a_reset_goes_back_to_the_start_and_an_id_is_given_again() {
        let service = service();
        let before = ask(&service, "GET /account", &[], "").await.1;
        call(&service, "Version=2010-05-08&Action=CreateUser&UserName=lamp");
        let made = ask(&service, "GET /account", &[], "").await.1;
        assert!(before != made && made.contains("\"lamp\""));
        assert_eq!(ask(&service, "POST /reset", &[], "").await.0, 204);
        assert_eq!(ask(&service, "GET /journal", &[], "").await.1, "");
        let account = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["account"].clone();
        assert_eq!(account(&ask(&service, "GET /account", &[], "").await.1), account(&before));
    }

    #[tokio::test]
    async fn a_wrong_page_or_method_is_told_so() {
        let service = service();
        assert!(ask(&service, "GET /", &[], "").await.1.contains("PUT    /conditions"));
        assert_eq!(ask(&service, "GET /nothing", &[], "").await.0, 404);
        let (status, error) = ask(&service, "POST /journal", &[], "").await;
        assert!(status == 405 && error.contains("/ lists them"), "{error}");
    }

    #[tokio::test]
    async fn a_web_page_of_elsewhere_is_not_answered() {
        let service = service();
        for headers in [
            [("host", "evil.example:4600"), ("accept", "*/*")],
            [("host", "127.0.0.1:4600"), ("origin", "http://evil.example")],
            [("host", "127.0.0.1:4600"), ("origin", "null")],
        ] {
            assert_eq!(ask(&service, "POST /reset", &headers, "").await.0, 403, "{headers:?}");
        }
        for host in ["localhost:4600", "[::1]:4600", "127.0.0.1"] {
            assert_eq!(ask(&service, "GET /conditions", &[("host", host)], "").await.0, 200, "{host}");
        }
    }
}
