//! An account as large as IAM allows by default, and what it takes to hold it and to read it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::http::Client;
use super::program::{Process, iamatrix};

pub const USERS: usize = 5_000;
pub const GROUPS: usize = 300;
pub const POLICIES: usize = 1_500;

/// Writes the account file: every user with a device, two to six groups and a tag-sized path; every group with up to
/// ten policies; policies from a few lines to the limit of their size. Nothing is random.
pub fn account_file(folder: &Path) -> PathBuf {
    let mut text = String::from("account: \"123456789012\"\npolicies:\n");
    for n in 0..POLICIES {
        writeln!(text, "  {}: {{ path: /foundation/, document: {} }}", policy(n), document(n)).unwrap();
    }
    text.push_str("groups:\n");
    for n in 0..GROUPS {
        let attached: Vec<_> = (0..=n % 10).map(|k| policy((n * 5 + k) % POLICIES)).collect();
        writeln!(text, "  {}: {{ path: /foundation/, policies: [{}] }}", group(n), attached.join(", ")).unwrap();
    }
    text.push_str("users:\n");
    for n in 0..USERS {
        let groups: Vec<_> = (0..2 + n % 5).map(|k| group((n + k * 7) % GROUPS)).collect();
        writeln!(text, "  {}: {{ path: /staff/, groups: [{}], mfa: true, accessKeys: 1 }}", user(n), groups.join(", "))
            .unwrap();
    }
    let file = folder.join("large-account.yaml");
    fs::write(&file, text).unwrap();
    file
}

/// Writes a configuration of the same size: every policy a document of ours on one to three groups, one guard for
/// everybody, every user in two to six groups. What it allows without condition, and the people in several groups, give
/// the lints that compare policies something to do.
pub fn configuration(folder: &Path) {
    fs::create_dir_all(folder.join("policies")).unwrap();
    let mut text = String::from("version: 1\ndocuments: policies/\nbaseline: [MFAForcePolicy]\ngroups:\n");
    (0..GROUPS).for_each(|n| writeln!(text, "  {}: {{}}", group(n)).unwrap());
    text.push_str("users:\n");
    for n in 0..USERS {
        let groups: Vec<_> = (0..2 + n % 5).map(|k| group((n + k * 7) % GROUPS)).collect();
        writeln!(text, "  {}: {{ groups: [{}] }}", user(n), groups.join(", ")).unwrap();
    }
    text.push_str("policies:\n");
    for n in 0..POLICIES - 1 {
        let groups: Vec<_> = (0..=n % 3).map(|k| group((n + k) % GROUPS)).collect();
        writeln!(text, "  {}: [{}]", policy(n), groups.join(", ")).unwrap();
        fs::write(folder.join(format!("policies/{}.json", policy(n))), sound_document(n)).unwrap();
    }
    let guard = concat!(env!("CARGO_MANIFEST_DIR"), "/config/policies/MFAForcePolicy.json");
    fs::copy(guard, folder.join("policies/MFAForcePolicy.json")).unwrap();
    fs::write(folder.join("matrix.yaml"), text).unwrap();
    fs::write(folder.join("operator.yaml"), "account: \"123456789012\"\nmode: enforce\n").unwrap();
}

/// A document in which nothing is wrong: what is read everywhere, and what is done in a place of its own.
fn sound_document(n: usize) -> String {
    let service = ["ec2", "rds", "lambda", "sqs", "dynamodb"][n % 5];
    let read = ["*", "Describe*", "List*", "Get*"][n / GROUPS % 4];
    let places: Vec<_> = (0..n % 6)
        .map(|k| {
            format!(
                ", {{\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\", \"s3:PutObject*\", \"s3:ListBucket\"], \
                 \"Resource\": [\"arn:aws:s3:::department-{n}-{k}\", \"arn:aws:s3:::department-{n}-{k}/*\"]}}"
            )
        })
        .collect();
    format!(
        "{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Action\": \"{service}:{read}\", \
         \"Resource\": \"*\"}}{}]}}",
        places.concat()
    )
}

pub fn user(n: usize) -> String {
    format!("person.number{n:04}@demoasacode.io")
}

pub fn group(n: usize) -> String {
    format!("Department{n:03}-Developers")
}

pub fn policy(n: usize) -> String {
    format!("Department{n:04}-ReadAndDeploy")
}

/// A document of one to six statements, 350 to 2,400 characters long, as JSON, which is YAML too.
fn document(n: usize) -> String {
    let statements: Vec<_> = (0..=n % 6).map(|k| statement(n, k)).collect();
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}", statements.join(", "))
}

fn statement(n: usize, k: usize) -> String {
    format!(
        "{{\"Sid\": \"Department{n}Part{k}\", \"Effect\": \"Allow\", \
         \"Action\": [\"s3:GetObject\", \"s3:ListBucket\", \"ec2:Describe*\", \"cloudwatch:GetMetricData\"], \
         \"Resource\": [\"arn:aws:s3:::department-{n}-bucket-{k}\", \"arn:aws:s3:::department-{n}-bucket-{k}/*\"], \
         \"Condition\": {{\"Bool\": {{\"aws:MultiFactorAuthPresent\": \"true\"}}, \
         \"IpAddress\": {{\"aws:SourceIp\": [\"10.{k}.0.0/16\", \"192.168.{k}.0/24\"]}}}}}}"
    )
}

/// A sandbox with that account.
pub fn sandbox_of(file: &Path) -> (Process, SocketAddr) {
    let mut sandbox = Process::start(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0", "--account"]).arg(file));
    let address = sandbox.address_after("http://").parse().unwrap();
    (sandbox, address)
}

/// What a sweep over the account has seen.
#[derive(Debug, Default)]
pub struct Sweep {
    /// Each kind's ids, and how often each came.
    pub seen: BTreeMap<&'static str, BTreeMap<String, usize>>,
    pub pages: usize,
    pub bytes: usize,
}

/// Reads all pages of `GetAccountAuthorizationDetails`.
pub fn sweep(client: &mut Client) -> Vec<Vec<u8>> {
    let (mut pages, mut marker) = (Vec::new(), String::new());
    loop {
        let answer = client.ask("GetAccountAuthorizationDetails", &format!("&MaxItems=1000{marker}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let next = marker_of(&answer.body);
        pages.push(answer.body);
        match next {
            Some(next) => marker = format!("&Marker={next}"),
            None => return pages,
        }
    }
}

/// The marker stands near the end.
fn marker_of(page: &[u8]) -> Option<String> {
    let end = String::from_utf8_lossy(&page[page.len().saturating_sub(1_000)..]);
    Some(end.split_once("<Marker>")?.1.split_once("</Marker>")?.0.to_owned())
}

/// Counts what the pages hold.
pub fn counted(pages: &[Vec<u8>]) -> Sweep {
    let mut sweep = Sweep { pages: pages.len(), bytes: pages.iter().map(Vec::len).sum(), ..Sweep::default() };
    for page in pages {
        let page = std::str::from_utf8(page).unwrap();
        for kind in ["UserId", "GroupId", "PolicyId"] {
            for id in page.split(&format!("<{kind}>")).skip(1) {
                let id = id.split('<').next().unwrap().to_owned();
                *sweep.seen.entry(kind).or_default().entry(id).or_default() += 1;
            }
        }
    }
    sweep
}

/// A line of `/proc/PID/status` in bytes: `VmRSS`, `VmHWM`.
pub fn memory(process: u32, line: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let value = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':')).unwrap();
    value.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
