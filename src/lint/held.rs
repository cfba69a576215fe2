//! MFA as it comes out for people: what all the policies together that somebody holds leave open and what they close.
//!
//! Users who hold the same policies are looked at once; a finding names the first of them and stands at the guard that
//! denies without MFA.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::access::explain::reach_of;
use crate::access::mfa::Prover;
use crate::access::reach::{self, Question, Session};
use crate::access::{Access, Body, Held, PolicyId, User, render};
use crate::diagnostic::Diagnostic;
use crate::located::Span;
use crate::matrix::{Mfa, UserRow};
use crate::name::Name;
use crate::policy::context::Fact;
use crate::policy::{Effect, Written};

/// What it takes to enrol a device in the console (IAM user guide, "AWS: Allows MFA-authenticated IAM users to manage
/// their own MFA device"), each with what it acts on.
const NEEDED: [(&str, Own); 5] = [
    ("iam:CreateVirtualMFADevice", Own::Device),
    ("iam:EnableMFADevice", Own::User),
    ("iam:GetUser", Own::User),
    ("iam:ListMFADevices", Own::User),
    ("iam:ListVirtualMFADevices", Own::Every),
];

/// What helps besides.
const HELPFUL: [(&str, Own); 2] = [("iam:GetMFADevice", Own::User), ("iam:ResyncMFADevice", Own::User)];

/// What it takes to change a password that has run out.
const PASSWORD: [(&str, Own); 2] = [("iam:ChangePassword", Own::User), ("iam:GetAccountPasswordPolicy", Own::Every)];

/// What an action of enrolment acts on.
#[derive(Debug, Clone, Copy)]
enum Own {
    User,
    Device,
    Every,
}

impl Own {
    fn arn(self, user: &Name) -> String {
        match self {
            Own::User => format!("arn:aws:iam::123456789012:user/{user}"),
            Own::Device => format!("arn:aws:iam::123456789012:mfa/{user}"),
            Own::Every => "*".to_owned(),
        }
    }
}

/// Users who hold the same of the policies that have a say in enrolment.
struct Alike<'a> {
    held: Held,
    first: &'a User,
    others: usize,
}

impl Alike<'_> {
    fn people(&self) -> String {
        match self.others {
            0 => format!("`{}`", self.first.name),
            1 => format!("`{}` and one more user", self.first.name),
            others => format!("`{}` and {others} more users", self.first.name),
        }
    }
}

/// Users by what they hold, without those who are exempt from MFA.
fn alike<'a>(facts: &'a Facts<'_>) -> Vec<Alike<'a>> {
    let access = facts.access();
    let concerned: BTreeSet<PolicyId> = access.ids().filter(|id| is_concerned(access, *id)).collect();
    let mut sets: BTreeMap<Held, Alike<'a>> = BTreeMap::new();
    for row in required(facts) {
        let Some(user) = access.users.get(&row.name.value) else { continue };
        let policies = user.holdings.iter().map(|holding| holding.policy).filter(|id| concerned.contains(id)).collect();
        let held = Held { policies, boundary: user.boundary };
        sets.entry(held.clone()).and_modify(|alike| alike.others += 1).or_insert(Alike {
            held,
            first: user,
            others: 0,
        });
    }
    sets.into_values().collect()
}

/// Whether a policy demands MFA or speaks of an action that is asked about here.
fn is_concerned(access: &Access, id: PolicyId) -> bool {
    let Some(Body::Known(document)) = access.policy(id).map(|policy| &policy.body) else { return true };
    let asked = || NEEDED.iter().chain(&HELPFUL).chain(&PASSWORD).map(|(action, _)| action.to_ascii_lowercase());
    document.written().any(demands_mfa)
        || document.statements().any(|statement| asked().any(|action| statement.actions.includes_action(&action)))
}

fn required<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a UserRow> {
    facts.matrix.users.iter().filter(|row| row.mfa == Mfa::Required)
}

