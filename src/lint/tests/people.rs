//! What the lints say of what people hold, as a whole.

use super::*;

const ROWS: &str = "groups: { Admin: {}, Ops: {} }\npolicies: { AdministratorAccess: [Admin, Ops] }\n";

#[test]
fn who_administrates_alone_is_told_over_all_groups_together() {
    let table = [
        ("users: { ann: { groups: [Admin] }, bob: { groups: [Ops] } }\n", vec![]),
        ("users: { ann: { groups: [Admin, Ops] } }\n", vec!["V12 Admin", "V12 Ops"]),
        ("users: { ann: { groups: [Ops] } }\n", vec!["V12 Ops"]),
        ("users: { ann: { groups: [Admin, Ops] }, bob: { groups: [Ops] } }\n", vec![]),
    ];
    for (users, expected) in table {
        let told = of_matrix(&format!("{ROWS}{users}"), &[], "");
        let told: Vec<&String> = told.iter().filter(|finding| finding.starts_with("V12")).collect();
        assert_eq!(told, expected, "{users}");
    }
}

#[test]
fn a_demand_that_an_access_key_escapes_lets_enable_devices_for_others() {
    let allow = |condition: &str| {
        with_statements(&format!(
            r#"{{"Effect":"Allow","Action":"iam:EnableMFADevice","Resource":"*","Condition":{{{condition}}}}}"#
        ))
    };
    let deny = |operator: &str| all_but(&["iam:GetUser"]).replace("BoolIfExists", operator);
    let (always, is_true, is_true_or_absent) = (
        "",
        r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#,
        r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}"#,
    );
    let exempting = all_but(&["iam:EnableMFADevice"]);
    let table = [
        (allow(always), deny("Bool"), 1),
        (allow(always), deny("BoolIfExists"), 0),
        (allow(is_true_or_absent), exempting.clone(), 1),
        (allow(is_true), exempting, 0),
    ];
    for (allow, guard, expected) in table {
        let rows = format!("{THREE}policies: {{ Guard: [Staff], Allow: [Staff] }}\n");
        let told = told_of("M10", &[("Guard", &guard), ("Allow", &allow)], &rows);
        assert_eq!(told.len(), expected, "{allow} {guard}: {told:?}");
    }
}

