//! How the daemon ends.

use std::time::{Duration, Instant};

use serde_json::Value;

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

#[test]
fn killed_anywhere_and_started_again_it_converges() {
    let account = watched();
    for calls in [15, 40, 90] {
        account.wire.take();
        let daemon = enforcing(&account);
        eventually("it is at work", || Some(()).filter(|()| account.wire.calls() > calls));
        daemon.process.signal("KILL");
    }
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    account.is_equal();
}

fn said(line: &Value) -> &str {
    line["message"].as_str().unwrap_or_default()
}
