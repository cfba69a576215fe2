//! Waivers: one rule, silenced on one object, with a reason and an end.
//!
//! Owns: what a waiver covers, and marking the findings that it silences.
//! Must not: decide which findings there are, or know today's date; it is an argument.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::diagnostic::{Diagnostic, Severity, Waived};
use crate::located::Located;
use crate::name::Name;
use crate::rulebook::{self, Kind, Page};

/// So many days before its end one is reminded of a waiver: time enough to mend what it silences, or to agree anew.
const REMINDED_DAYS: i32 = 14;

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

    /// Whether it still counts, and its last day is near: within [`REMINDED_DAYS`].
    #[must_use]
    pub fn ends_soon(&self, today: Date) -> bool {
        !self.is_over(today) && self.until.value <= today.saturating_add(REMINDED_DAYS.days())
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
        let waiver = first(waivers, today, finding);
        finding.waived = waiver.map(|waiver| Waived { because: waiver.because.clone(), until: waiver.until.value });
    }
}

/// Of several that silence a finding, the first counts.
fn first<'w>(waivers: &'w [Waiver], today: Date, finding: &Diagnostic) -> Option<&'w Waiver> {
    waivers.iter().find(|waiver| waiver.covers(finding, today))
}

/// Waivers that silence none of the findings, or only what another does already. One that is over, or for something
/// unknown, has been told, and a rule that only looks at the live account cannot have found anything here.
pub(super) fn unused(waivers: &[Waiver], today: Date, found: &[Diagnostic]) -> Vec<Diagnostic> {
    let told = |waiver: &Waiver| found.iter().any(|f| f.code == "waiver-object" && f.span == waiver.on.span);
    let counts = |waiver: &&Waiver| {
        let live = waiver.rules().any(|page| page.kind == Kind::Live);
        !waiver.is_over(today) && !told(waiver) && !live && waiver.rules().next().is_some()
    };
    let used: Vec<&Waiver> = found.iter().filter_map(|finding| first(waivers, today, finding)).collect();
    let idle = waivers.iter().filter(counts).filter(|waiver| !used.iter().any(|used| std::ptr::eq(*used, *waiver)));
    idle.map(|waiver| {
        let twin = found.iter().any(|finding| waiver.covers(finding, today));
        let (rule, on) = (&waiver.rule.value, &waiver.on.value);
        let message = if twin {
            format!("another waiver silences what {rule} reports about `{on}` already")
        } else {
            format!("{rule} reports nothing about `{on}`, so this waiver silences nothing")
        };
        Diagnostic::warning("waiver-unused", &waiver.rule.span, message).help("remove the waiver")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::catalog::Catalog;
    use crate::files::Files;
    use crate::matrix::{Checked, check, load};
    use crate::testing::{GUARD, operator};

    const LOCKED: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}}"#;

    /// A matrix with one error of a lint, M01 on `Locked`, judged on a day.
    fn judged(waivers: &str, mode: &str, today: Date) -> Result<Checked, Vec<Diagnostic>> {
        let matrix = format!(
            "version: 1\ngroups: {{ Staff: {{}} }}\nusers: {{ ann: {{ groups: [Staff], mfa: exempt, because: keys }} }}\ndocuments: policies/\n\
             policies: {{ Locked: [Staff], Guard: [Staff] }}\nwaivers: [{waivers}]\n"
        );
        let settings = operator("").replace("mode: enforce", mode);
        let documents = [("policies/Locked.json", LOCKED), ("policies/Guard.json", GUARD)];
        check(load(&Files::from_memory(&settings, &matrix, documents)), &Catalog::embedded("aws"), today)
    }

    fn codes<'f>(found: impl IntoIterator<Item = &'f Diagnostic>) -> Vec<&'f str> {
        found.into_iter().map(|finding| finding.code).collect()
    }

    const WAIVER: &str = "{ rule: m01, on: LOCKED, because: \"agreed on\", until: 2027-06-30 }";
    const LAST: Date = date(2027, 6, 30);
    const AFTER: Date = date(2027, 7, 1);

    #[test]
    fn an_error_of_a_lint_blocks_enforce_and_nothing_else() {
        for mode in ["mode: observe", "mode: additive"] {
            let checked = judged("", mode, LAST).unwrap();
            assert_eq!(codes(checked.problems()), ["M01"], "{mode}");
            assert!(checked.problems().all(Diagnostic::is_error));
        }
        let found = judged("", "mode: enforce", LAST).unwrap_err();
        let refusal = found.iter().find(|finding| finding.code == "unmended-lints").unwrap();
        assert!(refusal.message.contains("M01") && refusal.span.file.contains("operator.yaml"), "{refusal}");
        assert!(codes(&found).contains(&"M01"));
    }

    #[test]
    fn a_waiver_counts_until_the_end_of_its_last_day_and_is_then_told() {
        let checked = judged(WAIVER, "mode: enforce", LAST).unwrap();
        assert_eq!(checked.problems().count(), 0);
        let silenced = checked.findings().iter().find(|finding| finding.code == "M01").unwrap();
        let waived = Waived { because: "agreed on".into(), until: LAST };
        assert_eq!(silenced.waived, Some(waived));
        let found = judged(WAIVER, "mode: enforce", AFTER).unwrap_err();
        let told: Vec<&str> = codes(found.iter().filter(|finding| finding.is_problem()));
        assert_eq!(told, ["waiver-expired", "unmended-lints", "M01"]);
    }

    #[test]
    fn one_is_reminded_of_a_waiver_in_its_last_fourteen_days() {
        let checked = judged(WAIVER, "mode: observe", LAST).unwrap();
        let waiver = &checked.matrix().waivers[0];
        let days = [date(2027, 6, 15), date(2027, 6, 16), LAST, AFTER];
        assert_eq!(days.map(|day| waiver.ends_soon(day)), [false, true, true, false]);
    }

    #[test]
    fn a_waiver_silences_one_rule_on_one_object_only() {
        for other in [WAIVER.replace("m01", "M02"), WAIVER.replace("LOCKED", "Guard")] {
            let found = judged(&other, "mode: enforce", LAST).unwrap_err();
            let told = codes(found.iter().filter(|finding| finding.is_problem()));
            assert_eq!(told, ["waiver-unused", "unmended-lints", "M01"], "{other}");
        }
    }

    #[test]
    fn a_second_waiver_for_the_same_is_told() {
        let twice = format!("{WAIVER}, {}", WAIVER.replace("agreed on", "agreed again"));
        let checked = judged(&twice, "mode: enforce", LAST).unwrap();
        let told: Vec<&str> = checked.problems().map(|finding| finding.message.as_str()).collect();
        assert_eq!(told, ["another waiver silences what m01 reports about `LOCKED` already"]);
    }

    #[test]
    fn a_rule_of_the_live_account_may_be_waived_for_what_the_matrix_does_not_have() {
        let live = WAIVER.replace("m01", "M07").replace("LOCKED", "OldPolicy");
        let checked = judged(&live, "mode: observe", LAST).unwrap();
        assert_eq!(codes(checked.problems()), ["M01"]);
    }

    #[test]
    fn a_waived_warning_stays_waived_beside_an_error_of_structure() {
        let matrix = "version: 1\ngroups: { Staff: {} }\nusers: { ann: { groups: [Staf] } }\ndocuments: policies/\npolicies: { ReadOnlyAccess: [Staff] }\n\
                      waivers: [{ rule: unused-document, on: Guard, because: kept, until: 2027-06-30 }]\n";
        let files = Files::from_memory(&operator(""), matrix, [("policies/Guard.json", GUARD)]);
        let found = check(load(&files), &Catalog::embedded("aws"), LAST).unwrap_err();
        let unused =
            found.iter().find(|finding| finding.code == "unused-document").unwrap_or_else(|| panic!("{found:?}"));
        assert!(unused.waived.is_some() && found.iter().any(Diagnostic::is_error), "{found:?}");
    }
}
