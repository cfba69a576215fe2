//! What the tests of the pure core share: a matrix from YAML, an account from a few words, and a model of IAM that
//! refuses what IAM refuses.

pub mod arbitrary;
pub mod model;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::desired::{Desired, compile};
use crate::files::Files;
use crate::guard::{self, Circumstances, Releases, Review, Trust};
use crate::live::{Live, LiveGroup, LivePolicy, LiveUser, PolicyVersion};
use crate::matrix::{Checked, Operator, Quotas, check_structure, load};
use crate::name::{Arn, Name};
use crate::plan::{Plan, diff};
use crate::policy::LiveDocument;
use crate::stakes::{Made, Stakes};
use crate::withheld::Withheld;

/// The day of all tests.
pub const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// The account of all tests.
pub const ACCOUNT: &str = "123456789012";

/// Compares a file of the repository with what the code says it is. With `BLESS` set it is written instead.
#[allow(clippy::disallowed_methods, reason = "a person says to write the file anew")]
pub fn committed(path: &str, generated: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, generated).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == generated, "{path} is not what the code says; run this test with BLESS=1 and commit the file");
}

/// A document that denies something.
pub const GUARD: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"datapipeline:*","Resource":"*"}}"#;

/// A document that only allows something.
pub const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;

/// Settings of the tests, with these lines added.
pub fn operator(lines: &str) -> String {
    format!("account: \"{ACCOUNT}\"\nmode: enforce\nlimits: {{ removals: {{ percent: 100 }} }}\n{lines}\n")
}

/// A checked configuration. Panics with the findings when there are errors.
pub fn checked(matrix: &str, documents: &[(&str, &str)], operator_lines: &str) -> Checked {
    let documents: Vec<(String, &str)> =
        documents.iter().map(|(name, text)| (format!("policies/{name}.json"), *text)).collect();
    let files = Files::from_memory(
        &operator(operator_lines),
        matrix,
        documents.iter().map(|(name, text)| (name.as_str(), *text)),
    );
    check_structure(load(&files), &Catalog::embedded("aws"), TODAY)
        .unwrap_or_else(|found| panic!("{found:#?}\n{matrix}"))
}

/// What the guard says of a plan, as far as the plan itself tells.
pub fn review(plan: Plan, live: &Live, operator: &Operator) -> Review {
    let withheld = Withheld::of(&plan, live, operator, &BTreeSet::new());
    let stakes = Stakes::of(Made { plan: &plan, withheld: &withheld });
    reviewed(plan, operator, &stakes, &withheld)
}

/// The same with what is at stake.
pub fn reviewed(plan: Plan, operator: &Operator, stakes: &Stakes, withheld: &Withheld) -> Review {
    let releases = Releases::default();
    let case = Circumstances {
        operator,
        stakes,
        withheld,
        matrix: "matrix",
        approved: None,
        trust: Trust::Earned,
        releases: &releases,
        today: TODAY,
    };
    guard::review(plan, &case)
}

/// An account with nothing in it.
pub fn empty_account() -> Live {
    Live {
        account: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        own_user: None,
        quotas: Quotas::default(),
        groups: BTreeMap::new(),
        users: BTreeMap::new(),
        policies: BTreeMap::new(),
        password_policy: None,
    }
}

/// Ways to put things into an account by hand, as people do.
pub trait ByHand {
    /// A user under `/`.
    fn user(&mut self, name: &str) -> &mut Self;
    /// A group under `path`, or a change to one: attached policies by ARN, members that exist.
    fn group(&mut self, path: &str, name: &str, attached: &[&str], members: &[&str]) -> &mut Self;
    /// A customer managed policy with so many versions, the last of which is in force.
    fn document(&mut self, path: &str, name: &str, text: &str, versions: u64) -> &mut Self;
    /// The account in a few lines.
    fn told(&self) -> String;
}

impl ByHand for Live {
    fn user(&mut self, name: &str) -> &mut Self {
        let user = LiveUser {
            name: name.into(),
            path: "/".to_owned(),
            groups: BTreeSet::new(),
            attached: BTreeSet::new(),
            inline: BTreeMap::new(),
            boundary: None,
        };
        self.users.insert(name.into(), user);
        self
    }

    fn group(&mut self, path: &str, name: &str, attached: &[&str], members: &[&str]) -> &mut Self {
        let group = LiveGroup {
            name: name.into(),
            path: path.to_owned(),
            attached: attached.iter().map(|arn| Arn::new(*arn)).collect(),
            inline: BTreeMap::new(),
            members: members.iter().map(|user| Name::new(*user)).collect(),
        };
        for user in &group.members {
            self.users.get_mut(user).expect("the user exists").groups.insert(group.name.clone());
        }
        self.groups.insert(group.name.clone(), group);
        model::recount(self);
        self
    }

    fn document(&mut self, path: &str, name: &str, text: &str, versions: u64) -> &mut Self {
        let versions = (1..=versions).map(|n| PolicyVersion { id: format!("v{n}"), is_default: n == versions });
        let policy = LivePolicy {
            name: name.into(),
            arn: Arn::policy("aws", ACCOUNT, path, name),
            path: path.to_owned(),
            document: LiveDocument::read(text),
            attachments: 0,
            boundaries: 0,
            versions: Some(versions.collect()),
        };
        self.policies.insert(policy.name.clone(), policy);
        model::recount(self);
        self
    }

    fn told(&self) -> String {
        let list = |names: Vec<String>| names.join(" ");
        let mut lines = Vec::new();
        for policy in self.policies.values() {
            let versions = policy.versions.as_ref().map_or(0, Vec::len);
            lines.push(format!(
                "document {}{} with {versions} versions, denies: {}",
                policy.path,
                policy.name,
                policy.document.may_deny()
            ));
        }
        for group in self.groups.values() {
            let attached = list(group.attached.iter().map(|arn| arn.name().to_string()).collect());
            let members = list(group.members.iter().map(ToString::to_string).collect());
            let inline = list(group.inline.keys().cloned().collect());
            lines.push(format!(
                "group {}{}: [{attached}] inline [{inline}] members [{members}]",
                group.path, group.name
            ));
        }
        for user in self.users.values() {
            lines.push(format!("user {} with {} direct policies", user.name, user.attached.len() + user.inline.len()));
        }
        lines.join("\n")
    }
}

/// The ARN of an AWS managed policy under `/`.
pub fn aws(name: &str) -> String {
    format!("arn:aws:iam::aws:policy/{name}")
}

/// The ARN of a document of ours.
pub fn ours(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/foundation/{name}")
}

/// What the account should be.
pub fn desired(checked: &Checked, live: &Live) -> Desired {
    compile(checked, &Catalog::embedded("aws"), live)
}

/// What would be done to the account.
pub fn plan(checked: &Checked, live: &Live) -> Plan {
    diff(&desired(checked, live), live)
}
