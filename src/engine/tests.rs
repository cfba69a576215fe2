//! What goes on while a commit is held or cannot be used, told by examples on a sandbox.

mod desk;

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::guard::{self, HoldReason};
use crate::iam::Class;
use crate::matrix::Mode;
use desk::Desk;

/// ann is in Dev, bob in Ops.
const MATRIX: &str = "
version: 1
groups: { Dev: {}, Ops: {} }
users:
  ann: { groups: [Dev], mfa: exempt, because: a test }
  bob: { groups: [Ops], mfa: exempt, because: a test }
policies: { AmazonS3ReadOnlyAccess: [Dev], AmazonSNSReadOnlyAccess: [Ops] }
";
const BROKEN: &str = "version: 1\ngroups: {";

fn settings(mode: &str, lines: &str) -> String {
    format!("account: \"123456789012\"\nmode: {mode}\ninterval: 1s\n{lines}\n")
}

/// Settings that let nothing be removed unseen.
fn strict(mode: &str, lines: &str) -> String {
    settings(mode, &format!("limits: {{ removals: {{ count: 0, percent: 0 }} }}\n{lines}"))
}

/// A matrix in which bob leaves his group.
fn without_bob() -> String {
    MATRIX.replace("bob: { groups: [Ops]", "bob: { groups: []")
}

fn held(desk: &Desk) -> Vec<HoldReason> {
    desk.status().holds.iter().map(|hold| hold.reason).collect()
}

fn enforced_meanwhile(desk: &Desk) -> Option<bool> {
    desk.status().meanwhile.as_ref().map(crate::status::Meanwhile::is_enforced)
}

#[tokio::test]
async fn an_account_that_is_named_later_binds_the_running_operator() {
    let mut desk = Desk::new(("mode: observe\ninterval: 1s", MATRIX), "{}").await;
    assert_eq!(desk.cycle().await, CycleOutcome::Drift);
    desk.put("account: \"999999999999\"\nmode: enforce\ninterval: 1s", MATRIX);
    assert_eq!(desk.cycle().await, CycleOutcome::Failed);
    let error = desk.status().last_cycle.as_ref().unwrap().error.clone().unwrap().words;
    assert!(error.contains("of account 123456789012, and operator.yaml allows only 999999999999"), "{error}");
    assert!(desk.members("Dev").await.is_empty());
    desk.put(&settings("enforce", ""), MATRIX);
    assert_eq!(desk.cycle().await, CycleOutcome::Failed, "from now on it takes a restart");
    assert_eq!(desk.said("`account` changed in operator.yaml"), 1);
}

#[tokio::test]
async fn a_mode_that_is_raised_and_held_leaves_the_repair_of_the_mode_before_at_work() {
    let mut desk = Desk::in_sync((&settings("additive", ""), MATRIX), "{}").await;
    desk.join("cat", "Dev").await;
    desk.leave("bob", "Ops").await;
    desk.put(&settings("enforce", ""), MATRIX);
    assert_eq!(desk.cycle().await, CycleOutcome::Held);
    assert_eq!((held(&desk), enforced_meanwhile(&desk)), (vec![HoldReason::ModeRaised], Some(true)));
    assert_eq!((desk.members("Dev").await, desk.members("Ops").await), (vec!["ann", "cat"], vec!["bob"]));
    // A commit of both files is no other case.
    desk.leave("ann", "Dev").await;
    desk.put(&strict("enforce", ""), &without_bob());
    desk.settled().await;
    assert_eq!(desk.cycle().await, CycleOutcome::Held);
    assert_eq!((desk.members("Dev").await, desk.members("Ops").await), (vec!["ann", "cat"], vec!["bob"]));
}

