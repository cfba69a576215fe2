//! What the daemon serves over HTTP, as programs and attackers meet it: the `OpenAPI` document and what is really answered,
//! the token, and everything that is no proper request.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and takes the time of real processes"
)]

mod support;

#[path = "http/abuse.rs"]
mod abuse;
#[path = "http/document.rs"]
mod document;
#[path = "http/token.rs"]
mod token;

use support::daemon::Daemon;
use support::{Account, Backend};

/// An account that is equal to the matrix, looked at every second.
fn account() -> Account {
    let account = Account::converged(Backend::Sandbox);
    account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    account
}

/// The daemon on it, on loopback, with the token in operator.yaml.
fn with_token(account: &Account, token: &str) -> Daemon {
    account.config.write("token", &format!("{token}\n"));
    let named = format!("tokenFile: {}\n", account.config.file("token").display());
    let settings = std::fs::read_to_string(account.config.file("operator.yaml")).unwrap();
    account.config.write("operator.yaml", &(settings + &named));
    let daemon = Daemon::on(account, &["--mode", "enforce"]);
    daemon.until_in_sync();
    daemon
}

/// What a request over a connection of its own is answered.
fn ask(daemon: &Daemon, request: &str) -> support::http::Answer {
    use std::io::Write as _;
    let mut stream = support::http::connect(daemon.address.parse().unwrap()).unwrap();
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    support::http::Answer::read(&mut stream).unwrap().unwrap_or_else(|| panic!("no answer to {request}"))
}
