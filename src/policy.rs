//! The policy language: identity policy documents, read strictly from files and tolerantly from the live account,
//! and compared by meaning.
//!
//! Owns: [`Document`] (canonical form), its parser, its equality, and what it says to a request ([`evaluate`]).
//! Must not: know about groups.

pub(crate) mod condition;
pub mod context;
pub mod evaluate;
mod likeness;
mod live;
pub mod operator;
mod parse;
pub mod pattern;
mod place;
mod size;
pub(crate) mod value;
mod variable;

use std::collections::{BTreeMap, BTreeSet};

pub use likeness::Likeness;
pub use live::LiveDocument;
pub use parse::Problem;
pub use place::{Element, Place, Written};
pub use size::{MAX_REQUEST, MAX_WITHOUT_WHITESPACE, foreign_character, size_without_whitespace};

/// Which version of the language a document speaks. Not cosmetic: without `2012-10-17`, variables such as
/// `${aws:username}` are literal text (IAM user guide, policy variables).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// No `Version` element: the rules of 2008 apply.
    Absent,
    /// `2008-10-17`.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

/// The values an element covers, or all but them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cover {
    /// `Action`, `Resource`: these.
    Only(BTreeSet<String>),
    /// `NotAction`, `NotResource`: all but these.
    AllBut(BTreeSet<String>),
}

/// A statement in canonical form: actions, condition operators and condition keys in lower case, scalars as lists,
/// truth values and numbers as text, lists as sets. The Sid is cosmetic and stands beside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    /// Allow or deny.
    pub effect: Effect,
    /// Actions, in lower case.
    pub actions: Cover,
    /// Resources, case kept: resource patterns are case-sensitive.
    pub resources: Cover,
    /// Operator → key → values.
    pub conditions: Conditions,
}

/// Operator → key → values; operators and keys in lower case.
pub type Conditions = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

impl Cover {
    /// The patterns, whichever way they count.
    #[must_use]
    pub fn patterns(&self) -> &BTreeSet<String> {
        let (Cover::Only(patterns) | Cover::AllBut(patterns)) = self;
        patterns
    }

    /// Whether this speaks of a text, written in the same case as the patterns.
    #[must_use]
    pub fn includes(&self, text: &str) -> bool {
        let matched = |patterns: &BTreeSet<String>| {
            patterns.contains(text) || patterns.iter().any(|pattern| pattern::matches(pattern, text))
        };
        match self {
            Cover::Only(patterns) => matched(patterns),
            Cover::AllBut(patterns) => !matched(patterns),
        }
    }
}

/// An identity policy document in canonical form.
#[derive(Debug, Clone)]
pub struct Document {
    version: Version,
    /// The statements, sorted by what they say and then by Sid.
    written: Vec<Written>,
}

/// Equal in version, statements and Sids; places do not count.
impl PartialEq for Document {
    fn eq(&self, other: &Document) -> bool {
        let same = |(mine, theirs): (&Written, &Written)| mine.content() == theirs.content();
        self.version == other.version
            && self.written.len() == other.written.len()
            && self.written.iter().zip(&other.written).all(same)
    }
}

impl Eq for Document {}

impl Document {
    /// Reads a document strictly, from text.
    ///
    /// # Errors
    /// Everything that IAM would refuse, each with its place.
    pub fn parse(text: &str) -> Result<Document, Vec<Problem>> {
        Document::parse_file("document", text)
    }

    /// Reads a document strictly, from a file known to people as `file`.
    ///
    /// # Errors
    /// Everything that IAM would refuse, each with its place in the file.
    pub fn parse_file(file: &str, text: &str) -> Result<Document, Vec<Problem>> {
        parse::document(file, text)
    }

    fn new(version: Version, mut written: Vec<Written>) -> Self {
        written.sort_by(|a, b| a.content().cmp(&b.content()));
        Document { version, written }
    }

