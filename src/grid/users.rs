//! The rows of the user matrix.
//!
//! Must not: know of policies.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Call, Frame, Tallies};
use super::{Mark, Origin, Role, Row, State};
use crate::matrix::UserRow;
use crate::name::Name;
use crate::plan::Action;

/// Every row, those of the matrix first.
pub(super) fn rows(frame: &Frame<'_>) -> Vec<Row> {
    let mut tallies = wanted(frame);
    found(frame, &mut tallies);
    planned(frame, &mut tallies);
    for (user, tallies) in &mut tallies {
        let protected = frame.scope.protects_user(user);
        for tally in tallies.values_mut() {
            tally.protected |= protected;
        }
    }
    let new = new_users(frame);
    let declared = frame.matrix.users.iter().map(|row| {
        let name = live_spelling(frame, row);
        let cells = frame.cells(tallies.remove(&name).unwrap_or_default(), true);
        Row { mark: mark(frame, &name, &new), name, origin: Origin::User, cells }
    });
    let mut rows: Vec<Row> = declared.collect();
    let others = tallies.into_iter().map(|(name, tallies)| {
        let found = if frame.scope.protects_user(&name) { State::Protected } else { State::Extra };
        let cells = frame.cells(tallies, true);
        Row { name, origin: Origin::UserWithoutRow, mark: Mark::new(found, false), cells }
    });
    rows.extend(others.filter(|row| !row.cells.is_empty()));
    rows
}

fn live_spelling(frame: &Frame<'_>, row: &UserRow) -> Name {
    frame.live.users.get(&row.name.value).map_or(&row.name.value, |user| &user.name).clone()
}

/// How a user of the matrix is.
fn mark(frame: &Frame<'_>, user: &Name, new: &BTreeSet<&Name>) -> Mark {
    match frame.live.users.contains_key(user) {
        _ if frame.scope.protects_user(user) => Mark::new(State::Protected, false),
        true => Mark::IN_SYNC,
        false => Mark::new(State::Missing, new.contains(user)),
    }
}

/// Users whom the plan creates.
fn new_users<'a>(frame: &Frame<'a>) -> BTreeSet<&'a Name> {
    let new = |action: &'a Action| match action {
        Action::CreateUser { user, .. } => Some(user),
        _ => None,
    };
    frame.actions.iter().filter_map(|(action, _)| new(action)).collect()
}

/// What the matrix says.
fn wanted(frame: &Frame<'_>) -> BTreeMap<Name, Tallies> {
    let baseline = frame.columns.iter().position(|column| column.role == Role::Baseline);
    let mut tallies: BTreeMap<Name, Tallies> = BTreeMap::new();
    for row in &frame.matrix.users {
        let columns = row.groups.iter().filter_map(|cell| frame.declared(&cell.value)).chain(baseline);
        let row = tallies.entry(live_spelling(frame, row)).or_default();
        columns.for_each(|column| row.entry(column).or_default().wanted = true);
    }
    tallies
}

/// What the account has.
fn found(frame: &Frame<'_>, tallies: &mut BTreeMap<Name, Tallies>) {
    for user in frame.live.users.values() {
        for column in user.groups.iter().filter_map(|group| frame.live_column(group)) {
            tallies.entry(user.name.clone()).or_default().entry(column).or_default().on += 1;
        }
    }
}

/// What the plan has for it.
fn planned(frame: &Frame<'_>, tallies: &mut BTreeMap<Name, Tallies>) {
    for (action, planned) in &frame.actions {
        let (group, user, call) = match action {
            Action::AddMember { group, user } => (group, user, Call::Adds),
            Action::RemoveMember { group, user } => (group, user, Call::Removes),
            _ => continue,
        };
        let Some(column) = frame.column(group) else { continue };
        tallies.entry(user.clone()).or_default().entry(column).or_default().note(call, *planned);
    }
}
