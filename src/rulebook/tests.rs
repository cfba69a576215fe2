use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::lint;
use crate::matrix::check::RULES;
use crate::matrix::{check, load};
use crate::policy::Document;
use crate::testing::TODAY;

/// A small configuration in order; the sections of an example stand for its own.
const MATRIX: &str = "\
version: 1
groups: { Admin: {}, Staff: {} }
baseline: [RequireMFA]
users: { ann: { groups: [Admin] }, bob: { groups: [Admin] }, cat: { groups: [Staff] } }
policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff] }
documents: policies/
";
const OPERATOR: &str = "\
account: \"123456789012\"
mode: observe
protect: { users: [break-glass] }
";
const REQUIRE_MFA: &str = include_str!("../../config/policies/MFAForcePolicy.json");

/// What `check` says of an example.
fn judged(files: Files) -> Vec<Diagnostic> {
    let given = |name: &str| files.iter().find(|(file, _)| *file == name).map_or("", |(_, text)| *text);
    let documents: Vec<(&str, &str)> =
        files.iter().copied().filter(|(name, _)| name.starts_with("policies/")).collect();
    let mut matrix = merged(MATRIX, given("matrix.yaml"));
    if !given("matrix.yaml").contains("policies:") {
        for (name, _) in &documents {
            matrix = matrix.replace("policies: {", &format!("policies: {{ {}: [Staff],", stem(name)));
        }
    }
    let documents = documents.into_iter().chain([("policies/RequireMFA.json", REQUIRE_MFA)]);
    let files = crate::files::Files::from_memory(&merged(OPERATOR, given("operator.yaml")), &matrix, documents);
    match check(load(&files), &Catalog::embedded("aws"), TODAY) {
        Ok(checked) => checked.findings().to_vec(),
        Err(found) => found,
    }
}

/// What is said of an example beyond what is said of the configuration around it.
fn seen(page: &Page, files: Files) -> Vec<Diagnostic> {
    if page.kind == Kind::Live {
        return judged_live(files);
    }
    let around = judged(&[]);
    judged(files).into_iter().filter(|finding| !around.contains(finding)).collect()
}

/// What the lints of a document say of live documents.
fn judged_live(files: Files) -> Vec<Diagnostic> {
    let lints = files.iter().flat_map(|(name, text)| {
        let document = Document::parse_file("live:Example", text).unwrap();
        lint::document(&lint::Subject { name: &stem(name).into(), document: &document }, &lint::Known::default())
    });
    lints.collect()
}

fn stem(name: &str) -> &str {
    name.trim_start_matches("policies/").trim_end_matches(".json")
}

/// `base` with the sections of `over` for its own.
fn merged(base: &str, over: &str) -> String {
    let replaced: BTreeSet<&str> = sections(over).into_iter().map(|(key, _)| key).collect();
    let kept = sections(base).into_iter().filter(|(key, _)| !replaced.contains(key));
    kept.chain(sections(over)).map(|(_, text)| text).collect::<Vec<_>>().join("\n") + "\n"
}

/// The sections of a YAML file: key, and all of its lines.
fn sections(text: &str) -> Vec<(&str, String)> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match (line.split_once(':'), sections.last_mut()) {
            (Some((key, _)), _) if !line.starts_with([' ', '-', '#']) => sections.push((key, line.to_owned())),
            (_, Some((_, section))) => *section = format!("{section}\n{line}"),
            _ => {}
        }
    }
    sections
}

