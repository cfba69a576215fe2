//! What a plan comes to: which actions people gain and lose, told before anything is done.

use serde_json::{Value, json};

use crate::support::program::Run;
use crate::support::{Account, Backend};

/// The plan that enforces, once these rows of the matrix are replaced.
fn planned(account: &Account, rows: &[(&str, &str)]) -> Run {
    for (begins, row) in rows {
        account.config.edit_line("matrix.yaml", begins, &format!("  {begins} {row}\n"));
    }
    account.iamatrix(&["plan", "--mode", "enforce"]).exits(0)
}

/// What the same plan tells programs: for whom, and what moves.
fn effect(account: &Account) -> Vec<Value> {
    let json = account.iamatrix(&["plan", "--mode", "enforce", "-o", "json"]).exits(0).stdout;
    let view: Value = serde_json::from_str(&json).unwrap();
    view["effect"]["changes"].as_array().unwrap().clone()
}

fn moves<'s>(shift: &'s Value, kind: &str, mfa: &str) -> Option<&'s Value> {
    shift["moves"].as_array().unwrap().iter().find(|part| part["kind"] == kind && part["mfa"] == mfa)
}

#[test]
fn joining_a_group_tells_what_becomes_possible_the_gravest_by_name_and_what_only_under_a_condition() {
    let account = Account::converged(Backend::Sandbox);
    let plan = planned(&account, &[("tiger@demoasacode.io:", "{ groups: [DBA] }")]);
    plan.says("What it comes to:\n  tiger@demoasacode.io\n    + with MFA, newly possible: ")
        .says("      ! read data (")
        .says("    + with MFA, newly possible on some resources or under a condition: ")
        .says("      ! pass roles (1): iam:PassRole\n");

    let changes = effect(&account);
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0]["users"], json!(["tiger@demoasacode.io"]));
    let gained = moves(&changes[0], "newlyPossible", "with").unwrap();
    assert!(gained["count"].as_u64().unwrap() > 500, "{gained}");
    assert!(gained["sensitive"]["data"].as_array().unwrap().contains(&json!("dynamodb:GetItem")), "{gained}");
    assert!(gained["others"]["rds"].as_u64().unwrap() > 50, "{gained}");
    assert!(moves(&changes[0], "newlyLimited", "with").unwrap().to_string().contains("iam:PassRole"));
    for kind in ["newlyPossible", "newlyLimited"] {
        assert_eq!(moves(&changes[0], kind, "without"), None, "MFAForcePolicy lets nothing of it through");
    }
}

#[test]
fn leaving_a_group_tells_what_is_no_longer_possible() {
    let account = Account::converged(Backend::Sandbox);
    let plan = planned(&account, &[("banana@demoasacode.io:", "{ groups: [] }")]);
    let plan = plan.says("  banana@demoasacode.io\n").says("    - with MFA, no longer possible: ");
    assert!(!plan.stdout.contains("newly possible"), "{}", plan.stdout);
    let changes = effect(&account);
    assert!(moves(&changes[0], "noLongerPossible", "with").unwrap()["count"].as_u64().unwrap() > 1_000);
}

#[test]
fn a_guard_given_and_a_guard_taken_are_told_for_everybody_alike_at_once() {
    let account = Account::converged(Backend::Sandbox);
    let rows = [
        ("DenyDataPipelinePolicy:", "[Viewer, Developer, DBA, SysAdm]"),
        ("DenyIPAddressPolicy:", "[Admin, Developer, DBA, SysAdm]"),
    ];
    let plan = planned(&account, &rows);
    plan.says("  banana@demoasacode.io, melon@demoasacode.io\n")
        .says("    + with MFA, possible with fewer limits: ")
        .says("    - with MFA, no longer possible: ");
    let changes = effect(&account);
    let viewers = changes.iter().find(|shift| shift["users"][0] == "banana@demoasacode.io").unwrap();
    assert_eq!(viewers["users"], json!(["banana@demoasacode.io", "melon@demoasacode.io"]));
    let lost = moves(viewers, "noLongerPossible", "with").unwrap();
    assert_eq!(lost["others"].as_object().unwrap().keys().collect::<Vec<_>>(), ["datapipeline"]);
    assert!(moves(viewers, "widened", "with").unwrap()["count"].as_u64().unwrap() > 1_000);
}

