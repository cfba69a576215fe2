//! The columns of both tables, and what the plan has for each cell.
//!
//! Must not: know of rows more than a name.

use std::collections::BTreeMap;

use super::{Cell, Column, Mark, Role, State};
use crate::live::{Live, LiveGroup, Scope};
use crate::matrix::{Checked, Matrix, part_number};
use crate::name::Name;
use crate::plan::{Action, Plan};
use crate::withheld::Withheld;

/// What both tables are made from.
pub(super) struct Layout<'a> {
    pub matrix: &'a Matrix,
    pub scope: Scope,
    pub live: &'a Live,
    /// Every planned call, and whether it would be made but for a guard.
    pub actions: Vec<(&'a Action, bool)>,
    pub columns: Vec<Column>,
    /// Declared groups and the baseline's, by name.
    declared: BTreeMap<Name, usize>,
    /// Live groups under the path, by name.
    placed: BTreeMap<Name, usize>,
    /// Columns that something protected is part of.
    protected: Vec<bool>,
}

/// What was counted for a cell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// The matrix wants it.
    pub wanted: bool,
    /// On so many of the live parts it is.
    pub on: usize,
    /// What the plan does about it.
    pub call: Option<Call>,
    /// The mode, and whatever else leaves changes undone, lets it.
    pub planned: bool,
    /// The row, or what the cell is about, is protected.
    pub protected: bool,
}

/// What the plan does about a cell, on one of the parts at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    /// Takes it off.
    Removes,
    /// Puts it on; that goes before taking a copy off.
    Adds,
}

impl Tally {
    /// Notes a planned call, and whether it would be made but for a guard.
    pub(super) fn note(&mut self, call: Call, planned: bool) {
        self.call = self.call.max(Some(call));
        self.planned |= planned;
    }
}

/// How something is that no row of the matrix names: as the worst of its cells.
pub(super) fn unnamed(cells: &[Cell]) -> Mark {
    let has = |found: State| cells.iter().any(|cell| cell.mark.found == found);
    let found = [State::Extra, State::Left].into_iter().find(|found| has(*found));
    Mark::new(found.unwrap_or(State::Protected), false)
}

/// The tallies of a row, by column.
pub(super) type Tallies = BTreeMap<usize, Tally>;

impl<'a> Layout<'a> {
    pub(super) fn new(checked: &'a Checked, live: &'a Live, (plan, withheld): (&'a Plan, &Withheld)) -> Self {
        let actions = plan.changes.iter().enumerate();
        let actions = actions.map(|(position, change)| (&change.action, !withheld.contains(position))).collect();
        let (matrix, scope) = (checked.matrix(), Scope::of(checked.operator()).sparing(live.own_user.as_ref()));
        let mut layout = Layout {
            matrix,
            scope,
            live,
            actions,
            columns: Vec::new(),
            declared: BTreeMap::new(),
            placed: BTreeMap::new(),
            protected: Vec::new(),
        };
        for group in &matrix.groups {
            layout.declare(&group.name.value, Role::Declared);
        }
        if !matrix.baseline.is_empty() {
            layout.declare(&matrix.baseline_group.value, Role::Baseline);
        }
        let ours: Vec<_> = live.groups.values().filter(|group| layout.scope.holds(&group.path)).collect();
        for group in ours {
            layout.place(group);
        }
        layout.mark_by_plan();
        layout
    }

    fn declare(&mut self, name: &Name, role: Role) {
        self.declared.insert(name.clone(), self.columns.len());
        self.push(name, role, Mark::new(State::Missing, false));
    }

    fn push(&mut self, name: &Name, role: Role, mark: Mark) {
        self.columns.push(Column { name: name.clone(), role, parts: 0, mark });
        self.protected.push(self.scope.protects_group(name));
    }

    /// Puts a live group under its column, or gives it one of its own.
    fn place(&mut self, group: &LiveGroup) {
        let at = self.declared_of(&group.name).unwrap_or_else(|| {
            // It is extra where the plan deletes it.
            self.push(&group.name, Role::Undeclared, Mark::new(State::Left, false));
            self.columns.len() - 1
        });
        self.placed.insert(group.name.clone(), at);
        let protected = self.scope.protects_group(&group.name);
        if let Some(flag) = self.protected.get_mut(at) {
            *flag |= protected;
        }
        if let Some(column) = self.columns.get_mut(at) {
            column.parts += 1;
            if protected {
                column.mark = Mark::new(State::Protected, false);
            } else if column.mark.found == State::Missing {
                column.mark = Mark::IN_SYNC;
            }
        }
    }

    /// The declared column of an IAM group. A group of the very name goes before a part of another.
    fn declared_of(&self, group: &Name) -> Option<usize> {
        let part = || {
            let (stem, _) = group.as_str().rsplit_once('-')?;
            let stem = Name::new(stem);
            self.declared.get(&stem).copied().filter(|_| part_number(&stem, group).is_some())
        };
        self.declared.get(group).copied().or_else(part)
    }

    fn mark_by_plan(&mut self) {
        for (action, planned) in &self.actions {
            let (group, found) = match action {
                Action::CreateGroup { group, .. } => (group, State::Missing),
                Action::RenameGroup { group, .. } => (group, State::Different),
                Action::DeleteGroup { group } => (group, State::Extra),
                _ => continue,
            };
            let at = self.column(group);
            if let Some(column) = at.and_then(|at| self.columns.get_mut(at)) {
                let some = column.parts > 0 && column.role != Role::Undeclared;
                let partly = some && found != State::Different;
                column.mark = Mark { found, planned: *planned, partly };
            }
        }
    }

    /// The column of an IAM group under the path, or of one to be created there.
    pub(super) fn column(&self, group: &Name) -> Option<usize> {
        self.placed.get(group).copied().or_else(|| self.declared_of(group))
    }

    /// The column of a live group; none for one that is not under the path.
    pub(super) fn live_column(&self, group: &Name) -> Option<usize> {
        self.placed.get(group).copied()
    }

    /// The column of a group of the matrix.
    pub(super) fn declared(&self, group: &Name) -> Option<usize> {
        self.declared.get(group).copied()
    }

    /// The cell of a tally. `everywhere`: it must be on every part, not on one of them.
    pub(super) fn cell(&self, column: usize, tally: Tally, everywhere: bool) -> Option<Cell> {
        let parts = self.columns.get(column).map_or(0, |column| column.parts);
        let protected = tally.protected || self.protected.get(column).copied().unwrap_or_default();
        let enough = tally.on > 0 && (!everywhere || tally.on >= parts);
        let left = if protected { State::Protected } else { State::Left };
        let lacking = if protected { State::Protected } else { State::Missing };
        let mark = match tally {
            Tally { call: Some(Call::Adds), on, planned, .. } => {
                Mark { found: State::Missing, planned, partly: on > 0 }
            }
            Tally { call: Some(Call::Removes), wanted, planned, .. } => {
                Mark { found: State::Extra, planned, partly: wanted }
            }
            Tally { wanted: true, .. } if enough => Mark::IN_SYNC,
            Tally { wanted: true, on, .. } => Mark { found: lacking, planned: false, partly: on > 0 },
            Tally { wanted: false, on: 0, .. } => return None,
            Tally { wanted: false, .. } => Mark::new(left, false),
        };
        Some(Cell { column: u32::try_from(column).ok()?, mark })
    }

    /// The cells of a row, by column.
    pub(super) fn cells(&self, tallies: Tallies, everywhere: bool) -> Box<[Cell]> {
        tallies.into_iter().filter_map(|(column, tally)| self.cell(column, tally, everywhere)).collect()
    }
}
