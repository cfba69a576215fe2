//! Every kind of change, made by the program with the operator's key: with its policies it succeeds, and without the one
//! action that the case is about it does not.

use std::collections::BTreeSet;

use serde_json::json;

use crate::desk::{ENFORCING, OPTIONS, Operated, allowed, policy, refusal, with_options};
use crate::support::Account;
use crate::support::daemon::Daemon;

const GUARD: &str = "DenyDataPipelinePolicy";

/// A change, the policy that allows it, and how it comes to be needed.
struct Case {
    policy: &'static str,
    action: &'static str,
    line: &'static str,
    needed: fn(&Account),
}

const CASES: [Case; 14] = [
    Case { policy: "enforce", action: "iam:CreatePolicy", line: "+ create document FreshPolicy", needed: new_document },
    Case {
        policy: "enforce",
        action: "iam:CreatePolicyVersion",
        line: "~ update document DenyDataPipelinePolicy",
        needed: changed_document,
    },
    Case {
        policy: "enforce",
        action: "iam:DeletePolicyVersion",
        line: "- delete version v",
        needed: document_without_room,
    },
    Case { policy: "enforce", action: "iam:CreateGroup", line: "+ create group SysAdm-3", needed: lost_group },
    Case {
        policy: "enforce",
        action: "iam:UpdateGroup",
        line: "~ rename group Bosses to Admin",
        needed: renamed_group,
    },
    Case {
        policy: "enforce",
        action: "iam:AttachGroupPolicy",
        line: "+ attach ReadOnlyAccess to Viewer",
        needed: detached,
    },
    Case { policy: "enforce", action: "iam:DetachGroupPolicy", line: "- detach Billing from Admin", needed: attached },
    Case { policy: "enforce", action: "iam:DeleteGroupPolicy", line: "- delete inline policy Own", needed: inlined },
    Case {
        policy: "enforce",
        action: "iam:AddUserToGroup",
        line: "+ add banana@demoasacode.io to Viewer",
        needed: lost_member,
    },
    Case {
        policy: "enforce",
        action: "iam:RemoveUserFromGroup",
        line: "- remove tiger@demoasacode.io from Viewer",
        needed: stranger,
    },
    Case {
        policy: "password-policy",
        action: "iam:UpdateAccountPasswordPolicy",
        line: "~ set the password policy",
        needed: weak_passwords,
    },
    Case { policy: "prune", action: "iam:DeleteGroup", line: "- delete group Stray", needed: stray_group },
    Case { policy: "prune", action: "iam:DeletePolicy", line: "- delete document StrayPolicy", needed: stray_document },
    Case {
        policy: "create-users",
        action: "iam:CreateUser",
        line: "+ create user new@demoasacode.io",
        needed: new_user,
    },
];

fn new_document(account: &Account) {
    let document = account.config.read(&format!("policies/{GUARD}.json"));
    account.config.write("policies/FreshPolicy.json", &document);
    account.config.edit("matrix.yaml", "  ReadOnlyAccess: ", "  FreshPolicy: [Viewer]\n  ReadOnlyAccess: ");
}

fn changed_document(account: &Account) {
    let denied = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "datapipeline:Activate*", "Resource": "*" }] });
    let version = json!({ "PolicyArn": account.document(GUARD), "PolicyDocument": denied, "SetAsDefault": true });
    account.by_hand("create_policy_version", version);
}

/// Five versions: one more does not fit.
fn document_without_room(account: &Account) {
    let versions = || account.by_hand("list_policy_versions", json!({ "PolicyArn": account.document(GUARD) }));
    while versions()["Versions"].as_array().unwrap().len() < 5 {
        changed_document(account);
    }
}

/// A part of a group, gone with all that it carried.
fn lost_group(account: &Account) {
    let group = "SysAdm-3";
    let carried = account.by_hand("list_attached_group_policies", json!({ "GroupName": group }));
    for policy in carried["AttachedPolicies"].as_array().unwrap() {
        account.by_hand("detach_group_policy", json!({ "GroupName": group, "PolicyArn": policy["PolicyArn"] }));
    }
    let members = account.by_hand("get_group", json!({ "GroupName": group }));
    for user in members["Users"].as_array().unwrap() {
        account.by_hand("remove_user_from_group", json!({ "GroupName": group, "UserName": user["UserName"] }));
    }
    account.by_hand("delete_group", json!({ "GroupName": group }));
}

