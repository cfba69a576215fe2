//! What the matrix may grant at most: powers, and the only groups that may have them, judged on what policies say.
//!
//! A policy's name stands for what that policy allows, whatever the policy that allows it is called. An action stands for
//! itself; one with `*` for every action of that name that changes something. What people may do to themselves
//! (`${aws:username}` in the resource) is no power.
//!
//! Owns: [`Judge`]. Must not: decide what follows; `lint` refuses the matrix, and `guard` holds the plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::actions::{Action, Catalogue, Level};
use crate::matrix::{Ceiling, part_number};
use crate::name::Name;
use crate::nearest;
use crate::policy::{Cover, Document, Effect, Statement, pattern};

/// What takes a deny back: off a group, or out of a document; whoever may do both administers. In lower case.
pub const ADMINISTRATION: [&str; 2] = ["iam:createpolicyversion", "iam:detachgrouppolicy"];

/// Carried by nearly every policy that gives a service in full, and bounded there by its conditions. They count where
/// they are named in full.
const EVERYDAY: [&str; 2] = ["iam:passrole", "iam:createservicelinkedrole"];

/// A ceiling with what its powers stand for.
#[derive(Debug)]
pub struct Judge {
    powers: Vec<Power>,
}

#[derive(Debug)]
struct Power {
    entry: Ceiling,
    stands_for: StandsFor,
}

#[derive(Debug)]
enum StandsFor {
    /// Actions, all in lower case.
    Actions(Actions),
    /// All that these statements allow.
    Policy { allows: Vec<Statement>, administers: bool },
}

/// What a pattern of actions stands for.
#[derive(Debug)]
struct Actions {
    pattern: String,
    /// Every documented action that it names.
    known: BTreeSet<String>,
    /// Those of them that count, and how AWS spells them.
    counted: BTreeMap<String, String>,
}

/// A policy of a group, with what it says as far as that is known.
pub type Carried<'a> = (&'a Name, Option<&'a Document>);

/// A group has more than the ceiling lets it have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excess {
    /// The group.
    pub group: Name,
    /// The policy that gives it.
    pub policy: Name,
    /// The power, as operator.yaml writes it.
    pub power: String,
    /// What is allowed: an action, or as much as a policy.
    pub what: String,
    /// Who may have it.
    pub admitted: String,
}

impl std::fmt::Display for Excess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Excess { group, policy, power, what, admitted } = self;
        write!(f, "{group} gets {what} by {policy}; the ceiling grants `{power}` {admitted}")
    }
}

impl Judge {
    /// The judge of a ceiling. `document` gives what a policy that is named in it says.
    #[must_use]
    pub fn new<'d>(ceiling: &[Ceiling], document: impl Fn(&Name) -> Option<&'d Document>) -> Self {
        let catalogue = Catalogue::default();
        let powers = ceiling.iter().map(|entry| {
            let stands_for = match entry.actions() {
                Some(pattern) => StandsFor::Actions(Actions::new(&catalogue, pattern)),
                None => of_policy(document(&Name::new(entry.power.value.as_str()))),
            };
            Power { entry: entry.clone(), stands_for }
        });
        Judge { powers: powers.collect() }
    }

    /// Whether there is no ceiling.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.powers.is_empty()
    }

    /// What a group, or an IAM group that is part of one, has beyond the ceiling.
    #[must_use]
    pub fn excesses(&self, group: &Name, carried: &[Carried<'_>]) -> BTreeSet<Excess> {
        let powers = self.powers.iter().filter(|power| !power.admits(group));
        powers.flat_map(|power| power.excesses(group, carried)).collect()
    }

    /// The first power that a policy gives, whoever may have it.
    #[must_use]
    pub fn power_of(&self, carried: Carried<'_>) -> Option<&str> {
        let power = self.powers.iter().find(|power| power.given_by(carried).is_some())?;
        Some(&power.entry.power.value)
    }
}

impl Power {
    fn admits(&self, group: &Name) -> bool {
        let is = |admitted: &Name| admitted == group || part_number(admitted, group).is_some();
        self.entry.groups.iter().any(|admitted| is(&admitted.value))
    }

