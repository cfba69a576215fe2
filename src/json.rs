//! Strict JSON text → a located tree. The only user of the JSON syntax-tree crate.
//!
//! `serde_json` alone cannot say where a valid but wrong value stands; this can.
//! Must not: know what a key means.

use std::borrow::Cow;
use std::sync::Arc;

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::diagnostic::Diagnostic;
use crate::located::{Located, Node, Places, Span, Value};

/// Reads a file into a located tree. Duplicate keys are kept for the decoder to report.
///
/// # Errors
/// One diagnostic, where the text stops being JSON.
pub fn parse(file: &str, text: &str) -> Result<Node, Box<Diagnostic>> {
    let name: Arc<str> = file.into();
    if text.starts_with('\u{feff}') {
        return Err(Diagnostic::error("json-syntax", &Span::top(file), "the file begins with a byte-order mark (BOM)")
            .help("save it as UTF-8 without BOM; IAM refuses the mark")
            .into());
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &strict()).map_err(|error| {
        let range = error.range();
        let span = Span::in_text(&name, text, range.start, range.end);
        syntax_error(&span, &error.kind().to_string(), text.get(span.start..span.end).unwrap_or_default())
    })?;
    let Some(ast) = parsed.value else {
        return Err(Diagnostic::error("empty-file", &Span::top(file), format!("{file} is empty"))
            .help("write the policy document, or delete the file")
            .into());
    };
    standard(&name, text)?;
    Ok(locate(&ast, &mut Places::new(&name, text)))
}

/// Longer pieces of a file are cut in messages.
pub const LONGEST_SHOWN: usize = 200;

/// The beginning of a text that is longer than so many characters.
#[must_use]
pub fn clipped(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

fn syntax_error(span: &Span, message: &str, offending: &str) -> Diagnostic {
    let help = WAYS_OUT.iter().find(|(part, _)| message.contains(part)).map_or(MEND, |(_, help)| help);
    let offending = clipped(offending.trim(), LONGEST_SHOWN);
    let at = if offending.is_empty() { String::new() } else { format!(", at `{offending}`") };
    let message = format!("not readable as JSON: {}{at}", message.to_lowercase());
    Diagnostic::error("json-syntax", span, message).help(help)
}

/// The way out when the parser's message tells no more than that something is wrong.
const MEND: &str = "mend the text here; often it is a missing comma, quote or bracket, here or just above";

/// A part of the parser's message, and the way out.
const WAYS_OUT: [(&str, &str); 7] = [
    ("nesting depth", "no policy is nested so deeply; look for brackets that were never closed"),
    ("Comments", "remove the comment; JSON has none, and IAM refuses them"),
    ("Trailing comma", "remove this comma; JSON allows none before a closing bracket"),
    ("Single-quoted", "use double quotes"),
    ("Unterminated string", "close the quotes; if the file ends here, it was cut short: restore it from git"),
    ("Unterminated", "close the bracket; if the file ends too early, it was cut short: restore it from git"),
    ("Expected comma", "put a comma behind the value before this one"),
];

fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// What the parser of the tree lets pass although JSON does not have it, such as control characters inside a text.
fn standard(name: &Arc<str>, text: &str) -> Result<(), Box<Diagnostic>> {
    let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) else { return Ok(()) };
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = line_start + error.column().saturating_sub(1);
    let span = Span::in_text(name, text, at, at + 1);
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Err(syntax_error(&span, message, text.get(span.start..span.end).unwrap_or_default()).into())
}

fn locate(ast: &Ast<'_>, places: &mut Places<'_>) -> Node {
    let range = ast.range();
    let span = places.span(range.start, range.end);
    let value = match ast {
        Ast::StringLit(literal) => Value::Text(literal.value.to_string()),
        Ast::NumberLit(literal) => Value::Number(literal.value.to_string()),
        Ast::BooleanLit(literal) => Value::Bool(literal.value),
        Ast::NullKeyword(_) => Value::Null,
        Ast::Array(array) => Value::List(array.elements.iter().map(|item| locate(item, places)).collect()),
        Ast::Object(object) => Value::Map(
            object.properties.iter().map(|entry| (key(&entry.name, places), locate(&entry.value, places))).collect(),
        ),
    };
    Node { value, span }
}

fn key(name: &ObjectPropName<'_>, places: &mut Places<'_>) -> Located<String> {
    let range = name.range();
    Located::new(name.as_str().to_owned(), places.span(range.start, range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looser_dialects_allow_is_refused_with_its_place() {
        for text in [
            "{\"a\": 1,}",
            "{'a': 1}",
            "{a: 1}",
            "// c\n{}",
            "{\"a\": 1 \"b\": 2}",
            "{\"a\": 0x10}",
            "{} {}",
            "{\"a\": \"\t\"}",
            "{\"a\": 01}",
            "[{} {}]",
        ] {
            assert_eq!(parse("p.json", text).unwrap_err().code, "json-syntax", "{text}");
        }
    }

    #[test]
    fn values_and_keys_know_their_place_and_duplicates_are_kept() {
        let node = parse("p.json", "{\n  \"a\": [true, \"x\"],\n  \"a\": null\n}").unwrap();
        let Value::Map(entries) = &node.value else { panic!("{node:?}") };
        assert_eq!(entries[1].0.span.to_string(), "p.json:3:3");
        let Value::List(items) = &entries[0].1.value else { panic!("{node:?}") };
        assert_eq!(items[1].span.to_string(), "p.json:2:15");
    }
}