fn renamed_group(account: &Account) {
    account.by_hand("update_group", json!({ "GroupName": "Admin", "NewGroupName": "Bosses" }));
    account.config.edit("matrix.yaml", "  Admin: {}", "  Admin: { renamedFrom: Bosses }");
}

fn detached(account: &Account) {
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    account.by_hand("detach_group_policy", json!({ "GroupName": "Viewer", "PolicyArn": policy }));
}

fn attached(account: &Account) {
    let policy = "arn:aws:iam::aws:policy/job-function/Billing";
    account.by_hand("attach_group_policy", json!({ "GroupName": "Admin", "PolicyArn": policy }));
}

fn inlined(account: &Account) {
    let document =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
    let policy = json!({ "GroupName": "Viewer", "PolicyName": "Own", "PolicyDocument": document });
    account.by_hand("put_group_policy", policy);
}

fn lost_member(account: &Account) {
    let member = json!({ "GroupName": "Viewer", "UserName": "banana@demoasacode.io" });
    account.by_hand("remove_user_from_group", member);
}

fn stranger(account: &Account) {
    account.by_hand("add_user_to_group", json!({ "GroupName": "Viewer", "UserName": "tiger@demoasacode.io" }));
}

fn weak_passwords(account: &Account) {
    account.by_hand("update_account_password_policy", json!({ "MinimumPasswordLength": 8 }));
}

fn stray_group(account: &Account) {
    account.by_hand("create_group", json!({ "GroupName": "Stray", "Path": "/foundation/" }));
}

fn stray_document(account: &Account) {
    let document =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
    let policy = json!({ "PolicyName": "StrayPolicy", "Path": "/foundation/", "PolicyDocument": document });
    account.by_hand("create_policy", policy);
}

fn new_user(account: &Account) {
    let row = "  tiger@demoasacode.io:";
    account.config.edit("matrix.yaml", row, &format!("  new@demoasacode.io: {{ groups: [Viewer] }}\n{row}"));
}

/// The example's settings delete nothing and create no user: the options are not given yet.
#[test]
fn each_change_is_made_with_the_policies_and_fails_without_its_action() {
    let operated = Operated::converged();
    let (options, cases): (Vec<_>, Vec<_>) = CASES.iter().partition(|case| OPTIONS.contains(&case.policy));
    for case in cases {
        holds(&operated, case);
    }
    with_options(&operated.account.config);
    operated.give_all(&OPTIONS);
    for case in options {
        holds(&operated, case);
    }
    operated.account.is_equal();
}

fn holds(operated: &Operated, case: &Case) {
    let Case { policy, action, line, needed } = case;
    needed(&operated.account);
    let refused = operated.deprived(policy, action, || operated.applies());
    let planned = refused.planned();
    assert!(planned.iter().any(|planned| planned.starts_with(line)), "{action}: no `{line}` in {planned:#?}");
    refused.exits(1).says(&refusal(action));
    operated.applies().exits(0);
    operated.runs(&["plan", "--mode", "enforce", "--detailed-exitcode"]).exits(0).says("is equal to the matrix");
}

#[test]
fn a_daemon_that_enforces_makes_the_account_equal_and_is_denied_nothing() {
    let operated = Operated::with(&ENFORCING);
    operated.account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    let flags = ["run", "--mode", "enforce", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let daemon = Daemon::start(&mut operated.command(&flags));
    daemon.until_in_sync();
    daemon.until_audited();
    assert!(!daemon.get("/metrics").body.contains("outcome=\"denied\""), "{:?}", daemon.called());
    operated.account.is_equal();
}

#[test]
fn every_action_that_may_change_something_has_its_case() {
    let cases: BTreeSet<&str> = CASES.iter().map(|case| case.action).collect();
    let policies = ENFORCING.iter().chain(&OPTIONS).filter(|name| **name != "observe").map(|name| policy(name));
    let granted: BTreeSet<String> =
        policies.flat_map(|policy| allowed(&policy).into_iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(granted, cases.into_iter().map(str::to_owned).collect());
}

#[test]
fn a_role_that_may_only_observe_changes_nothing_whatever_the_mode() {
    let operated = Operated::with(&["observe"]);
    let before = operated.account.look();
    operated.applies().exits(1).says(&refusal("iam:CreatePolicy")).says(&refusal("iam:CreateGroup"));
    assert_eq!(operated.account.look(), before);
}
