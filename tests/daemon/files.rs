//! Files that are changed where they lie: slowly, wholly, or by somebody who then asks for a reload.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::care::{enforcing, watched};
use crate::mounts::over;
use crate::support::daemon::Daemon;
use crate::support::mounts::{ConfigMap, write};
use crate::support::{Account, eventually};

/// The matrix with tiger in the group Viewer.
fn changed(account: &Account) -> String {
    let matrix = account.config.read("matrix.yaml");
    let row = matrix.lines().find(|line| line.trim_start().starts_with("tiger@")).unwrap();
    matrix.replace(row, "  tiger@demoasacode.io: { groups: [Viewer] }")
}

#[test]
fn half_a_matrix_is_never_taken_into_use_however_slowly_the_rest_comes() {
    let account = watched();
    let daemon = enforcing(&account);
    let before = daemon.until_in_sync()["config"].clone();
    account.wire.take_writes();
    let text = changed(&account);
    // Whole lines, so that the half is a matrix too: one with fewer policies.
    let (half, rest) = text.split_at(text.find("  AmazonRedshiftFullAccess:").unwrap());
    let mut file = fs::File::create(account.config.file("matrix.yaml")).unwrap();
    file.write_all(half.as_bytes()).unwrap();
    // Cycles end every second, and without a writer files are read after half of one.
    for _ in 0..2 {
        assert_eq!(daemon.until_in_sync()["config"], before);
    }
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
    daemon.takes(|| {
        file.write_all(rest.as_bytes()).unwrap();
        drop(file);
    });
    account.is_equal();
    assert_eq!(daemon.said("configuration in use").len(), 2, "{:?}", daemon.log());
    assert!(daemon.said("not usable").is_empty(), "{:?}", daemon.log());
}

#[test]
fn told_by_a_signal_it_reads_at_once_and_waits_for_no_writer() {
    let account = watched();
    let daemon = enforcing(&account);
    let before = daemon.until_in_sync()["config"].clone();
    let text = changed(&account);
    let mut file = fs::File::create(account.config.file("matrix.yaml")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    assert_eq!(daemon.until_in_sync()["config"], before, "as long as the file is open, nothing else makes it read");
    let told = Instant::now();
    daemon.takes(|| daemon.process.signal("HUP"));
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
    assert_eq!(daemon.said("reading the configuration again").len(), 1);
    account.is_equal();
}

#[test]
fn a_directory_that_goes_leaves_the_last_good_files_at_work_and_its_return_is_seen() {
    let account = watched();
    let [folder, away, next] = ["mounted", "away", "next"].map(|name| account.config.file(name));
    write(&folder, &account.config.texts());
    let daemon = over(&account, &folder, &["--mode", "enforce"]);
    daemon.until_in_sync();

    fs::rename(&folder, &away).unwrap();
    let status = daemon.until("the problem is seen", |status| status["config"]["inUse"] == "lastGood");
    assert_eq!(status["config"]["problems"], 1);
    account.by_hand("add_user_to_group", json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }));
    daemon.until_in_sync();
    account.is_equal();
    let before = account.config.texts();
    account.config.write("matrix.yaml", &changed(&account));
    daemon.takes(|| write(&folder, &account.config.texts()));
    account.is_equal();

    // Another one in its place, from one moment to the next.
    fs::remove_dir_all(&away).unwrap();
    account.config.write("matrix.yaml", &before["matrix.yaml"]);
    write(&next, &before);
    daemon.takes(|| {
        fs::rename(&folder, &away).unwrap();
        fs::rename(&next, &folder).unwrap();
    });
    account.is_equal();
}

#[test]
fn what_only_a_restart_changes_is_said_and_stays_as_it_was() {
    let account = watched();
    account.config.edit("operator.yaml", "listen: 127.0.0.1:8080", "listen: 127.0.0.1:0");
    let daemon = Daemon::start(&mut account.command(&["run", "--log-format", "json", "--mode", "enforce"]));
    daemon.until_in_sync();
    let settings = account.config.read("operator.yaml");
    let other = settings
        .replace(&format!("account: \"{}\"", account.id), "account: \"999999999999\"")
        .replace("path: /foundation/", "path: /elsewhere/")
        .replace("listen: 127.0.0.1:0", "listen: 127.0.0.1:1\ntokenFile: /nonexistent/token");
    daemon.takes(|| account.config.write("operator.yaml", &other));
    for setting in ["account", "path", "listen", "tokenFile"] {
        let words = format!("`{setting}` changed in operator.yaml; that takes a restart");
        assert_eq!(daemon.said(&words).len(), 1, "{setting}: {:?}", daemon.log());
    }
    assert_eq!(daemon.status()["path"], "/foundation/");
    assert_eq!(daemon.get("/drift").status, 200, "no token is asked for");
    account.is_equal();
}

/// The token comes as a Secret, which is mounted as a `ConfigMap` is.
#[test]
fn a_new_token_counts_without_a_restart_and_the_old_one_no_more() {
    let account = watched();
    let secret = |token: &str| [("token".to_owned(), format!("{token}\n"))].into();
    let volume = ConfigMap::of(&secret("the first of three"));
    let file = volume.path().join("token");
    let settings = account.config.read("operator.yaml");
    account.config.write("operator.yaml", &format!("{settings}tokenFile: {}\n", file.display()));
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    let answer = |token: &str| daemon.get_with("/drift", &format!("Authorization: Bearer {token}\r\n")).status;
    assert_eq!(
        (daemon.get("/drift").status, answer("the first of three"), answer("the second of three")),
        (401, 200, 401)
    );
    for (old, new) in [("the first of three", "the second of three"), ("the second of three", "the third of three")] {
        volume.swap(&secret(new));
        eventually("the new token counts", || Some(()).filter(|()| answer(new) == 200));
        assert_eq!(answer(old), 401);
    }
}
