//! The report for a terminal: by item, what fails first.

use std::fmt::Write as _;

use super::{LIVE_RULES, agreed, benchmarks, standing};
use crate::audit::inspection::counted;
use crate::audit::report::{AuditReport, Finding, Outcome, RowResult, RuleFindings};
use crate::audit::rows::Item;

/// Columns of a line; words that are longer stand alone.
const WIDTH: usize = 110;

/// The report as text, wrapped.
#[must_use]
pub fn text(report: &AuditReport) -> String {
    let mut out = head(report);
    for item in Item::ALL {
        let mut rows: Vec<&RowResult> = report.rows.iter().filter(|row| row.item == item).collect();
        rows.sort_by_key(|row| rank(&row.outcome));
        let _ = writeln!(out, "\n{}", heading(item, &rows));
        for row in rows {
            out.push_str(&of_row(row));
        }
    }
    out + "\n" + &of_rules(&report.rules)
}

/// The rules' findings; what is merely worth knowing is counted.
fn of_rules(rules: &RuleFindings) -> String {
    let mut out = underlined(&format!("{LIVE_RULES}: {}", rules.summary())) + "\n";
    if let Some(why) = &rules.not_answered {
        let _ = writeln!(out, "–     {why}");
    }
    for finding in rules.shown() {
        let object = finding.object.as_ref().map(|object| format!("{object}: ")).unwrap_or_default();
        let mark = format!("{:<8}{} ", standing(finding), finding.code);
        out.push_str(&wrapped("", &mark, &format!("{object}{}", finding.message)));
        out.push_str(&wrapped("        ", "at ", &finding.span.to_string()));
        out.push_str(&wrapped("        ", "→ ", &agreed(finding).unwrap_or_else(|| finding.help.clone())));
    }
    out + &told(&rules.notes)
}

/// What fails stands first, what passes last but for what nobody knows.
fn rank(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Fail { .. } => 0,
        Outcome::Pass { .. } => 1,
        Outcome::NotAnswered { .. } => 2,
    }
}

fn head(report: &AuditReport) -> String {
    let counts = report.counts;
    let mut out = format!("Audit of account {} at {:.0}, by iamatrix {}\n", report.account, report.at, report.version);
    if let Some(made) = report.credentials_as_of {
        let _ = writeln!(out, "Passwords, keys and their use: as of {made:.0}");
    }
    if let Some(digest) = &report.config_digest {
        let _ = writeln!(out, "Configuration: {}", digest.get(..12).unwrap_or(digest));
    }
    let _ = writeln!(
        out,
        "\n{} fail with {}, {} pass, {} are not answered here",
        counted(counts.fail, "row", "rows"),
        counted(counts.findings, "finding", "findings"),
        counts.pass,
        counts.not_answered
    );
    let _ = writeln!(out, "Rules of `check` on what is live: {}", report.rules.summary());
    out
}

fn heading(item: Item, rows: &[&RowResult]) -> String {
    let count = |wanted: u8| rows.iter().filter(|row| rank(&row.outcome) == wanted).count();
    let title = format!("{}: {} fail, {} pass, {} not answered", item.title(), count(0), count(1), count(2));
    underlined(&title)
}

fn underlined(title: &str) -> String {
    format!("{title}\n{}", "─".repeat(title.chars().count()))
}

fn of_row(row: &RowResult) -> String {
    match &row.outcome {
        Outcome::Pass { examined, notes } => {
            let out = format!("pass  {} ({examined} looked at)\n", row.title);
            out + &told(notes)
        }
        Outcome::NotAnswered { why } => {
            format!("–     {}\n{}", row.title, wrapped("        ", "", &why.to_string()))
        }
        Outcome::Fail { examined, findings, notes } => {
            let mut out = format!(
                "FAIL  {} ({}, {examined} looked at)\n",
                row.title,
                counted(findings.len(), "finding", "findings")
            );
            out.push_str(&wrapped("        ", "", &format!("[{}] {}", row.id, benchmarks(row))));
            for (number, finding) in findings.iter().enumerate() {
                let next = findings.get(number + 1);
                out.push_str(&of_finding(finding, next));
            }
            out + &told(notes) + "\n"
        }
    }
}

fn told(notes: &[String]) -> String {
    notes.iter().map(|note| wrapped("        ", "note: ", note)).collect()
}

/// A remedy that the next finding shares is told there.
fn of_finding(finding: &Finding, next: Option<&Finding>) -> String {
    let mut out = wrapped("      ", "- ", &format!("{}: {}", finding.object, finding.evidence.join("; ")));
    if next.is_none_or(|next| next.remedy != finding.remedy) {
        out.push_str(&wrapped("        ", "→ ", &finding.remedy));
    }
    out
}

/// Text in lines of [`WIDTH`], each indented; `mark` stands in front of the first, and the others keep clear of it.
fn wrapped(indent: &str, mark: &str, text: &str) -> String {
    let hanging = " ".repeat(mark.chars().count());
    let mut out = String::new();
    let mut line = format!("{indent}{mark}");
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = format!("{indent}{hanging}");
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out + &line + "\n"
}
