//! Bad input: one fixture a class of mistake, and the real program's word on each.
//!
//! `bad/NAME/` holds the files that differ from the small valid configuration in `bad/_base/`; a file named `REMOVE`
//! lists what is taken away from it. `expect` says by hand what must be found: a line a finding, with its code, its
//! place and the text that stands there. The whole output is in `bad/_snapshots/`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use iamatrix::catalog::Catalog;
use iamatrix::files::{Files, Paths};
use iamatrix::matrix::{check, load};
use iamatrix::policy::Document;
use iamatrix::rulebook::{self, Kind};
use proptest::prelude::*;
use tempfile::TempDir;

fn bad() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

/// The names of the fixtures that begin so.
fn fixtures(begin: &str) -> Vec<String> {
    let entries = fs::read_dir(bad()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        entries.filter(|name| name.starts_with(begin) && !name.starts_with(['_', '.'])).collect();
    names.sort();
    names
}

fn is_fine(name: &str) -> bool {
    name.starts_with("accepted-") || name.starts_with("warned-")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// A working directory with the fixture as `config/`, so that no message can name the place it lies in.
fn laid_out(name: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("config");
    copy(&bad().join("_base"), &config);
    for gone in fs::read_to_string(bad().join(name).join("REMOVE")).unwrap_or_default().lines() {
        fs::remove_file(config.join(gone)).unwrap();
    }
    copy(&bad().join(name), &config);
    for ours in ["REMOVE", "expect"] {
        let _ = fs::remove_file(config.join(ours));
    }
    dir
}

fn run(dir: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamatrix"));
    let command = command.args(args).args(["--config", "config"]).current_dir(dir.path()).env_clear();
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    format!("{out}{err}")
}

/// What `check` found, as the lines of `expect` are written, without the text that stands there.
fn found(dir: &TempDir) -> Vec<String> {
    let output = run(dir, &["check", "--output", "json"]);
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let line = |f: &serde_json::Value| {
        let field = |key: &str| f[key].as_str().unwrap().to_owned();
        assert!(!field("help").is_empty(), "no way out: {f}");
        format!("{} {}:{}:{}", field("rule"), field("file"), f["line"], f["column"])
    };
    let all = findings.as_array().into_iter().flatten();
    all.filter(|finding| finding["waived"].is_null()).map(line).collect()
}

/// The lines of `expect`: the finding, and the text that stands at its place.
fn expected(name: &str) -> Vec<(String, String)> {
    let lines = fs::read_to_string(bad().join(name).join("expect")).unwrap_or_default();
    let split = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let finding = format!("{} {}", parts.next().unwrap(), parts.next().unwrap());
        (finding, parts.next().unwrap_or_default().to_owned())
    };
    lines.lines().map(split).collect()
}

/// What stands at `FILE:LINE:COLUMN`.
fn standing_at(dir: &TempDir, place: &str) -> String {
    let mut parts = place.rsplitn(3, ':');
    let [column, line] = [parts.next(), parts.next()].map(|part| part.unwrap().parse::<usize>().unwrap());
    let text = fs::read_to_string(dir.path().join(parts.next().unwrap())).unwrap();
    let text = text.trim_start_matches('\u{feff}').to_owned();
    text.lines().nth(line - 1).unwrap_or_default().chars().skip(column - 1).collect()
}

#[test]
fn every_mistake_is_told_with_its_place_the_offending_text_and_the_way_out() {
    let names = fixtures("");
    assert!(names.iter().filter(|name| !is_fine(name)).count() >= 100, "{}", names.len());
    for name in &names {
        let dir = laid_out(name);
        let output = run(&dir, &["check"]);
        let text = text(&output);
        assert_eq!(output.status.code(), Some(i32::from(!is_fine(name))), "{name}\n{text}");
        assert!(!text.contains("panicked") && !text.contains(dir.path().to_str().unwrap()), "{name}\n{text}");
        let expected = expected(name);
        let findings: Vec<&String> = expected.iter().map(|(finding, _)| finding).collect();
        assert_eq!(found(&dir).iter().collect::<Vec<_>>(), findings, "{name}\n{text}");
        for (finding, offending) in &expected {
            let (code, place) = finding.split_once(' ').unwrap();
            let stands = standing_at(&dir, place);
            assert!(stands.starts_with(offending), "{name}: at {place} stands {stands:?}, not {offending:?}");
            assert!(text.contains(&format!("[{code}]")) && text.contains(&format!("--> {place}")), "{name}\n{text}");
            // A tab is shown as blanks.
            assert!(text.contains(offending.trim()), "{name}\n{text}");
        }
        assert_eq!(text.matches("= help: ").count(), expected.len(), "{name}\n{text}");
        insta::with_settings!({
            snapshot_path => "bad/_snapshots", prepend_module_to_snapshot => false, omit_expression => true,
        }, { insta::assert_snapshot!(name.as_str(), text); });
    }
}

#[test]
fn a_file_that_cannot_be_read_at_all_is_named_with_the_way_out() {
    let table = [
        ("matrix-missing", "config/matrix.yaml: does not exist", "create it"),
        ("operator-missing", "config/operator.yaml: does not exist", "create it"),
        ("matrix-is-a-folder", "config/matrix.yaml: is a folder", "put a plain file in its place"),
        ("matrix-not-utf-8", "config/matrix.yaml: is not UTF-8 from", "save it as UTF-8"),
    ];
    for (name, what, way_out) in table {
        let text = text(&run(&laid_out(name), &["check"]));
        assert!(text.contains(what) && text.contains(way_out), "{name}\n{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named_with_the_way_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = laid_out("warned-idle-row");
    let matrix = dir.path().join("config/matrix.yaml");
    fs::set_permissions(&matrix, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&matrix).is_ok() {
        println!("skipped: this user (root?) may read every file, so no file can be made unreadable");
        return;
    }
    let output = run(&dir, &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("config/matrix.yaml: cannot be read"), "{}", text(&output));
    assert!(text(&output).contains("let the user that runs iamatrix read it"), "{}", text(&output));
}

#[test]
fn every_code_of_the_program_has_a_fixture_and_no_other_is_seen() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for name in fixtures("") {
        seen.extend(expected(&name).into_iter().map(|(finding, _)| finding.split(' ').next().unwrap().to_owned()));
    }
    // Lints have their examples in the book of rules; `unmended-lints` is about them.
    let rules = rulebook::all().filter(|page| matches!(page.kind, Kind::Shape | Kind::Structure)).map(|page| page.code);
    let elsewhere = ["too-many-users", "unmended-lints"];
    let known: BTreeSet<String> = rules.filter(|code| !elsewhere.contains(code)).map(str::to_owned).collect();
    assert_eq!(seen, known, "left: seen in `expect` files; right: known");
}

/// 5,001 rows are written here rather than kept in a file.
#[test]
fn more_users_than_an_account_holds_are_told_at_the_first_that_is_too_many() {
    let dir = laid_out("warned-idle-row");
    let matrix = dir.path().join("config/matrix.yaml");
    let text = fs::read_to_string(&matrix).unwrap();
    let mut rows = String::from("users:\n");
    (1..=4_997).for_each(|number| writeln!(rows, "  person{number}: {{ groups: [Viewer] }}").unwrap());
    fs::write(&matrix, text.replace("users:\n", &rows)).unwrap();
    let found = found(&dir);
    assert!(found.iter().any(|finding| finding == "too-many-users config/matrix.yaml:5008:3"), "{found:?}");
}

#[test]
fn many_mistakes_in_one_file_are_told_at_once() {
    let codes: BTreeSet<String> = expected("many-mistakes-at-once").into_iter().map(|(finding, _)| finding).collect();
    assert!(codes.len() >= 10, "{codes:?}");
}

#[test]
fn plan_and_apply_refuse_the_same_mistakes_and_do_nothing() {
    let names = [
        "source-matrix-verbatim",
        "users-that-differ-by-case",
        "unknown-policy",
        "document-too-large",
        "path-is-the-root",
        "matrix-without-users",
        "matrix-missing",
    ];
    for name in names {
        for verb in [&["plan"][..], &["apply", "--yes"]] {
            let args = [verb, &["--sandbox=127.0.0.1:0", "--mode", "enforce"]].concat();
            let output = run(&laid_out(name), &args);
            let text = text(&output);
            assert_eq!(output.status.code(), Some(1), "{name} {verb:?}\n{text}");
            // Plans, calls and their count go to standard output.
            assert!(output.stdout.is_empty() && !text.contains("panicked"), "{name} {verb:?}\n{text}");
            assert!(text.contains("nothing was done") || text.contains("does not exist"), "{name} {verb:?}\n{text}");
            for (finding, _) in expected(name) {
                assert!(text.contains(finding.split(' ').next_back().unwrap()), "{name} {verb:?}\n{text}");
            }
        }
    }
}

/// The example configuration as texts: settings, matrix, documents.
fn example() -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let files = Files::read(&Paths { dir: dir.clone(), operator: None }).unwrap();
    let root = format!("{}/", dir.to_str().unwrap());
    files.all().map(|file| (file.name.trim_start_matches(&root).to_owned(), file.text.clone())).collect()
}

/// Neither loading nor checking may panic, whatever the texts are.
fn judge(texts: &[(String, String)]) {
    let documents = texts[2..].iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let files = Files::from_memory(&texts[0].1, &texts[1].1, documents);
    let _ = check(load(&files), &Catalog::embedded("aws"), jiff::civil::date(2026, 11, 22));
}

/// One slip of the hand, at a place given as a share of the text.
fn slip(text: &str, kind: u8, at: f64, with: char) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let mut chars: Vec<char> = text.chars().collect();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let place = |length: usize| (at * length as f64) as usize;
    let (line, char) = (place(lines.len()), place(chars.len()));
    match kind {
        0 => drop(lines.remove(line)),
        1 => lines.insert(line, lines[line]),
        2 => lines.swap(line, 0),
        3 => lines.truncate(line),
        _ if chars.is_empty() => {}
        4 => drop(chars.remove(char)),
        5 => chars.insert(char, with),
        6 => chars[char] = with,
        _ => chars.truncate(char),
    }
    if kind < 4 { lines.join("\n") } else { chars.into_iter().collect() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), which in 0usize..3) {
        let mut texts = example();
        texts[which].1 = String::from_utf8_lossy(&bytes).into_owned();
        judge(&texts);
        let _ = Document::parse(&texts[which].1);
    }

    #[test]
    fn random_signs_of_yaml_and_json_never_panic(text in r#"[\[\]{}:,&*!|>'"%@`#?\-~<= \t\r\na-c0-9.é개]{0,80}"#, which in 0usize..3) {
        let mut texts = example();
        texts[which].1 = text;
        judge(&texts);
    }

    #[test]
    fn slips_of_the_hand_never_panic(
        slips in prop::collection::vec((0usize..3, 0u8..8, 0.0..1.0f64, any::<char>()), 1..4),
    ) {
        let mut texts = example();
        for (which, kind, at, with) in slips {
            texts[which].1 = slip(&texts[which].1, kind, at, with);
        }
        judge(&texts);
    }
}
