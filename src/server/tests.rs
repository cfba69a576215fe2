//! Who may do what over every route, method and credential. The routes are those of the `OpenAPI` document, so that a new one
//! cannot be forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request as HttpRequest, StatusCode, header};
use data_encoding::BASE64;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tempfile::NamedTempFile;
use tower_service::Service as _;

use super::*;
use crate::contention::Contended;
use crate::guard::{Hold, HoldReason};
use crate::matrix::Mode;
use crate::status::{Cycle, CycleError, CycleOutcome};

const TOKEN: &str = "a-token-of-some-length";
const HELD: &str = "5eb1a2c0d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e";

/// The routes over a status with a held plan, and what they ask of the engine.
struct Server {
    router: axum::Router,
    asked: mpsc::Receiver<Request>,
    status: watch::Sender<Arc<Status>>,
    _token: NamedTempFile,
}

/// Whether operator.yaml names a token file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenFile {
    Named,
    Missing,
}

impl Server {
    fn listening(address: &str, token_file: TokenFile) -> Self {
        let mut status = Status::starting(Timestamp::UNIX_EPOCH);
        status.config.digest = Some("c0ffee".to_owned());
        status.mode = Some(Mode::Enforce);
        status.release = Some(HELD.to_owned());
        let (status, statuses) = watch::channel(Arc::new(status));
        let (ask, asked) = crate::request::channel();
        let (_, beat) = watch::channel(());
        let token = NamedTempFile::new().unwrap();
        fs::write(token.path(), format!("{TOKEN}\n")).unwrap();
        let named = (token_file == TokenFile::Named).then(|| token.path().to_owned());
        let shared = Shared {
            sources: Sources { status: statuses, beat, calls: Calls::default(), requests: ask },
            last_beat: Arc::new(std::sync::Mutex::new(Instant::now())),
            access: Access::new(address.parse().unwrap(), named),
            kept: Arc::default(),
        };
        Server { router: routes::router(shared), asked, status, _token: token }
    }

    async fn ask(&mut self, method: &Method, path: &str, headers: &HeaderMap) -> (StatusCode, HeaderMap, Bytes) {
        let mut request = HttpRequest::builder().method(method).uri(path).body(Body::empty()).unwrap();
        *request.headers_mut() = headers.clone();
        request.extensions_mut().insert(access::Peer(SocketAddr::from(([192, 0, 2, 1], 4711))));
        let (head, body) = self.router.call(request).await.unwrap().into_parts();
        (head.status, head.headers, body.collect().await.unwrap().to_bytes())
    }

    async fn status(&mut self, method: &Method, path: &str, credential: &str) -> u16 {
        self.ask(method, path, &headers(credential)).await.0.as_u16()
    }
}

/// Header lines: `name: value`, one a line.
fn headers(lines: &str) -> HeaderMap {
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.parse::<header::HeaderName>().unwrap(), value.parse::<header::HeaderValue>().unwrap())
    };
    lines.lines().map(pair).collect()
}

fn bearer() -> String {
    format!("authorization: Bearer {TOKEN}")
}

/// What may be done on a route of the document, by method: whether the operation asks for a token always, or only where
/// names are guarded, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    Open,
    Names,
    Change,
}

/// Every operation of the document, by path.
fn operations() -> Vec<(String, Vec<(Method, Guard)>)> {
    let document: Value = serde_json::to_value(routes::document()).unwrap();
    let guard = |operation: &Value| match operation["security"].as_array() {
        None => Guard::Open,
        Some(ways) if ways.iter().any(|way| way.as_object().unwrap().is_empty()) => Guard::Names,
        Some(_) => Guard::Change,
    };
    let path = |(path, item): (&String, &Value)| {
        let operations = item.as_object().unwrap().iter();
        let operations = operations.map(|(method, it)| (method.to_uppercase().parse().unwrap(), guard(it))).collect();
        (path.replace("{digest}", HELD), operations)
    };
    let described = document["paths"].as_object().unwrap().iter().map(path);
    // The index, for whoever is no browser; it is no part of the interface for programs.
    described.chain([("/".to_owned(), vec![(Method::GET, Guard::Open)])]).collect()
}

