//! How long a configuration of full size takes: 5,000 users, 300 groups and 1,500 policies, under three kinds of people.
//!
//! `cargo bench --bench scale` prints the figures and ends with 1 when one misses its target. Times are the best of a few
//! runs, memory the most that a run occupied; whole runs of the program, but for the proof, which is a part of `check`.
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

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use figure::{Figure, Target};
use iamatrix::access::mfa::Prover;
use support::program::iamatrix;
use support::scale::{self, People};

const ROUNDS: usize = 5;
/// Megabytes that a run of the program may occupy.
const MEMORY: f64 = 300.0;

fn main() -> ExitCode {
    println!("profile: {}", figure::profile());
    println!("{} users, {} groups, {} policies", scale::USERS, scale::GROUPS, scale::POLICIES);
    let figures: Vec<Figure> = People::ALL.into_iter().flat_map(figures).collect();
    figure::judged(&figures)
}

fn figures(people: People) -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    scale::configuration(folder.path(), people);
    let config = folder.path();
    let user = scale::user(17);
    let mut figures = Vec::new();
    let mut add = |name: &str, milliseconds: f64, command: &mut dyn FnMut() -> Command| {
        let name = format!("{people:?}: {name}");
        let runs: Vec<Cost> = (0..ROUNDS).map(|_| Cost::of(&mut command())).collect();
        let best = runs.iter().map(|run| run.milliseconds).fold(f64::INFINITY, f64::min);
        let most = runs.iter().map(|run| run.megabytes).fold(0.0, f64::max);
        figures.push(figure(&name, best, milliseconds, "ms"));
        figures.push(figure(&format!("{name}, memory"), most, MEMORY, "MB"));
    };
    let on_config = |args: &[&str]| {
        let mut command = iamatrix();
        command.args(args).arg("--config").arg(config);
        command
    };
    add("check", 1_000.0, &mut || on_config(&["check"]));
    add("explain --who", 1_000.0, &mut || on_config(&["explain", "--who", "iam:PassRole"]));
    add("explain USER ACTION", 1_000.0, &mut || on_config(&["explain", &user, "ec2:RunInstances"]));
    add("explain USER", 1_000.0, &mut || on_config(&["explain", &user]));
    let (_sandbox, address) = scale::sandbox_of(&scale::people_file(config));
    add("plan of a first apply", 5_000.0, &mut || {
        let mut command = on_config(&["plan"]);
        command.env("AWS_ENDPOINT_URL", format!("http://{address}")).env("AWS_REGION", "us-east-1");
        command.envs([("AWS_ACCESS_KEY_ID", "sandbox"), ("AWS_SECRET_ACCESS_KEY", "sandbox")]);
        command
    });
    figures.push(figure(&format!("{people:?}: MFA proof for everybody"), proof(config), 2_000.0, "ms"));
    figures
}

fn figure(name: &str, measured: f64, below: f64, unit: &'static str) -> Figure {
    Figure { name: name.to_owned(), measured, target: Target::Below(below), unit }
}

/// What a run of the program cost.
struct Cost {
    milliseconds: f64,
    megabytes: f64,
}

impl Cost {
    /// Runs to the end. A process that has ended tells of its memory no more, so it is asked all the while.
    fn of(command: &mut Command) -> Self {
        let errors = tempfile::NamedTempFile::new().unwrap();
        command.stdout(Stdio::null()).stderr(errors.reopen().unwrap());
        let begin = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut most = 0;
        let status = loop {
            most = scale::peak(child.id()).unwrap_or_default().max(most);
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let milliseconds = begin.elapsed().as_secs_f64() * 1_000.0;
        // `check` ends with 1 when it finds an error, as it must with half a guard.
        assert!(matches!(status.code(), Some(0 | 1)), "{command:?}: {}", fs::read_to_string(errors.path()).unwrap());
        Cost { milliseconds, megabytes: most as f64 / 1e6 }
    }
}

/// Milliseconds for the proof that MFA is enforced for everybody, or the example of what slips through, for each.
fn proof(config: &Path) -> f64 {
    let access = scale::access(config);
    let round = || {
        let begin = Instant::now();
        let mut prover = Prover::new(&access);
        let enforced = access.users.values().filter(|user| prover.prove(user).is_yes()).count();
        assert!(enforced == 0 || enforced == scale::USERS, "{enforced}");
        begin.elapsed().as_secs_f64() * 1_000.0
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}
