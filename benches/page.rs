//! How long the page takes over a large account: 2,000 users, 50 groups and 300 policies, nothing of which is there yet,
//! so that everything is drift.
//!
//! `cargo bench --bench page` prints the figures and ends with 1 when one misses its target. Times are over HTTP on
//! loopback, the one in the middle of many answers.
#![allow(
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark measures time, prints and may panic"
)]

#[path = "../tests/support/mod.rs"]
mod support;

mod figure;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use figure::{Figure, Target};
use support::daemon::Daemon;
use support::program::iamatrix;
use support::scale;

const USERS: usize = 2_000;
const GROUPS: usize = 50;
const POLICIES: usize = 300;
const ROUNDS: usize = 30;
/// What people ask for.
const PAGES: [&str; 6] =
    ["/", "/?page=40", "/?drift=only", "/?q=number1", "/?group=Department007-Developers", "/?changes=600"];

fn main() -> ExitCode {
    println!("profile: {}", figure::profile());
    println!("{USERS} users, {GROUPS} groups, {POLICIES} policies");
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path());
    let mut people = String::from("account: \"123456789012\"\nusers:\n");
    (0..USERS).for_each(|n| writeln!(people, "  {}: {{}}", scale::user(n)).unwrap());
    let file = folder.path().join("people.yaml");
    fs::write(&file, people).unwrap();
    let (_sandbox, address) = scale::sandbox_of(&file);
    let mut command = iamatrix();
    command.args(["run", "--listen", "127.0.0.1:0", "--log-format", "json", "--config"]).arg(folder.path());
    command.env("AWS_ENDPOINT_URL", format!("http://{address}")).env("AWS_REGION", "us-east-1");
    command.envs([("AWS_ACCESS_KEY_ID", "sandbox"), ("AWS_SECRET_ACCESS_KEY", "sandbox")]);
    let daemon = Daemon::start(&mut command);
    let status = daemon.until("looked", |status| status["lastCycle"]["number"].as_u64() >= Some(1));
    println!("{} differences", status["drift"]);
    let figures: Vec<Figure> = PAGES.into_iter().flat_map(|path| measured(&daemon, path)).collect();
    let memory = scale::peak(daemon.process.id()).unwrap_or_default() as f64 / 1e6;
    println!("the daemon's most memory: {memory:.0} MB");
    figure::judged(&figures)
}

fn measured(daemon: &Daemon, path: &str) -> [Figure; 2] {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let page = daemon.get_with(path, "Accept: text/html\r\n");
        times.push(begin.elapsed().as_secs_f64() * 1_000.0);
        assert_eq!(page.status, 200, "{path}");
        bytes = bytes.max(page.body.len());
    }
    let figure = |name: String, measured, below, unit| Figure { name, measured, target: Target::Below(below), unit };
    [
        figure(path.to_owned(), figure::median(times), 50.0, "ms"),
        figure(format!("{path}, size"), bytes as f64 / 1e3, 500.0, "kB"),
    ]
}

fn configuration(folder: &Path) {
    fs::create_dir_all(folder.join("policies")).unwrap();
    let groups = |n: usize| {
        let groups: Vec<_> = (0..3).map(|k| scale::group((n + k * 7) % GROUPS)).collect();
        groups.join(", ")
    };
    let mut text = String::from("version: 1\ndocuments: policies/\nbaseline: [MFAForcePolicy]\ngroups:\n");
    (0..GROUPS).for_each(|n| writeln!(text, "  {}: {{}}", scale::group(n)).unwrap());
    text.push_str("users:\n");
    (0..USERS).for_each(|n| writeln!(text, "  {}: {{ groups: [{}] }}", scale::user(n), groups(n)).unwrap());
    text.push_str("policies:\n");
    for n in 0..POLICIES {
        writeln!(text, "  {}: [{}]", scale::policy(n), groups(n)).unwrap();
        let document = format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \
             \"Resource\": \"arn:aws:s3:::department-{n}/*\"}}}}"
        );
        fs::write(folder.join(format!("policies/{}.json", scale::policy(n))), document).unwrap();
    }
    let guard = concat!(env!("CARGO_MANIFEST_DIR"), "/config/policies/MFAForcePolicy.json");
    fs::copy(guard, folder.join("policies/MFAForcePolicy.json")).unwrap();
    fs::write(folder.join("matrix.yaml"), text).unwrap();
    let operator = "account: \"123456789012\"\nmode: observe\nlimits: { callsPerSecond: 1000 }\n";
    fs::write(folder.join("operator.yaml"), operator).unwrap();
}
