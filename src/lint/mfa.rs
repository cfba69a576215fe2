//! Denies that demand MFA: whether their condition holds for keys, and whom their list of exceptions lets slip.
//!
//! Sources: IAM user guide, "AWS global condition context keys", `aws:MultiFactorAuthPresent`; "MFA-protected API
//! access"; "Allows MFA-authenticated IAM users to manage their own credentials". Must not: know who carries them.

use super::document::{Known, Subject};
use crate::access::mfa::is_harmless;
use crate::access::reach::{AGE, PRESENT};
use crate::catalog::actions::{Action, Level};
use crate::diagnostic::Diagnostic;
use crate::policy::{Cover, Document, Effect, Element, Statement, Written, pattern};

/// What takes a device away.
const REMOVAL: [&str; 2] = ["iam:deactivatemfadevice", "iam:deletevirtualmfadevice"];

/// Writes that are exempted for a reason as a rule: worth a look, no more. In lower case.
const TOLERATED: [&str; 2] = ["iam:changepassword", "sts:assumerole"];

/// The statements that deny somebody without MFA something.
pub(super) fn mfa_denies(document: &Document) -> impl Iterator<Item = &Written> {
    document.written().filter(|written| asks_for_mfa(&written.statement))
}

/// Whether a statement denies by MFA.
pub(super) fn asks_for_mfa(statement: &Statement) -> bool {
    statement.effect == Effect::Deny && statement.conditions.values().any(|keys| keys.contains_key(PRESENT))
}

/// Whether the condition `operator` on MFA is written, with this value alone.
pub(super) fn asks(statement: &Statement, operator: &str, value: &str) -> bool {
    let values = statement.conditions.get(operator).and_then(|keys| keys.get(PRESENT));
    values.is_some_and(|values| values.len() == 1 && values.iter().all(|written| written.eq_ignore_ascii_case(value)))
}

/// M01: `Bool … false` is not fulfilled by a request without the key, and that is every request with a long-term access
/// key; `Null … true` is fulfilled by nothing else. Only `BoolIfExists … false` is fulfilled by both. Two statements
/// that are alike but for this, one of each, do the same.
pub(super) fn weak_condition(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    for written in mfa_denies(subject.document) {
        let (operator, other, slips) = if asks(&written.statement, "bool", "false") {
            (
                "bool",
                ("null", "true"),
                "a request signed with a long-term access key carries no such key, so it slips through",
            )
        } else if asks(&written.statement, "null", "true") {
            (
                "null",
                ("bool", "false"),
                "a console session without MFA carries the key with the value false, so it slips through",
            )
        } else {
            continue;
        };
        let bare = |statement: &Statement| {
            let mut conditions = statement.conditions.clone();
            for keys in conditions.values_mut() {
                keys.remove(PRESENT);
            }
            conditions.retain(|_, keys| !keys.is_empty());
            (statement.actions.clone(), statement.resources.clone(), conditions)
        };
        let halves = |twin: &Written| {
            asks(&twin.statement, other.0, other.1) && bare(&twin.statement) == bare(&written.statement)
        };
        if mfa_denies(subject.document).any(halves) {
            continue;
        }
        let shown = if operator == "bool" { "Bool" } else { "Null" };
        found.push(
            Diagnostic::error(
                "M01",
                written.place.in_element(Element::Operator, operator),
                format!("`{shown}` on MFA: {slips}"),
            )
            .on(subject.name)
            .help("write \"BoolIfExists\": { \"aws:MultiFactorAuthPresent\": \"false\" }"),
        );
    }
}

/// The exceptions of the MFA denies of a document, each with its statement.
fn exemptions(document: &Document) -> impl Iterator<Item = (&Written, &String)> {
    mfa_denies(document).flat_map(|written| match &written.statement.actions {
        Cover::AllBut(patterns) => patterns.iter().map(|pattern| (written, pattern)).collect::<Vec<_>>(),
        Cover::Only(_) => Vec::new(),
    })
}

/// M02: who may take a device away without MFA needs none.
pub(super) fn exempt_removal(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    for (written, pattern) in exemptions(subject.document) {
        let Some(action) = REMOVAL.iter().find(|action| pattern::matches(pattern, action)) else { continue };
        let name = if *action == REMOVAL[0] { "iam:DeactivateMFADevice" } else { "iam:DeleteVirtualMFADevice" };
        let message = format!("without MFA `{name}` is not denied, so a stolen password can take the device away");
        found.push(
            Diagnostic::error("M02", written.place.in_element(Element::Action, pattern), message)
                .on(subject.name)
                .help("take it out of NotAction; an administrator removes devices for those who lost theirs"),
        );
    }
}

/// M03: whatever is exempt beyond enrolment can be done with a stolen password or key.
pub(super) fn exempt_beyond_enrolment(subject: &Subject<'_>, known: &Known, found: &mut Vec<Diagnostic>) {
    for (written, pattern) in exemptions(subject.document) {
        let beyond: Vec<&Action> = known.catalogue.matching(pattern).filter(|action| is_beyond(action)).collect();
        let Some(worst) = beyond.iter().max_by_key(|action| weight(action)) else { continue };
        let place = written.place.in_element(Element::Action, pattern);
        let others = match beyond.len() - 1 {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        let message =
            format!("without MFA `{}`{others} is not denied; enrolling a device does not need it", worst.name);
        let finding = if weight(worst) > 1 {
            Diagnostic::error("M03", place, message)
        } else {
            Diagnostic::warning("M03", place, message)
        };
        found.push(finding.on(subject.name).help("exempt the actions of enrolment only, each by its name"));
    }
}

fn is_beyond(action: &Action) -> bool {
    let name = action.name.to_ascii_lowercase();
    let harmless = is_harmless(&name) && !TOLERATED.contains(&name.as_str());
    !harmless && !REMOVAL.contains(&name.as_str())
}

/// Reading tells an attacker what there is; writing is what MFA is for, above all where it gives out rights.
fn weight(action: &Action) -> u8 {
    match action.level {
        _ if TOLERATED.contains(&action.name.to_ascii_lowercase().as_str()) => 1,
        Level::List | Level::Read => 0,
        Level::Tagging | Level::Write => 2,
        Level::Permissions => 3,
    }
}

/// M11: `GetSessionToken` needs no permission and cannot be denied, listed or not.
pub(super) fn session_token(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    for written in mfa_denies(subject.document) {
        let Cover::AllBut(patterns) = &written.statement.actions else { continue };
        if patterns.iter().any(|pattern| pattern::matches(pattern, "sts:getsessiontoken")) {
            continue;
        }
        let message = "sts:GetSessionToken is not listed; it works nevertheless, for no policy has an effect on it";
        found.push(
            Diagnostic::info("M11", written.place.statement(), message)
                .on(subject.name)
                .help("list it if you like readers and simulators not to take this for a lock-out"),
        );
    }
}

/// M15: a session that was opened with MFA counts as such for as long as it lives, up to 36 hours.
pub(super) fn no_age(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    let mut statements = subject.document.statements();
    if statements.any(|statement| statement.conditions.values().any(|keys| keys.contains_key(AGE))) {
        return;
    }
    if let Some(written) = mfa_denies(subject.document).next() {
        let message = "nothing bounds how long ago MFA was used: a session of GetSessionToken lives up to 36 hours";
        found.push(
            Diagnostic::info("M15", written.place.in_element(Element::Key, PRESENT), message)
                .on(subject.name)
                .help("to bound it, deny with NumericGreaterThan on aws:MultiFactorAuthAge, in seconds, beside this"),
        );
    }
}
