//! The account is kept equal to the matrix: whatever happens to the account, the files or the network.

use serde_json::json;

use crate::cost::with_sandbox;
use crate::support::daemon::Daemon;
use crate::support::wire::is_write;
use crate::support::{Account, Backend, Config, eventually};

/// An account that holds the users, looked at every second.
pub fn watched() -> Account {
    let account = Account::with_users(Backend::Sandbox);
    account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    account
}

pub fn enforcing(account: &Account) -> Daemon {
    Daemon::on(account, &["--mode", "enforce"])
}

#[test]
fn the_first_command_of_the_readme_converges_an_account_that_starts_out_wrong() {
    let config = Config::example();
    let mut daemon = with_sandbox(&config);
    let endpoint = format!("http://{}", daemon.process.address_after("AWS_ENDPOINT_URL=http://"));
    daemon.until("converged", |status| status["lastGoodAt"].is_string());

    let account = Account::at(&endpoint, config, None);
    // Nothing is deleted that prune does not allow.
    let left = json!(["group Interns belongs to no column", "documents: TemporaryMigrationPolicy is too many"]);
    assert_eq!(account.judged()["differences"], left);
    let interns = account.by_hand("get_group", json!({ "GroupName": "Interns" }));
    assert_eq!(interns["Users"], json!([]));
    let direct = account.by_hand("list_attached_user_policies", json!({ "UserName": "scott@demoasacode.io" }));
    assert_eq!(direct["AttachedPolicies"].as_array().unwrap().len(), 1, "a person's own policy is not ours to remove");
    assert!(daemon.get("/drift").body.contains("Interns"), "what is not repaired is reported");
}

#[test]
fn drift_that_is_made_while_it_runs_is_repaired() {
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    account.is_equal();
    account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }));
    account.by_hand(
        "detach_group_policy",
        json!({ "GroupName": "DBA-2", "PolicyArn": account.document("MFAForcePolicy") }),
    );
    daemon.until_in_sync();
    account.is_equal();
}

#[test]
fn an_edited_matrix_is_taken_into_use_without_a_restart() {
    let account = watched();
    let daemon = enforcing(&account);
    let before = daemon.until_in_sync()["config"]["digest"].clone();
    account.config.edit_line("matrix.yaml", "tiger@demoasacode.io:", "  tiger@demoasacode.io: { groups: [Viewer] }\n");
    let after = daemon.until("the new matrix is in use", |status| status["config"]["digest"] != before);
    assert_eq!(after["config"]["inUse"], "newest");
    daemon.until_in_sync();
    account.is_equal();
}

#[test]
fn a_broken_matrix_leaves_the_last_good_one_at_work_until_it_is_mended() {
    let account = watched();
    let daemon = enforcing(&account);
    let good = daemon.until_in_sync()["config"]["digest"].clone();
    let matrix = account.config.read("matrix.yaml");
    // A key twice is YAML's way of losing a row: the last one would win.
    account.config.write("matrix.yaml", &format!("{matrix}\nusers: {{}}\n"));
    let status = daemon.until("the problem is seen", |status| status["config"]["inUse"] == "lastGood");
    assert_eq!(status["config"]["digest"], good);
    assert_eq!(status["config"]["problems"], 1, "warnings are no problems");
    assert_eq!(daemon.get("/readyz").status, 200, "it still does its work");
    assert!((daemon.metric("iamatrix_config_valid") - 0.0).abs() < 0.1);
    assert!(daemon.get("/drift").body.contains("matrix.yaml:"), "the problem is told with its place");

    account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }));
    daemon.until_in_sync();
    account.config.write("matrix.yaml", &matrix);
    account.is_equal();
    daemon.until("mended", |status| status["config"]["inUse"] == "newest");
    assert!((daemon.metric("iamatrix_config_valid") - 1.0).abs() < 0.1);
}

#[test]
fn an_emptied_or_deleted_matrix_removes_nobody() {
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    account.wire.take_writes();
    let matrix = account.config.read("matrix.yaml");
    for text in ["", "version: 1\n", "# nothing\n"] {
        account.config.write("matrix.yaml", text);
        daemon.until("the problem is seen", |status| status["config"]["inUse"] == "lastGood");
        account.config.write("matrix.yaml", &matrix);
        daemon.until("mended", |status| status["config"]["inUse"] == "newest");
    }
    std::fs::remove_file(account.config.file("matrix.yaml")).unwrap();
    daemon.until("the problem is seen", |status| status["config"]["inUse"] == "lastGood");
    account.config.write("matrix.yaml", &matrix);
    daemon.until("mended", |status| status["config"]["inUse"] == "newest");
    daemon.until_in_sync();
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
}

