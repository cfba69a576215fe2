//! Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines of a pull request.
//!
//! Owns: that format. Must not: leave out what is waived; it is told as suppressed, with the reason.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Diagnostic, Severity};
use crate::rulebook::{self, Kind, Page};

/// Where the format is described.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a path of a URI does not hold as it is (RFC 3986, section 3.3).
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// One run of `check` with its rules and results. `source` gives a file's text by its name.
pub fn to_sarif<'s>(diagnostics: &[Diagnostic], source: impl Fn(&str) -> Option<&'s str>) -> Value {
    let pages: Vec<&Page> = rulebook::all().filter(|page| page.kind != Kind::Live).collect();
    let results: Vec<Value> = diagnostics.iter().map(|finding| result(finding, &pages, &source)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": pages.iter().map(|page| rule(page)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(page: &Page) -> Value {
    json!({
        "id": page.code,
        "shortDescription": { "text": page.title },
        "fullDescription": { "text": page.finds },
        "help": { "text": page.mend, "markdown": rulebook::page(page) },
        "defaultConfiguration": { "level": level(page.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result<'s>(finding: &Diagnostic, pages: &[&Page], source: impl Fn(&str) -> Option<&'s str>) -> Value {
    let uri = utf8_percent_encode(&finding.span.file, PATH).to_string();
    let help = if finding.help.is_empty() { String::new() } else { format!(": {}", finding.help) };
    let mut result = json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": { "text": format!("{}{help}", finding.message) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": region(finding, source(&finding.span.file)),
        } }],
    });
    let waived = finding.waived.as_ref().map(|waived| {
        let justification = format!("{} (until {})", waived.because, waived.until);
        json!({ "kind": "external", "status": "accepted", "justification": justification })
    });
    if let Some(fields) = result.as_object_mut() {
        // A list that is there and empty says that the tool knows of suppressions and there is none.
        fields.insert("suppressions".to_owned(), waived.into_iter().collect());
        if let Some(index) = pages.iter().position(|page| page.code == finding.code) {
            fields.insert("ruleIndex".to_owned(), index.into());
        }
    }
    result
}

fn region(finding: &Diagnostic, text: Option<&str>) -> Value {
    let span = &finding.span;
    let text = text.map(|text| text.strip_prefix('\u{feff}').unwrap_or(text)).unwrap_or_default();
    let width = text.get(span.start..span.end).map_or(0, |marked| marked.chars().count());
    json!({ "startLine": span.line, "startColumn": span.column, "endColumn": span.column + width })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Waived;
    use crate::located::Span;

    const TEXT: &str = "version: 1\npolicies:\n  정책: []\n";

    fn finding() -> Diagnostic {
        let at = TEXT.find("정책").unwrap();
        let span = Span::in_text(&"a folder/matrix.yaml".into(), TEXT, at, at + "정책".len());
        Diagnostic::warning("idle-row", &span, "the row names no group").help("name one")
    }

    #[test]
    fn a_result_has_its_rule_its_place_in_characters_and_an_escaped_address() {
        let sarif = to_sarif(&[finding()], |_| Some(TEXT));
        let run = &sarif["runs"][0];
        let result = &run["results"][0];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20folder/matrix.yaml");
        assert_eq!(place["region"], json!({ "startLine": 3, "startColumn": 3, "endColumn": 5 }));
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert_eq!((&result["level"], &result["suppressions"]), (&json!("warning"), &json!([])));
    }

    #[test]
    fn what_is_waived_is_told_as_suppressed_with_its_reason() {
        let waived = Waived { because: "agreed".into(), until: jiff::civil::date(2027, 6, 30) };
        let sarif = to_sarif(&[Diagnostic { waived: Some(waived), ..finding() }], |_| Some(TEXT));
        let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
        assert_eq!(suppression["justification"], "agreed (until 2027-06-30)");
        assert_eq!(suppression["kind"], "external");
    }
}
