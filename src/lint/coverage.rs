//! Which policies allow all that others allow.
//!
//! Owns: [`Coverage`]. Must not: know who holds the policies.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::redundant::full_twin;
use crate::name::Name;
use crate::policy::pattern::{covers, overlaps};
use crate::policy::{Cover, Document, Effect};

/// What a document allows without condition and on every resource.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Broad<'d> {
    everything: bool,
    /// Patterns of actions, by service.
    only: BTreeMap<&'d str, BTreeSet<&'d str>>,
    all_but: BTreeSet<&'d BTreeSet<String>>,
}

impl<'d> Broad<'d> {
    fn of(document: &'d Document) -> Self {
        let mut broad = Broad::default();
        let allows = document.statements().filter(|statement| {
            let everywhere = matches!(&statement.resources, Cover::Only(resources) if resources.contains("*"));
            statement.effect == Effect::Allow && statement.conditions.is_empty() && everywhere
        });
        for statement in allows {
            match &statement.actions {
                Cover::Only(patterns) => patterns.iter().for_each(|pattern| broad.add(pattern)),
                Cover::AllBut(patterns) => drop(broad.all_but.insert(patterns)),
            }
        }
        broad
    }

    fn add(&mut self, pattern: &'d str) {
        match pattern.split_once(':') {
            Some((service, _)) => drop(self.only.entry(service).or_default().insert(pattern)),
            None => self.everything = true,
        }
    }

    fn is_empty(&self) -> bool {
        !self.everything && self.only.is_empty() && self.all_but.is_empty()
    }

    /// Whether one pattern of its own, or one list of exceptions, allows every action that `pattern` names.
    fn allows(&self, pattern: &str) -> bool {
        let service = pattern.split_once(':').map_or("", |(service, _)| service);
        self.everything
            || self.only.get(service).is_some_and(|own| own.iter().any(|own| covers(own, pattern)))
            || self.all_but.iter().any(|excepted| !excepted.iter().any(|own| overlaps(own, pattern)))
    }
}

/// What each statement of a document is about.
type Named<'d> = BTreeSet<&'d Cover>;

/// A policy of the matrix, ready to be compared.
struct Compared<'f> {
    name: &'f Name,
    /// The policy beside which V07 tells it.
    full_twin: Option<Name>,
    /// The place of what it names. None for guards, and for policies of others.
    named: Option<usize>,
    /// The place of what it allows broadly. None when that is nothing.
    broad: Option<usize>,
}

/// Which policies cover which. Policies that differ in their resources alone are worked out once, and each pattern of
/// actions is expanded once.
pub(super) struct Coverage<'f> {
    facts: &'f Facts<'f>,
    /// In the order of their names.
    policies: Vec<Compared<'f>>,
    broad: Vec<Broad<'f>>,
    named: Vec<Named<'f>>,
    actions: BTreeMap<&'f str, Vec<String>>,
    /// Whether something broad covers something named, row by row.
    pairs: Vec<Option<bool>>,
}

impl<'f> Coverage<'f> {
    /// Of all policies that the matrix names.
    pub(super) fn new(facts: &'f Facts<'f>) -> Self {
        let rows = facts.matrix.policies.iter().map(|row| &row.name).chain(&facts.matrix.baseline);
        let all: BTreeSet<&Name> = rows.map(|name| &name.value).collect();
        let (mut wide, mut narrow) = (Distinct::default(), Distinct::default());
        let compared = all.into_iter().map(|name| {
            let document = facts.document(name);
            let broad = document.map(Broad::of).filter(|broad| !broad.is_empty());
            let document = document.filter(|document| !document.is_guard());
            let named = document.map(|it| it.statements().map(|statement| &statement.actions).collect());
            Compared {
                name,
                full_twin: full_twin(name),
                named: named.map(|named| narrow.place(named)),
                broad: broad.map(|broad| wide.place(broad)),
            }
        });
        let policies: Vec<Compared<'_>> = compared.collect();
        let (broad, named) = (wide.in_order(), narrow.in_order());
        let pairs = vec![None; broad.len() * named.len()];
        Coverage { facts, policies, broad, named, actions: BTreeMap::new(), pairs }
    }

    /// The positions of policies in the order of names.
    pub(super) fn positions<'n>(&self, names: impl IntoIterator<Item = &'n Name>) -> Vec<usize> {
        let found = names.into_iter().filter_map(|name| self.policies.binary_search_by(|p| p.name.cmp(name)).ok());
        found.collect()
    }

    /// The policy at a position.
    pub(super) fn name(&self, position: usize) -> Option<&'f Name> {
        self.policies.get(position).map(|policy| policy.name)
    }

    /// Whether `by` allows everything that `policy` does, and V07 does not tell it. Of two that allow the same, the
    /// first by name covers.
    pub(super) fn covers(&mut self, by: usize, policy: usize) -> bool {
        self.allows_all(by, policy) && (by < policy || !self.allows_all(policy, by))
    }

    /// Whether any policy at all may cover this one.
    pub(super) fn is_coverable(&mut self, policy: usize) -> bool {
        let Some(of) = self.policies.get(policy).and_then(|policy| policy.named) else { return false };
        (0..self.broad.len()).any(|at| self.is_within(at, of))
    }

    /// Whether everything named, by its place, is allowed by something broad, by its place.
    fn is_within(&mut self, broad: usize, named: usize) -> bool {
        let place = broad * self.named.len() + named;
        let (Some(broad), Some(named)) = (self.broad.get(broad), self.named.get(named)) else { return false };
        let Some(known) = self.pairs.get_mut(place) else { return false };
        *known.get_or_insert_with(|| within(named, broad, self.facts, &mut self.actions))
    }

    fn allows_all(&mut self, by: usize, policy: usize) -> bool {
        let (Some(wide), Some(narrow)) = (self.policies.get(by), self.policies.get(policy)) else { return false };
        let (Some(broad), Some(named)) = (wide.broad, narrow.named) else { return false };
        narrow.full_twin.as_ref() != Some(wide.name) && self.is_within(broad, named)
    }
}

/// Whether nothing is named that `broad` does not allow.
fn within<'f>(
    named: &Named<'f>,
    broad: &Broad<'_>,
    facts: &Facts<'_>,
    expanded: &mut BTreeMap<&'f str, Vec<String>>,
) -> bool {
    let expand =
        |pattern: &str| facts.known().catalogue.matching(pattern).map(|a| a.name.to_ascii_lowercase()).collect();
    named.iter().all(|cover| match cover {
        Cover::Only(patterns) => patterns.iter().all(|pattern| {
            if broad.allows(pattern) || pattern == "*" {
                return broad.allows(pattern);
            }
            let actions: &Vec<String> = expanded.entry(pattern).or_insert_with(|| expand(pattern));
            !actions.is_empty() && actions.iter().all(|action| broad.allows(action))
        }),
        Cover::AllBut(_) => broad.allows("*"),
    })
}

/// Gives each distinct value a place, in the order in which they come.
struct Distinct<T>(BTreeMap<T, usize>);

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Distinct(BTreeMap::new())
    }
}

impl<T: Ord> Distinct<T> {
    fn place(&mut self, value: T) -> usize {
        let next = self.0.len();
        *self.0.entry(value).or_insert(next)
    }

    fn in_order(self) -> Vec<T> {
        let mut values: Vec<(usize, T)> = self.0.into_iter().map(|(value, place)| (place, value)).collect();
        values.sort_unstable_by_key(|(place, _)| *place);
        values.into_iter().map(|(_, value)| value).collect()
    }
}
