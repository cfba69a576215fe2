//! Who may read what names people or policies: everybody on loopback, otherwise only who has the token.
//!
//! Must not: know what is served.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// The rule for one listener.
#[derive(Debug, Clone)]
pub(super) struct Access {
    open: bool,
    token_file: Option<Arc<PathBuf>>,
}

impl Access {
    pub(super) fn new(address: SocketAddr, token_file: Option<PathBuf>) -> Self {
        Access { open: address.ip().is_loopback() && token_file.is_none(), token_file: token_file.map(Arc::new) }
    }

    /// Whether the header carries the token. The file is read each time, so that it can be rotated without a restart.
    async fn admits(&self, authorization: Option<&str>) -> bool {
        let (Some(file), Some(sent)) =
            (&self.token_file, authorization.and_then(|header| header.strip_prefix("Bearer ")))
        else {
            return false;
        };
        let Ok(token) = tokio::fs::read_to_string(file.as_ref()).await else { return false };
        let token = token.trim();
        // Digests are compared, so the time taken says nothing about the token.
        !token.is_empty() && Sha256::digest(token) == Sha256::digest(sent.trim())
    }
}

/// Lets a request through, or answers why not.
pub(super) async fn require(State(access): State<Access>, request: Request, next: Next) -> Response {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if access.open || access.admits(header).await {
        return next.run(request).await;
    }
    let error = if access.token_file.is_some() {
        "this page names people and policies: send the token of `tokenFile` as `Authorization: Bearer …`"
    } else {
        "this page names people and policies: listen on 127.0.0.1, or set `tokenFile` in operator.yaml"
    };
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, challenge, Json(json!({ "error": error }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn beyond_loopback_only_the_token_opens_and_a_new_one_counts_at_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "first\n").unwrap();
        let access = Access::new("0.0.0.0:1".parse().unwrap(), Some(file.path().to_owned()));
        assert!(!access.open);
        assert!(access.admits(Some("Bearer first")).await);
        std::fs::write(file.path(), "second\n").unwrap();
        assert!(!access.admits(Some("Bearer first")).await);
        assert!(access.admits(Some("Bearer second")).await);
        for wrong in [None, Some("second"), Some("Bearer "), Some("Bearer secon")] {
            assert!(!access.admits(wrong).await, "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn loopback_is_open_unless_a_token_is_set_and_an_empty_token_opens_nothing() {
        assert!(Access::new("127.0.0.1:1".parse().unwrap(), None).open);
        assert!(!Access::new("0.0.0.0:1".parse().unwrap(), None).open);
        let empty = tempfile::NamedTempFile::new().unwrap();
        let access = Access::new("127.0.0.1:1".parse().unwrap(), Some(empty.path().to_owned()));
        assert!(!access.open && !access.admits(Some("Bearer ")).await);
    }
}
