//! Policies that allow nothing that another one of the same people does not.
//!
//! Only what is certain is told: what is allowed without condition and on every resource covers what it names.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::redundant::{full_twin, some};
use crate::diagnostic::Diagnostic;
use crate::matrix::PolicyRow;
use crate::name::Name;
use crate::policy::pattern::{covers, overlaps};
use crate::policy::{Cover, Document, Effect};

/// What a document allows without condition and on every resource.
#[derive(Default)]
struct Broad<'d> {
    everything: bool,
    /// Patterns of actions, by service.
    only: BTreeMap<&'d str, Vec<&'d str>>,
    all_but: Vec<&'d BTreeSet<String>>,
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
                Cover::AllBut(patterns) => broad.all_but.push(patterns),
            }
        }
        broad
    }

    fn add(&mut self, pattern: &'d str) {
        match pattern.split_once(':') {
            Some((service, _)) => self.only.entry(service).or_default().push(pattern),
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

/// A policy of the matrix, ready to be compared.
struct Compared<'f> {
    name: &'f Name,
    /// The policy beside which V07 tells it.
    full_twin: Option<Name>,
    /// None for guards, and for policies of others.
    document: Option<&'f Document>,
    /// None when it allows nothing without condition and on every resource.
    broad: Option<Broad<'f>>,
}

/// Which policies cover which; each pair is worked out once, and each pattern of actions expanded once.
struct Coverage<'f> {
    facts: &'f Facts<'f>,
    /// In the order of their names.
    policies: Vec<Compared<'f>>,
    actions: BTreeMap<&'f str, Vec<String>>,
    /// Whether the first of a pair covers the second, row by row.
    pairs: Vec<Option<bool>>,
}

impl<'f> Coverage<'f> {
    fn new(facts: &'f Facts<'f>) -> Self {
        let rows = facts.matrix.policies.iter().map(|row| &row.name).chain(&facts.matrix.baseline);
        let names: BTreeSet<&Name> = rows.map(|name| &name.value).collect();
        let compared = names.into_iter().map(|name| {
            let document = facts.document(name);
            let broad = document.map(Broad::of).filter(|broad| !broad.is_empty());
            Compared {
                name,
                full_twin: full_twin(name),
                document: document.filter(|document| !document.is_guard()),
                broad,
            }
        });
        let policies: Vec<Compared<'_>> = compared.collect();
        let pairs = vec![None; policies.len() * policies.len()];
        Coverage { facts, policies, actions: BTreeMap::new(), pairs }
    }

    /// The positions of policies in the order of names.
    fn positions<'n>(&self, names: impl IntoIterator<Item = &'n Name>) -> Vec<usize> {
        let found = names.into_iter().filter_map(|name| self.policies.binary_search_by(|p| p.name.cmp(name)).ok());
        found.collect()
    }

    fn name(&self, position: usize) -> Option<&'f Name> {
        self.policies.get(position).map(|policy| policy.name)
    }

    /// Whether `by` allows everything that `policy` does, and V07 does not tell it. Of two that allow the same, the
    /// first by name covers.
    fn covers(&mut self, by: usize, policy: usize) -> bool {
        self.allows_all(by, policy) && (by < policy || !self.allows_all(policy, by))
    }

    fn allows_all(&mut self, by: usize, policy: usize) -> bool {
        let (Some(wide), Some(narrow)) = (self.policies.get(by), self.policies.get(policy)) else { return false };
        let (Some(broad), Some(document)) = (&wide.broad, narrow.document) else { return false };
        let Some(known) = self.pairs.get_mut(by * self.policies.len() + policy) else { return false };
        *known.get_or_insert_with(|| {
            let told = narrow.full_twin.as_ref() == Some(wide.name);
            !told && within(document, broad, self.facts, &mut self.actions)
        })
    }
}

