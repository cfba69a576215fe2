//! `apply` on a terminal: it shows, asks, and does what was shown or nothing.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

use serde_json::json;

use crate::support::{Account, Backend, python};

const QUESTION: &str = "Only \"yes\" does it:";

/// Runs apply on a terminal. When it has asked, `meanwhile` happens, then the answer is typed. Gives the exit code
/// and everything that was shown.
fn apply(account: &Account, answer: &str, meanwhile: impl FnOnce()) -> (Option<i32>, String) {
    let mut command = python::script("terminal.py");
    command.args([QUESTION, env!("CARGO_BIN_EXE_iamatrix"), "apply", "--mode", "enforce", "--config"]);
    command.arg(account.config.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut terminal = account.environment(&mut command).spawn().unwrap();
    let mut shown = BufReader::new(terminal.stdout.take().unwrap());
    let mut line = String::new();
    shown.read_line(&mut line).unwrap();
    assert_eq!(line, "ASKED\n");
    meanwhile();
    writeln!(terminal.stdin.take().unwrap(), "{answer}").unwrap();
    let mut rest = String::new();
    shown.read_to_string(&mut rest).unwrap();
    (terminal.wait().unwrap().code(), rest)
}

#[test]
fn yes_does_what_was_shown() {
    let account = Account::with_users(Backend::Sandbox);
    let (code, shown) = apply(&account, "yes", || ());
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("to account 123456789012 in mode enforce?"), "{shown}");
    account.is_equal();
}

#[test]
fn anything_but_yes_does_nothing() {
    let account = Account::with_users(Backend::Sandbox);
    for answer in ["no", "", "y", "Yes please", "YES"] {
        let (code, shown) = apply(&account, answer, || ());
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains("Nothing was done."), "{answer}: {shown}");
    }
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
}

#[test]
fn a_change_made_while_one_reads_is_refused_and_nothing_is_done() {
    let account = Account::with_users(Backend::Sandbox);
    let user = json!({ "UserName": "tiger@demoasacode.io" });
    let (code, shown) = apply(&account, "yes", || drop(account.by_hand("delete_user", user)));
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("the account changed while you were reading; nothing was done"), "{shown}");
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
}

#[test]
fn a_matrix_edited_while_one_reads_does_not_change_what_is_done() {
    let account = Account::with_users(Backend::Sandbox);
    let matrix = account.config.read("matrix.yaml");
    let (code, shown) = apply(&account, "yes", || account.config.drop_group("Viewer"));
    assert_eq!(code, Some(0), "{shown}");
    account.config.write("matrix.yaml", &matrix);
    account.is_equal();
}
