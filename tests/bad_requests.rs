//! Requests that no SDK sends, over the socket to the real binary: each is answered as IAM would, or refused cleanly,
//! and the next good one is served by the same process.
#![allow(
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test may panic, and uses a part of the support"
)]

mod support;

#[path = "bad_requests/crowd.rs"]
mod crowd;
#[path = "bad_requests/forms.rs"]
mod forms;
#[path = "bad_requests/http.rs"]
mod http;

use std::io::{self, Write as _};
use std::net::{Shutdown, SocketAddr};

use support::http::{Answer, Client, connect};
use support::program::{Process, iamatrix};

/// What may come back.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// IAM's error: status and code.
    Error(u16, &'static str),
    /// The action is done.
    Done,
    /// A status of HTTP, before anything of IAM is reached.
    Status(u16),
    /// The connection ends without a word.
    Closed,
}

/// A request and what comes back, with a name that says what is wrong with it.
pub struct Case {
    pub name: &'static str,
    pub request: Vec<u8>,
    pub expected: Expected,
}

pub fn case(name: &'static str, request: impl Into<Vec<u8>>, expected: Expected) -> Case {
    Case { name, request: request.into(), expected }
}

/// A sandbox that has to outlive what is done to it.
pub struct Target {
    process: Process,
    pub address: SocketAddr,
}

impl Target {
    pub fn start() -> Self {
        let mut process = Process::start(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0"]));
        let address = process.address_after("http://").parse().unwrap();
        Target { process, address }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Tries the cases, each on a connection of its own.
    pub fn holds(&mut self, cases: &[Case]) {
        let failures: Vec<_> = cases.iter().filter_map(|case| self.fails(case)).collect();
        assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), cases.len(), failures.join("\n"));
    }

    /// The same process serves, and has not complained.
    pub fn is_well(&mut self) {
        let answer = Client::of(self.address).ask("ListUsers", "");
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(self.process.ended().is_none());
        let said = self.process.lines().join("\n");
        assert!(!said.contains("panicked"), "{said}");
    }

    fn fails(&mut self, case: &Case) -> Option<String> {
        let answer = exchange(self.address, &case.request);
        self.is_well();
        let why = match answer {
            Ok(answer) => wrong(answer.as_ref(), case.expected)?,
            Err(error) => error.to_string(),
        };
        Some(format!("{}: {:?} expected, but {why}", case.name, case.expected))
    }
}

/// Sends everything, says that no more follows, and reads the answer. A server may answer before it has read all.
pub fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<Option<Answer>> {
    let mut stream = connect(address)?;
    let mut half = stream.get_ref().try_clone()?;
    let request = request.to_vec();
    let sender = std::thread::spawn(move || {
        let sent = half.write_all(&request);
        // The server may have closed already.
        let _ = half.shutdown(Shutdown::Write);
        sent
    });
    let answer = Answer::read(&mut stream);
    // What could not be sent any more is no failure: the answer counts.
    let _ = sender.join().unwrap();
    answer
}

/// What is wrong with an answer.
fn wrong(answer: Option<&Answer>, expected: Expected) -> Option<String> {
    let Some(answer) = answer else {
        return (!matches!(expected, Expected::Closed)).then(|| String::from("the connection was closed"));
    };
    let text = answer.text();
    let fits = match expected {
        Expected::Error(status, code) => answer.status == status && is_error(answer, code),
        Expected::Done => answer.status == 200 && text.contains("Response xmlns="),
        Expected::Status(status) => answer.status == status,
        Expected::Closed => false,
    };
    (!fits).then(|| format!("{}\n{}", answer.head.trim_end(), text.chars().take(400).collect::<String>()))
}

/// An error of IAM's form, no longer than a person can read.
fn is_error(answer: &Answer, code: &str) -> bool {
    let text = answer.text();
    let id = answer.field("x-amzn-requestid").unwrap_or("none");
    text.starts_with("<ErrorResponse xmlns=\"https://")
        && text.contains(&format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>"))
        && text.ends_with(&format!("</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"))
        && answer.field("content-type") == Some("text/xml")
        && text.len() < 64 * 1024
}