/// Whether the document allows nothing that `broad` does not.
fn within<'f>(
    document: &'f Document,
    broad: &Broad<'_>,
    facts: &Facts<'_>,
    expanded: &mut BTreeMap<&'f str, Vec<String>>,
) -> bool {
    let expand =
        |pattern: &str| facts.known().catalogue.matching(pattern).map(|a| a.name.to_ascii_lowercase()).collect();
    document.statements().all(|statement| match &statement.actions {
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

/// V08: a policy all of whose actions another one allows without condition and on every resource, on the same group or
/// for somebody who is in the groups of both.
pub(super) fn covered_by_another(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut coverage = Coverage::new(facts);
    let users: BTreeSet<&Name> = facts.matrix.users.iter().map(|user| &user.name.value).collect();
    let users: Vec<&Name> = users.into_iter().collect();
    let across = across_groups(facts, &users, &mut coverage);
    for row in &facts.matrix.policies {
        let name = &row.name;
        for (by, groups) in within_groups(facts, row, &mut coverage) {
            let message = format!("`{}` adds nothing to `{by}` in {}", name.value, some(groups));
            let help = "take it off there, unless the other is to be narrowed soon";
            found.push(Diagnostic::info("V08", &name.span, message).on(&name.value).help(help));
        }
        let [policy] = coverage.positions([&name.value])[..] else { continue };
        for ((_, by), people) in across.range((policy, 0)..=(policy, usize::MAX)) {
            let Some(by) = coverage.name(*by) else { continue };
            let people = some(people.iter().filter_map(|user| users.get(*user).copied()));
            let message = format!("`{}` adds nothing to `{by}` of another group for {people}", name.value);
            let help = "if less is meant for them, take them out of the other group";
            found.push(Diagnostic::info("V08", &name.span, message).on(&name.value).help(help));
        }
    }
}

/// The policies that cover that of a row, each with the groups that carry both. The first of several counts.
fn within_groups<'f>(
    facts: &'f Facts<'f>,
    row: &'f PolicyRow,
    coverage: &mut Coverage<'f>,
) -> BTreeMap<&'f Name, Vec<&'f Name>> {
    let mut covered: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    let [policy] = coverage.positions([&row.name.value])[..] else { return covered };
    for group in row.groups.iter().map(|cell| &cell.value) {
        let others = facts.carried_by(group).iter().copied().chain(&facts.matrix.baseline).map(|other| &other.value);
        let mut others = coverage.positions(others).into_iter().filter(|other| *other != policy);
        if let Some(by) = others.find(|by| coverage.covers(*by, policy)).and_then(|by| coverage.name(by)) {
            covered.entry(by).or_default().push(group);
        }
    }
    covered
}

/// Policies of one group that a policy of another covers, with the users who are in both, all by their positions. What
/// both groups carry is told by V09.
fn across_groups(
    facts: &Facts<'_>,
    users: &[&Name],
    coverage: &mut Coverage<'_>,
) -> BTreeMap<(usize, usize), BTreeSet<usize>> {
    let groups: Vec<&Name> = facts.matrix.groups.iter().map(|group| &group.name.value).collect();
    let number: BTreeMap<&Name, usize> = groups.iter().enumerate().map(|(number, group)| (*group, number)).collect();
    let carried: Vec<Vec<usize>> = groups
        .iter()
        .map(|group| coverage.positions(facts.carried_by(group).iter().map(|policy| &policy.value)))
        .collect();
    let mut meetings: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for row in &facts.matrix.users {
        let Ok(user) = users.binary_search(&&row.name.value) else { continue };
        let of_user: Vec<usize> = row.groups.iter().filter_map(|cell| number.get(&cell.value).copied()).collect();
        for (group, other) in of_user.iter().flat_map(|group| of_user.iter().map(move |other| (*group, *other))) {
            meetings.entry((group, other)).or_default().push(user);
        }
    }
    let mut covered: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
    for ((group, other), users) in meetings.into_iter().filter(|((group, other), _)| group != other) {
        let (Some(here), Some(there)) = (carried.get(group), carried.get(other)) else { continue };
        for policy in here.iter().filter(|policy| !there.contains(policy)) {
            for by in there.iter().filter(|by| !here.contains(by)) {
                if coverage.covers(*by, *policy) {
                    covered.entry((*policy, *by)).or_default().extend(&users);
                }
            }
        }
    }
    covered
}
