//! The book of rules: a page for every code that a finding can bear, with what it finds, why that matters, how to mend
//! it and an example of both. `iamatrix check --explain RULE` prints a page; `docs/rules.md` is the whole book.
//!
//! Owns: the pages, what a waiver may silence, their rendering. Must not: look for anything; the rules themselves are
//! in [`crate::matrix::check`], [`crate::lint`] and the decoders. A page and its rule bear the same code; a test holds
//! both against each other.

/// A policy document with this statement.
macro_rules! document {
    ($statement:expr) => {
        concat!("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": ", $statement, "\n}")
    };
}

/// An example that stands in a document.
macro_rules! in_document {
    ($fails:expr, $passes:expr $(,)?) => {
        Some(crate::rulebook::Example {
            fails: &[("policies/Example.json", document!($fails))],
            passes: &[("policies/Example.json", document!($passes))],
        })
    };
}

/// A statement that denies without MFA all but what it takes to enrol a device, and these.
macro_rules! all_but_enrolment_and {
    ($($more:literal),*) => {
        concat!(
            r#"{ "Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetMFADevice", "#,
            r#""iam:GetUser", "iam:ListMFADevices", "iam:ListVirtualMFADevices", "iam:ResyncMFADevice""#,
            $(", \"", $more, "\"",)*
            r#"], "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }"#
        )
    };
}

/// An example that stands in `matrix.yaml`.
macro_rules! in_matrix {
    ($fails:expr, $passes:expr $(,)?) => {
        Some(crate::rulebook::Example { fails: &[("matrix.yaml", $fails)], passes: &[("matrix.yaml", $passes)] })
    };
}

mod denies;
mod grants;
mod live;
mod mfa;
mod render;
mod settings;
mod shape;
mod structure;

pub use render::{book, page};

use crate::diagnostic::Severity;
use crate::nearest;

/// Where a rule's findings come from, and what an error of it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The shape of the files. An error keeps the configuration from being used.
    Shape,
    /// Whether the matrix makes sense. An error keeps the configuration from being used.
    Structure,
    /// What the matrix grants, and whether its guards guard. An error that is not waived blocks `mode: enforce`.
    Lint,
    /// What only the live account can tell; found by `audit` and the daemon.
    Live,
}

/// What a rule is about, and so what the `on` of a waiver names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// A policy: a document, an external policy or an AWS managed one.
    Policy,
    /// A user.
    User,
    /// A group of the matrix.
    Group,
}

impl Object {
    /// The object in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Object::Policy => "policy",
            Object::User => "user",
            Object::Group => "group",
        }
    }
}

/// Files of a configuration, by their path below its folder. Sections of `matrix.yaml` and `operator.yaml` stand for
/// those of a small configuration that is in order; a document without a row of its own reaches one group.
pub type Files = &'static [(&'static str, &'static str)];

/// What a rule reports, and the same put right. Both are judged by the tests as they stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Reported by this rule, and by no other at warning or above.
    pub fails: Files,
    /// Reported by none at warning or above.
    pub passes: Files,
}

/// The page of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The code that its findings bear.
    pub code: &'static str,
    /// Numbers under which the rule is known too.
    pub aliases: &'static [&'static str],
    /// Where its findings come from.
    pub kind: Kind,
    /// The severity of its findings; the worst of them where they differ.
    pub severity: Severity,
    /// What a waiver names; none where the rule cannot be waived.
    pub object: Option<Object>,
    /// The rule in half a sentence.
    pub title: &'static str,
    /// What it finds.
    pub finds: &'static str,
    /// Why that matters; empty where it is plain.
    pub why: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    /// An example, if one can be shown.
    pub example: Option<Example>,
    /// Where the rule's facts come from: a page of AWS, a quota, a number of CIS; empty where they are ours.
    pub source: &'static str,
}

/// Every page, in the order of the book.
pub fn all() -> impl Iterator<Item = &'static Page> {
    [shape::PAGES, structure::PAGES, settings::PAGES, mfa::PAGES, denies::PAGES, grants::PAGES, live::PAGES]
        .into_iter()
        .flatten()
}

/// The pages known by a code or a number, in any case; a number may stand for several.
#[must_use]
pub fn find(code: &str) -> Vec<&'static Page> {
    let bears = |name: &&str| name.eq_ignore_ascii_case(code);
    all().filter(|page| bears(&page.code) || page.aliases.iter().any(&bears)).collect()
}

/// The codes and numbers that resemble one that nobody knows.
#[must_use]
pub fn nearest(code: &str) -> Vec<&'static str> {
    let known = all().flat_map(|page| std::iter::once(page.code).chain(page.aliases.iter().copied()));
    nearest::to(code, known, 3)
}

/// Whether findings of that code are lints: an error of theirs blocks `mode: enforce` only, unless it is waived.
#[must_use]
pub fn is_lint(code: &str) -> bool {
    all().any(|page| page.code == code && page.kind == Kind::Lint)
}

/// A lint's page with what every one has.
const fn lint(code: &'static str, severity: Severity, object: Object, title: &'static str) -> Page {
    Page {
        code,
        aliases: &[],
        kind: Kind::Lint,
        severity,
        object: Some(object),
        title,
        finds: "",
        why: "",
        mend: "",
        example: None,
        source: "",
    }
}

#[cfg(test)]
mod tests;
