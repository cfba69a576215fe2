//! The page at `/` in a real browser, over the running daemon: what it shows, by keyboard, without a script, on a phone,
//! in the dark, to a screen reader, and with words that would be markup.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and takes the time of real processes"
)]

mod support;

#[path = "page/browser.rs"]
mod browser;

use serde_json::{Value, json};

use support::daemon::Daemon;
use support::program::{Process, iamatrix};
use support::{Account, Backend, Config, eventually};

/// The example's account, brought in line and then changed by hand in every way that a cell can show.
fn drifted() -> Account {
    let config = Config::example();
    let mut sandbox = iamatrix();
    sandbox.args(["sandbox", "--listen", "127.0.0.1:0", "--account"]).arg(config.file("sandbox-account.yaml"));
    let mut sandbox = Process::start(&mut sandbox);
    let endpoint = format!("http://{}", sandbox.address_after("http://"));
    let account = Account::at(&endpoint, config, Some(sandbox));
    account.apply().exits(0);
    account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    account.config.edit("operator.yaml", "users: [], groups", "users: [bicycle@demoasacode.io], groups");
    let member = |group: &str, user: &str| json!({ "GroupName": group, "UserName": format!("{user}@demoasacode.io") });
    account.by_hand("add_user_to_group", member("Admin", "tiger"));
    account.by_hand("add_user_to_group", member("Viewer", "scott"));
    account.by_hand("add_user_to_group", member("SysAdm", "bicycle"));
    account.by_hand("remove_user_from_group", member("Developer-2", "lamp"));
    for group in ["DBA", "DBA-2"] {
        account.by_hand("remove_user_from_group", member(group, "scott"));
    }
    let attached = |group: &str, policy: &str| json!({ "GroupName": group, "PolicyArn": policy });
    account.by_hand("attach_group_policy", attached("Viewer", "arn:aws:iam::aws:policy/IAMFullAccess"));
    account.by_hand("detach_group_policy", attached("Developer", &account.document("MFAForcePolicy")));
    let inline = json!({ "GroupName": "DBA", "PolicyName": "IncidentInMay", "PolicyDocument": allow() });
    account.by_hand("put_group_policy", inline);
    let version = json!({ "PolicyArn": account.document("DenyDataPipelinePolicy"), "PolicyDocument": hostile_document(), "SetAsDefault": true });
    account.by_hand("create_policy_version", version);
    account
}

const HOSTILE: &str = "<img src=x onerror=window.hacked=1>";

fn allow() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }] })
}

