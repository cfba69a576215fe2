//! The verbs of the command line: what they say, and how they end.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[path = "cli/asking.rs"]
mod asking;
#[path = "cli/effects.rs"]
mod effects;
#[path = "cli/explaining.rs"]
mod explaining;

use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;
use support::program::{Run, iamatrix};
use support::{Account, Backend, Config};

fn run(args: &[&str]) -> Run {
    Run::of(iamatrix().args(args))
}

/// A verb on the example, with credentials, against an endpoint.
fn at(endpoint: &str, config: &Config, args: &[&str]) -> Command {
    let mut command = iamatrix();
    command.args(args).arg("--config").arg(config.path());
    command.envs([("AWS_ENDPOINT_URL", endpoint), ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")]);
    command
}

#[test]
fn check_judges_the_example_without_any_account() {
    let config = Config::example();
    let checked = run(&["check", "--config", config.path().to_str().unwrap()]).exits(0);
    checked.says("11 users, 5 groups, 42 policy rows, 6 documents").says("0 errors");
}

#[test]
fn check_tells_programs_the_same_in_json_and_fails_on_an_error() {
    let config = Config::example();
    config.edit("matrix.yaml", "groups: [Admin] }", "groups: [Amdin] }");
    let checked = run(&["check", "-o", "json", "--config", config.path().to_str().unwrap()]).exits(1);
    let findings: Value = serde_json::from_str(&checked.stdout).unwrap();
    let told = findings.as_array().unwrap().iter().find(|finding| finding["message"].to_string().contains("Amdin"));
    assert!(told.unwrap().to_string().contains("Admin"), "{findings}");
}

#[test]
fn check_has_nothing_to_say_of_the_example_that_is_not_waived() {
    let config = Config::example();
    let json = run(&["check", "-o", "json", "--config", config.path().to_str().unwrap()]).exits(0).stdout;
    let findings: Vec<Value> = serde_json::from_str(&json).unwrap();
    let open = findings.iter().filter(|finding| finding["severity"] != "info" && finding["waived"].is_null());
    assert_eq!(open.count(), 0, "{json}");
    let waived = findings.iter().find(|finding| finding["rule"] == "L01").unwrap();
    assert_eq!(waived["object"], "DenyIPAddressPolicy");
    assert!(waived["waived"]["because"].as_str().is_some_and(|reason| !reason.is_empty()), "{waived}");
    run(&["check", "--config", config.path().to_str().unwrap()])
        .exits(0)
        .says("0 errors, 0 warnings")
        .says("11 waived");
}

#[test]
fn check_counts_what_is_only_worth_knowing_and_shows_it_when_asked() {
    let config = Config::example();
    let checked = run(&["check", "--config", config.path().to_str().unwrap()]).exits(0);
    let checked = checked.says("22 infos").says("shown by --infos: M15 (2), M16 (1), V07 (5), V08 (10), V09 (4)");
    assert!(!checked.stdout.contains("info["), "{}", checked.stdout);
    let checked = run(&["check", "--infos", "--config", config.path().to_str().unwrap()]).exits(0);
    assert_eq!(checked.stdout.matches("info[").count(), 22, "{}", checked.stdout);
    assert!(!checked.stdout.contains("shown by --infos"), "{}", checked.stdout);
}

#[test]
fn a_lint_that_nobody_waived_fails_check_and_keeps_enforce_from_beginning() {
    let account = Account::with_users(Backend::Sandbox);
    account.config.edit("matrix.yaml", "  - { rule: L01,", "  # { rule: L01,");
    let checked = run(&["check", "--config", account.config.path().to_str().unwrap()]).exits(1);
    checked.says("error[L01]").says("3 errors");
    let refused = account.iamatrix(&["plan", "--mode", "enforce"]).exits(1).says("unmended-lints");
    let refused = refused.says("mode is enforce (by `--mode` or IAMATRIX_MODE, in place of the one here)");
    let refused = refused.says("nothing was done").says("22 infos");
    assert!(refused.stderr.contains("error[L01]") && !refused.stderr.contains("info["), "{}", refused.stderr);
    account.iamatrix(&["plan", "--mode", "additive"]).exits(0).says("3 errors");
}

#[test]
fn a_waiver_that_has_ended_silences_nothing() {
    let account = Account::with_users(Backend::Sandbox);
    let waiver = "{ rule: L01, on: DenyIPAddressPolicy, until: ";
    account.config.edit("matrix.yaml", &format!("{waiver}2036-12-31"), &format!("{waiver}2026-01-31"));
    let checked = run(&["check", "--config", account.config.path().to_str().unwrap()]).exits(1);
    checked.says("error[L01]").says("[waiver-expired]").says("ended with 2026-01-31");
    account.iamatrix(&["plan", "--mode", "enforce"]).exits(1).says("unmended-lints");
}

#[test]
fn check_tells_code_hosts_in_sarif_each_result_with_its_rule_and_what_is_waived_as_suppressed() {
    let config = Config::example();
    let sarif = run(&["check", "-o", "sarif", "--config", config.path().to_str().unwrap()]).exits(0).stdout;
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["help"]["markdown"].as_str().is_some_and(|page| page.contains("*Mend.*"))));
    let results = run["results"].as_array().unwrap();
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!([".yaml", ".json"].iter().any(|ending| uri.ends_with(ending)), "{uri}");
        assert!(place["region"]["endColumn"].as_u64() >= place["region"]["startColumn"].as_u64(), "{result}");
        let silenced = result["suppressions"].as_array().unwrap().len() == 1;
        assert!(silenced || result["level"] == "note", "{result}");
    }
    assert!(results.len() > 10, "{}", results.len());
}

