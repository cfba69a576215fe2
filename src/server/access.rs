//! Who may read what names people or policies: everybody on loopback, otherwise only who has the token.
//!
//! Must not: know what is served.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::page::Challenge;

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

    /// Whether whoever sends these headers may see the page. A browser cannot send a bearer token, so there the token
    /// counts as the password of any user too. Whatever changes something must not ask this: browsers add a password
    /// they know to requests of other sites' making.
    pub(super) async fn shows_page(&self, headers: &HeaderMap) -> bool {
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(password).map(|password| format!("Bearer {password}"));
        self.open || self.admits(bearer.as_deref().or(header)).await
    }

    /// How a person can come to see the page.
    pub(super) fn challenge(&self) -> Challenge {
        if self.token_file.is_some() { Challenge::Token } else { Challenge::Impossible }
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

/// The password of HTTP Basic authentication (RFC 7617): what stands behind the first colon.
fn password(header: &str) -> Option<String> {
    let (scheme, encoded) = header.split_once(' ')?;
    let decoded = BASE64.decode(encoded.trim().as_bytes()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (_, password) = decoded.split_once(':').filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    Some(password.to_owned())
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
    async fn a_browser_sends_the_token_as_a_password_and_only_the_page_takes_it_so() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "se:cret\n").unwrap();
        let access = Access::new("0.0.0.0:1".parse().unwrap(), Some(file.path().to_owned()));
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text.as_bytes()));
        let shows = async |header: &str| {
            access.shows_page(&HeaderMap::from_iter([(header::AUTHORIZATION, header.parse().unwrap())])).await
        };
        for right in [basic("anybody:se:cret"), basic(":se:cret"), "Bearer se:cret".to_owned()] {
            assert!(shows(&right).await, "{right}");
        }
        for wrong in [basic("se:cret"), basic("anybody:"), basic(""), "Basic %%%".to_owned(), "Basic".to_owned()] {
            assert!(!shows(&wrong).await, "{wrong}");
        }
        assert!(!access.admits(Some(&basic("anybody:se:cret"))).await);
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
