//! What changes something is for who has the token, and for nobody else.

use crate::support::{daemon::Daemon, eventually};
use crate::{account, ask, with_token};

const TOKEN: &str = "correct horse battery staple";
const NEXT: &str = "another horse, another staple";

fn post(path: &str, headers: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n{headers}\r\n")
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

/// The lines of the audit trail about what was asked over HTTP.
fn asked(daemon: &Daemon) -> Vec<serde_json::Value> {
    daemon.log().into_iter().filter(|line| line["target"] == "audit" && line["event"] == "asked").collect()
}

#[test]
fn a_request_to_reconcile_begins_a_cycle_at_once_and_the_audit_trail_says_who_asked() {
    let account = account();
    account.config.edit("operator.yaml", "interval: 1s", "interval: 1h");
    account.config.write("token", TOKEN);
    let named = format!("interval: 1h\ntokenFile: {}", account.config.file("token").display());
    account.config.edit("operator.yaml", "interval: 1h", &named);
    let daemon = Daemon::on(&account, &["--mode", "enforce"]);
    let first = daemon.until("the first cycle", |status| status["lastCycle"]["outcome"] == "inSync");
    assert_eq!(ask(&daemon, &post("/reconcile", "")).status, 401);
    assert_eq!(ask(&daemon, &post("/reconcile", &bearer(TOKEN))).status, 202);
    let second = daemon.until("the second", |status| status["lastCycle"]["number"] != first["lastCycle"]["number"]);
    assert_eq!(second["lastCycle"]["number"], 2);
    let asked = asked(&daemon);
    assert_eq!(asked.len(), 1, "only what was let through is there: {asked:?}");
    assert_eq!(asked[0]["asked"], "reconcile");
    assert!(asked[0]["from"].as_str().unwrap().starts_with("127.0.0.1:"), "{asked:?}");
}

#[test]
fn a_token_is_changed_without_a_restart_and_while_both_are_in_the_file_both_count() {
    let account = account();
    let daemon = with_token(&account, TOKEN);
    let status = |token: &str| ask(&daemon, &post("/reconcile", &bearer(token))).status;
    let both = |old: u16, new: u16| assert_eq!((status(TOKEN), status(NEXT)), (old, new));
    both(202, 401);
    account.config.write("token", &format!("{NEXT}\n{TOKEN}\n"));
    both(202, 202);
    account.config.write("token", NEXT);
    both(401, 202);
    account.config.write("token", "");
    both(401, 401);
    both(401, 401);
    eventually("the log says so", || {
        let said = daemon.log().iter().filter(|line| line["message"].as_str().unwrap().contains("is empty")).count();
        assert!(said < 2, "once");
        (said == 1).then_some(())
    });
    std::fs::remove_file(account.config.file("token")).unwrap();
    both(401, 401);
    account.config.write("token", NEXT);
    both(401, 202);
}

#[test]
fn without_a_token_file_nothing_can_be_changed_and_the_answer_says_how_to_switch_it_on() {
    let account = account();
    let daemon = Daemon::on(&account, &["--mode", "enforce"]);
    daemon.until_in_sync();
    for path in ["/reconcile", "/approve/0000000000000000000000000000000000000000000000000000000000000000"] {
        let answer = ask(&daemon, &post(path, &bearer(TOKEN)));
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("`tokenFile`"), "{}", answer.text());
    }
    assert_eq!(asked(&daemon), [] as [serde_json::Value; 0]);
}

#[test]
fn a_held_plan_is_released_by_its_digest_and_the_trail_says_by_whom_and_that_it_was_carried_out() {
    let account = account();
    let daemon = with_token(&account, TOKEN);
    account.config.edit_line("operator.yaml", "removals:", "  removals: { count: 0, percent: 0 }\n");
    account.config.edit_line("matrix.yaml", "banana@demoasacode.io:", "  banana@demoasacode.io: { groups: [] }\n");
    let held = daemon.until("held", |status| status["lastCycle"]["outcome"] == "held");
    let digest = held["release"].as_str().unwrap();
    assert!(held["meanwhile"].is_string(), "the last approved matrix goes on being enforced: {held}");
    let approve = |digest: &str| ask(&daemon, &post(&format!("/approve/{digest}"), &bearer(TOKEN))).status;
    assert_eq!(approve(&"0".repeat(64)), 409);
    assert_eq!(approve(digest), 202);
    let after = daemon.until("carried out", |status| status["lastCycle"]["outcome"] == "inSync");
    assert_eq!((&after["release"], &after["meanwhile"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    assert_eq!(approve(digest), 404, "it is not held any more");
    let asked = asked(&daemon);
    assert_eq!((asked.len(), &asked[0]["asked"], asked[0]["release"].as_str()), (1, &"approve".into(), Some(digest)));
    let log = daemon.log();
    let released: Vec<_> = log.iter().filter(|line| line["event"] == "released").collect();
    let removed: Vec<_> = log.iter().filter(|line| line["kind"] == "removeMember").collect();
    assert_eq!((released.len(), removed.len()), (1, 1), "{log:?}");
    assert_eq!(released[0]["plan"], removed[0]["plan"]);
    assert_eq!((&released[0]["release"], &released[0]["by"]), (&asked[0]["release"], &"http".into()));
}
