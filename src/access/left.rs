//! What is not denied without MFA, and the action that shows best that something is not.
//!
//! Owns: [`Left`]. Must not: know who holds a policy.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::grips::{Grips, document};
use super::mfa::is_harmless;
use super::reach::{self, Grip, Question, Session, Sure};
use super::universe::Universe;
use super::{Access, PolicyId};
use crate::policy::{Cover, Document, Effect, Statement, pattern};

/// Actions that show best why it matters that they slip through, the worst first. In lower case.
const TELLING: [&str; 12] = [
    "iam:createaccesskey",
    "iam:attachuserpolicy",
    "iam:createuser",
    "iam:passrole",
    "iam:deactivatemfadevice",
    "iam:deletevirtualmfadevice",
    "sts:assumerole",
    "s3:getobject",
    "secretsmanager:getsecretvalue",
    "ssm:getparameter",
    "ec2:terminateinstances",
    "ec2:runinstances",
];

/// The Deny statements that apply to everything in the session, whatever else is true of a request. One that asks for
/// anything but MFA, be it that the request came over TLS, is none.
pub(super) fn denying(document: &Document, session: Session) -> Vec<&Statement> {
    let context = session.context();
    let any = Question { action: "", resource: None, session, context: &context };
    let is_sure = |statement: &&Statement| {
        let version = document.version();
        statement.effect == Effect::Deny
            && reach::resources(statement, version, &any) == Sure::Always
            && reach::conditions(statement, version, session, &context) == Sure::Always
            && statement.conditions.values().flat_map(|keys| keys.keys()).all(|key| reach::is_about_mfa(key))
    };
    document.statements().filter(is_sure).collect()
}

/// What guards leave open in a session.
#[derive(Debug)]
pub(super) struct Left<'a> {
    session: Session,
    /// What is not denied, as patterns of actions. A pattern with a wildcard stands for all that AWS may ever name so:
    /// it goes only when something denies the whole of it.
    patterns: BTreeSet<String>,
    /// Of these, what a guard denies nevertheless: the part of a wildcard.
    denied: BTreeSet<String>,
    /// The policies that it takes, if nothing is left.
    closed_by: BTreeSet<PolicyId>,
    /// The patterns of each policy's Allows of which something is left.
    openings: BTreeMap<PolicyId, Vec<&'a str>>,
    universe: Rc<OnceCell<Universe>>,
}

impl<'a> Left<'a> {
    /// After guards, each with the statements that deny for certain.
    pub(super) fn after(
        session: Session,
        guards: &[(PolicyId, &[&Statement])],
        universe: &Rc<OnceCell<Universe>>,
    ) -> Self {
        let after = |statements: &[&Statement]| {
            let mut left = Left {
                session,
                patterns: BTreeSet::from(["*".to_owned()]),
                denied: BTreeSet::new(),
                closed_by: BTreeSet::new(),
                openings: BTreeMap::new(),
                universe: Rc::clone(universe),
            };
            left.take(statements);
            left
        };
        let mut left = after(&guards.iter().flat_map(|(_, statements)| *statements).copied().collect::<Vec<_>>());
        if left.first().is_none() {
            // Each one that is enough by itself, or else all.
            let is_enough = |statements: &[&Statement]| statements.iter().any(|one| after(&[one]).first().is_none());
            let enough = guards.iter().filter(|(_, statements)| is_enough(statements));
            left.closed_by = enough.map(|(id, _)| *id).collect();
            if left.closed_by.is_empty() {
                left.closed_by = guards.iter().map(|(id, _)| *id).collect();
            }
        }
        left
    }

    fn take(&mut self, denials: &[&Statement]) {
        for statement in denials {
            if let Cover::AllBut(exempt) = &statement.actions {
                self.patterns = self.within(exempt);
            }
        }
        for statement in denials {
            if let Cover::Only(denied) = &statement.actions {
                self.patterns.retain(|mine| !denied.iter().any(|pattern| pattern::covers(pattern, mine)));
                self.denied.extend(denied.iter().cloned());
            }
        }
    }

    /// The policies that it takes to leave nothing: each one that is enough by itself, or else all.
    pub(super) fn closed_by(&self) -> impl Iterator<Item = PolicyId> {
        self.closed_by.iter().copied()
    }

