//! Rules about documents that IAM adds to the grammar of the language, which is checked when they are read.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::located::Span;
use crate::matrix::rules::Facts;
use crate::policy::{
    MAX_READ, MAX_REQUEST, MAX_WITHOUT_WHITESPACE, Version, foreign_character, size_without_whitespace,
};

/// IAM takes only tab, line feed, carriage return and U+0020 to U+00FF.
pub fn characters(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for file in facts.matrix.documents.values() {
        // A byte-order mark has been told.
        let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
        if let Some((at, character)) = foreign_character(text) {
            let span = Span::in_text(&Arc::clone(&file.span.file), text, at, at + character.len_utf8());
            let line = text.lines().nth(span.line - 1).unwrap_or_default().chars();
            let run: String =
                line.skip(span.column - 1).take_while(|c| foreign_character(&c.to_string()).is_some()).collect();
            let message = format!("document `{}` holds `{run}`, which IAM refuses", file.name);
            found.push(
                Diagnostic::error("document-characters", &span, message)
                    .help("use Latin-1 characters only, everywhere in the file"),
            );
        }
    }
}

/// IAM takes 6,144 characters without white space, and 131,072 with it.
pub fn size(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for file in facts.matrix.documents.values() {
        // Told when it was read.
        if file.text.len() > MAX_READ {
            continue;
        }
        let (bare, whole) = (size_without_whitespace(&file.text), file.text.chars().count());
        let split = "split it into two documents, or shorten its lists with wildcards";
        let (message, help) = if bare > MAX_WITHOUT_WHITESPACE {
            let message = format!(
                "document `{}` has {bare} characters without white space; IAM allows {MAX_WITHOUT_WHITESPACE}",
                file.name
            );
            (message, split)
        } else if whole > MAX_REQUEST {
            let message =
                format!("document `{}` has {whole} characters; IAM takes {MAX_REQUEST} in a request", file.name);
            (message, "take out blank lines and indentation")
        } else {
            continue;
        };
        found.push(Diagnostic::error("document-size", &file.span, message).help(help));
    }
}

/// The old version of the language, which is also meant when none is named.
const OLD: &str = "\"2008-10-17\"";

/// IAM takes a managed policy in the present version of the language only (`MalformedPolicyDocument`, "Policy document
/// must be version 2012-10-17 or greater"). In the old one, variables such as `${aws:username}` are plain text.
pub fn version(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for file in facts.matrix.documents.values() {
        let Some(document) = &file.document else { continue };
        let (span, version) = match document.version() {
            Version::V2012 => continue,
            Version::Absent => (file.span.clone(), "names no version of the policy language"),
            Version::V2008 => (old_version(&file.text, &file.span), "is of the version `2008-10-17`"),
        };
        let message = format!("document `{}` {version}; IAM takes managed policies of `2012-10-17` only", file.name);
        found.push(
            Diagnostic::error("document-version", &span, message)
                .help("write \"Version\": \"2012-10-17\"; variables such as ${aws:username} work in it alone"),
        );
    }
}

fn old_version(text: &str, file: &Span) -> Span {
    let at = text.find(OLD);
    at.map_or_else(|| file.clone(), |at| Span::in_text(&Arc::clone(&file.file), text, at, at + OLD.len()))
}
