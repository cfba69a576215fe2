//! What may be applied, told by examples.

use std::collections::BTreeMap;

use super::*;
use crate::access::Access;
use crate::access::after::after;
use crate::access::aws::AwsDocuments;
use crate::catalog::Catalog;
use crate::live::Live;
use crate::located::{Located, Span};
use crate::matrix::{Approval, Checked, Limits, Mode, Threshold};
use crate::name::{Arn, Name};
use crate::plan::Phase::{AddMembers, AttachAllows, AttachGuards, Groups, NewDocuments};
use crate::stakes::{Made, Rules, World};
use crate::testing::{ALLOW, ByHand as _, GUARD, TODAY, aws, checked, empty_account, model, plan, review};

const MATRIX: &str = "
version: 1
groups: { Dev: {} }
users: { ann: { groups: [Dev] } }
policies: { AmazonS3FullAccess: [Dev], Guard: [Dev] }
documents: policies/
";

fn config(operator: &str) -> Checked {
    checked(MATRIX, &[("Guard", GUARD)], operator)
}

/// An account with so many strangers in Dev, otherwise right.
fn account_with_strangers(strangers: usize) -> Live {
    let mut live = empty_account();
    live.user("ann");
    plan(&config(""), &live).changes.iter().for_each(|change| model::apply(&mut live, &change.action).unwrap());
    for number in 0..strangers {
        let user = format!("stranger{number}");
        live.user(&user);
        live.groups.get_mut(&Name::from("Dev")).unwrap().members.insert(Name::new(&*user));
        live.users.get_mut(&Name::new(user)).unwrap().groups.insert("Dev".into());
    }
    live
}

fn reviewed(live: &Live, change: impl FnOnce(&mut Operator)) -> Review {
    let config = config("");
    let mut operator = config.operator().clone();
    operator.limits = Limits::default();
    change(&mut operator);
    review(plan(&config, live), live, &operator)
}

fn held(review: Review) -> Vec<(HoldReason, String)> {
    match review {
        Review::Held(held) => held.holds.into_iter().map(|hold| (hold.reason, hold.message)).collect(),
        other => panic!("not held: {other:?}"),
    }
}

#[test]
fn as_many_removals_as_the_limit_pass_and_one_more_is_held_with_the_numbers() {
    assert!(matches!(reviewed(&account_with_strangers(5), |_| ()), Review::Approved(_)));
    let holds = held(reviewed(&account_with_strangers(6), |_| ()));
    assert_eq!(holds, [(HoldReason::Memberships, "would remove 6 of 7 memberships (limit 5)".to_owned())]);
}

#[test]
fn the_share_counts_where_it_is_larger_than_the_count() {
    let of_31 = |percent| reviewed(&account_with_strangers(30), |operator| operator.limits.removals.percent = percent);
    assert!(matches!(of_31(97), Review::Approved(_)));
    let holds = held(of_31(96));
    assert_eq!(holds, [(HoldReason::Memberships, "would remove 30 of 31 memberships (limit 29)".to_owned())]);
}

#[test]
fn another_account_than_the_allowed_one_is_held() {
    let holds = held(reviewed(&account_with_strangers(1), |operator| operator.account = Some("999999999999".into())));
    assert_eq!(holds[0].0, HoldReason::Account);
}

#[test]
fn a_policy_that_could_never_be_attached_again_is_not_taken_off() {
    let mut live = account_with_strangers(0);
    live.groups.get_mut(&Name::from("Dev")).unwrap().attached.insert(Arn::new(aws("AWSLambdaFullAccess")));
    let holds = held(reviewed(&live, |_| ()));
    assert_eq!(
        holds,
        [(
            HoldReason::OneWay,
            "would detach AWSLambdaFullAccess from Dev, which AWS would not let be attached again".to_owned()
        )]
    );
}

#[test]
fn observe_gives_nothing_that_could_be_applied_and_still_tells_the_holds() {
    let review = reviewed(&account_with_strangers(6), |operator| operator.mode.value = Mode::Observe);
    assert!(matches!(review, Review::Observed(held) if held.holds.len() == 1));
}

