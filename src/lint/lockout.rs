//! Denies that would lock out everybody who could take them back.

use std::collections::BTreeSet;

use super::Facts;
use crate::access::administration::{REPAIR, repairs};
use crate::access::reach::{AGE, Session, Sure, conditions};
use crate::diagnostic::Diagnostic;
use crate::located::{Located, Span};
use crate::matrix::{Group, UserRow};
use crate::name::Name;
use crate::nearest;
use crate::policy::{Effect, Statement, Version};

/// The groups that carry a policy whose holder administrates.
pub(super) fn administrating<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Group> {
    facts.groups_with(|policy| facts.document(policy).is_some_and(repairs))
}

/// What of a repair is taken away, and in which session.
type Taken = BTreeSet<(Session, &'static str)>;

/// A policy that may take something of a repair away from its holder, whoever that is.
struct Taker<'a> {
    policy: &'a Name,
    span: &'a Span,
    taken: Taken,
}

impl<'a> Taker<'a> {
    fn of(facts: &'a Facts<'_>, policy: &'a Located<Name>) -> Option<Self> {
        let document = facts.document(&policy.value)?;
        let taken = document.statements().flat_map(|statement| taken(statement, document.version())).collect();
        let first = document.written().find(|it| !self::taken(&it.statement, document.version()).is_empty())?;
        let ours = facts.matrix.documents.contains_key(&policy.value);
        let span = if ours { first.place.statement() } else { &policy.span };
        Some(Taker { policy: &policy.value, span, taken })
    }

    fn reaches(&self, facts: &Facts<'_>, row: &UserRow) -> bool {
        let carries = |group: &Name| facts.carried_by(group).iter().any(|name| name.value == *self.policy);
        facts.in_baseline(self.policy) || row.groups.iter().any(|cell| carries(&cell.value))
    }
}

/// What a statement may deny, on everything. One that is met by using MFA takes nothing away in a session with MFA, and
/// one that asks for its age nothing right after.
fn taken(statement: &Statement, version: Version) -> Taken {
    if statement.effect != Effect::Deny || !statement.resources.includes("*") {
        return Taken::new();
    }
    let has_age = statement.conditions.values().any(|keys| keys.contains_key(AGE));
    let holds = |session: &Session| {
        let is_fresh = *session == Session::WithMfa && has_age;
        !is_fresh && conditions(statement, version, *session, &session.context()) > Sure::Never
    };
    let actions = || REPAIR.into_iter().filter(|action| statement.actions.includes(action));
    Session::ALL.into_iter().filter(holds).flat_map(|session| actions().map(move |action| (session, action))).collect()
}

/// Whether nothing is left to somebody whom all of these reach that do.
fn locks_out<'t, 'a: 't>(facts: &Facts<'_>, row: &UserRow, takers: impl Iterator<Item = &'t Taker<'a>>) -> bool {
    let taken: Taken = takers.filter(|taker| taker.reaches(facts, row)).flat_map(|taker| taker.taken.clone()).collect();
    taken.len() == Session::ALL.len() * REPAIR.len()
}

/// L04: a Deny of everything that reaches every administrator of the matrix, be it of one policy or of several
/// together. A user under `protect.users` is the way in when all else fails: the operator never changes what it is in,
/// so this rule is content with one.
pub(super) fn denies_all_who_could_repair(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let administrators: Vec<&UserRow> =
        administrating(facts).flat_map(|group| facts.members_of(&group.name.value).iter().copied()).collect();
    if administrators.is_empty() || !facts.operator.protect.users.is_empty() {
        return;
    }
    let mut takers: Vec<Taker<'_>> = Vec::new();
    for policy in facts.matrix.policies.iter().map(|row| &row.name).chain(&facts.matrix.baseline) {
        if !takers.iter().any(|taker| *taker.policy == policy.value) {
            takers.extend(Taker::of(facts, policy));
        }
    }
    let all_locked =
        |takers: &[&Taker<'_>]| administrators.iter().all(|row| locks_out(facts, row, takers.iter().copied()));
    let alone: Vec<&Taker<'_>> = takers.iter().filter(|taker| all_locked(&[taker])).collect();
    if !alone.is_empty() {
        found.extend(alone.into_iter().map(|taker| tell(taker, &[])));
        return;
    }
    let mut together: Vec<&Taker<'_>> = takers.iter().collect();
    if !all_locked(&together) {
        return;
    }
    for taker in takers.iter().rev() {
        let without: Vec<&Taker<'_>> = together.iter().copied().filter(|other| other.policy != taker.policy).collect();
        if all_locked(&without) {
            together = without;
        }
    }
    if let Some((first, others)) = together.split_first() {
        found.push(tell(first, others));
    }
}

fn tell(taker: &Taker<'_>, others: &[&Taker<'_>]) -> Diagnostic {
    let names: Vec<&str> = others.iter().map(|other| other.policy.as_str()).collect();
    let with = if names.is_empty() { String::new() } else { format!(", together with {},", nearest::quoted(&names)) };
    let policy = taker.policy;
    let what = if names.is_empty() { "everything" } else { "every repair" };
    let message =
        format!("`{policy}`{with} can deny {what} to every administrator of the matrix; nobody could take it back");
    Diagnostic::error("L04", taker.span, message)
        .on(policy)
        .help("keep a user with rights outside the matrix, and name it: `protect: { users: [break-glass] }`")
}
