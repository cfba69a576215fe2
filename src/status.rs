//! What the operator knows and did: the one model behind `/status`, `/drift`, `/plan`, `/metrics` and the logs.
//!
//! Owns: [`Status`], in [`views`] the bodies of the pages, in [`since`] how long a difference has been there. Must not: be
//! changed by anything but the engine and, as to devices and the audit, the audit's watch.

pub mod durations;
pub mod history;
pub mod since;
pub mod views;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::access::effect::Effect;
use crate::access::standing::{Required, Standing};
use crate::audit::{AuditReport, Wanted};
use crate::contention::Contended;
use crate::devices::{Devices, Held};
use crate::diagnostic::Diagnostic;
use crate::grid::{Grid, Holding};
use crate::guard::Hold;
use crate::live::Scope;
use crate::matrix::{Mode, Waiver};
use crate::name::Name;
use crate::plan::Plan;
use crate::withheld::Withheld;
use durations::Durations;
use history::History;
use since::Since;

/// Everything worth knowing about the operator at one moment.
#[derive(Debug, Clone)]
pub struct Status {
    /// When the process started.
    pub started_at: Timestamp,
    /// How far the operator may go, once settings are loaded.
    pub mode: Option<Mode>,
    /// How often it looks at the account, once settings are loaded.
    pub interval: Option<Duration>,
    /// The account, once it is known.
    pub account: Option<String>,
    /// The path in scope, once settings are loaded.
    pub path: Option<String>,
    /// What is ours and what is protected, once settings are loaded.
    pub scope: Option<Scope>,
    /// What is agreed to, once settings are loaded.
    pub waivers: Arc<Vec<Waiver>>,
    /// What the matrix has and asks for, once it is loaded.
    pub wanted: Option<Arc<Wanted>>,
    /// The configuration.
    pub config: ConfigStatus,
    /// The last cycle that ended.
    pub last_cycle: Option<Cycle>,
    /// When the account was last found, or made, equal to the matrix.
    pub last_good_at: Option<Timestamp>,
    /// When the account was last read completely.
    pub snapshot_at: Option<Timestamp>,
    /// The last plan, and what the guard said.
    pub plan: Option<Arc<Plan>>,
    /// Since when each change of the plan has been due.
    pub since: Arc<Since>,
    /// The digest of the configuration that the account was last compared with.
    pub compared_with: Option<String>,
    /// How often a look found a difference that the look before did not, though the configuration was the same.
    pub by_hand: u64,
    /// What of the plan is left undone, and why.
    pub withheld: Arc<Withheld>,
    /// The matrices laid over the account, at the last plan.
    pub grid: Option<Arc<Grid>>,
    /// The plan's digest.
    pub plan_digest: Option<String>,
    /// What the plan grants and takes away.
    pub effect: Arc<Effect>,
    /// Why the plan is held, or would be.
    pub holds: Vec<Hold>,
    /// The digest that releases the held plan, if a release can.
    pub release: Option<String>,
    /// What is enforced while the newest matrix's plan is held.
    pub meanwhile: Option<Meanwhile>,
    /// Changes that somebody keeps undoing, sorted.
    pub contended: Vec<Contended>,
    /// Whether operator.yaml suspends the operator: it plans and reports, and changes nothing.
    pub suspended: bool,
    /// Where everybody stands with MFA.
    pub standings: Arc<Vec<Standing>>,
    /// AWS managed policies that AWS changed while this process watched, or since the program was built; the last of
    /// each.
    pub revised: BTreeMap<Name, Revised>,
    /// What is known of everybody's MFA devices.
    pub devices: Arc<Devices>,
    /// The last audit.
    pub audit: Option<Arc<AuditReport>>,
    /// Why the last look at devices and credentials failed, if it did.
    pub audit_problem: Option<String>,
    /// Cycles so far, by outcome.
    pub cycles: BTreeMap<&'static str, u64>,
    /// Changes so far, by kind and outcome.
    pub changes: BTreeMap<(&'static str, &'static str), u64>,
    /// How long cycles took.
    pub durations: Durations,
    /// What happened lately.
    pub history: Arc<History>,
}

/// The last approved matrix, enforced while the plan of the newest one is held.
#[derive(Debug, Clone)]
pub struct Meanwhile {
    /// SHA-256 of the configuration it came from.
    pub digest: String,
    /// What that matrix would change now.
    pub plan: Arc<Plan>,
}

/// What became of the files.
#[derive(Debug, Clone, Default)]
pub struct ConfigStatus {
    /// SHA-256 of the configuration in use.
    pub digest: Option<String>,
    /// The git commit that it comes from, if it is known.
    pub revision: Option<String>,
    /// When it was taken into use.
    pub loaded_at: Option<Timestamp>,
    /// What is worth a look in it.
    pub warnings: Vec<Diagnostic>,
    /// Why the files on disk are not in use; empty when they are.
    pub problems: Vec<String>,
    /// Configurations so far that were taken into use.
    pub used: u64,
    /// Configurations so far that were not.
    pub refused: u64,
}

impl ConfigStatus {
    /// Takes in why the newest files are not in use.
    pub fn refuse(&mut self, problems: Vec<String>) {
        if self.problems != problems {
            self.refused += 1;
            self.problems = problems;
        }
    }

    /// Whether a configuration is in use, be it not the newest.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.digest.is_some()
    }
}