#[tokio::test]
async fn a_held_prune_leaves_drift_repair_at_work() {
    let mut desk = Desk::in_sync((&strict("enforce", ""), MATRIX), "{}").await;
    desk.by_hand("CreateGroup&GroupName=Old&Path=/foundation/").await;
    desk.leave("ann", "Dev").await;
    desk.put(&strict("enforce", "prune: true"), MATRIX);
    assert_eq!(desk.cycle().await, CycleOutcome::Held);
    assert_eq!((held(&desk), desk.members("Dev").await), (vec![HoldReason::Groups], vec!["ann"]));
    assert!(desk.by_hand("GetGroup&GroupName=Old").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_group_that_is_no_longer_held_back_is_not_cleaned_unseen_and_the_others_are_repaired() {
    let mut desk = Desk::in_sync((&settings("enforce", ""), MATRIX), "{}").await;
    desk.put(&settings("enforce", "groups: { Dev: observe }"), MATRIX);
    desk.cycle().await;
    desk.join("cat", "Dev").await;
    desk.join("cat", "Ops").await;
    desk.put(&settings("enforce", ""), MATRIX);
    assert_eq!(desk.cycle().await, CycleOutcome::Held);
    assert_eq!(held(&desk), [HoldReason::ModeRaised]);
    assert_eq!((desk.members("Dev").await, desk.members("Ops").await), (vec!["ann", "cat"], vec!["bob"]));
    // Taken back, nothing is left to release.
    desk.put(&settings("enforce", "groups: { Dev: observe }"), MATRIX);
    desk.settled().await;
    desk.join("cat", "Ops").await;
    assert_eq!((desk.cycle().await, held(&desk)), (CycleOutcome::Drift, vec![]));
    assert_eq!((desk.members("Dev").await, desk.members("Ops").await), (vec!["ann", "cat"], vec!["bob"]));
}

#[tokio::test]
async fn a_last_approved_matrix_that_is_held_too_is_not_shown_as_enforced_and_is_told_once() {
    let mut desk = Desk::in_sync((&strict("enforce", ""), MATRIX), "{}").await;
    desk.put(&strict("enforce", ""), &without_bob());
    assert_eq!((desk.cycle().await, enforced_meanwhile(&desk)), (CycleOutcome::Held, Some(true)));
    desk.join("cat", "Dev").await;
    for _ in 0..2 {
        assert_eq!((desk.cycle().await, enforced_meanwhile(&desk)), (CycleOutcome::Held, Some(false)));
    }
    assert_eq!(desk.said("the last approved matrix is held, too: it would remove 1 of 3 memberships"), 1);
    desk.leave("cat", "Dev").await;
    assert_eq!((desk.cycle().await, enforced_meanwhile(&desk)), (CycleOutcome::Held, Some(true)));
}

#[tokio::test]
async fn what_is_contended_while_a_commit_is_held_is_told() {
    let once = settings("enforce", "limits: { removals: { count: 0, percent: 0 }, reverts: 1 }");
    let mut desk = Desk::in_sync((&once, MATRIX), "{}").await;
    desk.put(&once, &without_bob().replace("ann: { groups: [Dev]", "ann: { groups: []"));
    for _ in 0..2 {
        desk.leave("bob", "Ops").await;
        assert_eq!(desk.cycle().await, CycleOutcome::Held);
        desk.settled().await;
    }
    let contended: Vec<String> = desk.status().contended.iter().map(|it| it.change.clone()).collect();
    assert_eq!(
        (contended, desk.said("contended: somebody undid \"add bob to Ops\"")),
        (vec!["add bob to Ops".to_owned()], 1)
    );
    assert!(desk.members("Ops").await.is_empty());
}

#[tokio::test]
async fn a_call_that_fails_while_a_commit_is_held_is_tried_again_soon_and_shows() {
    let rules = "rules: [{ action: AddUserToGroup, nth: 3, then: { fail: AccessDenied } }]";
    let mut desk = Desk::in_sync((&strict("enforce", ""), MATRIX), rules).await;
    desk.leave("ann", "Dev").await;
    desk.put(&strict("enforce", ""), &without_bob());
    assert_eq!(desk.engine.cycle().await, FIRST_RETRY);
    let status = desk.status();
    assert_eq!(status.last_cycle.as_ref().unwrap().outcome, CycleOutcome::Partial);
    assert_eq!((held(&desk), status.history.runs().last().unwrap().failed), (vec![HoldReason::Memberships], 1));
    assert_eq!((desk.cycle().await, desk.members("Dev").await), (CycleOutcome::Held, vec!["ann"]));
}

#[tokio::test]
async fn a_brake_counts_at_once_beside_a_matrix_that_cannot_be_used() {
    let mut desk = Desk::in_sync((&settings("enforce", ""), MATRIX), "{}").await;
    desk.join("cat", "Dev").await;
    let brakes = ["suspend: true", "protect: { users: [cat] }", "groups: { Dev: additive }"];
    for (braked, mode) in brakes.map(|brake| (brake, "enforce")).into_iter().chain([("", "additive"), ("", "observe")])
    {
        desk.put(&settings(mode, braked), BROKEN);
        for _ in 0..2 {
            desk.cycle().await;
            assert_eq!(desk.members("Dev").await, ["ann", "cat"], "{mode} {braked}");
        }
        let status = desk.status();
        assert_eq!((status.mode.unwrap().as_str(), status.suspended), (mode, braked.starts_with("suspend")));
        assert!(!status.config.problems.is_empty() && status.config.is_usable());
    }
    assert_eq!(desk.said("what it narrows counts at once"), 5, "once for each");
    assert_eq!(desk.said("suspended: plans are made and shown"), 1);
    desk.put_without_matrix(&settings("enforce", "suspend: true"));
    assert_eq!((desk.cycle().await, desk.status().suspended), (CycleOutcome::Drift, true));
}

#[tokio::test]
async fn what_widens_beside_a_matrix_that_cannot_be_used_waits_until_it_can() {
    let mut desk = Desk::in_sync((&settings("additive", ""), MATRIX), "{}").await;
    desk.join("cat", "Dev").await;
    desk.put(&settings("enforce", ""), BROKEN);
    desk.cycle().await;
    assert_eq!((desk.status().mode, desk.said("what it narrows")), (Some(Mode::Additive), 0));
    desk.put(&settings("enforce", ""), MATRIX);
    assert_eq!((desk.cycle().await, held(&desk)), (CycleOutcome::Held, vec![HoldReason::ModeRaised]));
    assert_eq!(desk.status().mode, Some(Mode::Enforce));
}

#[tokio::test]
async fn a_mode_that_was_lowered_in_between_is_raised_for_the_last_approved_matrix_too() {
    let mut desk = Desk::in_sync((&settings("enforce", ""), MATRIX), "{}").await;
    desk.put(&settings("observe", ""), MATRIX);
    desk.cycle().await;
    desk.join("cat", "Dev").await;
    desk.put(&settings("enforce", ""), &without_bob());
    assert_eq!((desk.cycle().await, held(&desk)), (CycleOutcome::Held, vec![HoldReason::ModeRaised]));
    assert_eq!((enforced_meanwhile(&desk), desk.members("Dev").await), (Some(false), vec!["ann", "cat"]));
}

#[tokio::test]
async fn a_release_is_told_once_however_often_a_call_fails_and_ends_when_it_is_withdrawn() {
    let rules = "rules: [{ action: RemoveUserFromGroup, nth: 1, times: 9, then: { fail: AccessDenied } }]";
    let mut desk = Desk::in_sync((&strict("enforce", ""), MATRIX), rules).await;
    desk.put(&strict("enforce", ""), &without_bob());
    assert_eq!(desk.cycle().await, CycleOutcome::Held);
    let digest = desk.status().release.clone().unwrap();
    desk.put(&strict("enforce", &format!("approve: {{ digest: \"{digest}\", until: 9999-12-31 }}")), &without_bob());
    for _ in 0..2 {
        assert_eq!(desk.cycle().await, CycleOutcome::Partial);
    }
    assert_eq!(desk.said("released: a plan that was held is carried out"), 1);
    desk.put(&strict("enforce", ""), &without_bob());
    assert_eq!((desk.cycle().await, held(&desk)), (CycleOutcome::Held, vec![HoldReason::Memberships]));
}

#[tokio::test]
async fn a_release_without_removals_earns_no_trust_for_them() {
    let limits = "limits: { grants: { count: 0, percent: 0 } }";
    let matrix =
        MATRIX.replace("AmazonS3ReadOnlyAccess: [Dev]", "AmazonS3ReadOnlyAccess: [Dev], AdministratorAccess: [Ops]");
    let nobody = matrix.replace("bob: { groups: [Ops]", "bob: { groups: [Dev]");
    let mut desk = Desk::in_sync((&settings("additive", limits), &nobody), "{}").await;
    desk.put(&settings("enforce", limits), &nobody.replace("groups: [Dev]", "groups: [Dev, Ops]"));
    assert_eq!((desk.cycle().await, held(&desk)), (CycleOutcome::Held, vec![HoldReason::Administrators]));
    let digest = desk.status().release.clone().unwrap();
    desk.engine.take(Request::Approve(digest));
    assert_eq!(desk.cycle().await, CycleOutcome::Changed, "{:?}", desk.status().holds);
    desk.settled().await;
    desk.join("cat", "Dev").await;
    assert_eq!((desk.cycle().await, held(&desk)), (CycleOutcome::Held, vec![HoldReason::ModeRaised]));
}

/// `iamatrix plan` goes this way, too.
#[tokio::test]
async fn in_observe_mode_whoever_asks_is_told_of_the_same_holds_and_digest() {
    let mut desk = Desk::in_sync((&settings("enforce", ""), MATRIX), "{}").await;
    desk.join("cat", "Dev").await;
    desk.put(&settings("observe", ""), MATRIX);
    assert_eq!((desk.cycle().await, held(&desk)), (CycleOutcome::Drift, vec![HoldReason::ModeRaised]));
    let checked = desk.engine.in_force.clone().unwrap();
    let live = desk.engine.reconciler.look(checked.operator(), clock::now()).await.unwrap();
    let compared = desk.engine.reconciler.compare(&checked, &live, &BTreeSet::new()).await.unwrap();
    let releases = Releases::default();
    let review = guard::review(compared.plan.clone(), &compared.circumstances(&checked, &releases, clock::today()));
    let status = desk.status();
    assert_eq!((review.held().holds, review.held().release), (status.holds.clone(), status.release.clone()));
}

#[tokio::test]
async fn without_files_to_go_by_a_silent_aws_is_told_once_and_asked_less_and_less_often() {
    let mut desk = Desk::new(("", BROKEN), "{}").await;
    let silent = || {
        let message = "iam cannot be reached".to_owned();
        Err(CallError { operation: "ListPolicies", class: Class::Unavailable, message, request_id: None })
    };
    let waits: Vec<Duration> = (0..8).map(|_| desk.engine.without_configuration(silent())).collect();
    assert_eq!(waits[..3], [5, 10, 20].map(Duration::from_secs));
    assert_eq!(waits.last(), Some(&LONGEST_RETRY));
    assert_eq!(desk.said("AWS cannot be asked either"), 1);
    assert_eq!(desk.engine.without_configuration(Ok(())), FIRST_RETRY);
}
