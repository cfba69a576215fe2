//! One line a finding, and one for each row without any, for spreadsheets.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::audit::report::{AuditReport, Outcome, RowResult};

const HEAD: [&str; 15] = [
    "account",
    "at",
    "row",
    "title",
    "item",
    "result",
    "cis_v3",
    "cis_v5",
    "cis_v6",
    "cis_v7",
    "prowler",
    "config_rule",
    "object",
    "evidence",
    "remedy",
];

/// The report as CSV (RFC 4180, UTF-8). Text that a spreadsheet would take for a formula is made plain by an
/// apostrophe in front of it.
#[must_use]
pub fn csv(report: &AuditReport) -> String {
    let mut out =
        WriterBuilder::new().quote_style(QuoteStyle::Necessary).terminator(Terminator::CRLF).from_writer(Vec::new());
    write(&mut out, HEAD.map(str::to_owned));
    for row in &report.rows {
        match &row.outcome {
            Outcome::Fail { findings, .. } => {
                for finding in findings {
                    line(&mut out, report, row, [&finding.object, &finding.evidence.join("; "), &finding.remedy]);
                }
            }
            Outcome::Pass { notes, .. } => line(&mut out, report, row, ["", &notes.join("; "), ""]),
            Outcome::NotAnswered { why } => line(&mut out, report, row, ["", &why.to_string(), ""]),
        }
    }
    String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn line(out: &mut Writer<Vec<u8>>, report: &AuditReport, row: &RowResult, [object, evidence, remedy]: [&str; 3]) {
    let at = report.at.to_string();
    let prowler = row.prowler.join(" ");
    let cells = [
        &report.account,
        &at,
        row.id,
        row.title,
        row.item.title(),
        row.outcome.as_str(),
        row.cis.v3,
        row.cis.v5,
        row.cis.v6,
        row.cis.v7,
        &prowler,
        row.config_rule,
        object,
        evidence,
        remedy,
    ];
    write(out, cells.map(plain));
}

fn write(out: &mut Writer<Vec<u8>>, cells: [String; 15]) {
    // Writing into memory cannot fail, and every line has as many cells as the first.
    let _ = out.write_record(cells);
}

/// A cell that a spreadsheet does not run (OWASP, CSV injection: cells that begin with `=`, `+`, `-`, `@`, a tab or a
/// line break).
fn plain(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_a_spreadsheet_would_run_is_made_plain() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(plain(formula), format!("'{formula}"));
        }
        assert_eq!(plain("ann=1"), "ann=1");
    }
}
