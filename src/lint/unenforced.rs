//! People of whom MFA is required, while nothing they hold demands it of everything.

use std::collections::BTreeSet;

use super::Facts;
use super::held::required;
use super::mfa::{asks, mfa_denies};
use crate::access::mfa::Prover;
use crate::access::reach::is_about_mfa;
use crate::access::{Access, Body, PolicyId, User, render};
use crate::diagnostic::Diagnostic;
use crate::matrix::UserRow;
use crate::name::Name;
use crate::policy::{Cover, Written};

/// Users who hold the same guards, and what slips through for the first of them.
struct Open<'a> {
    first: &'a UserRow,
    others: usize,
    slips: String,
}

/// Users whom a waiver of this rule names are told alone, so that it silences nobody else; the others by their guards.
type Key<'a> = (Option<&'a Name>, BTreeSet<PolicyId>);

/// M13: MFA is required, and the policies together do not deny what is done without it.
pub(super) fn not_enforced(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let access = facts.access();
    let guards = demanding(access);
    let mut prover = Prover::new(access);
    let mut open: Vec<(Key<'_>, Open<'_>)> = Vec::new();
    for row in required(facts) {
        let Some(user) = access.users.get(&row.name.value) else { continue };
        let enforced = prover.prove(user);
        if enforced.is_yes() {
            continue;
        }
        let key = (is_waived(facts, row).then_some(&row.name.value), held(user, &guards));
        match open.iter_mut().find(|(known, _)| *known == key) {
            Some((_, open)) => open.others += 1,
            None => open.push((key, Open { first: row, others: 0, slips: render::enforced(enforced) })),
        }
    }
    found.extend(open.into_iter().map(|((_, held), open)| open.tell(facts, &guards, &held)));
}

impl Open<'_> {
    fn tell(&self, facts: &Facts<'_>, guards: &BTreeSet<PolicyId>, held: &BTreeSet<PolicyId>) -> Diagnostic {
        let (name, span) = (&self.first.name.value, &self.first.name.span);
        let who = render::and_others(name, self.others);
        let of_everybody = |id: &PolicyId| facts.access().policy(*id).is_some_and(|it| facts.in_baseline(&it.name));
        if guards.is_empty() {
            let message = format!("MFA is required of {who}, and no policy here demands it");
            let remedy = "put a guard such as MFAForcePolicy into the baseline, or write `mfa: exempt` with a reason";
            return Diagnostic::warning("M13", span, message).on(name).help(remedy);
        }
        let weakness = weakest(facts.access(), held).map(|why| format!(": {why}")).unwrap_or_default();
        let remedy = if held.iter().any(of_everybody) {
            format!("mend the guard's statement{weakness}")
        } else {
            format!("give the guard to the baseline, write `mfa: exempt` with a reason, or mend it{weakness}")
        };
        let message = format!("MFA is required of {who}, and {}", self.slips);
        Diagnostic::error("M13", span, message).on(name).help(remedy)
    }
}

/// The policies that demand MFA of anything.
fn demanding(access: &Access) -> BTreeSet<PolicyId> {
    let demands = |id: &PolicyId| match access.policy(*id).map(|policy| &policy.body) {
        Some(Body::Known(document)) => mfa_denies(document).next().is_some(),
        _ => false,
    };
    access.ids().filter(demands).collect()
}

/// The demand that comes nearest to one of everything, and why it does not count as that.
fn weakest(access: &Access, held: &BTreeSet<PolicyId>) -> Option<String> {
    let policies = held.iter().filter_map(|id| access.policy(*id));
    let demands = policies.filter_map(|policy| match &policy.body {
        Body::Known(document) => Some(mfa_denies(document).map(move |written| (&policy.name, written))),
        Body::Unreadable | Body::Unknown => None,
    });
    let (name, written) = demands.flatten().min_by_key(|(_, written)| is_list(&written.statement.actions))?;
    let span = written.place.statement();
    Some(format!("`{name}` ({}:{}) {}", span.file, span.line, weakness(written)))
}

/// Whether actions are named one by one.
fn is_list(actions: &Cover) -> bool {
    matches!(actions, Cover::Only(patterns) if !patterns.contains("*"))
}

fn weakness(written: &Written) -> String {
    let statement = &written.statement;
    let mut keys = statement.conditions.values().flat_map(|keys| keys.keys());
    if !statement.resources.includes("*") {
        "denies on some resources only, for its resource is not `*`".to_owned()
    } else if let Some(key) = keys.find(|key| !is_about_mfa(key)) {
        format!("denies under a further condition, on `{}`", written.place.spelled(key))
    } else if !asks(statement, "boolifexists", "false") {
        "asks for MFA in another way than BoolIfExists false".to_owned()
    } else if is_list(&statement.actions) {
        "denies the actions that it names, not all others".to_owned()
    } else {
        "leaves out more than enrolment takes".to_owned()
    }
}

fn held(user: &User, guards: &BTreeSet<PolicyId>) -> BTreeSet<PolicyId> {
    user.holdings.iter().map(|holding| holding.policy).filter(|id| guards.contains(id)).collect()
}

fn is_waived(facts: &Facts<'_>, row: &UserRow) -> bool {
    let mut waivers = facts.matrix.waivers.iter().filter(|waiver| waiver.on.value == row.name.value);
    waivers.any(|waiver| waiver.rules().any(|page| page.code == "M13"))
}
