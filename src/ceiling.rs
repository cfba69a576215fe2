//! What the matrix may grant at most: powers, and the only groups that may have them, judged on what policies say.
//!
//! A policy's name stands for what that policy allows, whatever the policy that allows it is called. An action stands for
//! itself; one with `*` for every action of that name that changes something. Conditions and denies do not count, nor does
//! what people may do with their own credentials.
//!
//! Owns: [`Judge`]. Must not: decide what follows; `lint` refuses the matrix, and `guard` holds the plan.

mod powers;

use std::borrow::Cow;
use std::collections::BTreeSet;

use self::powers::StandsFor;
use crate::catalog::actions;
use crate::matrix::{Ceiling, part_number};
use crate::name::Name;
use crate::nearest;
use crate::policy::Document;

/// A ceiling with what its powers stand for. It is made for one judgement, not to be kept.
#[derive(Debug)]
pub struct Judge {
    powers: Vec<Power>,
}

#[derive(Debug)]
struct Power {
    entry: Ceiling,
    stands_for: StandsFor,
}

/// A policy of a group, with what it says as far as that is known.
#[derive(Debug, Clone, Copy)]
pub struct Carried<'a> {
    /// The group of the matrix, or an IAM group that is a part of one.
    pub group: &'a Name,
    /// The policy.
    pub policy: &'a Name,
    /// What it says.
    pub document: Option<&'a Document>,
}

/// A group has more than the ceiling lets it have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excess {
    /// The group.
    pub group: Name,
    /// The policy that gives it.
    pub policy: Name,
    /// The power, as operator.yaml writes it.
    pub power: String,
    /// What is allowed: an action, administration, or as much as a policy.
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
    pub fn new<'d>(ceiling: &[Ceiling], document: impl Fn(&Name) -> Option<Cow<'d, Document>>) -> Self {
        let power = |entry: &Ceiling| Power { entry: entry.clone(), stands_for: StandsFor::new(entry, &document) };
        let mut powers: Vec<Power> = ceiling.iter().map(power).collect();
        for prefix in actions::prefixes() {
            let mut asking: Vec<&mut Power> =
                powers.iter_mut().filter(|power| power.stands_for.speaks_of(prefix)).collect();
            // A service is unpacked once for all powers, and not kept.
            let service = (!asking.is_empty()).then(|| actions::service(prefix)).flatten();
            for action in service.iter().flat_map(|service| &service.actions) {
                for power in &mut asking {
                    power.stands_for.take(action);
                }
            }
        }
        Judge { powers }
    }

    /// What a group has beyond the ceiling, in all its parts, by itself or together with what the baseline gives to all
    /// who are in it.
    #[must_use]
    pub fn excesses(&self, column: &[Carried<'_>], baseline: &[Carried<'_>]) -> BTreeSet<Excess> {
        self.powers.iter().flat_map(|power| power.excesses(column, baseline)).collect()
    }

    /// What a group carries that cannot be read, unless it may have every power.
    #[must_use]
    pub fn unread(&self, column: &[Carried<'_>]) -> BTreeSet<Excess> {
        let unread = column.iter().filter(|carried| carried.document.is_none());
        let excess = |carried: &Carried<'_>| {
            let power = self.powers.iter().find(|power| !power.admits(carried.group))?;
            Some(power.excess(carried, "what cannot be read".to_owned()))
        };
        unread.filter_map(excess).collect()
    }

    /// The first power that a policy gives, whoever may have it; one that cannot be read may give any.
    #[must_use]
    pub fn power_of(&self, policy: &Name, document: Option<&Document>) -> Option<&str> {
        let gives = |power: &&Power| document.is_none_or(|document| power.given_by(policy, document).is_some());
        Some(&self.powers.iter().find(gives)?.entry.power.value)
    }
}

impl Power {
    fn admits(&self, group: &Name) -> bool {
        self.entry.groups.iter().any(|admitted| part_number(&admitted.value, group).is_some())
    }

    fn excesses(&self, column: &[Carried<'_>], baseline: &[Carried<'_>]) -> Vec<Excess> {
        let column: Vec<&Carried<'_>> = column.iter().filter(|carried| !self.admits(carried.group)).collect();
        let alone = |carried: &&Carried<'_>| {
            let what = match carried.document {
                Some(document) => self.given_by(carried.policy, document),
                None => self.is(carried.policy),
            };
            Some(self.excess(carried, what?))
        };
        let excesses: Vec<Excess> = column.iter().filter_map(alone).collect();
        if !excesses.is_empty() || !self.stands_for.adds_up() {
            return excesses;
        }
        self.together(&column, baseline).into_iter().collect()
    }

    /// What several policies give only together. It is told of the one that makes the last step; what the baseline gives
    /// without the group is the baseline's own.
    fn together(&self, column: &[&Carried<'_>], baseline: &[Carried<'_>]) -> Option<Excess> {
        let given = |documents: &[&Document]| self.stands_for.given_by(documents, &self.entry.power.value);
        let mut held: Vec<&Document> = baseline.iter().filter_map(|carried| carried.document).collect();
        let all: Vec<&Document> = column.iter().filter_map(|carried| carried.document).chain(held.clone()).collect();
        given(&all)?;
        if given(&held).is_some() {
            return None;
        }
        column.iter().find_map(|carried| {
            held.extend(carried.document);
            given(&held).map(|what| self.excess(carried, format!("{what}, with others,")))
        })
    }

    /// What of this power a policy gives by itself, in words.
    fn given_by(&self, policy: &Name, document: &Document) -> Option<String> {
        self.is(policy).or_else(|| self.stands_for.given_by(&[document], &self.entry.power.value))
    }

    /// A policy that the ceiling names counts as such, whatever it says.
    fn is(&self, policy: &Name) -> Option<String> {
        self.entry.power.value.eq_ignore_ascii_case(policy.as_str()).then(|| "that policy".to_owned())
    }

    fn excess(&self, carried: &Carried<'_>, what: String) -> Excess {
        let admitted: Vec<&str> = self.entry.groups.iter().map(|group| group.value.as_str()).collect();
        let admitted = match admitted.as_slice() {
            [] => "to nobody".to_owned(),
            groups => format!("to {} only", nearest::quoted(groups)),
        };
        let (group, policy, power) = (carried.group.clone(), carried.policy.clone(), self.entry.power.value.clone());
        Excess { group, policy, power, what, admitted }
    }
}

#[cfg(test)]
mod tests;