#[test]
fn an_exemption_from_the_guard_is_told_as_a_gain_without_mfa() {
    let account = Account::converged(Backend::Sandbox);
    let listed = "\"sts:GetSessionToken\"";
    account.config.edit("policies/MFAForcePolicy.json", listed, &format!("{listed}, \"s3:GetObject\""));
    account.iamatrix(&["plan"]).exits(0).says("+ without MFA, newly possible: 1 action\n").says("s3:GetObject");
    account.iamatrix(&["plan", "--mode", "enforce"]).exits(1).says("error[M13]").says("nothing was done");
}

#[test]
fn a_pull_request_is_told_in_markdown_and_a_plan_without_effect_says_nothing_of_it() {
    let account = Account::converged(Backend::Sandbox);
    let markdown = |account: &Account| account.iamatrix(&["plan", "--mode", "enforce", "-o", "markdown"]).exits(0);
    let equal = markdown(&account);
    assert!(!equal.stdout.contains("What it comes to"), "{}", equal.stdout);
    // The same meaning in another text changes nothing for anybody.
    let device = "\"iam:ListVirtualMFADevices\",\n      \"Resource\"";
    account.config.edit("policies/MFAForcePolicy.json", device, &device.replace("List", "list"));
    let respelled = markdown(&account);
    assert!(!respelled.stdout.contains("What it comes to"), "{}", respelled.stdout);
    planned(&account, &[("tiger@demoasacode.io:", "{ groups: [DBA] }")]);
    markdown(&account)
        .says("\n**What it comes to**\n\n```text\n  tiger@demoasacode.io\n    + with MFA, newly possible: ");
}

#[test]
fn what_people_carry_past_the_matrix_is_told_and_left() {
    let account = Account::converged(Backend::Sandbox);
    let arn = "arn:aws:iam::aws:policy/AmazonRDSReadOnlyAccess";
    account.by_hand("attach_user_policy", json!({ "UserName": "scott@demoasacode.io", "PolicyArn": arn }));
    let told = account.plan().exits(0).says("is equal to the matrix").says("Past the matrix: users who carry a policy");
    told.says("  i scott@demoasacode.io has AmazonRDSReadOnlyAccess, attached to the user\n")
        .says("aws iam detach-user-policy --user-name scott@demoasacode.io --policy-arn arn:aws:iam::aws:policy/");
    let view: Value = serde_json::from_str(&account.iamatrix(&["plan", "-o", "json"]).exits(0).stdout).unwrap();
    let command = format!("aws iam detach-user-policy --user-name scott@demoasacode.io --policy-arn {arn}");
    let grant = &view["plan"]["bypasses"][0];
    assert_eq!((&grant["user"], &grant["kind"]), (&json!("scott@demoasacode.io"), &json!("attached")));
    assert_eq!((&grant["policy"], &grant["arn"]), (&json!("AmazonRDSReadOnlyAccess"), &json!(arn)));
    assert_eq!(grant["command"], json!(command));
}

#[test]
fn a_plan_that_would_deny_iamatrix_its_own_work_is_held() {
    let account = Account::with_users(Backend::Sandbox);
    let user = json!({ "UserName": "admin@demoasacode.io" });
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    account.by_hand("attach_user_policy", json!({ "UserName": "admin@demoasacode.io", "PolicyArn": administrator }));
    let key = account.by_hand("create_access_key", user)["AccessKey"].clone();
    let as_user = |args: &[&str]| {
        let mut command = account.command(args);
        command.env("AWS_ACCESS_KEY_ID", key["AccessKeyId"].as_str().unwrap());
        Run::of(command.env("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"].as_str().unwrap()))
    };
    let plan = || as_user(&["plan", "--mode", "enforce", "--detailed-exitcode"]);
    plan()
        .exits(2)
        .says("user `admin@demoasacode.io` is the one that iamatrix runs as, so memberships are not changed");
    account.by_hand("create_group", json!({ "Path": "/foundation/", "GroupName": "Baseline" }));
    let membership = json!({ "GroupName": "Baseline", "UserName": "admin@demoasacode.io" });
    account.by_hand("add_user_to_group", membership);
    let held = plan().exits(3);
    held.says("Held, as a whole: it would deny iam:").says("to admin@demoasacode.io, the user whose credentials");
    account.wire.take_writes();
    as_user(&["apply", "--yes", "--mode", "enforce"]).exits(3);
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
}
