//! The status as `OpenMetrics` text. Labels are bounded: never the name of a user, group or policy.
//!
//! Must not: keep anything; every scrape is written from the status.

#[cfg_attr(not(test), expect(dead_code, reason = "the reference page is written by a test"))]
mod catalogue;
mod write;

use std::collections::BTreeMap;

use catalogue as metric;
use write::Page;

use crate::guard::HoldReason;
use crate::iam::Calls;
use crate::matrix::Mode;
use crate::status::{CycleOutcome, Status};

/// The content type of `OpenMetrics` text.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes all metrics.
pub(super) fn render(status: &Status, calls: &Calls) -> Result<String, std::fmt::Error> {
    let mut page = Page::new();
    settings(&mut page, status);
    cycles(&mut page, status);
    drift(&mut page, status);
    people(&mut page, status);
    audit(&mut page, status);
    let calls = calls.snapshot();
    page.counter(&metric::API_CALLS, calls.iter().map(|(call, count)| ([call.operation, call.outcome], *count)));
    page.text()
}

fn settings(page: &mut Page, status: &Status) {
    page.gauge(&metric::BUILD_INFO, [([env!("CARGO_PKG_VERSION")], 1.0)]);
    let modes = [Mode::Observe, Mode::Additive, Mode::Enforce];
    page.gauge(&metric::MODE, modes.map(|mode| ([mode.as_str()], flag(status.mode == Some(mode)))));
    page.value(&metric::INTERVAL, status.interval.map(|interval| interval.as_secs_f64()));
    page.value(&metric::SUSPENDED, flag(status.suspended));
    let config = &status.config;
    page.value(&metric::CONFIG_VALID, flag(config.is_usable() && config.problems.is_empty()));
    page.value(&metric::CONFIG_LOADED, config.loaded_at.map(seconds));
    page.counter(&metric::CONFIG_RELOADS, [(["used"], config.used), (["refused"], config.refused)]);
}

fn cycles(page: &mut Page, status: &Status) {
    page.value(&metric::LAST_GOOD, status.last_good_at.map(seconds));
    page.value(&metric::SNAPSHOT, status.snapshot_at.map(seconds));
    let count = |outcome: CycleOutcome| status.cycles.get(outcome.as_str()).copied().unwrap_or_default();
    page.counter(&metric::CYCLES, CycleOutcome::ALL.map(|outcome| ([outcome.as_str()], count(outcome))));
    page.histogram(&metric::CYCLE_SECONDS, status.durations);
    let last = status.last_cycle.as_ref();
    page.value(&metric::LAST_CYCLE_SECONDS, last.map(|cycle| cycle.seconds));
    page.value(&metric::LAST_CYCLE_CALLS, last.map(|cycle| number(cycle.calls)));
    let changes = status.changes.iter().map(|((kind, outcome), count)| ([*kind, *outcome], *count));
    page.counter(&metric::CHANGES, changes);
    page.counter(&metric::BY_HAND, [([], status.by_hand)]);
}

fn drift(page: &mut Page, status: &Status) {
    let counts = status.drift_counts().into_iter();
    page.gauge(&metric::DRIFT, counts.map(|((kind, class), count)| ([class, kind], number(count))));
    page.value(&metric::BLOCKED, status.plan.as_ref().map(|plan| number(plan.blocked.len())));
    page.value(&metric::PROTECTED, status.plan.as_ref().map(|plan| number(plan.protected.len())));
    let held = |reason| status.holds.iter().any(|hold| hold.reason == reason);
    page.gauge(&metric::HELD, HoldReason::ALL.map(|reason| ([reason.as_str()], flag(held(reason)))));
    page.value(&metric::MEANWHILE, flag(status.meanwhile.is_some()));
    let mut contended: BTreeMap<&'static str, usize> = BTreeMap::new();
    status.contended.iter().for_each(|change| *contended.entry(change.kind).or_default() += 1);
    page.gauge(&metric::CONTENDED, contended.into_iter().map(|(kind, count)| ([kind], number(count))));
}

fn people(page: &mut Page, status: &Status) {
    let counts = status.mfa_counts();
    let answers = [
        ("required", counts.map(|counts| counts.required)),
        ("enforced", counts.map(|counts| counts.enforced)),
        ("required_not_enforced", counts.map(|counts| counts.required_not_enforced)),
        ("device", counts.and_then(|counts| counts.with_device)),
        ("required_without_device", counts.and_then(|counts| counts.required_without_device)),
    ];
    page.gauge(&metric::MFA, answers.into_iter().filter_map(|(answer, count)| Some(([answer], number(count?)))));
    page.value(&metric::BYPASSING, status.plan.as_ref().map(|plan| number(plan.bypasses.len())));
    page.value(&metric::REVISED, number(status.revised.len()));
}

fn audit(page: &mut Page, status: &Status) {
    let report = status.audit.as_deref();
    page.value(&metric::AUDIT_TIMESTAMP, report.map(|report| seconds(report.at)));
    let rows = report.map(|report| {
        let counts = report.counts;
        [(["pass"], counts.pass), (["fail"], counts.fail), (["not_answered"], counts.not_answered)]
    });
    let findings = report.map(|report| {
        let rules = &report.rules;
        [(["error"], rules.errors), (["warning"], rules.warnings), (["info"], rules.infos)]
    });
    for (metric, counts) in [(&metric::AUDIT_ROWS, rows), (&metric::AUDIT_FINDINGS, findings)] {
        page.gauge(metric, counts.into_iter().flatten().map(|(labels, count)| (labels, number(count))));
    }
}

