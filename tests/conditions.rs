//! The program on an IAM that is as hard to live with as the real one: writes are seen late, calls come too soon,
//! answers get lost. What has to come out in the end is always the same account.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::{Account, eventually};

/// One apply makes the account equal, and makes so many calls more than it has changes.
#[track_caller]
fn calls_beyond_the_plan_of_one_apply(account: &Account) -> usize {
    let planned = account.plan().exits(2).planned().len();
    account.wire.take();
    account.apply().exits(0);
    let writes = account.wire.take_writes().len();
    eventually("the last write is seen", || (account.plan().code == 0).then_some(()));
    account.is_equal();
    writes - planned
}

#[test]
fn one_apply_is_enough_when_what_was_written_is_seen_late() {
    let account = Account::in_conditions("propagation: 300ms");
    let again = calls_beyond_the_plan_of_one_apply(&account);
    assert!(again > 0, "some were refused at first, as their group or policy was not seen yet");
}

#[test]
fn one_apply_is_enough_when_changes_clash() {
    let rule = |action, code| format!("{{ action: {action}, nth: 3, times: 2, then: {{ fail: {code} }} }}");
    let clash = rule("AttachGroupPolicy", "ConcurrentModification");
    let unsettled = rule("AddUserToGroup", "EntityTemporarilyUnmodifiable");
    let account = Account::in_conditions(&format!("rules: [{clash}, {unsettled}]"));
    assert_eq!(calls_beyond_the_plan_of_one_apply(&account), 4);
}

#[test]
fn one_apply_is_enough_when_calls_are_throttled() {
    let account = Account::in_conditions(
        "throttling: { actions: { AttachGroupPolicy: { perSecond: 15, burst: 5 }, AddUserToGroup: { perSecond: 15 } } }",
    );
    let again = calls_beyond_the_plan_of_one_apply(&account);
    assert!(again > 0, "some came too soon and were made again");
}

#[test]
fn a_call_that_fails_for_a_moment_is_made_again() {
    for code in ["ServiceFailure", "ServiceUnavailable", "InternalFailure"] {
        let rule = format!("rules: [{{ action: CreatePolicy, nth: 2, then: {{ fail: {code} }} }}]");
        let account = Account::in_conditions(&rule);
        assert_eq!(calls_beyond_the_plan_of_one_apply(&account), 1, "{code}");
    }
}

#[test]
fn an_answer_that_is_lost_on_the_way_makes_nothing_twice() {
    let actions = ["CreatePolicy", "CreateGroup", "AttachGroupPolicy", "AddUserToGroup", "UpdateAccountPasswordPolicy"];
    for action in actions {
        for when in ["before", "after"] {
            let rule = format!("rules: [{{ action: {action}, nth: 1, when: {when}, then: cut }}]");
            let account = Account::in_conditions(&rule);
            assert_eq!(calls_beyond_the_plan_of_one_apply(&account), 1, "{action}, cut {when} its effect");
        }
    }
}
