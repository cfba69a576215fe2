//! The first glance: nothing is promised that the last cycle, or what is withheld, gainsays.

use std::collections::BTreeMap;

use super::*;
use crate::status::CycleError;
use crate::status::history::{ChangeOutcome, PastChange};
use crate::withheld::Withheld;

/// An account that lacks one membership and has one too many, under that operator.
fn drifted(operator: &str) -> Status {
    let checked = checked(MATRIX, &[("Mfa", GUARD)], operator);
    let live = drifted_account(&checked);
    let mut status = status(&checked, &live);
    let withheld = Withheld::of(status.plan.as_ref().unwrap(), &live, checked.operator(), &BTreeSet::new());
    status.withheld = Arc::new(withheld);
    status
}

fn drifted_account(checked: &Checked) -> Live {
    let mut live = converged(checked);
    join(&mut live, "bob", "Dev");
    live.groups.get_mut(&Name::from("Dev")).unwrap().members.remove(&Name::from("ann"));
    live.users.get_mut(&Name::from("ann")).unwrap().groups.remove(&Name::from("Dev"));
    live
}

fn tried(status: &mut Status, changes: &[(&str, Option<&str>)]) {
    let past = changes.iter().map(|(action, error)| PastChange {
        at: now(),
        action: (*action).to_owned(),
        kind: "addMember",
        reason: "row `Dev`".to_owned(),
        outcome: if error.is_some() { ChangeOutcome::Failed } else { ChangeOutcome::Done },
        error: error.map(str::to_owned),
        times: 1,
        request_id: None,
        plan: String::new(),
        revision: None,
    });
    let past: Vec<_> = past.collect();
    Arc::make_mut(&mut status.history).record(past);
}

fn ended(status: &mut Status, outcome: CycleOutcome) {
    let number = status.last_cycle.as_ref().map_or(1, |cycle| cycle.number + 1);
    status.end_cycle(Cycle { number, ended_at: now(), seconds: 0.5, calls: 3, outcome, error: None });
}

