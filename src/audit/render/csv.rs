//! One line a finding, of a row or of a rule of `check`, and one for each row without any; for spreadsheets.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::{agreed, standing};
use crate::audit::report::{AuditReport, Outcome, RowResult};
use crate::diagnostic::Diagnostic;
use crate::rulebook;

const HEAD: [&str; 16] = [
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
    "rule",
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
    for finding in &report.rules.findings {
        of_rule(&mut out, report, finding);
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
        row.rule,
        object,
        evidence,
        remedy,
    ];
    write(out, cells.map(plain));
}

/// A finding of a rule of `check`: its code in place of a row's name, and its severity, or `waived`, for a result.
fn of_rule(out: &mut Writer<Vec<u8>>, report: &AuditReport, finding: &Diagnostic) {
    let at = report.at.to_string();
    let title = rulebook::find(finding.code).first().map_or("", |page| page.title);
    let object = finding.object.as_ref().map(ToString::to_string).unwrap_or_default();
    let evidence = format!("{}: {}", finding.span, finding.message);
    let remedy = agreed(finding).unwrap_or_else(|| finding.help.clone());
    let (code, result) = (finding.code, standing(finding));
    let row = [&report.account, &at, code, title, "Live documents", result];
    let cells: Vec<&str> = row.into_iter().chain([""; 6]).chain([code, &object, &evidence, &remedy]).collect();
    let _ = out.write_record(cells.into_iter().map(plain));
}

fn write(out: &mut Writer<Vec<u8>>, cells: [String; 16]) {
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
