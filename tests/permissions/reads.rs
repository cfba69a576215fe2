//! Everything that the program reads, with the operator's key and nothing but the policy to observe.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::desk::{ENFORCED, ENFORCING, OPTIONS, Operated, allowed, policy, refusal};
use crate::support::daemon::Daemon;
use crate::support::wire::is_write;
use crate::support::{Account, USERS};

/// Without one of these there is no plan.
const CYCLE: [&str; 5] = [
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountPasswordPolicy",
    "iam:GetAccountSummary",
    "iam:ListPolicies",
    "iam:ListPolicyVersions",
];

/// Without one of these an audit cannot answer this row.
const AUDIT: [(&str, &str); 10] = [
    ("iam:GenerateCredentialReport", "key-older-than-90-days"),
    ("iam:GetAccountAuthorizationDetails", "policy-on-user"),
    ("iam:GetAccountPasswordPolicy", "password-length"),
    ("iam:GetAccountSummary", "root-access-key"),
    ("iam:GetCredentialReport", "key-older-than-90-days"),
    ("iam:ListMFADevices", "hardware-mfa"),
    ("iam:ListOpenIDConnectProviders", "central-identity"),
    ("iam:ListOrganizationsFeatures", "central-root-access"),
    ("iam:ListSAMLProviders", "central-identity"),
    ("iam:ListVirtualMFADevices", "device-in-the-way"),
];

/// An account with a document that differs, which makes the versions worth reading, and somebody with a password and no
/// device that is listed, who is asked for by name.
fn watched() -> Operated {
    let operated = Operated::converged();
    for name in &ENFORCING[1..] {
        operated.take(name);
    }
    let account = &operated.account;
    let arn = account.document("DenyDataPipelinePolicy");
    let denied =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "s3:*", "Resource": "*" }] });
    account
        .by_hand("create_policy_version", json!({ "PolicyArn": arn, "PolicyDocument": denied, "SetAsDefault": true }));
    account.by_hand("create_login_profile", json!({ "UserName": USERS[6], "Password": "Correct-Horse-7-Battery" }));
    account.wire.take();
    operated
}

fn audit(operated: &Operated) -> Value {
    serde_json::from_str(&operated.runs(&["audit", "-o", "json"]).exits(0).stdout).unwrap()
}

/// The rows without an answer because that action is denied.
fn unanswered<'r>(report: &'r Value, action: &str) -> BTreeSet<&'r str> {
    let denied = json!({ "because": "denied", "what": action });
    let rows = report["rows"].as_array().unwrap().iter().filter(|row| row["why"] == denied);
    rows.map(|row| row["id"].as_str().unwrap()).collect()
}

#[test]
fn whoever_may_observe_plans_explains_audits_and_runs_the_daemon() {
    let operated = watched();
    operated.account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    operated.runs(&["plan", "--detailed-exitcode"]).exits(2).says("~ update document DenyDataPipelinePolicy");
    operated.runs(&["explain", "--live", USERS[2]]).exits(0).says("through group DBA");
    let report = audit(&operated);
    let denied: Vec<&Value> =
        report["rows"].as_array().unwrap().iter().filter(|row| row["why"]["because"] == "denied").collect();
    assert!(denied.is_empty(), "{denied:#?}");

    let flags = ["run", "--mode", "observe", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let daemon = Daemon::start(&mut operated.command(&flags));
    daemon.until_audited();
    daemon.until("a second cycle", |status| status["lastCycle"]["number"].as_u64() > Some(2));
    assert!(!daemon.get("/metrics").body.contains("outcome=\"denied\""), "{:?}", daemon.called());
    let writes: Vec<String> = operated.account.wire.take().into_iter().filter(|action| is_write(action)).collect();
    assert_eq!(writes, Vec::<String>::new());
}

#[test]
fn without_one_action_of_a_cycle_there_is_no_plan() {
    let operated = watched();
    for action in CYCLE {
        operated.deprived("observe", action, || operated.runs(&["plan"])).exits(1).says(&refusal(action));
    }
    operated.runs(&["plan"]).exits(0);
}

#[test]
fn without_one_action_of_an_audit_a_row_has_no_answer() {
    let operated = watched();
    for (action, row) in AUDIT {
        let report = operated.deprived("observe", action, || audit(&operated));
        let rows = unanswered(&report, action);
        assert!(rows.contains(row), "{action}: {rows:?}");
    }
}

/// The program asks for the document of a policy of AWS whose version in force it does not ship. Of those that the
/// sandbox serves these are the deprecated ones, which only who had them before has.
#[test]
fn without_get_policy_version_a_policy_of_aws_in_another_version_than_ships_cannot_be_read() {
    let first = "{ policies: [AWSLambdaFullAccess] }";
    let operated = Operated::of(Account::with_first(first, ENFORCED), &["observe"]);
    let action = "iam:GetPolicyVersion";
    let doubt = "a document of AWS is judged as it was";
    let asked = || operated.account.wire.take().contains(&"GetPolicyVersion".to_owned());
    asked();
    let plan = operated.runs(&["plan"]).exits(0);
    assert!(asked() && !plan.stderr.contains(doubt), "{}", plan.stderr);
    operated.deprived("observe", action, || operated.runs(&["plan"])).exits(0).says(doubt).says(&refusal(action));
}

#[test]
fn every_action_that_reads_has_its_case() {
    let audit = AUDIT.into_iter().map(|(action, _)| action);
    let cases: BTreeSet<&str> = CYCLE.into_iter().chain(audit).chain(["iam:GetPolicyVersion"]).collect();
    assert_eq!(allowed(&policy("observe")), cases);
}

/// The code that calls IAM, without its tests.
fn code() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/iam");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let code = files.filter(|path| !path.ends_with("tests.rs") && !path.ends_with("evidence_tests.rs"));
    code.map(|path| fs::read_to_string(path).unwrap().split("mod tests {").next().unwrap().to_owned()).collect()
}

/// What the program calls, by the names that it gives its calls, is what the policies allow; `GetCallerIdentity` needs no
/// permission and cannot be denied (AWS STS API reference).
#[test]
fn the_policies_allow_what_the_program_calls_and_nothing_else() {
    let catalogue = iamatrix::catalog::actions::service("iam").unwrap();
    let is_action = |text: &&str| catalogue.actions.iter().any(|action| action.name == format!("iam:{text}"));
    let code = code();
    let names = code.split('"').filter(is_action);
    let called: BTreeSet<String> = names.map(|name| format!("iam:{name}")).collect();
    let policies: Vec<Value> = ENFORCING.iter().chain(&OPTIONS).map(|name| policy(name)).collect();
    let granted: BTreeSet<String> = policies.iter().flat_map(allowed).map(str::to_owned).collect();
    assert_eq!(granted, called);
}
