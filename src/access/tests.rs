//! What people hold and may do, told on small accounts.

use proptest::prelude::*;

use super::aws::AwsDocuments;
use super::effect::{Effect, effect};
use super::explain::{self, Wanted};
use super::mfa::{Enforced, Prover};
use super::reach::{Reach, Session};
use super::universe::Universe;
use super::{Access, after, render, standing};
use crate::catalog::Catalog;
use crate::live::Live;
use crate::name::Arn;
use crate::policy::LiveDocument;
use crate::testing::arbitrary::case;
use crate::testing::{ByHand as _, aws, checked, empty_account, model, plan};

const WITHOUT: &str = r#""Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#;
const ENROLMENT: &str = r#""iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:GetMFADevice","iam:ListMFADevices","iam:ListVirtualMFADevices","iam:ResyncMFADevice","sts:GetSessionToken""#;

fn document(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

fn deny(rest: &str) -> String {
    format!(r#"{{"Effect":"Deny",{rest}}}"#)
}

fn allow(actions: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#)
}

fn conforming() -> String {
    deny(&format!(r#""NotAction":[{ENROLMENT}],"Resource":"*",{WITHOUT}"#))
}

/// Ann holds these documents as inline policies, P1, P2 and so on.
fn ann(documents: &[&str]) -> Live {
    let mut live = empty_account();
    live.user("ann");
    let inline = &mut live.users.get_mut(&"ann".into()).unwrap().inline;
    for (number, text) in documents.iter().enumerate() {
        inline.insert(format!("P{}", number + 1), LiveDocument::read(text));
    }
    live
}

fn shipped(live: &Live) -> AwsDocuments {
    let names: Vec<_> = live.attached().map(Arn::name).collect();
    AwsDocuments::shipped(&Catalog::embedded("aws"), &names)
}

fn access(live: &Live) -> Access {
    Access::of_live(live, &shipped(live))
}

fn proof(documents: &[&str]) -> String {
    let access = access(&ann(documents));
    render::enforced(Prover::new(&access).prove(&access.users[&"ann".into()]))
}

#[test]
fn mfa_is_enforced_when_everything_but_enrolment_is_denied_without_it() {
    let everything = allow(r#""*""#);
    let iam_apart = [
        deny(&format!(r#""NotAction":["iam:*","sts:GetSessionToken"],"Resource":"*",{WITHOUT}"#)),
        deny(&format!(r#""NotAction":[{ENROLMENT},"ec2:*"],"Resource":"*",{WITHOUT}"#)),
    ];
    let table = [
        ("the conforming statement", vec![document(&conforming())], "P1"),
        ("beside an allow of everything", vec![document(&conforming()), document(&everything)], "P1"),
        ("in one document with the allow", vec![document(&format!("{},{everything}", conforming()))], "P1"),
        ("beside what cannot be read", vec![document(&conforming()), r#"{"Version":"2031"}"#.to_owned()], "P1"),
        ("two statements that amount to it", vec![document(&iam_apart.join(","))], "P1"),
        ("two documents that amount to it", iam_apart.iter().map(|part| document(part)).collect(), "P1, P2"),
        ("everything is denied, always", vec![document(&deny(r#""Action":"*","Resource":"*""#))], "P1"),
        (
            "a password may be changed",
            vec![document(&conforming().replace(ENROLMENT, r#""iam:ChangePassword","iam:GetAccountPasswordPolicy""#))],
            "P1",
        ),
        ("the value is a truth value", vec![document(&conforming().replace(r#""false""#, "false"))], "P1"),
    ];
    for (what, documents, by) in table {
        let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
        assert_eq!(proof(&documents), format!("enforced by {by}"), "{what}");
    }
}

#[test]
fn mfa_is_not_enforced_when_something_slips_through_and_the_proof_names_it() {
    let all = allow(r#""*""#);
    let beside_all = |statement: String| vec![document(&statement), document(&all)];
    let key = "allowed by P2 (long-term access key)";
    let both = |action: &str| format!("{action} is allowed by P2 (signed in without MFA); {action} is {key}");
    let table = [
        (
            "Bool lets long-term keys through",
            beside_all(conforming().replace("BoolIfExists", "Bool")),
            format!("iam:CreateAccessKey is {key}"),
        ),
        (
            "Null lets the console through",
            beside_all(deny(&format!(
                r#""NotAction":[{ENROLMENT}],"Resource":"*","Condition":{{"Null":{{"aws:MultiFactorAuthPresent":"true"}}}}"#
            ))),
            "iam:CreateAccessKey is allowed by P2 (signed in without MFA)".to_owned(),
        ),
        (
            "a resource is left out",
            beside_all(conforming().replace(r#""Resource":"*""#, r#""Resource":"arn:aws:s3:::*""#)),
            both("iam:CreateAccessKey"),
        ),
        (
            "a second condition",
            beside_all(
                conforming()
                    .replace(r#""Condition":{"#, r#""Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"},"#),
            ),
            both("iam:CreateAccessKey"),
        ),
        (
            "all of IAM is exempt",
            beside_all(conforming().replace(ENROLMENT, r#""iam:*""#)),
            both("iam:CreateAccessKey"),
        ),
        (
            "a wildcard exempts too much",
            beside_all(conforming().replace(ENROLMENT, r#""iam:*MFADevice*""#)),
            both("iam:DeactivateMFADevice"),
        ),
        ("roles may be assumed", beside_all(conforming().replace(ENROLMENT, r#""sts:*""#)), both("sts:AssumeRole")),
        (
            "only some actions are denied",
            beside_all(deny(&format!(r#""Action":["iam:*","ec2:*"],"Resource":"*",{WITHOUT}"#))),
            both("sts:AssumeRole"),
        ),
    ];
    for (what, documents, slips) in table {
        let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
        assert_eq!(proof(&documents), format!("not enforced: {slips}"), "{what}");
    }
}

#[test]
fn without_any_policy_nothing_is_enforced_and_nothing_allowed() {
    insta::assert_snapshot!(proof(&[]), @"not enforced: nothing denies every action (signed in without MFA); nothing denies every action (long-term access key)");
    insta::assert_snapshot!(proof(&[&document(&conforming().replace(ENROLMENT, r#""ec2:StartInstances""#))]), @"not enforced: nothing denies ec2:StartInstances (signed in without MFA); nothing denies ec2:StartInstances (long-term access key)");
    // What is exempt from one guard may be denied by another.
    let guard = document(&conforming().replace(ENROLMENT, r#""iam:CreateAccessKey""#));
    let other = document(&deny(r#""Action":"iam:CreateAccessKey","Resource":"*""#));
    assert_eq!(proof(&[&guard, &other]), "enforced by P1, P2");
}

#[test]
fn what_aws_may_name_one_day_slips_through_a_wildcard_today() {
    for (pattern, example) in
        [("newsvc:*", "newsvc:*"), ("s3:Zap*", "s3:zap*"), ("iam:ListMFADevice*", "iam:ListMFADeviceTags")]
    {
        let guard = document(&conforming().replace(ENROLMENT, &format!(r#"{ENROLMENT},"{pattern}""#)));
        let told = proof(&[&guard]);
        assert!(told.starts_with("not enforced") && told.contains(example), "{pattern}: {told}");
        let closed = document(&deny(&format!(r#""Action":"{pattern}","Resource":"*""#)));
        assert_eq!(proof(&[&guard, &closed]), "enforced by P1, P2");
    }
}

#[test]
fn what_hangs_on_a_variable_that_is_not_known_is_never_certain() {
    let table = [
        (
            r#"{"Effect":"Allow","Action":"ec2:StopInstances","Resource":"*","Condition":{"StringEquals":{"aws:username":"${aws:ResourceTag/Owner}"}}}"#,
            None,
            Reach::Limited,
        ),
        (
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::team/${aws:PrincipalTag/team}/*"}"#,
            Some("arn:aws:s3:::team/red/x"),
            Reach::Limited,
        ),
        (
            r#"{"Effect":"Allow","Action":"sqs:SendMessage","NotResource":"arn:aws:sqs:*:*:${aws:PrincipalTag/team}"}"#,
            Some("arn:aws:sqs:eu-west-1:123456789012:red"),
            Reach::Limited,
        ),
        // A default counts where the key is absent, and nobody knows whether it is.
        (
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:PrincipalTag/team, 'red'}/*"}"#,
            Some("arn:aws:s3:::red/x"),
            Reach::Limited,
        ),
        (
            r#"{"Effect":"Allow","Action":"sqs:SendMessage","NotResource":"arn:aws:sqs:*:*:${aws:PrincipalTag/team, 'red'}"}"#,
            Some("arn:aws:sqs:eu-west-1:123456789012:red"),
            Reach::Limited,
        ),
        (
            r#"{"Effect":"Allow","Action":"ec2:StopInstances","Resource":"*","Condition":{"StringEquals":{"aws:username":"${aws:PrincipalTag/name, 'ann'}"}}}"#,
            None,
            Reach::Limited,
        ),
    ];
    for (statement, resource, expected) in table {
        let action = ["ec2:StopInstances", "s3:GetObject", "sqs:SendMessage"]
            .into_iter()
            .find(|action| statement.contains(action))
            .unwrap();
        let access = access(&ann(&[&document(statement)]));
        let answers = explain::explain(&access, &access.users[&"ann".into()], Wanted { action, resource });
        assert_eq!(answers[2].reach, expected, "{statement}");
    }
}

#[test]
fn a_guard_that_exempts_somebody_by_name_is_open_for_that_user_alone() {
    let mut live = empty_account();
    let guard = conforming().replace(WITHOUT, &WITHOUT.replace("}}", r#"},"StringNotEquals":{"aws:username":"bob"}}"#));
    live.user("ann").user("bob").group("/foundation/", "Baseline", &[], &["ann", "bob"]);
    live.document("/foundation/", "Guard", &document(&guard), 1);
    let arn = Arn::new("arn:aws:iam::123456789012:policy/foundation/Guard");
    live.groups.get_mut(&"Baseline".into()).unwrap().attached.insert(arn);
    let access = access(&live);
    let mut prover = Prover::new(&access);
    let told: Vec<bool> = access.users.values().map(|user| prover.prove(user).is_yes()).collect();
    assert_eq!(told, [true, false]);
}

#[test]
fn every_way_to_a_user_counts() {
    let mut live = empty_account();
    live.user("ann").user("bob").user("cid").group("/foundation/", "Baseline", &[], &["ann"]);
    live.document("/foundation/", "Guard", &document(&conforming()), 1);
    let guard = Arn::new("arn:aws:iam::123456789012:policy/foundation/Guard");
    live.groups.get_mut(&"Baseline".into()).unwrap().attached.insert(guard.clone());
    live.users.get_mut(&"bob".into()).unwrap().attached.insert(guard);
    let matrix = "version: 1\ngroups: { View: {} }\nusers: { ann: {}, bob: { mfa: exempt, because: CI }, dot: {} }\npolicies: { ReadOnlyAccess: [View] }\n";
    let standings = standing::standings(&access(&live), checked(matrix, &[], "").matrix());
    let told: Vec<String> = standings
        .iter()
        .map(|standing| format!("{}: {:?}, {}", standing.user, standing.required, standing.enforced.is_yes()))
        .collect();
    assert_eq!(told, ["ann: Yes, true", "bob: Exempt { because: \"CI\" }, true", "cid: NoRow, false"]);
    assert_eq!(standings.iter().filter(|standing| standing.is_open()).count(), 0);
}

#[test]
fn what_may_be_done_says_how_surely_and_under_which_session() {
    let access = access(&ann(&[
        &document(&format!(
            r"{},{},{}",
            allow(r#"["s3:GetObject","ec2:*"]"#),
            deny(&format!(r#""Action":"ec2:TerminateInstances","Resource":"*",{WITHOUT}"#)),
            r#"{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::*:user/${aws:username}"}"#,
        )),
        &document(&deny(
            r#""Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#,
        )),
    ]));
    let ann = &access.users[&"ann".into()];
    let reaches = |action: &str, resource: Option<&str>| {
        explain::explain(&access, ann, Wanted { action, resource })
            .iter()
            .map(|answer| answer.reach)
            .collect::<Vec<_>>()
    };
    assert_eq!(Session::ALL, [Session::WithoutMfa, Session::AccessKey, Session::WithMfa]);
    let (yes, no) = (Reach::Everywhere, Reach::None);
    let table = [
        ("ec2:RunInstances", None, [yes, yes, yes]),
        ("ec2:TerminateInstances", None, [Reach::Denied, Reach::Denied, yes]),
        ("s3:GetObject", None, [Reach::Guarded; 3]),
        ("iam:GetUser", None, [Reach::Limited; 3]),
        ("iam:GetUser", Some("arn:aws:iam::123456789012:user/ann"), [yes; 3]),
        ("iam:GetUser", Some("arn:aws:iam::123456789012:user/bob"), [no; 3]),
        ("iam:CreateUser", None, [no; 3]),
        ("sts:GetSessionToken", None, [yes; 3]),
    ];
    for (action, resource, expected) in table {
        assert_eq!(reaches(action, resource), expected, "{action} {resource:?}");
    }
}

#[test]
fn a_boundary_limits_and_what_is_not_known_is_no_allow() {
    let mut live = ann(&[&document(&allow(r#""*""#))]);
    live.document("/", "Boundary", &document(&allow(r#""s3:*""#)), 1);
    let user = live.users.get_mut(&"ann".into()).unwrap();
    user.boundary = Some(Arn::new("arn:aws:iam::123456789012:policy/Boundary"));
    let of = |live: &Live, action: &str| {
        let access = access(live);
        explain::explain(&access, &access.users[&"ann".into()], Wanted { action, resource: None })[2].reach
    };
    assert_eq!(of(&live, "s3:GetObject"), Reach::Everywhere);
    assert_eq!(of(&live, "ec2:RunInstances"), Reach::None);
    let bounded = access(&live);
    let answers = explain::explain(
        &bounded,
        &bounded.users[&"ann".into()],
        Wanted { action: "ec2:RunInstances", resource: None },
    );
    insta::assert_snapshot!(render::answers(&answers), @"signed in without MFA; long-term access key; signed in with MFA: no, the permissions boundary Boundary does not let it");
    let unreadable = ann(&["not json"]);
    assert_eq!(of(&unreadable, "s3:GetObject"), Reach::Unknown);
    assert!(explain::who(&access(&unreadable), Wanted { action: "s3:GetObject", resource: None })[0].reach.len() == 3);
}

/// Ann and Bob in a group of their own each, and both in a third.
fn two_people(of_ann: &str, of_bob: &str, of_both: &str) -> Live {
    let mut live = empty_account();
    live.user("ann").user("bob");
    for (name, text, members) in
        [("A", of_ann, &["ann"][..]), ("B", of_bob, &["bob"][..]), ("Both", of_both, &["ann", "bob"][..])]
    {
        live.document("/", name, text, 1);
        live.group("/", name, &[&format!("arn:aws:iam::123456789012:policy/{name}")], members);
    }
    live
}

#[test]
fn a_condition_on_the_name_is_about_that_user_alone() {
    let nothing = document(&allow(r#""sqs:*""#));
    let named = r#""Resource":"*","Condition":{"StringEquals":{"aws:username":"ann"}}"#;
    let named = document(&format!(r#"{{"Effect":"Allow","Action":"s3:GetObject",{named}}}"#));
    let found = explain::who(
        &access(&two_people(&nothing, &nothing, &named)),
        Wanted { action: "s3:GetObject", resource: None },
    );
    assert_eq!(found.iter().map(|who| who.user.as_str()).collect::<Vec<_>>(), ["ann"]);
}

#[test]
fn whoever_was_proved_before_does_not_change_a_proof() {
    let leaky = document(&deny(&format!(r#""NotAction":["iam:*","s3:Get*"],"Resource":"*",{WITHOUT}"#)));
    let tight = document(&conforming());
    let (gives, other) = (document(&allow(r#""s3:GetObject""#)), document(&allow(r#""iam:CreateUser""#)));
    for (of_ann, of_bob, of_both) in [(&gives, &other, &leaky), (&tight, &gives, &leaky), (&leaky, &tight, &gives)] {
        let access = access(&two_people(of_ann, of_bob, of_both));
        let mut shared = Prover::new(&access);
        for user in access.users.values().chain(access.users.values()) {
            assert_eq!(shared.prove(user), Prover::new(&access).prove(user), "{of_ann}\n{of_bob}\n{of_both}");
        }
    }
}

fn told(before: &Live, after: &Live) -> String {
    render::effect(&change(before, after))
}

fn change(before: &Live, after: &Live) -> Effect {
    effect(&access(before), &access(after), &Universe::load())
}

#[test]
fn a_change_is_told_by_what_becomes_possible_and_what_no_longer_is() {
    let mut before = empty_account();
    before.user("ann").user("bob").user("cid");
    before.group("/foundation/", "View", &[&aws("AmazonSQSReadOnlyAccess")], &["ann", "bob"]);
    let mut after = before.clone();
    after.group("/foundation/", "Send", &[&aws("AmazonSQSFullAccess")], &["ann", "bob"]);
    insta::assert_snapshot!(told(&before, &after));
    insta::assert_snapshot!(told(&after, &before));
    assert!(change(&before, &before).is_empty());
}

#[test]
fn a_guard_takes_away_what_is_done_without_mfa_only() {
    let before = ann(&[&document(&allow(r#"["s3:GetObject","s3:DeleteBucket"]"#))]);
    let mut after = before.clone();
    let inline = &mut after.users.get_mut(&"ann".into()).unwrap().inline;
    inline.insert("Guard".to_owned(), LiveDocument::read(&document(&conforming())));
    insta::assert_snapshot!(told(&before, &after), @r"
    ann
      - without MFA, no longer possible: 2 actions (read data 1, delete 1)
    ");
}

#[test]
fn a_policy_that_cannot_be_read_makes_what_it_may_change_untold() {
    let before = ann(&[&document(&allow(r#""s3:GetObject""#))]);
    let unread = told(&before, &ann(&["not json"]));
    assert!(unread.contains("with MFA, cannot be told, a policy's document is not known"), "{unread}");
    assert!(!unread.contains("no longer possible"), "{unread}");
}

#[test]
fn a_condition_makes_an_action_limited() {
    let wide = ann(&[&document(&allow(r#""s3:GetObject""#))]);
    let narrow = ann(&[&document(
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}}"#,
    )]);
    insta::assert_snapshot!(told(&wide, &narrow), @r"
    ann
      - with MFA, possible with more limits: 1 action (read data 1)
      - without MFA, possible with more limits: 1 action (read data 1)
    ");
    insta::assert_snapshot!(told(&narrow, &wide), @r"
    ann
      + with MFA, possible with fewer limits: 1 action
        ! read data (1): s3:GetObject
      + without MFA, possible with fewer limits: 1 action
        ! read data (1): s3:GetObject
    ");
}

proptest! {
    /// What the plan is said to come to is what IAM would have after it.
    #[test]
    fn the_account_after_a_plan_is_what_the_model_of_iam_makes_of_it(case in case()) {
        let plan = plan(&case.checked, &case.live);
        let mut modelled = case.live.clone();
        for change in &plan.changes {
            let refused = model::apply(&mut modelled, &change.action).err();
            prop_assert!(refused.is_none(), "{}: {refused:?}", change.action);
        }
        let told = after::after(&case.live, plan.changes.iter());
        let held = |live: &Live| format!("{:?}", Access::of_live(live, &AwsDocuments::default()).users);
        prop_assert_eq!(held(&told), held(&modelled));
    }
}

#[test]
fn a_proof_says_yes_only_where_the_evaluator_denies_everything_but_enrolment() {
    use crate::policy::Document;
    use crate::policy::evaluate::{Decision, Request, evaluate};
    let universe = Universe::load();
    let guard = document(&conforming());
    let access = access(&ann(&[&guard, &document(&allow(r#""*""#))]));
    assert!(matches!(Prover::new(&access).prove(&access.users[&"ann".into()]), Enforced::Yes { .. }));
    let documents = [Document::parse(&guard).unwrap(), Document::parse(&document(&allow(r#""*""#))).unwrap()];
    for session in Session::UNPROVED {
        let context = session.context();
        for action in (0..universe.len()).filter_map(|position| universe.get(position)) {
            let request =
                Request { action: action.name().as_str(), resource: "arn:aws:any:::thing", context: &context };
            let denied = evaluate(&documents, &request).decision == Decision::ExplicitlyDenied;
            assert_eq!(denied, !super::mfa::ENROLMENT.contains(&action.folded()), "{}", action.name().as_str());
        }
    }
}
