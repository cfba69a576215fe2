//! The bodies of the pages, written from the status.
//!
//! Must not: keep anything, or read a clock; ages are told at the time that is given.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::history::{CycleRun, PastChange};
use super::{Cycle, CycleOutcome, Meanwhile, MfaCounts, Revised, Status};
use crate::access::effect::Effect;
use crate::access::mfa::Enforced;
use crate::access::standing::{Required, Standing};
use crate::audit::AuditReport;
use crate::contention::Contended;
use crate::desired::Blocked;
use crate::devices::Held;
use crate::diagnostic::{Diagnostic, DiagnosticJson};
use crate::guard::{Hold, HoldReason};
use crate::live::bypass::{Grant, Shown};
use crate::matrix::Mode;
use crate::name::Name;
use crate::plan::{DriftClass, Plan};

impl Status {
    /// Everybody's three answers about MFA, by name.
    fn mfa_answers(&self) -> impl Iterator<Item = MfaAnswers<'_>> {
        self.standings.iter().map(|standing| {
            let Standing { user, required, enforced } = standing;
            MfaAnswers { user, required, enforced, device: self.devices.of(user) }
        })
    }

    /// `/status`: counts and times, no names.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        Summary {
            version: env!("CARGO_PKG_VERSION"),
            started_at: self.started_at,
            mode: self.mode,
            account: self.account.as_deref(),
            path: self.path.as_deref(),
            config: ConfigSummary {
                digest: self.config.digest.as_deref(),
                revision: self.config.revision.as_deref(),
                loaded_at: self.config.loaded_at,
                in_use: match (self.config.is_usable(), self.config.problems.is_empty()) {
                    (false, _) => "none",
                    (true, true) => "newest",
                    (true, false) => "lastGood",
                },
                problems: self.config.problems.len(),
                warnings: self.config.warnings.len(),
            },
            last_cycle: self.last_cycle.as_ref().map(LastCycle::of),
            last_good_at: self.last_good_at,
            snapshot_at: self.snapshot_at,
            drift: self.plan.as_ref().map(|plan| plan.changes.len()),
            drift_by_kind: self.plan.as_deref().map(by_kind),
            blocked_rows: self.plan.as_ref().map(|plan| plan.blocked.len()),
            held: self.holds.iter().map(|hold| hold.reason).collect(),
            release: self.release.as_deref(),
            meanwhile: self.meanwhile.as_ref().map(|meanwhile| meanwhile.digest.as_str()),
            contended: self.contended.len(),
            suspended: self.suspended,
            mfa: self.mfa_counts(),
        }
    }

    /// `/drift`: every difference with its reason.
    #[must_use]
    pub fn drift(&self) -> Drift<'_> {
        let plan = self.plan.as_deref();
        let items = plan.into_iter().flat_map(|plan| &plan.changes).map(|change| DriftItem {
            class: change.drift,
            since: self.since.of(&change.action),
            repair: change.action.to_string(),
            reason: &change.reason,
            details: &change.details,
        });
        Drift {
            snapshot_at: self.snapshot_at,
            items: items.collect(),
            blocked: plan.map(|plan| plan.blocked.as_slice()).unwrap_or_default(),
            protected: plan.map(|plan| plan.protected.as_slice()).unwrap_or_default(),
            notes: plan.map(|plan| plan.notes.as_slice()).unwrap_or_default(),
            bypasses: plan.map(|plan| plan.bypasses.as_slice()).unwrap_or_default(),
            mfa: self.mfa_answers().collect(),
            revised: &self.revised,
            config_problems: &self.config.problems,
            config_warnings: &self.config.warnings,
        }
    }

    /// `/plan`: the calls that would make the account equal to the matrix, and what the guard says.
    #[must_use]
    pub fn plan_view(&self) -> PlanView<'_> {
        PlanView {
            mode: self.mode,
            digest: self.plan_digest.as_deref(),
            last_outcome: self.last_cycle.as_ref().map(|cycle| cycle.outcome),
            holds: &self.holds,
            release: self.release.as_deref(),
            meanwhile: self.meanwhile.as_ref().map(|Meanwhile { digest, plan }| MeanwhileView { digest, plan }),
            contended: &self.contended,
            suspended: self.suspended,
            plan: self.plan.as_deref(),
            effect: &self.effect,
        }
    }

    /// `/history`: the last cycles and changes, the newest first.
    #[must_use]
    pub fn history_view(&self) -> HistoryView<'_> {
        HistoryView {
            started_at: self.started_at,
            cycles: self.history.runs().rev().collect(),
            changes: self.history.changes().rev().collect(),
        }
    }

    /// `/audit`: the last audit and everybody's devices, with the age of both at `now`.
    #[must_use]
    pub fn audit_view(&self, now: Timestamp) -> AuditView<'_> {
        let age = |at: Timestamp| now.duration_since(at).as_secs().max(0);
        let report = self.audit.as_deref();
        let devices = self.standings.iter().map(|standing| {
            let held = self.devices.of(&standing.user);
            UserDevices { user: &standing.user, age_seconds: held.seen().map(age), held }
        });
        AuditView {
            age_seconds: report.map(|report| age(report.at)),
            credentials_age_seconds: report.and_then(|report| report.credentials_as_of).map(age),
            problem: self.audit_problem.as_deref(),
            devices: devices.collect(),
            report,
        }
    }
}

