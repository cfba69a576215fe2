//! Takes a located tree apart, and collects every problem of shape instead of stopping at the first.
//!
//! Owns: [`Decoder`] and [`Fields`]. Must not: know what a key means, or read a file.

use crate::diagnostic::Diagnostic;
use crate::located::{Located, Node, Span, Value};
use crate::nearest;

/// Takes nodes apart and collects what is wrong with them, all of it, instead of stopping at the first.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What was found so far.
    pub problems: Vec<Diagnostic>,
}

impl Decoder {
    /// Reports that `node`, which is `what`, should have been `expected`.
    pub fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        self.wrong_type_help(node, what, expected, format!("write {expected} here"));
    }

    /// The same with a way out of its own.
    pub fn wrong_type_help(&mut self, node: &Node, what: &str, expected: &str, help: impl Into<String>) {
        let message = format!("{what} must be {expected}, found {}", node.shown());
        self.problems.push(Diagnostic::error("wrong-type", &node.span, message).help(help));
    }

    /// The text of `node`.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<Located<String>> {
        if let Value::Text(text) = &node.value {
            return Some(Located::new(text.clone(), node.span.clone()));
        }
        match node.word() {
            Some(word) => self.wrong_type_help(node, what, "text", format!("put it in quotes: \"{word}\"")),
            None => self.wrong_type(node, what, "text"),
        }
        None
    }

    /// One word of several, see [`Node::word`].
    pub fn word(&mut self, node: &Node, what: &str, expected: &str) -> Option<Located<String>> {
        let word = node.word();
        if word.is_none() {
            self.wrong_type(node, what, expected);
        }
        word.map(|word| Located::new(word, node.span.clone()))
    }

    /// The truth value of `node`.
    pub fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Value::Bool(flag) = node.value {
            return Some(flag);
        }
        self.wrong_type(node, what, "true or false");
        None
    }

    /// The whole number of `node`, which must lie in `range`.
    pub fn number(&mut self, node: &Node, what: &str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let Value::Number(written) = &node.value else {
            self.wrong_type(node, what, "a whole number");
            return None;
        };
        let number = written.parse::<u32>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("{what} is {written}, not a whole number from {} to {}", range.start(), range.end());
            let help = format!("write a whole number from {} to {}", range.start(), range.end());
            self.problems.push(Diagnostic::error("out-of-range", &node.span, message).help(help));
        }
        number
    }

    /// The items of a list; nothing counts as an empty list.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Null => &[],
            Value::Text(text) => {
                self.wrong_type_help(node, what, "a list", format!("put brackets around it: [{text}]"));
                &[]
            }
            _ => {
                self.wrong_type(node, what, "a list such as [One, Two]");
                &[]
            }
        }
    }

    /// The entries of a map; nothing counts as an empty map. Keys that were written twice are reported.
    /// `like` shows what belongs here.
    pub fn map<'n>(&mut self, node: &'n Node, what: &str, like: &str) -> &'n [(Located<String>, Node)] {
        match &node.value {
            Value::Map(entries) => {
                self.duplicates(entries, what);
                entries
            }
            Value::Null => &[],
            _ => {
                self.wrong_type(node, what, &format!("a map such as {like}"));
                &[]
            }
        }
    }

    fn duplicates(&mut self, entries: &[(Located<String>, Node)], what: &str) {
        let mut first_at = std::collections::BTreeMap::new();
        for (key, _) in entries {
            if let Some(line) = first_at.get(&key.value) {
                let message = format!("`{}` is written twice in {what}; the first is on line {line}", key.value);
                self.problems.push(
                    Diagnostic::error("duplicate-key", &key.span, message)
                        .help("keep one of the two and merge what they say"),
                );
            } else {
                first_at.insert(key.value.clone(), key.span.line);
            }
        }
    }

    /// The entries of a map whose keys are known beforehand. `like` shows what belongs here.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &'n str, like: &str) -> Fields<'n> {
        let is_map = matches!(node.value, Value::Map(_) | Value::Null);
        let entries = self.map(node, what, like);
        Fields { entries, what, known: Vec::new(), missing: Vec::new(), is_map, span: node.span.clone() }
    }
}

/// A map with known keys. Ask for each key, then call [`Fields::finish`], which reports the keys nobody asked for.
#[derive(Debug)]
pub struct Fields<'n> {
    entries: &'n [(Located<String>, Node)],
    what: &'n str,
    known: Vec<&'static str>,
    missing: Vec<(&'static str, String)>,
    /// Whether this is a map at all; if not, no key can be missing from it.
    is_map: bool,
    span: Span,
}

impl<'n> Fields<'n> {
    /// The value of `key`, if it was written.
    pub fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        self.entries.iter().find(|(written, _)| written.value == key).map(|(_, node)| node)
    }

    /// The value of `key`; its absence is a problem that `help` says how to mend.
    pub fn required(&mut self, key: &'static str, help: &str) -> Option<&'n Node> {
        let found = self.optional(key);
        if found.is_none() && self.is_map {
            self.missing.push((key, help.to_owned()));
        }
        found
    }

    /// Reports every key that was never asked for, with the known key that it resembles, and every required key that
    /// is missing, unless one of those was clearly meant to be it. Returns the known keys that were misspelled.
    pub fn finish(self, decoder: &mut Decoder) -> Vec<&'static str> {
        let mut misspelled = Vec::new();
        for (key, _) in self.entries {
            if self.known.contains(&key.value.as_str()) {
                continue;
            }
            let help = match nearest::to(&key.value, self.known.iter().copied(), 1).first().copied() {
                Some(near) => {
                    misspelled.extend(self.known.iter().copied().filter(|known| *known == near));
                    format!("did you mean `{near}`?")
                }
                None => format!("known keys are {}", nearest::quoted(&self.known)),
            };
            let message = format!("{} has no key `{}`", self.what, key.value);
            decoder.problems.push(Diagnostic::error("unknown-key", &key.span, message).help(help));
        }
        for (key, help) in self.missing.iter().filter(|(key, _)| !misspelled.contains(key)) {
            let message = format!("{} has no `{key}`", self.what);
            decoder.problems.push(Diagnostic::error("missing-key", &self.span, message).help(help));
        }
        misspelled
    }
}
