//! The status as `OpenMetrics` text. Labels are bounded: never the name of a user, group or policy.
//!
//! Must not: keep anything; every scrape is written from the status.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::guard::HoldReason;
use crate::iam::Calls;
use crate::matrix::Mode;
use crate::status::{CycleOutcome, Status};

/// The content type of `OpenMetrics` text.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, &'static str)>;
type Gauges = Family<Labels, Gauge<f64, AtomicU64>>;
type Counters = Family<Labels, Counter>;

/// Writes all metrics.
pub(super) fn render(status: &Status, calls: &Calls) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("iamatrix");
    state(&mut registry, status);
    drift(&mut registry, status);
    mfa(&mut registry, status);
    counters(&mut registry, status, calls);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(sorted(&text))
}

/// The samples of each metric in the order of the alphabet; the library keeps them in a hash map.
fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.chunk_by_mut(|a, b| a.starts_with('#') == b.starts_with('#')).for_each(|run| {
        if run.iter().all(|line| !line.starts_with('#')) {
            run.sort_unstable();
        }
    });
    lines.join("\n").replace("{} ", " ") + "\n"
}

fn gauge(registry: &mut Registry, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, f64)>) {
    let family = Gauges::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    registry.register(name, help, family);
}

fn counter(registry: &mut Registry, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, u64)>) {
    let family = Counters::default();
    for (labels, value) in values {
        family.get_or_create(&labels).inc_by(value);
    }
    registry.register(name, help, family);
}

fn one(value: f64) -> [(Labels, f64); 1] {
    [(Vec::new(), value)]
}

fn flag(value: bool) -> f64 {
    if value { 1.0 } else { 0.0 }
}

fn seconds(time: jiff::Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}

fn state(registry: &mut Registry, status: &Status) {
    gauge(registry, "build_info", "Version of the program", [(vec![("version", env!("CARGO_PKG_VERSION"))], 1.0)]);
    let modes = [Mode::Observe, Mode::Additive, Mode::Enforce];
    let modes = modes.map(|mode| (vec![("mode", mode.as_str())], flag(status.mode == Some(mode))));
    gauge(registry, "mode", "1 for the mode in use", modes);
    let valid = status.config.is_usable() && status.config.problems.is_empty();
    gauge(registry, "config_valid", "1 when the files on disk are in use, 0 when they have problems", one(flag(valid)));
    let times = [
        (
            "last_good_reconcile_timestamp_seconds",
            "When the account was last found, or made, equal to the matrix",
            status.last_good_at,
        ),
        ("snapshot_timestamp_seconds", "When the account was last read completely", status.snapshot_at),
    ];
    for (name, help, time) in times {
        gauge(registry, name, help, time.map(|time| (Vec::new(), seconds(time))));
    }
    if let Some(cycle) = &status.last_cycle {
        gauge(registry, "last_cycle_seconds", "How long the last cycle took", one(cycle.seconds));
        let calls = u32::try_from(cycle.calls).map_or(f64::INFINITY, f64::from);
        gauge(registry, "last_cycle_calls", "Calls to AWS in the last cycle, every attempt", one(calls));
    }
}

fn drift(registry: &mut Registry, status: &Status) {
    let counts = status.drift_counts().into_iter().map(|((kind, class), count)| {
        (vec![("kind", kind), ("class", class)], u32::try_from(count).map_or(f64::INFINITY, f64::from))
    });
    gauge(registry, "drift_objects", "Differences between matrix and account, by repair and class", counts);
    let blocked = status.plan.as_ref().map_or(0, |plan| plan.blocked.len());
    let blocked = u32::try_from(blocked).map_or(f64::INFINITY, f64::from);
    gauge(registry, "blocked_rows", "Rows of the matrix that cannot be realised in this account", one(blocked));
    let held = HoldReason::ALL
        .map(|reason| (vec![("reason", reason.as_str())], flag(status.holds.iter().any(|hold| hold.reason == reason))));
    gauge(registry, "plan_held", "1 for each reason why the plan is held, or would be outside observe mode", held);
}

fn mfa(registry: &mut Registry, status: &Status) {
    let counts = status.mfa_counts();
    let answers = [
        ("required", counts.required),
        ("enforced", counts.enforced),
        ("required_not_enforced", counts.required_not_enforced),
        ("device", counts.with_device),
        ("required_without_device", counts.required_without_device),
    ];
    let users = answers
        .map(|(answer, count)| (vec![("answer", answer)], u32::try_from(count).map_or(f64::INFINITY, f64::from)));
    gauge(registry, "mfa_users", "Users by what is true of them about MFA; one user may count several times", users);
    let bypasses = status.plan.as_ref().map_or(0, |plan| plan.bypasses.len());
    let bypasses = u32::try_from(bypasses).map_or(f64::INFINITY, f64::from);
    gauge(registry, "bypassing_policies", "Policies that users carry without a group, past the matrix", one(bypasses));
    let revised = u32::try_from(status.revised.len()).map_or(f64::INFINITY, f64::from);
    gauge(registry, "aws_policies_revised", "AWS managed policies in use that AWS changed, as noticed", one(revised));
}

fn counters(registry: &mut Registry, status: &Status, calls: &Calls) {
    let cycles = CycleOutcome::ALL.map(|outcome| {
        (vec![("outcome", outcome.as_str())], status.cycles.get(outcome.as_str()).copied().unwrap_or_default())
    });
    counter(registry, "cycles", "Cycles, by outcome", cycles);
    let changes =
        status.changes.iter().map(|((kind, outcome), count)| (vec![("kind", *kind), ("outcome", *outcome)], *count));
    counter(registry, "changes", "Changes tried, by kind and outcome", changes);
    let calls = calls.snapshot();
    let calls = calls
        .into_iter()
        .map(|(labels, count)| (vec![("operation", labels.operation), ("outcome", labels.outcome)], count));
    counter(registry, "api_calls", "Calls to AWS, every attempt, by operation and outcome", calls);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_process_has_every_metric_that_alerts_need() {
        let status = Status::starting(jiff::Timestamp::UNIX_EPOCH);
        let text = render(&status, &Calls::default()).unwrap();
        for line in [
            "iamatrix_config_valid 0.0",
            "iamatrix_plan_held{reason=\"memberships\"} 0.0",
            "iamatrix_cycles_total{outcome=\"failed\"} 0",
            "iamatrix_mode{mode=\"enforce\"} 0.0",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn only_counters_end_in_total() {
        let text = render(&Status::starting(jiff::Timestamp::UNIX_EPOCH), &Calls::default()).unwrap();
        for line in text.lines().filter(|line| line.starts_with("# TYPE")) {
            let (name, kind) = (line.split(' ').nth(2).unwrap(), line.split(' ').nth(3).unwrap());
            assert!(!name.ends_with("_total"), "{line}");
            assert!(kind == "gauge" || kind == "counter", "{line}");
        }
    }
}