/// Differences by the change that would end them.
fn by_kind(plan: &Plan) -> BTreeMap<&'static str, usize> {
    plan.changes.iter().fold(BTreeMap::new(), |mut by_kind, change| {
        *by_kind.entry(change.action.kind()).or_default() += 1;
        by_kind
    })
}

/// The body of `/history`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryView<'a> {
    /// Nothing from before is known.
    started_at: Timestamp,
    cycles: Vec<&'a CycleRun>,
    changes: Vec<&'a PastChange>,
}

/// The body of `/audit`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditView<'a> {
    age_seconds: Option<i64>,
    credentials_age_seconds: Option<i64>,
    problem: Option<&'a str>,
    devices: Vec<UserDevices<'a>>,
    report: Option<&'a AuditReport>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserDevices<'a> {
    user: &'a Name,
    #[serde(flatten)]
    held: Held,
    age_seconds: Option<i64>,
}

/// The body of `/status`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary<'a> {
    /// The program's.
    version: &'static str,
    /// When the process started.
    started_at: Timestamp,
    mode: Option<Mode>,
    /// The account, once it is known.
    account: Option<&'a str>,
    /// The path in scope.
    path: Option<&'a str>,
    config: ConfigSummary<'a>,
    last_cycle: Option<LastCycle>,
    /// When the account was last found, or made, equal to the matrix.
    last_good_at: Option<Timestamp>,
    /// When the account was last read completely.
    snapshot_at: Option<Timestamp>,
    /// How many differences there are; null until the account was compared.
    drift: Option<usize>,
    /// The same by the change that would end them.
    drift_by_kind: Option<BTreeMap<&'static str, usize>>,
    /// Rows of the matrix that cannot be realised in this account; null until it was compared.
    blocked_rows: Option<usize>,
    /// Why the plan is held; in observe mode, why it would be.
    held: Vec<HoldReason>,
    /// The digest that releases the held plan, if a release can.
    release: Option<&'a str>,
    /// The digest of the last approved configuration, while it is enforced in place of the newest.
    meanwhile: Option<&'a str>,
    /// How many changes somebody keeps undoing.
    contended: usize,
    /// Whether operator.yaml suspends the operator: it plans and reports, and changes nothing.
    suspended: bool,
    /// Null until the account was compared.
    mfa: Option<MfaCounts>,
}

/// The last cycle that ended.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cycle)]
struct LastCycle {
    /// Its number, from 1.
    number: u64,
    /// When it ended.
    ended_at: Timestamp,
    /// How long it took.
    seconds: f64,
    /// Calls to AWS, every attempt.
    calls: u64,
    /// How it ended.
    outcome: CycleOutcome,
    /// The kind of error, if it failed. What AWS said names people, so it is in `/history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_class: Option<&'static str>,
}

impl LastCycle {
    fn of(cycle: &Cycle) -> Self {
        let Cycle { number, ended_at, seconds, calls, outcome, ref error } = *cycle;
        LastCycle { number, ended_at, seconds, calls, outcome, error_class: error.as_ref().map(|error| error.class) }
    }
}

/// A user's three answers about MFA.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct MfaAnswers<'a> {
    user: &'a Name,
    required: &'a Required,
    enforced: &'a Enforced,
    device: Held,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConfigSummary<'a> {
    /// SHA-256 of the configuration in use.
    digest: Option<&'a str>,
    /// The git commit that it comes from, if it is known.
    revision: Option<&'a str>,
    /// When it was taken into use.
    loaded_at: Option<Timestamp>,
    /// Which it is: `newest`, `lastGood` or `none`.
    #[schema(pattern = "^(newest|lastGood|none)$")]
    in_use: &'static str,
    /// Why the newest is not in use: how many problems it has.
    problems: usize,
    /// What is worth a look in it.
    warnings: usize,
}

/// The body of `/drift`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Drift<'a> {
    snapshot_at: Option<Timestamp>,
    #[serde(rename = "drift")]
    items: Vec<DriftItem<'a>>,
    blocked: &'a [Blocked],
    protected: &'a [String],
    notes: &'a [String],
    #[schema(value_type = Vec<Shown>)]
    bypasses: &'a [Grant],
    mfa: Vec<MfaAnswers<'a>>,
    revised: &'a BTreeMap<Name, Revised>,
    config_problems: &'a [String],
    #[schema(value_type = Vec<DiagnosticJson>)]
    config_warnings: &'a [Diagnostic],
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct DriftItem<'a> {
    class: DriftClass,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    repair: String,
    reason: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    details: &'a [String],
}

/// The body of `/plan`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView<'a> {
    mode: Option<Mode>,
    /// The digest of the calls; equal plans have equal digests.
    digest: Option<&'a str>,
    last_outcome: Option<CycleOutcome>,
    /// Why the plan is held; in observe mode, why it would be.
    holds: &'a [Hold],
    /// The digest that releases the held plan, if a release can.
    release: Option<&'a str>,
    /// What is enforced while the plan is held.
    meanwhile: Option<MeanwhileView<'a>>,
    /// Changes that somebody keeps undoing.
    contended: &'a [Contended],
    /// Whether operator.yaml suspends the operator: it plans and reports, and changes nothing.
    suspended: bool,
    plan: Option<&'a Plan>,
    /// What the plan grants and takes away.
    effect: &'a Effect,
}

/// The last approved matrix, enforced while the plan of the newest one is held.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Meanwhile)]
struct MeanwhileView<'a> {
    /// SHA-256 of the configuration that it came from.
    digest: &'a str,
    /// What that matrix would change now.
    plan: &'a Plan,
}
