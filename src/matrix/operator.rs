//! `operator.yaml`: what the platform team decides, out of the matrix owners' reach.
//!
//! Owns: the settings and their rules; `read` decodes them, `narrow` compares them with newer ones. Must not: hold
//! anything about who may do what.

mod narrow;
mod read;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use serde::Serialize;

pub(super) use read::operator;

use super::Overrides;
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::name::Name;

/// How far the operator may go.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    schemars::JsonSchema,
    clap::ValueEnum,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Plans and reports; there is no writer at all.
    Observe,
    /// Creates, attaches and adds; never removes, nor changes a document or the password policy.
    Additive,
    /// Does everything the plan says.
    Enforce,
}

impl Mode {
    /// The mode as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Observe => "observe",
            Mode::Additive => "additive",
            Mode::Enforce => "enforce",
        }
    }
}

/// The modes that change the account. Observe has none, so nothing that needs one can be had in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acting {
    /// Only adds.
    Additive,
    /// Does everything.
    Enforce,
}

impl Mode {
    /// How this mode changes the account, if it does.
    #[must_use]
    pub fn acting(self) -> Option<Acting> {
        match self {
            Mode::Observe => None,
            Mode::Additive => Some(Acting::Additive),
            Mode::Enforce => Some(Acting::Enforce),
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The operator's settings.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // they are the file's own switches
pub struct Operator {
    /// The only account that may be changed; may be absent in observe mode.
    pub account: Option<String>,
    /// The path that is in scope.
    pub path: String,
    /// How far to go.
    pub mode: Located<Mode>,
    /// Whether the command line or the environment gave another mode than the file, where [`Operator::mode`] stands.
    pub mode_overridden: bool,
    /// Time between two reconciles.
    pub interval: Duration,
    /// Whether undeclared empty groups and undeclared documents under the path are deleted.
    pub prune: bool,
    /// Whether users that do not exist are created, under the path.
    pub create_users: bool,
    /// Whether nothing at all is changed for now, whatever the mode; plans are still made and shown.
    pub suspend: bool,
    /// Groups of the matrix that are held back, and how far each may be taken.
    pub held_back: BTreeMap<Name, Located<Mode>>,
    /// What the matrix may grant at most.
    pub ceiling: Vec<Ceiling>,
    /// What is never touched.
    pub protect: Protect,
    /// How much one plan may do, and how fast.
    pub limits: Limits,
    /// The held plan that is released here.
    pub approve: Option<Approval>,
    /// Where to serve status.
    pub listen: SocketAddr,
    /// The file that holds the bearer token for what names people or policies.
    pub token_file: Option<PathBuf>,
}

/// Names that are never touched, whatever the matrix says. `*` at the end of a name covers all that begin so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protect {
    /// Users.
    pub users: Vec<String>,
    /// IAM groups.
    pub groups: Vec<String>,
    /// Policies, by name.
    pub policies: Vec<String>,
}

impl Protect {
    /// Whether `patterns`, one of the three lists, covers `name`.
    #[must_use]
    pub fn covers(patterns: &[String], name: &Name) -> bool {
        let name = name.as_str().to_ascii_lowercase();
        patterns
            .iter()
            .map(|pattern| pattern.to_ascii_lowercase())
            .any(|pattern| pattern.strip_suffix('*').map_or(name == pattern, |prefix| name.starts_with(prefix)))
    }
}

/// A power, and the only groups to which the matrix may grant it.
#[derive(Debug, Clone)]
pub struct Ceiling {
    /// A policy's name: what it allows; or an action, `*` allowed: `iam:*`.
    pub power: Located<String>,
    /// The groups of the matrix, or the baseline's.
    pub groups: Vec<Located<Name>>,
}

impl Ceiling {
    /// The pattern of actions, where the power is one; in lower case, as canonical documents write them.
    #[must_use]
    pub fn actions(&self) -> Option<String> {
        (self.power.value.contains(':') || self.power.value == "*").then(|| self.power.value.to_ascii_lowercase())
    }

    /// The policy, where the power is one.
    #[must_use]
    pub fn policy(&self) -> Option<Name> {
        self.actions().is_none().then(|| Name::new(self.power.value.as_str()))
    }
}

/// The release of a held plan, in git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The digest that the hold tells.
    pub digest: Located<String>,
    /// The last day on which it counts, in UTC.
    pub until: Located<Date>,
}

impl Approval {
    /// Whether it no longer counts.
    #[must_use]
    pub fn is_over(&self, today: Date) -> bool {
        self.until.value < today
    }
}

/// How much one plan may do, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A plan that removes more memberships, attachments, documents or groups than this is held.
    pub removals: Threshold,
    /// A plan that widens access more than this is held. Where nothing is said the default counts, except for the first
    /// convergence of an account.
    pub grants: Option<Threshold>,
    /// How often a change is made again after somebody undid it, before it counts as contended.
    pub reverts: u32,
    /// API calls a second, all together.
    pub calls_per_second: u32,
}

