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

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

pub use evidence::Evidence;
pub use inspection::Inspection;
pub use render::{csv, html, text};
pub use report::{AuditReport, Finding, Outcome, RuleFindings};
pub use rows::{ROWS, Row};

use crate::access::standing::Standing;
use crate::live::Scope;
use crate::matrix::{Matrix, Waiver};
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
    /// What the matrix asks for; nothing where there is none.
    pub wanted: Wanted,
}

/// What a matrix asks of the account already, so that `apply` is the remedy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Users to whom it gives groups.
    pub grouped: BTreeSet<Name>,
    /// The password policy.
    pub password_policy: Option<PasswordPolicy>,
}

impl Wanted {
    /// What this matrix asks for.
    #[must_use]
    pub fn of(matrix: &Matrix) -> Self {
        let rows = matrix.users.iter().filter(|row| !row.groups.is_empty());
        let grouped = rows.map(|row| row.name.value.clone()).collect();
        Wanted { grouped, password_policy: matrix.password_policy.clone() }
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
