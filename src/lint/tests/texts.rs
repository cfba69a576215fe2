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
fn tags_may_bear_any_name() {
    for key in ["s3:ExistingObjectTag/secret", "secretsmanager:ResourceTag/team", "aws:RequestTag/a b"] {
        let text = with_statements(&format!(
            r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{{"StringEquals":{{"{key}":"x"}}}}}}"#
        ));
        assert!(of_document(&text).is_empty(), "{key}");
    }
}