/// Whether somebody may do something without MFA, signed in in the console.
fn may_without(access: &Access, alike: &Alike<'_>, action: &str, resource: &str) -> bool {
    let context = Session::WithoutMfa.context().with("aws:username", Fact::text(alike.first.name.as_str()));
    let action = action.to_ascii_lowercase();
    let question =
        Question { action: &action, resource: Some(resource), session: Session::WithoutMfa, context: &context };
    reach_of(access, &alike.held, &question).is_possible()
}

/// The statement of a guard that denies without MFA what it does not exempt, and the guard.
fn demand<'a>(access: &'a Access, held: &Held) -> Option<(&'a Name, &'a Written)> {
    held.policies.iter().find_map(|id| {
        let policy = access.policy(*id)?;
        let Body::Known(document) = &policy.body else { return None };
        document.written().find(|written| demands_mfa(written)).map(|written| (&policy.name, written))
    })
}

/// Whether a statement denies because MFA was not used.
pub(super) fn demands_mfa(written: &Written) -> bool {
    let conditions = &written.statement.conditions;
    written.statement.effect == Effect::Deny
        && conditions.values().flat_map(|keys| keys.keys()).any(|key| key == "aws:multifactorauthpresent")
}

/// Reports once for each guard and text, however many kinds of users it is true of.
fn report(
    facts: &Facts<'_>,
    found: &mut Vec<Diagnostic>,
    judge: impl Fn(&Access, &Alike<'_>, &Span) -> Option<Diagnostic>,
) {
    let access = facts.access();
    let mut told = BTreeSet::new();
    for alike in alike(facts) {
        let Some((guard, written)) = demand(access, &alike.held) else { continue };
        // A guard of AWS has no file here; it is named by the baseline or a row.
        let span = place(facts, guard).unwrap_or_else(|| written.place.statement().clone());
        if let Some(finding) = judge(access, &alike, &span)
            && told.insert((guard.clone(), finding.code, finding.help.clone()))
        {
            found.push(finding.on(guard));
        }
    }
}

/// Where a finding about a policy stands: at its statement if it is a document of ours, otherwise at its row.
fn place(facts: &Facts<'_>, policy: &Name) -> Option<Span> {
    match facts.matrix.documents.get(policy) {
        Some(file) => {
            let document = file.document.as_ref()?;
            document.written().find(|written| demands_mfa(written)).map(|written| written.place.statement().clone())
        }
        None => facts.matrix.policies.iter().find(|row| row.name.value == *policy).map(|row| row.name.span.clone()),
    }
}

/// M04: whoever has no device must be able to enrol one, or is locked out for good.
pub(super) fn cannot_enrol(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    report(facts, found, |access, alike, span| {
        let missing = closed(access, alike, &NEEDED);
        (!missing.is_empty()).then(|| {
            let message = format!("{} cannot enrol a device without one", alike.people());
            let help = format!("allow {} on the own user or device, and exempt it from the deny", missing.join(", "));
            Diagnostic::error("M04", span, message).help(help)
        })
    });
}

/// M05: exempt from the deny and allowed by nothing, or the other way round.
pub(super) fn half_open(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    report(facts, found, |access, alike, span| {
        let missing = closed(access, alike, &HELPFUL);
        (!missing.is_empty()).then(|| {
            let message = format!("{} can enrol a device, and the console cannot show or mend it", alike.people());
            let help = format!("allow {} on the own user, and exempt it from the deny", missing.join(", "));
            Diagnostic::warning("M05", span, message).help(help)
        })
    });
}

fn closed(access: &Access, alike: &Alike<'_>, actions: &[(&'static str, Own)]) -> Vec<&'static str> {
    let open = |(action, own): &&(&str, Own)| may_without(access, alike, action, &own.arn(&alike.first.name));
    actions.iter().filter(|action| !open(action)).map(|(action, _)| *action).collect()
}

