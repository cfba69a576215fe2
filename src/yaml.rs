//! YAML text → a located tree, or a plain value. The only user of the YAML crates.
//!
//! Reads with `serde-saphyr`, which knows where every node stands and hands duplicate keys on, so that they can be
//! refused: a YAML reader that lets the last key win is a privilege bug in an access matrix.
//! Must not: know what a key means.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Location, MergeKeyPolicy, Options, Spanned};

use crate::diagnostic::Diagnostic;
use crate::json::{LONGEST_SHOWN, clipped};
use crate::located::{Located, Node, Places, Span, Value};

/// Text that is not YAML, or not of the expected shape. The message names line and column.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

/// Reads a value of a known shape.
///
/// # Errors
/// When the text is not YAML or does not have that shape; the message says where.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_saphyr::from_str_with_options(text, options(DuplicateKeyPolicy::Error))
        .map_err(|error| Error(error.to_string()))
}

/// Reads a file into a located tree. Duplicate keys are kept for the decoder to report.
///
/// # Errors
/// One diagnostic, where the text stops being YAML.
pub fn parse(file: &str, text: &str) -> Result<Node, Box<Diagnostic>> {
    let name: Arc<str> = file.into();
    // Editors on Windows put it there; no span counts it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(empty(file).into());
    }
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options(DuplicateKeyPolicy::PassThrough))
        .map_err(|error| syntax_error(&name, text, &error))?;
    if matches!(raw.value, Raw::Leaf(Value::Null)) {
        return Err(empty(file).into());
    }
    Ok(locate(raw, &mut Places::new(&name, text), text))
}

fn empty(file: &str) -> Diagnostic {
    Diagnostic::error("empty-file", &Span::top(file), format!("{file} is empty"))
        .help("restore it from git; nothing is done on the word of an empty file")
}

