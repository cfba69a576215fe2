//! What a power stands for, and whether documents give it.
//!
//! Owns: [`StandsFor`]. Must not: know who may have a power.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::access::administration::{self, REPAIR, allows_to_others};
use crate::catalog::actions::{Action, Level};
use crate::matrix::Ceiling;
use crate::name::Name;
use crate::policy::{Cover, Document, Effect, Statement, pattern};

/// Carried by nearly every policy that gives a service in full, and bounded there by its conditions. They count where
/// they are named in full.
const EVERYDAY: [&str; 2] = ["iam:passrole", "iam:createservicelinkedrole"];

/// What a power stands for.
#[derive(Debug)]
pub(super) enum StandsFor {
    /// A policy whose holder administers: every way to come by every right.
    Administration,
    /// Actions that a pattern names.
    Actions(Actions),
    /// Another policy: nearly everything that it lets people change.
    Policy(Allowed),
}

/// The actions of a pattern, all in lower case.
#[derive(Debug)]
pub(super) struct Actions {
    pattern: String,
    /// Every documented action that it names.
    known: BTreeSet<String>,
    /// Those of them that count, and how AWS spells them.
    counted: BTreeMap<String, String>,
}

/// The actions that a policy allows.
#[derive(Debug)]
pub(super) struct Allowed {
    statements: Vec<Statement>,
    /// Each with the first statement that allows it: those that change something or, where there is none, those that read.
    actions: Vec<(usize, Box<str>)>,
    /// How many of them each service has.
    services: BTreeMap<String, usize>,
    changes: bool,
}

impl StandsFor {
    /// What an entry of a ceiling stands for, before it has taken in what AWS has of services.
    pub(super) fn new<'d>(entry: &Ceiling, document: impl FnOnce(&Name) -> Option<Cow<'d, Document>>) -> Self {
        if let Some(pattern) = entry.actions() {
            return StandsFor::Actions(Actions::new(pattern));
        }
        let document = entry.policy().and_then(|policy| document(&policy));
        if document.as_ref().is_some_and(|it| REPAIR.iter().all(|action| allows_to_others(it, action))) {
            return StandsFor::Administration;
        }
        let statements = document.iter().flat_map(|document| document.statements());
        let statements = statements.filter(|statement| statement.effect == Effect::Allow).cloned().collect();
        StandsFor::Policy(Allowed { statements, actions: Vec::new(), services: BTreeMap::new(), changes: false })
    }

    /// Whether it says anything of a service of that prefix.
    pub(super) fn speaks_of(&self, prefix: &str) -> bool {
        let of_service = |written: &String| pattern::matches(service_of(written), prefix);
        match self {
            StandsFor::Administration => false,
            StandsFor::Actions(actions) => of_service(&actions.pattern),
            StandsFor::Policy(allowed) => allowed.statements.iter().any(|statement| match &statement.actions {
                Cover::Only(patterns) => patterns.iter().any(of_service),
                Cover::AllBut(_) => true,
            }),
        }
    }

    /// Whether several documents may give together what none of them gives.
    pub(super) fn adds_up(&self) -> bool {
        !matches!(self, StandsFor::Actions(_))
    }

    /// Takes in an action that AWS has.
    pub(super) fn take(&mut self, action: &Action) {
        let folded = action.name.to_ascii_lowercase();
        match self {
            StandsFor::Administration => {}
            StandsFor::Actions(actions) => actions.take(folded, action),
            StandsFor::Policy(allowed) => allowed.take(folded, action),
        }
    }

    /// What of it documents in the same hands give, in words. `power`: as the ceiling writes it.
    pub(super) fn given_by(&self, documents: &[&Document], power: &str) -> Option<String> {
        match self {
            StandsFor::Administration => {
                let way = administration::opened_by(documents)?;
                Some(format!("administration ({})", way.join(" and ")))
            }
            StandsFor::Actions(actions) => documents.iter().find_map(|document| actions.allowed_by(document)),
            StandsFor::Policy(allowed) => allowed.is_within(documents).then(|| format!("as much as {power}")),
        }
    }
}

impl Actions {
    fn new(pattern: String) -> Self {
        let written_out = (!pattern::is_pattern(&pattern)).then(|| (pattern.clone(), pattern.clone()));
        Actions { pattern, known: BTreeSet::new(), counted: written_out.into_iter().collect() }
    }

