//! The matrix changes, and the account follows.

use serde_json::{Value, json};

use crate::support::{Account, Backend};

#[test]
fn a_user_whose_row_is_gone_leaves_every_group() {
    let account = Account::converged(Backend::Sandbox);
    account.config.edit_line("matrix.yaml", "lamp@demoasacode.io:", "");
    account.is_repaired_by(&[
        "- remove lamp@demoasacode.io from Developer",
        "- remove lamp@demoasacode.io from Developer-2",
        "- remove lamp@demoasacode.io from Developer-3",
        "- remove lamp@demoasacode.io from DBA",
        "- remove lamp@demoasacode.io from DBA-2",
        "- remove lamp@demoasacode.io from Baseline",
    ]);
    assert!(account.knows("get_user", json!({ "UserName": "lamp@demoasacode.io" })), "the user is not ours to delete");
}

#[test]
fn a_user_whose_row_is_gone_keeps_the_baseline_while_a_direct_policy_remains() {
    let account = Account::converged(Backend::Sandbox);
    let direct = json!({ "UserName": "symple@demoasacode.io", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess" });
    account.by_hand("attach_user_policy", direct.clone());
    account.config.edit_line("matrix.yaml", "symple@demoasacode.io:", "");
    account.is_changed_by(&[
        "- remove symple@demoasacode.io from Developer",
        "- remove symple@demoasacode.io from Developer-2",
        "- remove symple@demoasacode.io from Developer-3",
    ]);
    account
        .plan()
        .exits(0)
        .says("user symple@demoasacode.io has no row and stays in the baseline")
        .says("policy ReadOnlyAccess");

    account.by_hand("detach_user_policy", direct);
    account.is_repaired_by(&["- remove symple@demoasacode.io from Baseline"]);
}

#[test]
fn a_document_that_begins_with_a_blank_line_is_sent_without_it() {
    let account = Account::converged(Backend::Sandbox);
    let wider = "[\"datapipeline:*\", \"glue:*\"]";
    let text = account.config.read("policies/DenyDataPipelinePolicy.json").replace("\"datapipeline:*\"", wider);
    account.config.write("policies/DenyDataPipelinePolicy.json", &format!("\n  {text}"));
    account.is_repaired_by(&["~ update document DenyDataPipelinePolicy"]);
}

#[test]
fn a_renamed_group_is_renamed_in_place_with_all_its_parts() {
    let account = Account::converged(Backend::Sandbox);
    let before = group_ids(&account, "Developer");
    let matrix = account.config.read("matrix.yaml").replace("Developer", "Engineer");
    account.config.write("matrix.yaml", &matrix);
    account.config.edit("matrix.yaml", "  Engineer: {}", "  Engineer: { renamedFrom: Developer }");
    account.is_repaired_by(&[
        "~ rename group Developer to Engineer",
        "~ rename group Developer-2 to Engineer-2",
        "~ rename group Developer-3 to Engineer-3",
    ]);
    assert_eq!(group_ids(&account, "Engineer"), before, "the same groups");
}

fn group_ids(account: &Account, name: &str) -> Vec<Value> {
    let parts = [name.to_owned(), format!("{name}-2"), format!("{name}-3")];
    parts
        .iter()
        .map(|part| account.by_hand("get_group", json!({ "GroupName": part }))["Group"]["GroupId"].clone())
        .collect()
}

#[test]
fn a_policy_taken_off_a_row_is_detached_and_one_added_is_attached() {
    let account = Account::converged(Backend::Sandbox);
    account.config.edit_line(
        "matrix.yaml",
        "AmazonRoute53FullAccess:",
        "  AmazonRoute53FullAccess: [SysAdm, Viewer]\n",
    );
    account
        .is_repaired_by(&["- detach AmazonRoute53FullAccess from Admin", "+ attach AmazonRoute53FullAccess to Viewer"]);
}

#[test]
fn a_document_edited_in_git_becomes_a_new_version() {
    let account = Account::converged(Backend::Sandbox);
    let statement = json!({ "Effect": "Deny", "Action": ["datapipeline:*", "glue:*"], "Resource": "*" });
    let text = json!({ "Version": "2012-10-17", "Statement": [statement] });
    account.config.write("policies/DenyDataPipelinePolicy.json", &text.to_string());
    account.is_repaired_by(&["~ update document DenyDataPipelinePolicy"]);
}

#[test]
fn a_column_that_is_gone_leaves_nobody_with_its_access() {
    let account = Account::converged(Backend::Sandbox);
    account.config.drop_group("SysAdm");
    account.is_changed_by(&[
        "- remove manager@demoasacode.io from SysAdm",
        "- remove manager@demoasacode.io from SysAdm-2",
        "- remove manager@demoasacode.io from SysAdm-3",
    ]);
    account.plan().exits(0).says("group SysAdm is not declared; it stays");
}
