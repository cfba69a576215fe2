//! The program as a sandbox: what boto3 and the AWS CLI meet when conditions are switched on, what the admin listener
//! tells of it, and that the account stays.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::program::{Process, Run, clear, iamatrix};
use support::python::{Hand, program};

struct Sandbox {
    process: Process,
    address: String,
}

impl Sandbox {
    fn start(flags: &[&str]) -> Self {
        let mut process = Process::start(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0"]).args(flags));
        let address = process.address_after("A local IAM is at http://");
        Sandbox { process, address }
    }

    /// Started with an admin listener, and where that is.
    fn with_admin(flags: &[&str]) -> (Self, String) {
        let mut sandbox = Sandbox::start(&[&["--admin", "127.0.0.1:0"], flags].concat());
        let admin = sandbox.process.address_after("admin listener is at http://");
        (sandbox, admin)
    }

    fn aws(&self, words: &[&str]) -> Run {
        self.run(program("aws").args(words))
    }

    /// Runs Python with boto3 as it comes, which tries again what may pass.
    fn boto3(&self, words: &str) -> Run {
        self.run(program("python").args(["-c", &format!("import boto3; iam = boto3.client('iam'); {words}")]))
    }

    fn run(&self, command: &mut Command) -> Run {
        let credentials = [("AWS_ACCESS_KEY_ID", "s"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let endpoint = format!("http://{}", self.address);
        Run::of(
            clear(command)
                .env("AWS_ENDPOINT_URL", endpoint)
                .env("AWS_REGION", "us-east-1")
                .env("AWS_DEFAULT_REGION", "us-east-1")
                .envs(credentials),
        )
    }

    fn hand(&self) -> Hand {
        Hand::new(&format!("http://{}", self.address), "123456789012")
    }

    #[track_caller]
    fn ends(mut self) {
        self.process.signal("TERM");
        assert_eq!(self.process.exit_code(), Some(0), "{}", self.process.lines().join("\n"));
    }
}

/// Asks an admin listener, and gives the status and the body.
fn ask(admin: &str, request: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(admin).unwrap();
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn journal(admin: &str, query: &str) -> Vec<Value> {
    let (status, lines) = ask(admin, &format!("GET /journal{query}"), "");
    assert_eq!(status, 200, "{lines}");
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_kept_account_goes_on_after_a_restart_and_gives_no_id_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (file, described) = (folder.path().join("kept.json"), folder.path().join("account.yaml"));
    fs::write(&described, "account: \"210987654321\"\ngroups: { Staff: {} }\n").unwrap();
    let flags = ["--save", text(&file), "--account", text(&described)];
    let first = Sandbox::start(&flags);
    let made = first.aws(&["iam", "create-user", "--user-name", "lamp", "--query", "User.UserId"]).exits(0).stdout;
    first.ends();
    let second = Sandbox::start(&flags);
    let lines = second.process.lines().join("\n");
    assert!(lines.contains("goes on from") && lines.contains("--account counted only"), "{lines}");
    second.aws(&["iam", "get-group", "--group-name", "Staff"]).exits(0).says("arn:aws:iam::210987654321:group/Staff");
    let found = second.aws(&["iam", "get-user", "--user-name", "lamp", "--query", "User.UserId"]).exits(0).stdout;
    assert_eq!(found, made);
    let other = second.aws(&["iam", "create-user", "--user-name", "car", "--query", "User.UserId"]).exits(0).stdout;
    assert_ne!(other, made);
    second.ends();
}

#[test]
fn a_terminal_that_goes_away_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.json");
    let mut sandbox = Sandbox::start(&["--save", text(&file)]);
    sandbox.hand().call("create_user", json!({ "UserName": "lamp" })).unwrap();
    sandbox.process.signal("HUP");
    assert_eq!(sandbox.process.exit_code(), Some(0));
    assert!(fs::read_to_string(&file).unwrap().contains("\"lamp\""));
}

#[test]
fn a_second_sandbox_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.json");
    let first = Sandbox::start(&["--save", text(&file)]);
    let run = Run::of(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0", "--save", text(&file)]));
    run.exits(1).says("kept.json: another running sandbox keeps its account there; end that one");
    first.ends();
}

#[test]
fn a_file_that_is_no_saved_account_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "do not lose me").unwrap();
    let run = Run::of(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0", "--save", text(&file)]));
    run.exits(1).says("notes.txt: this is no saved account of a sandbox").says("name another file");
    assert_eq!(fs::read_to_string(&file).unwrap(), "do not lose me");
}

#[test]
fn boto3_tries_a_cut_call_again_and_the_journal_shows_both() {
    let folder = tempfile::tempdir().unwrap();
    let conditions = folder.path().join("conditions.yaml");
    fs::write(&conditions, "rules: [{ action: CreateGroup, when: after, then: cut }]").unwrap();
    let (sandbox, admin) = Sandbox::with_admin(&["--conditions", text(&conditions)]);
    // The first try has taken effect, so the second finds the group there: as on real IAM.
    sandbox.boto3("iam.create_group(GroupName='Staff')").exits(1).says("EntityAlreadyExists");
    let calls = journal(&admin, "?action=CreateGroup");
    let told: Vec<_> = calls.iter().map(|call| (call["outcome"].clone(), call["effect"].clone())).collect();
    assert_eq!(told, [(json!("cut"), json!(true)), (json!("refused"), json!(false))]);
    sandbox.ends();
}

#[test]
fn what_is_switched_on_while_it_runs_counts_at_once() {
    let (sandbox, admin) = Sandbox::with_admin(&["--propagation", "1h"]);
    let mut hand = sandbox.hand();
    let user = json!({ "UserName": "lamp" });
    hand.call("create_user", user.clone()).unwrap();
    let error = hand.call("get_user", user.clone()).unwrap_err();
    assert!(error.to_string().contains("NoSuchEntity"), "{error}");
    assert_eq!(
        ask(&admin, "PUT /conditions", r#"{"rules":[{"action":"GetUser","nth":2,"then":{"fail":"ServiceFailure"}}]}"#)
            .0,
        200
    );
    hand.call("get_user", user.clone()).unwrap();
    assert_eq!(ask(&admin, "PUT /conditions", r#"{"propagatoin":"2s"}"#).0, 400);
    let error = hand.call("get_user", user.clone()).unwrap_err();
    assert!(error.to_string().contains("ServiceFailure"), "{error}");
    assert_eq!(ask(&admin, "POST /reset", "").0, 204);
    hand.call("get_user", user).unwrap_err();
    sandbox.ends();
}

#[test]
fn conditions_with_a_wrong_key_are_refused_with_place_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("conditions.yaml");
    fs::write(&file, "busy: 1s\nrulse: []\n").unwrap();
    let run = Run::of(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0", "--conditions", text(&file)]));
    run.exits(1).says("conditions.yaml: unknown field `rulse`").says("line 2").says("correct it there");
}

#[test]
fn the_aws_surface_knows_nothing_of_the_admin_listener() {
    let (sandbox, _) = Sandbox::with_admin(&[]);
    for page in ["GET /journal", "PUT /conditions", "POST /reset", "GET /account"] {
        let (status, body) = ask(&sandbox.address, page, "");
        assert_eq!(status, 404, "{page}");
        assert!(body.contains("<Code>UnknownOperationException</Code>"), "{body}");
    }
    sandbox.ends();
}
