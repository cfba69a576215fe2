//! What people do to an account in passing. Each kind of drift is a function that makes it and returns the plan that
//! repairs it, so that it can be played on the sandbox, one account each, and on moto, one after the other.

use serde_json::{Value, json};

use crate::support::{Account, Backend};

/// Makes the drift, and says which lines the plan should have.
type Drift = fn(&Account) -> Vec<String>;

fn on_sandbox(drift: Drift) {
    found_and_repaired(&Account::converged(Backend::Sandbox), drift);
}

fn found_and_repaired(account: &Account, drift: Drift) {
    let lines = drift(account);
    account.is_repaired_by(&lines.iter().map(String::as_str).collect::<Vec<_>>());
}

fn one(line: &str) -> Vec<String> {
    vec![line.to_owned()]
}

#[test]
fn a_stranger_who_was_added_with_the_aws_cli_is_taken_out() {
    on_sandbox(stranger);
}

fn stranger(account: &Account) -> Vec<String> {
    account.aws(&["iam", "add-user-to-group", "--group-name", "Admin", "--user-name", "banana@demoasacode.io"]);
    one("- remove banana@demoasacode.io from Admin")
}

#[test]
fn a_member_who_was_removed_from_one_part_comes_back() {
    on_sandbox(lost_member);
}

fn lost_member(account: &Account) -> Vec<String> {
    account.by_hand("remove_user_from_group", json!({ "GroupName": "DBA-2", "UserName": "car@demoasacode.io" }));
    one("+ add car@demoasacode.io to DBA-2")
}

#[test]
fn an_aws_policy_that_was_attached_by_hand_is_detached() {
    on_sandbox(extra_policy);
}

fn extra_policy(account: &Account) -> Vec<String> {
    let policy = json!({ "GroupName": "Viewer", "PolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess" });
    account.by_hand("attach_group_policy", policy);
    one("- detach PowerUserAccess from Viewer")
}

#[test]
fn a_guard_that_was_detached_from_one_part_is_put_back() {
    on_sandbox(lost_guard);
}

fn lost_guard(account: &Account) -> Vec<String> {
    let guard = json!({ "GroupName": "Developer-2", "PolicyArn": account.document("MFAForcePolicy") });
    account.by_hand("detach_group_policy", guard);
    one("+ attach MFAForcePolicy to Developer-2")
}

#[test]
fn an_allow_that_was_detached_is_put_back() {
    on_sandbox(lost_allow);
}

