//! The page at `/`: the matrix as people know it, with what the account has of it.
//!
//! Owns: which sections the page has, its headers and its assets. Must not: decide who may see it, or keep anything.

mod alerts;
mod assets;
mod changes;
mod drift;
mod effect;
mod filter;
mod history;
mod matrix;
mod mfa;
mod parts;
mod rest;
mod summary;
#[cfg(test)]
mod tests;
mod view;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

pub(super) use assets::asset;
pub(super) use view::View;

use super::answers::{BASIC, BEARER};
use crate::status::Status;

/// Nothing is loaded but our own style, script and icon; nothing may frame the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What every page says to the browser.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Whether whoever asks can show a page; others, such as curl, get a list of the endpoints.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.into_iter().any(|value| value.to_ascii_lowercase().contains("text/html"))
}

/// The page of a status at that time.
pub(super) fn page(status: &Status, view: &View, now: Timestamp) -> Response {
    (HEADERS, render(status, view, now)).into_response()
}

/// Why names are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The token is missing or wrong.
    Token,
    /// Beyond loopback it takes a token, and there is no file of any.
    NoTokenFile,
    /// Somebody else's name leads here.
    OtherName,
}

/// What a person sees who may not see the page; where a token would help, the browser is asked for it.
pub(super) fn refused(refusal: Refusal) -> Response {
    let body = document("Sign in · iamatrix", &View::default(), &explanation(refusal)).into_string();
    let status = if refusal == Refusal::OtherName { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
    let mut response = (status, HEADERS, body).into_response();
    let ask = match refusal {
        Refusal::Token => BASIC,
        Refusal::NoTokenFile | Refusal::OtherName => BEARER,
    };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static(ask));
    response
}

fn explanation(refusal: Refusal) -> Markup {
    html! {
        section.verdict.warn aria-labelledby="verdict" {
            h1 #verdict { "This page names people and policies" }
            @match refusal {
                Refusal::Token => {
                    p { "Reload it and enter a token of " code { "tokenFile" } " as the password. The user name does not matter." }
                }
                Refusal::NoTokenFile => {
                    p { "Beyond this machine it is shown only to who has a token. Set " code { "tokenFile" }
                        " in operator.yaml and restart; or let it listen on 127.0.0.1 and come through a tunnel, such as "
                        code { "kubectl port-forward" } " or " code { "ssh -L" } "." }
                }
                Refusal::OtherName => {
                    p { "Without a token it is for who asks 127.0.0.1 or localhost, not another name that leads here." }
                }
            }
            p { a href="/status" { "Counts without names" } " are shown to everybody." }
        }
    }
}

/// The page as HTML. Everything from the account and the files is escaped.
fn render(status: &Status, view: &View, now: Timestamp) -> String {
    let verdict = summary::Verdict::of(status);
    let title = match &status.account {
        Some(account) => format!("{} · iamatrix {account}", verdict.title),
        None => format!("{} · iamatrix", verdict.title),
    };
    let main = html! {
        (summary::section(status, &verdict, now))
        (alerts::sections(status, now))
        @if let Some(grid) = &status.grid {
            (filter::form(grid, view))
            (matrix::sections(status, grid, view))
        }
        (mfa::section(status, view, now))
        (drift::section(status, view, now))
        (changes::plan(status))
        (rest::left_alone(status))
        (history::section(status, now))
        (rest::warnings(status))
    };
    document(&title, view, &main).into_string()
}

const SECTIONS: [(&str, &str); 6] = [
    ("#users", "Users"),
    ("#policies", "Policies"),
    ("#mfa", "MFA"),
    ("#drift", "Drift"),
    ("#plan", "Plan"),
    ("#history", "History"),
];

const DATA: [&str; 6] = ["/status", "/drift", "/plan", "/audit", "/history", "/metrics"];

fn document(title: &str, view: &View, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="canonical" href=(view.link());
                link rel="icon" type="image/svg+xml" href=(assets::ICON.path());
                link rel="stylesheet" href=(assets::STYLE.path());
                script defer src=(assets::SCRIPT.path()) {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.bar {
                    a.brand href="/" { "iamatrix" }
                    nav aria-label="Sections" {
                        @for (at, name) in SECTIONS { a href=(at) { (name) } }
                    }
                    div #refresh {}
                }
                main #main tabindex="-1" { (main) }
                p #news.unseen role="status" {}
                footer {
                    span { "iamatrix " (env!("CARGO_PKG_VERSION")) }
                    nav aria-label="The same as data" { @for path in DATA { a href=(path) { (path) } } }
                }
            }
        }
    }
}