    fn excesses(&self, group: &Name, carried: &[Carried<'_>]) -> Vec<Excess> {
        let excess = |policy: &Name, what: String| {
            let admitted: Vec<&str> = self.entry.groups.iter().map(|group| group.value.as_str()).collect();
            let admitted = match admitted.as_slice() {
                [] => "to nobody".to_owned(),
                groups => format!("to {} only", nearest::quoted(groups)),
            };
            let (group, policy, power) = (group.clone(), policy.clone(), self.entry.power.value.clone());
            Excess { group, policy, power, what, admitted }
        };
        let given = |carried: &Carried<'_>| self.given_by(*carried).map(|what| excess(carried.0, what));
        let mut excesses: Vec<Excess> = carried.iter().filter_map(given).collect();
        if excesses.is_empty() && matches!(self.stands_for, StandsFor::Policy { administers: true, .. }) {
            excesses
                .extend(administered_by(carried).map(|policy| excess(policy, "administration, with others".into())));
        }
        excesses
    }

    /// What of this power a policy gives, in words.
    fn given_by(&self, (name, document): Carried<'_>) -> Option<String> {
        match &self.stands_for {
            StandsFor::Actions(actions) => document.and_then(|document| actions.allowed_by(document)),
            StandsFor::Policy { .. } if self.entry.power.value.eq_ignore_ascii_case(name.as_str()) => {
                Some("that policy".to_owned())
            }
            StandsFor::Policy { allows, administers } => {
                let document = document?;
                let covers = |wanted: &Statement| document.statements().any(|statement| statement.covers(wanted));
                let as_much = !allows.is_empty() && allows.iter().all(covers);
                let administers =
                    *administers && ADMINISTRATION.iter().all(|action| allows_to_others(document, action));
                (as_much || administers).then(|| format!("as much as {}", self.entry.power.value))
            }
        }
    }
}

fn of_policy(document: Option<&Document>) -> StandsFor {
    let allows = document.into_iter().flat_map(Document::statements);
    let allows: Vec<Statement> = allows.filter(|statement| statement.effect == Effect::Allow).cloned().collect();
    let administers =
        document.is_some_and(|document| ADMINISTRATION.iter().all(|action| allows_to_others(document, action)));
    StandsFor::Policy { allows, administers }
}

impl Actions {
    fn new(catalogue: &Catalogue, pattern: String) -> Self {
        let (mut known, mut counted) = (BTreeSet::new(), BTreeMap::new());
        let is_wide = pattern::is_pattern(&pattern);
        for action in catalogue.matching(&pattern) {
            let name = action.name.to_ascii_lowercase();
            if !is_wide || (changes_something(action) && !EVERYDAY.contains(&name.as_str())) {
                counted.insert(name.clone(), action.name.clone());
            }
            known.insert(name);
        }
        if !is_wide {
            counted.entry(pattern.clone()).or_insert_with(|| pattern.clone());
        }
        Actions { pattern, known, counted }
    }

    /// The first of the actions that a document allows; or one that is written out, and that AWS does not document.
    fn allowed_by(&self, document: &Document) -> Option<String> {
        let counted = self.counted.iter().find(|(action, _)| allows_to_others(document, action));
        counted.map(|(_, spelled)| spelled).or_else(|| self.undocumented(document)).cloned()
    }

    fn undocumented<'d>(&self, document: &'d Document) -> Option<&'d String> {
        let powers = document.statements().filter(|statement| is_power(statement));
        let mut written = powers.filter(|it| matches!(it.actions, Cover::Only(_))).flat_map(|it| it.actions.patterns());
        written.find(|action| {
            !pattern::is_pattern(action) && pattern::matches(&self.pattern, action) && !self.known.contains(*action)
        })
    }
}

/// To make or delete a virtual device changes nothing for anybody until it is assigned.
fn changes_something(action: &Action) -> bool {
    !matches!(action.level, Level::List | Level::Read) && action.resources != ["mfa"]
}

/// Whether a statement allows something beyond what people may do to themselves.
fn is_power(statement: &Statement) -> bool {
    let own = |resource: &String| resource.contains("${aws:username}");
    let is_own = matches!(&statement.resources, Cover::Only(resources) if resources.iter().all(own));
    statement.effect == Effect::Allow && !is_own
}

/// Whether a document allows an action, in lower case, on anything but the caller, under whatever condition.
fn allows_to_others(document: &Document, action: &str) -> bool {
    document.statements().any(|statement| is_power(statement) && statement.actions.includes_action(action))
}

/// The policy that makes the last step to administration, where only several together do.
fn administered_by<'a>(carried: &[Carried<'a>]) -> Option<&'a Name> {
    let mut last = None;
    for action in ADMINISTRATION {
        last = carried.iter().find(|(_, document)| document.is_some_and(|it| allows_to_others(it, action)));
        last?;
    }
    last.map(|(name, _)| *name)
}

#[cfg(test)]
mod tests;
