//! What the operator may never do, by calls with its key and by the list of everything that IAM knows to do.

use std::collections::BTreeSet;

use iamatrix::catalog::actions::{self, Level};
use iamatrix::policy::Document;
use iamatrix::policy::context::{Context, Fact};
use iamatrix::policy::evaluate::{Decision, Request, evaluate};
use serde_json::{Value, json};

use crate::desk::{ENFORCING, OPERATOR, OPTIONS, Operated, allowed, policy, several};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const ANYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const THEIR_POLICY: &str = "arn:aws:iam::123456789012:policy/TheirPolicy";
const OWN_POLICY: &str = "arn:aws:iam::123456789012:policy/iamatrix/iamatrix-enforce";
const DEVICE: &str = "arn:aws:iam::123456789012:mfa/ann";

type Call<'c> = (&'c str, &'c [(&'c str, &'c str)]);

const OUTSIDE: [Call<'_>; 33] = [
    ("CreateGroup", &[("GroupName", "New")]),
    ("CreateGroup", &[("GroupName", "New"), ("Path", "/foundation2/")]),
    ("CreateGroup", &[("GroupName", "New"), ("Path", "/team/foundation/")]),
    ("UpdateGroup", &[("GroupName", "Theirs"), ("NewPath", "/foundation/")]),
    ("UpdateGroup", &[("GroupName", "Viewer"), ("NewPath", "/")]),
    ("DeleteGroup", &[("GroupName", "Theirs")]),
    ("AddUserToGroup", &[("GroupName", "Theirs"), ("UserName", "ann")]),
    ("RemoveUserFromGroup", &[("GroupName", "Theirs"), ("UserName", "bob")]),
    ("AttachGroupPolicy", &[("GroupName", "Theirs"), ("PolicyArn", ADMINISTRATOR)]),
    ("DetachGroupPolicy", &[("GroupName", "Theirs"), ("PolicyArn", THEIR_POLICY)]),
    ("PutGroupPolicy", &[("GroupName", "Theirs"), ("PolicyName", "Own"), ("PolicyDocument", ANYTHING)]),
    ("DeleteGroupPolicy", &[("GroupName", "Theirs"), ("PolicyName", "Inline")]),
    ("CreatePolicy", &[("PolicyName", "New"), ("PolicyDocument", ANYTHING)]),
    ("CreatePolicyVersion", &[("PolicyArn", THEIR_POLICY), ("PolicyDocument", ANYTHING), ("SetAsDefault", "true")]),
    ("DeletePolicyVersion", &[("PolicyArn", THEIR_POLICY), ("VersionId", "v2")]),
    ("SetDefaultPolicyVersion", &[("PolicyArn", THEIR_POLICY), ("VersionId", "v2")]),
    ("DeletePolicy", &[("PolicyArn", THEIR_POLICY)]),
    ("TagPolicy", &[("PolicyArn", THEIR_POLICY), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")]),
    ("CreateUser", &[("UserName", "new")]),
    ("CreateUser", &[("UserName", "new"), ("Path", "/team/")]),
    ("UpdateUser", &[("UserName", "ann"), ("NewPath", "/foundation/")]),
    ("DeleteUser", &[("UserName", "ann")]),
    ("AttachUserPolicy", &[("UserName", "ann"), ("PolicyArn", ADMINISTRATOR)]),
    ("PutUserPolicy", &[("UserName", "ann"), ("PolicyName", "Own"), ("PolicyDocument", ANYTHING)]),
    ("PutUserPermissionsBoundary", &[("UserName", "ann"), ("PermissionsBoundary", ADMINISTRATOR)]),
    ("DeleteUserPermissionsBoundary", &[("UserName", "ann")]),
    ("CreateAccessKey", &[("UserName", "ann")]),
    ("CreateLoginProfile", &[("UserName", "ann"), ("Password", "Correct-Horse-7-Battery")]),
    ("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "new")]),
    ("DeactivateMFADevice", &[("UserName", "ann"), ("SerialNumber", DEVICE)]),
    ("DeleteVirtualMFADevice", &[("SerialNumber", DEVICE)]),
    ("CreateAccountAlias", &[("AccountAlias", "theirs")]),
    ("DeleteAccountPasswordPolicy", &[]),
];

const ITSELF: [Call<'_>; 12] = [
    ("AttachUserPolicy", &[("UserName", OPERATOR), ("PolicyArn", ADMINISTRATOR)]),
    ("DetachUserPolicy", &[("UserName", OPERATOR), ("PolicyArn", OWN_POLICY)]),
    ("PutUserPolicy", &[("UserName", OPERATOR), ("PolicyName", "Own"), ("PolicyDocument", ANYTHING)]),
    ("PutUserPermissionsBoundary", &[("UserName", OPERATOR), ("PermissionsBoundary", ADMINISTRATOR)]),
    ("UpdateUser", &[("UserName", OPERATOR), ("NewPath", "/foundation/")]),
    ("DeleteUser", &[("UserName", OPERATOR)]),
    ("CreateAccessKey", &[]),
    ("CreatePolicyVersion", &[("PolicyArn", OWN_POLICY), ("PolicyDocument", ANYTHING), ("SetAsDefault", "true")]),
    ("SetDefaultPolicyVersion", &[("PolicyArn", OWN_POLICY), ("VersionId", "v1")]),
    ("DeletePolicyVersion", &[("PolicyArn", OWN_POLICY), ("VersionId", "v1")]),
    ("DeletePolicy", &[("PolicyArn", OWN_POLICY)]),
    ("AttachGroupPolicy", &[("GroupName", "Viewer"), ("PolicyArn", OWN_POLICY)]),
];

/// What nobody needs, on things that are ours.
const NEEDLESS: [Call<'_>; 3] = [
    ("PutGroupPolicy", &[("GroupName", "Viewer"), ("PolicyName", "Own"), ("PolicyDocument", ANYTHING)]),
    ("SetDefaultPolicyVersion", &[("PolicyArn", OUR_POLICY), ("VersionId", "v1")]),
    ("TagPolicy", &[("PolicyArn", OUR_POLICY), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")]),
];
const OUR_POLICY: &str = "arn:aws:iam::123456789012:policy/foundation/MFAForcePolicy";

/// An operator with every option, and what belongs to others.
fn among_others() -> Operated {
    let operated = Operated::converged();
    operated.give_all(&OPTIONS);
    let account = &operated.account;
    let anything: Value = serde_json::from_str(ANYTHING).unwrap();
    account.by_hand("create_group", json!({ "GroupName": "Theirs" }));
    account.by_hand("create_policy", json!({ "PolicyName": "TheirPolicy", "PolicyDocument": anything }));
    account.by_hand("create_policy_version", json!({ "PolicyArn": THEIR_POLICY, "PolicyDocument": anything }));
    account.by_hand("attach_group_policy", json!({ "GroupName": "Theirs", "PolicyArn": THEIR_POLICY }));
    let inline = json!({ "GroupName": "Theirs", "PolicyName": "Inline", "PolicyDocument": anything });
    account.by_hand("put_group_policy", inline);
    for user in ["ann", "bob"] {
        account.by_hand("create_user", json!({ "UserName": user, "PermissionsBoundary": THEIR_POLICY }));
        account.by_hand("add_user_to_group", json!({ "GroupName": "Theirs", "UserName": user }));
    }
    account.by_hand("create_virtual_mfa_device", json!({ "VirtualMFADeviceName": "ann" }));
    operated
}

/// Every call is refused in these words, and changes nothing.
#[track_caller]
fn refused<'c>(operated: &Operated, calls: impl IntoIterator<Item = &'c Call<'c>>, words: &str) {
    let before = operated.account.look();
    for (action, parameters) in calls {
        let answer = operated.asks(action, parameters);
        let said = answer.text();
        assert!(answer.status == 403 && said.contains("<Code>AccessDenied</Code>"), "{action} {parameters:?}: {said}");
        assert!(said.contains(words), "{action} {parameters:?}: {said}");
    }
    assert_eq!(operated.account.look(), before);
}

#[test]
fn with_its_own_policies_it_touches_nothing_outside_the_path_nor_itself_nor_what_nobody_needs() {
    let operated = among_others();
    refused(&operated, OUTSIDE.iter().chain(&ITSELF).chain(&NEEDLESS), "");
}

#[test]
fn an_administrators_policy_beside_them_does_not_let_it_out() {
    let operated = among_others();
    operated.account.by_hand("attach_user_policy", json!({ "UserName": OPERATOR, "PolicyArn": ADMINISTRATOR }));
    refused(&operated, OUTSIDE.iter().chain(&ITSELF), "with an explicit deny in an identity-based policy");
    assert_eq!(operated.asks("ListUsers", &[]).status, 200, "the administrator's policy counts");
}

#[test]
fn only_listed_policies_are_attached_where_a_list_is_given() {
    let operated = Operated::converged();
    operated.give("attachable", &policy("attachable"));
    let attach = |arn: &str| operated.asks("AttachGroupPolicy", &[("GroupName", "Admin"), ("PolicyArn", arn)]);
    assert_eq!(attach("arn:aws:iam::aws:policy/ReadOnlyAccess").status, 200);
    assert_eq!(attach("arn:aws:iam::123456789012:policy/foundation/DenyDataPipelinePolicy").status, 200);
    for other in ["arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/job-function/ReadOnlyAccess"] {
        let refused = attach(other);
        assert!(refused.text().contains("explicit deny"), "{}", refused.text());
    }
}

/// Something to do, and something outside the path to do it to.
fn everything_outside() -> Vec<(String, String)> {
    let service = actions::service("iam").unwrap();
    let changes = service.actions.iter().filter(|action| !matches!(action.level, Level::List | Level::Read));
    let mut all = Vec::new();
    for action in changes {
        let kinds = &action.resources;
        let of = |kind: &String| {
            let names = ["theirs", "iamatrix/iamatrix", "iamatrix/iamatrix-enforce", "foundations/theirs"];
            names.map(|name| format!("arn:aws:iam::123456789012:{kind}/{name}"))
        };
        let on = if kinds.is_empty() { vec!["*".to_owned()] } else { kinds.iter().flat_map(of).collect() };
        all.extend(on.into_iter().map(|arn| (action.name.clone(), arn)));
    }
    all.push(("sts:AssumeRole".to_owned(), "arn:aws:iam::123456789012:role/theirs".to_owned()));
    assert!(all.len() > 300, "{} things to do", all.len());
    all
}

fn document(policy: &Value) -> Document {
    Document::parse(&policy.to_string()).unwrap_or_else(|_| panic!("{policy}"))
}

fn decision(documents: &[Document], action: &str, arn: &str) -> Decision {
    let context = Context::default().with("iam:PolicyARN", Fact::Arn(ADMINISTRATOR.to_owned()));
    evaluate(documents, &Request { action, resource: arn, context: &context }).decision
}

/// Actions that are in the account's list of actions, and on which resources the sandbox has no call for: roles above all.
#[test]
fn of_everything_that_iam_can_change_outside_the_path_all_is_denied_but_the_password_policy() {
    let mut documents: Vec<Document> = ENFORCING.iter().chain(&OPTIONS).map(|name| document(&policy(name))).collect();
    documents.push(Document::parse(ANYTHING).unwrap());
    let left: BTreeSet<String> = everything_outside()
        .into_iter()
        .filter(|(action, arn)| decision(&documents, action, arn) != Decision::ExplicitlyDenied)
        .map(|(action, _)| action)
        .collect();
    assert_eq!(left, BTreeSet::from(["iam:UpdateAccountPasswordPolicy".to_owned()]));
}

#[test]
fn without_any_one_entry_of_the_fence_something_outside_is_no_longer_denied() {
    let (whole, all) = (policy("enforce"), everything_outside());
    let denied = |policy: &Value| {
        let documents = [document(policy)];
        all.iter().filter(|(action, arn)| decision(&documents, action, arn) == Decision::ExplicitlyDenied).count()
    };
    let full = denied(&whole);
    for (number, statement) in whole["Statement"].as_array().unwrap().iter().enumerate() {
        // The last is about what is attached, not to what.
        if statement["Effect"] == "Allow" || statement["Condition"].is_object() {
            continue;
        }
        for part in ["Action", "Resource"] {
            for entry in several(&statement[part]).into_iter().filter(|entry| *entry != "*") {
                let mut less = whole.clone();
                let rest: Vec<&str> = several(&statement[part]).into_iter().filter(|other| *other != entry).collect();
                less["Statement"][number][part] = json!(rest);
                assert!(denied(&less) < full, "{entry} of {} is idle", statement["Sid"]);
            }
        }
    }
}

/// The Deny of one policy must not take what another allows.
#[test]
fn the_fence_takes_nothing_that_the_policies_allow() {
    let policies: Vec<Value> = ENFORCING.iter().chain(&OPTIONS).map(|name| policy(name)).collect();
    let documents: Vec<Document> = policies.iter().map(document).collect();
    for statement in policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap()) {
        let arn = several(&statement["Resource"]).first().map_or("*", |arn| *arn).replace('*', "x");
        let arn = if arn == "x" { "*" } else { &arn };
        for action in several(&statement["Action"]).into_iter().filter(|_| statement["Effect"] == "Allow") {
            assert_eq!(decision(&documents, action, arn), Decision::Allowed, "{action} on {arn}");
        }
    }
    assert!(policies.iter().all(|policy| !allowed(policy).iter().any(|action| action.contains('*'))), "each by name");
}
