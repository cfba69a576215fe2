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
use super::{Access, PolicyId, USERNAME};
use crate::policy::context::Context;
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

/// The Deny statements that apply to everything in the session, whatever else is true of a request, by their places. One
/// that asks for anything but MFA, be it that the request came over TLS, is none; who asks is known.
pub(super) fn denying<'d>(document: &'d Document, session: Session, context: &Context) -> Vec<(usize, &'d Statement)> {
    let any = Question { action: "", resource: None, session, context };
    let is_sure = |(_, statement): &(usize, &Statement)| {
        let version = document.version();
        let mut keys = statement.conditions.values().flat_map(|keys| keys.keys());
        statement.effect == Effect::Deny
            && reach::resources(statement, version, &any) == Sure::Always
            && reach::conditions(statement, version, session, context) == Sure::Always
            && keys.all(|key| reach::is_about_mfa(key) || key == USERNAME)
    };
    document.statements().enumerate().filter(is_sure).collect()
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
    universe: Rc<OnceCell<Universe>>,
    memory: Memory<'a>,
}

/// What was worked out already, for the next who hold the same guards.
#[derive(Debug, Default)]
struct Memory<'a> {
    /// The patterns of each policy's Allows of which something is left.
    openings: BTreeMap<PolicyId, BTreeSet<&'a str>>,
    /// Whether something is left of a pattern.
    open: BTreeMap<&'a str, bool>,
    /// Of the telling actions, those that are left and that somebody may be allowed.
    telling: OnceCell<Vec<&'static str>>,
    /// Something that is left, if anything is.
    first: OnceCell<Option<String>>,
    /// What is left of the patterns of Allows, as places in the universe.
    expanded: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Left<'a> {
    /// After guards, each with the statements that deny for certain.
    pub(super) fn after(
        session: Session,
        guards: &[(PolicyId, Vec<&Statement>)],
        universe: &Rc<OnceCell<Universe>>,
    ) -> Self {
        let after = |statements: &[&Statement]| {
            let mut left = Left {
                session,
                patterns: BTreeSet::from(["*".to_owned()]),
                denied: BTreeSet::new(),
                closed_by: BTreeSet::new(),
                universe: Rc::clone(universe),
                memory: Memory::default(),
            };
            left.take(statements);
            left
        };
        let mut left = after(&guards.iter().flat_map(|(_, statements)| statements).copied().collect::<Vec<_>>());
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

    /// The actions of a pattern, with their places in the universe.
    fn expand<'p>(&'p self, pattern: &'p str) -> impl Iterator<Item = (usize, &'p str)> {
        self.universe.get_or_init(Universe::load).matching(pattern).map(|(place, known)| (place, known.folded()))
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
        let telling = self.memory.telling.get_or_init(|| self.telling(grips));
        let mut allowed = |action: &str| Some((action.to_owned(), Some(allowing(grips, held, action, session)?)));
        if let Some(found) = telling.iter().copied().find_map(&mut allowed) {
            return Some(found);
        }
        for pattern in self.open_patterns(access, held) {
            self.keep_expanded(pattern);
            let universe = self.universe.get_or_init(Universe::load);
            let mut actions =
                self.memory.expanded.get(pattern).into_iter().flatten().filter_map(|place| universe.get(*place));
            if let Some(found) = actions.find_map(|known| allowed(known.folded())) {
                return Some(found);
            }
        }
        self.memory.first.get_or_init(|| self.first().map(str::to_owned)).clone().map(|action| (action, None))
    }

    /// The telling actions that are left and that some policy allows.
    fn telling(&self, grips: &mut Grips<'_>) -> Vec<&'static str> {
        let context = self.session.context();
        let is_allowed = |action: &&str| {
            grips.is_allowed_by_any(&Question { action, resource: None, session: self.session, context: &context })
        };
        TELLING.into_iter().filter(|action| self.holds(action)).filter(is_allowed).collect()
    }

    fn keep_expanded(&mut self, pattern: &'a str) {
        if !self.memory.expanded.contains_key(pattern) {
            let left = self.expand(pattern).filter(|(_, action)| self.holds(action)).map(|(place, _)| place).collect();
            self.memory.expanded.insert(pattern, left);
        }
    }

    /// The patterns that an Allow of these policies names and of which something is left.
    fn open_patterns(&mut self, access: &'a Access, held: &[PolicyId]) -> BTreeSet<&'a str> {
        let mut all = BTreeSet::new();
        for id in held {
            let opening = self.memory.openings.entry(*id).or_insert_with(|| {
                let mut allowed = allowed_patterns(access, *id);
                let overlaps = |allowed: &str| self.patterns.iter().any(|left| pattern::overlaps(left, allowed));
                allowed.retain(|allowed| {
                    *self.memory.open.entry(*allowed).or_insert_with_key(|allowed| overlaps(allowed))
                });
                allowed
            });
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
        let expanded =
            self.patterns.iter().filter(is_pattern).flat_map(|pattern| self.expand(pattern)).map(|(_, action)| action);
        let named = concrete.chain(expanded).filter(|action| self.holds(action)).min();
        named.or_else(|| self.patterns.iter().find(is_pattern).map(String::as_str))
    }

    /// The action as AWS spells it.
    pub(super) fn spelled(&self, action: &str) -> String {
        let known = self.universe.get_or_init(Universe::load).find(action);
        known.map_or_else(|| action.to_owned(), |known| known.name().as_str().to_owned())
    }
}

/// The patterns of a policy's Allows.
fn allowed_patterns(access: &Access, id: PolicyId) -> BTreeSet<&str> {
    let statements = document(access, id).into_iter().flat_map(Document::statements);
    let allows = statements.filter(|statement| statement.effect == Effect::Allow);
    let patterns = allows.flat_map(|statement| match &statement.actions {
        Cover::Only(patterns) => patterns.iter().map(String::as_str).collect(),
        Cover::AllBut(_) => vec!["*"],
    });
    patterns.collect()
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