#[test]
fn additive_leaves_removals_and_all_that_depends_on_them_undone() {
    let mut live = account_with_strangers(2);
    let dev = live.groups.get_mut(&Name::from("Dev")).unwrap();
    dev.attached.remove(&Arn::new(aws("AmazonS3FullAccess")));
    // Full with what nobody wants: the wanted policy has no place until something is taken off.
    dev.attached.extend((0..9).map(|number| Arn::new(aws(&format!("ReadOnlyAccess{number}")))));
    let Review::Approved(approved) = reviewed(&live, |operator| operator.mode.value = Mode::Additive) else {
        panic!("additive removes nothing, so nothing is held");
    };
    assert_eq!(approved.stages().len(), 0);
    assert_eq!(approved.withheld().len(), approved.plan().changes.len());
}

#[test]
fn stages_are_runs_of_one_phase() {
    let mut live = empty_account();
    live.user("ann");
    let Review::Approved(approved) = reviewed(&live, |_| ()) else { panic!() };
    let phases: Vec<_> = approved.stages().iter().map(|stage| (stage[0].change().phase, stage.len())).collect();
    assert_eq!(phases, [(NewDocuments, 1), (Groups, 1), (AttachGuards, 1), (AttachAllows, 1), (AddMembers, 1)]);
}

/// A matrix in which so many users administer, with more rows and documents.
fn administered(users: usize, rows: &str, documents: &[(&str, &str)]) -> Checked {
    let users: Vec<String> = (0..users).map(|number| format!("  u{number}: {{ groups: [Admin] }}\n")).collect();
    let users = users.concat();
    let folder = if documents.is_empty() { "" } else { "documents: policies/\n" };
    let matrix = format!(
        "version: 1\ngroups: {{ Admin: {{}}, Dev: {{}} }}\nusers:\n{users}  dev: {{ groups: [Dev] }}\npolicies:\n  AdministratorAccess: [Admin]\n{rows}{folder}"
    );
    checked(&matrix, documents, "")
}

/// An account with so many users, as a matrix has it.
fn account_of(checked: &Checked, users: usize) -> Live {
    let mut live = empty_account();
    join(&mut live, 0..users);
    live.user("dev");
    plan(checked, &live).changes.iter().for_each(|change| model::apply(&mut live, &change.action).unwrap());
    live
}

/// Users of those numbers come into the account.
fn join(live: &mut Live, numbers: std::ops::Range<usize>) {
    for number in numbers {
        live.user(&format!("u{number}"));
    }
}

fn settings(change: impl FnOnce(&mut Operator)) -> Operator {
    let mut operator = config("").operator().clone();
    operator.limits = Limits::default();
    change(&mut operator);
    operator
}

/// Settings that let so much be granted.
fn granting(count: u32) -> Operator {
    settings(|operator| operator.limits.grants = Some(Threshold { count, percent: 0 }))
}

/// What the guard says of the plan for `checked` on `live`, with all that is at stake.
fn weighed(checked: &Checked, live: &Live, operator: &Operator) -> Review {
    case(checked, live, operator, Trust::Earned, &Releases::default())
}

fn case(checked: &Checked, live: &Live, operator: &Operator, trust: Trust, releases: &Releases) -> Review {
    reviewed_after(None, (checked, live), operator, (trust, releases))
}

/// The same once a plan for the matrix of that digest was approved.
fn reviewed_after(
    approved: Option<&str>,
    (checked, live): (&Checked, &Live),
    operator: &Operator,
    (trust, releases): (Trust, &Releases),
) -> Review {
    let (plan, aws) = (plan(checked, live), aws_documents());
    let withheld = Withheld::of(&plan, live, operator, &BTreeSet::new());
    let end = after(live, plan.changes.iter());
    let (before, after) = (Access::of_live(live, &aws), Access::of_live(&end, &aws));
    let worlds = [World { live, access: &before, aws: &aws }, World { live: &end, access: &after, aws: &aws }];
    let made = Made { plan: &plan, withheld: &withheld };
    let stakes = Stakes::weighed(made, worlds, Rules { operator, ..Rules::of(checked) });
    let (stakes, withheld, matrix) = (&stakes, &withheld, checked.matrix_digest());
    let case = Circumstances { operator, stakes, withheld, matrix, approved, trust, releases, today: TODAY };
    super::review(plan.clone(), &case)
}

fn aws_documents() -> AwsDocuments {
    let names = ["AdministratorAccess", "AmazonS3FullAccess"].map(Name::from);
    AwsDocuments::shipped(&Catalog::embedded("aws"), names.iter())
}