/// What IAM takes, and would be markup if it were not escaped.
fn hostile_document() -> Value {
    let condition = json!({ "StringEquals": { "aws:PrincipalTag/x": HOSTILE } });
    let statement = json!({ "Effect": "Deny", "Action": "datapipeline:*", "Resource": "*", "Condition": condition });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// A daemon that has looked at the account, and at people's devices.
fn watching(account: &Account, flags: &[&str]) -> Daemon {
    let daemon = Daemon::on(account, flags);
    daemon.until("looked", |status| status["lastCycle"]["number"].as_u64() >= Some(2));
    daemon
}

fn address(daemon: &Daemon) -> String {
    format!("http://{}", daemon.address)
}

#[test]
fn every_state_of_a_cell_is_shown() {
    let account = drifted();
    let daemon = watching(&account, &[]);
    let wanted = json!({
        "users": {
            "admin@demoasacode.io": { "Admin": "in sync", "Developer": "", "Baseline": "in sync" },
            "tiger@demoasacode.io": { "Admin": "extra" },
            "lamp@demoasacode.io": { "Developer": "missing in part", "DBA": "in sync" },
            "scott@demoasacode.io": { "DBA": "missing", "Viewer": "extra" },
            "bicycle@demoasacode.io": { "SysAdm": "protected", "DBA": "in sync" },
        },
        "policies": {
            "MFAForcePolicy": { "Developer": "missing in part", "Baseline": "in sync" },
            "IAMFullAccess": { "Viewer": "extra" },
            "IncidentInMay": { "DBA": "extra" },
        },
    });
    let words = json!([
        "remove tiger@demoasacode.io from Admin",
        "no row of the matrix puts this user into Admin",
        "detach IAMFullAccess from Viewer",
        "update document DenyDataPipelinePolicy",
        "What it grants and takes away",
        "Mode observe: it is reported, and nothing is changed.",
        "inline policy",
        "scott@demoasacode.io has AmazonRDSReadOnlyAccess, attached to the user",
        "user bicycle@demoasacode.io is protected in operator.yaml",
        "required of 11 users",
    ]);
    browser::check("states", &[&address(&daemon), &wanted.to_string(), &words.to_string()]);
}

#[test]
fn a_held_plan_is_shown_as_held_with_the_reason() {
    let account = drifted();
    account.config.edit("operator.yaml", "removals: { count: 5, percent: 20 }", "removals: { count: 1, percent: 0 }");
    let daemon = watching(&account, &["--mode", "enforce"]);
    let wanted = json!({ "users": {
        "tiger@demoasacode.io": { "Admin": "held extra" },
        "scott@demoasacode.io": { "DBA": "held missing" },
        "bicycle@demoasacode.io": { "SysAdm": "protected" },
    } });
    let words = json!(["The plan is held", "would remove 2 of", "(limit 1)"]);
    browser::check("states", &[&address(&daemon), &wanted.to_string(), &words.to_string()]);
    browser::check("accessible", &[&address(&daemon)]);
}

#[test]
fn files_that_are_not_usable_are_told_beside_the_last_good_state() {
    let account = drifted();
    let daemon = watching(&account, &[]);
    account.config.edit("matrix.yaml", "  Viewer: {}\n", &format!("  Viewer: {{}}\n  \"{HOSTILE}\": {{}}\n"));
    daemon.until("the files are refused", |status| status["config"]["inUse"] == "lastGood");
    let words = json!(["The files on disk are not in use", "last good", HOSTILE]);
    browser::check("hostile", &[&address(&daemon), &words.to_string()]);
    browser::check("accessible", &[&address(&daemon)]);
}

#[test]
fn whoever_uses_the_keyboard_alone_finds_narrows_and_turns_pages() {
    let account = Account::with_users(Backend::Sandbox);
    let daemon = watching(fast(&account), &[]);
    browser::check("keyboard", &[&address(&daemon)]);
}

fn fast(account: &Account) -> &Account {
    account.config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    account
}

#[test]
fn all_of_it_works_without_a_script() {
    let account = Account::with_users(Backend::Sandbox);
    let daemon = watching(fast(&account), &[]);
    browser::check("without_script", &[&address(&daemon)]);
}

#[test]
fn it_is_kept_fresh_under_the_hands_of_who_uses_it() {
    let account = drifted();
    let daemon = watching(&account, &[]);
    browser::check_with("refresh", &[&address(&daemon)], |event| {
        assert_eq!(event, "drift");
        account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }));
    });
}

#[test]
fn when_the_operator_is_gone_the_page_says_so_and_keeps_what_it_knew() {
    let account = drifted();
    let mut daemon = watching(&account, &[]);
    let address = address(&daemon);
    browser::check_with("lost", &[&address], |event| {
        assert_eq!(event, "stop");
        daemon.process.signal("TERM");
        eventually("it ends", || daemon.process.ended());
    });
}

#[test]
fn when_the_operator_stands_still_the_page_says_so_until_it_goes_on() {
    let account = Account::with_users(Backend::Sandbox);
    let daemon = watching(fast(&account), &[]);
    browser::check_with("hanging", &[&address(&daemon)], |event| match event {
        "stop" => daemon.process.signal("STOP"),
        "continue" => daemon.process.signal("CONT"),
        other => panic!("{other}"),
    });
}

#[test]
fn names_stay_readable_beside_fifty_groups() {
    let account = Account::with_users(Backend::Sandbox);
    let group = |n: usize| format!("Department{n:02}-Developers");
    let groups: Vec<String> = (0..50).map(|n| format!("  {}: {{}}", group(n))).collect();
    let person = |n: usize| format!("  person.number{n:04}@example.org: {{ groups: [{}] }}", group(n));
    let matrix = format!(
        "version: 1\ngroups:\n{}\nusers:\n{}\npolicies:\n  AmazonElasticMapReduceReadOnlyAccess: [{}]\n",
        groups.join("\n"),
        (0..20).map(person).collect::<Vec<_>>().join("\n"),
        group(0),
    );
    account.config.write("matrix.yaml", &matrix);
    let daemon = watching(fast(&account), &[]);
    browser::check("wide", &[&address(&daemon), "50"]);
}