#[test]
fn denies_lock_out_together_as_well_as_alone() {
    let deny = |action: &str, condition: &str| {
        format!(r#"{{"Effect":"Deny","Action":"{action}","Resource":"*","Condition":{{{condition}}}}}"#)
    };
    let (version, detach) = ("iam:CreatePolicyVersion", "iam:DetachGroupPolicy");
    let night = r#""DateGreaterThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}"#;
    let either = r#""BoolIfExists":{"aws:MultiFactorAuthPresent":["true","false"]}"#;
    let aged = r#""NumericGreaterThanIfExists":{"aws:MultiFactorAuthAge":"3600"}"#;
    let [of_version, of_detach] = [version, detach].map(|action| with_statements(&deny(action, night)));
    let both = with_statements(&format!("{},{}", deny(version, night), deny(detach, night)));
    let nothing = with_statements(&deny("s3:*", night));
    let table = [
        (&both, &nothing, "Admin, Ops", vec!["L04 One"]),
        (&of_version, &of_detach, "Admin, Ops", vec!["L04 One"]),
        (&of_version, &of_detach, "Admin", vec![]),
        (&of_version, &nothing, "Admin, Ops", vec![]),
        (&with_statements(&deny("*", either)), &nothing, "Admin, Ops", vec!["L04 One"]),
        (&with_statements(&deny("*", aged)), &nothing, "Admin, Ops", vec![]),
    ];
    for (one, two, groups, expected) in table {
        let rows = format!(
            "groups: {{ Admin: {{}}, Ops: {{}} }}\nusers: {{ ann: {{ groups: [Admin] }}, bob: {{ groups: [Ops] }} }}\n\
             policies: {{ AdministratorAccess: [Admin, Ops], One: [Admin, Ops], Two: [{groups}] }}\n"
        );
        let told = of_matrix(&rows, &[("One", one), ("Two", two)], "");
        let told: Vec<&String> = told.iter().filter(|finding| finding.starts_with("L04")).collect();
        assert_eq!(told, expected, "{one} {two} {groups}");
    }
}

#[test]
fn roles_are_passed_by_what_several_groups_give_together() {
    let allow = |action: &str| with_statements(&format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#));
    let (pass, start) = (allow("iam:PassRole"), allow("lambda:CreateFunction"));
    let documents = [("Pass", pass.as_str()), ("Start", start.as_str())];
    let groups = "groups: { Passing: {}, Starting: {}, Idle: {}, Both: {} }\n\
                  policies: { Pass: [Passing, Both], Start: [Starting, Both], ReadOnlyAccess: [Idle] }\n";
    let table = [
        ("ann: { groups: [Passing, Starting] }, bob: { groups: [Passing, Starting, Idle] }", vec!["`ann`, `bob`"]),
        ("ann: { groups: [Passing] }, bob: { groups: [Starting] }, cat: { groups: [Passing, Idle] }", vec![]),
        ("ann: { groups: [Passing, Both] }", vec![]),
    ];
    for (users, expected) in table {
        let told = told_of("V06", &documents, &format!("{groups}users: {{ {users} }}\n"));
        let messages: Vec<&String> = told.iter().map(|(_, message, _)| message).collect();
        assert_eq!(messages.iter().filter(|message| message.starts_with("`Both` may pass")).count(), 1, "{messages:?}");
        assert_eq!(messages.len(), 1 + expected.len(), "{users}: {messages:?}");
        for people in expected {
            let begin = format!("{people}, in groups `Passing`, `Starting`, may pass any role to a service, by `Pass`");
            assert!(messages.iter().any(|message| message.starts_with(&begin)), "{messages:?}");
        }
    }
}

#[test]
fn a_missing_allow_is_told_at_the_statement_that_should_have_it() {
    const FIVE: &str = r#""iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:ListMFADevices","iam:ListVirtualMFADevices","iam:GetUser""#;
    let text = with_statements(&format!(
        r#"{{"Effect":"Allow","Action":"a4b:*","Resource":"*"}},
        {{"Effect":"Allow","Action":[{FIVE}],"Resource":"arn:aws:iam::*:user/somebody"}},
        {{"Effect":"Deny","NotAction":[{FIVE}],"Resource":"*","Condition":{{"BoolIfExists":{{"aws:MultiFactorAuthPresent":"false"}}}}}}"#
    ));
    let told = told_of("M04", &[("Guard", &text)], &format!("{THREE}policies: {{ Guard: [Staff] }}\n"));
    let [(place, ..)] = told.as_slice() else { panic!("{told:?}") };
    assert!(place.contains("user/somebody"), "{place}");
}

#[test]
fn why_a_guard_does_not_enforce_mfa_is_told_with_its_place() {
    let guard = |from: &str, to: &str| all_but(&["iam:EnableMFADevice"]).replace(from, to);
    let beside = r#"},"StringEquals":{"aws:RequestedRegion":"eu-west-1"}"#;
    let table = [
        (guard(r#""Resource":"*""#, r#""Resource":"arn:aws:s3:::b""#), "its resource is not `*`"),
        (guard(r#""false"}"#, &format!(r#""false"{beside}"#)), "a further condition, on `aws:RequestedRegion`"),
        (guard("BoolIfExists", "Bool"), "another way than BoolIfExists false"),
        (guard("NotAction", "Action"), "the actions that it names"),
        (all_but(&["iam:EnableMFADevice", "ec2:*"]), "leaves out more than enrolment takes"),
    ];
    for (guard, expected) in table {
        let rows = format!("{THREE}baseline: [Guard]\npolicies: {{ AmazonEC2FullAccess: [Staff] }}\n");
        let told = told_of("M13", &[("Guard", &guard)], &rows);
        let [(_, _, help)] = told.as_slice() else { panic!("{told:?}") };
        assert!(help.contains("`Guard` (") && help.contains("policies/Guard.json:1)"), "{help}");
        assert!(help.contains(expected), "{help}");
    }
}

#[test]
fn what_the_baseline_gives_to_everybody_is_judged_too() {
    let rows = "groups: { Staff: {} }\nusers: { ann: { groups: [Staff] } }\n\
                baseline: [AWSLambdaBasicExecutionRole, AmazonEC2FullAccess, AmazonS3ReadOnlyAccess]\n\
                policies: { AmazonEC2ReadOnlyAccess: [Staff], AmazonS3FullAccess: [Staff] }\n";
    let told = of_matrix(rows, &[], "");
    let told: Vec<&String> = told.iter().filter(|it| it.starts_with("V05") || it.starts_with("V07")).collect();
    assert_eq!(told, ["V05 AWSLambdaBasicExecutionRole", "V07 AmazonEC2ReadOnlyAccess"]);
}
