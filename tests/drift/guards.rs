//! What the program refuses to do, and what a mode leaves undone. In each case the wire stays silent.

use serde_json::json;

use crate::support::{Account, Backend};

fn drifted() -> Account {
    let account = Account::converged(Backend::Sandbox);
    account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }));
    account.by_hand("remove_user_from_group", json!({ "GroupName": "DBA", "UserName": "car@demoasacode.io" }));
    account.by_hand("update_account_password_policy", json!({ "MinimumPasswordLength": 8 }));
    account
}

#[track_caller]
fn nothing_was_done(account: &Account, before: &serde_json::Value) {
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
    assert_eq!(account.look(), *before);
}

#[test]
fn additive_mode_only_adds() {
    let account = drifted();
    account.iamatrix(&["apply", "--yes", "--mode", "additive"]).exits(0).says("only adds");
    assert_eq!(account.wire.take_writes(), ["AddUserToGroup"]);
    let left = json!(["members of Admin: banana@demoasacode.io is too many", "MinimumPasswordLength is 8, not 14",]);
    let found = account.judged()["differences"].as_array().unwrap().clone();
    assert!(left.as_array().unwrap().iter().all(|line| found.contains(line)), "{found:?}");
    assert!(!found.contains(&json!("members of DBA: car@demoasacode.io is missing")), "{found:?}");
}

#[test]
fn observe_mode_shows_the_plan_and_refuses_to_apply_it() {
    let account = drifted();
    let before = account.look();
    let plan = account.iamatrix(&["plan", "--detailed-exitcode"]).exits(2).says("Mode observe: nothing is done");
    assert_eq!(plan.planned().len(), 3);
    account.iamatrix(&["apply", "--yes"]).exits(1).says("mode observe changes nothing").says("--mode enforce");
    nothing_was_done(&account, &before);
}

#[test]
fn another_account_than_the_allowed_one_is_refused() {
    let account = drifted();
    let before = account.look();
    account.config.edit("operator.yaml", "account: \"123456789012\"", "account: \"999999999999\"");
    for verb in [["plan", "--mode=enforce"], ["plan", "--mode=observe"], ["apply", "--mode=enforce"]] {
        let yes: &[&str] = if verb[0] == "apply" { &["--yes"] } else { &[] };
        let run = account.iamatrix(&[&verb, yes].concat());
        run.exits(1).says("123456789012").says("999999999999").says("AWS_PROFILE");
    }
    nothing_was_done(&account, &before);
}

#[test]
fn a_plan_that_takes_too_many_people_out_is_held_as_a_whole_with_the_numbers() {
    let account = drifted();
    let before = account.look();
    for user in ["lamp", "devapple", "car"] {
        account.config.edit_line(
            "matrix.yaml",
            &format!("{user}@demoasacode.io:"),
            &format!("  {user}@demoasacode.io: {{ groups: [] }}\n"),
        );
    }
    // 41 memberships, one more by hand and one less; 5 + 5 + 5 of the three and banana's go.
    let numbers = "would remove 16 of 41 memberships (limit 8)";
    account.plan().exits(3).says(numbers);
    account.apply().exits(3).says(numbers);
    nothing_was_done(&account, &before);

    account.config.edit("operator.yaml", "removals: { count: 5, percent: 20 }", "removals: { count: 16, percent: 20 }");
    account.apply().exits(0);
    account.is_equal();
}

#[test]
fn a_plan_that_detaches_too_much_is_held_as_a_whole_with_the_numbers() {
    let account = drifted();
    let before = account.look();
    account.config.drop_group("SysAdm");
    account.config.edit("operator.yaml", "prune: false", "prune: true");
    // 18 allows and, on each of the three parts, four guards.
    account.apply().exits(3).says("would remove 30 of 84 attachments (limit 16)");
    nothing_was_done(&account, &before);
}
