//! Waivers: one rule, silenced on one object, with a reason and an end.
//!
//! Owns: what a waiver covers, and marking the findings that it silences.
//! Must not: decide which findings there are, or know today's date; it is an argument.

use jiff::civil::Date;

use crate::diagnostic::{Diagnostic, Severity, Waived};
use crate::located::Located;
use crate::name::Name;
use crate::rulebook::{self, Kind, Page};

/// Silences one rule on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule's code, or one of its numbers.
    pub rule: Located<String>,
    /// The policy, user or group.
    pub on: Located<Name>,
    /// Why that is agreed.
    pub because: String,
    /// The last day on which it counts, in UTC.
    pub until: Located<Date>,
}

impl Waiver {
    /// The rules that it silences: those of its code that can be waived.
    pub fn rules(&self) -> impl Iterator<Item = &'static Page> {
        rulebook::find(&self.rule.value).into_iter().filter(|page| page.object.is_some())
    }

    /// Whether its last day is over.
    #[must_use]
    pub fn is_over(&self, today: Date) -> bool {
        self.until.value < today
    }

    /// Whether it silences `finding` on that day.
    #[must_use]
    pub fn covers(&self, finding: &Diagnostic, today: Date) -> bool {
        let may_be = |page: &Page| {
            page.code == finding.code && (page.kind != Kind::Structure || finding.severity != Severity::Error)
        };
        !self.is_over(today) && finding.object.as_ref() == Some(&self.on.value) && self.rules().any(may_be)
    }
}

/// Marks every finding that a waiver silences, with the first that does.
pub fn apply(waivers: &[Waiver], today: Date, found: &mut [Diagnostic]) {
    for finding in found {
        let waiver = waivers.iter().find(|waiver| waiver.covers(finding, today));
        finding.waived = waiver.map(|waiver| Waived { because: waiver.because.clone(), until: waiver.until.value });
    }
}

/// Waivers that silence none of the findings. One that is over, or for something unknown, has been told, and a rule that
/// only looks at the live account cannot have found anything here.
pub(super) fn unused(waivers: &[Waiver], today: Date, found: &[Diagnostic]) -> Vec<Diagnostic> {
    let told = |waiver: &Waiver| found.iter().any(|f| f.code == "waiver-object" && f.span == waiver.on.span);
    let counts = |waiver: &&Waiver| {
        let live = waiver.rules().any(|page| page.kind == Kind::Live);
        !waiver.is_over(today) && !told(waiver) && !live && waiver.rules().next().is_some()
    };
    let idle =
        waivers.iter().filter(counts).filter(|waiver| !found.iter().any(|finding| waiver.covers(finding, today)));
    idle.map(|waiver| {
        let message = format!(
            "{} reports nothing about `{}`, so this waiver silences nothing",
            waiver.rule.value, waiver.on.value
        );
        Diagnostic::warning("waiver-unused", &waiver.rule.span, message).help("remove the waiver")
    })
    .collect()
}
