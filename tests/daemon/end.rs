//! How the daemon ends.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::care::{enforcing, watched};
use crate::support::daemon::Daemon;
use crate::support::{Account, eventually};

#[test]
fn told_to_stop_while_it_waits_it_ends_at_once_and_well() {
    for signal in ["TERM", "INT"] {
        let account = watched();
        let mut daemon = enforcing(&account);
        daemon.until_in_sync();
        let told = Instant::now();
        daemon.process.signal(signal);
        assert_eq!(daemon.process.exit_code(), Some(0), "{signal}");
        assert!(told.elapsed() < Duration::from_secs(5), "{signal}: {:?}", told.elapsed());
    }
}

/// Waits until a call is under way, and is not answered.
fn held_in_the_middle(account: &Account) {
    account.wire.hold(true);
    eventually("a call is under way", || Some(()).filter(|()| account.wire.calls() > 0));
}

/// A daemon that is told to stop while calls that write are under way, and has heard it.
fn stopping_in_the_middle(account: &Account) -> Daemon {
    let daemon = enforcing(account);
    daemon.until("work", |_| account.wire.calls() > 20);
    held_in_the_middle(account);
    daemon.process.signal("TERM");
    eventually("it has heard", || daemon.log().into_iter().find(|line| said(line).starts_with("stopping")));
    daemon
}

#[test]
fn told_to_stop_in_the_middle_of_a_call_it_finishes_that_call_and_begins_no_other() {
    let account = watched();
    let mut daemon = stopping_in_the_middle(&account);
    assert!(daemon.process.ended().is_none(), "a call is under way");
    let begun = account.wire.calls();
    account.wire.hold(false);
    assert_eq!(daemon.process.exit_code(), Some(0));
    // Up to four calls are under way at once, and the relay may not have seen all of them when the signal came.
    let (seen, under_way) = (account.wire.calls(), 4);
    assert!(seen <= begun + under_way, "something new was begun: {seen} calls after {begun}");
    // Stopped anywhere, started again: it converges.
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    account.is_equal();
}

#[test]
fn told_twice_it_ends_at_once_even_in_the_middle_of_a_call() {
    let account = watched();
    let mut daemon = stopping_in_the_middle(&account);
    let told = Instant::now();
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(1));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

#[test]
fn told_to_stop_while_it_reads_it_ends_at_once_because_reading_changes_nothing() {
    let account = watched();
    account.wire.hold(true);
    let mut daemon = enforcing(&account);
    held_in_the_middle(&account);
    let told = Instant::now();
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}

/// Killed after a few calls, again and again, until there is nothing left to do: each of these moments is seen from
/// outside, and whoever has an allow of a group has its guards, and those of everybody.
#[test]
fn killed_anywhere_nobody_has_an_allow_without_its_guards_and_started_again_it_converges() {
    let account = watched();
    let mut deaths = 0;
    loop {
        account.wire.hold_after(19);
        let mut daemon = enforcing(&account);
        let done = eventually("held, or done", || {
            let done = daemon.status()["lastGoodAt"].is_string();
            Some(done).filter(|done| *done || account.wire.is_held())
        });
        assert_eq!(account.unguarded(), json!([]), "held for the {deaths}. time");
        daemon.process.signal("KILL");
        daemon.process.exit_code();
        // What was on its way arrives after the death of who sent it.
        account.wire.hold(false);
        assert_eq!(account.unguarded(), json!([]), "killed for the {deaths}. time");
        if done {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 5, "killed {deaths} times only");
    account.is_equal();
    // That the witness would have told.
    account.by_hand(
        "detach_group_policy",
        json!({ "GroupName": "DBA-2", "PolicyArn": account.document("MFAForcePolicy") }),
    );
    assert_ne!(account.unguarded(), json!([]));
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    account.is_equal();
}

/// Slow by itself: nothing is held, every call that adds a member takes its time.
#[test]
fn told_to_stop_while_iam_is_slow_it_ends_well_and_the_next_one_finishes() {
    let account = Account::in_conditions("rules: [{ action: AddUserToGroup, then: { delay: 300ms } }]");
    account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    let mut daemon = enforcing(&account);
    eventually("members are added", || daemon.log().into_iter().find(|line| said(line).starts_with("add ")));
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(0));
    let log = daemon.log();
    assert!(log.iter().any(|line| said(line).ends_with("not begun, the operator is stopping")), "{log:?}");
    assert!(log.iter().all(|line| line["level"] != "ERROR"), "{log:?}");
    assert_eq!(account.unguarded(), json!([]));
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    account.is_equal();
}

#[test]
fn told_to_stop_it_waits_for_no_client() {
    let account = watched();
    let mut daemon = enforcing(&account);
    daemon.until_in_sync();
    // One that never ends its question, one that never reads its answer, one that just stays.
    let mut clients: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(&daemon.address).unwrap()).collect();
    clients[0].write_all(b"GET /status HTTP/1.1\r\nHost: te").unwrap();
    (0..20).for_each(|_| clients[1].write_all(b"GET /drift HTTP/1.1\r\nHost: test\r\n\r\n").unwrap());
    daemon.until_in_sync();
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(0), "{:?}", daemon.log());
}

fn said(line: &Value) -> &str {
    line["message"].as_str().unwrap_or_default()
}