    /// What of this lies within the exemptions. Of two wildcards that overlap, both stay: what they share is no pattern.
    fn within(&self, exempt: &BTreeSet<String>) -> BTreeSet<String> {
        let mut both = BTreeSet::new();
        for mine in &self.patterns {
            for theirs in exempt {
                if pattern::covers(mine, theirs) {
                    both.insert(theirs.clone());
                } else if pattern::covers(theirs, mine) {
                    both.insert(mine.clone());
                } else if pattern::overlaps(mine, theirs) {
                    both.extend([mine.clone(), theirs.clone()]);
                }
            }
        }
        both
    }

    /// The actions of a pattern.
    fn expand<'p>(&'p self, pattern: &'p str) -> impl Iterator<Item = &'p str> {
        self.universe.get_or_init(Universe::load).matching(pattern).map(|(_, known)| &*known.folded)
    }

    /// Whether the action is left, and no part of enrolment.
    fn holds(&self, action: &str) -> bool {
        let named = |patterns: &BTreeSet<String>| patterns.iter().any(|pattern| pattern::matches(pattern, action));
        !is_harmless(action) && named(&self.patterns) && !named(&self.denied)
    }

    /// The most telling action that is left, with the policy that allows it: one that something allows today before
    /// one that nothing does.
    pub(super) fn example(
        &mut self,
        access: &'a Access,
        held: &[PolicyId],
        grips: &mut Grips<'a>,
    ) -> Option<(String, Option<PolicyId>)> {
        if self.patterns.iter().all(|pattern| is_harmless(pattern)) {
            return None;
        }
        let session = self.session;
        let mut allowed = |action: &str| Some((action.to_owned(), Some(allowing(grips, held, action, session)?)));
        let telling = TELLING.iter().filter(|action| self.holds(action)).find_map(|action| allowed(action));
        telling
            .or_else(|| {
                let patterns = self.allowed_patterns(access, held);
                let mut actions =
                    patterns.into_iter().flat_map(|pattern| self.expand(pattern)).filter(|action| self.holds(action));
                actions.find_map(allowed)
            })
            .or_else(|| self.first().map(|action| (action.to_owned(), None)))
    }

    /// The patterns that an Allow of these policies names and of which something is left.
    fn allowed_patterns(&mut self, access: &'a Access, held: &[PolicyId]) -> BTreeSet<&'a str> {
        let mut all = BTreeSet::new();
        for id in held {
            let patterns = &self.patterns;
            let opening = self.openings.entry(*id).or_insert_with(|| opening(access, *id, patterns));
            all.extend(opening.iter().copied());
        }
        all
    }

    /// Something that is left: everything, or the first action, or a pattern that names nothing yet.
    fn first(&self) -> Option<&str> {
        if self.patterns.contains("*") {
            return Some("*");
        }
        let is_pattern = |pattern: &&String| pattern.contains(['*', '?']);
        let concrete = self.patterns.iter().filter(|pattern| !is_pattern(pattern)).map(String::as_str);
        let expanded = self.patterns.iter().filter(is_pattern).flat_map(|pattern| self.expand(pattern));
        let named = concrete.chain(expanded).filter(|action| self.holds(action)).min();
        named.or_else(|| self.patterns.iter().find(is_pattern).map(String::as_str))
    }

    /// The action as AWS spells it.
    pub(super) fn spelled(&self, action: &str) -> String {
        let known = self.universe.get_or_init(Universe::load).find(action);
        known.map_or_else(|| action.to_owned(), |known| known.name.as_str().to_owned())
    }
}

/// The patterns of a policy's Allows that overlap with what is left.
fn opening<'a>(access: &'a Access, id: PolicyId, left: &BTreeSet<String>) -> Vec<&'a str> {
    let statements = document(access, id).into_iter().flat_map(Document::statements);
    let allows = statements.filter(|statement| statement.effect == Effect::Allow);
    let patterns = allows.flat_map(|statement| match &statement.actions {
        Cover::Only(patterns) => patterns.iter().map(String::as_str).collect(),
        Cover::AllBut(_) => vec!["*"],
    });
    patterns.filter(|allowed| left.iter().any(|left| pattern::overlaps(left, allowed))).collect()
}

/// The policy that allows the action on some resource at least.
fn allowing(grips: &mut Grips<'_>, held: &[PolicyId], action: &str, session: Session) -> Option<PolicyId> {
    let context = session.context();
    let question = Question { action, resource: None, session, context: &context };
    let grips = grips.of(held.iter().copied(), &question);
    let whole = grips.iter().fold(Grip::default(), |whole, (_, grip)| whole.and(*grip));
    let surest = grips.iter().find(|(_, grip)| grip.allow == whole.allow).map(|(id, _)| *id);
    surest.filter(|_| whole.reach().is_possible())
}