fn told(review: &Review) -> String {
    let told = |hold: &Hold| format!("{}: it {}", hold.reason.as_str(), hold.message);
    review.held().holds.iter().map(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn more_new_administrators_than_the_limit_are_held_except_where_nobody_is_in_any_group_yet() {
    let (few, many) = (administered(2, "", &[]), administered(8, "", &[]));
    let mut live = account_of(&few, 2);
    join(&mut live, 2..8);
    insta::assert_snapshot!(told(&weighed(&many, &live, &settings(|_| ()))), @"administrators: it would let 6 more users come to administer, beside the 2 who do (limit 5)");
    let mut empty = empty_account();
    join(&mut empty, 0..8);
    assert_eq!(told(&weighed(&many, &empty, &settings(|_| ()))), "");
    let mut emptied = account_of(&few, 8);
    emptied.groups.values_mut().for_each(|group| group.members.clear());
    emptied.users.values_mut().for_each(|user| user.groups.clear());
    assert_ne!(told(&weighed(&many, &emptied, &settings(|_| ()))), "", "groups are there: it is not the first time");
    assert_ne!(told(&weighed(&many, &empty, &granting(7))), "", "what operator.yaml says counts the first time, too");
}

#[test]
fn administration_by_a_document_of_another_name_counts_like_any_other() {
    let helper = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:Detach*","iam:CreatePolicyVersion"],"Resource":"*"}}"#;
    let (before, after) = (administered(1, "", &[]), administered(1, "  Helper: [Dev]\n", &[("Helper", helper)]));
    insta::assert_snapshot!(told(&weighed(&after, &account_of(&before, 1), &granting(0))), @"administrators: it would let 1 more user come to administer, beside the 1 who do (limit 0)");
}

#[test]
fn guards_that_come_off_or_are_rewritten_are_counted() {
    let rows = "  One: [Admin, Dev]\n  Two: [Admin, Dev]\n";
    let other = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"glue:*","Resource":"*"}}"#;
    let before = administered(1, rows, &[("One", GUARD), ("Two", GUARD)]);
    let after = administered(1, "  Two: [Admin, Dev]\n", &[("One", GUARD), ("Two", other)]);
    let live = account_of(&before, 1);
    insta::assert_snapshot!(told(&weighed(&after, &live, &granting(3))), @"guards: it would take off or rewrite 4 of 4 guards (limit 3)");
    assert_eq!(told(&weighed(&after, &live, &granting(4))), "");
    let changes: Vec<String> = weighed(&after, &live, &granting(0)).held().holds[0].changes.iter().cloned().collect();
    insta::assert_snapshot!(changes.join(", "), @"detach One from Admin, detach One from Dev, update document Two on Admin, update document Two on Dev");
}

#[test]
fn a_guard_that_was_rewritten_by_hand_is_put_back_while_the_matrix_is_the_one_that_was_approved() {
    let other = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"glue:*","Resource":"*"}}"#;
    let rows = "  One: [Admin, Dev]\n  Two: [Admin, Dev]\n";
    let [matrix, by_hand] = [GUARD, other].map(|text| administered(1, rows, &[("One", GUARD), ("Two", text)]));
    let (live, operator, releases) = (account_of(&by_hand, 1), granting(0), Releases::default());
    let after = |approved| told(&reviewed_after(approved, (&matrix, &live), &operator, (Trust::Earned, &releases)));
    assert_eq!(after(Some(matrix.matrix_digest())), "");
    let held = after(Some("another"));
    insta::assert_snapshot!(held, @"guards: it would take off or rewrite 2 of 4 guards (limit 0)");
    assert_eq!(after(None), held, "after a restart nobody can tell");
}

#[test]
fn a_guard_that_loses_its_deny_and_comes_off_in_one_plan_was_a_guard() {
    let rows = "  One: [Admin, Dev]\n  Two: [Admin, Dev]\n";
    let before = administered(1, rows, &[("One", GUARD), ("Two", GUARD)]);
    let after = administered(1, "  Two: [Admin, Dev]\n", &[("One", ALLOW), ("Two", GUARD)]);
    insta::assert_snapshot!(told(&weighed(&after, &account_of(&before, 1), &granting(1))), @"guards: it would take off or rewrite 2 of 4 guards (limit 1)");
}

#[test]
fn the_last_iam_user_who_administers_does_not_lose_it_unseen() {
    let (before, after) = (administered(1, "", &[]), administered(0, "", &[]));
    let live = account_of(&before, 1);
    insta::assert_snapshot!(told(&weighed(&after, &live, &settings(|_| ()))), @"lastAdministrator: it would take administration from `u0`, and no other IAM user has it");
    let mut roles = live.clone();
    roles.groups.get_mut(&Name::from("Admin")).unwrap().attached.clear();
    assert_eq!(told(&weighed(&after, &roles, &settings(|_| ()))), "", "no IAM user had it: roles do");
}

