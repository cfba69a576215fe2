//! What of the tables is shown, and the form that asks for it. It is a plain GET form: what it asks for is in the address.
//!
//! Must not: need a script.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::view::View;
use crate::grid::{Column, Grid, Row};
use crate::name::Name;
use crate::plan::{Action, Change, Entity};
use crate::status::Status;

/// Search, group, and only what is not in sync.
pub(super) fn form(grid: &Grid, view: &View) -> Markup {
    html! {
        form.filter role="search" action="/" method="get" aria-label="Narrow users, policies, MFA and drift" {
            div {
                label for="q" { "Search users and policies" }
                input #q name="q" type="search" value=(view.search) maxlength="128" autocomplete="off" spellcheck="false";
            }
            div {
                label for="group" { "Group" }
                select #group name="group" {
                    option value="" { "All groups" }
                    @for column in &grid.columns {
                        option value=(column.name) selected[is_chosen(view, column)] { (column.name) }
                    }
                }
            }
            div.check {
                input #drift-only name="drift" type="checkbox" value="only" checked[view.only_drift];
                label for="drift-only" { "Only drift" }
            }
            button #narrow type="submit" { "Filter" }
            @if !view.is_whole() { a #show-all href="/" { "Show all" } }
        }
    }
}

/// Whether the view is narrowed to that group.
fn is_chosen(view: &View, column: &Column) -> bool {
    view.group.eq_ignore_ascii_case(column.name.as_str())
}

/// What a view shows of a status.
pub(super) struct Filter<'a> {
    view: &'a View,
    group: Option<Group<'a>>,
}

/// The group that a view is narrowed to, and who and what has a cell in its column.
struct Group<'a> {
    grid: &'a Grid,
    column: usize,
    users: BTreeSet<&'a Name>,
    policies: BTreeSet<&'a Name>,
}

impl<'a> Filter<'a> {
    /// What `view` shows. A group that nobody knows narrows nothing.
    pub(super) fn of(status: &'a Status, view: &'a View) -> Self {
        let group = status.grid.as_deref().and_then(|grid| {
            let column = grid.columns.iter().position(|column| is_chosen(view, column))?;
            let named = |rows: &'a [Row]| {
                rows.iter().filter(|row| row.cell(column).is_some()).map(|row| &row.name).collect::<BTreeSet<_>>()
            };
            Some(Group { grid, column, users: named(&grid.users), policies: named(&grid.policies) })
        });
        Filter { view, group }
    }

    /// The columns that are shown, with their positions.
    pub(super) fn columns(&self, grid: &'a Grid) -> Vec<(usize, &'a Column)> {
        let chosen = self.group.as_ref().map(|group| group.column);
        grid.columns.iter().enumerate().filter(|(at, _)| chosen.is_none_or(|chosen| chosen == *at)).collect()
    }

    /// Whether a row of a matrix is shown.
    pub(super) fn shows_row(&self, row: &Row) -> bool {
        let (there, drifts) = match &self.group {
            None => (true, row.has_drift()),
            Some(group) => {
                let cell = row.cell(group.column);
                (cell.is_some(), cell.is_some_and(|cell| cell.mark.is_drift()))
            }
        };
        there && self.view.finds(row.name.as_str()) && (!self.view.only_drift || drifts)
    }

    /// Whether a user's answers are shown. `open`: they need a look.
    pub(super) fn shows_user(&self, user: &Name, open: impl FnOnce() -> bool) -> bool {
        self.group.as_ref().is_none_or(|group| group.users.contains(user))
            && self.view.finds(user.as_str())
            && (!self.view.only_drift || open())
    }

    /// Whether a difference is shown.
    pub(super) fn shows_change(&self, change: &Change) -> bool {
        self.group.as_ref().is_none_or(|group| group.has(&change.action))
            && (self.view.search.is_empty() || self.view.finds(&change.action.to_string()))
    }
}

impl Group<'_> {
    /// Whether a call is about the group, or about a user or a document that has a cell in its column.
    fn has(&self, action: &Action) -> bool {
        let touched = action.touches();
        let mut groups = touched.iter().filter_map(|entity| match entity {
            Entity::Group(group) => Some(group),
            _ => None,
        });
        match groups.next() {
            Some(group) => std::iter::once(group).chain(groups).any(|group| self.grid.is_part(self.column, group)),
            None => touched.iter().any(|entity| match entity {
                Entity::User(user) => self.users.contains(user),
                Entity::Policy(policy) => self.policies.contains(policy),
                Entity::Group(_) | Entity::PasswordPolicy => false,
            }),
        }
    }
}
