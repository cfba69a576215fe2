//! The rules of `check` on what is live, roles for people, and what is agreed to.

use super::*;
use crate::located::{Located, Span};
use crate::matrix::Waiver;

/// Denies all but enrolment without MFA, in the way that misses long-term keys.
const WEAK: &str = r#"{"Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice"],"Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}"#;
const OWN: &str =
    r#"{"Effect":"Allow","Action":"iam:EnableMFADevice","Resource":"arn:aws:iam::*:user/${aws:username}"}"#;

/// `standing code object place` of everything but infos.
fn told(evidence: &Evidence, settings: &Settings) -> Vec<String> {
    let rules = audit(evidence, settings, now()).rules;
    let told = rules.shown().map(|it| {
        let standing = if it.waived.is_some() { "waived" } else { it.severity.as_str() };
        format!("{standing} {} {} {}", it.code, it.object.as_ref().unwrap(), it.span)
    });
    told.collect()
}

fn waiver(rule: &str, on: &str) -> Waiver {
    let span = Span::top("matrix.yaml");
    Waiver {
        rule: Located { value: rule.to_owned(), span: span.clone() },
        on: Located { value: on.into(), span: span.clone() },
        because: "agreed on".to_owned(),
        until: Located { value: "2026-11-22".parse().unwrap(), span },
    }
}

fn agreeing(rule: &str, on: &str) -> Settings {
    Settings { waivers: Arc::new(vec![waiver(rule, on)]), ..enforced() }
}

#[test]
fn live_documents_are_judged_in_place_those_of_groups_and_users_among_them() {
    let mut evidence = good();
    of(&mut evidence).policies.extend([policy("Loose", 0, document(WEAK))]);
    viewer(&mut evidence).inline.insert("Guard".into(), document(WEAK));
    live_ann(&mut evidence).inline.insert("Own".into(), document(OWN));
    live_ann(&mut evidence).path = "/staff/".into();
    let expected = [
        "error M01 Loose live:Loose:1:148",
        "error M04 Viewer/Guard live:Viewer/Guard:1:38",
        "error M01 Viewer/Guard live:Viewer/Guard:1:148",
        "warning M05 Viewer/Guard live:Viewer/Guard:1:38",
        "warning M12 Viewer/Guard live:Viewer/Guard:1:38",
        "warning M08 ann/Own live:ann/Own:1:98",
    ];
    assert_eq!(told(&evidence, &Settings::default()), expected);
    let report = audit(&evidence, &Settings::default(), now());
    assert_eq!((report.rules.examined, report.rules.errors, report.rules.warnings), (4, 3, 3));
    assert!(report.rules.infos > 0 && !text(&report).contains("info "), "infos are counted and not listed");
    for place in expected.map(|told| told.rsplit(' ').next().unwrap()) {
        assert!([text, csv, html].iter().all(|render| render(&report).contains(place)), "{place}");
    }
}

#[test]
fn whoever_is_exempt_from_mfa_is_not_asked_whether_enrolment_works() {
    let mut evidence = good();
    viewer(&mut evidence).inline.insert("Guard".into(), document(WEAK));
    let required = Required::Exempt { because: "a machine".into() };
    let standing = Standing { user: "ann".into(), required, enforced: Enforced::No { slips: vec![] } };
    let settings = Settings { standings: Some(Arc::new(vec![standing])), ..Settings::default() };
    assert_eq!(told(&evidence, &settings), ["error M01 Viewer/Guard live:Viewer/Guard:1:148"]);
}

