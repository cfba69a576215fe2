//! The rows of the policy matrix.
//!
//! Must not: know of users.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Call, Frame, Tallies};
use super::{Mark, Origin, Role, Row, State};
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
pub(super) fn rows(frame: &Frame<'_>) -> Vec<Row> {
    let mut tallies = wanted(frame);
    found(frame, &mut tallies);
    planned(frame, &mut tallies);
    for (key, tallies) in &mut tallies {
        let protected = !matches!(key, Key::Inline(_)) && frame.scope.protects_policy(&key.name());
        for tally in tallies.values_mut() {
            tally.protected |= protected;
        }
    }
    let marks = marks(frame);
    let mut known = BTreeSet::new();
    let mut rows = Vec::new();
    for name in declared(frame) {
        let key = key_of_name(frame, &name);
        let origin = match key {
            Key::External(_) => Origin::External,
            Key::Own(_) => Origin::Document,
            Key::Aws(_) | Key::Inline(_) => Origin::Aws,
        };
        let cells = tallies.remove(&key).unwrap_or_default();
        rows.push(row(frame, &marks, (name, origin, &key), cells));
        known.insert(key);
    }
    for key in undeclared_documents(frame).filter(|key| !known.contains(key)) {
        tallies.entry(key).or_default();
    }
    rows.extend(tallies.into_iter().map(|(key, cells)| {
        let origin = if matches!(key, Key::Inline(_)) { Origin::Inline } else { Origin::Undeclared };
        row(frame, &marks, (key.name(), origin, &key), cells)
    }));
    rows
}

fn row(
    frame: &Frame<'_>,
    marks: &BTreeMap<Name, Mark>,
    (name, origin, key): (Name, Origin, &Key),
    tallies: Tallies,
) -> Row {
    let cells = frame.cells(tallies, is_guard(frame, key));
    Row { mark: mark(frame, key, origin, marks), name, origin, cells }
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
fn declared(frame: &Frame<'_>) -> Vec<Name> {
    let rows = frame.matrix.policies.iter().map(|row| &row.name.value);
    let baseline = frame.matrix.baseline.iter().map(|name| &name.value);
    let mut seen = BTreeSet::new();
    rows.chain(baseline).chain(frame.matrix.documents.keys()).filter(|name| seen.insert(*name)).cloned().collect()
}

fn key_of_name(frame: &Frame<'_>, name: &Name) -> Key {
    let external = frame.matrix.external.iter().find(|external| external.name.value == *name);
    match external {
        Some(external) => Key::External(external.arn.value.clone()),
        None if frame.matrix.documents.contains_key(name) => Key::Own(name.clone()),
        None => Key::Aws(name.clone()),
    }
}

fn key_of_arn(frame: &Frame<'_>, arn: &Arn) -> Key {
    let external = frame.matrix.external.iter().any(|external| external.arn.value == *arn);
    if arn.is_aws_managed() {
        Key::Aws(arn.name())
    } else if external || arn.account() != frame.live.account {
        Key::External(arn.clone())
    } else {
        Key::Own(arn.name())
    }
}

/// Whether every part of a group must carry it.
fn is_guard(frame: &Frame<'_>, key: &Key) -> bool {
    match key {
        Key::Aws(name) => catalog::denies(name),
        Key::Own(name) => match frame.matrix.documents.get(name) {
            Some(file) => file.document.as_ref().is_some_and(crate::policy::Document::is_guard),
            None => false,
        },
        Key::External(arn) => frame.live.policy(arn).is_none_or(|policy| policy.document.may_deny()),
        Key::Inline(_) => false,
    }
}

/// What the matrix says.
fn wanted(frame: &Frame<'_>) -> BTreeMap<Key, Tallies> {
    let mut tallies: BTreeMap<Key, Tallies> = BTreeMap::new();
    for row in &frame.matrix.policies {
        let cells = tallies.entry(key_of_name(frame, &row.name.value)).or_default();
        for column in row.groups.iter().filter_map(|cell| frame.declared(&cell.value)) {
            cells.entry(column).or_default().wanted = true;
        }
    }
    let baseline = frame.columns.iter().position(|column| column.role == Role::Baseline);
    let Some(baseline) = baseline else { return tallies };
    for name in &frame.matrix.baseline {
        let cells = tallies.entry(key_of_name(frame, &name.value)).or_default();
        cells.entry(baseline).or_default().wanted = true;
    }
    tallies
}

/// What the account has.
fn found(frame: &Frame<'_>, tallies: &mut BTreeMap<Key, Tallies>) {
    for group in frame.live.groups.values() {
        let Some(column) = frame.live_column(&group.name) else { continue };
        let inline = group.inline.keys().map(|name| Key::Inline(Name::new(name.clone())));
        for key in group.attached.iter().map(|arn| key_of_arn(frame, arn)).chain(inline) {
            tallies.entry(key).or_default().entry(column).or_default().on += 1;
        }
    }
}

/// What the plan has for it.
fn planned(frame: &Frame<'_>, tallies: &mut BTreeMap<Key, Tallies>) {
    for (action, planned) in &frame.actions {
        let (group, key, call) = match action {
            Action::Attach { group, policy } => (group, key_of_arn(frame, policy), Call::Adds),
            Action::Detach { group, policy } => (group, key_of_arn(frame, policy), Call::Removes),
            Action::DeleteInline { group, name } => (group, Key::Inline(Name::new(name.clone())), Call::Removes),
            _ => continue,
        };
        let Some(column) = frame.column(group) else { continue };
        tallies.entry(key).or_default().entry(column).or_default().note(call, *planned);
    }
}

/// What the plan has for documents.
fn marks(frame: &Frame<'_>) -> BTreeMap<Name, Mark> {
    let found = |action: &Action| match action {
        Action::CreateDocument { name, .. } => Some((name.clone(), State::Missing)),
        Action::UpdateDocument { policy, .. } => Some((policy.name(), State::Different)),
        Action::DeleteDocument { policy } => Some((policy.name(), State::Extra)),
        _ => None,
    };
    let mark =
        |(action, planned): &(&Action, bool)| found(action).map(|(name, found)| (name, Mark::new(found, *planned)));
    frame.actions.iter().filter_map(mark).collect()
}

/// How a policy itself is, wherever it hangs.
fn mark(frame: &Frame<'_>, key: &Key, origin: Origin, planned: &BTreeMap<Name, Mark>) -> Mark {
    let name = key.name();
    if let (Key::Own(_), Some(mark)) = (key, planned.get(&name)) {
        return *mark;
    }
    let live = match key {
        Key::Own(name) => frame.live.policies.get(name),
        Key::External(arn) => frame.live.policy(arn),
        Key::Aws(_) | Key::Inline(_) => None,
    };
    match origin {
        _ if origin != Origin::Inline && frame.scope.protects_policy(&name) => Mark::new(State::Protected, false),
        Origin::Document if live.is_none_or(|policy| !frame.scope.holds(&policy.path)) => {
            Mark::new(State::Missing, false)
        }
        Origin::External if live.is_none() => Mark::new(State::Missing, false),
        Origin::Inline | Origin::Undeclared => Mark::new(State::Extra, false),
        _ => Mark::IN_SYNC,
    }
}

/// Documents under the path that the matrix does not own.
fn undeclared_documents(frame: &Frame<'_>) -> impl Iterator<Item = Key> {
    let under = frame.live.policies.values().filter(|policy| frame.scope.holds(&policy.path));
    under.map(|policy| key_of_arn(frame, &policy.arn))
}
