//! The alert rules and the dashboard: they say what the metrics are, and every alert has its section in the manual.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and runs programs of this environment"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn promtool(arguments: &[&str]) -> String {
    let run = Command::new("promtool").current_dir(file("deploy/alerts")).args(arguments).output();
    let run =
        run.unwrap_or_else(|error| panic!("the tests need promtool (Debian: apt-get install prometheus): {error}"));
    let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "promtool {arguments:?}: {}\n{said}", run.status);
    said
}

/// The metrics of the reference page, with their type and their labels.
fn metrics() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let labels =
            cells[3].split("; ").filter_map(|label| Some(label.split_once("`:")?.0.trim_matches('`').to_owned()));
        (cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), labels.collect()))
    };
    read("docs/metrics.md").lines().filter(|line| line.starts_with("| `iamatrix_")).map(row).collect()
}

/// The metrics that a query reads, each with the labels that it selects by, inside of `{…}`.
fn used(query: &str) -> Vec<(String, BTreeSet<String>)> {
    let begins = query.match_indices("iamatrix_").map(|(at, _)| at);
    let metric = |at: usize| {
        let rest = &query[at..];
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
        let selector =
            rest[end..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(inside, _)| inside);
        let labels =
            selector.split(", ").filter_map(|one| one.split_once(['=', '!'])).map(|(label, _)| label.to_owned());
        (rest[..end].to_owned(), labels.collect())
    };
    begins.map(metric).collect()
}

/// The labels that a query groups or matches by: `by (…)`, `on (…)` and the like.
fn grouped(query: &str) -> BTreeSet<String> {
    let query = query.replace(" (", "(");
    let mut labels = BTreeSet::new();
    for begin in [" by(", " without(", " on(", " ignoring("] {
        for rest in query.split(begin).skip(1) {
            labels.extend(rest.split(')').next().unwrap().split(',').map(|label| label.trim().to_owned()));
        }
    }
    labels
}

/// Fails unless every metric of these queries exists with those labels, and a histogram is read by its parts.
fn all_exist(what: &str, queries: &[String]) {
    let metrics = metrics();
    let mut seen = 0;
    for query in queries {
        let mut of_the_query: BTreeSet<String> = ["job", "instance"].map(str::to_owned).into();
        for (metric, labels) in used(query) {
            let part = metric
                .strip_suffix("_bucket")
                .filter(|whole| metrics.get(*whole).is_some_and(|it| it.0 == "histogram"));
            let (kind, known) =
                metrics.get(part.unwrap_or(&metric)).unwrap_or_else(|| panic!("{what}: there is no {metric}"));
            assert!(part.is_some() || kind != "histogram", "{what}: {metric} is a histogram");
            for label in labels.iter().filter(|label| !["job", "instance"].contains(&label.as_str())) {
                assert!(known.contains(label), "{what}: {metric} has no label {label}");
            }
            of_the_query.extend(known.iter().cloned().chain(part.map(|_| "le".to_owned())));
            seen += 1;
        }
        for label in grouped(query) {
            assert!(of_the_query.contains(&label), "{what}: nothing in {query} has a label {label}");
        }
    }
    assert!(seen > 20, "{what}: {seen} metrics");
}

#[test]
fn labels_are_found_wherever_a_query_names_them() {
    let query = "sum by (instance, kind) (iamatrix_a{mode=\"x\"}) > on (job) iamatrix_b and on(le) iamatrix_c";
    let names = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(used(query)[0], ("iamatrix_a".to_owned(), names(&["mode"])));
    assert_eq!(grouped(query), names(&["instance", "kind", "job", "le"]));
}

/// Lines that begin so, without that.
fn lines(text: &str, begin: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix(begin)).map(str::to_owned).collect()
}

const RULES: &str = "deploy/alerts/iamatrix.rules.yaml";

#[test]
fn the_alerts_fire_when_they_should_and_not_otherwise() {
    promtool(&["check", "rules", "iamatrix.rules.yaml"]);
    promtool(&["test", "rules", "tests.yaml"]);
}

#[test]
fn every_alert_is_tested_and_reads_metrics_that_exist() {
    let (rules, tests) = (read(RULES), read("deploy/alerts/tests.yaml"));
    for alert in lines(&rules, "- alert: ") {
        assert!(tests.contains(&format!("{{alertname=\"{alert}\"}}")), "{alert} fires in no test");
    }
    all_exist(RULES, &lines(&rules, "expr: "));
}

#[test]
fn every_alert_has_a_section_in_the_manual_and_every_such_section_an_alert() {
    let (rules, manual) = (read(RULES), read("docs/operating.md"));
    let alerts: BTreeSet<String> = lines(&rules, "- alert: ").into_iter().collect();
    let sections: BTreeSet<String> =
        lines(&manual, "### ").into_iter().filter(|title| title.starts_with("Iamatrix")).collect();
    assert_eq!(alerts, sections);
    let links: BTreeSet<String> = lines(&rules, "runbook_url: ").into_iter().collect();
    assert_eq!(links, alerts.iter().map(|alert| format!("docs/operating.md#{}", alert.to_lowercase())).collect());
}

#[test]
fn the_dashboard_is_one_that_grafana_imports_and_reads_metrics_that_exist() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/iamatrix.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "ids are unique");
    let mut taken: BTreeSet<(u64, u64)> = BTreeSet::new();
    let mut queries = Vec::new();
    for panel in panels {
        let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        let title = panel["title"].as_str().unwrap();
        assert!(place("x") + place("w") <= 24, "{title} leaves the page");
        for cell in (place("x")..place("x") + place("w"))
            .flat_map(|x| (place("y")..place("y") + place("h")).map(move |y| (x, y)))
        {
            assert!(taken.insert(cell), "{title} lies over another panel");
        }
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}: the data source is chosen on the page");
            queries.push(target["expr"].as_str().unwrap().to_owned());
        }
        assert!(
            panel["type"] == "row" || !panel["description"].as_str().unwrap().is_empty(),
            "{title} says what it shows"
        );
    }
    let variables: Vec<&str> =
        dashboard["templating"]["list"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(variables, ["datasource", "job", "instance"]);
    all_exist("the dashboard", &queries);
    parses(&queries);
}

/// Prometheus reads every query, once what Grafana replaces is replaced.
fn parses(queries: &[String]) {
    let rules: Vec<String> = queries
        .iter()
        .enumerate()
        .map(|(number, query)| {
            let query = query.replace("$__rate_interval", "5m").replace("$job", ".*").replace("$instance", ".*");
            format!("      - {{ record: \"query:{number}\", expr: {} }}", serde_json::to_string(&query).unwrap())
        })
        .collect();
    let text = format!("groups:\n  - name: dashboard\n    rules:\n{}\n", rules.join("\n"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queries.yaml");
    fs::write(&path, text).unwrap();
    promtool(&["check", "rules", "--lint=none", path.to_str().unwrap()]);
}
