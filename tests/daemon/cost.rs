//! What the daemon costs: calls, memory, time. The figures are shown whether the tests pass or not.

use std::process::Command;
use std::time::Instant;

use serde_json::json;

use crate::care::{enforcing, watched};
use crate::support::daemon::Daemon;
use crate::support::program::iamatrix;
use crate::support::{Account, Config, tell};

/// Calls of one cycle that found nothing to do, heard on the wire over three of them.
fn calls_a_cycle(account: &Account, daemon: &Daemon) -> u64 {
    // The audit is counted apart from the cycles, and comes once in hours.
    daemon.until_audited();
    let start = daemon.until_in_sync()["lastCycle"]["number"].as_u64().unwrap();
    let heard = account.wire.calls();
    let end = daemon.until("three cycles more", |status| status["lastCycle"]["number"].as_u64() >= Some(start + 3));
    let heard = u64::try_from(account.wire.calls() - heard).unwrap();
    let cycles = end["lastCycle"]["number"].as_u64().unwrap() - start;
    let said = end["lastCycle"]["calls"].as_u64().unwrap();
    assert_eq!(heard, said * cycles, "what it says of a cycle is what was heard");
    said
}

#[test]
fn a_cycle_that_finds_nothing_to_do_costs_at_most_five_calls_however_many_groups_there_are() {
    let account = watched();
    let daemon = enforcing(&account);
    let few = calls_a_cycle(&account, &daemon);
    tell(&format!("steady state: {few} calls a cycle"));
    assert!(few <= 5, "{few} calls");

    for number in 0..40 {
        let name = format!("Team{number}");
        account.by_hand("create_group", json!({ "GroupName": name, "Path": "/teams/" }));
        account.by_hand(
            "attach_group_policy",
            json!({ "GroupName": name, "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess" }),
        );
        account
            .by_hand("add_user_to_group", json!({ "GroupName": name, "UserName": "tiger@demoasacode.io" }))
            .as_object()
            .unwrap();
        account.by_hand("remove_user_from_group", json!({ "GroupName": name, "UserName": "tiger@demoasacode.io" }));
    }
    account.config.edit("matrix.yaml", "  Viewer: {}\n", "  Viewer: {}\n  Auditor: {}\n  Finance: {}\n");
    account.config.edit_line(
        "matrix.yaml",
        "DenyDataPipelinePolicy:",
        "  DenyDataPipelinePolicy: [Developer, DBA, SysAdm, Auditor, Finance]\n",
    );
    daemon.until("the new columns are there", |_| account.knows("get_group", json!({ "GroupName": "Finance" })));
    let many = calls_a_cycle(&account, &daemon);
    account.is_equal();
    assert_eq!(many, few, "the number of groups and attachments does not count");
}

#[test]
fn memory_stays_below_forty_megabytes_with_the_sandbox_and_without() {
    if !cfg!(target_os = "linux") {
        tell("skipped: resident memory is read from /proc, which only Linux has");
        return;
    }
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    daemon.until_audited();
    below_forty_megabytes("daemon", &daemon);

    let config = Config::example();
    config.edit("operator.yaml", "interval: 60s", "interval: 1s");
    // As the image sets it: otherwise chance decides which thread's heap keeps what, and how much of it twice.
    let daemon = Daemon::start(command_with_sandbox(&config).env("MALLOC_ARENA_MAX", "1"));
    daemon.until_in_sync();
    daemon.until_audited();
    below_forty_megabytes("daemon with the sandbox inside", &daemon);
}

/// What an optimized build occupies in all. Of an unoptimized one some 30 MB are pages of its own code, which say nothing
/// of the product, so there the rest is held to a limit: heap, stacks and what was relocated.
fn below_forty_megabytes(what: &str, daemon: &Daemon) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.process.id())).unwrap();
    let kilobytes = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().unwrap()
    };
    let (now, most, own) = (kilobytes("VmRSS"), kilobytes("VmHWM"), kilobytes("RssAnon"));
    tell(&format!("resident memory, {what}: {now} kB, at most {most} kB; without code {own} kB"));
    let (held, limit) = if cfg!(debug_assertions) { (own, 20_000) } else { (most, 40_000) };
    assert!(held < limit, "{what}: {now} kB, at most {most} kB, without code {own} kB");
}

/// The README's first command, on free ports.
pub fn with_sandbox(config: &Config) -> Daemon {
    Daemon::start(&mut command_with_sandbox(config))
}

fn command_with_sandbox(config: &Config) -> Command {
    let mut command = iamatrix();
    command.args([
        "run",
        "--sandbox=127.0.0.1:0",
        "--mode",
        "enforce",
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
    ]);
    command.arg("--config").arg(config.path());
    command
}

#[test]
fn it_is_ready_within_a_second() {
    let config = Config::example();
    // The best of three: other tests run at the same time.
    let start = || {
        let started = Instant::now();
        with_sandbox(&config).until_ready();
        started.elapsed()
    };
    let best = (0..3).map(|_| start()).min().unwrap();
    tell(&format!("start to ready: {} ms", best.as_millis()));
    assert!(best.as_millis() < 1000, "{best:?}");
}
