//! The main job, on an account that holds only the users: one `apply` makes it equal to the two matrices.
//! What is true of the account is seen with boto3 and the AWS CLI, and worked out from matrix.yaml by a logic of its own.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use serde_json::json;
use support::{Account, Backend};

#[test]
fn one_apply_makes_the_sandbox_equal_to_the_matrix_and_the_second_finds_nothing_to_do() {
    the_main_job(&Account::with_users(Backend::Sandbox));
}

#[test]
fn one_apply_makes_moto_equal_to_the_matrix_and_the_second_finds_nothing_to_do() {
    the_main_job(&Account::with_users(Backend::Moto));
}

fn the_main_job(account: &Account) {
    let planned = account.plan().exits(2).planned();
    assert!(account.wire.take_writes().is_empty(), "plan only reads");

    let applied = account.apply().exits(0);
    let writes = account.wire.take_writes();
    assert_eq!(writes.len(), planned.len(), "one call for each line of the plan");
    assert_eq!(applied.planned(), planned, "apply does what plan showed");
    assert_eq!(applied.done(), planned.len(), "apply tells of every call");

    assert_eq!(account.judged(), json!({ "differences": [], "groups": 11, "attachments": 84 }));
    seen_with_the_aws_cli(account);

    account.plan().exits(0).says("is equal to the matrix");
    account.apply().exits(0).says("is equal to the matrix");
    assert_eq!(account.wire.take_writes(), Vec::<String>::new(), "nothing to do, so nothing is called");
}

fn seen_with_the_aws_cli(account: &Account) {
    let groups = account.aws(&["iam", "list-groups-for-user", "--user-name", "car@demoasacode.io"]);
    let mut names: Vec<&str> =
        groups["Groups"].as_array().unwrap().iter().map(|group| group["GroupName"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Baseline", "DBA", "DBA-2", "Developer", "Developer-2", "Developer-3", "Viewer"]);

    let tiger = account.aws(&["iam", "list-groups-for-user", "--user-name", "tiger@demoasacode.io"]);
    assert_eq!(tiger["Groups"].as_array().unwrap().len(), 1, "only the baseline: {tiger}");

    let viewer = account.aws(&["iam", "list-attached-group-policies", "--group-name", "Viewer"]);
    assert_eq!(viewer["AttachedPolicies"].as_array().unwrap().len(), 3, "{viewer}");

    let minimum =
        account.aws(&["iam", "get-account-password-policy", "--query", "PasswordPolicy.MinimumPasswordLength"]);
    assert_eq!(minimum, json!(14));
}