/// How a request shows the token, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Nothing,
    AsPassword,
    AsBearer,
}

fn expected(guard: Guard, (address, token_file): (&str, TokenFile), shows: Shows) -> u16 {
    let named = token_file == TokenFile::Named;
    let may_read = if named { shows != Shows::Nothing } else { address.starts_with("127") };
    match guard {
        Guard::Open => 200,
        Guard::Names if may_read => 200,
        Guard::Change if !named => 403,
        Guard::Change if shows == Shows::AsBearer => 202,
        Guard::Names | Guard::Change => 401,
    }
}

#[tokio::test]
async fn every_route_and_method_does_with_every_credential_what_the_document_says() {
    let methods: Vec<Method> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
        .map(|method| method.parse().unwrap())
        .to_vec();
    let credentials = [
        (String::new(), Shows::Nothing),
        ("authorization: Bearer wrong-and-long-enough".to_owned(), Shows::Nothing),
        (format!("authorization: Basic {TOKEN}"), Shows::Nothing),
        (format!("authorization: Basic {}", BASE64.encode(format!("me:{TOKEN}").as_bytes())), Shows::AsPassword),
        (format!("cookie: token={TOKEN}\nx-api-key: {TOKEN}"), Shows::Nothing),
        (bearer(), Shows::AsBearer),
    ];
    let mut asked = 0;
    for listener in [
        ("127.0.0.1:8080", TokenFile::Missing),
        ("127.0.0.1:8080", TokenFile::Named),
        ("0.0.0.0:8080", TokenFile::Missing),
        ("0.0.0.0:8080", TokenFile::Named),
    ] {
        let mut server = Server::listening(listener.0, listener.1);
        for (path, operations) in operations() {
            for method in &methods {
                let spoken = if method == Method::HEAD { &Method::GET } else { method };
                let operation = operations.iter().find(|(found, _)| found == spoken);
                for (credential, shows) in &credentials {
                    let (status, answer, _) = server.ask(method, &path, &headers(credential)).await;
                    let case = format!("{listener:?} {method} {path} {credential:?}");
                    let wanted = operation.map_or(405, |(_, guard)| expected(*guard, listener, *shows));
                    assert_eq!(status.as_u16(), wanted, "{case}");
                    assert_eq!(server.asked.try_recv().is_ok(), wanted == 202, "{case}: what is asked of the engine");
                    assert_eq!(answer.contains_key(header::ALLOW), wanted == 405, "{case}");
                    assert_eq!(answer.contains_key(header::WWW_AUTHENTICATE), wanted == 401, "{case}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 2_000, "{asked} cases");
}

#[tokio::test]
async fn every_refusal_is_json_that_says_how_to_mend_it() {
    let mut server = Server::listening("0.0.0.0:8080", TokenFile::Missing);
    for (method, path, words) in [
        (Method::GET, "/nothing", "/ lists them"),
        (Method::GET, "/assets/nothing", "/ lists them"),
        (Method::POST, "/drift", "Allow"),
        (Method::GET, "/drift", "set `tokenFile` in operator.yaml"),
        (Method::POST, "/reconcile", "set it to a file with a token"),
    ] {
        let (_, headers, body) = server.ask(&method, path, &HeaderMap::new()).await;
        assert_eq!(headers[header::CONTENT_TYPE], "application/json", "{path}");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(body["error"].as_str().unwrap().contains(words), "{path}: {body}");
    }
}

#[tokio::test]
async fn only_the_digest_of_the_held_plan_releases_it() {
    let mut server = Server::listening("127.0.0.1:8080", TokenFile::Named);
    let approve = |digest: &str| format!("/approve/{digest}");
    let longer = format!("{HELD}0");
    for wrong in ["0", &HELD[..63], &longer, "%2e%2e", &HELD.to_uppercase()] {
        assert_eq!(server.status(&Method::POST, &approve(wrong), &bearer()).await, 409, "{wrong}");
    }
    assert_eq!(server.status(&Method::POST, "/approve/", &bearer()).await, 404);
    server.asked.try_recv().unwrap_err();
    assert_eq!(server.status(&Method::POST, &approve(HELD), &bearer()).await, 202);
    assert_eq!(server.asked.try_recv().unwrap(), Request::Approve(HELD.to_owned()));
    server.status.send_modify(|status| Arc::make_mut(status).release = None);
    assert_eq!(server.status(&Method::POST, &approve(HELD), &bearer()).await, 404);
    server.asked.try_recv().unwrap_err();
}

#[tokio::test]
async fn a_digest_that_releases_nothing_is_refused_with_the_reason() {
    let mut server = Server::listening("127.0.0.1:8080", TokenFile::Named);
    server.status.send_modify(|status| Arc::make_mut(status).plan_digest = Some("ca11".to_owned()));
    let held = format!("/approve/{HELD}");
    for (path, mode, suspended, status, words) in [
        ("/approve/%ff", Mode::Enforce, false, 400, "no text"),
        ("/approve/ca11", Mode::Enforce, false, 409, HELD),
        (&held, Mode::Observe, false, 409, "mode observe changes nothing"),
        (&held, Mode::Enforce, true, 409, "`suspend: true`"),
        (&held, Mode::Additive, false, 202, "compared once more"),
    ] {
        server.status.send_modify(|status| {
            let status = Arc::make_mut(status);
            (status.mode, status.suspended) = (Some(mode), suspended);
        });
        let (found, headers, body) = server.ask(&Method::POST, path, &headers(&bearer())).await;
        let text = String::from_utf8_lossy(&body);
        assert!(found == status && text.contains(words), "{path} {mode} {suspended}: {found} {text}");
        assert_eq!(headers[header::CONTENT_TYPE], "application/json", "{path}");
        assert_eq!(server.asked.try_recv().is_ok(), status == 202, "{path} {mode} {suspended}");
    }
}

#[tokio::test]
async fn what_is_open_names_nobody() {
    const NAME: &str = "operator-bot";
    let mut server = Server::listening("0.0.0.0:8080", TokenFile::Missing);
    let words = format!("GetGroup: AccessDenied: User: arn:aws:iam::123456789012:user/{NAME} is not authorized");
    let matrix = format!(
        "version: 1\ngroups: {{ {NAME}: {{}} }}\nusers: {{ {NAME}: {{ groups: [{NAME}] }} }}\n\
         policies: {{ ReadOnlyAccess: [{NAME}] }}\n"
    );
    let plan =
        Arc::new(crate::testing::plan(&crate::testing::checked(&matrix, &[], ""), &crate::testing::empty_account()));
    server.status.send_modify(|status| {
        let status = Arc::make_mut(status);
        status.config.problems = vec![words.clone()];
        status.plan = Some(plan);
        status.audit_problem = Some(words.clone());
        let hold =
            Hold { reason: HoldReason::Memberships, message: words.clone(), changes: BTreeSet::from([words.clone()]) };
        status.holds.push(hold);
        let (change, kind) = (words.clone(), "addMember");
        status.contended.push(Contended { change, kind, times: 3, last_at: Timestamp::UNIX_EPOCH, next_at: None });
        let error = CycleError { class: "denied", words: words.clone(), request_id: None };
        let (number, ended_at, outcome) = (1, Timestamp::UNIX_EPOCH, CycleOutcome::Failed);
        status.end_cycle(Cycle { number, ended_at, seconds: 0.1, calls: 1, outcome, error: Some(error) });
    });
    let mut asked = 0;
    for (path, operations) in operations() {
        for (method, _) in operations.into_iter().filter(|(_, guard)| *guard == Guard::Open) {
            let (_, _, body) = server.ask(&method, &path, &HeaderMap::new()).await;
            assert!(!String::from_utf8_lossy(&body).contains(NAME), "{path}");
            asked += 1;
        }
    }
    assert!(asked > 6, "{asked}");
    let (_, _, page) = server.ask(&Method::GET, "/", &headers("accept: text/html")).await;
    assert!(!String::from_utf8_lossy(&page).contains(NAME));
    let (_, _, body) = server.ask(&Method::GET, "/status", &HeaderMap::new()).await;
    let status: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&status["lastCycle"]["errorClass"], &status["lastCycle"]["outcome"]),
        (&"denied".into(), &"failed".into())
    );
    let history = serde_json::to_string(&server.status.borrow().history_view()).unwrap();
    assert!(history.contains(NAME), "there it is told: {history}");
}

#[tokio::test]
async fn what_is_not_known_before_the_first_look_is_null() {
    let mut server = Server::listening("127.0.0.1:8080", TokenFile::Missing);
    let (_, _, body) = server.ask(&Method::GET, "/status", &HeaderMap::new()).await;
    let status: Value = serde_json::from_slice(&body).unwrap();
    for field in ["drift", "driftByKind", "blockedRows", "mfa", "snapshotAt", "lastCycle"] {
        assert_eq!(status.get(field), Some(&Value::Null), "{field}");
    }
}

#[tokio::test]
async fn who_lacks_the_token_is_asked_for_it_in_every_way_in_which_it_counts() {
    let mut server = Server::listening("0.0.0.0:8080", TokenFile::Named);
    for (method, path, wanted) in
        [(Method::GET, "/plan", vec!["Bearer", answers::BASIC]), (Method::POST, "/reconcile", vec!["Bearer"])]
    {
        let (status, headers, _) = server.ask(&method, path, &HeaderMap::new()).await;
        let ways: Vec<&str> =
            headers.get_all(header::WWW_AUTHENTICATE).iter().map(|way| way.to_str().unwrap()).collect();
        assert_eq!((status, ways), (StatusCode::UNAUTHORIZED, wanted), "{path}");
    }
}

#[tokio::test]
async fn a_large_view_is_written_once_for_all_who_read_it() {
    let mut server = Server::listening("127.0.0.1:8080", TokenFile::Missing);
    for path in ["/drift", "/plan", "/history", "/audit"] {
        let (_, _, first) = server.ask(&Method::GET, path, &HeaderMap::new()).await;
        let (_, _, second) = server.ask(&Method::GET, path, &HeaderMap::new()).await;
        assert!(std::ptr::eq(first.as_ptr(), second.as_ptr()), "{path}");
    }
}

#[test]
fn every_operation_says_how_any_request_may_be_refused_and_reading_that_a_password_will_do() {
    let document: Value = serde_json::to_value(routes::document()).unwrap();
    let schemes: Vec<&String> = document["components"]["securitySchemes"].as_object().unwrap().keys().collect();
    assert_eq!(schemes, ["password", "token"]);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for status in ["405", "408", "413", "503"] {
                assert!(operation["responses"][status].is_object(), "{method} {path}: {status}");
            }
            let ways = operation["security"].as_array().cloned().unwrap_or_default();
            let names = |scheme: &str| ways.iter().any(|way| way.get(scheme).is_some());
            assert_eq!(names("password"), names("token") && method == "get", "{method} {path}");
        }
    }
}

#[test]
fn the_list_of_pages_is_that_of_the_document() {
    let listed: BTreeSet<(String, String)> = routes::INDEX
        .lines()
        .flat_map(|line| {
            let (method, rest) = line.strip_prefix("POST ").map_or(("GET", line), |rest| ("POST", rest));
            let paths = rest.split(' ').take_while(|word| word.starts_with('/'));
            paths.map(|path| (method.to_owned(), path.replace("{digest}", HELD))).collect::<Vec<_>>()
        })
        .collect();
    let described = operations().into_iter().flat_map(|(path, operations)| {
        operations.into_iter().map(move |(method, _)| (method.to_string(), path.clone())).collect::<Vec<_>>()
    });
    assert_eq!(listed, described.collect());
}

#[tokio::test]
async fn requests_that_pile_up_are_refused_with_a_time_to_come_back() {
    let mut server = Server::listening("127.0.0.1:8080", TokenFile::Named);
    let mut taken = 0;
    let refused = loop {
        let (status, headers, _) = server.ask(&Method::POST, "/reconcile", &headers(&bearer())).await;
        if status != StatusCode::ACCEPTED {
            break (status, headers);
        }
        taken += 1;
        assert!(taken < 100, "the queue is bounded");
    };
    assert_eq!((refused.0, &refused.1[header::RETRY_AFTER]), (StatusCode::SERVICE_UNAVAILABLE, &"5".parse().unwrap()));
    assert!(taken > 0);
}
