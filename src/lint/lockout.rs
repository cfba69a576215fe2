//! Denies that would lock out everybody who could take them back.

use super::Facts;
use crate::access::reach::is_about_mfa;
use crate::diagnostic::Diagnostic;
use crate::located::Span;
use crate::matrix::{Group, UserRow};
use crate::name::Name;
use crate::policy::context::Context;
use crate::policy::evaluate::{Decision, Request, evaluate};
use crate::policy::{Document, Effect, Statement};

/// What takes a deny back: off a group, or out of a document. In lower case.
pub(super) const REPAIR: [&str; 2] = ["iam:createpolicyversion", "iam:detachgrouppolicy"];

/// Whether the document alone lets its holder change what others may do, on everything and without condition; `arns` is
/// what those of the account begin with.
pub(super) fn administrates(document: &Document, arns: &str) -> bool {
    let (context, group) = (Context::default(), format!("{arns}:group/any"));
    let allowed = |action: &&str| {
        let request = Request { action, resource: &group, context: &context };
        evaluate([document], &request).decision == Decision::Allowed
    };
    REPAIR.iter().all(allowed)
}

/// The groups that carry a policy whose holder administrates.
pub(super) fn administrating<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Group> {
    facts.groups_with(|policy| facts.document(policy).is_some_and(|document| administrates(document, facts.arns())))
}

/// Whether a statement may take every repair away from its holder, whoever that is. One that looks at MFA is met by
/// using MFA, and does not count.
fn locks_out(statement: &Statement) -> bool {
    let looks_at_mfa = statement.conditions.values().flat_map(|keys| keys.keys()).any(|key| is_about_mfa(key));
    statement.effect == Effect::Deny
        && !looks_at_mfa
        && statement.resources.includes("*")
        && REPAIR.iter().all(|action| statement.actions.includes(action))
}

/// L04: a Deny of everything that reaches every administrator of the matrix. A user under `protect.users` is the way
/// in when all else fails: the operator never changes what it is in, so this rule is content with one.
pub(super) fn denies_all_who_could_repair(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let named = facts.matrix.policies.iter().map(|row| &row.name).chain(&facts.matrix.baseline);
    let mut risky: Vec<(&Name, &Span)> = Vec::new();
    for policy in named.filter(|_| facts.operator.protect.users.is_empty()) {
        let statement = facts.document(&policy.value).and_then(|d| d.written().find(|w| locks_out(&w.statement)));
        let Some(written) = statement.filter(|_| !risky.iter().any(|(name, _)| **name == policy.value)) else {
            continue;
        };
        let ours = facts.matrix.documents.contains_key(&policy.value);
        risky.push((&policy.value, if ours { written.place.statement() } else { &policy.span }));
    }
    if risky.is_empty() {
        return;
    }
    let administrators: Vec<&UserRow> =
        administrating(facts).flat_map(|group| facts.members_of(&group.name.value).iter().copied()).collect();
    for (policy, span) in risky {
        let carries = |group: &Name| facts.carried_by(group).iter().any(|name| name.value == *policy);
        let reached = |row: &&UserRow| facts.in_baseline(policy) || row.groups.iter().any(|cell| carries(&cell.value));
        if administrators.is_empty() || !administrators.iter().all(reached) {
            continue;
        }
        let message =
            format!("`{policy}` can deny everything to every administrator of the matrix; nobody could take it back");
        found.push(
            Diagnostic::error("L04", span, message)
                .on(policy)
                .help("keep a user with rights outside the matrix, and name it: `protect: { users: [break-glass] }`"),
        );
    }
}
