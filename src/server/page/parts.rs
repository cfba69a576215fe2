//! Small pieces that several sections of the page share.
//!
//! Must not: know what a section is about.

use jiff::Timestamp;
use maud::{Markup, html};

use super::view::{Table, View};
use crate::grid::State;

/// Entries of a list that are shown before the rest is only counted.
pub(super) const SHOWN: usize = 50;

/// How long ago, and when exactly.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(format!("{at:.0}")) title=(moment(at)) { (age(at, now)) " ago" } }
}

/// When exactly, and how long ago.
pub(super) fn since(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(format!("{at:.0}")) { (moment(at)) } " " span.quiet { "(" (age(at, now)) ")" } }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A duration in its largest unit.
pub(super) fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A state as a small label.
pub(super) fn chip(state: State) -> Markup {
    html! { span.chip.(class(state)) { (state.as_str()) } }
}

/// The class of a state in the style sheet; short, because a matrix has thousands of cells.
pub(super) fn class(state: State) -> &'static str {
    match state {
        State::InSync => "s",
        State::Missing => "m",
        State::Different => "d",
        State::Extra => "x",
        State::Left => "l",
        State::Held => "h",
        State::Protected => "p",
    }
}

/// How many of what, with commas between thousands.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// How many of a table's rows are shown, of how many there are.
pub(super) fn shown_of(shown: usize, all: usize, one: &str, many: &str) -> String {
    let all_told = counted(all, one, many);
    if shown == all { all_told } else { format!("{} of {all_told}", number(shown)) }
}

/// A number with commas between thousands.
pub(super) fn number(count: usize) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}

/// The first entries of a list, and how many more there are; `place` says where.
pub(super) fn listed<T>(items: &[T], place: &str, shown: impl Fn(&T) -> Markup) -> Markup {
    html! {
        ul {
            @for item in items.iter().take(SHOWN) { li { (shown(item)) } }
            @if items.len() > SHOWN { li.quiet { (more(items.len() - SHOWN, place)) } }
        }
    }
}

/// How many are not shown, and where they are.
pub(super) fn more(count: usize, place: &str) -> Markup {
    html! { "and " (number(count)) " more, see " a href=(place) { (place) } }
}

/// A message: what stands between backticks is shown as code.
pub(super) fn prose(text: &str) -> Markup {
    let pieces: Vec<&str> = text.split('`').collect();
    html! {
        @if pieces.len().is_multiple_of(2) { (text) } @else {
            @for (at, piece) in pieces.iter().enumerate() {
                @if at % 2 == 1 { code { (piece) } } @else { (piece) }
            }
        }
    }
}

/// A message that begins a line of its own.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

/// Text cut at a limit, in characters.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    text.char_indices().nth(limit).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// One page of a table.
pub(super) struct TablePage<T> {
    /// What is on it.
    pub items: Vec<T>,
    table: Table,
    number: usize,
    first: usize,
    total: usize,
    pages: usize,
}

impl<T> TablePage<T> {
    /// The page that is asked for, or the last. `size`: how many are on one, at least 1.
    pub(super) fn of(items: Vec<T>, size: usize, table: Table, view: &View) -> Self {
        let (total, size) = (items.len(), size.max(1));
        let pages = total.div_ceil(size).max(1);
        let number = view.page(table).min(pages - 1);
        let first = number * size;
        TablePage { items: items.into_iter().skip(first).take(size).collect(), table, number, first, total, pages }
    }

    /// How many there are on all pages.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The way to the other pages; nothing if there is one only.
    pub(super) fn pager(&self, view: &View) -> Markup {
        let shown =
            format!("{}–{} of {}", number(self.first + 1), number(self.first + self.items.len()), number(self.total));
        let id = self.table.id();
        html! {
            @if self.pages > 1 {
                nav.pager aria-label=(format!("Pages of {id}")) {
                    @if self.number > 0 {
                        a #(format!("{id}-previous")) rel="prev" href=(view.link_to(self.table, self.number - 1)) { "← Previous" }
                    } @else { span.quiet { "← Previous" } }
                    span { "Page " (number(self.number + 1)) " of " (number(self.pages)) " · " (shown) }
                    @if self.number + 1 < self.pages {
                        a #(format!("{id}-next")) rel="next" href=(view.link_to(self.table, self.number + 1)) { "Next →" }
                    } @else { span.quiet { "Next →" } }
                }
            }
        }
    }
}

/// A table in a container of its own, which scrolls when there is no room, by keyboard too. `id`: what it is of.
pub(super) fn scrolling(id: &str, table: &Markup) -> Markup {
    html! {
        div.scroll #(format!("{id}-table")) role="region" aria-label=(format!("Table of {id}")) tabindex="0" { (table) }
    }
}

/// The head of a section. `id`: the section's.
pub(super) fn heading(id: &str, title: &str, remark: &str) -> Markup {
    html! {
        div.heading {
            h2 #(format!("{id}-title")) { (title) }
            @if !remark.is_empty() { p.quiet { (remark) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let told = |seconds: i64| age(Timestamp::from_second(1_000_000 - seconds).unwrap(), now);
        let ages = [-5, 0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(told);
        assert_eq!(ages, ["0 s", "0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 days"]);
    }

    #[test]
    fn numbers_have_commas_between_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "user", "users"), "1 user");
    }

    #[test]
    fn a_page_beyond_the_last_is_the_last() {
        let view = View::of(&[("page".to_owned(), "9".to_owned())]);
        let page = TablePage::of((0..25).collect(), 10, Table::Users, &view);
        assert_eq!((page.items, page.number), (vec![20, 21, 22, 23, 24], 2));
        let none: TablePage<u8> = TablePage::of(Vec::new(), 10, Table::Users, &view);
        assert!(none.items.is_empty() && none.pager(&view).into_string().is_empty());
    }

    #[test]
    fn code_in_a_message_is_marked_and_an_odd_backtick_is_left() {
        assert_eq!(prose("user `<ann>` is").into_string(), "user <code>&lt;ann&gt;</code> is");
        assert_eq!(prose("a ` b").into_string(), "a ` b");
        assert_eq!((sentence("account 1"), sentence("")), ("Account 1".to_owned(), String::new()));
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!((cut("añb", 2), cut("añb", 3), cut("añb", 9)), ("añ", "añb", "añb"));
    }
}
