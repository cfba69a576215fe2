//! Where a value stands in a file: spans, values with a span, and the located tree that YAML and JSON are read into.
//!
//! Owns: [`Span`], [`Located`] and [`Node`].
//! Must not: know what a key means, or read a file.

use std::sync::Arc;

/// A place in a file. Line and column count from one, in characters; `start..end` are byte offsets. A byte-order mark
/// at the beginning of the file is not counted. A span never runs past its line.
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
        let rest = text.get(start..end).unwrap_or_default();
        let end = rest.find(['\r', '\n']).map_or(end, |length| start + length);
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

/// Finds many spans of one text, quickly as long as their beginnings ascend, as those of a tree in its own order do.
/// The same spans as [`Span::in_text`], which counts the lines of the whole text each time.
#[derive(Debug)]
pub struct Places<'t> {
    file: Arc<str>,
    text: &'t str,
    /// The place reached last, and its line and column.
    reached: (usize, usize, usize),
    /// The end of the line that was looked for last, and from where.
    line_end: (usize, usize),
}

impl<'t> Places<'t> {
    /// The places of `text`, which is the content of `file`.
    #[must_use]
    pub fn new(file: &Arc<str>, text: &'t str) -> Self {
        Places { file: Arc::clone(file), text, reached: (0, 1, 1), line_end: (0, 0) }
    }

    /// The span of `start..end` (byte offsets).
    pub fn span(&mut self, start: usize, end: usize) -> Span {
        let start = floor_char(self.text, start);
        let end = floor_char(self.text, end.max(start));
        let (line, column) = self.walk_to(start);
        Span { file: Arc::clone(&self.file), line, column, start, end: end.min(self.line_end(start)) }
    }

    fn walk_to(&mut self, start: usize) -> (usize, usize) {
        let (from, mut line, mut column) = if self.reached.0 <= start { self.reached } else { (0, 1, 1) };
        for character in self.text.get(from..start).unwrap_or_default().chars() {
            (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        self.reached = (start, line, column);
        (line, column)
    }

    fn line_end(&mut self, start: usize) -> usize {
        let (from, known) = self.line_end;
        if start < from || start > known || from == known {
            let rest = self.text.get(start..).unwrap_or_default();
            self.line_end = (start, rest.find(['\r', '\n']).map_or(self.text.len(), |length| start + length));
        }
        self.line_end.1
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

/// Longer texts are cut in messages.
const LONGEST_SHOWN: usize = 40;

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
    /// What this is, for messages: "a list", "the text `Y`" …
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(flag) => format!("`{flag}`"),
            Value::Number(written) => format!("the number `{written}`"),
            Value::Text(text) if text.chars().count() > LONGEST_SHOWN => {
                format!("the text `{}…`", text.chars().take(LONGEST_SHOWN).collect::<String>())
            }
            Value::Text(text) => format!("the text `{text}`"),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    /// A text, a number or a truth value as it was written, where one word of several is expected and the kind of
    /// YAML scalar that somebody's word happens to be does not matter.
    #[must_use]
    pub fn word(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_places_are_found_as_one_by_one_in_any_order() {
        let text = "ab\r\ncé d\n\n  x\ry\n";
        let file: Arc<str> = "f".into();
        let mut places = Places::new(&file, text);
        let starts = (0..=text.len()).chain((0..=text.len()).rev());
        for start in starts {
            for end in 0..=text.len() + 1 {
                assert_eq!(places.span(start, end), Span::in_text(&file, text, start, end), "{start}..{end}");
            }
        }
    }
}
