//! `iamatrix audit` as people run it, on the example's sandbox.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::program::{Run, iamatrix};
use support::{Account, Backend, Config};

fn audit(config: &Config, args: &[&str]) -> Run {
    let mut command = iamatrix();
    command.args(["audit", "--sandbox=127.0.0.1:0"]).args(args).arg("--config").arg(config.path());
    Run::of(&mut command)
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

fn objects(report: &Value, row: &str) -> Vec<String> {
    let rows = report["rows"].as_array().unwrap();
    let row = rows.iter().find(|result| result["id"] == row).unwrap();
    let findings = row["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().map(|finding| finding["object"].as_str().unwrap().to_owned()).collect()
}

/// What is known to be wrong in config/sandbox-account.yaml.
#[test]
fn the_mistakes_of_the_example_account_are_found() {
    let report = json(&audit(&Config::example(), &["-o", "json"]).exits(0));
    let table: [(&str, &[&str]); 9] = [
        ("policy-on-user", &["scott@demoasacode.io/AmazonRDSReadOnlyAccess"]),
        ("key-made-at-setup", &["devapple@demoasacode.io: access key 1"]),
        ("inline-policy", &["group Viewer: ForTheIncidentInMarch"]),
        ("policy-unused", &["TemporaryMigrationPolicy"]),
        ("device-in-the-way", &["symple@demoasacode.io"]),
        ("administrator-mfa", &["banana@demoasacode.io"]),
        ("password-length", &["password policy"]),
        ("aws-policy-escalation", &["AdministratorAccess", "PowerUserAccess"]),
        ("central-identity", &["123456789012"]),
    ];
    for (row, expected) in table {
        assert_eq!(objects(&report, row), expected, "{row}");
    }
    assert_eq!(objects(&report, "console-mfa").len(), 5);
    assert_eq!(objects(&report, "mfa-enforced").len(), 11, "the live guard says Bool, and is on one group");
}

/// `code object` of what the rules of `check` find, but for infos.
fn by_rules(report: &Value) -> BTreeSet<String> {
    let findings = report["rules"]["findings"].as_array().unwrap().iter();
    let problems = findings.filter(|finding| finding["severity"] != "info");
    problems.map(|it| format!("{} {}", it["rule"].as_str().unwrap(), it["object"].as_str().unwrap())).collect()
}

#[test]
fn the_rules_of_check_find_what_is_wrong_with_the_live_guard_and_a_waiver_is_heeded() {
    let config = Config::example();
    let report = json(&audit(&config, &["-o", "json"]).exits(0));
    let expected = ["M01", "M02", "M03", "M04", "M05", "M09", "M10"].map(|rule| format!("{rule} MFAForcePolicy"));
    assert_eq!(by_rules(&report), BTreeSet::from(expected));
    assert_eq!(report["rules"]["findings"][0]["file"], "live:MFAForcePolicy");

    let agreed = "waivers:\n  - { rule: M02, on: MFAForcePolicy, because: agreed on, until: 2999-12-31 }";
    config.edit("matrix.yaml", "waivers:", agreed);
    let heeded = json(&audit(&config, &["-o", "json"]).exits(0));
    let count = |report: &Value, what: &str| report["rules"][what].as_u64().unwrap();
    assert_eq!(count(&heeded, "waived"), count(&report, "waived") + 2, "two actions are exempt");
    assert_eq!(count(&heeded, "errors"), count(&report, "errors") - 2);
    audit(&config, &[]).exits(0).says("waived until 2999-12-31: agreed on");
}

#[test]
fn every_format_tells_the_same_and_a_file_can_be_written() {
    let config = Config::example();
    let report = json(&audit(&config, &["-o", "json"]).exits(0));
    let (fail, findings) = (&report["counts"]["fail"], report["counts"]["findings"].as_u64().unwrap());
    let text = audit(&config, &[]).exits(0);
    assert!(text.stdout.contains(&format!("{fail} rows fail with {findings} findings")), "{}", text.stdout);
    assert!(text.stdout.lines().all(|line| line.chars().count() <= 120), "{}", text.stdout);

    let file = config.file("audit.html");
    let wrote = audit(&config, &["-o", "html", "--output-file", file.to_str().unwrap()]).exits(0);
    assert_eq!(wrote.stdout, "");
    let page = std::fs::read_to_string(file).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("symple@demoasacode.io"));

    let csv = audit(&config, &["-o", "csv"]).exits(0).stdout;
    let failing = csv.lines().filter(|line| line.contains(",fail,")).count();
    assert_eq!(u64::try_from(failing).unwrap(), findings);
    let (rules, rows): (Vec<_>, Vec<_>) = csv.lines().skip(1).partition(|line| line.contains(",Live documents,"));
    let rows: BTreeSet<_> = rows.into_iter().map(|line| line.split(',').nth(2).unwrap()).collect();
    assert_eq!(rows.len(), report["rows"].as_array().unwrap().len(), "every row has a line");
    assert_eq!(rules.len(), report["rules"]["findings"].as_array().unwrap().len(), "and every finding of a rule");
}

#[test]
fn a_failing_row_ends_with_two_only_when_asked() {
    audit(&Config::example(), &["--detailed-exitcode"]).exits(2);
    audit(&Config::example(), &["--detailed-exitcode=yes"]).exits(1);
}

#[test]
fn no_configuration_is_needed_and_then_nobody_says_who_must_have_mfa() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = iamatrix();
    command.args(["audit", "--sandbox=127.0.0.1:0", "-o", "json", "--config"]).arg(empty.path());
    let run = Run::of(&mut command).exits(0).says("no configuration is used");
    let report = json(&run);
    assert_eq!(report["configDigest"], Value::Null);
    let row = report["rows"].as_array().unwrap().iter().find(|row| row["id"] == "mfa-enforced").unwrap().clone();
    assert_eq!(row["result"], "notAnswered");
    assert!(row["why"].to_string().contains("--config"), "{row}");
}

#[test]
fn settings_alone_are_heeded_and_settings_that_cannot_be_read_stop_the_audit() {
    let config = Config::example();
    std::fs::remove_file(config.file("matrix.yaml")).unwrap();
    config.edit("operator.yaml", "account: \"123456789012\"", "account: \"999999999999\"");
    audit(&config, &[]).exits(1).says("999999999999");
    config.write("operator.yaml", "mode: [");
    audit(&config, &[]).exits(1).says("operator.yaml");
}

#[test]
fn a_matrix_with_mistakes_is_left_out_and_the_audit_goes_on() {
    let config = Config::example();
    config.edit("matrix.yaml", "version: 1", "verzion: 1");
    audit(&config, &["-o", "json"]).exits(0).says("left out");
}

#[test]
fn only_reads_are_called() {
    let account = Account::with_users(Backend::Sandbox);
    account.iamatrix(&["audit"]).exits(0);
    assert_eq!(account.wire.take_writes(), Vec::<String>::new());
}

#[test]
fn moto_is_audited_too() {
    let account = Account::with_users(Backend::Moto);
    account.iamatrix(&["audit"]).exits(0).says("user-without-group");
}
