//! What the lints say of single texts of a document: variables, tags, names of buckets.

use super::*;

/// A statement with that effect about a resource of S3.
fn about(effect: &str, element: &str, resource: &str) -> String {
    with_statements(&format!(r#"{{"Effect":"{effect}","Action":"s3:GetObject","{element}":"{resource}"}}"#))
}

#[test]
fn variables_that_no_request_carries_are_told_wherever_they_stand() {
    let table = [
        ("Deny", "NotResource", "arn:aws:s3:::b/${aws:user}/*", Some("error")),
        ("Allow", "Resource", "arn:aws:s3:::b/${aws:user}/*", Some("warning")),
        ("Deny", "Resource", "arn:aws:s3:::b/${aws:user, 'x'}", Some("warning")),
        ("Deny", "Resource", "arn:aws:s3:::b/${}", Some("error")),
        ("Deny", "Resource", "arn:aws:s3:::b/${aws:username", Some("error")),
        ("Deny", "Resource", "arn:aws:s3:::b/${AWS:UserName}/${*}${?}${$}", None),
        ("Deny", "Resource", "arn:aws:s3:::b/${aws:PrincipalTag/team, 'x'}", None),
        ("Deny", "Resource", "arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}", None),
    ];
    for (effect, element, resource, expected) in table {
        let expected: Vec<String> = expected.map(|severity| format!("V21 {severity} {resource}")).into_iter().collect();
        assert_eq!(of_document(&about(effect, element, resource)), expected, "{resource}");
    }
    let text = with_statements(
        r#"{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotLike":{"s3:prefix":"${aws:user}/*"}}}"#,
    );
    assert_eq!(of_document(&text), ["V21 error ${aws:user}/*"]);
    let policy = Document::parse_file("live:P", &text).unwrap();
    let found = document(&Subject { name: &"P".into(), document: &policy }, &Known::default());
    assert!(found[0].message.contains("no request carries `aws:user`, so this matches nothing"), "{found:?}");
    assert!(found[0].help.contains("`aws:username`"), "{found:?}");
}

#[test]
fn a_value_that_the_operator_cannot_read_is_told() {
    let table = [
        ("Bool", "aws:SecureTransport", "no", false),
        ("Bool", "aws:SecureTransport", "False", true),
        ("Null", "aws:TokenIssueTime", "maybe", false),
        ("NumericGreaterThan", "aws:MultiFactorAuthAge", "1h", false),
        ("NumericGreaterThanIfExists", "aws:MultiFactorAuthAge", "3600", true),
        ("DateGreaterThan", "aws:CurrentTime", "tomorrow", false),
        ("DateGreaterThan", "aws:CurrentTime", "2027-06-30", true),
        ("BinaryEquals", "aws:PrincipalTag/key", "***", false),
        ("ArnLike", "aws:PrincipalArn", "deploy", false),
        ("ForAnyValue:ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/deploy", true),
        ("StringEquals", "aws:PrincipalTag/team", "no", true),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "${aws:PrincipalTag/age}", true),
    ];
    for (operator, key, value, is_read) in table {
        let of = |effect: &str| {
            of_document(&with_statements(&format!(
                r#"{{"Effect":"{effect}","Action":"s3:*","Resource":"*","Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}"#
            )))
        };
        let expected = |severity: &str| if is_read { vec![] } else { vec![format!("V23 {severity} {value}")] };
        assert_eq!((of("Deny"), of("Allow")), (expected("error"), expected("warning")), "{operator} {value}");
    }
}

#[test]
fn addresses_are_compared_as_addresses_only() {
    let table = [
        ("IpAddress", "aws:username", Some("IpAddress")),
        ("StringEquals", "aws:VpcSourceIp", Some("StringEquals")),
        ("NotIpAddress", "aws:VpcSourceIp", None),
        ("IpAddress", "nosuch:Key", None),
    ];
    for (operator, key, expected) in table {
        let text = with_statements(&format!(
            r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{{"{operator}":{{"{key}":"10.1.0.0/16"}}}}}}"#
        ));
        let told: Vec<String> = of_document(&text).into_iter().filter(|found| found.starts_with("V23")).collect();
        let expected: Vec<String> = expected.map(|place| format!("V23 error {place}")).into_iter().collect();
        assert_eq!(told, expected, "{operator} {key}");
    }
}

#[test]
fn tags_may_bear_any_name() {
    for key in ["s3:ExistingObjectTag/secret", "secretsmanager:ResourceTag/team", "aws:RequestTag/a b"] {
        let text = with_statements(&format!(
            r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{{"StringEquals":{{"{key}":"x"}}}}}}"#
        ));
        assert!(of_document(&text).is_empty(), "{key}");
    }
}

#[test]
fn a_bucket_is_not_meant_by_what_has_a_slash() {
    let table = [
        (r#""s3:ListBucket""#, r#""arn:aws:s3:::b/*""#, vec!["M06 error s3:ListBucket"]),
        (r#""s3:ListBucket""#, r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#, vec!["M06 warning arn:aws:s3:::b/*"]),
        (r#"["s3:ListBucket","s3:GetObject"]"#, r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#, vec![]),
        (r#""s3:ListBucket""#, r#""arn:aws:s3:::b*""#, vec![]),
        (r#""s3:*""#, r#""arn:aws:s3:::b/*""#, vec![]),
    ];
    for (action, resource, expected) in table {
        let text = with_statements(&format!(r#"{{"Effect":"Allow","Action":{action},"Resource":{resource}}}"#));
        assert_eq!(of_document(&text), expected, "{text}");
    }
}

#[test]
fn what_an_action_acts_on_is_offered_no_wider_than_the_statement_meant() {
    let table = [
        ("iam:GetUser", "arn:aws:iam::*:mfa/${aws:username}", "`arn:aws:iam::*:user/${aws:username}`"),
        ("iam:CreateVirtualMFADevice", "arn:aws-cn:iam::*:user/${aws:username}", "`arn:aws-cn:iam::*:mfa/*`"),
        ("iam:GetUser", "arn:aws:iam::*:mfa/x", "`arn:aws:iam::*:user/*`"),
    ];
    for (action, resource, expected) in table {
        let text = with_statements(&format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#));
        let policy = Document::parse_file("live:P", &text).unwrap();
        let found = document(&Subject { name: &"P".into(), document: &policy }, &Known::default());
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert!(finding.message.starts_with(&format!("`{action}`")), "{finding}");
        assert!(finding.help.contains("no wider than meant") && finding.help.ends_with(expected), "{finding}");
    }
}

#[test]
fn the_case_of_a_variable_does_not_count() {
    let text = with_statements(
        r#"{"Effect":"Allow","Action":"iam:CreateVirtualMFADevice","Resource":"arn:aws:iam::*:mfa/${AWS:UserName}"}"#,
    );
    assert_eq!(of_document(&text), ["M09 warning arn:aws:iam::*:mfa/${AWS:UserName}"]);
    let text = with_statements(
        r#"{"Effect":"Allow","Action":"iam:ChangePassword","Resource":"arn:aws:iam::*:user/${AWS:UserName}"}"#,
    );
    let policy = Document::parse_file("live:P", &text).unwrap();
    let known = Known { user_paths: ["/staff/".to_owned()].into(), ..Known::default() };
    let found = document(&Subject { name: &"P".into(), document: &policy }, &known);
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["M08"]);
}
