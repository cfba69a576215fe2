//! The examples of the pages are run as they stand there: what is typed, and what is answered.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "the examples are typed into a shell of this environment")]

mod support;

use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use support::program::{Process, Run, clear, iamatrix};
use support::python;

const PAGE: &str = include_str!("../docs/sandbox.md");
const MFA: &str = include_str!("../docs/mfa.md");
const START: &str = include_str!("../docs/getting-started.md");
/// What is typed in there needs a role or a stack, which the sandbox has not and moto has.
const ROLE: &str = include_str!("../deploy/iam/README.md");
/// Where the page says that the sandbox and its admin listener are.
const ADDRESS: &str = "127.0.0.1:4599";
const ADMIN: &str = "127.0.0.1:4600";
/// What the page uses of oathtool (a code of a seed at a time), for machines that lack it.
const OATHTOOL: &str = r#"#!/usr/bin/env python3
import base64, hashlib, hmac, struct, sys
when, seed = sys.argv[sys.argv.index("--now") + 1], sys.argv[-1]
step = int(when.removeprefix("@")) // 30
digest = hmac.digest(base64.b32decode(seed), struct.pack(">q", step), hashlib.sha1)
at = digest[-1] & 15
print(f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}")
"#;
/// Between the answers of two commands.
const SEPARATOR: char = '\u{1e}';

#[test]
fn every_example_of_the_sandbox_page_does_what_the_page_says() {
    let sandbox = Sandbox::start();
    let mut examples = 0;
    for block in blocks(PAGE) {
        match block.language {
            "console" => examples += sandbox.type_in(block.text),
            "python" => {
                let said = Run::of(sandbox.environment(python::program("python").args(["-c", block.text]))).exits(0);
                answers("the python example", &said.stdout, block.answer);
                examples += 1;
            }
            "yaml" => {
                starts_with(block.text);
                examples += 1;
            }
            _ => {}
        }
    }
    assert!(examples > 10, "the page has its examples: {examples}");
}

/// Types a page from its first line to its last, into one shell.
fn walk(page: &str) {
    let typed: Vec<&str> = blocks(page).iter().filter(|it| it.language == "console").map(|it| it.text).collect();
    let examples = Sandbox::start().type_in(&typed.join("\n"));
    assert!(examples > 25, "the page has its examples: {examples}");
}

#[test]
fn whoever_follows_the_page_about_mfa_gets_a_session() {
    walk(MFA);
}

#[test]
fn whoever_follows_the_first_steps_ends_with_an_account_that_is_kept() {
    walk(START);
}

#[test]
fn the_commands_that_make_the_role_make_it() {
    let sandbox = Sandbox::start();
    let typed: Vec<&str> = blocks(ROLE).iter().filter(|it| it.language == "shell").map(|it| it.text).collect();
    assert_eq!(typed.len(), 2, "by hand, and with CloudFormation");
    for script in typed {
        Run::of(Command::new("curl").args(["-sfX", "POST", &format!("{}/moto-api/reset", python::moto())])).exits(0);
        let mut command = Command::new("bash");
        sandbox.environment(command.args(["-euc", script])).env("AWS_ENDPOINT_URL", python::moto());
        Run::of(&mut command).exits(0);
    }
}

/// What `--profile` and `mfa_serial` do is the AWS CLI's own affair: here its library is watched doing it.
#[test]
fn a_profile_with_a_device_asks_for_the_code_and_sends_it() {
    let profile = blocks(MFA).into_iter().find(|it| it.language == "ini").unwrap().text;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, profile).unwrap();
    let mut command = python::script("role_profile.py");
    Run::of(clear(&mut command).arg(&file)).exits(0);
}

/// Sentences in small letters, with the words tied together, are tests.
#[test]
fn every_test_that_a_page_names_exists() {
    let pages = [include_str!("../docs/operating.md"), include_str!("../ARCHITECTURE.md")];
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        gather(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut sources);
    }
    let is_test = |word: &&str| {
        word.matches('_').count() >= 4 && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    // Names of metrics have as many words.
    let is_metric = |word: &&str| word.starts_with("iamatrix_");
    let named: Vec<&str> =
        pages.iter().flat_map(|page| page.split('`')).filter(is_test).filter(|w| !is_metric(w)).collect();
    assert!(named.len() > 30, "the pages name tests: {named:?}");
    let missing: Vec<&&str> = named.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "there are no tests of these names: {missing:#?}");
}

