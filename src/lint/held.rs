//! MFA as it comes out for people: what all the policies together that somebody holds leave open and what they close.
//!
//! Users who hold the same of the policies that matter are looked at once; a finding names the first of them and stands
//! at the guard that denies without MFA.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::mfa::mfa_denies;
use crate::access::explain::reach_of;
use crate::access::reach::{Question, Session, Sure, applies};
use crate::access::{Access, Body, Held, Policy, PolicyId, User, render};
use crate::diagnostic::Diagnostic;
use crate::located::Span;
use crate::matrix::{Mfa, UserRow};
use crate::name::Name;
use crate::password_policy::PasswordPolicy;
use crate::policy::context::Fact;
use crate::policy::{Cover, Document, Effect, Written};

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
        render::and_others(&self.first.name, self.others)
    }

    /// With the others counted in whom the same is said of.
    fn join(&mut self, more: &Alike<'_>) {
        self.others += 1 + more.others;
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
    mfa_denies(document).next().is_some()
        || document.statements().any(|statement| asked.iter().any(|action| statement.actions.includes_action(action)))
}

pub(super) fn required<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a UserRow> {
    facts.matrix.users.iter().filter(|row| row.mfa == Mfa::Required)
}

/// An action on a resource, in a session.
type Asked<'q> = (&'q str, &'q str, Session);

/// What is answered to somebody.
fn ask<T>(alike: &Alike<'_>, (action, resource, session): Asked<'_>, answer: impl FnOnce(&Question<'_>) -> T) -> T {
    let context = session.context().with("aws:username", Fact::text(alike.first.name.as_str()));
    let action = action.to_ascii_lowercase();
    answer(&Question { action: &action, resource: Some(resource), session, context: &context })
}

/// Whether somebody may do something.
fn may(access: &Access, alike: &Alike<'_>, asked: Asked<'_>) -> bool {
    ask(alike, asked, |question| reach_of(access, &alike.held, question).is_possible())
}

/// A statement of a guard, and the guard.
#[derive(Clone, Copy)]
struct Guard<'a> {
    name: &'a Name,
    document: &'a Document,
    written: &'a Written,
}

/// What somebody holds and can be read.
fn documents<'a>(access: &'a Access, held: &Held) -> impl Iterator<Item = (&'a Name, &'a Document)> {
    held.policies.iter().filter_map(|id| match access.policy(*id) {
        Some(Policy { name, body: Body::Known(document), .. }) => Some((name, document.as_ref())),
        _ => None,
    })
}

/// The statement that denies without MFA what it does not exempt; one with a list of exemptions before any other.
fn demand<'a>(access: &'a Access, held: &Held) -> Option<Guard<'a>> {
    let statements = |(name, document): (&'a Name, &'a Document)| {
        mfa_denies(document).map(move |written| Guard { name, document, written })
    };
    let demands = documents(access, held).flat_map(statements);
    demands.min_by_key(|guard| matches!(guard.written.statement.actions, Cover::Only(_)))
}

/// What is wrong with a guard for some people.
struct Fault<'a> {
    /// The policy to mend.
    policy: &'a Name,
    span: &'a Span,
    help: String,
}

/// Reports once for each policy and advice, with everybody counted of whom it is true.
fn report<'a>(
    people: &People<'a>,
    found: &mut Vec<Diagnostic>,
    judge: impl Fn(&Alike<'_>, Guard<'a>) -> Option<Fault<'a>>,
    tell: impl Fn(&Span, String) -> Diagnostic,
) {
    let mut told: BTreeMap<(&Name, String), (&Span, Alike<'_>)> = BTreeMap::new();
    for alike in alike(people.access, people.users.iter().copied(), speaks_of_enrolment) {
        let Some(fault) = demand(people.access, &alike.held).and_then(|guard| judge(&alike, guard)) else { continue };
        match told.entry((fault.policy, fault.help)) {
            Entry::Occupied(mut known) => known.get_mut().1.join(&alike),
            Entry::Vacant(new) => drop(new.insert((fault.span, alike))),
        }
    }
    let findings = told.into_iter().map(|((policy, help), (span, all))| tell(span, all.people()).on(policy).help(help));
    found.extend(findings);
}

/// M04: whoever has no device must be able to enrol one, or is locked out for good.
pub(super) fn cannot_enrol(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    report(
        people,
        found,
        |alike, guard| closed(people, alike, guard, &NEEDED),
        |span, who| Diagnostic::error("M04", span, format!("{who} cannot enrol their first device")),
    );
}

/// M05: exempt from the deny and allowed by nothing, or the other way round.
pub(super) fn half_open(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    report(
        people,
        found,
        |alike, guard| closed(people, alike, guard, &HELPFUL),
        |span, who| {
            Diagnostic::warning(
                "M05",
                span,
                format!("{who} can enrol a device, and the console cannot show or mend it"),
            )
        },
    );
}

/// What of these cannot be done without MFA: a deny is mended where it stands, a missing allow where the guard allows.
fn closed<'a>(
    people: &People<'a>,
    alike: &Alike<'_>,
    guard: Guard<'a>,
    actions: &[(&'static str, Own)],
) -> Option<Fault<'a>> {
    let (mut denied, mut unallowed, mut deny) = (Vec::new(), Vec::new(), None);
    for (action, own) in actions {
        let resource = people.own(alike.first, *own);
        if may(people.access, alike, (action, &resource, Session::WithoutMfa)) {
            continue;
        }
        let by = denying(people.access, alike, action, &resource);
        match by {
            Some(_) => denied.push(*action),
            None => unallowed.push(*action),
        }
        deny = deny.or(by);
    }
    if let Some(deny) = deny {
        let also = if unallowed.is_empty() {
            String::new()
        } else {
            format!(", and allow {} on the own user or device", unallowed.join(", "))
        };
        let help = format!("exempt {} from this deny{also}", denied.join(", "));
        return Some(Fault { policy: deny.name, span: deny.written.place.statement(), help });
    }
    let span = allow_of(guard, unallowed.first()?).unwrap_or(guard.written).place.statement();
    let help = format!("allow {} on the own user or device; no deny stands against it", unallowed.join(", "));
    (!unallowed.is_empty()).then_some(Fault { policy: guard.name, span, help })
}

/// The Allow of a guard that should speak of an action: one that names it, on something else or under a condition, or
/// one that speaks of enrolment, or the first.
fn allow_of<'a>(guard: Guard<'a>, action: &str) -> Option<&'a Written> {
    let allows = || guard.document.written().filter(|written| written.statement.effect == Effect::Allow);
    let naming = |action: &str| {
        let action = action.to_ascii_lowercase();
        allows().find(|written| written.statement.actions.includes_action(&action))
    };
    naming(action).or_else(|| NEEDED.iter().find_map(|(needed, _)| naming(needed))).or_else(|| allows().next())
}

