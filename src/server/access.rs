//! Who may do what: what names people or policies is for everybody on loopback and otherwise for who has the token; what
//! changes something is for who has the token, on loopback too.
//!
//! Only the header `Authorization: Bearer` counts. A browser never sends it by itself, so no page of elsewhere can make one
//! ask for a change. Must not: know what is served.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use data_encoding::BASE64;

use super::Shared;
use super::answers::{BASIC, BEARER, problem, unauthorized};
use super::page::Refusal;
use super::token::TokenFile;

/// The rule for one listener.
#[derive(Debug, Clone)]
pub(super) struct Access {
    open: bool,
    tokens: Option<Arc<TokenFile>>,
}

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub SocketAddr);

/// Proof that who asks may read names. A handler that shows any takes one.
#[derive(Debug)]
pub(super) struct MayRead;

/// Proof that who asks may change something, and where they ask from. A handler that changes anything takes one.
#[derive(Debug)]
pub(super) struct MayChange(pub SocketAddr);

const NO_READER: &str = "this page names people and policies: send a token of `tokenFile` as `Authorization: Bearer …`";
const NO_TOKEN_FILE: &str =
    "this page names people and policies: listen on 127.0.0.1, or set `tokenFile` in operator.yaml and restart";
const NO_NAME_OF_OURS: &str = "without a token this page is for who asks 127.0.0.1 or localhost, not another name that \
     leads here: ask by the address, or set `tokenFile` in operator.yaml and restart";
const NO_WRITER: &str = "this changes something: send a token of `tokenFile` as `Authorization: Bearer …`";
const CHANGES_OFF: &str = "nothing can be changed over HTTP, because operator.yaml names no `tokenFile`: set it to a \
     file with a token of at least 16 characters, and restart";

impl Access {
    pub(super) fn new(address: SocketAddr, token_file: Option<PathBuf>) -> Self {
        let open = address.ip().is_loopback() && token_file.is_none();
        Access { open, tokens: token_file.map(|path| Arc::new(TokenFile::new(path))) }
    }

    /// Says now what is wrong with the token file, not only when somebody asks.
    pub(super) async fn look(&self) {
        if let Some(tokens) = &self.tokens {
            tokens.opens("").await;
        }
    }

    async fn read(&self, headers: &HeaderMap) -> Result<(), Response> {
        self.shows_names(headers).await.map_err(|refusal| match refusal {
            Refusal::Token => unauthorized(NO_READER, &[BEARER, BASIC]),
            Refusal::NoTokenFile => unauthorized(NO_TOKEN_FILE, &[BEARER]),
            Refusal::OtherName => problem(StatusCode::FORBIDDEN, NO_NAME_OF_OURS),
        })
    }

    /// Whether whoever sends these headers may see names, or why not. Browsers send no bearer, so here the token counts as
    /// the password of any user, too. What changes something never takes a password: browsers add one that they know to
    /// requests of other sites' making.
    pub(super) async fn shows_names(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match &self.tokens {
            Some(tokens) if has_token(tokens, headers).await || has_password(tokens, headers).await => Ok(()),
            Some(_) => Err(Refusal::Token),
            None if !self.open => Err(Refusal::NoTokenFile),
            None if is_local(headers) => Ok(()),
            None => Err(Refusal::OtherName),
        }
    }

    async fn change(&self, headers: &HeaderMap) -> Result<(), Response> {
        match &self.tokens {
            Some(tokens) if has_token(tokens, headers).await => Ok(()),
            Some(_) => Err(unauthorized(NO_WRITER, &[BEARER])),
            None => Err(problem(StatusCode::FORBIDDEN, CHANGES_OFF)),
        }
    }
}

async fn has_token(tokens: &TokenFile, headers: &HeaderMap) -> bool {
    match credential(headers) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => tokens.opens(token).await,
        _ => false,
    }
}

/// Whether the password of HTTP Basic authentication (RFC 7617) is a token; it stands behind the first colon.
async fn has_password(tokens: &TokenFile, headers: &HeaderMap) -> bool {
    let basic = credential(headers).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let sent = basic.and_then(|(_, sent)| BASE64.decode(sent.trim().as_bytes()).ok());
    match sent.and_then(|sent| String::from_utf8(sent).ok()).as_deref().and_then(|sent| sent.split_once(':')) {
        Some((_, password)) => tokens.opens(password).await,
        None => false,
    }
}