/// The text of every Rust file below a folder.
fn gather(folder: &std::path::Path, text: &mut String) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            gather(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

struct Sandbox {
    address: String,
    admin: String,
    tools: tempfile::TempDir,
    _process: Process,
}

impl Sandbox {
    fn start() -> Self {
        let any = "127.0.0.1:0";
        let mut process = Process::start(iamatrix().args(["sandbox", "--listen", any, "--admin", any]));
        let address = process.address_after("A local IAM is at http://");
        let admin = process.address_after("admin listener is at http://");
        let tools = tempfile::tempdir().unwrap();
        let oathtool = tools.path().join("oathtool");
        std::fs::write(&oathtool, OATHTOOL).unwrap();
        std::fs::set_permissions(&oathtool, Permissions::from_mode(0o755)).unwrap();
        Sandbox { address, admin, tools, _process: process }
    }

    /// Nothing but what the page tells to set.
    fn environment<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let own = python::program("aws").get_program().to_owned();
        let folder = std::path::Path::new(&own).parent().unwrap().to_owned();
        let (tools, others) = (self.tools.path().display(), std::env::var("PATH").unwrap());
        let ours = std::path::Path::new(env!("CARGO_BIN_EXE_iamatrix")).parent().unwrap().display().to_string();
        let path = format!("{}:{tools}:{ours}:{others}", folder.display());
        clear(command).envs([
            ("PATH", path.as_str()),
            ("HOME", &tools.to_string()),
            ("AWS_ENDPOINT_URL", &format!("http://{}", self.address)),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "sandbox"),
            ("AWS_SECRET_ACCESS_KEY", "sandbox"),
            ("AWS_PAGER", ""),
        ])
    }

    /// Types the lines after `$` into one shell and compares what it answers with the lines below each.
    fn type_in(&self, block: &str) -> usize {
        let (mut script, mut typed, block) = (String::new(), Vec::new(), format!("\n{block}"));
        for part in block.split("\n$ ").skip(1) {
            let (command, answer) = part.split_once('\n').unwrap_or((part, ""));
            writeln!(script, "{command}\nprintf '{SEPARATOR}'").unwrap();
            typed.push((command, answer));
        }
        let here = script.replace(ADDRESS, &self.address).replace(ADMIN, &self.admin);
        let run = Run::of(self.environment(Command::new("bash").args(["-c", &format!("exec 2>&1\n{here}")])));
        let there = run.stdout.replace(&self.address, ADDRESS).replace(&self.admin, ADMIN);
        let said: Vec<&str> = there.split(SEPARATOR).collect();
        for (number, (command, answer)) in typed.iter().enumerate() {
            answers(command, said.get(number).unwrap_or(&"nothing"), answer);
        }
        typed.len()
    }
}

/// A file of the page is taken by the flag that its first line names.
fn starts_with(file: &str) {
    let (flag, name) = file.lines().next().unwrap().trim_start_matches("# ").split_once(' ').unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, file).unwrap();
    let mut process = Process::start(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0", flag]).arg(&path));
    process.address_after("A local IAM is at http://");
}

/// The answer is that text, `…` standing for anything.
#[track_caller]
fn answers(command: &str, said: &str, expected: &str) {
    let mut rest = said.trim();
    for (number, piece) in expected.trim().split('…').enumerate() {
        let at = rest.find(piece).filter(|at| number > 0 || *at == 0);
        let Some(at) = at else { panic!("$ {command}\n--- the page says\n{expected}\n--- it says\n{said}") };
        rest = &rest[at + piece.len()..];
    }
    let all = rest.is_empty() || expected.trim().ends_with('…');
    assert!(all, "$ {command}\n--- the page says\n{expected}\n--- it says\n{said}");
}

struct Block<'p> {
    language: &'p str,
    text: &'p str,
    /// The block of plain text that follows, if one does.
    answer: &'p str,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let fenced: Vec<&str> = page.split("```").skip(1).step_by(2).collect();
    let all: Vec<(&str, &str)> = fenced.iter().map(|block| block.split_once('\n').unwrap()).collect();
    let answer = |number: usize| all.get(number + 1).filter(|(language, _)| *language == "text");
    all.iter()
        .enumerate()
        .map(|(number, (language, text))| Block { language, text, answer: answer(number).map_or("", |(_, text)| text) })
        .collect()
}
