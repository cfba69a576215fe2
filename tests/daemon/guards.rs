//! What the daemon does not do unasked: held plans and their release, suspension, groups held back, and tugs of war.

use serde_json::{Value, json};

use crate::care::{enforcing, watched};
use crate::support::daemon::Daemon;
use crate::support::{Account, eventually};

const TOKEN: &str = "a token that only the test knows";
const TIGER: &str = "tiger@demoasacode.io";

/// An account looked at every second by a daemon that takes orders, and is in sync.
fn at_work() -> (Account, Daemon) {
    let account = watched();
    account.config.write("token", TOKEN);
    let file = account.config.file("token");
    let listen = "listen: 127.0.0.1:8080\n";
    account.config.edit("operator.yaml", listen, &format!("{listen}tokenFile: {}\n", file.display()));
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    (account, daemon)
}

fn page(daemon: &Daemon, path: &str) -> Value {
    daemon.get_with(path, &format!("Authorization: Bearer {TOKEN}\r\n")).json()
}

/// A commit that takes ten memberships away.
fn drop_a_group(account: &Account, daemon: &Daemon) -> String {
    account.config.drop_group("DBA");
    daemon.until("held", |status| status["lastCycle"]["outcome"] == "held");
    page(daemon, "/plan")["release"].as_str().unwrap().to_owned()
}

fn groups_of(account: &Account, user: &str) -> Vec<String> {
    let groups = account.by_hand("list_groups_for_user", json!({ "UserName": user }))["Groups"].clone();
    groups.as_array().unwrap().iter().map(|group| group["GroupName"].as_str().unwrap().to_owned()).collect()
}

fn into_admin(account: &Account) {
    account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": TIGER }));
}

#[test]
fn a_held_plan_is_released_over_http_by_whoever_has_the_token_and_its_digest() {
    let (account, daemon) = at_work();
    let release = drop_a_group(&account, &daemon);
    assert_eq!(daemon.post(&format!("/approve/{release}"), "another").status, 401);
    assert_eq!(daemon.post(&format!("/approve/{}", "0".repeat(64)), TOKEN).status, 409);
    assert_eq!(daemon.status()["held"], json!(["memberships"]));
    assert_eq!(daemon.post(&format!("/approve/{release}"), TOKEN).status, 202);
    daemon.until_in_sync();
    assert!(!groups_of(&account, "scott@demoasacode.io").contains(&"DBA".to_owned()));
    assert_eq!(daemon.said("is released over HTTP").len(), 1);
}

#[test]
fn while_a_commit_is_held_the_last_approved_matrix_is_enforced_and_shown() {
    let (account, daemon) = at_work();
    let approved = daemon.status()["config"]["digest"].clone();
    drop_a_group(&account, &daemon);
    into_admin(&account);
    daemon.until("repaired", |_| groups_of(&account, TIGER) == ["Baseline"]);
    let removals = |plan: &Value| plan["holds"][0]["changes"].as_array().map(Vec::len);
    let plan = eventually("shown", || Some(page(&daemon, "/plan")).filter(|plan| removals(plan) == Some(10)));
    assert_eq!(plan["meanwhile"]["digest"], approved, "{plan}");
    let hold = plan["holds"][0].clone();
    assert!(hold["message"].as_str().unwrap().starts_with("would remove 10 of 41 memberships (limit 8)"), "{hold}");
    assert_eq!(daemon.said("plan held: it would remove 10 of 41 memberships").len(), 1, "told once");
}

#[test]
fn a_last_approved_matrix_whose_plan_is_held_too_is_not_said_to_be_enforced() {
    let (account, daemon) = at_work();
    drop_a_group(&account, &daemon);
    daemon.until("the last approved takes its place", |status| status["meanwhile"].is_string());
    account.config.edit_line("operator.yaml", "removals:", "  removals: { count: 0, percent: 0 }\n");
    into_admin(&account);
    eventually("that is said", || {
        let said = daemon.said("the last approved matrix is held, too").len();
        (said == 1 && daemon.status()["meanwhile"].is_null()).then_some(())
    });
    assert!(daemon.metric("iamatrix_last_approved_enforced") < 0.1);
    assert!(groups_of(&account, TIGER).contains(&"Admin".to_owned()), "nothing is repaired");
}

