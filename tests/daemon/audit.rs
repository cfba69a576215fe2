//! What the daemon keeps of an audit, and what that costs.

use serde_json::{Value, json};

use crate::care::{enforcing, watched};
use crate::support::Account;

/// The operations that only the audit calls.
const OWN: [&str; 7] = [
    "GenerateCredentialReport",
    "GetCredentialReport",
    "ListMFADevices",
    "ListOpenIDConnectProviders",
    "ListOrganizationsFeatures",
    "ListSAMLProviders",
    "ListVirtualMFADevices",
];

fn result<'p>(page: &'p Value, row: &str) -> &'p Value {
    page["report"]["rows"].as_array().unwrap().iter().find(|result| result["id"] == row).unwrap()
}

fn device_of<'p>(page: &'p Value, user: &str) -> &'p Value {
    page["devices"].as_array().unwrap().iter().find(|held| held["user"] == user).unwrap()
}

fn give_a_password(account: &Account, user: &str) {
    account.by_hand("create_login_profile", json!({ "UserName": user, "Password": "Correct-Horse-7-Battery" }));
}

#[test]
fn the_audit_is_served_with_everybodys_devices_and_its_age() {
    let account = watched();
    give_a_password(&account, "tiger@demoasacode.io");
    let daemon = enforcing(&account);
    let page = daemon.until_audited();
    assert_eq!(page["report"]["account"], account.id);
    assert!(
        page["ageSeconds"].as_i64().unwrap() < 60 && page["credentialsAgeSeconds"].as_i64().unwrap() < 60,
        "{page}"
    );
    assert_eq!(page["problem"], Value::Null);
    let row = result(&page, "console-mfa");
    assert_eq!((&row["result"], &row["findings"][0]["object"]), (&json!("fail"), &json!("tiger@demoasacode.io")));
    let held = device_of(&page, "tiger@demoasacode.io");
    assert_eq!(held["answer"], "none", "{held}");
    assert!(held["ageSeconds"].as_i64().unwrap() < 60, "{held}");
    assert_eq!(result(&page, "mfa-enforced")["result"], "fail", "{page}");
}

#[test]
fn the_audits_calls_come_once_are_counted_apart_and_show_in_the_metrics() {
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_audited();
    let cycle = daemon.until_in_sync();
    assert_eq!(cycle["lastCycle"]["calls"], 3, "a cycle has its own calls only");
    account.wire.take();
    daemon.until_in_sync();
    let heard = account.wire.take();
    assert!(!heard.iter().any(|action| OWN.contains(&action.as_str())), "{heard:?}");
    let called = daemon.called();
    assert!(
        called.iter().any(|(operation, count)| operation == "ListVirtualMFADevices" && *count >= 1.0),
        "{called:?}"
    );
}

#[test]
fn a_daemon_that_audits_ends_as_fast_as_any() {
    let account = watched();
    let mut daemon = enforcing(&account);
    daemon.until_audited();
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(0));
}
