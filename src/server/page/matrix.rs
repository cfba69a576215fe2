//! The two matrices: users × groups and policies × groups.
//!
//! Must not: decide what a cell's state is; the grid does.

use maud::{Markup, html};

use super::filter::Filter;
use super::parts::{TablePage, chip, class, heading, scrolling, shown_of};
use super::view::{Table, View};
use crate::grid::{Cell, Column, Grid, Holding, Mark, Origin, Role, Row, State};
use crate::status::Status;

/// Cells of one page of a table, so that it stays small whatever the number of groups.
const CELLS: usize = 2_500;
/// Rows of a page, at least and at most.
const ROWS: (usize, usize) = (10, 50);

/// What both tables share.
struct Tables<'a> {
    view: &'a View,
    filter: &'a Filter<'a>,
    holding: Holding,
    columns: Vec<(usize, &'a Column)>,
}

/// Both matrices.
pub(super) fn sections(status: &Status, grid: &Grid, view: &View) -> Markup {
    let filter = Filter::of(status, view);
    let tables = Tables { view, filter: &filter, holding: status.holding(), columns: filter.columns(grid) };
    html! {
        (tables.section(Table::Users, &grid.users))
        (tables.section(Table::Policies, &grid.policies))
    }
}

impl Tables<'_> {
    fn section(&self, table: Table, rows: &[Row]) -> Markup {
        let (id, title, one, many) = match table {
            Table::Policies => ("policies", "Policies and groups", "policy", "policies"),
            _ => ("users", "Users and groups", "user", "users"),
        };
        let shown: Vec<&Row> = rows.iter().filter(|row| self.filter.shows_row(row)).collect();
        let size = (CELLS / self.columns.len().max(1)).clamp(ROWS.0, ROWS.1);
        let page = TablePage::of(shown, size, table, self.view);
        html! {
            section #(id) aria-labelledby=(format!("{id}-title")) {
                (heading(id, title, &shown_of(page.total(), rows.len(), one, many)))
                @if page.items.is_empty() { (self.nothing(many)) } @else {
                    (scrolling(id, &self.table(table, &page.items)))
                    (page.pager(self.view))
                }
            }
        }
    }

    fn nothing(&self, many: &str) -> Markup {
        html! {
            p.empty {
                @if self.view.only_drift && self.view.search.is_empty() { "All " (many) " are in sync." }
                @else { "No " (many) " match." }
            }
        }
    }

    fn table(&self, table: Table, rows: &[&Row]) -> Markup {
        let (corner, caption) = match table {
            Table::Policies => ("Policy", "Which policies each group carries, and how the account differs"),
            _ => ("User", "Who is in which group, and how the account differs"),
        };
        html! {
            table.matrix {
                caption.unseen { (caption) }
                thead {
                    tr {
                        th scope="col" { (corner) }
                        @for (_, column) in &self.columns { (self.head(column)) }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { span.name { (row.name) } (self.remark(row)) }
                            @for (at, _) in &self.columns { (self.cell(row.cell(*at))) }
                        }
                    }
                }
            }
        }
    }

    fn head(&self, column: &Column) -> Markup {
        let remark = match column.role {
            Role::Baseline => "every user",
            Role::Undeclared => "not declared",
            Role::Declared => "",
        };
        html! {
            th scope="col" {
                span.name { (column.name) }
                @if !remark.is_empty() { small { (remark) } }
                @if column.parts > 1 { small { (column.parts) " parts" } }
                @if column.mark.found != State::InSync { (self.mark(column.mark)) }
            }
        }
    }

    /// What a row is, where that is not plain.
    fn remark(&self, row: &Row) -> Markup {
        let words = match (row.origin, row.mark.found) {
            (Origin::User, State::Missing) => "no such IAM user",
            (Origin::User | Origin::Aws, _) => "",
            (Origin::Document, _) => "document",
            (Origin::External, _) => "external",
            (Origin::Inline, _) => "inline policy",
            (Origin::UserWithoutRow | Origin::Undeclared, _) => "no row",
        };
        html! {
            @if !words.is_empty() { small { (words) } }
            @if row.mark.found != State::InSync { (self.mark(row.mark)) }
        }
    }

    fn mark(&self, mark: Mark) -> Markup {
        html! {
            (chip(mark.state(self.holding)))
            @if mark.state(self.holding) == State::Held { " " small { (mark.found.as_str()) } }
            @if mark.partly { " " small { "in part" } }
        }
    }

    /// A cell; its words are for who does not see colours, and in sync is shown as a tick.
    fn cell(&self, cell: Option<Cell>) -> Markup {
        let Some(Cell { mark, .. }) = cell else { return html! { td {} } };
        let state = mark.state(self.holding);
        html! {
            td.(class(state)) {
                span { (state.as_str()) }
                @if state == State::Held { " " small { (mark.found.as_str()) } }
                @if mark.partly { " " small { "in part" } }
            }
        }
    }
}