#[test]
fn a_rule_is_explained_by_its_code_or_its_number_and_a_misspelled_one_by_the_nearest() {
    let page = run(&["check", "--explain", "m01"]).exits(0);
    page.says("### M01").says("Fails (").says("Passes (").says("BoolIfExists");
    let lockout = run(&["check", "--explain", "L01"]).exits(0);
    lockout.says("### L01").says("Fails (").says("Passes (").says("*Mend.*");
    run(&["check", "--explain", "V03"]).exits(0).says("### unknown-policy");
    run(&["check", "--explain", "unknwon-policy"]).exits(1).says("did you mean `unknown-policy`");
}

/// Written anew by `IAMATRIX_WRITE=1 cargo test --test cli reference`.
#[test]
fn the_reference_of_the_configuration_is_what_the_schemas_say() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let head = "# Every key of the configuration\n\nMade from the schemas by `iamatrix schema matrix -o markdown` and \
                `iamatrix schema operator -o markdown`. What the keys\ncome to is in [matrix.md](matrix.md).\n";
    let tables = ["matrix", "operator"].map(|which| run(&["schema", which, "-o", "markdown"]).exits(0).stdout);
    let page = format!("{head}\n{}", tables.join("\n"));
    if std::env::var_os("IAMATRIX_WRITE").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), page);
}

#[test]
fn schema_prints_what_lies_in_the_example() {
    for which in ["matrix", "operator"] {
        let file = format!("{}/config/schema/{which}.schema.json", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(run(&["schema", which]).exits(0).stdout, std::fs::read_to_string(file).unwrap(), "{which}");
    }
}

#[test]
fn every_verb_explains_its_flags() {
    let flags: [(&str, &[&str]); 8] = [
        ("check", &["--config", "--operator", "--output", "--infos", "--explain"]),
        ("plan", &["--config", "--operator", "--mode", "--sandbox", "--output", "--detailed-exitcode"]),
        ("apply", &["--config", "--operator", "--mode", "--sandbox", "--yes"]),
        ("run", &["--config", "--operator", "--mode", "--sandbox", "--listen", "--log-format"]),
        ("explain", &["--config", "--operator", "--mode", "--sandbox", "--output", "--live", "--who", "--on"]),
        ("audit", &["--config", "--operator", "--sandbox", "--output", "--output-file", "--detailed-exitcode"]),
        ("schema", &["matrix", "operator"]),
        ("sandbox", &["--listen", "--account"]),
    ];
    let verbs = run(&["--help"]).exits(0).says("Exit codes: 0 fine, 1 error, 2 there are changes");
    for (verb, flags) in flags {
        assert!(verbs.stdout.contains(verb), "{verb}");
        let help = run(&[verb, "--help"]).exits(0).stdout;
        for flag in flags {
            assert!(help.contains(flag), "{verb} {flag}\n{help}");
        }
    }
}

#[test]
fn a_mistyped_command_line_is_an_error_and_not_a_report_of_changes() {
    run(&["plan", "--detailed-exitcoed"]).exits(1).says("--detailed-exitcode");
    run(&["aply"]).exits(1).says("apply");
}

#[test]
fn apply_without_a_terminal_needs_yes() {
    let account = Account::with_users(Backend::Sandbox);
    account.iamatrix(&["apply", "--mode", "enforce"]).exits(1).says("--yes").says("iamatrix plan");
    account.iamatrix(&["apply", "--mode", "observe"]).exits(1).says("mode observe changes nothing");
    assert_eq!(account.wire.calls(), 0, "nothing was even asked");
}

#[test]
fn a_folder_without_configuration_is_named() {
    let folder = tempfile::TempDir::new().unwrap();
    for verb in ["check", "plan"] {
        run(&[verb, "--config", folder.path().to_str().unwrap()])
            .exits(1)
            .says(folder.path().to_str().unwrap())
            .says("--config");
    }
}

#[test]
fn a_sandbox_whose_port_is_taken_says_how_to_choose_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = run(&["sandbox", "--listen", &address]).exits(1).says(&address);
    refused.says("another address").says("--listen");
    let config = Config::example();
    let sandbox = format!("--sandbox={address}");
    run(&["plan", &sandbox, "--config", config.path().to_str().unwrap()])
        .exits(1)
        .says(&address)
        .says("--sandbox=127.0.0.1:");
}

