//! Drift: what differs, why it is repaired so, and since when.
//!
//! Must not: order the changes; they stand in the order in which they are made.

use jiff::Timestamp;
use maud::{Markup, html};

use super::filter::Filter;
use super::parts::{TablePage, chip, cut, heading, prose, scrolling, shown_of, since};
use super::view::{Table, View};
use crate::grid::{Holding, State};
use crate::matrix::Mode;
use crate::plan::{Change, DriftClass};
use crate::status::Status;

/// Changes on a page.
const ROWS: usize = 25;
/// Characters of a text difference that are shown.
const DETAILS: usize = 2_000;

/// Every difference, with the call that ends it.
pub(super) fn section(status: &Status, view: &View, now: Timestamp) -> Markup {
    let changes: Vec<(usize, &Change)> = status.plan.iter().flat_map(|plan| &plan.changes).enumerate().collect();
    let all = changes.len();
    let filter = Filter::of(status, view);
    let found: Vec<_> = changes.into_iter().filter(|(_, change)| filter.shows_change(change)).collect();
    let page = TablePage::of(found, ROWS, Table::Drift, view);
    html! {
        section #drift aria-labelledby="drift-title" {
            (heading("drift", "Drift", &remark(status, page.total(), all)))
            @if page.items.is_empty() { p.empty { (nothing(status, all)) } } @else {
                (scrolling("drift", &table(status, &page.items, now)))
                (page.pager(view))
            }
        }
    }
}

fn remark(status: &Status, shown: usize, all: usize) -> String {
    if all == 0 || status.plan.is_none() {
        return String::new();
    }
    let unseen = if status.mode == Some(Mode::Observe) { ", reported only" } else { "" };
    format!("{}{unseen}", shown_of(shown, all, "difference", "differences"))
}

fn nothing(status: &Status, all: usize) -> &'static str {
    match (&status.plan, all) {
        (None, _) => "The account has not been compared yet.",
        (Some(_), 0) => "None. The account is as the matrix says, where it can be.",
        (Some(_), _) => "No difference matches.",
    }
}

fn table(status: &Status, changes: &[(usize, &Change)], now: Timestamp) -> Markup {
    html! {
        table.list {
            caption.unseen { "Differences in the order of their repair" }
            thead {
                tr {
                    th scope="col" { "What" }
                    th scope="col" { "Repair" }
                    th scope="col" { "Why" }
                    th scope="col" { "Since" }
                }
            }
            tbody {
                @for (position, change) in changes {
                    tr {
                        td data-label="What" { (state(status, *position, change)) }
                        td data-label="Repair" { (change.action.to_string()) (details(*position, change)) }
                        td data-label="Why" { (prose(&change.reason)) }
                        td data-label="Since" { @match status.since.of(&change.action) { Some(at) => (since(at, now)), None => "–" } }
                    }
                }
            }
        }
    }
}

/// What kind of difference a change ends, and whether it waits, or is left undone.
fn state(status: &Status, position: usize, change: &Change) -> Markup {
    let found = match change.drift {
        DriftClass::Missing => State::Missing,
        DriftClass::Extra => State::Extra,
        DriftClass::Different => State::Different,
    };
    html! {
        @match status.withheld.why(position) {
            Some(why) => { (chip(found)) small { (why.as_str()) } }
            None if status.holding() == Holding::Plan => { (chip(State::Held)) " " small { (found.as_str()) } }
            None => (chip(found)),
        }
    }
}

fn details(position: usize, change: &Change) -> Markup {
    let text = change.details.join("\n");
    let shown = cut(&text, DETAILS);
    html! {
        @if !text.is_empty() {
            details #(format!("change-{position}")) {
                summary { "What differs" }
                pre tabindex="0" { (shown) }
                @if shown.len() < text.len() { p.quiet { "The rest is in " a href="/drift" { "/drift" } "." } }
            }
        }
    }
}