fn lost_allow(account: &Account) -> Vec<String> {
    let allow = json!({ "GroupName": "Viewer", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    account.by_hand("detach_group_policy", allow);
    one("+ attach ReadOnlyAccess to Viewer")
}

#[test]
fn an_inline_policy_on_a_group_of_ours_is_deleted() {
    on_sandbox(inline);
}

fn inline(account: &Account) -> Vec<String> {
    let inline = json!({ "GroupName": "Viewer", "PolicyName": "JustThisOnce", "PolicyDocument": allow_all() });
    account.by_hand("put_group_policy", inline);
    one("- delete inline policy JustThisOnce of Viewer")
}

#[test]
fn a_document_with_a_new_version_gets_its_text_back() {
    on_sandbox(new_version);
}

fn new_version(account: &Account) -> Vec<String> {
    put_version(account, "DenyDataPipelinePolicy", &allow_all(), true);
    one("~ update document DenyDataPipelinePolicy")
}

#[test]
fn a_document_that_was_set_back_to_an_old_version_gets_its_text_back() {
    on_sandbox(|account| {
        found_and_repaired(account, new_version);
        let old = json!({ "PolicyArn": account.document("DenyDataPipelinePolicy"), "VersionId": "v2" });
        account.by_hand("set_default_policy_version", old);
        one("~ update document DenyDataPipelinePolicy")
    });
}

#[test]
fn when_all_five_versions_are_used_up_the_oldest_makes_room() {
    on_sandbox(five_versions);
}

fn five_versions(account: &Account) -> Vec<String> {
    for number in 2..=5 {
        put_version(account, "DenyRDSLargeCreationPolicy", &allow_all(), number == 2);
    }
    vec![
        "- delete version v1 of DenyRDSLargeCreationPolicy".to_owned(),
        "~ update document DenyRDSLargeCreationPolicy".to_owned(),
    ]
}

#[test]
fn a_group_that_was_deleted_is_made_again_with_all_that_belongs_to_it() {
    on_sandbox(|account| delete_group(account, "Viewer"));
}

#[test]
fn a_part_that_was_deleted_is_made_again_with_all_that_belongs_to_it() {
    on_sandbox(lost_part);
}

fn lost_part(account: &Account) -> Vec<String> {
    delete_group(account, "DBA-2")
}

/// Deletes a group as a person has to: empty it first. The plan is the way back.
fn delete_group(account: &Account, name: &str) -> Vec<String> {
    let mut lines = one(&format!("+ create group {name}"));
    let attached = account.by_hand("list_attached_group_policies", json!({ "GroupName": name }));
    for policy in attached["AttachedPolicies"].as_array().unwrap() {
        account.by_hand("detach_group_policy", json!({ "GroupName": name, "PolicyArn": policy["PolicyArn"] }));
        lines.push(format!("+ attach {} to {name}", policy["PolicyName"].as_str().unwrap()));
    }
    let group = account.by_hand("get_group", json!({ "GroupName": name }));
    for user in group["Users"].as_array().unwrap() {
        account.by_hand("remove_user_from_group", json!({ "GroupName": name, "UserName": user["UserName"] }));
        lines.push(format!("+ add {} to {name}", user["UserName"].as_str().unwrap()));
    }
    account.by_hand("delete_group", json!({ "GroupName": name }));
    lines
}

#[test]
fn a_weakened_password_policy_is_set_as_a_whole() {
    on_sandbox(weak_passwords);
}

fn weak_passwords(account: &Account) -> Vec<String> {
    // Whoever sets one field resets all others: IAM knows no partial update.
    account.by_hand("update_account_password_policy", json!({ "MinimumPasswordLength": 8 }));
    one("~ set the password policy")
}

#[test]
fn a_deleted_password_policy_is_set_again() {
    on_sandbox(no_password_policy);
}

fn no_password_policy(account: &Account) -> Vec<String> {
    account.by_hand("delete_account_password_policy", json!({}));
    one("~ set the password policy")
}

#[test]
fn several_drifts_at_once_are_repaired_at_once() {
    on_sandbox(|account| {
        [stranger, lost_guard, inline, new_version, weak_passwords].iter().flat_map(|drift| drift(account)).collect()
    });
}

#[test]
fn moto_shows_the_same_drifts_and_the_same_repairs() {
    let account = Account::converged(Backend::Moto);
    // Many at once: moto needs a second to list AWS's policies, as every run does.
    let rounds: [&[Drift]; 2] = [
        &[
            stranger,
            lost_member,
            extra_policy,
            lost_guard,
            lost_allow,
            inline,
            new_version,
            five_versions,
            weak_passwords,
        ],
        &[lost_part, no_password_policy],
    ];
    for round in rounds {
        let lines: Vec<String> = round.iter().flat_map(|drift| drift(&account)).collect();
        account.is_repaired_by(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn a_document_that_only_looks_different_is_left_alone() {
    for backend in [Backend::Sandbox, Backend::Moto] {
        let account = Account::converged(backend);
        for name in ["MFAForcePolicy", "DenyRDSLargeCreationPolicy", "DenyIPAddressPolicy"] {
            let text: Value = serde_json::from_str(&account.config.read(&format!("policies/{name}.json"))).unwrap();
            let disguised = disguise(&text);
            assert_ne!(text, disguised);
            put_version(&account, name, &disguised, true);
        }
        account.plan().exits(0).says("is equal to the matrix");
        account.apply().exits(0);
        assert!(account.wire.take_writes().is_empty(), "a cosmetic difference costs no call");
    }
}

/// The same policy, written differently: lists the other way round, single values as lists and the other way round.
fn disguise(text: &Value) -> Value {
    match text {
        Value::Array(items) if items.len() == 1 => disguise(&items[0]),
        Value::Array(items) => items.iter().rev().map(disguise).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| match name.as_str() {
                "Action" | "NotAction" | "Resource" | "NotResource" if value.is_string() => {
                    (name.clone(), json!([value]))
                }
                _ => (name.clone(), disguise(value)),
            };
            fields.iter().map(field).collect()
        }
        other => other.clone(),
    }
}

fn put_version(account: &Account, document: &str, text: &Value, in_force: bool) {
    let version = json!({ "PolicyArn": account.document(document), "PolicyDocument": text, "SetAsDefault": in_force });
    account.by_hand("create_policy_version", version);
}

fn allow_all() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}
