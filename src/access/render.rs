//! Effects and explanations for people.
//!
//! Must not: print; it returns text. Two equal inputs give the same bytes.

use std::fmt::Write as _;

use super::effect::{Effect, Move, Shift};
use super::explain::{Answer, Because, Who};
use super::mfa::Enforced;
use super::portrait::{Carried, Portrait};
use super::reach::{Reach, Session};
use super::universe::ActionName;
use crate::name::Name;

/// Names of a list that are shown before the rest is only counted.
const SHOWN: usize = 5;

/// What a change comes to, as text; empty when nothing changes.
#[must_use]
pub fn effect(effect: &Effect) -> String {
    let mut out = String::new();
    for shift in &effect.changes {
        let _ = writeln!(out, "  {}", people(shift));
        for part in &shift.moves {
            describe(&mut out, part);
        }
    }
    out
}

fn people(shift: &Shift) -> String {
    let names: Vec<&str> = shift.users.iter().map(Name::as_str).collect();
    some_of(&names)
}

/// What is gained is named; of what is lost the numbers are enough, unless it is little.
fn describe(out: &mut String, part: &Move) {
    let plural = if part.count == 1 { "action" } else { "actions" };
    let what = format!("{}, {}: {} {plural}", part.mfa.as_str(), part.kind.as_str(), part.count);
    if !part.kind.is_gain() {
        let kinds = part.sensitive.iter().map(|(kind, actions)| format!("{} {}", kind.as_str(), actions.len()));
        let kinds: Vec<String> = kinds.collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        let _ = writeln!(out, "    - {what}{kinds}");
        if !part.named.is_empty() {
            let _ = writeln!(out, "        {}", listed(&part.named));
        }
        return;
    }
    let _ = writeln!(out, "    + {what}");
    for (kind, actions) in &part.sensitive {
        let names: Vec<&str> = actions.iter().map(ActionName::as_str).collect();
        let _ = writeln!(out, "      ! {} ({}): {}", kind.as_str(), names.len(), some_of(&names));
    }
    if !part.named.is_empty() {
        let _ = writeln!(out, "        {}", listed(&part.named));
    } else if !part.others.is_empty() {
        let mut services: Vec<(&String, &usize)> = part.others.iter().collect();
        services.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
        let services: Vec<String> = services.iter().map(|(service, count)| format!("{service} {count}")).collect();
        let services: Vec<&str> = services.iter().map(String::as_str).collect();
        let _ = writeln!(out, "        others: {}", some_of(&services));
    }
}

fn listed(actions: &[ActionName]) -> String {
    actions.iter().map(ActionName::as_str).collect::<Vec<_>>().join(", ")
}

/// A list, cut when it is long.
fn some_of(names: &[&str]) -> String {
    match names.get(..SHOWN).filter(|_| names.len() > SHOWN + 1) {
        Some(first) => format!("{} and {} more", first.join(", "), names.len() - SHOWN),
        None => names.join(", "),
    }
}

/// Whether a user may do something, session by session. Sessions in which the same holds are told together.
#[must_use]
pub fn answers(answers: &[Answer]) -> String {
    let mut told: Vec<(Vec<Session>, &Answer)> = Vec::new();
    for answer in answers {
        let is_alike = |known: &Answer| {
            (known.reach, &known.stopped_by, &known.because) == (answer.reach, &answer.stopped_by, &answer.because)
        };
        match told.iter_mut().find(|(_, known)| is_alike(known)) {
            Some((sessions, _)) => sessions.push(answer.session),
            None => told.push((vec![answer.session], answer)),
        }
    }
    let mut out = String::new();
    for (sessions, answer) in told {
        let sessions: Vec<&str> = sessions.into_iter().map(Session::as_str).collect();
        let told = match &answer.stopped_by {
            Some(boundary) => format!("no, the permissions boundary {boundary} does not let it"),
            None => reach(answer.reach).to_owned(),
        };
        let _ = writeln!(out, "{}: {told}", sessions.join("; "));
        for because in &answer.because {
            statement(&mut out, because);
        }
    }
    out
}

