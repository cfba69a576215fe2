//! What an audit found: rows in a fixed order, each with its result.
//!
//! Owns: [`AuditReport`], [`Finding`] and the counts. Must not: judge, or render for people.

use jiff::Timestamp;
use serde::Serialize;

use super::evidence::Unanswered;
use super::inspection::counted;
use super::rows::{Cis, Item};
use crate::diagnostic::{Diagnostic, DiagnosticJson, Severity};

/// An audit of one account at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditReport {
    /// The account's id.
    pub account: String,
    /// When it was looked at.
    pub at: Timestamp,
    /// When AWS made the credential report that was used: up to four hours before.
    pub credentials_as_of: Option<Timestamp>,
    /// Which iamatrix looked.
    pub version: &'static str,
    /// SHA-256 of the configuration whose settings were used, if there is one.
    pub config_digest: Option<String>,
    /// How many rows there are of each result.
    pub counts: Counts,
    /// The rows.
    pub rows: Vec<RowResult>,
    /// What the rules of `check` find in what is live.
    pub rules: RuleFindings,
}

/// What the rules of `check` find in live documents, and in what people hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleFindings {
    /// How many documents were looked at.
    pub examined: usize,
    /// How many errors there are that no waiver silences.
    pub errors: usize,
    /// How many such warnings.
    pub warnings: usize,
    /// How many things worth knowing.
    pub infos: usize,
    /// How many findings a waiver silences.
    pub waived: usize,
    /// Every one of them: errors, warnings, infos, and in each the order of places.
    #[schema(value_type = Vec<DiagnosticJson>)]
    pub findings: Vec<Diagnostic>,
    /// What is worth knowing besides.
    pub notes: Vec<String>,
    /// Why nothing was looked at, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_answered: Option<Unanswered>,
}

impl RuleFindings {
    /// Counts and orders what was found.
    #[must_use]
    pub fn of(examined: usize, mut findings: Vec<Diagnostic>, notes: Vec<String>) -> Self {
        findings
            .sort_by(|a, b| (a.severity, &a.span, a.code, &a.message).cmp(&(b.severity, &b.span, b.code, &b.message)));
        let count = |severity| findings.iter().filter(|it| it.severity == severity && it.waived.is_none()).count();
        RuleFindings {
            examined,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            waived: findings.iter().filter(|it| it.waived.is_some()).count(),
            findings,
            notes,
            not_answered: None,
        }
    }

    /// Nothing was looked at.
    #[must_use]
    pub fn not_answered(why: Unanswered) -> Self {
        RuleFindings { not_answered: Some(why), ..RuleFindings::default() }
    }

    /// Those that people have to see: what is merely worth knowing is counted only.
    pub fn shown(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().filter(|finding| finding.severity != Severity::Info)
    }

    /// The findings in numbers: `2 errors, 1 warning, 0 infos, 3 waived`.
    #[must_use]
    pub fn summary(&self) -> String {
        let (errors, warnings) =
            (counted(self.errors, "error", "errors"), counted(self.warnings, "warning", "warnings"));
        format!("{errors}, {warnings}, {}, {} waived", counted(self.infos, "info", "infos"), self.waived)
    }
}

/// How many rows there are of each result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditCounts)]
pub struct Counts {
    /// Rows that pass.
    pub pass: usize,
    /// Rows that fail.
    pub fail: usize,
    /// Rows that are not answered.
    pub not_answered: usize,
    /// Findings of all rows that fail.
    pub findings: usize,
}

/// A row with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditRow)]
pub struct RowResult {
    /// The row's name, stable.
    pub id: &'static str,
    /// What holds when it passes.
    pub title: &'static str,
    /// What it belongs to.
    pub item: Item,
    /// Its numbers in the CIS AWS Foundations Benchmark.
    pub cis: Cis,
    /// The checks of prowler that ask the same.
    #[schema(value_type = Vec<String>)]
    pub prowler: &'static [&'static str],
    /// The AWS Config rule that asks the same.
    pub config_rule: &'static str,
    /// Its page in the book of rules, which `check --explain` prints; empty where there is none.
    pub rule: &'static str,
    /// The result.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a row ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", tag = "result")]
#[schema(as = AuditOutcome)]
pub enum Outcome {
    /// Everything that was looked at is as it should be.
    Pass {
        /// How many objects were looked at.
        examined: usize,
        /// What is worth knowing all the same.
        notes: Vec<String>,
    },
    /// Something is not.
    Fail {
        /// How many objects were looked at.
        examined: usize,
        /// What is wrong, by object.
        findings: Vec<Finding>,
        /// What is worth knowing besides.
        notes: Vec<String>,
    },
    /// Nobody knows here.
    NotAnswered {
        /// Why.
        why: Unanswered,
    },
}

impl Outcome {
    /// The result in a word or two.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Pass { .. } => "pass",
            Outcome::Fail { .. } => "fail",
            Outcome::NotAnswered { .. } => "not answered",
        }
    }

    /// What is wrong; nothing unless the row fails.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Outcome::Fail { findings, .. } => findings,
            _ => &[],
        }
    }

    /// What is worth knowing besides.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        match self {
            Outcome::Pass { notes, .. } | Outcome::Fail { notes, .. } => notes,
            Outcome::NotAnswered { .. } => &[],
        }
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditFinding)]
pub struct Finding {
    /// Which user, group, key, policy or setting.
    pub object: String,
    /// The facts: dates, ages, names.
    pub evidence: Vec<String>,
    /// How to mend it.
    pub remedy: String,
}

impl Finding {
    /// A finding about `object`.
    pub fn new(object: impl Into<String>, evidence: Vec<String>, remedy: impl Into<String>) -> Self {
        Finding { object: object.into(), evidence, remedy: remedy.into() }
    }
}

/// What the judge of a row found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// How many objects were looked at.
    pub examined: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What is worth knowing besides.
    pub notes: Vec<String>,
}

impl Judged {
    /// Looks at every one of `objects`; `finding` says what is wrong with one, if anything.
    pub fn each<T>(objects: impl IntoIterator<Item = T>, finding: impl Fn(T) -> Option<Finding>) -> Self {
        let mut judged = Judged::default();
        for object in objects {
            judged.examined += 1;
            judged.findings.extend(finding(object));
        }
        judged
    }

    /// One object, and what is wrong with it, if anything.
    #[must_use]
    pub fn one(finding: Option<Finding>) -> Self {
        Judged { examined: 1, findings: finding.into_iter().collect(), notes: Vec::new() }
    }

    /// The same with something that is worth knowing besides.
    #[must_use]
    pub fn noting(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }
}

impl From<Result<Judged, Unanswered>> for Outcome {
    fn from(judged: Result<Judged, Unanswered>) -> Self {
        match judged {
            Err(why) => Outcome::NotAnswered { why },
            Ok(Judged { examined, findings, notes }) if findings.is_empty() => Outcome::Pass { examined, notes },
            Ok(Judged { examined, mut findings, notes }) => {
                findings.sort();
                Outcome::Fail { examined, findings, notes }
            }
        }
    }
}

impl Counts {
    /// Counts rows.
    #[must_use]
    pub fn of(rows: &[RowResult]) -> Self {
        rows.iter().fold(Counts::default(), |mut counts, row| {
            match &row.outcome {
                Outcome::Pass { .. } => counts.pass += 1,
                Outcome::Fail { findings, .. } => {
                    counts.fail += 1;
                    counts.findings += findings.len();
                }
                Outcome::NotAnswered { .. } => counts.not_answered += 1,
            }
            counts
        })
    }
}