#[test]
fn a_waiver_silences_a_rule_on_what_is_live_and_its_reason_is_shown() {
    let mut evidence = good();
    of(&mut evidence).policies.extend([policy("Loose", 0, document(WEAK))]);
    let report = audit(&evidence, &agreeing("M01", "loose"), now());
    assert_eq!((report.rules.errors, report.rules.waived), (0, 1));
    assert!([text, csv, html].iter().all(|render| render(&report).contains("waived until 2026-11-22: agreed on")));
    for other in [agreeing("M02", "Loose"), agreeing("M01", "Deploy")] {
        assert_eq!(audit(&evidence, &other, now()).rules.waived, 0);
    }
    let tomorrow = now() + jiff::SignedDuration::from_hours(24);
    assert_eq!(audit(&evidence, &agreeing("M01", "Loose"), tomorrow).rules.waived, 0, "the waiver is over");
}

#[test]
fn a_waiver_silences_a_row_that_has_a_rule_and_no_other() {
    let mut evidence = good();
    device(&mut evidence, "Ann", Owner::Nobody);
    live_ann(&mut evidence).groups.clear();
    let report = audit(&evidence, &agreeing("M18", "ann"), now());
    let outcome = |row: &str| &report.rows.iter().find(|result| result.id == row).unwrap().outcome;
    let notes = outcome("device-in-the-way").notes();
    assert!(matches!(outcome("device-in-the-way"), Outcome::Pass { .. }), "{notes:?}");
    assert!(notes.contains(&"Ann is waived until 2026-11-22: agreed on".to_owned()), "{notes:?}");
    assert_eq!(objects(outcome("user-without-group")), ["ann"]);
}

#[test]
fn whoever_may_pass_any_role_is_told_with_the_group_or_the_user_that_carries_it() {
    const PASS: &str = r#"{"Effect":"Allow","Action":["iam:PassRole","ec2:RunInstances"],"Resource":"*"}"#;
    let by_group = |evidence: &mut Evidence| {
        viewer(evidence).inline.insert("Run".into(), document(PASS));
    };
    let mut evidence = good();
    by_group(&mut evidence);
    assert_eq!(told(&evidence, &enforced()), ["warning V06 Viewer live:Viewer/Run:1:38"]);
    let boundary = |evidence: &mut Evidence, name: &str, says: LiveDocument| {
        let (name, policy) = policy(name, 0, says);
        live_ann(evidence).boundary = Some(policy.arn.clone());
        of(evidence).policies.insert(name, policy);
    };
    boundary(&mut evidence, "All", allow("*"));
    assert_eq!(told(&evidence, &enforced()).len(), 1, "a boundary that allows everything");
    boundary(&mut evidence, "Narrow", allow("s3:*"));
    assert!(told(&evidence, &enforced()).is_empty(), "a boundary that does not let roles pass");
    let mut direct = good();
    live_ann(&mut direct).inline.insert("Run".into(), document(PASS));
    assert_eq!(told(&direct, &enforced()), ["warning V06 ann live:ann/Run:1:38"]);
}

#[test]
fn what_the_parts_of_a_group_let_pass_is_told_once_of_the_group_and_waived_on_it() {
    const PASS: &str = r#"{"Effect":"Allow","Action":["iam:PassRole","ec2:RunInstances"],"Resource":"*"}"#;
    let mut evidence = good();
    for part in ["Viewer-2", "Viewer-3"] {
        let inline = [("Run".to_owned(), document(PASS))].into();
        let group = LiveGroup { name: part.into(), inline, ..viewer(&mut evidence).clone() };
        live_ann(&mut evidence).groups.insert(part.into());
        of(&mut evidence).groups.insert(part.into(), group);
    }
    let (second, third) =
        ("warning V06 Viewer-2 live:Viewer-2/Run:1:38", "warning V06 Viewer-3 live:Viewer-3/Run:1:38");
    assert_eq!(told(&evidence, &enforced()), [second, third], "no matrix says what they are parts of");
    let wanted = |group: &str| Some(Wanted { groups: [(group.into(), 1)].into(), ..Wanted::default() });
    assert_eq!(told(&evidence, &Settings { wanted: wanted("View"), ..enforced() }), [second, third]);
    let whole = Settings { wanted: wanted("Viewer"), ..enforced() };
    assert_eq!(told(&evidence, &whole), ["warning V06 Viewer live:Viewer-2/Run:1:38"]);
    let agreed = Settings { wanted: wanted("Viewer"), ..agreeing("V06", "Viewer") };
    assert_eq!(told(&evidence, &agreed), ["waived V06 Viewer live:Viewer-2/Run:1:38"]);
}