fn statement(out: &mut String, because: &Because) {
    let through: Vec<String> = because.through.iter().map(ToString::to_string).collect();
    let Because { effect, policy, statement, limits, .. } = because;
    let _ = writeln!(out, "  {effect:5} {policy} ({statement}), {}", through.join(", "));
    for limit in limits {
        let _ = writeln!(out, "        {limit}");
    }
}

/// Whether it can be done, in words.
#[must_use]
pub fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::None => "no, nothing allows it",
        Reach::Denied => "no, it is denied",
        Reach::Unknown => "perhaps: a policy is attached whose document is not known",
        Reach::Limited => "only on some resources or under a condition",
        Reach::Guarded => "yes, unless a guard's own condition denies it",
        Reach::Everywhere => "yes",
    }
}

/// Who may do something, a line a user.
#[must_use]
pub fn who(found: &[Who]) -> String {
    let width = found.iter().map(|who| who.user.as_str().chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for who in found {
        let by: Vec<&str> = who.by.iter().map(Name::as_str).collect();
        let _ = writeln!(out, "  {:width$}  {}  by {}", who.user.as_str(), in_sessions(who), some_of(&by));
    }
    out
}

/// The two columns of [`who`]: with MFA, and the farther of what goes without.
fn in_sessions(who: &Who) -> String {
    let short = |reach: Reach| match reach {
        Reach::None | Reach::Denied => "no",
        Reach::Unknown => "perhaps",
        Reach::Limited => "limited",
        Reach::Guarded => "guarded",
        Reach::Everywhere => "yes",
    };
    let of = |session: &Session| who.reach.get(session).copied().unwrap_or(Reach::None);
    let without = Session::UNPROVED.iter().map(of).max().unwrap_or(Reach::None);
    format!("with MFA: {:7}  without: {:7}", short(of(&Session::WithMfa)), short(without))
}

/// A user's groups, policies, MFA and quotas.
#[must_use]
pub fn portrait(portrait: &Portrait) -> String {
    let mut out = String::new();
    let groups = match portrait.row.as_deref() {
        None => "in no row of the matrix".to_owned(),
        Some([]) => "in no group of the matrix".to_owned(),
        Some(groups) => format!("in {}", groups.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")),
    };
    let _ = writeln!(out, "{}: {groups}", portrait.user);
    let required = match (portrait.mfa_required, &portrait.mfa_because) {
        (Some("exempt"), Some(because)) => format!("exempt ({because})"),
        (Some(required), _) => required.to_owned(),
        (None, _) => "not said, there is no row".to_owned(),
    };
    let _ = writeln!(out, "MFA: {required}; {}", enforced(&portrait.mfa_enforced));
    let (used, allowed) = (portrait.groups_used, portrait.groups_allowed);
    let _ = writeln!(out, "Groups: {used} of the {allowed} that IAM allows a user");
    if let Some(boundary) = &portrait.boundary {
        let _ = writeln!(out, "Permissions boundary: {boundary}");
    }
    for share in &portrait.policies {
        let _ = writeln!(out, "\n{}:", share.through);
        for policy in &share.policies {
            carried(&mut out, policy);
        }
    }
    out
}

fn carried(out: &mut String, policy: &Carried) {
    let remark = match policy {
        Carried { known: false, .. } => "  (its document is not known)",
        Carried { guard: true, .. } => "  (denies)",
        _ => "",
    };
    let _ = writeln!(out, "  {}{remark}", policy.name);
}

/// Somebody and how many others, in words.
#[must_use]
pub fn and_others(first: &Name, others: usize) -> String {
    match others {
        0 => format!("`{first}`"),
        1 => format!("`{first}` and 1 other"),
        others => format!("`{first}` and {others} others"),
    }
}

/// Whether MFA is enforced, in words.
#[must_use]
pub fn enforced(enforced: &Enforced) -> String {
    match enforced {
        Enforced::Yes { by } => {
            format!("enforced by {}", by.iter().map(Name::as_str).collect::<Vec<_>>().join(", "))
        }
        Enforced::No { slips } => {
            let slips: Vec<String> = slips.iter().map(ToString::to_string).collect();
            format!("not enforced: {}", slips.join("; "))
        }
    }
}