fn flag(value: bool) -> f64 {
    if value { 1.0 } else { 0.0 }
}

fn seconds(time: jiff::Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}

fn number(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contention::Contended;
    use crate::testing::{checked, empty_account, plan};

    fn fresh() -> String {
        render(&Status::starting(jiff::Timestamp::UNIX_EPOCH), &Calls::default()).unwrap()
    }

    /// A status in which every metric has a sample.
    fn full() -> Status {
        const MATRIX: &str = "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] } }\n\
             policies: { AmazonS3FullAccess: [Dev] }\n";
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut status = Status::starting(now);
        status.config.loaded_at = Some(now);
        status.interval = Some(std::time::Duration::from_mins(1));
        (status.last_good_at, status.snapshot_at) = (Some(now), Some(now));
        status.plan = Some(std::sync::Arc::new(plan(&checked(MATRIX, &[], ""), &empty_account())));
        let change = "add ann to Dev".to_owned();
        status.contended.push(Contended { change, kind: "addMember", times: 3, last_at: now, next_at: None });
        status.changes.insert(("addMember", "done"), 1);
        status.end_cycle(crate::status::Cycle {
            number: 1,
            ended_at: now,
            seconds: 0.7,
            calls: 3,
            outcome: CycleOutcome::Changed,
            error: None,
        });
        status
    }

    #[test]
    fn a_fresh_process_has_every_metric_that_alerts_need() {
        let text = fresh();
        for line in [
            "iamatrix_config_valid 0.0",
            "iamatrix_plan_held{reason=\"memberships\"} 0.0",
            "iamatrix_cycles_total{outcome=\"failed\"} 0",
            "iamatrix_config_reloads_total{outcome=\"refused\"} 0",
            "iamatrix_mode{mode=\"enforce\"} 0.0",
            "iamatrix_suspended 0.0",
            "iamatrix_cycle_seconds_bucket{le=\"+Inf\"} 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn what_is_not_known_before_the_account_was_read_has_no_sample() {
        let sampled = |text: &str, name: &str| text.lines().any(|line| line.starts_with(name));
        let (before, after) = (fresh(), render(&full(), &Calls::default()).unwrap());
        for name in ["mfa_users{", "blocked_rows ", "protected_extras ", "bypassing_policies ", "interval_seconds "] {
            let name = format!("iamatrix_{name}");
            assert_eq!((sampled(&before, &name), sampled(&after, &name)), (false, true), "{name}");
        }
        assert!(!after.contains("answer=\"device\""), "devices were not looked at yet");
    }

    #[test]
    fn what_is_announced_is_what_the_catalogue_says() {
        let text = render(&full(), &Calls::default()).unwrap();
        let announced: BTreeSet<(&str, &str)> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE iamatrix_")?.split_once(' ')).collect();
        let needs_aws = |metric: &&&metric::Metric| metric.name.starts_with("audit_") || metric.name == "api_calls";
        let catalogued = metric::ALL.iter().filter(|metric| !needs_aws(metric));
        let catalogued = catalogued.map(|metric| (metric.name, metric.kind.as_str())).collect();
        assert_eq!(announced, catalogued);
    }

    #[test]
    fn samples_carry_the_labels_of_the_catalogue_and_no_others() {
        let text = render(&full(), &Calls::default()).unwrap();
        for metric in metric::ALL.iter().filter(|metric| metric.kind != metric::Kind::Histogram) {
            let begin = format!("{}{}", metric.full_name(), if metric.labels.is_empty() { " " } else { "{" });
            let samples: Vec<&str> = text.lines().filter(|line| line.starts_with(&begin)).collect();
            let needs_aws = metric.name.starts_with("audit_") || metric.name == "api_calls";
            assert!(needs_aws || !samples.is_empty(), "{begin}\n{text}");
            for sample in samples {
                let labels: Vec<&str> =
                    sample.split('"').step_by(2).filter_map(|part| part.split('=').next()).collect();
                let labels: Vec<&str> = labels.iter().filter_map(|part| part.rsplit(['{', ',']).next()).collect();
                let wanted: Vec<&str> = metric.labels.iter().map(|(label, _)| *label).collect();
                assert_eq!(labels[..wanted.len()], wanted, "{sample}");
            }
        }
        let buckets: Vec<&str> =
            text.lines().filter(|line| line.starts_with("iamatrix_cycle_seconds_bucket")).collect();
        assert!(buckets[0].ends_with("le=\"0.5\"} 0") && buckets[1].ends_with("le=\"1.0\"} 1"), "{buckets:?}");
        assert!(buckets.last().unwrap().ends_with("le=\"+Inf\"} 1"), "{buckets:?}");
    }

    #[test]
    fn the_reference_page_is_that_of_the_catalogue() {
        crate::testing::committed("docs/metrics.md", &metric::reference());
    }
}
