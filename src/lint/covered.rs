//! Policies that allow nothing that another one of the same people does not.
//!
//! Only what is certain is told: what is allowed without condition and on every resource covers what it names.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::coverage::Coverage;
use super::redundant::some;
use crate::diagnostic::Diagnostic;
use crate::matrix::PolicyRow;
use crate::name::Name;

/// V08: a policy all of whose actions another one allows without condition and on every resource, on the same group or
/// for somebody who is in the groups of both.
pub(super) fn covered_by_another(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut coverage = Coverage::new(facts);
    let users: BTreeSet<&Name> = facts.matrix.users.iter().map(|user| &user.name.value).collect();
    let users: Vec<&Name> = users.into_iter().collect();
    let across = across_groups(facts, &users, &mut coverage);
    for row in &facts.matrix.policies {
        let name = &row.name;
        let within = within_groups(facts, row, &mut coverage);
        if !within.is_empty() {
            let groups: BTreeSet<&Name> = within.values().flatten().copied().collect();
            let message = format!("`{}` adds nothing to {} in {}", name.value, some(within.into_keys()), some(groups));
            let help = "take it off there, unless the other is to be narrowed soon";
            found.push(Diagnostic::info("V08", &name.span, message).on(&name.value).help(help));
        }
        let [policy] = coverage.positions([&name.value])[..] else { continue };
        if let Some(covered) = across.get(&policy) {
            let by: Vec<&Name> = covered.by.iter().filter_map(|by| coverage.name(*by)).collect();
            let place = if by.len() == 1 { "another group" } else { "other groups" };
            let people = some(covered.people.iter().filter_map(|user| users.get(*user).copied()));
            let message = format!("`{}` adds nothing to {} of {place} for {people}", name.value, some(by));
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

/// The policies that cover one of another group, and the users who are in both, all by their positions.
#[derive(Default)]
struct Covered {
    by: BTreeSet<usize>,
    people: BTreeSet<usize>,
}

/// Policies of one group that a policy of another covers, for those who are in both.
fn across_groups(facts: &Facts<'_>, users: &[&Name], coverage: &mut Coverage<'_>) -> BTreeMap<usize, Covered> {
    let groups: Vec<&Name> = facts.matrix.groups.iter().map(|group| &group.name.value).collect();
    let number: BTreeMap<&Name, usize> = groups.iter().enumerate().map(|(number, group)| (*group, number)).collect();
    let between = between_groups(facts, &groups, coverage);
    let mut covered: BTreeMap<usize, Covered> = BTreeMap::new();
    for row in &facts.matrix.users {
        let Ok(user) = users.binary_search(&&row.name.value) else { continue };
        let of_user: Vec<usize> = row.groups.iter().filter_map(|cell| number.get(&cell.value).copied()).collect();
        let pairs = of_user.iter().flat_map(|group| of_user.iter().map(move |other| (*group, *other)));
        for (policy, by) in pairs.filter_map(|pair| between.get(&pair)).flatten() {
            let covered = covered.entry(*policy).or_default();
            covered.by.extend(by);
            covered.people.insert(user);
        }
    }
    covered
}

/// By two groups, policies of the first and what covers each of them in the second. What both carry is told by V09.
type Between = BTreeMap<(usize, usize), Vec<(usize, Vec<usize>)>>;

fn between_groups(facts: &Facts<'_>, groups: &[&Name], coverage: &mut Coverage<'_>) -> Between {
    let carried = |group: &&Name| coverage.positions(facts.carried_by(group).iter().map(|policy| &policy.value));
    let carried: Vec<Vec<usize>> = groups.iter().map(carried).collect();
    // Most policies are covered by none, whoever holds them.
    let mut coverable: BTreeSet<usize> = carried.iter().flatten().copied().collect();
    coverable.retain(|policy| coverage.is_coverable(*policy));
    let mut between = Between::new();
    for (group, here) in carried.iter().enumerate() {
        for policy in here.iter().filter(|policy| coverable.contains(policy)) {
            for (other, there) in carried.iter().enumerate().filter(|(_, there)| !there.contains(policy)) {
                let by = there.iter().copied().filter(|by| !here.contains(by) && coverage.covers(*by, *policy));
                let by: Vec<usize> = by.collect();
                if !by.is_empty() {
                    between.entry((group, other)).or_default().push((*policy, by));
                }
            }
        }
    }
    between
}
