//! The rows of the policy matrix.
//!
//! Must not: know of users.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Call, Layout, Tallies, unnamed};
use super::{Cell, Mark, Origin, Role, Row, State};
use crate::catalog;
use crate::name::{Arn, Name};
use crate::plan::Action;

/// What a policy is known by. Names alone would not do: a customer's policy may bear the name of one of AWS's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// One of AWS's.
    Aws(Name),
    /// A customer managed policy of this account; its name is unique there.
    Own(Name),
    /// One that is named by its ARN.
    External(Arn),
    /// An inline policy of a group.
    Inline(Name),
}

/// Every row, those of the matrix first.
pub(super) fn rows(layout: &Layout<'_>) -> Vec<Row> {
    let mut tallies = wanted(layout);
    found(layout, &mut tallies);
    planned(layout, &mut tallies);
    for (key, tallies) in &mut tallies {
        let protected = !matches!(key, Key::Inline(_)) && layout.scope.protects_policy(&key.name());
        for tally in tallies.values_mut() {
            tally.protected |= protected;
        }
    }
    let marks = marks(layout);
    let mut known = BTreeSet::new();
    let mut rows = Vec::new();
    for name in declared(layout) {
        let key = key_of_name(layout, &name);
        let origin = match key {
            Key::External(_) => Origin::External,
            Key::Own(_) => Origin::Document,
            Key::Aws(_) | Key::Inline(_) => Origin::Aws,
        };
        let cells = tallies.remove(&key).unwrap_or_default();
        rows.push(row(layout, &marks, (name, origin, &key), cells));
        known.insert(key);
    }
    for key in undeclared_documents(layout).filter(|key| !known.contains(key)) {
        tallies.entry(key).or_default();
    }
    rows.extend(tallies.into_iter().map(|(key, cells)| {
        let origin = if matches!(key, Key::Inline(_)) { Origin::Inline } else { Origin::Undeclared };
        row(layout, &marks, (key.name(), origin, &key), cells)
    }));
    rows
}

fn row(
    layout: &Layout<'_>,
    marks: &BTreeMap<Name, Mark>,
    (name, origin, key): (Name, Origin, &Key),
    tallies: Tallies,
) -> Row {
    let cells = layout.cells(tallies, is_guard(layout, key));
    Row { mark: mark(layout, key, (origin, &cells), marks), name, origin, cells }
}

impl Key {
    fn name(&self) -> Name {
        match self {
            Key::Aws(name) | Key::Own(name) | Key::Inline(name) => name.clone(),
            Key::External(arn) => arn.name(),
        }
    }
}

/// Policies of rows, of the baseline, and documents that have neither, each once and in that order.
fn declared(layout: &Layout<'_>) -> Vec<Name> {
    let rows = layout.matrix.policies.iter().map(|row| &row.name.value);
    let baseline = layout.matrix.baseline.iter().map(|name| &name.value);
    let mut seen = BTreeSet::new();
    rows.chain(baseline).chain(layout.matrix.documents.keys()).filter(|name| seen.insert(*name)).cloned().collect()
}

fn key_of_name(layout: &Layout<'_>, name: &Name) -> Key {
    let external = layout.matrix.external.iter().find(|external| external.name.value == *name);
    match external {
        Some(external) => Key::External(external.arn.value.clone()),
        None if layout.matrix.documents.contains_key(name) => Key::Own(name.clone()),
        None => Key::Aws(name.clone()),
    }
}

fn key_of_arn(layout: &Layout<'_>, arn: &Arn) -> Key {
    let external = layout.matrix.external.iter().any(|external| external.arn.value == *arn);
    if arn.is_aws_managed() {
        Key::Aws(arn.name())
    } else if external || arn.account() != layout.live.account {
        Key::External(arn.clone())
    } else {
        Key::Own(arn.name())
    }
}

/// Whether every part of a group must carry it.
fn is_guard(layout: &Layout<'_>, key: &Key) -> bool {
    match key {
        Key::Aws(name) => catalog::denies(name),
        Key::Own(name) => match layout.matrix.documents.get(name) {
            Some(file) => file.document.as_ref().is_some_and(crate::policy::Document::is_guard),
            None => false,
        },
        Key::External(arn) => layout.live.policy(arn).is_none_or(|policy| policy.document.may_deny()),
        Key::Inline(_) => false,
    }
}

