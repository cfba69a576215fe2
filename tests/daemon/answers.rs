//! What the daemon answers about people: MFA in three answers, what they carry past the matrix, what AWS changed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::care::{enforcing, watched};
use crate::cost::with_sandbox;
use crate::support::daemon::Daemon;
use crate::support::{Account, Backend, Config};

const SCOTT: &str = "scott@demoasacode.io";
const RDS: &str = "arn:aws:iam::aws:policy/AmazonRDSReadOnlyAccess";

fn answers_of<'p>(drift: &'p Value, user: &str) -> &'p Value {
    drift["mfa"].as_array().unwrap().iter().find(|answers| answers["user"] == user).unwrap()
}

/// How many lines of the log begin so.
fn logged(daemon: &Daemon, beginning: &str) -> usize {
    daemon.log().iter().filter(|line| line["message"].as_str().is_some_and(|told| told.starts_with(beginning))).count()
}

fn answered(daemon: &Daemon, answer: &str, wanted: f64) {
    let count = daemon.metric(&format!("iamatrix_mfa_users{{answer=\"{answer}\"}}"));
    assert!((count - wanted).abs() < 0.1, "{answer}: {count}, not {wanted}");
}

#[test]
fn the_three_answers_about_mfa_are_given_for_each_user_and_counted() {
    let daemon = with_sandbox(&Config::example());
    daemon.until("converged and audited", |status| {
        // The proof is of the account as it was read, so it follows in the cycle after the changes.
        let mfa = &status["mfa"];
        status["lastGoodAt"].is_string() && mfa["enforced"] == 11 && mfa["withDevice"].as_u64() > Some(0)
    });
    let drift = daemon.get("/drift").json();
    assert_eq!(drift["mfa"].as_array().unwrap().len(), 11);
    let scott = answers_of(&drift, SCOTT);
    assert_eq!(scott["required"], json!({ "answer": "yes" }));
    assert_eq!(scott["enforced"], json!({ "answer": "yes", "by": ["MFAForcePolicy"] }));
    assert_eq!(scott["device"]["answer"], "devices");
    assert_eq!(scott["device"]["devices"][0]["kind"], "virtual");
    // Required and enforced, and still no device: the answers are three.
    let tiger = answers_of(&drift, "tiger@demoasacode.io");
    assert_eq!((&tiger["enforced"]["answer"], &tiger["device"]["answer"]), (&json!("yes"), &json!("none")));

    let counts = json!({ "required": 11, "enforced": 11, "requiredNotEnforced": 0, "withDevice": 6, "requiredWithoutDevice": 5 });
    assert_eq!(daemon.status()["mfa"], counts);
    let lines = [("required", 11.0), ("enforced", 11.0), ("required_not_enforced", 0.0), ("device", 6.0)];
    lines
        .into_iter()
        .chain([("required_without_device", 5.0)])
        .for_each(|(answer, count)| answered(&daemon, answer, count));
}

#[test]
fn what_slips_through_is_named_with_the_policy_that_allows_it() {
    let account = watched();
    account.by_hand("attach_user_policy", json!({ "UserName": SCOTT, "PolicyArn": RDS }));
    let daemon = Daemon::on(&account, &["--mode", "observe"]);
    let status = daemon.until("one look", |status| status["lastCycle"]["outcome"] == "drift");
    assert_eq!((&status["mfa"]["enforced"], &status["mfa"]["requiredNotEnforced"]), (&json!(0), &json!(11)));
    let drift = daemon.get("/drift").json();
    let slips = answers_of(&drift, SCOTT)["enforced"]["slips"].as_array().unwrap();
    let sessions: Vec<&Value> = slips.iter().map(|slip| &slip["session"]).collect();
    assert_eq!(sessions, ["withoutMfa", "accessKey"], "{slips:?}");
    assert!(slips.iter().all(|slip| slip["allowedBy"] == "AmazonRDSReadOnlyAccess"), "{slips:?}");
    answered(&daemon, "required_not_enforced", 11.0);
}

