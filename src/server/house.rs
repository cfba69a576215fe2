//! The routes behind the doors: what is common to every request before a handler sees it, and after.
//!
//! Owns: the limits on a request. Must not: know a route.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;
use tower_service::Service as _;

use super::access::Peer;
use super::answers::problem;
use crate::doors::{Cut, Full, House, Rules};

/// How the daemon deals with connections. A probe asks at once on a connection of its own, so it never is the one that
/// makes room, however many slow ones there are.
pub(super) const RULES: Rules =
    Rules { most: 256, full: Full::MakeRoom, quiet: Duration::from_secs(20), head: 16 * 1024 };
/// How long a request may take from the end of its head to the beginning of its answer, its body included.
const REQUEST: Duration = Duration::from_secs(10);
/// Bytes of a body. No route wants any; a client may send an empty form or object.
const BODY: usize = 1024;

/// The routes.
#[derive(Debug)]
pub(super) struct Pages(pub Router);

impl House for Pages {
    async fn answer(&self, request: Request<Incoming>, from: SocketAddr) -> Result<Response<Body>, Cut> {
        let answer = timeout(REQUEST, self.routed(request, from)).await;
        let mut answer = answer.unwrap_or_else(|_| {
            last(problem(StatusCode::REQUEST_TIMEOUT, "the request took too long to arrive, or its answer to be made"))
        });
        let headers = answer.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        Ok(answer)
    }

    fn refusal(&self, most: usize) -> Vec<u8> {
        let body = format!("{{\"error\":\"no more than {most} connections are served at a time\"}}\n");
        format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             retry-after: 1\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

impl Pages {
    async fn routed(&self, request: Request<Incoming>, from: SocketAddr) -> Response<Body> {
        let (mut head, body) = request.into_parts();
        let too_long = body.size_hint().lower() > BODY as u64;
        if too_long || (!body.is_end_stream() && Limited::new(body, BODY).collect().await.is_err()) {
            let error = format!("a body of more than {BODY} bytes, or one that breaks off; no page takes any body");
            return last(problem(StatusCode::PAYLOAD_TOO_LARGE, error));
        }
        head.extensions.insert(Peer(from));
        let answer: Result<_, Infallible> = self.0.clone().call(Request::from_parts(head, Body::empty())).await;
        answer.unwrap_or_else(|never| match never {})
    }
}

/// The last answer on its connection: what is left of the request is not read.
fn last(mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
