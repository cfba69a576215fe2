//! The daemon, and what it serves.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::program::Process;
use super::{Account, eventually};

pub struct Daemon {
    pub process: Process,
    pub address: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Page {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Daemon {
    /// Starts it on an account, with more flags, and waits until it serves.
    pub fn on(account: &Account, flags: &[&str]) -> Self {
        let args = [&["run", "--listen", "127.0.0.1:0", "--log-format", "json"], flags].concat();
        Daemon::start(&mut account.command(&args))
    }

    pub fn start(command: &mut Command) -> Self {
        let mut process = Process::start(command);
        let port = process.address_after("status at http://").rsplit(':').next().unwrap().to_owned();
        Daemon { process, address: format!("127.0.0.1:{port}") }
    }

    pub fn get(&self, path: &str) -> Page {
        self.get_with(path, "")
    }

    /// Asks for a page with more header lines, each with its line end.
    pub fn get_with(&self, path: &str, headers: &str) -> Page {
        self.ask("GET", path, headers)
    }

    /// Asks for something to be done, with a token.
    pub fn post(&self, path: &str, token: &str) -> Page {
        self.ask("POST", path, &format!("Authorization: Bearer {token}\r\nContent-Length: 0\r\n"))
    }

    fn ask(&self, method: &str, path: &str, headers: &str) -> Page {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.to_ascii_lowercase().contains("chunked"), "{head}");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Page { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub fn status(&self) -> Value {
        self.get("/status").json()
    }

    /// Waits until `/status` is as wanted, and gives it.
    pub fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(what, || Some(self.status()).filter(&wanted))
    }

    pub fn until_ready(&self) {
        eventually("ready", || Some(()).filter(|()| self.get("/readyz").status == 200));
    }

    /// Waits for a cycle that began after now and found nothing to do.
    pub fn until_in_sync(&self) -> Value {
        // The next cycle to end may have begun before.
        let begun = self.status()["lastCycle"]["number"].as_u64().unwrap_or(0) + 1;
        self.until("in sync", |status| {
            let cycle = &status["lastCycle"];
            cycle["outcome"] == "inSync" && cycle["number"].as_u64() > Some(begun)
        })
    }

    /// Waits for the first audit, and gives `/audit`.
    pub fn until_audited(&self) -> Value {
        eventually("audited", || Some(self.get("/audit").json()).filter(|page| !page["report"].is_null()))
    }

    /// A sample of `/metrics`.
    #[track_caller]
    pub fn metric(&self, name: &str) -> f64 {
        let page = self.get("/metrics").body.replace("{}", "");
        let line = page.lines().find(|line| line.split(' ').next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("no {name} in\n{page}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until other files are in use than before `change`, and the account is as they say.
    pub fn takes(&self, change: impl FnOnce()) {
        let before = self.status()["config"]["digest"].clone();
        change();
        self.until("the change is in use", |status| status["config"]["digest"] != before);
        self.until_in_sync();
    }

    /// The lines of the log that contain these words.
    pub fn said(&self, words: &str) -> Vec<Value> {
        let said = |line: &Value| line["message"].as_str().is_some_and(|message| message.contains(words));
        self.log().into_iter().filter(said).collect()
    }

    /// How often AWS was called, by operation, as `/metrics` tells.
    pub fn called(&self) -> Vec<(String, f64)> {
        let page = self.get("/metrics");
        let samples = page.body.lines().filter_map(|line| line.strip_prefix("iamatrix_api_calls_total{"));
        samples.map(sample).collect()
    }

    /// The log so far, every line a JSON object.
    pub fn log(&self) -> Vec<Value> {
        let line = |line: String| serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.process.lines().into_iter().map(line).collect()
    }
}

fn sample(line: &str) -> (String, f64) {
    let operation = line.split("operation=\"").nth(1).unwrap().split('"').next().unwrap();
    (operation.to_owned(), line.rsplit(' ').next().unwrap().parse().unwrap())
}