#[test]
fn a_policy_with_a_power_of_the_ceiling_counts_where_it_is_attached_or_rewritten() {
    let (read, write) = (
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*"}}"#,
    );
    let ceiling =
        checked(MATRIX, &[("Guard", GUARD)], "ceiling: { \"iam:*\": [Admin, Dev] }").operator().ceiling.clone();
    let operator = || Operator { ceiling: ceiling.clone(), ..granting(0) };
    let without = administered(1, "", &[]);
    let [reads, writes] = [read, write].map(|text| administered(1, "  Helper: [Dev]\n", &[("Helper", text)]));
    assert_eq!(told(&weighed(&reads, &account_of(&without, 1), &operator())), "");
    insta::assert_snapshot!(told(&weighed(&writes, &account_of(&without, 1), &operator())), @"powers: it would attach 1 more policies with a power of the ceiling, beside 1 (limit 0)");
    assert_ne!(told(&weighed(&writes, &account_of(&reads, 1), &operator())), "", "the same by a new text");
    let [reads_twice, writes_twice] =
        [read, write].map(|text| administered(1, "  Helper: [Admin, Dev]\n", &[("Helper", text)]));
    insta::assert_snapshot!(told(&weighed(&writes_twice, &account_of(&reads_twice, 1), &operator())), @"powers: it would attach 2 more policies with a power of the ceiling, beside 1 (limit 0)");
    assert_eq!(told(&weighed(&reads, &account_of(&writes, 1), &operator())), "");
}

#[test]
fn what_lies_beyond_the_ceiling_is_held_by_what_the_account_says_and_nobody_can_release_it() {
    let rows = "  TeamX: [Dev]\nexternal: { TeamX: \"arn:aws:iam::123456789012:policy/team/TeamX\" }\n";
    let (before, after) = (administered(1, "", &[]), administered(1, rows, &[]));
    let mut live = account_of(&before, 1);
    let text =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"}}"#;
    live.document("/team/", "TeamX", text, 1);
    let ceiling = checked(MATRIX, &[("Guard", GUARD)], "ceiling: { \"iam:*\": [Admin] }").operator().ceiling.clone();
    let review = weighed(&after, &live, &settings(|operator| operator.ceiling = ceiling));
    insta::assert_snapshot!(told(&review), @"ceiling: it breaks the ceiling: Dev gets iam:CreateAccessKey by TeamX; the ceiling grants `iam:*` to `Admin` only");
    assert_eq!(review.held().release, None);
    live.document("/team/", "TeamX", "{}", 1);
    let ceiling = checked(MATRIX, &[("Guard", GUARD)], "ceiling: { \"iam:*\": [Admin] }").operator().ceiling.clone();
    let review = weighed(&after, &live, &settings(|operator| operator.ceiling = ceiling));
    insta::assert_snapshot!(told(&review), @"ceiling: it breaks the ceiling: Dev gets what cannot be read by TeamX; the ceiling grants `iam:*` to `Admin` only");
}

#[test]
fn the_parts_of_a_group_are_judged_as_one_and_with_the_baseline() {
    let allow = |action: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":{action:?},"Resource":"*"}}}}"#)
    };
    let (boundary, assume) = (allow("iam:DeleteRolePermissionsBoundary"), allow("sts:AssumeRole"));
    let documents = [("One", boundary.as_str()), ("Two", assume.as_str())];
    let told_of = |baseline: &str, rows: &str, quota: usize| {
        let matrix = format!(
            "version: 1\ngroups: {{ Dev: {{}} }}\nbaseline: [{baseline}]\nusers: {{ dev: {{ groups: [Dev] }} }}\npolicies: {{ {rows} }}\ndocuments: policies/\n"
        );
        let config = checked(&matrix, &documents, "ceiling: { AdministratorAccess: [Admin] }");
        let mut live = empty_account();
        live.user("dev").quotas.policies_per_group = quota;
        told(&weighed(&config, &live, config.operator()))
    };
    insta::assert_snapshot!(told_of("", "One: [Dev], Two: [Dev]", 1), @"ceiling: it breaks the ceiling: Dev-2 gets administration (iam:DeleteRolePermissionsBoundary and sts:AssumeRole), with others, by Two; the ceiling grants `AdministratorAccess` to `Admin` only");
    insta::assert_snapshot!(told_of("One", "Two: [Dev]", 10), @"ceiling: it breaks the ceiling: Dev gets administration (iam:DeleteRolePermissionsBoundary and sts:AssumeRole), with others, by Two; the ceiling grants `AdministratorAccess` to `Admin` only");
    assert_eq!(told_of("", "Two: [Dev]", 10), "");
}

