//! The report for people, spreadsheets and auditors. JSON comes from its types.

mod csv;
mod html;
mod text;

pub use csv::csv;
pub use html::html;
pub use text::text;

use super::report::RowResult;

/// The names of a row in benchmarks, such as `CIS 3.0 1.12, 5.0 1.11 · prowler … · Config …`.
fn benchmarks(row: &RowResult) -> String {
    let cis = [("3.0", row.cis.v3), ("5.0", row.cis.v5), ("6.0", row.cis.v6), ("7.0", row.cis.v7)];
    let cis: Vec<_> = cis
        .iter()
        .filter(|(_, number)| !number.is_empty())
        .map(|(version, number)| format!("v{version} {number}"))
        .collect();
    let mut parts = Vec::new();
    parts.extend((!cis.is_empty()).then(|| format!("CIS {}", cis.join(", "))));
    parts.extend((!row.prowler.is_empty()).then(|| format!("prowler {}", row.prowler.join(", "))));
    parts.extend((!row.config_rule.is_empty()).then(|| format!("Config {}", row.config_rule)));
    parts.join("; ")
}