#[test]
fn after_a_restart_there_is_no_approved_matrix_and_a_held_plan_is_only_shown() {
    let (account, mut daemon) = at_work();
    drop_a_group(&account, &daemon);
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(0));
    account.wire.take();
    let daemon = enforcing(&account);
    let held =
        |status: &Value| status["lastCycle"]["outcome"] == "held" && status["lastCycle"]["number"].as_u64() > Some(2);
    daemon.until("held", held);
    assert_eq!(page(&daemon, "/plan")["meanwhile"], Value::Null);
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
}

#[test]
fn a_release_on_the_command_line_is_for_the_plan_that_was_shown() {
    let (account, daemon) = at_work();
    let release = drop_a_group(&account, &daemon);
    drop(daemon);
    let apply = |digest: &str| account.iamatrix(&["apply", "--yes", "--mode", "enforce", "--approve", digest]);
    apply(&"0".repeat(64)).exits(3).says("does not release this plan");
    apply(&release).exits(0).says("It was held, and is released.");
    account.plan().exits(0);
}

#[test]
fn suspended_it_looks_and_tells_and_changes_nothing_until_that_ends() {
    let (account, daemon) = at_work();
    account.config.edit("operator.yaml", "suspend: false", "suspend: true");
    daemon.until("suspended", |status| status["suspended"] == true);
    account.wire.take();
    into_admin(&account);
    daemon.until("drift", |status| status["lastCycle"]["outcome"] == "drift");
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
    account.config.edit("operator.yaml", "suspend: true", "suspend: false");
    daemon.until_in_sync();
    assert_eq!(groups_of(&account, TIGER), ["Baseline"]);
}

#[test]
fn a_group_that_is_held_back_keeps_its_drift_and_the_others_are_repaired() {
    let (account, daemon) = at_work();
    account.config.edit("operator.yaml", "suspend: false", "groups: { Viewer: observe }");
    account.by_hand("add_user_to_group", json!({ "GroupName": "Viewer", "UserName": TIGER }));
    into_admin(&account);
    daemon.until("the other is repaired", |_| !groups_of(&account, TIGER).contains(&"Admin".to_owned()));
    daemon.until("only its own is left", |status| status["drift"] == 1);
    assert!(groups_of(&account, TIGER).contains(&"Viewer".to_owned()));
}

/// The same change undone three times: a removal goes on, later; what grants access is not made again until a person
/// asks for it. That scott is in DBA was made once before, when the account converged.
#[test]
fn in_a_tug_of_war_grants_stop_and_removals_wait_and_both_are_told() {
    let (account, daemon) = at_work();
    let scott = "scott@demoasacode.io";
    let out_of_dba = || account.by_hand("remove_user_from_group", json!({ "GroupName": "DBA", "UserName": scott }));
    let is_repaired =
        || groups_of(&account, TIGER) == ["Baseline"] && groups_of(&account, scott).contains(&"DBA".to_owned());
    for round in 1..=3 {
        into_admin(&account);
        if round < 3 {
            out_of_dba();
        }
        daemon.until("repaired", |_| is_repaired());
    }
    into_admin(&account);
    out_of_dba();
    let contended = |status: &Value| status["contended"] == 2 && status["lastCycle"]["outcome"] == "drift";
    daemon.until("contended", contended);
    account.wire.take();
    let told = page(&daemon, "/plan")["contended"].clone();
    let next: Vec<(&str, bool)> =
        told.as_array().unwrap().iter().map(|it| (it["change"].as_str().unwrap(), it["nextAt"].is_string())).collect();
    assert_eq!(next, [("add scott@demoasacode.io to DBA", false), ("remove tiger@demoasacode.io from Admin", true)]);
    assert_eq!(daemon.said("contended: somebody undid").len(), 2);
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
    assert_eq!(daemon.post("/reconcile", TOKEN).status, 202);
    daemon.until_in_sync();
    account.is_equal();
}
