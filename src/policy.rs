//! The policy language: identity policy documents, read strictly from files and tolerantly from the live account,
//! and compared by meaning.
//!
//! Owns: [`Document`] (canonical form), its parser, its equality. Must not: evaluate requests, or know about groups.

mod parse;
mod size;

use std::collections::{BTreeMap, BTreeSet};

pub use parse::Problem;
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
    pub conditions: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Statement {
    /// Whether this statement speaks of everything that `other` speaks of, in the same case and with the same effect.
    fn covers(&self, other: &Statement) -> bool {
        self.effect == other.effect
            && self.conditions == other.conditions
            && self.actions.covers(&other.actions)
            && self.resources.covers(&other.resources)
    }
}

impl Cover {
    /// Whether this speaks of everything that `other` speaks of, as far as a `*` at the end tells.
    fn covers(&self, other: &Cover) -> bool {
        let matches = |pattern: &String, text: &String| {
            pattern
                .strip_suffix('*')
                .map_or(pattern == text, |prefix| !prefix.contains(['*', '?']) && text.starts_with(prefix))
        };
        let all = |set: &BTreeSet<String>, within: &BTreeSet<String>| {
            set.iter().all(|text| within.iter().any(|pattern| pattern == text || matches(pattern, text)))
        };
        match (self, other) {
            (Cover::Only(mine), Cover::Only(theirs)) => all(theirs, mine),
            (Cover::AllBut(mine), Cover::AllBut(theirs)) => all(mine, theirs),
            (Cover::Only(mine), Cover::AllBut(_)) => mine.contains("*"),
            (Cover::AllBut(_), Cover::Only(_)) => false,
        }
    }
}

/// An identity policy document in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    version: Version,
    /// The statements, sorted; each with its Sid.
    statements: Vec<(Statement, Option<String>)>,
}

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

    fn new(version: Version, mut statements: Vec<(Statement, Option<String>)>) -> Self {
        statements.sort();
        Document { version, statements }
    }

    /// The version of the language.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The statements in canonical order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().map(|(statement, _)| statement)
    }

    /// Whether this is a guard: a policy with at least one Deny statement.
    #[must_use]
    pub fn is_guard(&self) -> bool {
        self.statements().any(|statement| statement.effect == Effect::Deny)
    }

    /// Whether both mean the same. Repeated equal statements count once.
    #[must_use]
    pub fn means_the_same(&self, other: &Document) -> bool {
        self.version == other.version && self.statement_set() == other.statement_set()
    }

    /// Whether replacing `old` by this can only take access away: every allow was covered by an allow before, and
    /// every deny from before is covered by a deny. Decided on single statements, so `false` may also mean "cannot be
    /// told".
    #[must_use]
    pub fn only_restricts(&self, old: &Document) -> bool {
        let covered = |statement: &Statement, by: &Document| by.statements().any(|other| other.covers(statement));
        let of = |document: &'_ Document, effect: Effect| -> Vec<Statement> {
            document.statements().filter(|statement| statement.effect == effect).cloned().collect()
        };
        self.version == old.version
            && of(self, Effect::Allow).iter().all(|allow| covered(allow, old))
            && of(old, Effect::Deny).iter().all(|deny| covered(deny, self))
    }

    fn statement_set(&self) -> BTreeSet<&Statement> {
        self.statements().collect()
    }
}

/// A document as the live account delivered it. What cannot be read is kept as it is and never spoils a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveDocument {
    /// A document we understand, with its text.
    Known {
        /// The text, percent-decoded.
        text: String,
        /// What it says.
        document: Document,
    },
    /// A text we do not understand: equal to another only byte for byte.
    Opaque {
        /// The text, percent-decoded.
        text: String,
    },
}

impl LiveDocument {
    /// Reads what IAM returned. Real IAM percent-encodes documents (RFC 3986) and the SDK does not decode them;
    /// some emulators return plain JSON. JSON never begins with `%`.
    #[must_use]
    pub fn read(returned: &str) -> Self {
        let text = if returned.trim_start().starts_with('{') {
            returned.to_owned()
        } else {
            percent_encoding::percent_decode_str(returned).decode_utf8_lossy().into_owned()
        };
        match Document::parse(&text) {
            Ok(document) => LiveDocument::Known { text, document },
            Err(_) => LiveDocument::Opaque { text },
        }
    }

    /// The text, percent-decoded.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            LiveDocument::Known { text, .. } | LiveDocument::Opaque { text } => text,
        }
    }

    /// Whether it counts as a guard. What cannot be read may deny something, so it is treated with the care of one.
    #[must_use]
    pub fn may_deny(&self) -> bool {
        match self {
            LiveDocument::Known { document, .. } => document.is_guard(),
            LiveDocument::Opaque { .. } => true,
        }
    }

    /// Whether this means the same as a document of ours, whose text is `our_text`.
    #[must_use]
    pub fn means_the_same(&self, ours: &Document, our_text: &str) -> bool {
        match self {
            LiveDocument::Known { document, .. } => document.means_the_same(ours),
            LiveDocument::Opaque { text } => text == our_text,
        }
    }

    /// Whether replacing this by `new` can only take access away.
    #[must_use]
    pub fn restricted_by(&self, new: &Document) -> bool {
        matches!(self, LiveDocument::Known { document, .. } if new.only_restricts(document))
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
            (r#""Action":"ec2:Stop""#, r#""NotAction":"iam:*""#, false),
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
