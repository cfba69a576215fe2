//! The report for auditors: one page that needs nothing else, reads on a screen in light and dark, and prints.

use maud::{DOCTYPE, Markup, html as markup};

use super::benchmarks;
use crate::audit::inspection::counted;
use crate::audit::report::{AuditReport, Finding, Outcome, RowResult};
use crate::audit::rows::Item;

/// No script, no font and no picture from elsewhere: a page that is kept with the papers shows the same in ten years.
const STYLE: &str = include_str!("html.css");

/// The report as a page of HTML. Everything from the account is escaped.
#[must_use]
pub fn html(report: &AuditReport) -> String {
    let title = format!("Audit of account {} on {}", report.account, report.at.strftime("%Y-%m-%d"));
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (about(report))
                (overview(report))
                @for item in Item::ALL { (section(report, item)) }
            }
        }
    };
    page.into_string()
}

fn about(report: &AuditReport) -> Markup {
    markup! {
        dl.about {
            dt { "Account" } dd { (report.account) }
            dt { "Looked at" } dd { (format!("{:.0}", report.at)) }
            @if let Some(made) = report.credentials_as_of {
                dt { "Credential report of" } dd { (format!("{made:.0}")) }
            }
            dt { "By" } dd { "iamatrix " (report.version) }
            dt { "Configuration" } dd { (report.config_digest.as_deref().unwrap_or("none")) }
        }
    }
}

fn overview(report: &AuditReport) -> Markup {
    let counts = report.counts;
    markup! {
        p.counts {
            span.fail { (counted(counts.fail, "row", "rows")) " fail with " (counted(counts.findings, "finding", "findings")) } " · "
            span.pass { (counts.pass) " pass" } " · "
            span.unknown { (counts.not_answered) " are not answered here" }
        }
    }
}

fn section(report: &AuditReport, item: Item) -> Markup {
    markup! {
        section {
            h2 { (item.title()) }
            @for row in report.rows.iter().filter(|row| row.item == item) { (of_row(row)) }
        }
    }
}

fn of_row(row: &RowResult) -> Markup {
    let (class, examined) = match &row.outcome {
        Outcome::Pass { examined, .. } => ("pass", Some(examined)),
        Outcome::Fail { examined, .. } => ("fail", Some(examined)),
        Outcome::NotAnswered { .. } => ("unknown", None),
    };
    markup! {
        article class=(class) id=(row.id) {
            h3 { span.result { (row.outcome.as_str()) } " " (row.title) }
            p.names {
                code { (row.id) }
                @let names = benchmarks(row);
                @if !names.is_empty() { " · " (names) }
                @if let Some(examined) = examined { " · " (counted(*examined, "object", "objects")) " looked at" }
            }
            @if let Outcome::NotAnswered { why } = &row.outcome { p { (why.to_string()) } }
            @if !row.outcome.findings().is_empty() { (table(row.outcome.findings())) }
            @for note in row.outcome.notes() { p.note { (note) } }
        }
    }
}

fn table(findings: &[Finding]) -> Markup {
    markup! {
        table {
            thead { tr { th { "Object" } th { "Evidence" } th { "Remedy" } } }
            tbody {
                @for finding in findings {
                    tr {
                        td { (finding.object) }
                        td { @for fact in &finding.evidence { div { (fact) } } }
                        td { (finding.remedy) }
                    }
                }
            }
        }
    }
}