/// M10: the exemption holds for every resource, so an allow of everything lets its holder enrol a device for others.
pub(super) fn enrols_others(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    report(facts, found, |access, alike, span| {
        let somebody = Own::User.arn(&"somebody.else".into());
        may_without(access, alike, "iam:EnableMFADevice", &somebody).then(|| {
            let message = format!("{} may enable a device for somebody else without MFA", alike.people());
            let help = "add a Deny of iam:EnableMFADevice and iam:ResyncMFADevice with NotResource the own user, under the \
                        same condition";
            Diagnostic::error("M10", span, message).help(help)
        })
    });
}

/// M12: a password that runs out has to be changed, which the guard denies to whoever has no device yet.
pub(super) fn password_dead_end(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let Some(policy) = &facts.matrix.password_policy else { return };
    let Some(days) = policy.max_age_days else { return };
    report(facts, found, |access, alike, span| {
        let denied =
            PASSWORD.iter().filter(|(action, own)| is_denied(access, alike, action, &own.arn(&alike.first.name)));
        let denied: Vec<&str> = denied.map(|(action, _)| *action).collect();
        (!denied.is_empty()).then(|| {
            let end = if policy.hard_expiry { ", and then only an administrator can reset it" } else { "" };
            let message = format!(
                "passwords run out after {days} days{end}: whoever has no device by then can neither change it nor enrol one"
            );
            let help = format!("exempt {} from the deny, or waive this where everybody has a device", denied.join(" and "));
            Diagnostic::warning("M12", span, message).help(help)
        })
    });
}

/// Whether a guard denies it without MFA; `allowUsersToChangePassword` allows it without any policy.
fn is_denied(access: &Access, alike: &Alike<'_>, action: &str, resource: &str) -> bool {
    let context = Session::WithoutMfa.context().with("aws:username", Fact::text(alike.first.name.as_str()));
    let action = action.to_ascii_lowercase();
    let question =
        Question { action: &action, resource: Some(resource), session: Session::WithoutMfa, context: &context };
    let denies = |id: &PolicyId| match access.policy(*id).map(|policy| &policy.body) {
        Some(Body::Known(document)) => reach::Grip::of(document, &question).deny == reach::Sure::Always,
        _ => false,
    };
    alike.held.policies.iter().any(denies)
}

/// M13: MFA is required, and the policies together do not deny what is done without it.
pub(super) fn not_enforced(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let access = facts.access();
    let is_meant = access.policies.iter().any(|policy| match &policy.body {
        Body::Known(document) => document.written().any(demands_mfa),
        Body::Unreadable | Body::Unknown => false,
    });
    let mut prover = Prover::new(access);
    let open: Vec<(&UserRow, String)> = required(facts)
        .filter_map(|row| {
            let enforced = prover.prove(access.users.get(&row.name.value)?);
            (!enforced.is_yes()).then(|| (row, render::enforced(enforced)))
        })
        .collect();
    match open.as_slice() {
        [] => {}
        [(row, _), others @ ..] if !is_meant => {
            let others = if others.is_empty() { String::new() } else { format!(" and {} others", others.len()) };
            let message = format!("MFA is required of `{}`{others}, and no policy here demands it", row.name.value);
            let help = "put a guard such as MFAForcePolicy into the baseline, or write `mfa: exempt` with a reason";
            found.push(Diagnostic::warning("M13", &row.name.span, message).on(&row.name.value).help(help));
        }
        open => found.extend(open.iter().map(|(row, told)| {
            let message = format!("MFA is required of `{}` and {told}", row.name.value);
            let help = "give the guard to the baseline, mend it, or write `mfa: exempt` with a reason";
            Diagnostic::error("M13", &row.name.span, message).on(&row.name.value).help(help)
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::mfa::ENROLMENT;

    #[test]
    fn what_enrolment_takes_is_what_the_proof_leaves_open() {
        for (action, _) in NEEDED.iter().chain(&HELPFUL) {
            assert!(ENROLMENT.contains(&action.to_ascii_lowercase().as_str()), "{action}");
        }
    }
}
