//! Rules about documents as texts: characters and size. Their grammar is checked when they are read.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::located::Span;
use crate::matrix::check::Facts;
use crate::policy::{MAX_REQUEST, MAX_WITHOUT_WHITESPACE, foreign_character, size_without_whitespace};

/// IAM takes only tab, line feed, carriage return and U+0020 to U+00FF.
pub fn characters(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for file in facts.matrix.documents.values() {
        if let Some((at, character)) = foreign_character(&file.text) {
            let span = Span::in_text(&Arc::clone(&file.span.file), &file.text, at, at + character.len_utf8());
            let message = format!("document `{}` holds {character:?}, which IAM refuses", file.name);
            found.push(
                Diagnostic::error("document-characters", &span, message)
                    .help("use Latin-1 characters only, in Sids and values alike"),
            );
        }
    }
}

/// IAM takes 6,144 characters without white space, and 131,072 with it.
pub fn size(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for file in facts.matrix.documents.values() {
        let (bare, whole) = (size_without_whitespace(&file.text), file.text.chars().count());
        let message = if bare > MAX_WITHOUT_WHITESPACE {
            format!(
                "document `{}` has {bare} characters without white space; IAM allows {MAX_WITHOUT_WHITESPACE}",
                file.name
            )
        } else if whole > MAX_REQUEST {
            format!("document `{}` has {whole} characters; IAM takes {MAX_REQUEST} in a request", file.name)
        } else {
            continue;
        };
        found.push(
            Diagnostic::error("document-size", &file.span, message)
                .help("split it into two documents, or shorten its lists with wildcards"),
        );
    }
}