fn told(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_configuration_of_the_examples_is_in_order() {
    let found = judged(&[]);
    assert!(!found.iter().any(Diagnostic::is_problem), "{}", told(&found));
}

#[test]
fn every_failing_example_is_reported_by_its_rule_alone_and_every_passing_one_by_none() {
    for page in all() {
        let Some(example) = page.example else { continue };
        let (fails, passes) = (seen(page, example.fails), seen(page, example.passes));
        let mine: Vec<&Diagnostic> = fails.iter().filter(|finding| finding.code == page.code).collect();
        assert!(!mine.is_empty(), "{} does not see its example\n{}", page.code, told(&fails));
        let others = fails.iter().filter(|finding| finding.code != page.code && finding.is_problem());
        assert_eq!(others.count(), 0, "{}: others see its example too\n{}", page.code, told(&fails));
        assert!(mine.iter().any(|finding| finding.severity == page.severity), "{}\n{}", page.code, told(&fails));
        let object = page.object.filter(|_| page.kind == Kind::Lint);
        assert!(object.is_none() || mine.iter().all(|finding| finding.object.is_some()), "{}", page.code);
        assert!(mine.iter().all(|finding| !finding.help.is_empty()), "{}\n{}", page.code, told(&fails));
        let seen = passes.iter().filter(|finding| finding.code == page.code || finding.is_problem());
        assert_eq!(seen.count(), 0, "{}: the passing example\n{}", page.code, told(&passes));
    }
}

#[test]
fn every_lint_has_an_example() {
    let without: Vec<&str> =
        all().filter(|page| page.kind == Kind::Lint && page.example.is_none()).map(|page| page.code).collect();
    assert!(without.is_empty(), "{without:?}");
}

/// The codes that the program's text hands to `Diagnostic`.
fn produced(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            produced(&path, codes);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for maker in ["error", "warning", "info"].map(|maker| format!("Diagnostic::{maker}(")) {
                let calls =
                    text.split(maker.as_str()).skip(1).map(str::trim_start).filter_map(|call| call.strip_prefix('"'));
                codes.extend(calls.map(|call| call.split('"').next().unwrap().to_owned()));
            }
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut codes = BTreeSet::new();
    produced(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut codes);
    // The account's own rules are rows of the audit, and a reason to hold a plan.
    let told_of_the_account = |page: &&Page| page.kind == Kind::Live && page.example.is_none();
    let pages: BTreeSet<String> =
        all().filter(|page| !told_of_the_account(page)).map(|page| page.code.to_owned()).collect();
    assert_eq!(codes, pages, "left: what the program's text reports; right: the book");
    let of_documents = lint::DOCUMENT_LINTS.iter().map(|(code, _)| *code);
    let of_people = lint::PEOPLE_LINTS.iter().map(|(code, _)| *code);
    let lints: BTreeSet<&str> =
        lint::LINTS.iter().map(|(code, _)| *code).chain(of_documents).chain(of_people).collect();
    assert_eq!(
        lints,
        all().filter(|page| page.kind == Kind::Lint || page.code == "M07").map(|page| page.code).collect()
    );
    let rules: BTreeSet<&str> = RULES.iter().map(|(code, _)| *code).collect();
    let settings = ["beyond-ceiling", "settings-group", "unknown-power", "approval-over"];
    let told_elsewhere = [["waiver-unused", "unmended-lints"].as_slice(), &settings].concat();
    let of_structure = all().filter(|page| page.kind == Kind::Structure).map(|page| page.code);
    assert_eq!(rules, of_structure.filter(|code| !told_elsewhere.contains(code)).collect());
}

#[test]
fn no_code_is_another_rules_number() {
    let mut seen = BTreeSet::new();
    for page in all() {
        assert!(seen.insert(page.code), "{} twice", page.code);
        assert!(all().all(|other| !other.aliases.contains(&page.code)), "{}", page.code);
    }
}

#[test]
fn a_rule_is_found_by_code_and_number_in_any_case() {
    let codes = |code: &str| find(code).into_iter().map(|page| page.code).collect::<Vec<_>>();
    assert_eq!(codes("v03"), ["unknown-policy"]);
    assert_eq!(codes("M17"), ["unknown-policy", "unused-document"]);
    assert!(codes("V99").is_empty());
    assert_eq!(nearest("unknwon-policy").first(), Some(&"unknown-policy"));
}

#[test]
fn the_reference_in_docs_is_this_book() {
    let file = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md")).unwrap_or_default();
    assert!(file == book(), "docs/rules.md is not current: cargo run -- check --explain all > docs/rules.md");
}
