//! The report for people, spreadsheets and auditors. JSON comes from its types.

mod csv;
mod html;
mod text;

pub use csv::csv;
pub use html::html;
pub use text::text;

use super::report::RowResult;
use crate::diagnostic::Diagnostic;

/// What a section of its own is called.
const LIVE_RULES: &str = "What the rules of `check` find in what is live";

/// Why a finding is not counted, if a waiver silences it.
fn agreed(finding: &Diagnostic) -> Option<String> {
    finding.waived.as_ref().map(|waived| format!("waived until {}: {}", waived.until, waived.because))
}

/// The finding's severity, or that it is waived.
fn standing(finding: &Diagnostic) -> &'static str {
    if finding.waived.is_some() { "waived" } else { finding.severity.as_str() }
}

/// The names of a row in benchmarks, such as `rule M18; CIS v3.0 1.12, v5.0 1.11; prowler …; Config …`.
fn benchmarks(row: &RowResult) -> String {
    let cis = [("3.0", row.cis.v3), ("5.0", row.cis.v5), ("6.0", row.cis.v6), ("7.0", row.cis.v7)];
    let cis: Vec<_> = cis
        .iter()
        .filter(|(_, number)| !number.is_empty())
        .map(|(version, number)| format!("v{version} {number}"))
        .collect();
    let mut parts = Vec::new();
    parts.extend((!row.rule.is_empty()).then(|| format!("rule {}", row.rule)));
    parts.extend((!cis.is_empty()).then(|| format!("CIS {}", cis.join(", "))));
    parts.extend((!row.prowler.is_empty()).then(|| format!("prowler {}", row.prowler.join(", "))));
    parts.extend((!row.config_rule.is_empty()).then(|| format!("Config {}", row.config_rule)));
    parts.join("; ")
}