/// The statement that denies it in the console without MFA, whatever else is asked.
fn denying<'a>(access: &'a Access, alike: &Alike<'_>, action: &str, resource: &str) -> Option<Guard<'a>> {
    ask(alike, (action, resource, Session::WithoutMfa), |question| {
        documents(access, &alike.held).find_map(|(name, document)| {
            let denies = |written: &&Written| {
                written.statement.effect == Effect::Deny
                    && applies(&written.statement, document.version(), question) == Sure::Always
            };
            document.written().find(denies).map(|written| Guard { name, document, written })
        })
    })
}

/// M10: the exemption holds for every resource, so an allow beyond the own user lets its holder enrol a device for
/// others. A demand that a long-term access key escapes does no better.
pub(super) fn enrols_others(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    report(
        people,
        found,
        |alike, guard| {
            let enables = |other: &String| {
                let in_session = |session| may(people.access, alike, ("iam:EnableMFADevice", other, session));
                Session::UNPROVED.into_iter().any(in_session)
            };
            let help = "add a Deny of iam:EnableMFADevice and iam:ResyncMFADevice with NotResource the own user, under the \
                        same condition";
            let fault = Fault { policy: guard.name, span: guard.written.place.statement(), help: help.to_owned() };
            others(people, alike).iter().any(enables).then_some(fault)
        },
        |span, who| Diagnostic::error("M10", span, format!("{who} may enable a device for somebody else without MFA")),
    );
}

/// Users other than the own one whom an allow of enabling devices may be about: under `/`, and whomever it names.
fn others(people: &People<'_>, alike: &Alike<'_>) -> BTreeSet<String> {
    const SOMEBODY: &str = "somebody.else";
    let statements = documents(people.access, &alike.held).flat_map(|(_, document)| document.statements());
    let allows = statements.filter(|statement| {
        statement.effect == Effect::Allow && statement.actions.includes_action("iam:enablemfadevice")
    });
    let named = allows.flat_map(|statement| statement.resources.patterns()).filter_map(|resource| {
        let user = resource.splitn(6, ':').nth(5).filter(|part| part.starts_with("user/") && !part.contains("${"))?;
        Some(format!("{}:{}", people.arns, user.replace('*', SOMEBODY).replace('?', "x")))
    });
    let own = people.own(alike.first, Own::User);
    std::iter::once(format!("{}:user/{SOMEBODY}", people.arns)).chain(named).filter(|other| *other != own).collect()
}

/// M12: a password that runs out has to be changed, which the guard denies to whoever has no device yet.
pub(super) fn password_dead_end(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    let Some(policy) = people.passwords else { return };
    let Some(days) = policy.max_age_days else { return };
    let end = if policy.hard_expiry { ", and then only an administrator can reset it" } else { "" };
    report(
        people,
        found,
        |alike, guard| {
            let is_denied = |(action, own): &&(&str, Own)| {
                denying(people.access, alike, action, &people.own(alike.first, *own)).is_some()
            };
            let denied: Vec<&str> = PASSWORD.iter().filter(is_denied).map(|(action, _)| *action).collect();
            let help =
                format!("exempt {} from the deny, or waive this where everybody has a device", denied.join(" and "));
            let span = guard.written.place.statement();
            (!denied.is_empty()).then_some(Fault { policy: guard.name, span, help })
        },
        |span, who| {
            let message = format!(
                "passwords run out after {days} days{end}: without a device by then {who} can neither change it nor enrol one"
            );
            Diagnostic::warning("M12", span, message)
        },
    );
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