#[test]
fn a_role_is_open_to_people_when_its_trust_means_them_and_asks_for_no_mfa() {
    let table = [
        (ROOT, "", true),
        (r#"{"AWS":"123456789012"}"#, "", true),
        (r#""*""#, "", true),
        (r#"{"AWS":["arn:aws:iam::123456789012:user/bob","arn:aws:iam::123456789012:user/ann"]}"#, "", true),
        (r#"{"AWS":"arn:aws:iam::123456789012:user/bob"}"#, "", false),
        (r#"{"AWS":"arn:aws:iam::999999999999:root"}"#, "", false),
        (r#"{"Service":"ec2.amazonaws.com"}"#, "", false),
        (ROOT, MFA, false),
        (ROOT, r#","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#, false),
        // A long-term key carries no such key at all.
        (ROOT, r#","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#, true),
        (ROOT, r#","Condition":{"StringEquals":{"sts:ExternalId":"x"}}"#, true),
        (ROOT, r#","Condition":{"StringEquals":{"aws:username":"bob"}}"#, false),
    ];
    for (principal, condition, expected) in table {
        let mut evidence = good();
        may_assume(&mut evidence);
        trusts(&mut evidence, principal, condition);
        let found = outcome(&evidence, "role-trust-mfa");
        assert_eq!(objects(&found) == ["ann"], expected, "{principal}{condition}: {found:?}");
    }
}

#[test]
fn only_who_may_assume_a_role_and_must_have_mfa_is_asked_about() {
    let open = |principal: &str| {
        let mut evidence = good();
        trusts(&mut evidence, principal, "");
        evidence
    };
    let by_name = r#"{"AWS":"arn:aws:iam::123456789012:user/ann"}"#;
    assert!(objects(&outcome(&open(ROOT), "role-trust-mfa")).is_empty(), "nothing allows it");
    assert_eq!(objects(&outcome(&open(by_name), "role-trust-mfa")), ["ann"], "the trust names the user");
    let mut denied = open(by_name);
    let deny = document(r#"{"Effect":"Deny","Action":"sts:*","Resource":"*"}"#);
    viewer(&mut denied).inline.insert("No".into(), deny);
    assert!(objects(&outcome(&denied, "role-trust-mfa")).is_empty(), "and a deny goes before that");
    let slip = Slip { session: Session::WithoutMfa, action: "*".into(), allowed_by: None };
    let report = audit(&open(by_name), &standing(Enforced::No { slips: vec![slip] }), now());
    let row = report.rows.iter().find(|row| row.id == "role-trust-mfa").unwrap();
    assert!(objects(&row.outcome).is_empty(), "where nothing is enforced the row mfa-enforced tells more");
}

#[test]
fn a_trust_policy_that_cannot_be_read_is_told_and_the_others_are_judged() {
    for odd in [
        "",
        "[]",
        r#"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"x"},"Action":"sts:AssumeRole"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":7},"Action":"sts:AssumeRole"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Perhaps","Principal":"*","Action":"sts:AssumeRole"}}"#,
    ] {
        let mut evidence = good();
        may_assume(&mut evidence);
        trusts(&mut evidence, ROOT, "");
        let role =
            Role { trust: Some(odd.into()), name: "Odd".into(), ..of(&mut evidence).roles[&"Support".into()].clone() };
        of(&mut evidence).roles.insert("Odd".into(), role);
        let found = outcome(&evidence, "role-trust-mfa");
        assert_eq!(found.notes(), ["the trust policy of role Odd cannot be read, and was not judged"], "{odd}");
        assert_eq!(objects(&found), ["ann"]);
    }
}
