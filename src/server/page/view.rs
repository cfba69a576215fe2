//! What of the page is asked for: a search, a filter, and the pages of its tables. All of it is in the address.
//!
//! Must not: refuse an address; what makes no sense is left out.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest search that is looked at.
const LONGEST: usize = 128;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct View {
    /// Part of a name.
    pub search: String,
    /// Only what is not in sync.
    pub only_drift: bool,
    /// Only this group.
    pub group: String,
    /// Pages of tables, from 0.
    pages: [usize; 4],
}

/// A table with pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// The user matrix.
    Users,
    /// The policy matrix.
    Policies,
    /// MFA.
    Mfa,
    /// Differences.
    Drift,
}

impl Table {
    const ALL: [Table; 4] = [Table::Users, Table::Policies, Table::Mfa, Table::Drift];

    /// The section that it is in.
    pub(super) fn id(self) -> &'static str {
        match self {
            Table::Users => "users",
            Table::Policies => "policies",
            Table::Mfa => "mfa",
            Table::Drift => "drift",
        }
    }

    /// Its parameter in the address.
    fn parameter(self) -> &'static str {
        match self {
            Table::Users => "page",
            Table::Policies => "policies",
            Table::Mfa => "mfa",
            Table::Drift => "changes",
        }
    }
}

impl View {
    /// What an address asks for: the last of a name counts, what is not known or no number is left out.
    pub(in crate::server) fn of(parameters: &[(String, String)]) -> Self {
        let mut view = View::default();
        for (name, value) in parameters {
            match name.as_str() {
                "q" => view.search = value.trim().chars().take(LONGEST).collect(),
                "drift" => view.only_drift = value == "only",
                "group" => view.group = value.trim().chars().take(LONGEST).collect(),
                name => {
                    let table = Table::ALL.into_iter().position(|table| table.parameter() == name);
                    if let Some(page) = table.and_then(|table| view.pages.get_mut(table)) {
                        *page = value.parse::<usize>().unwrap_or(1).saturating_sub(1);
                    }
                }
            }
        }
        view
    }

    /// The page of a table, from 0; it may be beyond the last.
    pub(super) fn page(&self, table: Table) -> usize {
        self.pages.get(table as usize).copied().unwrap_or_default()
    }

    /// Whether all is shown.
    pub(super) fn is_whole(&self) -> bool {
        self.search.is_empty() && self.group.is_empty() && !self.only_drift
    }

    /// Whether a name has what is searched for.
    pub(super) fn finds(&self, text: &str) -> bool {
        self.search.is_empty() || text.to_ascii_lowercase().contains(&self.search.to_ascii_lowercase())
    }

    /// The shortest address that asks for this.
    pub(super) fn link(&self) -> String {
        let mut query = String::new();
        let mut add = |name: &str, value: &str| {
            let sign = if query.is_empty() { '?' } else { '&' };
            let _ = write!(query, "{sign}{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        };
        if !self.search.is_empty() {
            add("q", &self.search);
        }
        if !self.group.is_empty() {
            add("group", &self.group);
        }
        if self.only_drift {
            add("drift", "only");
        }
        for table in Table::ALL {
            match self.page(table) {
                0 => {}
                page => add(table.parameter(), &(page + 1).to_string()),
            }
        }
        format!("/{query}")
    }

    /// The address of another page of a table.
    pub(super) fn link_to(&self, table: Table, page: usize) -> String {
        let mut view = self.clone();
        if let Some(place) = view.pages.get_mut(table as usize) {
            *place = page;
        }
        format!("{}#{}", view.link(), table.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(query: &[(&str, &str)]) -> View {
        View::of(&query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn an_address_says_what_is_shown_and_the_shortest_one_is_linked() {
        let asked = view(&[("q", " lamp & co "), ("drift", "only"), ("page", "3"), ("changes", "1"), ("group", "DBA")]);
        assert_eq!(asked.link(), "/?q=lamp%20%26%20co&group=DBA&drift=only&page=3");
        assert_eq!(
            asked.link_to(Table::Policies, 1),
            "/?q=lamp%20%26%20co&group=DBA&drift=only&page=3&policies=2#policies"
        );
        assert_eq!(view(&[]).link(), "/");
        assert!(asked.finds("LAMP & Company") && !asked.finds("lamps"));
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        for query in [("page", "0"), ("page", "-1"), ("page", "x"), ("page", ""), ("drift", "all"), ("nothing", "9")] {
            assert_eq!(view(&[query]), View::default(), "{query:?}");
        }
        assert_eq!(view(&[("page", "99999999999999999999999")]), View::default());
        assert_eq!(view(&[("q", &"x".repeat(5_000))]).search.len(), LONGEST);
    }
}