/// A count and a share of what is live; the larger of the two counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// At least so many are allowed.
    pub count: u32,
    /// Per cent of what is live.
    pub percent: u32,
}

impl Threshold {
    /// How many of `live` may go: the larger of the count and the share, rounded down.
    #[must_use]
    pub fn allowed(self, live: usize) -> usize {
        let share = live.saturating_mul(usize::try_from(self.percent).unwrap_or(usize::MAX)) / 100;
        share.max(usize::try_from(self.count).unwrap_or(usize::MAX))
    }
}

impl Default for Threshold {
    fn default() -> Self {
        Threshold { count: 5, percent: 20 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits { removals: Threshold::default(), grants: None, reverts: 3, calls_per_second: 10 }
    }
}

/// Where status is served unless said otherwise.
#[must_use]
pub fn default_listen() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 8080).into()
}

impl Operator {
    /// The mode, and where it comes from if it is not the file's, in words.
    #[must_use]
    pub fn mode_told(&self) -> String {
        let from = if self.mode_overridden { " (by `--mode` or IAMATRIX_MODE, in place of the one here)" } else { "" };
        format!("{}{from}", self.mode.value)
    }

    /// How the account may be changed now: not at all in observe mode, while suspended, or where no account is named.
    #[must_use]
    pub fn acting(&self) -> Option<Acting> {
        self.mode.value.acting().filter(|_| !self.suspend && self.account.is_some())
    }

    /// The same with the command line's word over the file's.
    #[must_use]
    pub(super) fn with(mut self, overrides: &Overrides) -> Self {
        self.mode_overridden = overrides.mode.is_some_and(|mode| mode != self.mode.value);
        self.mode.value = overrides.mode.unwrap_or(self.mode.value);
        self.listen = overrides.listen.unwrap_or(self.listen);
        self.limits.calls_per_second = overrides.calls_per_second.unwrap_or(self.limits.calls_per_second);
        self.interval = overrides.longest_interval.map_or(self.interval, |longest| self.interval.min(longest));
        self
    }
}

/// The rule that ties `account` to the mode; `mode` may come from the command line, so it is checked apart.
#[must_use]
pub fn account_missing(operator: &Operator) -> Option<Diagnostic> {
    let needed = operator.account.is_none() && operator.mode.value != Mode::Observe;
    needed.then(|| {
        let message = format!("mode {} needs `account`", operator.mode_told());
        Diagnostic::error("missing-key", &operator.mode.span, message)
            .help("name the one account that may be changed, in quotes: `account: \"123456789012\"`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_of_count_and_share_may_go() {
        let threshold = Threshold { count: 5, percent: 20 };
        assert_eq!([0, 5, 26, 100].map(|live| threshold.allowed(live)), [5, 5, 5, 20]);
    }

    #[test]
    fn protected_names_match_without_case_and_by_prefix() {
        let patterns = vec!["break-glass".to_owned(), "svc-*".to_owned()];
        assert!(Protect::covers(&patterns, &"Break-Glass".into()));
        assert!(Protect::covers(&patterns, &"svc-backup".into()));
        assert!(!Protect::covers(&patterns, &"break-glass-2".into()));
    }
}