/// How a cycle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CycleOutcome {
    /// The account was equal to the matrix.
    InSync,
    /// It was changed, and every change succeeded.
    Changed,
    /// It differs, and this mode, or a blocked row, leaves it so.
    Drift,
    /// It differs, and a guard holds the plan.
    Held,
    /// Some changes failed.
    Partial,
    /// The account could not be read.
    Failed,
    /// It was broken off, because the operator was told to stop.
    Stopped,
    /// It wanted again what was changed a moment ago, so it waits until that must be visible.
    Settling,
}

impl CycleOutcome {
    /// Every outcome, for metrics.
    pub const ALL: [CycleOutcome; 8] = [
        CycleOutcome::InSync,
        CycleOutcome::Changed,
        CycleOutcome::Drift,
        CycleOutcome::Held,
        CycleOutcome::Partial,
        CycleOutcome::Failed,
        CycleOutcome::Stopped,
        CycleOutcome::Settling,
    ];

    /// The outcome as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CycleOutcome::InSync => "inSync",
            CycleOutcome::Changed => "changed",
            CycleOutcome::Drift => "drift",
            CycleOutcome::Held => "held",
            CycleOutcome::Partial => "partial",
            CycleOutcome::Failed => "failed",
            CycleOutcome::Stopped => "stopped",
            CycleOutcome::Settling => "settling",
        }
    }
}

/// One cycle.
#[derive(Debug, Clone)]
pub struct Cycle {
    /// Its number, from 1.
    pub number: u64,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// Calls to AWS, every attempt.
    pub calls: u64,
    /// How it ended.
    pub outcome: CycleOutcome,
    /// Why it failed.
    pub error: Option<CycleError>,
}

/// Why a cycle failed.
#[derive(Debug, Clone)]
pub struct CycleError {
    /// The kind of error; bounded, and names nobody.
    pub class: &'static str,
    /// What a person reads: the same words each time that it fails for the same reason. AWS's words name people.
    pub words: String,
    /// AWS's request id, if it gave one.
    pub request_id: Option<String>,
}

impl Status {
    /// A process that has just started.
    #[must_use]
    pub fn starting(now: Timestamp) -> Self {
        Status {
            started_at: now,
            mode: None,
            interval: None,
            account: None,
            path: None,
            scope: None,
            waivers: Arc::default(),
            wanted: None,
            config: ConfigStatus::default(),
            last_cycle: None,
            last_good_at: None,
            snapshot_at: None,
            plan: None,
            since: Arc::default(),
            compared_with: None,
            by_hand: 0,
            withheld: Arc::default(),
            grid: None,
            plan_digest: None,
            effect: Arc::default(),
            holds: Vec::new(),
            release: None,
            meanwhile: None,
            contended: Vec::new(),
            suspended: false,
            standings: Arc::default(),
            revised: BTreeMap::new(),
            devices: Arc::default(),
            audit: None,
            audit_problem: None,
            cycles: BTreeMap::new(),
            changes: BTreeMap::new(),
            durations: Durations::default(),
            history: Arc::default(),
        }
    }

    /// Whether anything may be changed now.
    #[must_use]
    pub fn acts(&self) -> bool {
        matches!(self.mode, Some(Mode::Enforce | Mode::Additive)) && !self.suspended
    }

    /// Whether a guard holds what would be done otherwise.
    #[must_use]
    pub fn holding(&self) -> Holding {
        if self.acts() && !self.holds.is_empty() { Holding::Plan } else { Holding::Nothing }
    }

    /// Drifted objects by kind of change and class.
    #[must_use]
    pub fn drift_counts(&self) -> BTreeMap<(&'static str, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for change in self.plan.iter().flat_map(|plan| &plan.changes) {
            *counts.entry((change.action.kind(), change.drift.as_str())).or_default() += 1;
        }
        counts
    }

    /// Users by their answers about MFA; none until the account was compared.
    #[must_use]
    pub fn mfa_counts(&self) -> Option<MfaCounts> {
        self.plan.as_ref()?;
        let are_known = self.devices.are_known();
        let count = |test: fn(&Standing) -> bool| self.standings.iter().filter(|standing| test(standing)).count();
        let count_devices = |test: &dyn Fn(&Standing, &Held) -> bool| {
            self.standings.iter().filter(|standing| test(standing, &self.devices.of(&standing.user))).count()
        };
        Some(MfaCounts {
            required: count(|standing| standing.required == Required::Yes),
            enforced: count(|standing| standing.enforced.is_yes()),
            required_not_enforced: count(Standing::is_open),
            with_device: are_known.then(|| count_devices(&|_, held| held.any() == Some(true))),
            required_without_device: are_known.then(|| {
                count_devices(&|standing, held| standing.required == Required::Yes && held.any() == Some(false))
            }),
        })
    }
}

/// Users by their answers about MFA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MfaCounts {
    /// The matrix requires it of them.
    pub required: usize,
    /// The policies enforce it on them.
    pub enforced: usize,
    /// The matrix requires it and nothing enforces it.
    pub required_not_enforced: usize,
    /// They have a device, as far as is known; null until devices were looked at.
    pub with_device: Option<usize>,
    /// The matrix requires it, and they are known to have no device; null until devices were looked at.
    pub required_without_device: Option<usize>,
}

/// AWS changed a policy that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revised {
    /// The version before, `v189`.
    pub from: String,
    /// The version now.
    pub to: String,
    /// When it was noticed.
    pub noticed_at: Timestamp,
    /// What changes for whom.
    pub effect: Effect,
}
