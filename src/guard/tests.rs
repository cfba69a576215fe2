//! What may be applied, told by examples.

use super::*;
use crate::live::Live;
use crate::matrix::Checked;
use crate::name::{Arn, Name};
use crate::plan::Phase::{AddMembers, AttachAllows, AttachGuards, Groups, NewDocuments};
use crate::testing::{ByHand as _, GUARD, aws, checked, empty_account, model, plan};

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
    operator.limits = crate::matrix::Limits::default();
    change(&mut operator);
    review(plan(&config, live), &operator)
}

fn held(review: Review) -> Vec<(HoldReason, String)> {
    match review {
        Review::Held(holds) => holds.into_iter().map(|hold| (hold.reason, hold.message)).collect(),
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
    let all = |operator: &mut Operator| operator.limits.removals.percent = 100;
    assert!(matches!(reviewed(&account_with_strangers(30), all), Review::Approved(_)));
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
    let review = reviewed(&account_with_strangers(6), |operator| operator.mode.value = crate::matrix::Mode::Observe);
    assert!(matches!(review, Review::Observed(holds) if holds.len() == 1));
}

#[test]
fn additive_leaves_removals_and_all_that_depends_on_them_undone() {
    let mut live = account_with_strangers(2);
    let dev = live.groups.get_mut(&Name::from("Dev")).unwrap();
    dev.attached.remove(&Arn::new(aws("AmazonS3FullAccess")));
    // Full with what nobody wants: the wanted policy has no place until something is taken off.
    dev.attached.extend((0..9).map(|number| Arn::new(aws(&format!("ReadOnlyAccess{number}")))));
    let Review::Approved(approved) = reviewed(&live, |operator| operator.mode.value = crate::matrix::Mode::Additive)
    else {
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
