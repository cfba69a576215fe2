//! The form that narrows the tables. It is a plain GET form: what it asks for is in the address.
//!
//! Must not: need a script.

use maud::{Markup, html};

use super::view::View;
use crate::grid::Grid;

/// Search, group, and only what is not in sync.
pub(super) fn form(grid: &Grid, view: &View) -> Markup {
    html! {
        form.filter role="search" action="/" method="get" aria-label="Narrow the tables" {
            div {
                label for="q" { "Search users and policies" }
                input #q name="q" type="search" value=(view.search) maxlength="128" autocomplete="off" spellcheck="false";
            }
            div {
                label for="group" { "Group" }
                select #group name="group" {
                    option value="" { "All groups" }
                    @for column in &grid.columns {
                        option value=(column.name) selected[is_chosen(view, column.name.as_str())] { (column.name) }
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
pub(super) fn is_chosen(view: &View, group: &str) -> bool {
    view.group.eq_ignore_ascii_case(group)
}