#[test]
fn nothing_stands_in_the_way_of_anybody_in_light_and_dark_on_a_desk_and_on_a_phone() {
    let account = drifted();
    let daemon = watching(&account, &[]);
    daemon.until_audited();
    for path in ["/", "/?drift=only", "/?q=nobody", "/?group=Viewer&page=7"] {
        browser::check("accessible", &[&address(&daemon), path]);
    }
    browser::check("narrow", &[&address(&daemon)]);
}

#[test]
fn an_account_in_sync_and_one_that_cannot_be_read_are_shown_to_everybody_too() {
    let account = Account::converged(Backend::Sandbox);
    let daemon = watching(fast(&account), &["--mode", "enforce"]);
    browser::check("accessible", &[&address(&daemon)]);
    account.config.edit("operator.yaml", "account: \"123456789012\"", "account: \"210987654321\"");
    let other = Daemon::on(&account, &[]);
    other.until("it cannot be read", |status| status["lastCycle"]["outcome"] == "failed");
    browser::check("accessible", &[&address(&other)]);
}

#[test]
fn words_that_would_be_markup_are_words() {
    let account = drifted();
    account.config.edit_line(
        "matrix.yaml",
        "tiger@demoasacode.io:",
        &format!("  tiger@demoasacode.io: {{ groups: [], mfa: exempt, because: \"{HOSTILE}\" }}\n"),
    );
    let daemon = watching(&account, &[]);
    browser::check("hostile", &[&address(&daemon), &json!([format!("exempt {HOSTILE}"), HOSTILE]).to_string()]);
}

#[test]
fn where_a_token_is_set_a_browser_signs_in_with_it() {
    let account = drifted();
    let token = "0123456789abcdef0123456789abcdef";
    account.config.write("token", token);
    let file = account.config.file("token");
    let text = account.config.read("operator.yaml") + &format!("tokenFile: {}\n", file.display());
    account.config.write("operator.yaml", &text);
    let daemon = watching(&account, &[]);
    browser::check("sign_in", &[&address(&daemon), token]);
}

#[test]
fn who_does_not_show_pages_gets_the_list_of_endpoints() {
    let account = Account::with_users(Backend::Sandbox);
    let daemon = Daemon::on(&account, &[]);
    let list = daemon.get("/");
    assert!(list.body.starts_with("iamatrix\n") && list.body.contains("/drift"), "{list:?}");
    assert!(list.head.contains("text/plain"), "{}", list.head);
    let page = daemon.get_with("/", "Accept: text/html\r\n");
    for header in [
        "content-type: text/html; charset=utf-8",
        "content-security-policy: default-src 'none';",
        "frame-ancestors 'none'",
        "cache-control: no-store",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
        "vary: accept, authorization",
    ] {
        assert!(page.head.to_ascii_lowercase().contains(header), "{header}\n{}", page.head);
    }
    for path in page.body.split('"').filter(|piece| piece.starts_with("/assets/")) {
        let asset = daemon.get(path);
        assert!(asset.status == 200 && asset.head.contains("immutable"), "{path}: {asset:?}");
    }
}

/// The pictures in `docs/` are made anew on request: `SCREENSHOTS=1 cargo test --test page pictures`.
#[test]
fn pictures_for_the_documentation_are_made_on_request() {
    if std::env::var_os("SCREENSHOTS").is_none() {
        support::tell("skipped: the pictures in docs/ are made anew with SCREENSHOTS=1");
        return;
    }
    let account = drifted();
    // A plan that is held, and a group that is held back from it, so that every state is seen.
    account.config.edit("operator.yaml", "removals: { count: 5, percent: 20 }", "removals: { count: 1, percent: 0 }");
    account.config.edit("operator.yaml", "suspend: false", "suspend: false\ngroups: { Viewer: observe }");
    account.by_hand("remove_user_from_group", json!({ "GroupName": "Viewer", "UserName": "melon@demoasacode.io" }));
    account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }));
    let daemon = watching(&account, &["--mode", "enforce"]);
    daemon.until_audited();
    browser::check("screenshots", &[&address(&daemon), concat!(env!("CARGO_MANIFEST_DIR"), "/docs")]);
}