/// The head of a page, as text.
fn head(status: &Status) -> String {
    let page = shown(status);
    let head = page.split("<section class=\"verdict ").nth(1).unwrap().split("</section>").next().unwrap();
    let tone = head.split('"').next().unwrap();
    let text: Vec<&str> = head.split('>').skip(1).filter_map(|piece| piece.split('<').next()).collect();
    format!("{tone}: {}", text.join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
}

const PROMISE: &str = "it is repaired in the next cycle";

#[test]
fn what_failed_is_no_repair_and_the_page_says_which_and_why() {
    let mut status = drifted("");
    let denied = Some("AddUserToGroup: AccessDenied: no (`plan` needs only the reading ones)");
    tried(&mut status, &[("add ann to Dev", denied), ("remove bob from Dev", Some("Throttling: <slow>"))]);
    ended(&mut status, CycleOutcome::Partial);
    insta::assert_snapshot!(head(&status), @"bad: 2 changes failed Add ann to Dev: AddUserToGroup: AccessDenied: no ( plan needs only the reading ones). What failed is tried again in the next cycle.");
    let page = shown(&status);
    says(
        &page,
        &[
            "<title>2 changes failed · ",
            "id=\"failures\">2 changes failed in the last cycle</h2>",
            "<li>add ann to Dev: AddUserToGroup: AccessDenied: no (<code>plan</code> needs",
            "<li>remove bob from Dev: Throttling: &lt;slow&gt;</li>",
        ],
    );
    is_silent(&page, &[PROMISE]);
    // A cycle that only waits says nothing of what failed; one that had no failure ends it.
    ended(&mut status, CycleOutcome::Settling);
    says(&shown(&status), &["<title>2 changes failed · "]);
    tried(&mut status, &[("add ann to Dev", None), ("remove bob from Dev", None)]);
    ended(&mut status, CycleOutcome::Changed);
    is_silent(&shown(&status), &["id=\"failures\"", "<title>2 changes failed"]);
}

#[test]
fn however_many_fail_all_are_counted() {
    let mut status = drifted("");
    let changes: Vec<String> = (0..600).map(|n| format!("add user{n} to Dev")).collect();
    let changes: Vec<_> = changes.iter().map(|change| (change.as_str(), Some("denied"))).collect();
    tried(&mut status, &changes);
    ended(&mut status, CycleOutcome::Partial);
    says(&shown(&status), &["<title>600 changes failed · ", "id=\"failures\">600 changes failed", "and 450 more"]);
}

#[test]
fn what_was_repaired_a_moment_ago_is_being_checked() {
    let mut status = drifted("");
    tried(&mut status, &[("add ann to Dev", None), ("remove bob from Dev", None)]);
    ended(&mut status, CycleOutcome::Changed);
    let being_checked = "quiet: Repaired: 2 differences 2 changes were made in the last cycle, being checked: the next look shows what is left.";
    assert_eq!(head(&status), being_checked);
    ended(&mut status, CycleOutcome::Settling);
    assert_eq!(head(&status), being_checked);
    status.snapshot_at = Some(now() + jiff::SignedDuration::from_secs(5));
    assert!(head(&status).ends_with("Mode enforce: it is being repaired."), "{}", head(&status));
}

#[test]
fn what_is_withheld_is_not_promised_and_the_reason_is_told() {
    insta::assert_snapshot!(head(&drifted("groups: { Dev: observe }")), @"warn: 2 differences Account 123456789012 under /foundation/: 2 calls to make: 1 to add, 0 to change, 1 to remove. 2 of 2 are left undone: operator.yaml holds its group back.");
    let half = drifted("groups: { Dev: additive }");
    insta::assert_snapshot!(head(&half), @"warn: 2 differences Account 123456789012 under /foundation/: 2 calls to make: 1 to add, 0 to change, 1 to remove. Mode enforce: it is repaired in the next cycle. 1 of 2 is left undone: operator.yaml holds its group back.");
    let mut half = half;
    tried(&mut half, &[("add ann to Dev", None)]);
    ended(&mut half, CycleOutcome::Drift);
    insta::assert_snapshot!(head(&half), @"warn: 1 difference left undone 1 change was made in the last cycle, being checked: the next look shows what is left. 1 of 2 is left undone: operator.yaml holds its group back.");
    let mut none = drifted("");
    let settings = checked(MATRIX, &[("Mfa", GUARD)], "groups: { Dev: additive }");
    let live = drifted_account(&settings);
    let contended = ["add ann to Dev".to_owned()].into();
    none.withheld = Arc::new(Withheld::of(none.plan.as_ref().unwrap(), &live, settings.operator(), &contended));
    insta::assert_snapshot!(head(&none), @"warn: 2 differences Account 123456789012 under /foundation/: 2 calls to make: 1 to add, 0 to change, 1 to remove. 2 of 2 are left undone: operator.yaml holds its group back (1), somebody keeps undoing it (1).");
}

#[test]
fn where_the_newest_files_are_refused_in_sync_is_not_said_without_them() {
    let mut status = status(&config(), &converged(&config()));
    assert!(head(&status).starts_with("good: In sync Account"), "{}", head(&status));
    status.config.problems = vec!["matrix.yaml:3:1: gone".to_owned(), "matrix.yaml:4:1: gone".to_owned()];
    insta::assert_snapshot!(head(&status), @"warn: In sync with the last good matrix Account 123456789012 under /foundation/ is equal to the matrix. But the files on disk are refused: 2 problems.");
}

#[test]
fn what_is_not_known_is_not_told_as_nothing() {
    let mut status = Status::starting(now());
    let words = "`sts` is not reachable".to_owned();
    let error = Some(CycleError { class: "unavailable", words, request_id: None });
    let cycle = Cycle { number: 1, ended_at: now(), seconds: 0.5, calls: 3, outcome: CycleOutcome::Failed, error };
    status.end_cycle(cycle);
    let page = shown(&status);
    says(&page, &["Not compared yet.", "No configuration is in use.", "<code>sts</code> is not reachable"]);
    is_silent(
        &page,
        &["Nothing to do.", "0 users", "0 differences", "0 findings", "`", "#users", "#policies", "#left"],
    );
}

#[test]
fn what_is_left_alone_is_no_drift_and_what_is_held_is_counted_by_what_was_found() {
    let mut live = converged(&config());
    live.group("/foundation/", "Interns", &[&aws("IAMFullAccess")], &[]);
    let told = |status: &Status| {
        let page = shown(status);
        let legend = page.split("<ul class=\"legend\"").nth(1).unwrap().split("</ul>").next().unwrap().to_owned();
        let count = |item: &str| {
            let word = item.split("\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
            let count: usize = item.split("<b>").nth(1).unwrap().split('<').next().unwrap().parse().unwrap();
            (word, count)
        };
        legend.split("<li>").skip(1).map(count).filter(|(_, count)| *count > 0).collect::<BTreeMap<_, _>>()
    };
    let of = |counts: &[(&str, usize)]| counts.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect();
    let mut in_sync = status(&config(), &live);
    ended(&mut in_sync, CycleOutcome::InSync);
    assert_eq!(told(&in_sync), of(&[("in sync", 7), ("left alone", 3)]), "a group, a policy, their cell");
    says(&shown(&in_sync), &["<title>In sync · ", "<td class=\"l\"><span>left alone</span></td>"]);
    says(&asked(&in_sync, &[("drift", "only")]), &["All policies are in sync."]);
    let mut held = drifted("");
    held.holds = vec![Hold { reason: HoldReason::Memberships, message: String::new(), changes: BTreeSet::new() }];
    assert_eq!(told(&held), of(&[("in sync", 6), ("missing", 1), ("extra", 1), ("held", 2)]));
}

#[test]
fn a_hold_without_another_approved_matrix_says_that_drift_is_not_repaired() {
    const WORDS: &str = "No other matrix was approved since the start, so drift is not repaired either.";
    let mut status = drifted("");
    status.holds = vec![Hold { reason: HoldReason::Memberships, message: String::new(), changes: BTreeSet::new() }];
    ended(&mut status, CycleOutcome::Held);
    says(&shown(&status), &[WORDS]);
    let plan = plan(&config(), &converged(&config()));
    status.meanwhile =
        Some(Meanwhile { digest: "feedfacefeedface".to_owned(), plan: Arc::new(plan), holds: Vec::new() });
    let page = shown(&status);
    is_silent(&page, &[WORDS]);
    says(&page, &["</code>. Account 123456789012 under /foundation/ is equal to the matrix."]);
}

#[test]
fn the_plans_own_digest_is_not_taken_for_that_of_the_release() {
    let mut status = drifted("");
    status.release = Some("d1g35t".to_owned());
    status.holds = vec![Hold { reason: HoldReason::Memberships, message: String::new(), changes: BTreeSet::new() }];
    let page = shown(&status);
    says(
        &page,
        &["Digest of the release <code class=\"digest\">d1g35t</code>", "Digest of the calls", "It releases nothing"],
    );
    status.release = None;
    is_silent(&shown(&status), &["It releases nothing"]);
}

#[test]
fn the_way_to_each_section_that_there_is_and_to_no_other() {
    let links = |page: &str| {
        let nav =
            page.split("<nav aria-label=\"Sections\">").nth(1).map_or("", |rest| rest.split("</nav>").next().unwrap());
        nav.split("href=\"#").skip(1).map(|link| link.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut live = converged(&config());
    live.group("/foundation/", "Interns", &[], &[]);
    let whole = shown(&status(&config(), &live));
    assert_eq!(links(&whole), ["users", "policies", "mfa", "drift", "plan", "left", "history", "warnings"]);
    let first = shown(&Status::starting(now()));
    assert_eq!(links(&first), ["mfa", "drift", "plan", "history", "warnings"]);
    for (page, id) in [&whole, &first].into_iter().flat_map(|page| links(page).into_iter().map(move |id| (page, id))) {
        assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
    }
}
