//! Where a value stands in a file: spans, values with a span, and the located tree that YAML and JSON are read into.
//!
//! Owns: [`Span`], [`Located`], [`Node`] and the decoding helpers that collect every problem.
//! Must not: know what a key means, or read a file.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::nearest;

/// A place in a file. Line and column count from one, in characters; `start..end` are byte offsets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file's name as people know it, for instance `config/matrix.yaml`.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// First byte.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
}

impl Span {
    /// The span of `start..end` (byte offsets) in `text`, with its line and column counted.
    #[must_use]
    pub fn in_text(file: &Arc<str>, text: &str, start: usize, end: usize) -> Span {
        let start = floor_char(text, start);
        let end = floor_char(text, end.max(start));
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Span {
            file: Arc::clone(file),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            start,
            end,
        }
    }

    /// The very beginning of a file: for problems of the file as a whole.
    #[must_use]
    pub fn top(file: &str) -> Span {
        Span { file: file.into(), line: 1, column: 1, start: 0, end: 0 }
    }
}

fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Located<T> {
    /// A value written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Located { value, span }
    }
}

/// A node of a file read into memory: a value whose parts all know where they stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What was written.
    pub value: Value,
    /// Where.
    pub span: Span,
}

/// What a [`Node`] holds. Maps keep their order and their duplicates, so that these can be reported.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, or an explicit null.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(Located<String>, Node)>),
}

impl Node {
    /// What this is, for messages: "a list", "text" …
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// Takes nodes apart and collects what is wrong with them, all of it, instead of stopping at the first.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What was found so far.
    pub problems: Vec<Diagnostic>,
}

impl Decoder {
    /// Reports that `node`, which is `what`, should have been `expected`.
    pub fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let message = format!("{what} must be {expected}, found {}", node.kind());
        self.problems.push(Diagnostic::error("wrong-type", &node.span, message).help(format!("write {expected} here")));
    }

    /// The text of `node`.
    pub fn text(&mut self, node: &Node, what: &str) -> Option<Located<String>> {
        if let Value::Text(text) = &node.value {
            return Some(Located::new(text.clone(), node.span.clone()));
        }
        if matches!(node.value, Value::Number(_) | Value::Bool(_)) {
            let message = format!("{what} must be text, found {}", node.kind());
            self.problems.push(Diagnostic::error("wrong-type", &node.span, message).help("put it in quotes"));
        } else {
            self.wrong_type(node, what, "text");
        }
        None
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
            let message = format!("{what} is {written}, outside {} to {}", range.start(), range.end());
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
            _ => {
                self.wrong_type(node, what, "a list such as [One, Two]");
                &[]
            }
        }
    }

    /// The entries of a map; nothing counts as an empty map. Keys that were written twice are reported.
    pub fn map<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Located<String>, Node)] {
        match &node.value {
            Value::Map(entries) => {
                self.duplicates(entries, what);
                entries
            }
            Value::Null => &[],
            _ => {
                self.wrong_type(node, what, "a map of `name: value`");
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

    /// The entries of a map whose keys are known beforehand.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &'n str) -> Fields<'n> {
        Fields { entries: self.map(node, what), what, known: Vec::new(), span: node.span.clone() }
    }
}

/// A map with known keys. Ask for each key, then call [`Fields::finish`], which reports the keys nobody asked for.
#[derive(Debug)]
pub struct Fields<'n> {
    entries: &'n [(Located<String>, Node)],
    what: &'n str,
    known: Vec<&'static str>,
    span: Span,
}

impl<'n> Fields<'n> {
    /// The value of `key`, if it was written.
    pub fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        self.entries.iter().find(|(written, _)| written.value == key).map(|(_, node)| node)
    }

    /// The value of `key`; its absence is a problem that `help` says how to mend.
    pub fn required(&mut self, decoder: &mut Decoder, key: &'static str, help: &str) -> Option<&'n Node> {
        let found = self.optional(key);
        if found.is_none() {
            let message = format!("{} has no `{key}`", self.what);
            decoder.problems.push(Diagnostic::error("missing-key", &self.span, message).help(help));
        }
        found
    }

    /// Reports every key that was never asked for, with the known key that it resembles.
    pub fn finish(self, decoder: &mut Decoder) {
        for (key, _) in self.entries {
            if self.known.contains(&key.value.as_str()) {
                continue;
            }
            let near = nearest::to(&key.value, self.known.iter().copied(), 1);
            let help = match near.first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known keys are {}", nearest::quoted(&self.known)),
            };
            let message = format!("{} has no key `{}`", self.what, key.value);
            decoder.problems.push(Diagnostic::error("unknown-key", &key.span, message).help(help));
        }
    }
}
