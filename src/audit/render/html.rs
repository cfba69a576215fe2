//! The report for auditors: one page that needs nothing else, reads on a screen in light and dark, and prints.

use maud::{DOCTYPE, Markup, html as markup};

use super::{LIVE_RULES, agreed, benchmarks, standing};
use crate::audit::inspection::counted;
use crate::audit::report::{AuditReport, Finding, Outcome, RowResult, RuleFindings};
use crate::audit::rows::Item;
use crate::diagnostic::Diagnostic;

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
                (of_rules(&report.rules))
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
        p.counts { a href="#rules" { "Rules of check" } " on what is live: " (report.rules.summary()) }
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

fn of_rules(rules: &RuleFindings) -> Markup {
    markup! {
        section id="rules" {
            h2 { (LIVE_RULES.replace('`', "")) }
            p { (counted(rules.examined, "document", "documents")) " looked at: " (rules.summary()) }
            @if let Some(why) = &rules.not_answered { p { (why.to_string()) } }
            @if rules.shown().next().is_some() {
                table {
                    thead { tr { th { "Rule" } th { "Object" } th { "Place" } th { "Finding" } th { "Remedy" } } }
                    tbody { @for finding in rules.shown() { (of_finding(finding)) } }
                }
            }
            @for note in &rules.notes { p.note { (note) } }
        }
    }
}

fn of_finding(finding: &Diagnostic) -> Markup {
    let class = if finding.is_error() { "fail" } else { "unknown" };
    markup! {
        tr {
            td { span class=(class) { (standing(finding)) } " " code { (finding.code) } }
            td { @if let Some(object) = &finding.object { (object) } }
            td { code { (finding.span.to_string()) } }
            td { (finding.message) }
            td { (agreed(finding).unwrap_or_else(|| finding.help.clone())) }
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
