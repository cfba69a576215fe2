//! What the judges of the rows work with: the evidence, the time, and words for both.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::evidence::{Answer, Entities, Evidence};
use super::report::Finding;
use super::{Settings, Wanted};
use crate::access::Access;
use crate::access::standing::Standing;
use crate::diagnostic::Diagnostic;
use crate::live::Scope;
use crate::matrix::{Waiver, waivers};
use crate::name::{Arn, Name};

/// The remedy where the matrix asks for it, and the account is not there yet.
pub(super) const IN_MATRIX: &str = "the matrix has it already: `iamatrix apply`";

/// The remedy for what lies under our path and the matrix does not have.
pub(super) const NOT_IN_MATRIX: &str = "matrix.yaml does not have it: with `prune: true` in operator.yaml `iamatrix apply` deletes it; or delete it by hand";

/// One look at the evidence.
#[derive(Debug, Clone, Copy)]
pub struct Inspection<'e> {
    /// What is known.
    pub evidence: &'e Evidence,
    /// What somebody decided.
    settings: &'e Settings,
    /// What everybody holds.
    access: &'e Answer<Access>,
    /// When it is looked at.
    now: Timestamp,
}

impl<'e> Inspection<'e> {
    /// A look at `evidence` at `now`; `access` is what everybody holds by it.
    #[must_use]
    pub fn new(evidence: &'e Evidence, access: &'e Answer<Access>, settings: &'e Settings, now: Timestamp) -> Self {
        Inspection { evidence, settings, access, now }
    }

    /// What everybody holds.
    pub(super) fn access(&self) -> Answer<&'e Access> {
        self.access.as_ref().map_err(Clone::clone)
    }

    /// The day of the look, in UTC; a waiver ends with one.
    fn today(&self) -> Date {
        self.now.to_zoned(TimeZone::UTC).date()
    }

    /// Marks the findings that somebody agreed to.
    pub(super) fn waive(&self, found: &mut [Diagnostic]) {
        waivers::apply(&self.settings.waivers, self.today(), found);
    }

    /// The waiver of that rule on that object, if one counts today.
    pub(super) fn waiver(&self, rule: &str, object: &str) -> Option<&'e Waiver> {
        let object = Name::from(object);
        let silences = |waiver: &&Waiver| {
            waiver.on.value == object && !waiver.is_over(self.today()) && waiver.rules().any(|page| page.code == rule)
        };
        self.settings.waivers.iter().find(silences)
    }

    /// Where users stand with MFA, if there is a matrix.
    pub(super) fn standings(&self) -> Option<&'e [Standing]> {
        self.settings.standings.as_ref().map(|standings| standings.as_slice())
    }

    /// What the matrix asks of the account, if there is one.
    pub(super) fn wanted(&self) -> Option<&'e Wanted> {
        self.settings.wanted.as_ref()
    }

    fn scope(&self) -> Option<&'e Scope> {
        self.settings.scope.as_ref()
    }

    /// Whole days since then; none in the future.
    pub(super) fn days(&self, since: Timestamp) -> i64 {
        self.now.duration_since(since).as_hours().max(0) / 24
    }

    /// `2026-01-02 (93 days ago)`.
    pub(super) fn told(&self, at: Timestamp) -> String {
        let days = usize::try_from(self.days(at)).unwrap_or_default();
        format!("{} ({} ago)", date(at), counted(days, "day", "days"))
    }

    /// A finding about a user, which says so when operator.yaml protects them.
    pub(super) fn of_user(&self, user: &Name, mut evidence: Vec<String>, remedy: impl Into<String>) -> Finding {
        evidence.extend(self.protection(user));
        Finding::new(user.as_str(), evidence, remedy)
    }

    /// Whether operator.yaml protects the user, in words.
    pub(super) fn protection(&self, user: &Name) -> Option<String> {
        let protected = self.scope().is_some_and(|scope| scope.protects_user(user));
        protected.then(|| "protected in operator.yaml".to_owned())
    }

    /// Whether something of that path is ours to keep in order.
    pub(super) fn is_ours(&self, path: &str) -> bool {
        self.scope().is_some_and(|scope| scope.holds(path))
    }

    /// Who carries a managed policy, in words.
    pub(super) fn attached_to(entities: &Entities, arn: &Arn) -> String {
        let holders = entities.holders_of(arn).map(|(holder, name)| format!("{} {name}", holder.as_str()));
        let holders: Vec<_> = holders.collect();
        if holders.is_empty() {
            "attached to nothing".to_owned()
        } else {
            format!("attached to {}", holders.join(", "))
        }
    }
}

/// The day of a time, in UTC.
pub(super) fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// `1 policy`, `2 policies`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
