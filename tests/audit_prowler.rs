//! The audit and prowler, an auditor written by others, on one account: they find fault with the same objects, or it is
//! written down here why not. The account is on moto, made by `tests/prowler/account.py` once neglected and once kept.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use iamatrix::audit::ROWS;
use serde_json::Value;
use support::program::{Run, clear, iamatrix};
use support::{python, tell};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/prowler");
/// What prowler calls everything that belongs to the account.
const ACCOUNT: &str = "123456789012";

/// Who finds fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Only {
    Ours,
    Prowler,
}
use Only::{Ours, Prowler};

/// Check, object as prowler names it, who finds fault alone, and why.
const EXPLAINED: &[(&str, &str, Only, &str)] = &[
    ("iam_user_accesskey_unused", "eve/AccessKey1", Ours, "prowler passes a key that was never used, however old"),
    ("iam_user_accesskey_unused", "cid/AccessKey1", Ours, "prowler passes a key that was never used, however old"),
    ("iam_user_accesskey_unused", "fay/AccessKey1", Ours, "CIS says 45 days or more; prowler fails from 46 on"),
    ("iam_user_console_access_unused", "dan", Ours, "prowler passes a password that was never used, however old"),
    ("iam_rotate_access_key_90_days", "<root_account>-access-key-1", Prowler, "the root user has rows of its own here"),
    ("iam_user_no_setup_initial_access_key", "<root_account>", Prowler, "the root user has rows of its own here"),
    (
        "iam_customer_attached_policy_no_administrative_privileges",
        "AllButIam",
        Prowler,
        "CIS asks for `Action: *`; prowler takes any NotAction without an Action for it",
    ),
    (
        "iam_policy_allows_privilege_escalation",
        "DeniedSometimes",
        Ours,
        "prowler takes away what is denied under any condition; with MFA this holder escalates",
    ),
];

/// The same object in prowler's words.
fn in_prowlers_words(check: &str, finding: &Value) -> Vec<String> {
    let object = finding["object"].as_str().unwrap();
    let (user, rest) = object.split_once(": ").unwrap_or((object, ""));
    let number = rest.strip_prefix("access key ");
    let word = match check {
        "iam_user_accesskey_unused" => return number.map(|n| format!("{user}/AccessKey{n}")).into_iter().collect(),
        "iam_user_console_access_unused" => {
            return (rest == "password").then(|| user.to_owned()).into_iter().collect();
        }
        "iam_rotate_access_key_90_days" => format!("{user}-access-key-{}", number.unwrap()),
        "iam_user_no_setup_initial_access_key" => user.to_owned(),
        "iam_administrator_access_with_mfa" => return groups_of(finding),
        "iam_policy_cloudshell_admin_not_attached" => ACCOUNT.to_owned(),
        _ if check.starts_with("iam_inline_") => object.split_once(' ').unwrap().1.replace(": ", "/"),
        _ if object == "root user" => "<root_account>".to_owned(),
        _ if object == "password policy" => ACCOUNT.to_owned(),
        _ => object.to_owned(),
    };
    vec![word]
}

/// prowler names the group that makes administrators, and not the administrator.
fn groups_of(finding: &Value) -> Vec<String> {
    let evidence = finding["evidence"].as_array().unwrap().iter().map(|fact| fact.as_str().unwrap());
    let groups = evidence.filter_map(|fact| fact.strip_prefix("through group ")?.split_once(": "));
    groups.filter(|(_, policy)| *policy == "AdministratorAccess").map(|(group, _)| group.to_owned()).collect()
}

/// Objects by check.
type Objects = BTreeMap<String, BTreeSet<String>>;

/// The checks that both know. moto answers nothing about organizations.
fn checks() -> BTreeSet<&'static str> {
    let all = ROWS.iter().flat_map(|row| row.prowler).copied().filter(|check| check.starts_with("iam_"));
    all.filter(|check| *check != "iam_root_credentials_management_enabled").collect()
}

struct Moto(Child, String);

