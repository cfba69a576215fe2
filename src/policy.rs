//! The policy language: identity policy documents, read strictly from files and tolerantly from the live account,
//! and compared by meaning.
//!
//! Owns: [`Document`] (canonical form), its parser, its equality, and what it says to a request ([`evaluate`]).
//! Must not: know about groups.

pub(crate) mod condition;
pub mod context;
pub mod evaluate;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod likeness;
mod live;
pub mod operator;
mod parse;
pub mod pattern;
mod place;
mod size;
pub(crate) mod value;
pub(crate) mod variable;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

pub use likeness::{Likeness, loosened};
pub use live::LiveDocument;
pub use parse::Problem;
pub use place::{Element, Place, Written};
pub use size::{MAX_READ, MAX_REQUEST, MAX_WITHOUT_WHITESPACE, foreign_character, size_without_whitespace};

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
        let matched = self.patterns().iter().any(|pattern| pattern::matches(pattern, text));
        matched == matches!(self, Cover::Only(_))
    }

    /// The same for an action in lower case and action patterns, quickly: no pattern but `*` has a wildcard before its
    /// colon, so only those of the action's service can match.
    #[must_use]
    pub fn includes_action(&self, action: &str) -> bool {
        let patterns = self.patterns();
        let service = action.find(':').and_then(|colon| action.get(..=colon)).unwrap_or(action);
        let of_service = patterns.range::<str, _>((Bound::Included(service), Bound::Unbounded));
        let mut of_service = of_service.take_while(|pattern| pattern.starts_with(service));
        let matched = patterns.contains("*") || of_service.any(|pattern| pattern::matches(pattern, action));
        matched == matches!(self, Cover::Only(_))
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

    /// A document of one of the statements.
    #[cfg(any(test, fuzzing))]
    fn alone(&self, statement: &Statement) -> Document {
        let written = self.written.iter().filter(|written| &written.statement == statement);
        Document { version: self.version, written: written.take(1).cloned().collect() }
    }

    /// Whether this is a guard: a policy with at least one Deny statement.
    #[must_use]
    pub fn is_guard(&self) -> bool {
        self.statements().any(|statement| statement.effect == Effect::Deny)
    }
}
