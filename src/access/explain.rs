//! What a user may do and why, and who may do something.
//!
//! Owns: [`Answer`] and [`Because`]. Must not: print; `render` makes text of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::grips::{Grips, grip};
use super::reach::{self, Grip, Question, Reach, Session, Sure};
use super::{Access, Body, Held, PolicyId, Through, User};
use crate::name::Name;
use crate::policy::evaluate::ALWAYS_ALLOWED;
use crate::policy::{Cover, Effect, Written};

/// What somebody wants to know about an action.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The action, in any case.
    pub action: &'w str,
    /// The resource; any, when none is named.
    pub resource: Option<&'w str>,
}

/// Whether a user may do something in one session, and what decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// How the request is signed.
    pub session: Session,
    /// Whether it can be done.
    pub reach: Reach,
    /// The permissions boundary, where it alone keeps it from being done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Name>,
    /// The statements that decide: the denying ones when it is denied, otherwise the allowing ones and what may deny.
    pub because: Vec<Because>,
}

/// A statement that decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Because {
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// The policy.
    pub policy: Name,
    /// The statement's Sid, or its number in canonical order.
    pub statement: String,
    /// How the policy came to the user.
    pub through: Vec<Through>,
    /// What limits it: resources and conditions, in words; empty when nothing does.
    pub limits: Vec<String>,
}

/// Users who may do something in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Who {
    /// The user.
    pub user: Name,
    /// By session.
    pub reach: BTreeMap<Session, Reach>,
    /// The policies that allow it in the session in which it reaches farthest.
    pub by: Vec<Name>,
}

/// Whether the user may do it, in each session.
#[must_use]
pub fn explain(access: &Access, user: &User, wanted: Wanted<'_>) -> Vec<Answer> {
    let action = wanted.action.to_ascii_lowercase();
    let held = access.held(user);
    let answer = |session: Session| {
        let context = user.context(session);
        let question = Question { action: &action, resource: wanted.resource, session, context: &context };
        let reach = reach_of(access, &held, &question);
        let stopped_by = stopping(access, &held, &question, reach);
        Answer { session, reach, stopped_by, because: because(access, user, &question, reach) }
    };
    Session::ALL.into_iter().map(answer).collect()
}

/// The boundary, if nothing else keeps it from being done.
fn stopping(access: &Access, held: &Held, question: &Question<'_>, reach: Reach) -> Option<Name> {
    let boundary = access.policy(held.boundary?)?;
    let without = Held { boundary: None, ..held.clone() };
    let stops = !reach.is_possible() && reach_of(access, &without, question).is_possible();
    stops.then(|| boundary.name.clone())
}

/// Everybody who may do it, at least perhaps, in some session.
#[must_use]
pub fn who(access: &Access, wanted: Wanted<'_>) -> Vec<Who> {
    let action = wanted.action.to_ascii_lowercase();
    let mut grips = Grips::new(access);
    let mut found = Vec::new();
    for user in access.users.values() {
        let held = access.held(user);
        let mut reaches = BTreeMap::new();
        let mut farthest: Option<(Reach, Vec<PolicyId>)> = None;
        for session in Session::ALL {
            let context = user.context(session);
            let question = Question { action: &action, resource: wanted.resource, session, context: &context };
            let identity = grips.of(held.policies.iter().copied(), &question);
            let boundary = grips.of(held.boundary, &question).pop().map(|(_, grip)| grip);
            let reach = within(&question, identity.iter().map(|(_, grip)| *grip), boundary);
            reaches.insert(session, reach);
            let can = reach.is_possible() || reach == Reach::Unknown;
            if can && farthest.as_ref().is_none_or(|(farthest, _)| *farthest <= reach) {
                farthest = Some((reach, allowing(&identity)));
            }
        }
        if let Some((_, by)) = farthest {
            let mut by: Vec<Name> =
                by.into_iter().filter_map(|id| access.policy(id)).map(|policy| policy.name.clone()).collect();
            by.sort();
            by.dedup();
            found.push(Who { user: user.name.clone(), reach: reaches, by });
        }
    }
    found
}

/// How far a set of policies reaches, within its boundary.
#[must_use]
pub fn reach_of(access: &Access, held: &Held, question: &Question<'_>) -> Reach {
    let grip = |id: &PolicyId| grip(access, *id, question);
    within(question, held.policies.iter().map(grip), held.boundary.as_ref().map(grip))
}

/// What comes of policies and a boundary, if there is one.
fn within(question: &Question<'_>, identity: impl Iterator<Item = Grip>, boundary: Option<Grip>) -> Reach {
    if ALWAYS_ALLOWED.contains(&question.action) {
        return Reach::Everywhere;
    }
    let reach = identity.fold(Grip::default(), Grip::and).reach();
    boundary.map_or(reach, |boundary| reach.within(boundary.reach()))
}

fn allowing(grips: &[(PolicyId, Grip)]) -> Vec<PolicyId> {
    let allows = grips.iter().filter(|(_, grip)| grip.allow > Sure::Never || grip.unknown);
    allows.map(|(id, _)| *id).collect()
}

fn because(access: &Access, user: &User, question: &Question<'_>, reach: Reach) -> Vec<Because> {
    let mut found = Vec::new();
    for id in access.held(user).policies {
        let Some(policy) = access.policy(id) else { continue };
        let Body::Known(document) = &policy.body else { continue };
        for (number, written) in document.written().enumerate() {
            let sure = reach::applies(&written.statement, document.version(), question);
            let decides = match (reach, written.statement.effect) {
                _ if ALWAYS_ALLOWED.contains(&question.action) => false,
                (Reach::Denied, Effect::Deny) => sure == Sure::Always,
                (Reach::Denied, Effect::Allow) | (Reach::None, _) => false,
                _ => sure > Sure::Never,
            };
            if decides {
                found.push(Because {
                    effect: if written.statement.effect == Effect::Allow { "Allow" } else { "Deny" },
                    policy: policy.name.clone(),
                    statement: written.sid.clone().unwrap_or_else(|| format!("statement {}", number + 1)),
                    through: through(user, id),
                    limits: limits(written, question),
                });
            }
        }
    }
    found.sort_by(|a, b| (b.effect, a).cmp(&(a.effect, b)));
    found
}

fn through(user: &User, id: PolicyId) -> Vec<Through> {
    user.holdings.iter().filter(|holding| holding.policy == id).map(|holding| holding.through.clone()).collect()
}

/// What limits a statement, as far as the session and the question leave it open.
fn limits(written: &Written, question: &Question<'_>) -> Vec<String> {
    let mut limits = Vec::new();
    let list = |values: &std::collections::BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join(", ");
    if question.resource.is_none() {
        match &written.statement.resources {
            Cover::Only(patterns) if patterns.contains("*") => {}
            Cover::Only(patterns) => limits.push(format!("on {}", list(patterns))),
            Cover::AllBut(patterns) => limits.push(format!("on all but {}", list(patterns))),
        }
    }
    for (operator, keys) in &written.statement.conditions {
        for (key, values) in keys.iter().filter(|(key, _)| !question.session.settles(key)) {
            let (key, operator) = (written.place.spelled(key), written.place.spelled(operator));
            limits.push(format!("if {key} {operator} {}", list(values)));
        }
    }
    limits
}
