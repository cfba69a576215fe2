//! The sandbox with an account as large as IAM allows by default: what it holds, and what it costs. How fast it is, is
//! measured by `cargo bench --bench sandbox`; how fast configurations of that size are judged, by `--bench scale`.
#![allow(
    unused_imports,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and uses a part of the support"
)]

mod support;

use support::http::Client;
use support::program::{Run, iamatrix};
use support::scale::People;
use support::{scale, tell};

/// Bytes that the process may occupy.
const MEMORY: usize = 100_000_000;

#[test]
fn an_account_of_full_size_is_read_whole_each_thing_once_in_a_hundred_megabytes() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, address) = scale::sandbox_of(&scale::account_file(folder.path()));
    let sweep = scale::counted(&scale::sweep(&mut Client::of(address)));
    for (kind, count) in [("UserId", scale::USERS), ("GroupId", scale::GROUPS), ("PolicyId", scale::POLICIES)] {
        let seen = &sweep.seen[kind];
        assert_eq!(seen.len(), count, "{kind}");
        assert!(seen.values().all(|times| *times == 1), "{kind} more than once");
    }
    let (now, peak) = (scale::memory(sandbox.id(), "VmRSS"), scale::memory(sandbox.id(), "VmHWM"));
    tell(&format!(
        "a sweep of {} pages, {} kB; resident {} MB, at most {} MB",
        sweep.pages,
        sweep.bytes / 1_000,
        now / 1_000_000,
        peak / 1_000_000
    ));
    assert!(peak < MEMORY, "{peak} bytes were resident");
}

#[test]
fn a_configuration_of_full_size_is_judged_with_every_lint() {
    let folder = tempfile::tempdir().unwrap();
    scale::configuration(folder.path(), People::Alike);
    let checked = Run::of(iamatrix().args(["check", "--config"]).arg(folder.path())).exits(0);
    let checked = checked.says("5000 users, 300 groups, 1499 policy rows, 1500 documents; 0 errors, 0 warnings");
    checked.says("shown by --infos: M15 (1), V08 (450)");
}
