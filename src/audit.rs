//! The periodic audit: what IAM itself can answer of an account's state, held against known benchmarks.
//!
//! ```text
//!  IAM ──read──▶ Evidence ──audit(now)──▶ AuditReport ──▶ text, JSON, CSV, HTML, /audit
//! ```
//!
//! Owns: the rows, their judges, the lints of what is live, the report and its renderings. Must not: read IAM, the clock or a matrix, or change
//! anything.

pub mod credential_report;
mod credentials;
pub mod enforcement;
mod entities;
mod escalation;
pub mod evidence;
mod inspection;
mod lints;
mod mfa;
mod password;
mod policies;
mod render;
pub mod report;
mod root;
pub mod rows;
#[cfg(test)]
mod tests;
mod trust;
pub mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

pub use evidence::Evidence;
pub use inspection::Inspection;
pub use render::{csv, html, text};
pub use report::{AuditReport, Finding, Outcome, RuleFindings};
pub use rows::{ROWS, Row};

use crate::access::standing::Standing;
use crate::live::Scope;
use crate::matrix::{Matrix, Waiver, part_number};
use crate::name::Name;
use crate::password_policy::PasswordPolicy;
use report::{Counts, RowResult};

/// What somebody decided, as far as an audit heeds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What is ours and what is protected; told beside a finding, never a reason to leave one out.
    pub scope: Option<Scope>,
    /// Where everybody stands with MFA, if there is a matrix that says who must have it.
    pub standings: Option<Arc<Vec<Standing>>>,
    /// What is agreed to, with a reason and an end.
    pub waivers: Arc<Vec<Waiver>>,
    /// SHA-256 of the configuration.
    pub config_digest: Option<String>,
    /// What the matrix asks for, if there is one.
    pub wanted: Option<Wanted>,
}

/// What a matrix has and asks of the account, so that a remedy does not ask for what is there or is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Users to whom it gives groups.
    pub grouped: BTreeSet<Name>,
    /// Its groups, the baseline's among them, with how many users it puts into each.
    pub groups: BTreeMap<Name, usize>,
    /// Its documents.
    pub documents: BTreeSet<Name>,
    /// The password policy.
    pub password_policy: Option<PasswordPolicy>,
}

impl Wanted {
    /// What this matrix asks for.
    #[must_use]
    pub fn of(matrix: &Matrix) -> Self {
        let rows = matrix.users.iter().filter(|row| !row.groups.is_empty());
        let grouped = rows.map(|row| row.name.value.clone()).collect();
        let mut groups: BTreeMap<Name, usize> =
            matrix.groups.iter().map(|group| (group.name.value.clone(), 0)).collect();
        if !matrix.baseline.is_empty() {
            groups.insert(matrix.baseline_group.value.clone(), matrix.users.len());
        }
        for cell in matrix.users.iter().flat_map(|row| &row.groups) {
            *groups.entry(cell.value.clone()).or_default() += 1;
        }
        let documents = matrix.documents.keys().cloned().collect();
        Wanted { grouped, groups, documents, password_policy: matrix.password_policy.clone() }
    }

    /// The group of the matrix that an IAM group is a part of, with how many users it puts into it.
    #[must_use]
    pub fn whole(&self, group: &Name) -> Option<(&Name, usize)> {
        let whole = self.groups.iter().find(|(whole, _)| part_number(whole, group).is_some());
        whole.map(|(whole, users)| (whole, *users))
    }
}

/// Judges every row. Ages are counted up to `now`; the same evidence at the same time gives the same report.
#[must_use]
pub fn audit(evidence: &Evidence, settings: &Settings, now: Timestamp) -> AuditReport {
    let access = enforcement::access(evidence);
    let inspection = Inspection::new(evidence, &access, settings, now);
    let rows: Vec<RowResult> = ROWS.iter().map(|row| row.result(&inspection)).collect();
    AuditReport {
        account: evidence.account.clone(),
        at: now,
        credentials_as_of: evidence.credentials.as_ref().ok().map(|report| report.made),
        version: env!("CARGO_PKG_VERSION"),
        config_digest: settings.config_digest.clone(),
        counts: Counts::of(&rows),
        rows,
        rules: lints::found(&inspection),
    }
}
