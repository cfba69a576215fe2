//! The page as text: what it says of a status, and what it never does whatever the status holds.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;

use super::view::View;
use super::{is_wanted, render};
use crate::access::mfa::Enforced;
use crate::access::standing::{Required, Standing};
use crate::contention::Contended;
use crate::grid::Grid;
use crate::guard::{Hold, HoldReason};
use crate::live::Live;
use crate::matrix::{Checked, Mode};
use crate::name::{Arn, Name};
use crate::status::{Cycle, CycleOutcome, Meanwhile, Status};
use crate::testing::{ALLOW, ByHand as _, GUARD, aws, checked, empty_account, model, plan};

const MATRIX: &str = "
version: 1
groups: { Dev: {}, View: {} }
baseline: [Mfa]
users:
  ann: { groups: [Dev] }
  bob: { groups: [View] }
policies:
  AmazonS3FullAccess: [Dev]
  ReadOnlyAccess: [View]
documents: policies/
";

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn config() -> Checked {
    checked(MATRIX, &[("Mfa", GUARD)], "protect: { users: [root-*] }")
}

/// The status after a look at that account.
fn status(checked: &Checked, live: &Live) -> Status {
    let mut status = Status::starting(now());
    let plan = plan(checked, live);
    status.mode = Some(Mode::Enforce);
    status.account = Some(plan.account.clone());
    status.path = Some(plan.path.clone());
    status.config.digest = Some("0123456789abcdef".to_owned());
    status.snapshot_at = Some(now());
    status.since = Arc::new(status.since.with(&plan, now()));
    status.grid = Some(Arc::new(Grid::of(checked, live, (&plan, &status.withheld))));
    status.plan_digest = Some(plan.digest());
    status.plan = Some(Arc::new(plan));
    let cycle = Cycle { number: 1, ended_at: now(), seconds: 0.5, calls: 3, outcome: CycleOutcome::Drift, error: None };
    status.end_cycle(cycle);
    status
}

fn converged(checked: &Checked) -> Live {
    let mut live = empty_account();
    live.user("ann").user("bob").user("root-1");
    plan(checked, &live).changes.iter().for_each(|change| model::apply(&mut live, &change.action).unwrap());
    live
}

fn join(live: &mut Live, user: &str, group: &str) {
    live.groups.get_mut(&Name::from(group)).unwrap().members.insert(user.into());
    live.users.get_mut(&Name::from(user)).unwrap().groups.insert(group.into());
}

fn asked(status: &Status, query: &[(&str, &str)]) -> String {
    let query: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    render(status, &View::of(&query), now())
}

fn shown(status: &Status) -> String {
    asked(status, &[])
}

#[track_caller]
fn says(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "it does not say `{words}`\n{page}");
    }
}

#[track_caller]
fn is_silent(page: &str, words: &[&str]) {
    for words in words {
        assert!(!page.contains(words), "it says `{words}`\n{page}");
    }
}

#[test]
fn an_account_that_is_right_is_in_sync_at_the_first_glance() {
    let page = shown(&status(&config(), &converged(&config())));
    says(&page, &["<title>In sync · iamatrix 123456789012</title>", "is equal to the matrix.", "<span>in sync</span>"]);
    is_silent(&page, &["<td class=\"m\">", "<td class=\"x\">", "<td class=\"h\">"]);
}

#[test]
fn before_the_first_look_it_says_what_it_waits_for() {
    let mut status = Status::starting(now());
    says(&shown(&status), &["Starting", "The account has not been compared with the matrix yet."]);
    status.config.problems = vec!["matrix.yaml:1:1: error[x]: `y` is wrong".to_owned()];
    says(&shown(&status), &["No configuration in use", "Nothing is done until", "<code>y</code> is wrong"]);
    status.config = crate::status::ConfigStatus::default();
    let words = "no credentials".to_owned();
    let error = Some(crate::status::CycleError { class: "credentials", words, request_id: None });
    let cycle = Cycle { number: 1, ended_at: now(), seconds: 0.5, calls: 3, outcome: CycleOutcome::Failed, error };
    status.end_cycle(cycle);
    says(&shown(&status), &["The account cannot be read", "no credentials. It is tried again."]);
}

