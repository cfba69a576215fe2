//! Both matrices as people know them, laid over the account: users × groups and policies × groups, each cell with its
//! state. A group of the matrix is one column, however many IAM groups are its parts.
//!
//! Owns: [`Grid`] and what the state of a cell is. Must not: plan, or know how it is shown.

mod columns;
mod policies;
#[cfg(test)]
mod tests;
mod users;

use std::borrow::Cow;

use crate::live::Live;
use crate::matrix::{Checked, part_number};
use crate::name::Name;
use crate::plan::{Action, Plan};
use crate::withheld::Withheld;
use columns::Layout;

/// Both matrices with what the account has of them. Sparse: a cell that is empty on both sides is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// Columns of both tables: the groups in the order of the matrix, the baseline, then what nobody declared.
    pub columns: Vec<Column>,
    /// The user matrix: its rows in order, then users who are in a group and have no row.
    pub users: Vec<Row>,
    /// The policy matrix: its rows in order, other documents of ours, then what no row explains.
    pub policies: Vec<Row>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The group of the matrix, or the undeclared IAM group.
    pub name: Name,
    /// What it is there for.
    pub role: Role,
    /// How many IAM groups there are of it.
    pub parts: usize,
    /// How the group itself is.
    pub mark: Mark,
}

/// What a column is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A group of the matrix.
    Declared,
    /// The group of every user of the matrix.
    Baseline,
    /// A group under the path that the matrix does not know.
    Undeclared,
}

/// A user or a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub origin: Origin,
    /// How the user, or the document, itself is.
    pub mark: Mark,
    /// Cells that are not empty, by column.
    pub cells: Box<[Cell]>,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A user of the matrix.
    User,
    /// A user who has no row.
    UserWithoutRow,
    /// A policy of AWS.
    Aws,
    /// A document that the matrix owns.
    Document,
    /// A policy of somebody else that a row names.
    External,
    /// A managed policy that no row names.
    Undeclared,
    /// An inline policy of a group.
    Inline,
}

/// What stands where a row and a column meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The column's position.
    pub column: u32,
    /// How it is.
    pub mark: Mark,
}

/// How something is, compared with the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What was found; never [`State::Held`], which depends on what the guard says.
    pub found: State,
    /// Whether the plan has a change that ends it, and nothing but a guard could keep it from being made.
    pub planned: bool,
    /// Whether only some of the group's parts are so.
    pub partly: bool,
}

/// The state of a cell, a row or a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The matrix says so, and it is so.
    InSync,
    /// The matrix says so, and the account lacks it.
    Missing,
    /// The account has it otherwise than the matrix says.
    Different,
    /// The account has it, and the matrix does not say so.
    Extra,
    /// The same, and no plan takes it away: nothing is pruned, or something else needs it.
    Left,
    /// A change would end it, and a guard holds the plan.
    Held,
    /// It differs, and is left as it is, because it is protected.
    Protected,
}

impl State {
    /// Every state, in the order of a legend.
    pub const ALL: [State; 7] =
        [State::InSync, State::Missing, State::Extra, State::Different, State::Left, State::Protected, State::Held];

    /// The state in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::InSync => "in sync",
            State::Missing => "missing",
            State::Different => "differs",
            State::Extra => "extra",
            State::Left => "left alone",
            State::Held => "held",
            State::Protected => "protected",
        }
    }
}

/// Whether a guard holds the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// It does not, or nothing would be done anyway.
    Nothing,
    /// It does: what would be done waits for a person.
    Plan,
}

impl Mark {
    /// As the matrix says.
    pub const IN_SYNC: Mark = Mark { found: State::InSync, planned: false, partly: false };

    fn new(found: State, planned: bool) -> Self {
        Mark { found, planned, partly: false }
    }

    /// What to show.
    #[must_use]
    pub fn state(self, holding: Holding) -> State {
        if self.planned && holding == Holding::Plan { State::Held } else { self.found }
    }

    /// Whether it is otherwise than the matrix says, and not on purpose.
    #[must_use]
    pub fn is_drift(self) -> bool {
        !matches!(self.found, State::InSync | State::Left)
    }
}

impl Row {
    /// The cell in that column, if it is not empty.
    #[must_use]
    pub fn cell(&self, column: usize) -> Option<Cell> {
        let place = self.cells.binary_search_by_key(&column, |cell| cell.column as usize).ok()?;
        self.cells.get(place).copied()
    }

    /// Whether the row or one of its cells is otherwise than the matrix says.
    #[must_use]
    pub fn has_drift(&self) -> bool {
        // Whoever is protected may still be as the matrix says.
        let itself = self.mark.is_drift() && self.mark.found != State::Protected;
        itself || self.cells.iter().any(|cell| cell.mark.is_drift())
    }
}

impl Grid {
    /// Lays the matrix over the account. `planned`: what would make them equal, and what of it is left undone.
    #[must_use]
    pub fn of(checked: &Checked, live: &Live, planned: (&Plan, &Withheld)) -> Self {
        let live = renamed(live, planned.0);
        let layout = Layout::new(checked, &live, planned);
        let users = users::rows(&layout);
        let policies = policies::rows(&layout);
        Grid { columns: layout.columns, users, policies }
    }

    /// Every mark that is worth showing: those of all cells, and those of rows and columns that are not in sync.
    pub fn marks(&self) -> impl Iterator<Item = Mark> {
        let rows = || self.users.iter().chain(&self.policies);
        let cells = rows().flat_map(|row| &row.cells).map(|cell| cell.mark);
        let heads = rows().map(|row| row.mark).chain(self.columns.iter().map(|column| column.mark));
        cells.chain(heads.filter(|mark| mark.found != State::InSync))
    }

    /// Whether an IAM group belongs to that column. A group of a column's very name is no part of another.
    #[must_use]
    pub fn is_part(&self, column: usize, group: &Name) -> bool {
        let Some(of) = self.columns.get(column) else { return false };
        let part = of.role != Role::Undeclared && part_number(&of.name, group).is_some();
        of.name == *group || (part && !self.columns.iter().any(|column| column.name == *group))
    }
}

/// The account under the names that its groups get: members and policies stay with a group that is renamed.
fn renamed<'l>(live: &'l Live, plan: &Plan) -> Cow<'l, Live> {
    let rename = |action: &Action| match action {
        Action::RenameGroup { from, group } => Some((from.clone(), group.clone())),
        _ => None,
    };
    let renames: std::collections::BTreeMap<_, _> =
        plan.changes.iter().filter_map(|change| rename(&change.action)).collect();
    if renames.is_empty() { Cow::Borrowed(live) } else { Cow::Owned(live.with_renames(&renames)) }
}