#[test]
fn a_release_is_for_this_matrix_and_these_changes_and_ends_with_its_day() {
    let (config, live) = (config(""), account_with_strangers(6));
    let held = |live: &Live, operator: &Operator| weighed(&config, live, operator).held();
    let digest = held(&live, &settings(|_| ())).release.unwrap();
    let approve = |until| {
        let (digest, at) = (digest.clone(), Span::top("operator.yaml"));
        let approval = Approval { digest: Located::new(digest, at.clone()), until: Located::new(until, at) };
        settings(move |operator| operator.approve = Some(approval))
    };
    let approved = |live: &Live, until| matches!(weighed(&config, live, &approve(until)), Review::Approved(_));
    assert!(approved(&live, TODAY));
    assert!(!approved(&live, TODAY.yesterday().unwrap()));
    assert!(!approved(&account_with_strangers(7), TODAY), "one more than was seen");
    let mut other = live.clone();
    other.groups.get_mut(&Name::from("Dev")).unwrap().attached.remove(&Arn::new(aws("AmazonS3FullAccess")));
    assert!(approved(&other, TODAY), "drift of another kind is repaired all the same");
    let matrix = checked(&MATRIX.replace("ann", "anna"), &[("Guard", GUARD)], "");
    assert!(matches!(weighed(&matrix, &live, &approve(TODAY)), Review::Held(_)), "another matrix");
}

#[test]
fn what_is_left_of_a_released_plan_is_not_held_anew() {
    let (config, live) = (config(""), account_with_strangers(9));
    let mut releases = Releases::default();
    let tried = |live: &Live, releases: &Releases| case(&config, live, &settings(|_| ()), Trust::Earned, releases);
    releases.release(&tried(&live, &releases).held().release.unwrap());
    assert_eq!(released(&tried(&live, &releases)), Some(By::Order));
    releases.grant(&config, &removals_in(&live), By::Order);
    assert_eq!(released(&tried(&account_with_strangers(7), &releases)), Some(By::Earlier));
    assert!(matches!(tried(&account_with_strangers(10), &releases), Review::Held(_)), "one that nobody has seen");
}

/// How a plan that would have been held was released.
fn released(review: &Review) -> Option<By> {
    if let Review::Approved(approved) = review { approved.release().map(|release| release.by) } else { None }
}

/// What the plan for an account with strangers takes away.
fn removals_in(live: &Live) -> Stakes {
    let plan = plan(&config(""), live);
    Stakes::of(Made { plan: &plan, withheld: &Withheld::default() })
}

#[test]
fn a_release_is_over_when_all_of_it_is_done_and_the_same_changes_later_are_held_again() {
    let (config, live) = (config(""), account_with_strangers(9));
    let tried = |releases: &Releases| case(&config, &live, &settings(|_| ()), Trust::Earned, releases);
    let mut releases = Releases::default();
    releases.grant(&config, &removals_in(&live), By::Order);
    releases.forget_what_is_over(&config, &removals_in(&account_with_strangers(1)), TODAY);
    assert!(matches!(tried(&releases), Review::Approved(_)), "one of them is left to do");
    releases.forget_what_is_over(&config, &removals_in(&account_with_strangers(0)), TODAY);
    assert!(matches!(tried(&releases), Review::Held(_)));
    releases.release(&tried(&releases).held().release.unwrap());
    releases.forget_what_is_over(&config, &removals_in(&account_with_strangers(0)), TODAY);
    assert!(matches!(tried(&releases), Review::Held(_)), "nor is one that was told, and that nothing came of");
}

#[test]
fn a_release_of_another_matrix_is_over() {
    let (other, live) = (checked(&MATRIX.replace("ann", "anna"), &[("Guard", GUARD)], ""), account_with_strangers(9));
    let mut releases = Releases::default();
    releases.grant(&config(""), &removals_in(&live), By::Order);
    releases.forget_what_is_over(&other, &removals_in(&live), TODAY);
    assert_eq!(releases, Releases::default());
}

