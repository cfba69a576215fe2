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

/// Which policies cover which; each pair is worked out once, and each pattern of actions expanded once.
struct Coverage<'f> {
    facts: &'f Facts<'f>,
    broads: BTreeMap<&'f Name, Broad<'f>>,
    actions: BTreeMap<&'f str, Vec<String>>,
    pairs: BTreeMap<(&'f Name, &'f Name), bool>,
}

impl<'f> Coverage<'f> {
    fn new(facts: &'f Facts<'f>) -> Self {
        let named = facts.matrix.policies.iter().map(|row| &row.name).chain(&facts.matrix.baseline);
        let broads = named.filter_map(|name| Some((&name.value, Broad::of(facts.document(&name.value)?))));
        let broads = broads.filter(|(_, broad)| !broad.is_empty()).collect();
        Coverage { facts, broads, actions: BTreeMap::new(), pairs: BTreeMap::new() }
    }

    /// Whether `by` allows everything that `policy` does. Of two that allow the same, the first by name covers.
    fn covers(&mut self, by: &'f Name, policy: &'f Name) -> bool {
        self.allows_all(by, policy) && (by < policy || !self.allows_all(policy, by))
    }

    fn allows_all(&mut self, by: &'f Name, policy: &'f Name) -> bool {
        if let Some(known) = self.pairs.get(&(by, policy)) {
            return *known;
        }
        let document = self.facts.document(policy).filter(|document| !document.is_guard());
        let answer = match (self.broads.get(by), document) {
            (Some(broad), Some(document)) => within(document, broad, self.facts, &mut self.actions),
            _ => false,
        };
        self.pairs.insert((by, policy), answer);
        answer
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
    let across = across_groups(facts, &mut coverage);
    for row in &facts.matrix.policies {
        let name = &row.name;
        for (by, groups) in within_groups(facts, row, &mut coverage) {
            let message = format!("`{}` adds nothing to `{by}` in {}", name.value, some(groups));
            let help = "take it off there, unless the other is to be narrowed soon";
            found.push(Diagnostic::info("V08", &name.span, message).on(&name.value).help(help));
        }
        for ((_, by), users) in across.iter().filter(|((policy, _), _)| **policy == name.value) {
            let users = some(users.iter().copied());
            let message = format!("`{}` adds nothing to `{by}` of another group for {users}", name.value);
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
    for group in row.groups.iter().map(|cell| &cell.value) {
        let others = facts.carried_by(group).iter().copied().chain(&facts.matrix.baseline).map(|other| &other.value);
        let mut others = others.filter(|other| **other != row.name.value && !is_told(&row.name.value, other));
        if let Some(by) = others.find(|other| coverage.covers(other, &row.name.value)) {
            covered.entry(by).or_default().push(group);
        }
    }
    covered
}

/// That a policy only reads beside one that does everything is told by V07.
fn is_told(policy: &Name, by: &Name) -> bool {
    full_twin(policy).is_some_and(|twin| twin == *by)
}

/// Policies of one group that a policy of another covers, with the users who are in both. What both groups carry is told
/// by V09.
fn across_groups<'f>(
    facts: &'f Facts<'f>,
    coverage: &mut Coverage<'f>,
) -> BTreeMap<(&'f Name, &'f Name), BTreeSet<&'f Name>> {
    let mut meetings: BTreeMap<(&Name, &Name), Vec<&Name>> = BTreeMap::new();
    for user in &facts.matrix.users {
        for (group, other) in user.groups.iter().flat_map(|group| user.groups.iter().map(move |other| (group, other))) {
            meetings.entry((&group.value, &other.value)).or_default().push(&user.name.value);
        }
    }
    let mut covered: BTreeMap<(&Name, &Name), BTreeSet<&Name>> = BTreeMap::new();
    for ((group, other), users) in meetings.into_iter().filter(|((group, other), _)| group != other) {
        let carries = |group: &Name, policy: &Name| facts.carried_by(group).iter().any(|name| name.value == *policy);
        for policy in facts.carried_by(group).iter().map(|name| &name.value).filter(|policy| !carries(other, policy)) {
            let by = facts.carried_by(other).iter().map(|name| &name.value).filter(|by| !carries(group, by));
            for by in by.filter(|by| !is_told(policy, by)).filter(|by| coverage.covers(by, policy)) {
                covered.entry((policy, by)).or_default().extend(&users);
            }
        }
    }
    covered
}