#[test]
fn an_endpoint_that_nobody_serves_is_named_with_what_to_check() {
    let config = Config::example();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failed = Run::of(&mut at(&format!("http://{nobody}"), &config, &["plan"])).exits(1);
    failed.says("AWS_ENDPOINT_URL").says(&nobody.to_string());
}

#[test]
fn without_credentials_the_ways_to_give_some_are_named() {
    let config = Config::example();
    let mut command = iamatrix();
    command.args(["plan", "--config"]).arg(config.path());
    command.envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")]);
    Run::of(&mut command).exits(1).says("credentials").says("AWS_PROFILE").says("--sandbox");
}

#[test]
fn plan_on_a_sandbox_of_its_own_needs_nothing_at_all() {
    let config = Config::example();
    let plan = run(&["plan", "--sandbox=127.0.0.1:0", "--config", config.path().to_str().unwrap()]).exits(0);
    assert!(plan.says("calls to make").planned().contains(&"- remove banana@demoasacode.io from Admin".to_owned()));
}

#[test]
fn plan_tells_programs_the_same_in_json_byte_for_byte_each_time() {
    let account = Account::with_users(Backend::Sandbox);
    let json = account.iamatrix(&["plan", "-o", "json"]).exits(0).stdout;
    assert_eq!(account.iamatrix(&["plan", "-o", "json"]).exits(0).stdout, json);
    let view: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(view["mode"], "observe");
    assert_eq!(view["digest"].as_str().unwrap().len(), 64);
    let text = account.iamatrix(&["plan"]).exits(0);
    assert_eq!(view["plan"]["changes"].as_array().unwrap().len(), text.planned().len());
}

#[test]
fn plan_writes_markdown_for_a_pull_request() {
    let account = Account::converged(Backend::Sandbox);
    account
        .by_hand("add_user_to_group", serde_json::json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }));
    let plan = account.iamatrix(&["plan", "-o", "markdown", "--mode", "enforce"]).exits(0).stdout;
    assert!(plan.starts_with("### iamatrix plan\n"), "{plan}");
    assert!(plan.contains("```diff\n- remove banana@demoasacode.io from Admin"), "{plan}");
    assert!(plan.contains("Digest `"), "{plan}");
}

#[test]
fn the_mode_of_the_command_line_goes_before_that_of_the_environment_and_of_the_file() {
    let account = Account::with_users(Backend::Sandbox);
    let mode = |command: &mut Command| -> Value {
        let view: Value = serde_json::from_str(&Run::of(command).exits(0).stdout).unwrap();
        view["mode"].clone()
    };
    assert_eq!(mode(&mut account.command(&["plan", "-o", "json"])), "observe");
    assert_eq!(mode(account.command(&["plan", "-o", "json"]).env("IAMATRIX_MODE", "additive")), "additive");
    assert_eq!(
        mode(account.command(&["plan", "-o", "json", "--mode", "enforce"]).env("IAMATRIX_MODE", "additive")),
        "enforce"
    );
}

#[test]
fn a_reader_who_stops_reading_is_no_reason_to_panic() {
    let account = Account::with_users(Backend::Sandbox);
    let program = format!("{} plan --config {} | :", env!("CARGO_BIN_EXE_iamatrix"), account.config.path().display());
    let mut shell = Command::new("sh");
    let cut = Run::of(account.environment(support::program::clear(&mut shell).args(["-c", &program])));
    assert!(!cut.stderr.contains("panicked"), "{}", cut.stderr);
}