#[test]
fn policies_past_the_matrix_are_drift_that_is_told_and_left_alone() {
    let account = watched();
    account.by_hand("attach_user_policy", json!({ "UserName": SCOTT, "PolicyArn": RDS }));
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    daemon.until_in_sync();
    let command = format!("aws iam detach-user-policy --user-name {SCOTT} --policy-arn {RDS}");
    let grant = json!({ "user": SCOTT, "policy": "AmazonRDSReadOnlyAccess", "kind": "attached", "arn": RDS, "command": command });
    assert_eq!(daemon.get("/drift").json()["bypasses"], json!([grant]));
    assert_eq!(daemon.get("/plan").json()["plan"]["bypasses"], json!([grant]));
    let told = format!("past the matrix: {SCOTT} has AmazonRDSReadOnlyAccess, attached to the user; ");
    assert_eq!(logged(&daemon, &told), 1, "{:?}", daemon.log());
    assert!((daemon.metric("iamatrix_bypassing_policies") - 1.0).abs() < 0.1);
    let left = account.by_hand("list_attached_user_policies", json!({ "UserName": SCOTT }));
    assert_eq!(left["AttachedPolicies"].as_array().unwrap().len(), 1);
    account.by_hand("detach_user_policy", json!({ "UserName": SCOTT, "PolicyArn": RDS }));
    daemon.until_in_sync();
    assert_eq!(daemon.get("/drift").json()["bypasses"], json!([]));
}

/// Moto lets anybody change a policy of AWS.
#[test]
fn a_policy_that_aws_changed_is_told_with_both_versions_and_what_it_comes_to() {
    let account = Account::converged(Backend::Moto);
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let document =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" }] });
    let change = json!({ "PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": true });
    account.by_hand("create_policy_version", change);
    let served = account.by_hand("get_policy", json!({ "PolicyArn": arn }))["Policy"]["DefaultVersionId"].clone();
    let daemon = Daemon::on(&account, &["--mode", "observe"]);
    daemon.until("one look", |status| status["lastCycle"]["number"].is_u64());
    let revised = daemon.get("/drift").json()["revised"]["ReadOnlyAccess"].clone();
    assert_eq!(revised["to"], served, "{revised}");
    assert_ne!(revised["from"], revised["to"]);
    let changes = revised["effect"]["changes"].as_array().unwrap();
    let viewers = changes.iter().find(|shift| shift["users"][0] == "banana@demoasacode.io").unwrap();
    let kinds: BTreeSet<&str> =
        viewers["moves"].as_array().unwrap().iter().filter_map(|it| it["kind"].as_str()).collect();
    assert!(kinds.contains("newlyPossible") && kinds.contains("noLongerPossible"), "{kinds:?}");
    assert!(daemon.metric("iamatrix_aws_policies_revised") >= 1.0);
    let told = daemon.log().into_iter().find(|line| line["policy"] == "ReadOnlyAccess").unwrap();
    assert_eq!((&told["from"], &told["to"]), (&revised["from"], &revised["to"]));
}

#[test]
fn a_waiver_in_its_last_days_is_told_once_a_day() {
    let account = watched();
    let waiver = "{ rule: L01, on: DenyIPAddressPolicy, until: ";
    let until = iamatrix::clock::today().saturating_add(jiff::Span::new().days(7));
    account.config.edit("matrix.yaml", &format!("{waiver}2036-12-31"), &format!("{waiver}{until}"));
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    daemon.until_in_sync();
    let told = |line: &Value| line["message"].as_str().is_some_and(|told| told.contains("the waiver of L01 on"));
    let lines: Vec<Value> = daemon.log().into_iter().filter(told).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let ending = format!("`DenyIPAddressPolicy` ends with {until}");
    assert!(lines[0]["message"].as_str().unwrap().ends_with(&ending) && lines[0]["level"] == "WARN", "{lines:?}");
}
