//! The rows of the user matrix.
//!
//! Must not: know of policies.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Call, Layout, Tallies, unnamed};
use super::{Mark, Origin, Role, Row, State};
use crate::matrix::UserRow;
use crate::name::Name;
use crate::plan::Action;

/// Every row, those of the matrix first.
pub(super) fn rows(layout: &Layout<'_>) -> Vec<Row> {
    let mut tallies = wanted(layout);
    found(layout, &mut tallies);
    planned(layout, &mut tallies);
    for (user, tallies) in &mut tallies {
        let protected = layout.scope.protects_user(user);
        for tally in tallies.values_mut() {
            tally.protected |= protected;
        }
    }
    let new = new_users(layout);
    let declared = layout.matrix.users.iter().map(|row| {
        let name = live_spelling(layout, row);
        let cells = layout.cells(tallies.remove(&name).unwrap_or_default(), true);
        Row { mark: mark(layout, &name, &new), name, origin: Origin::User, cells }
    });
    let mut rows: Vec<Row> = declared.collect();
    let others = tallies.into_iter().map(|(name, tallies)| {
        let cells = layout.cells(tallies, true);
        let protected = layout.scope.protects_user(&name);
        let mark = if protected { Mark::new(State::Protected, false) } else { unnamed(&cells) };
        Row { name, origin: Origin::UserWithoutRow, mark, cells }
    });
    rows.extend(others.filter(|row| !row.cells.is_empty()));
    rows
}

fn live_spelling(layout: &Layout<'_>, row: &UserRow) -> Name {
    layout.live.users.get(&row.name.value).map_or(&row.name.value, |user| &user.name).clone()
}

/// How a user of the matrix is.
fn mark(layout: &Layout<'_>, user: &Name, new: &BTreeSet<&Name>) -> Mark {
    match layout.live.users.contains_key(user) {
        _ if layout.scope.protects_user(user) => Mark::new(State::Protected, false),
        true => Mark::IN_SYNC,
        false => Mark::new(State::Missing, new.contains(user)),
    }
}

/// Users whom the plan creates.
fn new_users<'a>(layout: &Layout<'a>) -> BTreeSet<&'a Name> {
    let new = |action: &'a Action| match action {
        Action::CreateUser { user, .. } => Some(user),
        _ => None,
    };
    layout.actions.iter().filter_map(|(action, _)| new(action)).collect()
}

/// What the matrix says.
fn wanted(layout: &Layout<'_>) -> BTreeMap<Name, Tallies> {
    let baseline = layout.columns.iter().position(|column| column.role == Role::Baseline);
    let mut tallies: BTreeMap<Name, Tallies> = BTreeMap::new();
    for row in &layout.matrix.users {
        let columns = row.groups.iter().filter_map(|cell| layout.declared(&cell.value)).chain(baseline);
        let row = tallies.entry(live_spelling(layout, row)).or_default();
        columns.for_each(|column| row.entry(column).or_default().wanted = true);
    }
    tallies
}

/// What the account has.
fn found(layout: &Layout<'_>, tallies: &mut BTreeMap<Name, Tallies>) {
    for user in layout.live.users.values() {
        for column in user.groups.iter().filter_map(|group| layout.live_column(group)) {
            tallies.entry(user.name.clone()).or_default().entry(column).or_default().on += 1;
        }
    }
}

/// What the plan has for it.
fn planned(layout: &Layout<'_>, tallies: &mut BTreeMap<Name, Tallies>) {
    for (action, planned) in &layout.actions {
        let (group, user, call) = match action {
            Action::AddMember { group, user } => (group, user, Call::Adds),
            Action::RemoveMember { group, user } => (group, user, Call::Removes),
            _ => continue,
        };
        let Some(column) = layout.column(group) else { continue };
        tallies.entry(user.clone()).or_default().entry(column).or_default().note(call, *planned);
    }
}
