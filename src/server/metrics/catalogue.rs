//! Every metric: its name, its kind, its labels and what it says. `docs/metrics.md` is written from this.
//!
//! Must not: know where a value comes from.

use std::fmt::Write as _;

use crate::iam::Class;

/// A metric, as it is announced.
#[derive(Debug)]
pub(super) struct Metric {
    /// Its name without the prefix and without what its kind adds.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its labels, each with what it may say.
    pub labels: &'static [(&'static str, &'static str)],
    /// What it says, in one sentence without a full stop: the encoder sets it.
    pub help: &'static str,
}

/// A metric's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A count that begins with the process.
    Counter,
    /// Observations by upper bounds.
    Histogram,
}

/// What stands before every name.
pub(super) const PREFIX: &str = "iamatrix";

const CHANGE: &str = "the change: `addMember`, `detach`, … as in `/plan`";

/// Declares metrics, and the list of all of them.
macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal [$(($label:literal, $says:expr)),*] $help:literal;)*) => {
        $(pub(super) const $constant: Metric =
            Metric { name: $name, kind: Kind::$kind, labels: &[$(($label, $says)),*], help: $help };)*
        /// Every metric, in the order of the reference page.
        pub(super) const ALL: &[&Metric] = &[$(&$constant),*];
    };
}

metrics! {
    BUILD_INFO = Gauge "build_info" [("version", "of the program")] "Always 1";
    MODE = Gauge "mode" [("mode", "`observe`, `additive`, `enforce`")] "1 for the mode in use";
    INTERVAL = Gauge "interval_seconds" []
        "How often the account is looked at: `interval` of operator.yaml. Absent until there is a configuration";
    SUSPENDED = Gauge "suspended" [] "1 while operator.yaml suspends the operator: it plans and reports, and changes nothing";
    CONFIG_VALID = Gauge "config_valid" []
        "1 when the files on disk are in use, 0 when they have problems and the last good ones stay in use, or none";
    CONFIG_LOADED = Gauge "config_loaded_timestamp_seconds" []
        "When the configuration in use was taken into use. Absent until there is one";
    CONFIG_RELOADS = Counter "config_reloads" [("outcome", "`used`, `refused`")]
        "Configurations that were read and differed from the one before, by what became of them";
    LAST_GOOD = Gauge "last_good_reconcile_timestamp_seconds" []
        "When the account was last found, or made, equal to the matrix, with no row blocked. Absent before that";
    SNAPSHOT = Gauge "snapshot_timestamp_seconds" [] "When the account was last read completely. Absent before that";
    CYCLES = Counter "cycles" [("outcome", "`inSync`, `changed`, `drift`, `held`, `partial`, `failed`, `stopped`, `settling`")]
        "Cycles, by how they ended";
    CYCLE_SECONDS = Histogram "cycle_seconds" [] "How long cycles took";
    LAST_CYCLE_SECONDS = Gauge "last_cycle_seconds" [] "How long the last cycle took";
    LAST_CYCLE_CALLS = Gauge "last_cycle_calls" [] "Calls to AWS in the last cycle, every attempt";
    DRIFT = Gauge "drift_objects" [("class", "`missing`, `extra`, `different`"), ("kind", CHANGE)]
        "Differences between the matrix and the account at the last look, by the change that ends them. Only those there are";
    BLOCKED = Gauge "blocked_rows" []
        "Rows of the matrix that cannot be realised in this account. Absent until it was compared";
    PROTECTED = Gauge "protected_extras" []
        "What is in our groups, is not wanted, and is left because it is protected. Absent until the account was compared";
    HELD = Gauge "plan_held" [("reason", "why: `memberships`, … as in operating.md")]
        "1 for each reason why the plan is held; in observe mode, why it would be";
    MEANWHILE = Gauge "last_approved_enforced" []
        "1 while the plan of the newest matrix is held and the last approved matrix is enforced in its place";
    CONTENDED = Gauge "contended_changes" [("kind", CHANGE)] "Changes that somebody keeps undoing. Only those there are";
    CHANGES = Counter "changes" [("kind", CHANGE), ("outcome", "`done`, `failed`, `skipped`, `stopped`")]
        "Changes tried, by what became of them";
    BY_HAND = Counter "drift_by_hand" []
        "Looks that found a difference which the look before did not, with the same configuration: somebody, or another \
         tool, made it";
    MFA = Gauge "mfa_users"
        [("answer", "`required`, `enforced`, `device`, and the gaps `required_not_enforced`, `required_without_device`")]
        "Users by what is true of them about MFA; one user may count several times. Absent until the account was compared, and \
         what is about devices until those were looked at";
    BYPASSING = Gauge "bypassing_policies" []
        "Policies that users carry without a group, past the matrix. Absent until the account was compared";
    REVISED = Gauge "aws_policies_revised" [] "AWS managed policies in use that AWS changed, as noticed";
    AUDIT_TIMESTAMP = Gauge "audit_timestamp_seconds" [] "When the account was last audited. Absent before that";
    AUDIT_ROWS = Gauge "audit_rows" [("result", "`pass`, `fail`, `not_answered`")] "Rows of the last audit, by result";
    AUDIT_FINDINGS = Gauge "audit_findings" [("severity", "`error`, `warning`, `info`")]
        "What the rules of `check` found in the account at the last audit, without what a waiver silences";
    API_CALLS = Counter "api_calls" [("operation", "as in AWS's API reference"), ("outcome", "`ok`, or the class of the error, as below")]
        "Calls to AWS, every attempt";
}

impl Metric {
    /// The name that a query uses; of a histogram, the name that its parts begin with.
    pub(super) fn full_name(&self) -> String {
        let ending = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{PREFIX}_{}{ending}", self.name)
    }
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        }
    }
}

/// The reference page.
pub(super) fn reference() -> String {
    let mut page = "# Metrics\n\n\
        `/metrics` serves these, as OpenMetrics text. It is open, so no label ever carries the name of a user, a group or a \
        policy, and every label has a bounded set of values. Counters begin with the process. What to alert on: \
        [operating.md](operating.md#alerts) and [iamatrix.rules.yaml](../deploy/alerts/iamatrix.rules.yaml); a dashboard: \
        [iamatrix.json](../deploy/grafana/iamatrix.json).\n\n\
        This page is written from the code; `BLESS=1 cargo test --lib metrics` writes it anew.\n\n\
        | metric | type | labels | meaning |\n|---|---|---|---|\n"
        .to_owned();
    for metric in ALL {
        let labels: Vec<String> = metric.labels.iter().map(|(label, says)| format!("`{label}`: {says}")).collect();
        let (name, kind, labels) = (metric.full_name(), metric.kind.as_str(), labels.join("; "));
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{name}` | {kind} | {labels} | {} |", metric.help);
    }
    let classes = classes();
    let _ = writeln!(
        page,
        "\nThe class of an error, here, in `/status` and in the log, is one of {classes}; of a cycle also `account`: the \
         credentials are of another account."
    );
    page
}

/// Every class of error, in the order of what is done about it.
fn classes() -> String {
    Class::ALL.map(|class| format!("`{}`", class.as_str())).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_names_the_same_classes_of_errors() {
        let manual = include_str!("../../../docs/operating.md").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(manual.contains(&format!("Classes of errors: {}.", classes())), "{}", classes());
    }
}
