//! A day in the life of the operator, as it is released: the same day with the static program, and with the image.
//!
//! The account starts out wrong, with hand-made mistakes of many kinds. The configuration comes in two `ConfigMap`s, one
//! for the matrix and one for the settings, and changes as the kubelet changes them. The day's witness works with boto3
//! and judges with logic of its own.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests wait for real processes")]

mod support;

#[path = "day/office.rs"]
mod office;

use std::process::Command;

use jiff::Timestamp;
use serde_json::{Value, json};

use office::{GLASS, Office};
use support::daemon::Daemon;
use support::program::clear;
use support::{eventually, image};

const ADMIN: &str = "Admin";
const TIGER: &str = "tiger@demoasacode.io";
/// Seconds between two rounds.
const INTERVAL: f64 = 5.0;
/// So many calls are under way at a time; a few more may end before the signal arrives.
const UNDER_WAY: usize = 4;
/// What dropping a group comes to.
const MERGED: &str = "would remove 10 of ";

/// How the program is started, given where its two mounts lie.
type Start = fn(&Office) -> Command;

#[test]
fn a_day_of_the_released_program() {
    day(|office| {
        let mut command = Command::new(image::binary());
        clear(&mut command).arg("run").arg("--config").arg(office.matrix.path());
        command.arg("--operator").arg(office.settings.path().join("operator.yaml"));
        command
    });
}

#[test]
fn a_day_of_the_image() {
    day(|office| {
        let mounts = [(office.matrix.path(), "/config"), (office.settings.path(), "/operator")];
        image::command(&mounts, &["run", "--operator", "/operator/operator.yaml"])
    });
}

fn day(start: Start) {
    let office = Office::open();
    let daemon = begin(&office, start);
    the_morning_is_for_looking(&office, &daemon);
    let release = enforcing_waits_for_a_person(&office, &daemon);
    the_account_becomes_what_the_matrix_says(&office, &daemon, &release);
    drift_of_every_kind_is_gone_with_the_next_round(&office, &daemon);
    a_bad_commit_is_ignored_with_a_message(&office, &daemon);
    a_mass_removal_is_held_while_drift_is_still_repaired(&office, &daemon);
    approved_in_git_it_is_carried_out(&office, &daemon);
    stopped_in_the_middle_and_started_again_it_ends_well(&office, daemon, start);
}

fn begin(office: &Office, start: Start) -> Daemon {
    let mut command = start(office);
    office.account.environment(&mut command);
    command.envs([("IAMATRIX_LISTEN", "127.0.0.1:0"), ("IAMATRIX_LOG_FORMAT", "json")]);
    Daemon::start(&mut command)
}

fn the_morning_is_for_looking(office: &Office, daemon: &Daemon) {
    daemon.until("drift is seen", |status| status["lastCycle"]["outcome"] == "drift");
    assert_eq!(daemon.get("/readyz").status, 200);
    assert_eq!(daemon.status()["mode"], "observe");
    let drift = daemon.get("/drift").json();
    assert!(drift["drift"].as_array().unwrap().len() > 100, "{drift}");
    let protected = drift["protected"].to_string();
    assert!(protected.contains(GLASS), "a protected extra is told: {protected}");
    assert_eq!(office.account.wire.take_writes(), Vec::<String>::new(), "looking changes nothing");
}

/// Raising the mode is one swap of the settings. The plan removes something, so a person has to have seen it.
fn enforcing_waits_for_a_person(office: &Office, daemon: &Daemon) -> String {
    let ahead = daemon.get("/plan").json()["release"].as_str().unwrap().to_owned();
    office.set("mode: observe", "mode: enforce");
    let status = daemon.until("held", |status| status["lastCycle"]["outcome"] == "held");
    assert_eq!(status["held"], json!(["modeRaised"]));
    assert_eq!(office.account.wire.take_writes(), Vec::<String>::new(), "held as a whole");
    let plan = daemon.get("/plan").json();
    assert_eq!(plan["release"], ahead, "it could have been released beforehand");
    ahead
}

fn the_account_becomes_what_the_matrix_says(office: &Office, daemon: &Daemon, release: &str) {
    office.approve(release);
    daemon.until_in_sync();
    office.is_as_the_matrix_says();
    assert_eq!(daemon.status()["held"], json!([]));
}