fn credential(headers: &HeaderMap) -> Option<(&str, &str)> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')
}

/// Whether a request names an address of this machine's, not a name that anybody can lead here: a web page can make a
/// browser ask under its own name whatever listens on 127.0.0.1, and read the answer. Programs may send no name at all.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let host = host.to_str().ok().and_then(|host| host.parse::<Uri>().ok());
    let host = host.as_ref().and_then(Uri::host).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

impl FromRequestParts<Shared> for MayRead {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        shared.access.read(&parts.headers).await.map(|()| MayRead)
    }
}

impl FromRequestParts<Shared> for MayChange {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        shared.access.change(&parts.headers).await?;
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Ok(MayChange(parts.extensions.get::<Peer>().map_or(nowhere, |peer| peer.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn headers(lines: &[(header::HeaderName, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    async fn statuses(access: &Access, headers: &HeaderMap) -> (u16, u16) {
        let status = |result: Result<(), Response>| result.map_or_else(|refusal| refusal.status().as_u16(), |()| 200);
        (status(access.read(headers).await), status(access.change(headers).await))
    }

    fn access(address: &str, token_file: Option<PathBuf>) -> Access {
        Access::new(address.parse().unwrap(), token_file)
    }

    #[tokio::test]
    async fn without_a_token_file_loopback_reads_and_nobody_changes_anything() {
        let nothing = HeaderMap::new();
        assert_eq!(statuses(&access("127.0.0.1:1", None), &nothing).await, (200, 403));
        assert_eq!(statuses(&access("[::1]:1", None), &nothing).await, (200, 403));
        assert_eq!(statuses(&access("0.0.0.0:1", None), &nothing).await, (401, 403));
    }

    #[tokio::test]
    async fn with_a_token_file_only_a_bearer_of_the_token_reads_or_changes_anything_on_loopback_too() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{TOKEN}\n")).unwrap();
        for address in ["127.0.0.1:1", "0.0.0.0:1"] {
            let access = access(address, Some(file.path().to_owned()));
            for (sent, status) in [
                (format!("Bearer {TOKEN}"), 200),
                (format!("bearer  {TOKEN} "), 200),
                (format!("Basic {TOKEN}"), 401),
                (TOKEN.to_owned(), 401),
                ("Bearer".to_owned(), 401),
                ("Bearer ".to_owned(), 401),
                (format!("Bearer {TOKEN}0"), 401),
            ] {
                let sent = headers(&[(header::AUTHORIZATION, &sent)]);
                assert_eq!(statuses(&access, &sent).await, (status, status), "{sent:?}");
            }
            let cookie = headers(&[(header::COOKIE, &format!("token={TOKEN}; Authorization=Bearer {TOKEN}"))]);
            assert_eq!(statuses(&access, &cookie).await, (401, 401));
        }
    }

    #[tokio::test]
    async fn a_browser_reads_with_the_token_as_a_password_and_changes_nothing_with_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "0123:456789abcdef\n").unwrap();
        let access = access("0.0.0.0:1", Some(file.path().to_owned()));
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text.as_bytes()));
        for (sent, status) in [
            (basic("anybody:0123:456789abcdef"), 200),
            (basic(":0123:456789abcdef"), 200),
            (basic("0123:456789abcdef"), 401),
            (basic("anybody:"), 401),
            (basic(""), 401),
            ("Basic %%%".to_owned(), 401),
            ("Basic".to_owned(), 401),
        ] {
            let sent = headers(&[(header::AUTHORIZATION, &sent)]);
            assert_eq!(statuses(&access, &sent).await, (status, 401), "{sent:?}");
        }
    }

    #[tokio::test]
    async fn on_open_loopback_a_name_that_was_led_here_reads_nothing() {
        let access = access("127.0.0.1:8080", None);
        for (host, status) in [
            ("127.0.0.1:8080", 200),
            ("localhost:9000", 200),
            ("LOCALHOST", 200),
            ("[::1]:8080", 200),
            ("evil.example:8080", 403),
            ("localhost.evil.example", 403),
            ("", 403),
        ] {
            assert_eq!(statuses(&access, &headers(&[(header::HOST, host)])).await.0, status, "{host}");
        }
    }
}
