//! The tables of the pages, row by row as they stand there.

use std::collections::BTreeSet;

use iamatrix::access::reach::Session;
use iamatrix::policy::Document;
use iamatrix::policy::context::Fact;

use super::desk::{NAMES, administrator, asked, document, page, written};

/// The cells of the table under a heading, without its first two lines.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    rows.map(cells).collect()
}

/// The documents that the page's table is about.
fn held(name: &str) -> Vec<&str> {
    if name == "MFAEnrolmentPolicy" { vec!["MFAEnforcePolicy", name] } else { vec![name] }
}

fn by_session(name: &str) -> bool {
    name != "DenyIPAddressPolicy"
}

#[test]
fn every_row_holds_with_and_without_administrator_access_for_users_under_any_path() {
    let administrator = administrator();
    let (mut wrong, mut right) = (Vec::new(), 0);
    for name in NAMES.into_iter().filter(|name| by_session(name)) {
        let alone: Vec<Document> = held(name).into_iter().map(document).collect();
        for row in table(&page(name), "What it does") {
            let [action, on, expected @ ..] = row.as_slice() else { panic!("{name}: {row:?}") };
            assert_eq!(expected.len(), 6, "{name}: {row:?}");
            for path in ["/", "/staff/", "/staff/night/"] {
                let of = |session| asked(action, on).under(path).in_session(session);
                let without = Session::ALL.map(|session| written(of(session).answered(&alone)));
                let with_all = Session::ALL
                    .map(|session| written(of(session).answered(alone.iter().chain(std::iter::once(&administrator)))));
                if [without, with_all].concat() == expected {
                    right += 1;
                } else {
                    wrong.push(format!("{name} {path}: {action} on {on}: {without:?} {with_all:?}, not {expected:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 300, "the pages have their tables: {right}");
}

#[test]
fn every_action_that_a_document_names_has_a_row() {
    for name in NAMES.into_iter().filter(|name| by_session(name)) {
        let rows: BTreeSet<String> =
            table(&page(name), "What it does").iter().map(|row| row[0].to_ascii_lowercase()).collect();
        for document in held(name).into_iter().map(document) {
            let named = document.statements().flat_map(|statement| statement.actions.patterns());
            for action in named {
                assert!(rows.contains(action), "{name}: {action}");
            }
        }
    }
}

#[test]
fn the_network_guard_answers_each_place_as_its_page_says() {
    let (guard, administrator) = (document("DenyIPAddressPolicy"), administrator());
    let rows = table(&page("DenyIPAddressPolicy"), "What it does");
    assert!(rows.len() >= 8);
    for row in rows {
        let [place, address, vpc, via, expected] = row.as_slice() else { panic!("{row:?}") };
        let mut request = asked("s3:GetObject", "anything").in_session(Session::WithMfa);
        request = request.with("aws:ViaAWSService", Fact::Bool(via == "true"));
        if address != "absent" {
            request = request.with("aws:SourceIp", Fact::Address(address.parse().unwrap()));
        }
        if vpc != "absent" {
            request = request.with("aws:SourceVpc", Fact::text(vpc));
        }
        assert_eq!(written(request.answered([&guard, &administrator])), expected, "{place}");
    }
}
