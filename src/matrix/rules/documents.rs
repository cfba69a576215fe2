//! Rules about documents as texts: characters and size. Their grammar is checked when they are read.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::located::Span;
use crate::matrix::rules::Facts;
use crate::policy::{MAX_REQUEST, MAX_WITHOUT_WHITESPACE, foreign_character, size_without_whitespace};

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