/// What the matrix says.
fn wanted(layout: &Layout<'_>) -> BTreeMap<Key, Tallies> {
    let mut tallies: BTreeMap<Key, Tallies> = BTreeMap::new();
    for row in &layout.matrix.policies {
        let cells = tallies.entry(key_of_name(layout, &row.name.value)).or_default();
        for column in row.groups.iter().filter_map(|cell| layout.declared(&cell.value)) {
            cells.entry(column).or_default().wanted = true;
        }
    }
    let baseline = layout.columns.iter().position(|column| column.role == Role::Baseline);
    let Some(baseline) = baseline else { return tallies };
    for name in &layout.matrix.baseline {
        let cells = tallies.entry(key_of_name(layout, &name.value)).or_default();
        cells.entry(baseline).or_default().wanted = true;
    }
    tallies
}

/// What the account has.
fn found(layout: &Layout<'_>, tallies: &mut BTreeMap<Key, Tallies>) {
    for group in layout.live.groups.values() {
        let Some(column) = layout.live_column(&group.name) else { continue };
        let inline = group.inline.keys().map(|name| Key::Inline(Name::new(name.clone())));
        for key in group.attached.iter().map(|arn| key_of_arn(layout, arn)).chain(inline) {
            tallies.entry(key).or_default().entry(column).or_default().on += 1;
        }
    }
}

/// What the plan has for it.
fn planned(layout: &Layout<'_>, tallies: &mut BTreeMap<Key, Tallies>) {
    for (action, planned) in &layout.actions {
        let (group, key, call) = match action {
            Action::Attach { group, policy } => (group, key_of_arn(layout, policy), Call::Adds),
            Action::Detach { group, policy } => (group, key_of_arn(layout, policy), Call::Removes),
            Action::DeleteInline { group, name } => (group, Key::Inline(Name::new(name.clone())), Call::Removes),
            _ => continue,
        };
        let Some(column) = layout.column(group) else { continue };
        tallies.entry(key).or_default().entry(column).or_default().note(call, *planned);
    }
}

/// What the plan has for documents.
fn marks(layout: &Layout<'_>) -> BTreeMap<Name, Mark> {
    let found = |action: &Action| match action {
        Action::CreateDocument { name, .. } => Some((name.clone(), State::Missing)),
        Action::UpdateDocument { policy, .. } => Some((policy.name(), State::Different)),
        Action::DeleteDocument { policy } => Some((policy.name(), State::Extra)),
        _ => None,
    };
    let mark =
        |(action, planned): &(&Action, bool)| found(action).map(|(name, found)| (name, Mark::new(found, *planned)));
    layout.actions.iter().filter_map(mark).collect()
}

/// How a policy itself is, wherever it hangs.
fn mark(layout: &Layout<'_>, key: &Key, (origin, cells): (Origin, &[Cell]), planned: &BTreeMap<Name, Mark>) -> Mark {
    let name = key.name();
    if let (Key::Own(_), Some(mark)) = (key, planned.get(&name)) {
        return *mark;
    }
    let live = match key {
        Key::Own(name) => layout.live.policies.get(name),
        Key::External(arn) => layout.live.policy(arn),
        Key::Aws(_) | Key::Inline(_) => None,
    };
    match origin {
        _ if origin != Origin::Inline && layout.scope.protects_policy(&name) => Mark::new(State::Protected, false),
        Origin::Document if live.is_none_or(|policy| !layout.scope.holds(&policy.path)) => {
            Mark::new(State::Missing, false)
        }
        Origin::External if live.is_none() => Mark::new(State::Missing, false),
        // A document of nobody's lies there alone.
        Origin::Undeclared if cells.is_empty() => Mark::new(State::Left, false),
        Origin::Inline | Origin::Undeclared => unnamed(cells),
        _ => Mark::IN_SYNC,
    }
}

/// Documents under the path that the matrix does not own.
fn undeclared_documents(layout: &Layout<'_>) -> impl Iterator<Item = Key> {
    let under = layout.live.policies.values().filter(|policy| layout.scope.holds(&policy.path));
    under.map(|policy| key_of_arn(layout, &policy.arn))
}