    fn take(&mut self, folded: String, action: &Action) {
        if !pattern::matches(&self.pattern, &folded) {
            return;
        }
        let is_wide = pattern::is_pattern(&self.pattern);
        if !is_wide || (changes_something(action) && !EVERYDAY.contains(&folded.as_str())) {
            self.counted.insert(folded.clone(), action.name.clone());
        }
        self.known.insert(folded);
    }

    /// The first of the actions that a document allows; or one that is written out, and that AWS does not document.
    fn allowed_by(&self, document: &Document) -> Option<String> {
        let counted = self.counted.iter().find(|(action, _)| allows_to_others(document, action));
        counted.map(|(_, spelled)| spelled).or_else(|| self.undocumented(document)).cloned()
    }

    fn undocumented<'d>(&self, document: &'d Document) -> Option<&'d String> {
        let allows = document.statements().filter(|statement| statement.effect == Effect::Allow);
        let mut written = allows.filter(|it| matches!(it.actions, Cover::Only(_))).flat_map(|it| it.actions.patterns());
        written.find(|action| {
            !pattern::is_pattern(action)
                && pattern::matches(&self.pattern, action)
                && !self.known.contains(*action)
                && allows_to_others(document, action)
        })
    }
}

impl Allowed {
    fn take(&mut self, folded: String, action: &Action) {
        let changes = changes_something(action);
        if self.changes && !changes {
            return;
        }
        let Some(at) = self.statements.iter().position(|it| it.actions.includes_action(&folded)) else { return };
        if changes && !self.changes {
            self.changes = true;
            self.actions.clear();
            self.services.clear();
        }
        *self.services.entry(service_of(&folded).to_owned()).or_default() += 1;
        self.actions.push((at, folded.into_boxed_str()));
    }

    /// Whether documents allow nine tenths of the actions, as widely as the policy or on everything, under whatever
    /// condition.
    fn is_within(&self, documents: &[&Document]) -> bool {
        let allows = documents.iter().flat_map(|document| document.statements());
        let allows = allows.filter(|statement| statement.effect == Effect::Allow);
        let reach = |given: &Statement, wanted: &Statement| {
            is_everything(&given.resources) || given.resources.covers(&wanted.resources)
        };
        let given: Vec<(&Statement, Vec<bool>)> =
            allows.map(|given| (given, self.statements.iter().map(|it| reach(given, it)).collect())).collect();
        let is_given = |(at, action): &(usize, Box<str>)| {
            given.iter().any(|(it, reach)| reach.get(*at) == Some(&true) && it.actions.includes_action(action))
        };
        let (all, may_lack) = (self.actions.len(), self.actions.len() / 10);
        let is_near = all > 0 && self.at_most(given.iter().map(|(it, _)| *it)) + may_lack >= all;
        is_near && self.actions.iter().filter(|action| !is_given(action)).nth(may_lack).is_none()
    }

    /// So many of the actions lie in services that statements name. Most name a few, and need no second look.
    fn at_most<'s>(&self, given: impl Iterator<Item = &'s Statement>) -> usize {
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for statement in given {
            match &statement.actions {
                Cover::Only(patterns) if !patterns.contains("*") => {
                    named.extend(patterns.iter().map(|written| service_of(written)));
                }
                Cover::Only(_) | Cover::AllBut(_) => return self.actions.len(),
            }
        }
        named.into_iter().filter_map(|service| self.services.get(service)).sum()
    }
}

/// The service of an action, or of a pattern of actions: no pattern but `*` has a wildcard before its colon.
fn service_of(action: &str) -> &str {
    action.split_once(':').map_or(action, |(service, _)| service)
}

/// Whether resources are all that there are, in however many words: nothing stands where ARNs name something.
fn is_everything(resources: &Cover) -> bool {
    let names_nothing = |arn: &String| {
        let entity = arn.splitn(6, ':').nth(5).or_else(|| arn.ends_with('*').then_some("*"));
        entity.is_some_and(|entity| entity.contains('*') && !entity.contains(char::is_alphanumeric))
    };
    match resources {
        Cover::Only(arns) => arns.iter().any(names_nothing),
        Cover::AllBut(_) => true,
    }
}

/// To make or delete a virtual device changes nothing for anybody until it is assigned.
fn changes_something(action: &Action) -> bool {
    !matches!(action.level, Level::List | Level::Read) && action.resources != ["mfa"]
}
