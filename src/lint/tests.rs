//! What the lints say of policies as people really wrote them, and on whom.

mod people;
mod texts;

use std::fmt::Write as _;

use super::*;
use crate::files::Files;
use crate::matrix::{check, load};
use crate::policy::Document;
use crate::testing::{ACCOUNT, TODAY};

/// `code place` of everything that the lints say of a document, sorted.
fn of_document(text: &str) -> Vec<String> {
    let policy = Document::parse_file("live:P", text).unwrap();
    let found = document(&Subject { name: &"P".into(), document: &policy }, &Known::default());
    let mut told: Vec<String> = found
        .iter()
        .map(|finding| format!("{} {} {}", finding.code, finding.severity.as_str(), marked(text, finding)))
        .collect();
    told.sort();
    told
}

fn marked<'t>(text: &'t str, finding: &Diagnostic) -> &'t str {
    assert!(finding.object == Some("P".into()) && &*finding.span.file == "live:P", "{finding}");
    text.get(finding.span.start..finding.span.end).unwrap().trim_matches('"')
}

fn with_statements(statements: &str) -> String {
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}")
}

/// A Deny without MFA of all but these.
fn all_but(exempt: &[&str]) -> String {
    with_statements(&format!(
        r#"{{"Effect":"Deny","NotAction":{exempt:?},"Resource":"*","Condition":{{"BoolIfExists":{{"aws:MultiFactorAuthPresent":"false"}}}}}}"#
    ))
}

fn without_infos(told: Vec<String>) -> Vec<String> {
    told.into_iter().filter(|finding| !finding.contains(" info ")).collect()
}

