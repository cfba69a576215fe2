//! Where the parts of a statement were written.
//!
//! Owns: [`Written`] and [`Place`]. Must not: judge what stands there.

use std::collections::BTreeMap;

use super::Statement;
use crate::located::Span;

/// A statement as somebody wrote it: what it says, its name, its place.
#[derive(Debug, Clone)]
pub struct Written {
    /// What it says.
    pub statement: Statement,
    /// Its Sid, if it has one. Cosmetic.
    pub sid: Option<String>,
    /// Where it stands.
    pub place: Place,
}

impl Written {
    /// What decides on the order, and on whether two are alike: all but the place.
    pub(super) fn content(&self) -> (&Statement, &Option<String>) {
        (&self.statement, &self.sid)
    }
}

/// The part of a statement in which a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// `Effect`; its value is `Effect`.
    Effect,
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// The operator of a condition.
    Operator,
    /// The key of a condition.
    Key,
    /// A value of a condition.
    Value,
}

/// Where a statement and its values stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    statement: Span,
    values: BTreeMap<(Element, String), Span>,
    /// Canonical text → as it was written, where that differs.
    spelling: BTreeMap<String, String>,
}

impl Place {
    pub(super) fn new(statement: Span) -> Self {
        Place { statement, values: BTreeMap::new(), spelling: BTreeMap::new() }
    }

    /// Of a value that was written several times the first place counts.
    pub(super) fn note(&mut self, element: Element, value: String, span: &Span) {
        self.values.entry((element, value)).or_insert_with(|| span.clone());
    }

    /// How a value was written, if not in canonical text.
    pub(super) fn spell(&mut self, value: &str, written: &str) {
        if value != written {
            self.spelling.entry(value.to_owned()).or_insert_with(|| written.to_owned());
        }
    }

    /// A value of the statement in canonical text, such as an action or a condition key, as it was written.
    #[must_use]
    pub fn spelled<'p>(&'p self, value: &'p str) -> &'p str {
        self.spelling.get(value).map_or(value, String::as_str)
    }

    /// The whole statement.
    #[must_use]
    pub fn statement(&self) -> &Span {
        &self.statement
    }

    /// The place of a value in canonical text (actions, operators and condition keys in lower case), in whichever
    /// element it stands: actions first, then resources, operators, keys, values. The statement when it stands nowhere.
    #[must_use]
    pub fn of(&self, value: &str) -> &Span {
        const ORDER: [Element; 5] =
            [Element::Action, Element::Resource, Element::Operator, Element::Key, Element::Value];
        let found = ORDER.iter().find_map(|element| self.values.get(&(*element, value.to_owned())));
        found.unwrap_or(&self.statement)
    }

    /// The place of a value in one element; the statement when it does not stand there.
    #[must_use]
    pub fn in_element(&self, element: Element, value: &str) -> &Span {
        self.values.get(&(element, value.to_owned())).unwrap_or(&self.statement)
    }
}