#[test]
fn a_matrix_that_is_broken_from_the_start_means_alive_but_not_ready_and_nothing_is_written() {
    let account = watched();
    let matrix = account.config.read("matrix.yaml");
    account.config.write("matrix.yaml", &format!("{matrix}\nusers: {{}}\n"));
    let daemon = enforcing(&account);
    let problems = daemon.until("the problem is seen", |status| status["config"]["problems"].as_u64() > Some(0));
    assert!(problems["config"]["digest"].is_null(), "{problems}");
    assert_eq!(daemon.get("/livez").status, 200);
    assert_eq!(daemon.get("/readyz").status, 503);
    assert_eq!(daemon.get("/startupz").status, 200, "Kubernetes must not start it again and again for that");
    let told = eventually("the log tells", || {
        daemon.log().into_iter().find(|line| line["message"].to_string().contains("matrix.yaml:"))
    });
    assert_eq!(told["level"], "ERROR");
    assert!(account.wire.take_writes().is_empty());

    account.config.write("matrix.yaml", &matrix);
    daemon.until_ready();
    daemon.until_in_sync();
    account.is_equal();
}

#[test]
fn an_outage_of_iam_changes_nothing_and_passes() {
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    account.wire.cut(true);
    let status = daemon.until("a failed cycle", |status| status["lastCycle"]["outcome"] == "failed");
    assert!(status["lastCycle"]["errorClass"].is_string(), "{status}");
    assert_eq!(daemon.get("/livez").status, 200, "a restart would not help");
    assert_eq!(daemon.get("/readyz").status, 200);
    account.wire.cut(false);
    account.wire.take();
    daemon.until_in_sync();
    assert!(account.wire.take_writes().is_empty());
}

#[test]
fn observe_mode_reports_the_drift_and_makes_no_call_that_writes() {
    let account = watched();
    let daemon = Daemon::on(&account, &["--mode", "observe"]);
    daemon.until("three cycles", |status| status["lastCycle"]["number"].as_u64() > Some(2));
    let status = daemon.status();
    assert_eq!((&status["mode"], &status["lastCycle"]["outcome"]), (&json!("observe"), &json!("drift")));
    let planned = account.plan().exits(2).planned().len();
    assert_eq!(status["drift"], planned);
    assert_eq!(daemon.get("/drift").json()["drift"].as_array().unwrap().len(), planned);
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
    let called: Vec<String> = daemon.called().into_iter().map(|(operation, _)| operation).collect();
    assert!(!called.is_empty() && !called.iter().any(|name| is_write(name)), "{called:?}");
}

#[test]
fn a_held_plan_is_shown_with_its_numbers_and_nothing_is_done() {
    let account = Account::converged(Backend::Sandbox);
    account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    for user in ["lamp", "devapple"] {
        account.config.edit_line("matrix.yaml", &format!("{user}@demoasacode.io:"), "");
    }
    let daemon = enforcing(&account);
    let status = daemon.until("held", |status| status["lastCycle"]["outcome"] == "held");
    assert_eq!(status["held"], json!(["memberships"]));
    assert!(
        daemon.get("/plan").json()["holds"][0]["message"]
            .as_str()
            .unwrap()
            .contains("would remove 12 of 41 memberships")
    );
    assert!((daemon.metric("iamatrix_plan_held{reason=\"memberships\"}") - 1.0).abs() < 0.1);
    // Something else of the plan changes: the hold is the same, and is not told again.
    let rds = "arn:aws:iam::aws:policy/AmazonRDSReadOnlyAccess";
    account.by_hand("attach_user_policy", json!({ "UserName": "scott@demoasacode.io", "PolicyArn": rds }));
    let count = |part: &str| daemon.log().iter().filter(|line| line["message"].to_string().contains(part)).count();
    daemon.until("the policy was noticed", |_| count("past the matrix: scott@demoasacode.io has") == 1);
    assert_eq!(count("plan held"), 1, "{:?}", daemon.log());
    assert_eq!(daemon.get("/readyz").status, 200);
    assert!(account.wire.take_writes().is_empty());
}
