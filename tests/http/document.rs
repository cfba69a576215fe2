//! The `OpenAPI` document, and what is really answered: judged by programs of others.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::daemon::Daemon;
use crate::support::program::{Run, iamatrix};
use crate::support::{Config, eventually, python, tell};
use crate::{account, with_token};

const TOKEN: &str = "correct horse battery staple";
const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/answers.py");
/// Whatever the fuzzer thinks of, it thinks of the same every time.
const SEED: &str = "1";

/// Compares what it answers with its document.
#[track_caller]
fn answers_as_it_says(daemon: &Daemon, token: &str) {
    let url = format!("http://{}", daemon.address);
    let run = Run::of(python::api("python").arg("-B").arg(ANSWERS).args([url.as_str(), token]));
    tell(run.stdout.lines().last().unwrap_or_default());
    run.exits(0);
}

/// The example's account, which starts out wrong, looked at and left so.
fn observed(config: &Config) -> Daemon {
    let mut command = iamatrix();
    command.args(["run", "--sandbox=127.0.0.1:0", "--mode", "observe", "--listen", "127.0.0.1:0"]);
    Daemon::start(command.args(["--log-format", "json", "--config"]).arg(config.path()))
}

#[test]
fn what_is_answered_is_what_the_document_says_before_the_first_look_and_after() {
    let config = Config::example();
    config.write("matrix.yaml", "nonsense: true");
    let nothing = observed(&config);
    eventually("the files are refused", || (nothing.get("/readyz").body.contains("problem")).then_some(()));
    answers_as_it_says(&nothing, "");

    let config = Config::example();
    let wrong = observed(&config);
    wrong.until("drift", |status| status["drift"].as_u64() > Some(0));
    wrong.until_audited();
    answers_as_it_says(&wrong, "");
}

#[test]
fn what_is_answered_with_a_token_is_what_the_document_says_with_changes_a_held_plan_and_a_failure() {
    let account = account();
    let daemon = with_token(&account, TOKEN);
    answers_as_it_says(&daemon, TOKEN);
    account.config.edit_line("operator.yaml", "removals:", "  removals: { count: 0, percent: 0 }\n");
    account.config.edit_line("matrix.yaml", "banana@demoasacode.io:", "  banana@demoasacode.io: { groups: [] }\n");
    daemon.until("held", |status| status["held"].as_array().is_some_and(|held| !held.is_empty()));
    answers_as_it_says(&daemon, TOKEN);
}

/// promtool reads the older text format, which announces a counter with the `_total` of its sample.
#[test]
fn metrics_are_named_and_described_as_prometheus_advises() {
    let account = account();
    let daemon = with_token(&account, TOKEN);
    let announced = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["#", "TYPE", name, "counter"] => Some((*name).to_owned()),
            _ => None,
        }
    };
    let page = daemon.get("/metrics").body;
    let counters: Vec<String> = page.lines().filter_map(announced).collect();
    assert!(!counters.is_empty());
    let older = counters.iter().fold(page, |page, name| {
        page.replace(&format!("# TYPE {name} "), &format!("# TYPE {name}_total "))
            .replace(&format!("# HELP {name} "), &format!("# HELP {name}_total "))
    });
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("the tests need promtool (Debian: apt-get install prometheus): {error}"));
    promtool.stdin.take().unwrap().write_all(older.as_bytes()).unwrap();
    Run::from(promtool.wait_with_output().unwrap()).exits(0);
}

#[test]
fn a_fuzzer_that_knows_the_document_finds_nothing_that_it_does_not_say() {
    let account = account();
    let daemon = with_token(&account, TOKEN);
    let folder = tempfile::tempdir().unwrap();
    let fuzz = |credential: &[String]| {
        let mut command: Command = python::api("schemathesis");
        command.current_dir(folder.path()).arg("run").arg(format!("http://{}/openapi.json", daemon.address));
        command.args(["--seed", SEED, "--max-examples", "30", "--phases", "coverage,fuzzing", "--no-color"]);
        let run = Run::of(command.args(credential)).exits(0);
        tell(run.stdout.lines().find(|line| line.contains("generated")).unwrap_or_default());
    };
    fuzz(&["--header".to_owned(), format!("Authorization: Bearer {TOKEN}")]);
    fuzz(&[]);
    for line in daemon.process.lines() {
        assert!(!line.contains("panicked"), "{line}");
    }
    assert_eq!(daemon.get("/livez").status, 200);
}