fn options(duplicate_keys: DuplicateKeyPolicy) -> Options {
    serde_saphyr::options! {
        duplicate_keys: duplicate_keys,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn syntax_error(file: &Arc<str>, text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let span = error.location().map_or_else(|| Span::top(file), |at| span(&at, file, text));
    let message = error.to_string();
    // The library repeats the place behind its message.
    let message = message.lines().next().unwrap_or_default().split(" at line ").next().unwrap_or_default();
    let line = text.lines().nth(span.line.saturating_sub(1)).unwrap_or_default();
    if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| line.starts_with(marker)) {
        return Diagnostic::error("yaml-syntax", &span, "a mark of an unfinished merge was left in the file")
            .help("decide which side holds, and remove the lines that git put in");
    }
    let (message, help) = WAYS_OUT.iter().find(|(part, _, _)| message.contains(part)).map_or_else(
        || (message.to_owned(), MEND),
        |(_, ours, help)| (if ours.is_empty() { message } else { ours }.to_owned(), *help),
    );
    let rest = text.get(span.start..).unwrap_or_default();
    let word = rest.split([' ', '\t', '\r', '\n', ',', ']', '}']).next().unwrap_or_default();
    let word = clipped(word, LONGEST_SHOWN);
    let message = clipped(&message, LONGEST_SHOWN);
    let span = Span { end: span.end.max(span.start + word.trim_end_matches('…').len()), ..span };
    let at = if word.is_empty() { String::new() } else { format!(", at `{word}`") };
    Diagnostic::error("yaml-syntax", &span, format!("not readable as YAML: {message}{at}")).help(help)
}

/// The way out when the library's message tells no more than that something is wrong.
const MEND: &str = "mend the text here; often it is the indentation, a missing colon or an open bracket, here or above";

/// A part of the library's message, our own words for it (none: its words are good), and the way out.
const WAYS_OUT: [(&str, &str, &str); 9] = [
    ("tabs", "a tab is no indentation", "indent with spaces"),
    ("merge key", "merge keys (`<<`) are not read, so that every row says all it grants", "write the row out"),
    ("multiple YAML documents", "a second document begins here", "keep one document a file; remove the `---`"),
    (
        "unknown anchor",
        "no anchor of this name stands above",
        "write the value out, or put `&` and the name before the first",
    ),
    ("expected string scalar", "a key must be one name", "write one row a name; templates are not filled in here"),
    ("recursion limit", "nested far deeper than any matrix", "look for brackets or aliases that were never closed"),
    ("budget", "nested or repeated far beyond any matrix", "look for brackets or aliases that feed on each other"),
    ("unexpected character", "", "put the name or value in quotes, or remove the character"),
    ("mismatched bracket", "", "close the brackets in the order they were opened"),
];

/// A node as serde delivers it, before its places are turned into spans.
enum Raw {
    Leaf(Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn locate(raw: Spanned<Raw>, places: &mut Places<'_>, text: &str) -> Node {
    let (start, end) = range(&raw.referenced, text);
    let span = places.span(start, end);
    let value = match raw.value {
        // Known by its value so far; people want to see it as they wrote it.
        Raw::Leaf(Value::Number(number)) => Value::Number(as_written(&raw.defined, text).unwrap_or(number)),
        Raw::Leaf(value) => value,
        Raw::List(items) => Value::List(items.into_iter().map(|item| locate(item, places, text)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let (start, end) = range(&key.referenced, text);
                    (Located::new(key.value, places.span(start, end)), locate(value, places, text))
                })
                .collect(),
        ),
    };
    Node { value, span }
}

/// The library's location as ours. Its span of a list or map ends behind the node, so a span never runs past its line.
fn span(at: &Location, file: &Arc<str>, text: &str) -> Span {
    let (start, end) = range(at, text);
    Span::in_text(file, text, start, end)
}

/// The bytes of a location, one at least.
fn range(at: &Location, text: &str) -> (usize, usize) {
    let line = usize::try_from(at.line()).unwrap_or(usize::MAX);
    let column = usize::try_from(at.column()).unwrap_or(usize::MAX);
    let offset = at.span().byte_offset().and_then(|offset| usize::try_from(offset).ok());
    let length = at.span().byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    // What stops the reader is told by line and column only.
    let start = offset.unwrap_or_else(|| offset_of(line, column, text));
    (start, start + length.max(1))
}

/// The byte at which a line and column (both from 1) begin. A column behind a tab is taken for the tab itself.
fn offset_of(line: usize, column: usize, text: &str) -> usize {
    let begin: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(begin..).unwrap_or_default();
    let at: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    begin + if rest.get(..at).is_some_and(|before| before.ends_with('\t')) { at - 1 } else { at }
}

fn as_written(at: &Location, text: &str) -> Option<String> {
    let start = usize::try_from(at.span().byte_offset()?).ok()?;
    let end = start + usize::try_from(at.span().byte_len()?).ok()?;
    text.get(start..end).map(|written| written.trim().to_owned()).filter(|written| !written.is_empty())
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Number(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Number(value.to_string())))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Number(value.to_string())))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Number(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Number(value.to_string())))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Leaf(Value::Text(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_knows_its_line_and_column() {
        let node = parse("m.yaml", "users:\n  lamp: { groups: [Dev, DBA] }\n").unwrap();
        let Value::Map(entries) = &node.value else { panic!("{node:?}") };
        let Value::Map(users) = &entries[0].1.value else { panic!("{node:?}") };
        assert_eq!(users[0].0.span.to_string(), "m.yaml:2:3");
        let Value::Map(row) = &users[0].1.value else { panic!("{node:?}") };
        let Value::List(groups) = &row[0].1.value else { panic!("{node:?}") };
        assert_eq!(groups[1].span.to_string(), "m.yaml:2:25");
        assert_eq!(groups[1].value, Value::Text("DBA".into()));
    }

    #[test]
    fn duplicate_keys_are_kept_for_the_decoder() {
        let node = parse("m.yaml", "a: 1\na: 2\n").unwrap();
        let Value::Map(entries) = &node.value else { panic!("{node:?}") };
        assert_eq!(entries.len(), 2);
    }

    #[test]
    fn only_true_and_false_are_truth_values() {
        let node = parse("m.yaml", "[Y, no, true]").unwrap();
        let Value::List(items) = &node.value else { panic!("{node:?}") };
        assert_eq!(items.iter().map(Node::shown).collect::<Vec<_>>(), ["the text `Y`", "the text `no`", "`true`"]);
    }

    #[test]
    fn broken_text_is_one_located_problem() {
        let problem = parse("m.yaml", "users:\n  lamp: [Dev\npolicies: {}\n").unwrap_err();
        assert_eq!(problem.code, "yaml-syntax");
        assert!(problem.span.line >= 2, "{problem}");
    }

    #[test]
    fn of_a_huge_line_only_the_beginning_is_told() {
        for huge in [format!("a: {}", "[".repeat(100_000)), format!("a: *{}", "x".repeat(100_000))] {
            let problem = parse("m.yaml", &huge).unwrap_err();
            assert!(problem.message.len() < 1_000, "{} bytes", problem.message.len());
            assert!(problem.span.end - problem.span.start < 1_000, "{:?}", problem.span);
        }
    }

    #[test]
    fn a_file_of_comments_is_empty() {
        assert_eq!(parse("m.yaml", "# nothing\n\n").unwrap_err().code, "empty-file");
    }
}
