//! The audit trail: what was done, what was decided, and by whom, one line each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::care::{enforcing, watched};
use crate::support::daemon::Daemon;
use crate::support::{Account, Backend, eventually};

/// The lines of the trail, of one event.
fn trail(daemon: &Daemon, event: &str) -> Vec<Value> {
    daemon.log().into_iter().filter(|line| line["target"] == "audit" && line["event"] == event).collect()
}

#[test]
fn the_log_has_one_audit_line_for_each_change_with_the_request_id() {
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    let writes = account.wire.take_writes().len();
    let log = daemon.log();
    let audit = trail(&daemon, "change");
    assert_eq!(audit.len(), writes);
    let ids: BTreeSet<&str> = audit.iter().map(|line| line["request_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), writes, "every call has a request id of its own");
    assert!(audit.iter().all(|line| line["plan"].as_str().unwrap().len() == 64), "each tells its plan's digest");
    let messages: BTreeSet<&str> = audit.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert!(messages.contains("add tiger@demoasacode.io to Baseline"), "{messages:?}");
    let cycles = log.iter().filter(|line| line["done"].is_u64()).count();
    assert_eq!(cycles, 1, "one line for the cycle that changed something");
}

#[test]
fn every_line_says_what_was_there_before_and_after_and_which_commit_wanted_it() {
    let account = watched();
    account.config.write("REVISION", "0123456789abcdef0123456789abcdef01234567\n");
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    let changes = trail(&daemon, "change");
    for line in &changes {
        assert_eq!(line["outcome"], "done", "{line}");
        assert_eq!(line["revision"], "0123456789abcdef0123456789abcdef01234567", "{line}");
        assert!(line["before"].is_string() && line["after"].is_string() && line["kind"].is_string(), "{line}");
    }
    let of = |kind: &str| changes.iter().find(|line| line["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    assert_eq!((&of("addMember")["before"], &of("addMember")["after"]), (&json!("absent"), &json!("present")));
    assert_eq!(of("createDocument")["before"], "absent");
    let digest = of("createDocument")["after"].as_str().unwrap();
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{digest}");

    let statement = json!({ "Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*" });
    let other = json!({ "Version": "2012-10-17", "Statement": statement });
    let arn = account.document("MFAForcePolicy");
    account
        .by_hand("create_policy_version", json!({ "PolicyArn": arn, "PolicyDocument": other, "SetAsDefault": true }));
    let update = eventually("the document is put back", || {
        trail(&daemon, "change").into_iter().find(|line| line["kind"] == "updateDocument")
    });
    let before = update["before"].as_str().unwrap();
    assert!(before.starts_with("v2 sha256:"), "the version and the text that were put in by hand: {before}");
    let created = changes.iter().find(|line| line["message"] == "create document MFAForcePolicy").unwrap();
    assert_eq!(update["after"], created["after"], "the same text as at first");
    assert_eq!(daemon.status()["config"]["revision"], "0123456789abcdef0123456789abcdef01234567");
    let history = daemon.get("/history").json();
    assert_eq!(history["changes"][0]["revision"], "0123456789abcdef0123456789abcdef01234567");
}

#[test]
fn the_trail_has_what_decides_about_changes_the_configuration_its_mode_and_a_suspension() {
    let account = Account::converged(Backend::Sandbox);
    account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    let daemon = Daemon::on(&account, &[]);
    daemon.until_in_sync();
    let mode = daemon.status()["mode"].as_str().unwrap().to_owned();
    assert_eq!(mode, "observe");
    account.config.edit("operator.yaml", "mode: observe", "mode: additive");
    daemon.until("additive", |status| status["mode"] == "additive");
    account.config.edit("operator.yaml", "suspend: false", "suspend: true");
    daemon.until("suspended", |status| status["suspended"] == true);
    account.config.edit("operator.yaml", "suspend: true", "suspend: false");
    daemon.until("no longer", |status| status["suspended"] == false);
    let told = |event: &str| -> Vec<(Value, Value)> {
        let line = |line: Value| (line["before"].clone(), line["after"].clone());
        trail(&daemon, event).into_iter().map(line).collect()
    };
    assert_eq!(told("mode"), [(json!("observe"), json!("additive"))]);
    let (running, suspended) = (json!("running"), json!("suspended"));
    assert_eq!(told("suspend"), [(running.clone(), suspended.clone()), (suspended, running)]);
    let configurations: BTreeSet<String> =
        trail(&daemon, "config").iter().map(|line| line["config"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        (configurations.len(), trail(&daemon, "config").len()),
        (3, 4),
        "each once, and the one that came back twice"
    );
}
