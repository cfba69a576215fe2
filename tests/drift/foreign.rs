//! What lies beside the matrix: undeclared things under our path, and things that are not ours at all.

use serde_json::{Value, json};

use crate::support::{Account, Backend};

fn converged() -> Account {
    Account::converged(Backend::Sandbox)
}

fn allow_listing() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*" }] })
}

fn undeclared_group(account: &Account) {
    account.by_hand("create_group", json!({ "GroupName": "Friends", "Path": "/foundation/" }));
    account.by_hand(
        "attach_group_policy",
        json!({ "GroupName": "Friends", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess" }),
    );
    account.by_hand(
        "put_group_policy",
        json!({ "GroupName": "Friends", "PolicyName": "More", "PolicyDocument": allow_listing() }),
    );
    account.by_hand("add_user_to_group", json!({ "GroupName": "Friends", "UserName": "melon@demoasacode.io" }));
}

fn undeclared_document(account: &Account) -> Value {
    let policy = json!({ "PolicyName": "LeftOver", "Path": "/foundation/", "PolicyDocument": allow_listing() });
    account.by_hand("create_policy", policy)["Policy"]["Arn"].clone()
}

fn prune(account: &Account) {
    account.config.edit("operator.yaml", "prune: false", "prune: true");
}

#[test]
fn an_undeclared_group_under_the_path_loses_its_members_and_stays_without_prune() {
    let account = converged();
    undeclared_group(&account);
    account.is_changed_by(&["- remove melon@demoasacode.io from Friends"]);
    account.plan().exits(0).says("group Friends is not declared; it stays");
    assert!(account.knows("get_group", json!({ "GroupName": "Friends" })));
}

#[test]
fn an_undeclared_group_under_the_path_is_deleted_with_prune() {
    let account = converged();
    undeclared_group(&account);
    prune(&account);
    account.is_repaired_by(&[
        "- remove melon@demoasacode.io from Friends",
        "- detach AdministratorAccess from Friends",
        "- delete inline policy More of Friends",
        "- delete group Friends",
    ]);
}

#[test]
fn an_undeclared_document_under_the_path_stays_without_prune_and_is_reported() {
    let account = converged();
    let arn = undeclared_document(&account);
    account.plan().exits(0).says("document LeftOver is not declared; it stays");
    account.apply().exits(0);
    assert!(account.knows("get_policy", json!({ "PolicyArn": arn })));
}

#[test]
fn an_undeclared_document_under_the_path_is_deleted_with_prune_versions_first() {
    let account = converged();
    let arn = undeclared_document(&account);
    let version = json!({ "PolicyArn": arn, "PolicyDocument": allow_listing(), "SetAsDefault": true });
    account.by_hand("create_policy_version", version);
    prune(&account);
    account.is_repaired_by(&["- delete version v1 of LeftOver", "- delete document LeftOver"]);
}

#[test]
fn an_undeclared_document_on_an_undeclared_group_goes_with_it() {
    let account = converged();
    undeclared_group(&account);
    let arn = undeclared_document(&account);
    account.by_hand("attach_group_policy", json!({ "GroupName": "Friends", "PolicyArn": arn }));
    prune(&account);
    account.is_repaired_by(&[
        "- remove melon@demoasacode.io from Friends",
        "- detach AdministratorAccess from Friends",
        "- detach LeftOver from Friends",
        "- delete inline policy More of Friends",
        "- delete group Friends",
        "- delete document LeftOver",
    ]);
}

#[test]
fn a_document_that_a_person_carries_is_never_deleted() {
    let account = converged();
    let arn = undeclared_document(&account);
    prune(&account);
    account.by_hand("attach_user_policy", json!({ "UserName": "scott@demoasacode.io", "PolicyArn": arn }));
    is_left_alone(&account);
    account
        .plan()
        .exits(0)
        .says("document LeftOver is not declared; it stays, because it is in use: user scott@demoasacode.io");
}

#[test]
fn a_document_that_serves_as_a_boundary_is_never_deleted() {
    let account = converged();
    let arn = undeclared_document(&account);
    prune(&account);
    let boundary = json!({ "UserName": "scott@demoasacode.io", "PermissionsBoundary": arn });
    account.by_hand("put_user_permissions_boundary", boundary);
    is_left_alone(&account);
    account
        .plan()
        .exits(0)
        .says("document LeftOver is not declared; it stays, because it is in use: 1 permissions boundaries");
}

#[test]
fn a_document_of_ours_that_was_attached_to_a_person_is_not_touched_there() {
    let account = converged();
    let policy = json!({ "UserName": "scott@demoasacode.io", "PolicyArn": account.document("DenyDataPipelinePolicy") });
    account.by_hand("attach_user_policy", policy);
    is_left_alone(&account);
}

#[test]
fn what_lies_outside_the_path_is_left_alone_even_with_prune() {
    let account = converged();
    prune(&account);
    account.by_hand("create_group", json!({ "GroupName": "Accounting", "Path": "/finance/" }));
    // A path that only begins like ours.
    account.by_hand("create_group", json!({ "GroupName": "Archive", "Path": "/foundation-old/" }));
    for group in ["Accounting", "Archive"] {
        account.by_hand("add_user_to_group", json!({ "GroupName": group, "UserName": "scott@demoasacode.io" }));
        account.by_hand(
            "attach_group_policy",
            json!({ "GroupName": group, "PolicyArn": account.document("DenyDataPipelinePolicy") }),
        );
        account.by_hand(
            "put_group_policy",
            json!({ "GroupName": group, "PolicyName": "Own", "PolicyDocument": allow_listing() }),
        );
    }
    account.by_hand(
        "create_policy",
        json!({ "PolicyName": "TheirOwn", "Path": "/finance/", "PolicyDocument": allow_listing() }),
    );
    account.by_hand("create_user", json!({ "UserName": "robot", "Path": "/foundation/" }));
    account.by_hand(
        "put_user_policy",
        json!({ "UserName": "robot", "PolicyName": "Own", "PolicyDocument": allow_listing() }),
    );
    is_left_alone(&account);
}

/// Neither planned nor done: the account looks the same before and after.
#[track_caller]
fn is_left_alone(account: &Account) {
    let before = account.look();
    assert_eq!(account.plan().exits(0).planned(), Vec::<String>::new());
    account.apply().exits(0);
    assert!(account.wire.take_writes().is_empty());
    assert_eq!(account.look(), before);
}
