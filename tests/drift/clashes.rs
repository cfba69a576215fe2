//! Rows that cannot be realised stand still, each with its place and the way out; all others go on.

use serde_json::{Value, json};

use crate::support::{Account, Backend};

#[test]
fn a_missing_user_blocks_only_its_own_row() {
    let account = Account::converged(Backend::Sandbox);
    account.by_hand("remove_user_from_group", json!({ "GroupName": "Baseline", "UserName": "tiger@demoasacode.io" }));
    account.by_hand("delete_user", json!({ "UserName": "tiger@demoasacode.io" }));
    account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }));

    let place = account.config.place("matrix.yaml", "tiger@demoasacode.io:");
    let plan = account
        .plan()
        .exits(2)
        .says(&place)
        .says("there is no IAM user `tiger@demoasacode.io`")
        .says("create the user");
    assert_eq!(plan.planned(), ["- remove banana@demoasacode.io from Admin"]);
    account.apply().exits(1).says(&place).says("1 row");
    assert_eq!(account.judged()["differences"], json!(["members of Baseline: tiger@demoasacode.io is missing"]));
    account.plan().exits(2).says(&place);

    account.by_hand("create_user", json!({ "UserName": "tiger@demoasacode.io" }));
    account.is_repaired_by(&["+ add tiger@demoasacode.io to Baseline"]);
}

#[test]
fn a_missing_user_is_created_under_the_path_when_the_platform_team_says_so() {
    let account = Account::converged(Backend::Sandbox);
    account.by_hand("remove_user_from_group", json!({ "GroupName": "Baseline", "UserName": "tiger@demoasacode.io" }));
    account.by_hand("delete_user", json!({ "UserName": "tiger@demoasacode.io" }));
    account.config.edit("operator.yaml", "users: { create: false }", "users: { create: true }");
    account.is_repaired_by(&["+ create user tiger@demoasacode.io", "+ add tiger@demoasacode.io to Baseline"]);
    let user = account.by_hand("get_user", json!({ "UserName": "tiger@demoasacode.io" }));
    assert_eq!(user["User"]["Path"], "/foundation/");
}

#[test]
fn a_group_of_that_name_elsewhere_blocks_its_column_and_the_printed_command_brings_it_in() {
    let account = Account::with_users(Backend::Sandbox);
    // Names are unique in an account whatever their path, and whatever their case.
    account.by_hand("create_group", json!({ "GroupName": "viewer", "Path": "/" }));
    account.by_hand("add_user_to_group", json!({ "GroupName": "viewer", "UserName": "banana@demoasacode.io" }));
    let before = account.by_hand("get_group", json!({ "GroupName": "viewer" }));

    let place = account.config.place("matrix.yaml", "  Viewer: {}");
    let plan = account.plan().exits(2).says(&place);
    assert!(plan.planned().iter().all(|line| !line.contains("Viewer")), "{}", plan.stdout);
    account.apply().exits(1).says(&place);
    assert_eq!(account.by_hand("get_group", json!({ "GroupName": "viewer" })), before);
    assert_eq!(account.judged()["differences"], json!(["column Viewer has no IAM group"]));

    let (_, command) = plan.stdout.split_once("aws iam update-group").expect("the plan prints the command");
    let command = command.split(['`', '\n', '"']).next().unwrap();
    let args: Vec<&str> = ["iam", "update-group"].into_iter().chain(command.split_whitespace()).collect();
    account.aws(&args);
    account.apply().exits(0);
    account.plan().exits(0);
    let adopted = account.by_hand("get_group", json!({ "GroupName": "Viewer" }));
    assert_eq!(adopted["Group"]["GroupId"], before["Group"]["GroupId"], "the same group, brought in");
    assert_eq!(adopted["Users"].as_array().unwrap().len(), 4);
}

#[test]
fn a_document_of_that_name_elsewhere_blocks_what_it_guards_and_is_not_touched() {
    let account = Account::with_users(Backend::Sandbox);
    let text = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*" }] });
    let policy = json!({ "PolicyName": "DenyDataPipelinePolicy", "PolicyDocument": text });
    let arn = account.by_hand("create_policy", policy)["Policy"]["Arn"].clone();
    let before = account.by_hand("get_policy", json!({ "PolicyArn": arn }));

    let place = account.config.place("matrix.yaml", "  DenyDataPipelinePolicy:");
    account.plan().exits(2).says(&place).says("give our document another name");
    account.apply().exits(1).says(&place);
    assert_eq!(account.by_hand("get_policy", json!({ "PolicyArn": arn })), before);

    // The three groups that it guards grant nothing; the two others and the baseline are as they should be.
    for group in ["Developer", "DBA", "SysAdm"] {
        assert!(aws_policies(&account, group).is_empty(), "no guard, no allow: {group}");
    }
    assert_eq!(aws_policies(&account, "Viewer"), ["ReadOnlyAccess"]);
    assert_eq!(aws_policies(&account, "Admin").len(), 3);
    account.plan().exits(2).says("needs no change that can be made");
}

/// AWS's own policies on a group; none if there is no such group.
fn aws_policies(account: &Account, group: &str) -> Vec<String> {
    if !account.knows("get_group", json!({ "GroupName": group })) {
        return Vec::new();
    }
    let attached = account.by_hand("list_attached_group_policies", json!({ "GroupName": group }));
    let aws = |policy: &&Value| policy["PolicyArn"].as_str().unwrap().starts_with("arn:aws:iam::aws:");
    let name = |policy: &Value| policy["PolicyName"].as_str().unwrap().to_owned();
    attached["AttachedPolicies"].as_array().unwrap().iter().filter(aws).map(name).collect()
}
