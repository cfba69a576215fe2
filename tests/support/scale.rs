//! An account as large as IAM allows by default, and what it takes to hold it and to read it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use iamatrix::access::Access;
use iamatrix::access::aws::AwsDocuments;
use iamatrix::catalog::Catalog;
use iamatrix::files::{Files, Paths};
use iamatrix::matrix;

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

/// Whom a configuration of full size is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    /// Many are in the same two to six groups, and one guard is for everybody.
    Alike,
    /// Everybody is in nine groups, no two in the same nine, and there is no guard.
    Different,
    /// The same with a guard that exempts too much, by patterns.
    HalfGuarded,
}

impl People {
    pub const ALL: [People; 3] = [People::Alike, People::Different, People::HalfGuarded];

    /// The groups of a user.
    fn groups(self, n: usize) -> Vec<usize> {
        match self {
            People::Alike => (0..2 + n % 5).map(|k| (n + k * 7) % GROUPS).collect(),
            // A step of its own for every three hundred.
            _ => (0..9).map(|k| (n + k * (1 + n / GROUPS)) % GROUPS).collect(),
        }
    }

    fn guard(self) -> Option<String> {
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/policies/MFAForcePolicy.json");
        match self {
            People::Alike => Some(fs::read_to_string(example).unwrap()),
            People::Different => None,
            People::HalfGuarded => Some(
                "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Deny\", \"Resource\": \"*\", \
                 \"NotAction\": [\"iam:*MFA*\", \"iam:Get*\", \"iam:List*\", \"ec2:Describe*\", \"sts:*\"], \
                 \"Condition\": {\"BoolIfExists\": {\"aws:MultiFactorAuthPresent\": \"false\"}}}]}"
                    .to_owned(),
            ),
        }
    }
}

/// Writes a configuration of the same size: every policy a document of ours on one to three groups. What it allows
/// without condition, and the people in several groups, give the lints that compare policies something to do.
pub fn configuration(folder: &Path, people: People) {
    const GUARD: &str = "MFAForcePolicy";
    fs::create_dir_all(folder.join("policies")).unwrap();
    let guard = people.guard();
    let baseline = if guard.is_some() { GUARD } else { "" };
    let mut text = format!("version: 1\ndocuments: policies/\nbaseline: [{baseline}]\ngroups:\n");
    (0..GROUPS).for_each(|n| writeln!(text, "  {}: {{}}", group(n)).unwrap());
    text.push_str("users:\n");
    for n in 0..USERS {
        let groups: Vec<_> = people.groups(n).into_iter().map(group).collect();
        writeln!(text, "  {}: {{ groups: [{}] }}", user(n), groups.join(", ")).unwrap();
    }
    text.push_str("policies:\n");
    let document = |name: &str, text: &str| fs::write(folder.join(format!("policies/{name}.json")), text).unwrap();
    for n in 0..POLICIES - usize::from(guard.is_some()) {
        let groups: Vec<_> = (0..=n % 3).map(|k| group((n + k) % GROUPS)).collect();
        writeln!(text, "  {}: [{}]", policy(n), groups.join(", ")).unwrap();
        document(&policy(n), &sound_document(n));
    }
    if let Some(guard) = guard {
        document(GUARD, &guard);
    }
    fs::write(folder.join("matrix.yaml"), text).unwrap();
    let operator = "account: \"123456789012\"\nmode: observe\nlimits: { callsPerSecond: 1000 }\n";
    fs::write(folder.join("operator.yaml"), operator).unwrap();
}

/// What everybody holds by such a configuration.
pub fn access(folder: &Path) -> Access {
    let files = Files::read(&Paths { dir: folder.to_owned(), operator: None }).unwrap();
    let matrix = matrix::load(&files).matrix.unwrap();
    // Every policy is a document of ours.
    Access::of_matrix(&matrix, &Catalog::embedded("aws"), &AwsDocuments::default())
}

/// Writes the account file of an account in which the people are and nothing else.
pub fn people_file(folder: &Path) -> PathBuf {
    let mut text = String::from("account: \"123456789012\"\nusers:\n");
    (0..USERS).for_each(|n| writeln!(text, "  {}: {{}}", user(n)).unwrap());
    let file = folder.join("people.yaml");
    fs::write(&file, text).unwrap();
    file
}

/// A document in which nothing is wrong: what is read everywhere, and what is done in a place of its own.
fn sound_document(n: usize) -> String {
    let service = ["ec2", "ecs", "logs", "ssm", "dynamodb"][n % 5];
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
    line_of_status(process, line).unwrap()
}

/// The most memory that a process has occupied so far, in bytes; none when it has ended.
pub fn peak(process: u32) -> Option<usize> {
    line_of_status(process, "VmHWM")
}

fn line_of_status(process: u32, line: &str) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let value = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'))?;
    value.trim().trim_end_matches(" kB").parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}
