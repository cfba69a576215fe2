//! MFA as it comes out for people: what all the policies together that somebody holds leave open and what they close.
//!
//! Users who hold the same of the policies that matter are looked at once; a finding names the first of them and stands
//! at the guard that denies without MFA.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::access::explain::reach_of;
use crate::access::mfa::Prover;
use crate::access::reach::{self, Question, Session};
use crate::access::{Access, Body, Held, PolicyId, User, render};
use crate::diagnostic::Diagnostic;
use crate::matrix::{Mfa, UserRow};
use crate::name::Name;
use crate::password_policy::PasswordPolicy;
use crate::policy::context::Fact;
use crate::policy::{Document, Effect, Written};

/// People and all that they hold, be it of a matrix or of the live account.
#[derive(Debug)]
pub struct People<'a> {
    /// What everybody holds.
    pub access: &'a Access,
    /// Those who are not exempt from MFA.
    pub users: Vec<&'a User>,
    /// What the ARNs of the account's users and devices begin with, such as `arn:aws:iam::123456789012`.
    pub arns: String,
    /// The account's password policy.
    pub passwords: Option<&'a PasswordPolicy>,
}

impl<'a> People<'a> {
    /// Those of whom a matrix requires MFA. It cannot tell their paths.
    pub(super) fn of(facts: &'a Facts<'_>) -> Self {
        let access = facts.access();
        People {
            access,
            users: required(facts).filter_map(|row| access.users.get(&row.name.value)).collect(),
            arns: facts.arns().to_owned(),
            passwords: facts.matrix.password_policy.as_ref(),
        }
    }

    /// What an action of enrolment acts on when that user does it.
    fn own(&self, user: &User, own: Own) -> String {
        match own {
            Own::User => format!("{}:user{}{}", self.arns, user.path.as_deref().unwrap_or("/"), user.name),
            Own::Device => format!("{}:mfa/{}", self.arns, user.name),
            Own::Every => "*".to_owned(),
        }
    }
}

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

/// Users who hold the same of the policies that matter.
pub(super) struct Alike<'a> {
    pub(super) held: Held,
    pub(super) first: &'a User,
    others: usize,
}

impl Alike<'_> {
    /// Who they are, in words.
    pub(super) fn people(&self) -> String {
        match self.others {
            0 => format!("`{}`", self.first.name),
            1 => format!("`{}` and one more user", self.first.name),
            others => format!("`{}` and {others} more users", self.first.name),
        }
    }
}

/// Users by what they hold of the policies that matter; the path is a part of what policies mean by their own user.
pub(super) fn alike<'a>(
    access: &Access,
    users: impl IntoIterator<Item = &'a User>,
    matters: impl Fn(&Document) -> bool,
) -> Vec<Alike<'a>> {
    let concerns = |id: &PolicyId| match access.policy(*id).map(|policy| &policy.body) {
        Some(Body::Known(document)) => matters(document),
        _ => true,
    };
    let concerned: BTreeSet<PolicyId> = access.ids().filter(concerns).collect();
    let mut sets: BTreeMap<(Held, Option<&str>), Alike<'a>> = BTreeMap::new();
    for user in users {
        let policies = user.holdings.iter().map(|holding| holding.policy).filter(|id| concerned.contains(id));
        let held = Held { policies: policies.collect(), boundary: user.boundary };
        let new = Alike { held: held.clone(), first: user, others: 0 };
        sets.entry((held, user.path.as_deref())).and_modify(|alike| alike.others += 1).or_insert(new);
    }
    sets.into_values().collect()
}

/// Whether a policy demands MFA or speaks of an action that is asked about here.
fn speaks_of_enrolment(document: &Document) -> bool {
    let asked = NEEDED.iter().chain(&HELPFUL).chain(&PASSWORD).map(|(action, _)| action.to_ascii_lowercase());
    let asked: Vec<String> = asked.collect();
    document.written().any(demands_mfa)
        || document.statements().any(|statement| asked.iter().any(|action| statement.actions.includes_action(action)))
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
    people: &People<'_>,
    found: &mut Vec<Diagnostic>,
    judge: impl Fn(&Alike<'_>, &Written) -> Option<Diagnostic>,
) {
    let mut told = BTreeSet::new();
    for alike in alike(people.access, people.users.iter().copied(), speaks_of_enrolment) {
        let Some((guard, written)) = demand(people.access, &alike.held) else { continue };
        if let Some(finding) = judge(&alike, written)
            && told.insert((guard.clone(), finding.code, finding.help.clone()))
        {
            found.push(finding.on(guard));
        }
    }
}

/// M04: whoever has no device must be able to enrol one, or is locked out for good.
pub(super) fn cannot_enrol(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    report(people, found, |alike, written| {
        let missing = closed(people, alike, &NEEDED);
        (!missing.is_empty()).then(|| {
            let message = format!("{} cannot enrol a device without one", alike.people());
            let help = format!("allow {} on the own user or device, and exempt it from the deny", missing.join(", "));
            Diagnostic::error("M04", written.place.statement(), message).help(help)
        })
    });
}

/// M05: exempt from the deny and allowed by nothing, or the other way round.
pub(super) fn half_open(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    report(people, found, |alike, written| {
        let missing = closed(people, alike, &HELPFUL);
        (!missing.is_empty()).then(|| {
            let message = format!("{} can enrol a device, and the console cannot show or mend it", alike.people());
            let help = format!("allow {} on the own user, and exempt it from the deny", missing.join(", "));
            Diagnostic::warning("M05", written.place.statement(), message).help(help)
        })
    });
}

fn closed(people: &People<'_>, alike: &Alike<'_>, actions: &[(&'static str, Own)]) -> Vec<&'static str> {
    let open = |(action, own): &&(&str, Own)| may_without(people.access, alike, action, &people.own(alike.first, *own));
    actions.iter().filter(|action| !open(action)).map(|(action, _)| *action).collect()
}

/// M10: the exemption holds for every resource, so an allow of everything lets its holder enrol a device for others.
pub(super) fn enrols_others(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    report(people, found, |alike, written| {
        let somebody = format!("{}:user/somebody.else", people.arns);
        may_without(people.access, alike, "iam:EnableMFADevice", &somebody).then(|| {
            let message = format!("{} may enable a device for somebody else without MFA", alike.people());
            let help = "add a Deny of iam:EnableMFADevice and iam:ResyncMFADevice with NotResource the own user, under the \
                        same condition";
            Diagnostic::error("M10", written.place.statement(), message).help(help)
        })
    });
}

/// M12: a password that runs out has to be changed, which the guard denies to whoever has no device yet.
pub(super) fn password_dead_end(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    let Some(policy) = people.passwords else { return };
    let Some(days) = policy.max_age_days else { return };
    report(people, found, |alike, written| {
        let is_denied =
            |(action, own): &&(&str, Own)| is_denied(people.access, alike, action, &people.own(alike.first, *own));
        let denied = PASSWORD.iter().filter(is_denied);
        let denied: Vec<&str> = denied.map(|(action, _)| *action).collect();
        (!denied.is_empty()).then(|| {
            let end = if policy.hard_expiry { ", and then only an administrator can reset it" } else { "" };
            let message = format!(
                "passwords run out after {days} days{end}: whoever has no device by then can neither change it nor enrol one"
            );
            let help = format!("exempt {} from the deny, or waive this where everybody has a device", denied.join(" and "));
            Diagnostic::warning("M12", written.place.statement(), message).help(help)
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
