//! MFA in three answers: required, enforced, device. Never one word for all of them.
//!
//! Must not: judge; the standings do.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{Page, age, counted, heading, number, scrolling};
use super::view::{Table, View};
use crate::access::mfa::Enforced;
use crate::access::standing::{Required, Standing};
use crate::devices::Held;
use crate::name::Name;
use crate::status::Status;

/// Users on a page.
const ROWS: usize = 25;

/// Everybody's three answers; who needs a look goes first.
pub(super) fn section(status: &Status, view: &View, now: Timestamp) -> Markup {
    let mut people: Vec<(bool, &Standing, Held)> = status
        .standings
        .iter()
        .filter(|standing| view.finds(standing.user.as_str()))
        .map(|standing| (standing, status.devices.of(&standing.user)))
        .map(|(standing, held)| (needs_a_look(standing, &held), standing, held))
        .filter(|(needed, ..)| *needed || !view.only_drift)
        .collect();
    people.sort_by_key(|(needed, ..)| !needed);
    let page = Page::of(people, ROWS, Table::Mfa, view);
    html! {
        section #mfa aria-labelledby="mfa-title" {
            (heading("mfa", "MFA", &counts(status)))
            @if page.items.is_empty() {
                p.empty {
                    @if status.standings.is_empty() { "Not known before the account was read." } @else { "Nobody to show." }
                }
            } @else {
                (scrolling("mfa", &table(&page.items, now)))
                (page.pager(view))
            }
        }
    }
}

fn counts(status: &Status) -> String {
    let Some(counts) = status.mfa_counts() else { return String::new() };
    let mut told = vec![
        format!("required of {}", counted(counts.required, "user", "users")),
        format!("enforced on {}", number(counts.enforced)),
    ];
    if counts.required_not_enforced > 0 {
        told.push(format!("required and not enforced: {}", number(counts.required_not_enforced)));
    }
    if let Some(without @ 1..) = counts.required_without_device {
        told.push(format!("required and without a device: {}", number(without)));
    }
    told.join(", ")
}

fn needs_a_look(standing: &Standing, held: &Held) -> bool {
    standing.is_open() || (standing.required == Required::Yes && held.any() == Some(false))
}

fn table(people: &[(bool, &Standing, Held)], now: Timestamp) -> Markup {
    html! {
        table.list {
            caption.unseen { "For each user whether MFA is required, really enforced, and whether there is a device" }
            thead {
                tr {
                    th scope="col" { "User" }
                    th scope="col" { "Required" small { "by the matrix" } }
                    th scope="col" { "Enforced" small { "by the policies" } }
                    th scope="col" { "Device" small { "in the account" } }
                }
            }
            tbody {
                @for (_, standing, held) in people {
                    tr {
                        th scope="row" { span.name { (standing.user) } }
                        td { (required(&standing.required)) }
                        td { (enforced(standing)) }
                        td { (device(held, standing, now)) }
                    }
                }
            }
        }
    }
}

fn required(required: &Required) -> Markup {
    html! {
        @match required {
            Required::Yes => "yes",
            Required::Exempt { because } => { "exempt " small { (because) } }
            Required::NoRow => { "no row" }
        }
    }
}

fn enforced(standing: &Standing) -> Markup {
    html! {
        @match &standing.enforced {
            Enforced::Yes { by } => {
                span.chip.s { "yes" } " " small { "by " (by.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")) }
            }
            Enforced::No { slips } => {
                span.chip.(if standing.is_open() { "m" } else { "n" }) { "no" }
                @for slip in slips.iter().take(3) { " " small { (slip.to_string()) } }
            }
        }
    }
}

fn device(held: &Held, standing: &Standing, now: Timestamp) -> Markup {
    let lacking = if standing.required == Required::Yes { "m" } else { "n" };
    html! {
        @match held {
            Held::Devices { devices, seen } => {
                span.chip.s { "yes" }
                @for device in devices.iter().take(3) { " " small { (device.kind.as_str()) } }
                (seen_at(*seen, now))
            }
            Held::Unlisted { seen } => { span.chip.s { "yes" } " " small { "FIDO or hardware" } (seen_at(*seen, now)) }
            Held::Nothing { seen } => { span.chip.(lacking) { "none" } (seen_at(*seen, now)) }
            Held::Unknown => { span.chip.n { "not known yet" } }
        }
    }
}

fn seen_at(seen: Timestamp, now: Timestamp) -> Markup {
    html! { small { ", " (age(seen, now)) " ago" } }
}