#[test]
fn what_is_exempt_from_mfa_is_told_by_the_harm_it_does() {
    let table: [(&[&str], &[&str]); 9] = [
        (&["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "sts:GetSessionToken"], &[]),
        (&["iam:deactivatemfadevice"], &["M02 error iam:deactivatemfadevice"]),
        (&["iam:DeleteVirtual*"], &["M02 error iam:DeleteVirtual*"]),
        (&["iam:ChangePassword"], &["M03 warning iam:ChangePassword"]),
        (&["iam:ListUsers"], &["M03 warning iam:ListUsers"]),
        (&["sts:AssumeRole"], &["M03 warning sts:AssumeRole"]),
        (&["iam:CreateAccessKey"], &["M03 error iam:CreateAccessKey"]),
        (&["iam:*"], &["M02 error iam:*", "M03 error iam:*"]),
        (&["iam:*LoginProfile", "iam:ListMFADevices"], &["M03 error iam:*LoginProfile"]),
    ];
    for (exempt, expected) in table {
        assert_eq!(without_infos(of_document(&all_but(exempt))), expected, "{exempt:?}");
    }
}

#[test]
fn a_condition_on_mfa_must_hold_for_keys_and_for_console_sessions() {
    let deny =
        |condition: &str| format!(r#"{{"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{{{condition}}}}}"#);
    let [is_false, absent, either] = [
        r#""Bool":{"aws:MultiFactorAuthPresent":"false"}"#,
        r#""Null":{"aws:MultiFactorAuthPresent":true}"#,
        r#""BoolIfExists":{"aws:multifactorauthpresent":false}"#,
    ]
    .map(deny);
    let table = [
        (is_false.clone(), vec!["M01 error Bool"]),
        (absent.clone(), vec!["M01 error Null"]),
        (either, vec![]),
        (format!("{is_false},{absent}"), vec![]),
        (format!("{is_false},{}", absent.replace("ec2:*", "ec2:Stop*")), vec!["M01 error Bool", "M01 error Null"]),
        (is_false.replace("Deny", "Allow"), vec![]),
    ];
    for (statements, expected) in table {
        assert_eq!(without_infos(of_document(&with_statements(&statements))), expected, "{statements}");
    }
}

#[test]
fn a_statement_that_can_never_apply_is_told_with_the_part_that_is_wrong() {
    let table = [
        (
            r#"["iam:CreateVirtualMFADevice","iam:EnableMFADevice"]"#,
            r#"["arn:aws:iam::*:mfa/*","arn:aws:iam::*:user/*"]"#,
            vec![],
        ),
        (
            r#""iam:DeleteVirtualMFADevice""#,
            r#""arn:aws:iam::*:user/${aws:username}""#,
            vec!["M06 error iam:DeleteVirtualMFADevice"],
        ),
        (
            r#""iam:CreateVirtualMFADevice""#,
            r#"["arn:aws:iam::*:mfa/*","arn:aws:iam::*:user/x"]"#,
            vec!["M06 warning arn:aws:iam::*:user/x"],
        ),
        (
            r#"["s3:GetObject","ec2:DescribeInstances"]"#,
            r#""arn:aws:s3:::reports/*""#,
            vec!["M06 error ec2:DescribeInstances"],
        ),
        (
            r#"["s3:GetObject","nosuch:Thing"]"#,
            r#"["arn:aws:s3:::reports/*","arn:aws:nosuch:::x"]"#,
            vec!["V22 warning nosuch:Thing"],
        ),
        (r#""iam:*""#, r#""arn:aws:iam::*:role/x""#, vec![]),
        (r#""s3:*""#, r#""arn:*""#, vec![]),
    ];
    for (action, resource, expected) in table {
        let text = with_statements(&format!(r#"{{"Effect":"Allow","Action":{action},"Resource":{resource}}}"#));
        assert_eq!(of_document(&text), expected, "{text}");
    }
}

#[test]
fn networks_are_judged_wherever_they_are_named() {
    let deny = |operator: &str, networks: &str, beside: &str| {
        with_statements(&format!(
            r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{{"{operator}":{{"aws:SourceIp":{networks}}}{beside}}}}}"#
        ))
    };
    let vpc = r#","StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-1"}"#;
    let table = [
        (
            deny("NotIpAddress", r#"["192.0.2.0/24","203.0.113.0/24"]"#, r#","Bool":{"aws:ViaAWSService":"false"}"#),
            vec![
                "L01 error 192.0.2.0/24",
                "L01 error 203.0.113.0/24",
                "L02 warning NotIpAddress",
                "L03 warning NotIpAddress",
            ],
        ),
        (deny("NotIpAddress", r#"["52.94.76.0/24","2600:1f00::/40"]"#, vpc), vec![]),
        (deny("NotIpAddressIfExists", r#""52.94.76.7""#, vpc), vec!["L02 warning NotIpAddressIfExists"]),
        (deny("NotIpAddress", r#"["52.94.76.0/24","2600:1f00::/40"]"#, r#","Null":{"aws:SourceIp":"false"}"#), vec![]),
        (deny("IpAddress", r#""10.1.2.3""#, ""), vec!["L01 error 10.1.2.3"]),
        (deny("IpAddress", r#""0.0.0.0/0""#, ""), vec![]),
        (
            deny("IpAddress", r#"["8.8.8.0/33","52.1.2.300/8","::1","${aws:username}"]"#, ""),
            vec!["L01 error ::1", "V23 error 52.1.2.300/8", "V23 error 8.8.8.0/33"],
        ),
        (deny("StringNotEquals", r#""52.94.76.7""#, ""), vec!["V23 error StringNotEquals"]),
        (deny("StringLike", r#""52.94.*""#, ""), vec!["V23 error StringLike"]),
        (deny("Null", r#""true""#, ""), vec![]),
    ];
    for (text, expected) in table {
        assert_eq!(of_document(&text), expected, "{text}");
    }
}

#[test]
fn variables_are_judged_by_the_version_of_the_document() {
    let own = r#""Statement":{"Effect":"Allow","Action":"iam:ChangePassword","Resource":"arn:aws:iam::*:user/${aws:username}"}}"#;
    let literal = vec!["M07 error arn:aws:iam::*:user/${aws:username}"];
    for (version, expected) in
        [("{", literal.clone()), (r#"{"Version":"2008-10-17","#, literal), (r#"{"Version":"2012-10-17","#, vec![])]
    {
        assert_eq!(of_document(&format!("{version}{own}")), expected, "{version}");
    }
}

/// `code object` of what the lints of the matrix say, infos among it.
fn of_matrix(matrix: &str, documents: &[(&str, &str)], operator: &str) -> Vec<String> {
    let account = if operator.contains("account:") { String::new() } else { format!("account: \"{ACCOUNT}\"\n") };
    let operator = format!("{account}mode: observe\n{operator}\n");
    let folder = if documents.is_empty() { "" } else { "documents: policies/\n" };
    let matrix = format!("version: 1\n{folder}{matrix}");
    let documents: Vec<(String, &str)> =
        documents.iter().map(|(name, text)| (format!("policies/{name}.json"), *text)).collect();
    let files = Files::from_memory(&operator, &matrix, documents.iter().map(|(name, text)| (name.as_str(), *text)));
    let checked = check(load(&files), &Catalog::embedded("aws"), TODAY).unwrap();
    let codes: Vec<_> = LINTS.iter().map(|it| it.0).chain(PEOPLE_LINTS.iter().map(|it| it.0)).collect();
    let told = checked.findings().iter().filter(|finding| codes.contains(&finding.code));
    told.map(|finding| format!("{} {}", finding.code, finding.object.as_ref().unwrap())).collect()
}

const DENY_ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}}}"#;

#[test]
fn a_deny_of_everything_needs_a_way_in() {
    let groups = "groups: { Admin: {}, Staff: {} }\nusers: { ann: { groups: [Admin] }, bob: { groups: [Admin] }, cat: { groups: [Staff] } }\n";
    let rows = |groups: &str| {
        format!("policies: {{ AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], Freeze: [{groups}] }}\n")
    };
    let baseline = "policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff] }\nbaseline: [Freeze]\n";
    let table = [
        (rows("Admin, Staff"), DENY_ALL.to_owned(), "", true),
        (rows("Admin"), DENY_ALL.to_owned(), "", true),
        (baseline.to_owned(), DENY_ALL.to_owned(), "", true),
        (rows("Staff"), DENY_ALL.to_owned(), "", false),
        (rows("Admin, Staff"), DENY_ALL.to_owned(), "protect: { users: [break-glass] }", false),
        (rows("Admin, Staff"), DENY_ALL.replace("\"Action\":\"*\"", "\"NotAction\":\"iam:*\""), "", false),
        (rows("Admin, Staff"), DENY_ALL.replace("\"Action\":\"*\"", "\"NotAction\":\"s3:*\""), "", true),
        (rows("Admin, Staff"), all_but(&["iam:EnableMFADevice"]), "", false),
    ];
    for (rows, document, operator, expected) in table {
        let told = of_matrix(&format!("{groups}{rows}"), &[("Freeze", &document)], operator);
        assert_eq!(told.contains(&"L04 Freeze".to_owned()), expected, "{rows}{document}{operator}: {told:?}");
    }
}

#[test]
fn what_the_source_matrix_grants_twice_or_to_the_wrong_people_is_told() {
    let matrix = "\
groups: { Admin: {}, Developer: {}, DBA: {}, SysAdm: {}, Viewer: {} }
users:
  admin: { groups: [Admin] }
  manager: { groups: [SysAdm] }
  lamp: { groups: [Developer, DBA] }
  car: { groups: [Developer, DBA, Viewer] }
policies:
  AdministratorAccess: [Admin]
  AmazonRoute53FullAccess: [Admin, SysAdm]
  ReadOnlyAccess: [Viewer]
  AWSBatchServiceRole: [Developer, SysAdm]
  AWSLambda_FullAccess: [Developer]
  AWSLambda_ReadOnlyAccess: [DBA, SysAdm]
  AmazonS3ReadOnlyAccess: [Developer, DBA]
  CloudWatchFullAccess: [SysAdm]
";
    let told = of_matrix(matrix, &[], "");
    let expected = [
        "V12 Admin",
        "V06 Developer",
        "V06 SysAdm",
        "M13 admin",
        "V08 AmazonRoute53FullAccess",
        "V05 AWSBatchServiceRole",
        "V07 AWSLambda_ReadOnlyAccess",
        "V08 AWSLambda_ReadOnlyAccess",
        "V09 AmazonS3ReadOnlyAccess",
        "V20 CloudWatchFullAccess",
    ];
    assert_eq!(told, expected);
}

#[test]
fn of_two_policies_that_allow_the_same_one_is_told() {
    let (mut documents, mut rows) = (Vec::new(), String::new());
    let text = with_statements(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    for name in ["One", "Two", "Zero"] {
        documents.push((name, text.as_str()));
        writeln!(rows, "  {name}: [Staff]").unwrap();
    }
    let matrix = format!(
        "groups: {{ Staff: {{}} }}\nusers: {{ ann: {{ groups: [Staff], mfa: exempt, because: a test }} }}\npolicies:\n{rows}"
    );
    assert_eq!(of_matrix(&matrix, &documents, ""), ["V08 Two", "V08 Zero"]);
}

/// Enrolment on the account's own users and devices, and a Deny of the rest.
fn own_arns(partition: &str, account: &str) -> String {
    let arns = format!("arn:{partition}:iam::{account}");
    with_statements(&format!(
        r#"{{"Effect":"Allow","Action":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices","iam:GetMFADevice","iam:ResyncMFADevice"],"Resource":["{arns}:user/*","{arns}:mfa/*"]}},
        {{"Effect":"Allow","Action":"iam:ListVirtualMFADevices","Resource":"*"}},
        {{"Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices","iam:GetMFADevice","iam:ResyncMFADevice","iam:ListVirtualMFADevices"],"Resource":"*","Condition":{{"BoolIfExists":{{"aws:MultiFactorAuthPresent":"false"}}}}}}"#
    ))
}

#[test]
fn arns_of_the_own_account_and_partition_are_understood() {
    let matrix = "groups: { Staff: {} }\nusers: { ann: { groups: [Staff] }, bob: { groups: [Staff] } }\npolicies: { Own: [Staff] }\n";
    let mine = "210987654321";
    let settings = format!("account: \"{mine}\"");
    let table = [
        ("aws", mine, "M10 Own", "M04 Own"),
        ("aws-us-gov", mine, "M10 Own", "M04 Own"),
        ("aws", ACCOUNT, "M04 Own", "M10 Own"),
    ];
    for (partition, account, expected, absent) in table {
        let told = of_matrix(matrix, &[("Own", &own_arns(partition, account))], &settings);
        assert!(told.contains(&expected.to_owned()), "{partition} {account}: {told:?}");
        assert!(!told.contains(&absent.to_owned()), "{partition} {account}: {told:?}");
    }
}

#[test]
fn condition_keys_that_no_request_carries_are_told() {
    let table = [
        ("Deny", "aws:MultifactorAuthPresentt", Some("error")),
        ("Allow", "aws:SorceIp", Some("warning")),
        ("Deny", "aws:PrincipalTag/team", None),
        ("Deny", "AWS:USERNAME", None),
        ("Deny", "aws:PrincipalTag", Some("error")),
        ("Deny", "s3:prefix", None),
        ("Deny", "s3:prefixx", Some("error")),
        ("Deny", "kms:EncryptionContext:app", None),
        ("Deny", "saml:aud", None),
        ("Deny", "accounts.google.com:aud", None),
        ("Deny", "nosuch:Key", None),
    ];
    for (effect, key, expected) in table {
        let text = with_statements(&format!(
            r#"{{"Effect":"{effect}","Action":"s3:*","Resource":"*","Condition":{{"StringEquals":{{"{key}":"x"}}}}}}"#
        ));
        let expected: Vec<String> = expected.map(|severity| format!("V21 {severity} {key}")).into_iter().collect();
        assert_eq!(of_document(&text), expected, "{text}");
    }
}

#[test]
fn actions_that_do_not_exist_are_told_with_those_that_are_like_them() {
    let elsewhere = |element: &str, action: &str| {
        with_statements(&format!(r#"{{"Effect":"Deny","{element}":"{action}","Resource":"*"}}"#))
    };
    let table = [
        (all_but(&["iam:EnableMFADevice", "iam:CreateVirtualMfaDevise"]), vec!["V22 error iam:CreateVirtualMfaDevise"]),
        (all_but(&["iam:EnableMFADevice", "newsvc:*"]), vec!["V22 error newsvc:*"]),
        (elsewhere("Action", "ec2:StopInstance"), vec!["V22 warning ec2:StopInstance"]),
        (elsewhere("NotAction", "ec2:Stopp*"), vec!["V22 warning ec2:Stopp*"]),
        (elsewhere("Action", "EC2:stopinstances"), vec![]),
        (elsewhere("Action", "*"), vec![]),
    ];
    for (text, expected) in table {
        assert_eq!(without_infos(of_document(&text)), expected, "{text}");
    }
    let text = elsewhere("Action", "ec2:StopInstance");
    let policy = Document::parse_file("live:P", &text).unwrap();
    let found = document(&Subject { name: &"P".into(), document: &policy }, &Known::default());
    assert!(
        found[0].message.contains("`ec2:StopInstance`") && found[0].help.contains("`ec2:StopInstances`"),
        "{found:?}"
    );
}

/// `code place: message; help` of a lint about documents of a small matrix, by the statement that it stands at.
fn told_of(code: &str, documents: &[(&str, &str)], rows: &str) -> Vec<(String, String, String)> {
    let files: Vec<(String, &str)> =
        documents.iter().map(|(name, text)| (format!("policies/{name}.json"), *text)).collect();
    let matrix = format!("version: 1\ndocuments: policies/\n{rows}");
    let operator = format!("account: \"{ACCOUNT}\"\nmode: observe\n");
    let loaded = load(&Files::from_memory(&operator, &matrix, files.iter().map(|(name, text)| (name.as_str(), *text))));
    let checked = check(loaded, &Catalog::embedded("aws"), TODAY).unwrap();
    let mine = checked.findings().iter().filter(|finding| finding.code == code);
    let place = |finding: &Diagnostic| {
        let file = files.iter().find(|(name, _)| finding.span.file.ends_with(name.as_str()));
        file.and_then(|(_, text)| text.get(finding.span.start..finding.span.end)).unwrap_or_default().to_owned()
    };
    mine.map(|finding| (place(finding), finding.message.clone(), finding.help.clone())).collect()
}

const THREE: &str =
    "groups: { Staff: {} }\nusers: { ann: { groups: [Staff] }, bob: { groups: [Staff] }, cat: { groups: [Staff] } }\n";

#[test]
fn who_cannot_enrol_is_told_where_the_fault_is_to_be_mended() {
    const SIX: &str = r#""iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:ListMFADevices","iam:GetMFADevice","iam:ResyncMFADevice","iam:ListVirtualMFADevices""#;
    let guard = |allowed: &str, exempt: &str| {
        with_statements(&format!(
            r#"{{"Effect":"Allow","Action":[{SIX}{allowed}],"Resource":"*"}},
            {{"Effect":"Deny","NotAction":[{SIX}{exempt}],"Resource":"*","Condition":{{"BoolIfExists":{{"aws:MultiFactorAuthPresent":"false"}}}}}}"#
        ))
    };
    let user = r#","iam:GetUser""#;
    let table = [(user, "", r#""Deny""#, "exempt iam:GetUser"), ("", user, r#""Allow""#, "allow iam:GetUser")];
    for (allowed, exempt, effect, help) in table {
        let rows = format!("{THREE}policies: {{ Guard: [Staff] }}\n");
        let told = told_of("M04", &[("Guard", &guard(allowed, exempt))], &rows);
        let [(place, message, advice)] = told.as_slice() else { panic!("{told:?}") };
        assert!(place.starts_with(&format!("{{\"Effect\":{effect}")), "{place}");
        assert_eq!(message, "`ann` and 2 others cannot enrol their first device");
        assert!(advice.starts_with(help), "{advice}");
    }
    let rows = format!("{THREE}policies: {{ Guard: [Staff] }}\n");
    assert!(told_of("M04", &[("Guard", &guard(user, user))], &rows).is_empty());
}

#[test]
fn everybody_is_counted_whom_a_fault_is_about() {
    let rows = "groups: { One: {}, Two: {} }\nbaseline: [Guard]\nusers: { ann: { groups: [One] }, bob: { groups: [Two] } }\n\
                policies: { IAMFullAccess: [One], IAMReadOnlyAccess: [Two] }\n";
    let told = told_of("M04", &[("Guard", &all_but(&["iam:GetUser"]))], rows);
    let [(_, message, _)] = told.as_slice() else { panic!("{told:?}") };
    assert!(message.ends_with("and 1 other cannot enrol their first device"), "{message}");
}

#[test]
fn an_allow_to_enable_devices_of_some_users_is_found() {
    let allow = |resource: &str| {
        with_statements(&format!(r#"{{"Effect":"Allow","Action":"iam:EnableMFADevice","Resource":"{resource}"}}"#))
    };
    let table = [
        ("arn:aws:iam::*:user/staff/*", 1),
        ("arn:aws:iam::123456789012:user/root.of.all", 1),
        ("arn:aws:iam::*:user/${aws:username}", 0),
        ("arn:aws:iam::*:mfa/*", 0),
    ];
    for (resource, expected) in table {
        let guard = all_but(&["iam:EnableMFADevice"]);
        let rows = format!("{THREE}policies: {{ Guard: [Staff], Allow: [Staff] }}\n");
        let told = told_of("M10", &[("Guard", &guard), ("Allow", &allow(resource))], &rows);
        assert_eq!(told.len(), expected, "{resource}: {told:?}");
        assert!(told.iter().all(|(place, ..)| place.contains("NotAction")), "{told:?}");
    }
}

#[test]
fn who_holds_the_same_guards_is_told_once_and_who_is_waived_alone() {
    let weak = all_but(&["iam:EnableMFADevice", "ec2:*"]);
    let rows = format!("{THREE}baseline: [Guard]\npolicies: {{ AmazonEC2FullAccess: [Staff] }}\n");
    let told = told_of("M13", &[("Guard", &weak)], &rows);
    let [(_, message, help)] = told.as_slice() else { panic!("{told:?}") };
    assert!(message.starts_with("MFA is required of `ann` and 2 others, and not enforced"), "{message}");
    assert!(help.starts_with("mend the guard's statement") && !help.contains("exempt"), "{help}");
    let waiver = "waivers: [{ rule: M13, on: bob, because: leaves, until: 2999-12-31 }]\n";
    let told = told_of("M13", &[("Guard", &weak)], &format!("{rows}{waiver}"));
    let whom: Vec<&str> = told.iter().map(|(_, message, _)| message.split(", and").next().unwrap()).collect();
    assert_eq!(whom, ["MFA is required of `ann` and 1 other", "MFA is required of `bob`"]);
}
