//! The program on an IAM that is as hard to live with as the real one: writes are seen late, calls come too soon,
//! answers get lost. What has to come out in the end is always the same account.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use support::{Account, eventually};

/// Applies until there is nothing left to do, and tells how often that was.
#[track_caller]
fn applies_until_equal(account: &Account) -> usize {
    let mut runs = 0;
    while account.plan().code != 0 {
        runs += 1;
        assert!(runs <= 3, "it does not come to an end\n{}", account.plan().stdout);
        let run = account.apply();
        assert!(run.code == 0 || run.code == 1, "{run:?}");
    }
    account.is_equal();
    runs
}

#[test]
fn one_apply_is_enough_when_what_was_written_is_seen_late() {
    let account = Account::in_conditions("propagation: 300ms");
    account.apply().exits(0);
    let writes = account.wire.take_writes();
    eventually("the last write is seen", || (account.plan().code == 0).then_some(()));
    account.is_equal();
    let attached = writes.iter().filter(|action| *action == "AttachGroupPolicy").count();
    assert!(attached > 84, "some were refused at first, as their group or policy was not seen yet: {attached}");
}

#[test]
fn one_apply_is_enough_when_what_is_being_changed_cannot_be_changed_again() {
    let account = Account::in_conditions(
        "busy: 100ms\nrules: [{ action: '*', nth: 30, times: 3, then: { fail: ConcurrentModification } }]",
    );
    account.apply().exits(0);
    account.plan().exits(0);
    account.is_equal();
}

#[test]
fn one_apply_is_enough_when_calls_are_throttled() {
    let account = Account::in_conditions(
        "throttling: { actions: { AttachGroupPolicy: { perSecond: 15, burst: 5 }, AddUserToGroup: { perSecond: 15 } } }",
    );
    let planned = account.plan().exits(2).planned().len();
    account.wire.take();
    account.apply().exits(0);
    let writes = account.wire.take_writes().len();
    assert!(writes > planned, "{writes} calls for {planned} changes: some were refused and made again");
    account.plan().exits(0);
    account.is_equal();
}

#[test]
fn a_call_that_fails_for_a_moment_is_made_again() {
    for code in ["ServiceFailure", "ServiceUnavailable", "InternalFailure"] {
        let account = Account::in_conditions(&format!("rules: [{{ action: '*', nth: 20, then: {{ fail: {code} }} }}]"));
        account.apply().exits(0);
        account.plan().exits(0);
    }
}

#[test]
fn an_answer_that_is_lost_on_the_way_makes_nothing_twice() {
    let actions = ["CreatePolicy", "CreateGroup", "AttachGroupPolicy", "AddUserToGroup", "UpdateAccountPasswordPolicy"];
    for action in actions {
        for when in ["before", "after"] {
            let rule = format!("rules: [{{ action: {action}, nth: 1, when: {when}, then: cut }}]");
            let account = Account::in_conditions(&rule);
            let runs = applies_until_equal(&account);
            assert!(runs <= 2, "{action}, cut {when} its effect: {runs} runs");
        }
    }
}