    /// The version of the language.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The statements in canonical order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.written.iter().map(|written| &written.statement)
    }

    /// The statements with their Sids and places, in the same order.
    pub fn written(&self) -> impl Iterator<Item = &Written> {
        self.written.iter()
    }

    /// Whether this is a guard: a policy with at least one Deny statement.
    #[must_use]
    pub fn is_guard(&self) -> bool {
        self.statements().any(|statement| statement.effect == Effect::Deny)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"A","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"},
        {"Sid":"D","Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;

    fn parsed(text: &str) -> Document {
        Document::parse(text).unwrap()
    }

    #[test]
    fn cosmetic_differences_do_not_change_the_meaning() {
        let table = [
            ("order of statements and actions", r#"{"Version":"2012-10-17","Statement":[
                {"Effect":"Deny","NotAction":["iam:*"],"Resource":["*"],"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":["false"]}}},
                {"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}]}"#.to_owned()),
            ("case of actions", BASE.replace("s3:GetObject", "S3:getobject")),
            ("case of condition keys and operators", BASE.replace("aws:MultiFactorAuthPresent", "AWS:multifactorauthpresent").replace("BoolIfExists", "boolifexists")),
            ("a truth value instead of text", BASE.replace("\"false\"", "false")),
            ("another Sid", BASE.replace("\"A\"", "\"Other\"")),
            ("a repeated action", BASE.replace("\"s3:PutObject\"", "\"s3:PutObject\",\"s3:putobject\"")),
        ];
        for (what, text) in table {
            assert!(parsed(&text).means_the_same(&parsed(BASE)), "{what}");
        }
    }

    #[test]
    fn differences_of_meaning_are_seen() {
        let table = [
            ("no version", BASE.replace("\"Version\":\"2012-10-17\",", "")),
            ("the version of 2008", BASE.replace("2012-10-17", "2008-10-17")),
            ("another action", BASE.replace("s3:PutObject", "s3:DeleteObject")),
            ("case of a resource", BASE.replace(":::b/", ":::B/")),
            ("Action instead of NotAction", BASE.replace("NotAction", "Action")),
            ("another value", BASE.replace("\"false\"", "\"true\"")),
            ("another operator", BASE.replace("BoolIfExists", "Bool")),
        ];
        for (what, text) in table {
            assert!(!parsed(&text).means_the_same(&parsed(BASE)), "{what}");
        }
    }

    #[test]
    fn an_update_only_restricts_when_every_allow_was_there_and_every_deny_stays() {
        let deny_of = |action: &str| {
            parsed(&format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny",{action},"Resource":"*"}}}}"#))
        };
        let table = [
            (r#""Action":"ec2:Stop*""#, r#""Action":"ec2:*""#, true),
            (r#""Action":"ec2:*""#, r#""Action":"ec2:Stop*""#, false),
            (r#""Action":"ec2:StopInstances""#, r#""Action":"*""#, true),
            (r#""NotAction":["iam:A","iam:B"]"#, r#""NotAction":"iam:A""#, true),
            (r#""NotAction":"iam:A""#, r#""NotAction":["iam:A","iam:B"]"#, false),
            (r#""NotAction":"iam:A""#, r#""Action":"*""#, true),
            (r#""Action":"ec2:Stop""#, r#""NotAction":"iam:*""#, true),
            (r#""Action":"ec2:Stop""#, r#""NotAction":["iam:*","ec2:S*"]"#, false),
            (r#""Action":"ec2:?top""#, r#""Action":"ec2:S*p*""#, false),
        ];
        for (old, new, restricts) in table {
            assert_eq!(deny_of(new).only_restricts(&deny_of(old)), restricts, "{old} to {new}");
        }
        let allow = parsed(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#);
        let both = parsed(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#,
        );
        let deny =
            parsed(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#);
        assert!(both.only_restricts(&allow));
        assert!(deny.only_restricts(&both));
        assert!(!allow.only_restricts(&both));
        assert!(!both.only_restricts(&deny));
        assert!(both.is_guard() && !allow.is_guard());
    }

    #[test]
    fn live_documents_are_percent_decoded_once_and_unreadable_ones_are_opaque() {
        let encoded = percent_encoding::utf8_percent_encode(BASE, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert!(LiveDocument::read(&encoded).means_the_same(&parsed(BASE), BASE));
        assert!(LiveDocument::read(BASE).means_the_same(&parsed(BASE), BASE));
        let odd = LiveDocument::read(r#"{"Version":"2031-01-01"}"#);
        assert!(matches!(odd, LiveDocument::Opaque { .. }) && odd.may_deny());
        assert!(odd.means_the_same(&parsed(BASE), r#"{"Version":"2031-01-01"}"#));
        assert!(!odd.means_the_same(&parsed(BASE), BASE));
    }
}
