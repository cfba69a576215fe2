//! What is wrong with the configuration, where, and how to mend it; and the ways to show it.
//!
//! Owns: [`Diagnostic`], [`Severity`] and their renderings (terminal snippet, JSON).
//! Must not: decide what is wrong, or print.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use crate::located::Span;

/// How bad a finding is. Errors keep a configuration from being used; warnings do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// Worth a look; the configuration is used.
    Warning,
}

/// One finding about the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's name, stable, such as `unknown-policy`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub span: Span,
    /// What is wrong, with the offending text.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, span: &Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, span: span.clone(), message: message.into(), help: String::new() }
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: &Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Whether this keeps the configuration from being used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// One line, for logs: `config/matrix.yaml:7:3: error[unknown-policy]: … (did you mean …?)`.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}: {severity}[{}]: {}", self.span, self.code, self.message)?;
        if !self.help.is_empty() {
            write!(f, " ({})", self.help)?;
        }
        Ok(())
    }
}

/// Findings in the order of the files: by file, line, column, then rule.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics
        .sort_by(|a, b| (&a.span, a.severity, a.code, &a.message).cmp(&(&b.span, b.severity, b.code, &b.message)));
}

/// How text output is dressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dress {
    /// Colours, for a terminal.
    Styled,
    /// Bare text.
    Plain,
}

/// The findings as snippets of their files, as compilers show them. `source` gives a file's text by its name.
pub fn to_text<'s>(diagnostics: &[Diagnostic], source: impl Fn(&str) -> Option<&'s str>, dress: Dress) -> String {
    let renderer = match dress {
        Dress::Styled => Renderer::styled(),
        Dress::Plain => Renderer::plain(),
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let text = source(&diagnostic.span.file).unwrap_or_default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        out.push_str(&renderer.render(&[group(diagnostic, text)]));
        out.push_str("\n\n");
    }
    out
}

fn group<'a>(diagnostic: &'a Diagnostic, text: &'a str) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let span = &diagnostic.span;
    let end = span.end.clamp(span.start, text.len());
    let start = span.start.min(end);
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let snippet = Snippet::source(text).path(span.file.as_ref()).annotation(AnnotationKind::Primary.span(start..end));
    let group = title.element(snippet);
    if diagnostic.help.is_empty() { group } else { group.element(Level::HELP.message(diagnostic.help.as_str())) }
}

/// A finding as JSON shows it. Line and column count from one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticJson<'a> {
    rule: &'a str,
    severity: Severity,
    file: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
    help: &'a str,
}

impl<'a> From<&'a Diagnostic> for DiagnosticJson<'a> {
    fn from(d: &'a Diagnostic) -> Self {
        DiagnosticJson {
            rule: d.code,
            severity: d.severity,
            file: &d.span.file,
            line: d.span.line,
            column: d.span.column,
            message: &d.message,
            help: &d.help,
        }
    }
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DiagnosticJson::from(self).serialize(serializer)
    }
}