#[test]
fn drift_is_told_with_what_why_and_since_when() {
    let mut live = converged(&config());
    join(&mut live, "bob", "Dev");
    join(&mut live, "root-1", "Dev");
    let page = shown(&status(&config(), &live));
    says(
        &page,
        &[
            "<title>1 difference · ",
            "remove bob from Dev",
            "no row of the matrix puts this user into Dev",
            "2027-01-15 08:00:00 UTC",
            "<td class=\"x\"><span>extra</span></td>",
            "<td class=\"p\"><span>protected</span></td>",
        ],
    );
}

#[test]
fn a_held_plan_says_why_and_the_three_ways_to_release_it() {
    let mut live = converged(&config());
    join(&mut live, "bob", "Dev");
    let mut status = status(&config(), &live);
    let message = "would remove 12 of 26 memberships (limit 5)".to_owned();
    status.holds = vec![Hold { reason: HoldReason::Memberships, message, changes: BTreeSet::new() }];
    status.release = Some("d1g35t".to_owned());
    let plan = status.plan.clone().unwrap();
    status.meanwhile = Some(Meanwhile { digest: "feedfacefeedface".to_owned(), plan });
    status.contended = vec![Contended {
        change: "add ann to Dev".to_owned(),
        kind: "addMember",
        times: 3,
        last_at: now(),
        next_at: None,
    }];
    let page = shown(&status);
    says(
        &page,
        &[
            "Held: 1 difference",
            "would remove 12 of 26 memberships (limit 5)",
            "approve: { digest: d1g35t, until: ",
            "--approve d1g35t",
            "/approve/d1g35t",
            "<td class=\"h\"><span>held</span> <small>extra</small></td>",
            "Meanwhile the last approved matrix is enforced",
            "feedfacefeed",
            "add ann to Dev: made 3 times and undone each time",
        ],
    );
    status.suspended = true;
    let page = shown(&status);
    says(&page, &["suspend: true", "A guard would hold this plan", "Suspended: nothing is changed."]);
    status.suspended = false;
    status.mode = Some(Mode::Observe);
    let page = shown(&status);
    says(&page, &["A guard would hold this plan", "<title>1 difference · "]);
    is_silent(&page, &["<td class=\"h\">"]);
}

#[test]
fn files_with_problems_leave_the_last_good_configuration_on_the_page() {
    let mut status = status(&config(), &converged(&config()));
    status.config.problems = vec!["matrix.yaml:3:1: gone".to_owned()];
    says(
        &shown(&status),
        &["The files on disk are not in use", "The last good configuration stays in use.", "last good"],
    );
}

#[test]
fn the_three_answers_about_mfa_stand_side_by_side_and_the_open_ones_first() {
    let mut status = status(&config(), &converged(&config()));
    let by = Enforced::Yes { by: [Name::from("Mfa")].into() };
    let of = |user: &str, required, enforced| Standing { user: user.into(), required, enforced };
    let exempt = Required::Exempt { because: "signs in CI".to_owned() };
    status.standings = Arc::new(vec![
        of("ann", exempt, by.clone()),
        of("bob", Required::Yes, by),
        of("cid", Required::Yes, Enforced::No { slips: Vec::new() }),
    ]);
    let page = shown(&status);
    says(&page, &["required of 2 users, enforced on 2, required and not enforced: 1", "signs in CI", "not known yet"]);
    let table = page.split("id=\"mfa-table\"").nth(1).unwrap();
    let at = |user: &str| table.find(&format!(">{user}</span>")).unwrap();
    assert!(at("cid") < at("ann") && at("ann") < at("bob"), "{table}");
}

