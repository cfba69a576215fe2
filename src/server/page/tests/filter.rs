//! What is asked for narrows every table, and each heading says so.

use super::*;

const TABLES: [&str; 4] = ["users", "policies", "mfa", "drift"];

/// The rows of a table by their first words, and what its heading says of them.
fn table(page: &str, id: &str) -> String {
    let section = page.split(&format!("<section id=\"{id}\"")).nth(1).unwrap().split("</section>").next().unwrap();
    let remark = section.split("<p class=\"quiet\">").nth(1).map_or("", |rest| rest.split('<').next().unwrap());
    let begin = if id == "drift" { "data-label=\"Repair\">" } else { "<span class=\"name\">" };
    let body = section.split("<tbody>").nth(1).unwrap_or_default();
    let rows: Vec<&str> = body.split(begin).skip(1).map(|row| row.split('<').next().unwrap()).collect();
    let rows = if rows.is_empty() { "none".to_owned() } else { rows.join(", ") };
    format!("{remark}: {rows}")
}

fn tables(status: &Status, query: &[(&str, &str)]) -> [String; 4] {
    let page = asked(status, query);
    TABLES.map(|id| table(&page, id))
}

fn drifted() -> Status {
    let config = config();
    let mut live = converged(&config);
    join(&mut live, "bob", "Dev");
    live.groups.get_mut(&Name::from("View")).unwrap().attached.clear();
    live.document("/foundation/", "Mfa", ALLOW, 1);
    let mut status = status(&config, &live);
    let of = |user: &str, enforced| Standing { user: user.into(), required: Required::Yes, enforced };
    let by = Enforced::Yes { by: [Name::from("Mfa")].into() };
    status.standings = Arc::new(vec![of("ann", by), of("bob", Enforced::No { slips: Vec::new() })]);
    status
}

#[test]
fn search_group_and_drift_narrow_all_tables() {
    let status = drifted();
    let of = |query: &[(&str, &str)]| tables(&status, query).join("\n");
    insta::assert_snapshot!(of(&[]), @r"
    2 users: ann, bob
    3 policies: AmazonS3FullAccess, ReadOnlyAccess, Mfa
    required of 2 users, enforced on 1, required and not enforced: 1: bob, ann
    3 differences: update document Mfa, attach ReadOnlyAccess to View, remove bob from Dev
    ");
    insta::assert_snapshot!(of(&[("q", "AN")]), @r"
    1 of 2 users: ann
    0 of 3 policies: none
    1 of 2 users: ann
    0 of 3 differences: none
    ");
    insta::assert_snapshot!(of(&[("q", "nly")]), @r"
    0 of 2 users: none
    1 of 3 policies: ReadOnlyAccess
    0 of 2 users: none
    1 of 3 differences: attach ReadOnlyAccess to View
    ");
    insta::assert_snapshot!(of(&[("drift", "only")]), @r"
    1 of 2 users: bob
    2 of 3 policies: ReadOnlyAccess, Mfa
    1 of 2 users: bob
    3 differences: update document Mfa, attach ReadOnlyAccess to View, remove bob from Dev
    ");
    insta::assert_snapshot!(of(&[("group", "view")]), @r"
    1 of 2 users: bob
    1 of 3 policies: ReadOnlyAccess
    1 of 2 users: bob
    1 of 3 differences: attach ReadOnlyAccess to View
    ");
    insta::assert_snapshot!(of(&[("group", "baseline")]), @r"
    2 users: ann, bob
    1 of 3 policies: Mfa
    required of 2 users, enforced on 1, required and not enforced: 1: bob, ann
    1 of 3 differences: update document Mfa
    ");
    insta::assert_snapshot!(of(&[("group", "Dev"), ("q", "bob"), ("drift", "only")]), @r"
    1 of 2 users: bob
    0 of 3 policies: none
    1 of 2 users: bob
    1 of 3 differences: remove bob from Dev
    ");
    assert_eq!(tables(&status, &[("group", "nobody knows it")]), tables(&status, &[]));
    says(&asked(&status, &[("q", "nobody")]), &["No users match.", "No policies match.", "No difference matches."]);
}

#[test]
fn only_drift_of_an_account_in_sync_says_that_there_is_none() {
    let status = status(&config(), &converged(&config()));
    says(&asked(&status, &[("drift", "only")]), &["All policies are in sync.", "All users are in sync."]);
}