#[test]
fn what_is_left_of_a_plan_that_was_released_in_git_is_held_once_that_is_withdrawn_or_over() {
    let live = account_with_strangers(9);
    let tried = |config: &Checked, releases: &Releases| {
        let operator = Operator { limits: Limits::default(), ..config.operator().clone() };
        case(config, &live, &operator, Trust::Earned, releases)
    };
    let digest = tried(&config(""), &Releases::default()).held().release.unwrap();
    let approving = config(&format!("approve: {{ digest: \"{digest}\", until: {TODAY} }}"));
    assert_eq!(released(&tried(&approving, &Releases::default())), Some(By::Git));
    let mut releases = Releases::default();
    releases.grant(&approving, &removals_in(&live), By::Git);
    assert_eq!(released(&tried(&approving, &releases)), Some(By::Earlier), "told once");
    assert!(matches!(tried(&config(""), &releases), Review::Held(_)), "withdrawn");
    for (config, today) in [(&approving, TODAY.tomorrow().unwrap()), (&config(""), TODAY)] {
        let mut releases = releases.clone();
        releases.forget_what_is_over(config, &removals_in(&live), today);
        assert_eq!(releases, Releases::default());
    }
    releases.forget_what_is_over(&approving, &removals_in(&live), TODAY);
    assert_ne!(releases, Releases::default());
}

#[test]
fn without_an_account_that_is_named_nothing_is_approved() {
    let unnamed = settings(|operator| operator.account = None);
    assert!(matches!(weighed(&config(""), &account_with_strangers(1), &unnamed), Review::Observed(_)));
}

#[test]
fn the_first_removals_after_the_mode_was_raised_need_a_release() {
    let raised = |live: &Live| case(&config(""), live, &settings(|_| ()), Trust::Raised, &Releases::default());
    insta::assert_snapshot!(told(&raised(&account_with_strangers(1))), @"modeRaised: it is the first with removals since the mode was raised: 1 of them");
    assert_eq!(told(&raised(&account_with_strangers(0))), "");
}

#[test]
fn a_suspended_operator_approves_nothing_and_tells_what_it_would_meet() {
    let review = weighed(&config(""), &account_with_strangers(6), &settings(|operator| operator.suspend = true));
    assert!(matches!(review, Review::Observed(held) if held.holds.len() == 1));
}

#[test]
fn a_group_that_is_held_back_is_left_as_it_is_in_all_its_parts_and_the_others_go_on() {
    let mut live = account_with_strangers(1);
    live.group("/foundation/", "Old", &[], &["ann"]);
    let made = |mode| {
        let mode = Located::new(mode, Span::top("operator.yaml"));
        let operator = settings(move |operator| operator.held_back = BTreeMap::from([("dev".into(), mode)]));
        let Review::Approved(approved) = weighed(&config(""), &live, &operator) else { panic!("not held") };
        let steps = approved.stages().concat();
        steps.iter().map(|step| step.change().action.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(made(Mode::Observe), ["remove ann from Old"]);
    assert_eq!(made(Mode::Additive), ["remove ann from Old"]);
    assert_eq!(made(Mode::Enforce), ["remove stranger0 from Dev", "remove ann from Old"]);
}

#[test]
fn a_document_that_only_groups_carry_that_are_held_back_is_left_as_it_is() {
    let document = |rows: &str, text| administered(1, rows, &[("Helper", text)]);
    let other = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#;
    let made = |was: &str, is: &str, mode| {
        let (live, config) = (account_of(&document(was, ALLOW), 1), document(is, other));
        let mode = Located::new(mode, Span::top("operator.yaml"));
        let operator = settings(move |operator| operator.held_back = BTreeMap::from([("Dev".into(), mode)]));
        let Review::Approved(approved) = weighed(&config, &live, &operator) else { panic!("not held") };
        approved.stages().concat().iter().map(|step| step.change().action.to_string()).collect::<Vec<_>>()
    };
    let (one, both) = ("  Helper: [Dev]\n", "  Helper: [Admin, Dev]\n");
    for mode in [Mode::Observe, Mode::Additive] {
        assert_eq!(made(one, one, mode), Vec::<String>::new());
        assert_eq!(made(both, both, mode), ["update document Helper"], "others carry it, too");
        assert_eq!(made(one, both, mode), ["attach Helper to Admin", "update document Helper"], "others will carry it");
    }
    assert_eq!(made(one, one, Mode::Enforce), ["update document Helper"]);
}