impl Moto {
    fn with(account: &str) -> Self {
        let port = python::free_port();
        let mut command = python::program("python");
        command.arg("-B").arg(Path::new(SCRIPTS).join("account.py")).args([&port.to_string(), account]);
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("audited-{account}.log"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(std::fs::File::create(log).unwrap());
        let mut child = command.spawn().unwrap();
        let ready = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(ready.into_iter().any(|line| line == "ready"), "the account is not made; see audited-{account}.log");
        Moto(child, format!("http://127.0.0.1:{port}"))
    }

    fn environment<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.envs([
            ("AWS_ENDPOINT_URL", self.1.as_str()),
            ("AWS_ACCESS_KEY_ID", "x"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ])
    }

    /// What each check of prowler says: objects that fail, and objects that pass.
    fn seen_by_prowler(&self) -> (Objects, Objects) {
        let mut command = python::prowler(&Path::new(SCRIPTS).join("scan.py"));
        let run =
            Run::of(self.environment(clear(&mut command)).args(checks()).env("HOME", env!("CARGO_TARGET_TMPDIR")));
        let run = run.exits(0);
        let (mut fail, mut pass) = (Objects::new(), Objects::new());
        for line in run.stdout.lines().filter(|line| line.starts_with('{')) {
            let said: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| said[key].as_str().unwrap().to_owned();
            let side = if said["status"] == "FAIL" { &mut fail } else { &mut pass };
            side.entry(text("check")).or_default().insert(text("object"));
        }
        (fail, pass)
    }

    /// The objects that we find fault with, by prowler's check.
    fn seen_by_us(&self) -> Objects {
        let empty = tempfile::tempdir().unwrap();
        let mut command = iamatrix();
        command.args(["audit", "-o", "json", "--config"]).arg(empty.path());
        let report: Value = serde_json::from_str(&Run::of(self.environment(&mut command)).exits(0).stdout).unwrap();
        let mut found = Objects::new();
        for row in report["rows"].as_array().unwrap() {
            assert!(
                row["result"] != "notAnswered"
                    || row["why"].to_string().contains("Organizations")
                    || row["why"]["because"] == "elsewhere",
                "{row}"
            );
            for check in row["prowler"].as_array().unwrap().iter().map(|check| check.as_str().unwrap()) {
                let findings = row["findings"].as_array().into_iter().flatten();
                let objects = findings.flat_map(|finding| in_prowlers_words(check, finding));
                found.entry(check.to_owned()).or_default().extend(objects);
            }
        }
        found
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_audit_and_prowler_find_fault_with_the_same_or_it_is_explained() {
    let (mut differences, mut fail, mut pass) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut compared = 0;
    for account in ["neglected", "kept"] {
        let moto = Moto::with(account);
        let (theirs, passing) = moto.seen_by_prowler();
        let ours = moto.seen_by_us();
        for check in checks() {
            let (nothing, none) = (BTreeSet::new(), BTreeSet::new());
            let (ours, theirs) = (ours.get(check).unwrap_or(&nothing), theirs.get(check).unwrap_or(&none));
            compared += theirs.len() + passing.get(check).map_or(0, BTreeSet::len);
            differences.extend(ours.difference(theirs).map(|object| (check, object.clone(), Ours)));
            differences.extend(theirs.difference(ours).map(|object| (check, object.clone(), Prowler)));
            if !theirs.is_empty() {
                fail.insert(check);
            }
            if passing.contains_key(check) {
                pass.insert(check);
            }
        }
    }
    tell(&format!("{} checks of prowler on {compared} objects, {} explained differences", fail.len(), EXPLAINED.len()));
    let explained: BTreeSet<_> =
        EXPLAINED.iter().map(|(check, object, only, _)| (*check, (*object).to_owned(), *only)).collect();
    assert_eq!(differences, explained, "each difference has its reason, and each reason its difference");
    assert_eq!(fail, checks(), "every check fails for something");
    assert_eq!(pass, checks(), "every check passes for something");
}