/// One of each kind, made past the matrix; the first round that begins afterwards takes all of them back.
fn drift_of_every_kind_is_gone_with_the_next_round(office: &Office, daemon: &Daemon) {
    office.make_drift_of_every_kind();
    let made = daemon.status()["lastCycle"].clone();
    // The next round may have begun before all of it was made; the one after that sees everything.
    let whole = |status: &Value| status["lastCycle"]["number"].as_u64() > made["number"].as_u64().map(|it| it + 1);
    let repaired = daemon.until("the next whole round", whole)["lastCycle"].clone();
    office.is_as_the_matrix_says();
    let ended = |cycle: &Value| cycle["endedAt"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let took = ended(&repaired).duration_since(ended(&made)).as_secs_f64() - repaired["seconds"].as_f64().unwrap();
    assert!(took < 3.0 * INTERVAL, "two rounds, an interval apart, not {took} s");
    assert!(office.is_member(GLASS, ADMIN), "protected, so untouched");
}

fn a_bad_commit_is_ignored_with_a_message(office: &Office, daemon: &Daemon) {
    let good = daemon.status()["config"]["digest"].clone();
    let matrix = office.matrix_text();
    office.commit(&matrix.replace("groups: [Admin] }", "groups: [Admn] }"));
    let status = daemon.until("the commit is refused", |status| status["config"]["inUse"] == "lastGood");
    assert_eq!(status["config"]["digest"], good);
    let said = daemon.said("Admn");
    let message = said[0]["message"].as_str().unwrap();
    assert!(message.contains("matrix.yaml:") && message.contains("Admin"), "where, and what was meant: {message}");
    assert_eq!(daemon.get("/readyz").status, 200, "the last good one is at work");
    office.by_hand_into(TIGER, ADMIN);
    daemon.until("repaired", |_| !office.is_member(TIGER, ADMIN));
    office.commit(&matrix);
    daemon.until("the commit is taken back", |status| status["config"]["inUse"] == "newest");
}

fn a_mass_removal_is_held_while_drift_is_still_repaired(office: &Office, daemon: &Daemon) {
    daemon.until_in_sync();
    office.drop_group("DBA");
    let status = daemon.until("held", |status| status["lastCycle"]["outcome"] == "held");
    assert_eq!(status["held"], json!(["memberships", "attachments", "guards"]));
    let message = daemon.get("/plan").json()["holds"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with(MERGED) && message.contains("(limit "), "{message}");
    assert!(office.is_member("scott@demoasacode.io", "DBA"), "held as a whole");
    office.by_hand_into(TIGER, ADMIN);
    daemon.until("repaired by the matrix that was approved", |_| !office.is_member(TIGER, ADMIN));
    assert_eq!(daemon.status()["lastCycle"]["outcome"], "held");
    assert!(office.is_member("scott@demoasacode.io", "DBA"), "still held");
}

fn approved_in_git_it_is_carried_out(office: &Office, daemon: &Daemon) {
    // The digest is of what was merged, without the drift that came and went meanwhile.
    let held = |plan: &Value| plan["holds"][0]["message"].as_str().is_some_and(|it| it.starts_with(MERGED));
    let plan = eventually("only what was merged is held", || Some(daemon.get("/plan").json()).filter(held));
    office.approve(plan["release"].as_str().unwrap());
    daemon.until_in_sync();
    assert!(!office.is_member("scott@demoasacode.io", "DBA"));
    assert!(office.is_member(GLASS, ADMIN), "protected, so untouched all day");
    office.is_as_the_matrix_says();
}

/// The same drift once more, and while it is being repaired, slowly, the pod is told to end.
fn stopped_in_the_middle_and_started_again_it_ends_well(office: &Office, mut daemon: Daemon, start: Start) {
    daemon.takes(|| office.set("callsPerSecond: 1000", "callsPerSecond: 4"));
    office.make_drift_of_every_kind();
    office.account.wire.take();
    daemon.until("it repairs", |_| !office.account.wire.take_writes().is_empty());
    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(0));
    let finished = office.account.wire.take_writes();
    assert!(finished.len() <= 2 * UNDER_WAY, "what was under way is finished, and none begun: {finished:?}");
    assert_ne!(office.account.judged()["differences"].as_array().unwrap().len(), 1, "it stopped in the middle");
    let daemon = begin(office, start);
    daemon.until_in_sync();
    office.is_as_the_matrix_says();
    assert!(office.is_member(GLASS, ADMIN), "protected, so untouched");
}