#[test]
fn search_group_and_drift_narrow_all_tables() {
    let mut live = converged(&config());
    join(&mut live, "bob", "Dev");
    let status = status(&config(), &live);
    let users = |query: &[(&str, &str)]| {
        let page = asked(&status, query);
        let table = page.split("<section id=\"users\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned();
        ["ann", "bob"].map(|user| table.contains(&format!(">{user}</span>")))
    };
    assert_eq!(users(&[]), [true, true]);
    assert_eq!(users(&[("q", "AN")]), [true, false]);
    assert_eq!(users(&[("drift", "only")]), [false, true]);
    assert_eq!(users(&[("group", "view")]), [false, true]);
    assert_eq!(users(&[("group", "nobody knows it")]), [true, true]);
    assert_eq!(users(&[("q", "nobody")]), [false, false]);
    says(&asked(&status, &[("q", "nobody")]), &["No users match.", "No policies match.", "No difference matches."]);
    says(&asked(&status, &[("drift", "only")]), &["All policies are in sync."]);
}

/// What would be markup if it were not escaped, in all places that hold words of others.
#[test]
fn whatever_others_write_is_text() {
    const BAD: &str = "\"><img src=x onerror=alert(1)>&'";
    let config = config();
    let mut live = converged(&config);
    live.user(BAD).group("/foundation/", BAD, &[&aws(BAD)], &["bob", BAD]);
    let dev = live.groups.get_mut(&Name::from("Dev")).unwrap();
    dev.inline.insert(BAD.to_owned(), crate::policy::LiveDocument::read(BAD));
    dev.attached.insert(Arn::new(format!("arn:aws:iam::123456789012:policy/{BAD}")));
    live.users.get_mut(&Name::from("bob")).unwrap().attached.insert(Arn::new(aws(BAD)));
    live.document("/foundation/", BAD, BAD, 2).document("/foundation/", "Mfa", &ALLOW.replace("s3", BAD), 1);
    let mut status = status(&config, &live);
    status.holds =
        vec![Hold { reason: HoldReason::Account, message: BAD.to_owned(), changes: [BAD.to_owned()].into() }];
    status.release = Some(BAD.to_owned());
    status.config.problems = vec![format!("`{BAD}`"), BAD.to_owned()];
    status.audit_problem = Some(BAD.to_owned());
    let required = Required::Exempt { because: BAD.to_owned() };
    status.standings =
        Arc::new(vec![Standing { user: BAD.into(), required, enforced: Enforced::No { slips: vec![] } }]);
    let page = asked(&status, &[("q", ""), ("group", BAD)]);
    let page = page + &shown(&status) + &asked(&status, &[("q", BAD), ("page", BAD)]);
    is_silent(&page, &["<img", "onerror=alert(1)>&'"]);
    says(&page, &["&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&amp;'"]);
}

/// Two thousand people in one or two of fifty groups, and three hundred policies on three each.
fn large() -> Checked {
    let mut text = "version: 1\ndocuments: policies/\nbaseline: [Mfa]\ngroups:\n".to_owned();
    (0..50).for_each(|n| writeln!(text, "  Department{n:02}-Developers: {{}}").unwrap());
    text += "users:\n";
    for n in 0..2_000 {
        let groups: Vec<_> = (0..=(n % 2)).map(|k| format!("Department{:02}-Developers", (n + k * 7) % 50)).collect();
        writeln!(text, "  person.number{n:04}@example.org: {{ groups: [{}] }}", groups.join(", ")).unwrap();
    }
    text += "policies:\n";
    let documents: Vec<String> = (0..300).map(|n| format!("Department{n:03}-ReadAndDeploy")).collect();
    for (n, name) in documents.iter().enumerate() {
        let groups: Vec<_> = (0..3).map(|k| format!("Department{:02}-Developers", (n + k * 7) % 50)).collect();
        writeln!(text, "  {name}: [{}]", groups.join(", ")).unwrap();
    }
    let documents = documents.iter().map(|name| (name.as_str(), ALLOW)).chain([("Mfa", GUARD)]);
    checked(&text, &documents.collect::<Vec<_>>(), "users: { create: true }")
}

#[test]
fn the_page_of_a_large_account_stays_below_five_hundred_kilobytes() {
    let checked = large();
    let status = status(&checked, &empty_account());
    let plan = status.plan.as_ref().unwrap();
    assert!(plan.changes.len() > 5_000, "{}", plan.changes.len());
    for query in
        [&[][..], &[("drift", "only")], &[("page", "40")], &[("q", "person")], &[("group", "Department07-Developers")]]
    {
        let page = asked(&status, query);
        assert!(page.len() < 500_000, "{query:?}: {} bytes", page.len());
        says(&page, &[" differences</h1>"]);
    }
    says(&asked(&status, &[("page", "40")]), &["Page 40 of 41"]);
}

#[test]
fn only_who_can_show_a_page_gets_one() {
    let wanted = |accept: &[&str]| {
        let accept = accept.iter().map(|accept| (axum::http::header::ACCEPT, accept.parse().unwrap()));
        is_wanted(&accept.collect())
    };
    assert!(wanted(&["text/html,application/xhtml+xml,*/*;q=0.8"]));
    assert!(wanted(&["application/json", "TEXT/HTML"]));
    assert!(!wanted(&["*/*"]) && !wanted(&["application/json"]) && !wanted(&[]));
}
