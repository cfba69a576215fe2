//! What is wrong with the configuration, where, and how to mend it; and the ways to show it.
//!
//! Owns: [`Diagnostic`], [`Severity`] and their renderings (terminal snippet, JSON, SARIF).
//! Must not: decide what is wrong, or print.

pub mod sarif;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use jiff::civil::Date;
use serde::Serialize;

use crate::located::Span;
use crate::name::Name;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot be used: at all when a rule of its structure says so, in `mode: enforce` when a lint does.
    Error,
    /// Worth a look; the configuration is used.
    Warning,
    /// Worth knowing; never counted as a problem.
    Info,
}

impl Severity {
    /// The severity in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// Why a finding is not counted, and how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Waived {
    /// The reason that the waiver gives.
    pub because: String,
    /// The last day on which the waiver counts, in UTC.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
}

/// One finding about the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's code, stable, such as `unknown-policy` or `M01`: see [`crate::rulebook`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub span: Span,
    /// What is wrong, with the offending text.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// The policy, user or group that it is about; what a waiver names.
    pub object: Option<Name>,
    /// The waiver that silences it, if one does.
    pub waived: Option<Waived>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, span: &Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, span, message)
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: &Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, span, message)
    }

    /// Something worth knowing at `span`.
    pub fn info(code: &'static str, span: &Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Info, span, message)
    }

    fn new(code: &'static str, severity: Severity, span: &Span, message: impl Into<String>) -> Self {
        let (span, message) = (span.clone(), message.into());
        Self { code, severity, span, message, help: String::new(), object: None, waived: None }
    }

    /// Names the policy, user or group that it is about.
    #[must_use]
    pub fn on(mut self, object: &Name) -> Self {
        self.object = Some(object.clone());
        self
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Whether this is an error that no waiver silences.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error && self.waived.is_none()
    }

    /// Whether this is an error or a warning that no waiver silences.
    #[must_use]
    pub fn is_problem(&self) -> bool {
        self.severity != Severity::Info && self.waived.is_none()
    }
}

/// One line, for logs: `config/matrix.yaml:7:3: error[unknown-policy]: … (did you mean …?)`.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}[{}]: {}", self.span, self.severity.as_str(), self.code, self.message)?;
        if !self.help.is_empty() {
            write!(f, " ({})", self.help)?;
        }
        Ok(())
    }
}

/// Findings in the order of the files: by file, line, column, then rule.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| {
        (&a.span, a.severity, a.code, &a.message, &a.help).cmp(&(&b.span, b.severity, b.code, &b.message, &b.help))
    });
}

/// How text output is dressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dress {
    /// Colours, for a terminal.
    Styled,
    /// Bare text.
    Plain,
}

/// The findings that no waiver silences, as snippets of their files, as compilers show them. `source` gives a file's
/// text by its name.
pub fn to_text<'s, 'd>(
    diagnostics: impl IntoIterator<Item = &'d Diagnostic>,
    source: impl Fn(&str) -> Option<&'s str>,
    dress: Dress,
) -> String {
    let renderer = match dress {
        Dress::Styled => Renderer::styled(),
        Dress::Plain => Renderer::plain(),
    };
    let mut out = String::new();
    for diagnostic in diagnostics.into_iter().filter(|finding| finding.waived.is_none()) {
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
        Severity::Info => Level::INFO,
    };
    let span = &diagnostic.span;
    let end = span.end.clamp(span.start, text.len());
    let start = span.start.min(end);
    // The lines that are shown, and no others: the file may be large and the findings many.
    let begin = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let rest = text.get(end..).unwrap_or_default();
    let behind = end + rest.find('\n').map_or(rest.len(), |newline| newline + 1);
    let lines = text.get(begin..behind).unwrap_or_default();
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let annotation = AnnotationKind::Primary.span(start - begin..end - begin);
    let snippet = Snippet::source(lines).line_start(span.line).path(span.file.as_ref()).annotation(annotation);
    let group = title.element(snippet);
    if diagnostic.help.is_empty() { group } else { group.element(Level::HELP.message(diagnostic.help.as_str())) }
}

/// A finding as JSON shows it. Line and column count from one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Finding)]
pub struct DiagnosticJson<'a> {
    rule: &'a str,
    severity: Severity,
    file: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
    help: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<&'a Waived>,
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
            object: d.object.as_ref(),
            waived: d.waived.as_ref(),
        }
    }
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DiagnosticJson::from(self).serialize(serializer)
    }
}
