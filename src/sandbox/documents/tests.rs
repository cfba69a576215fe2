//! What IAM takes for a policy document, and where it stops.

use super::*;

const BUCKET: &str = r#""Resource":"arn:aws:s3:::b""#;
const LIST: &str = r#""Action":"s3:ListBucket""#;

fn managed(text: &str) -> String {
    problem(text, Kind::Managed).unwrap_or_default()
}

fn statement(inside: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{{{inside}}}}}"#)
}

fn allow(rest: &[&str]) -> String {
    statement(&format!(r#""Effect":"Allow",{}"#, rest.join(",")))
}

fn resource(text: &str) -> String {
    managed(&allow(&[LIST, &format!(r#""Resource":{text}"#)]))
}

fn condition(text: &str) -> String {
    managed(&allow(&[LIST, BUCKET, &format!(r#""Condition":{text}"#)]))
}

#[test]
fn what_has_another_shape_is_a_syntax_error() {
    for text in [
        "This is no JSON".to_owned(),
        r#"{"Version":"2012-10-17"}"#.to_owned(),
        r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
        r#"{"Version":"2012-10-17","Statement":["x"]}"#.to_owned(),
        allow(&[LIST, BUCKET]).replace("2012", "2013"),
        allow(&[LIST, BUCKET]).replace("{\"Version\"", "{\"Extra\":1,\"Version\""),
        allow(&[LIST, BUCKET]).replace("{\"Version\"", "{\"Id\":[],\"Version\""),
        allow(&[LIST, BUCKET, r#""Extra":"x""#]),
        allow(&[LIST, BUCKET, r#""Effect":"Allow""#]),
        allow(&[LIST, BUCKET, r#""Sid":{}"#]),
        allow(&[LIST, BUCKET, r#""NotAction":[]"#]),
        allow(&[LIST, BUCKET, r#""NotResource":"*""#]),
        allow(&[r#""Action":5"#, BUCKET]),
        allow(&[r#""Action":[[]]"#, BUCKET]),
        allow(&[LIST, r#""Resource":{"a":"b"}"#]),
        statement(&[LIST, BUCKET].join(",")),
        statement(&[r#""Effect":"Perhaps""#, LIST, BUCKET].join(",")),
    ] {
        assert_eq!(managed(&text), "Syntax errors in policy.", "{text}");
    }
    for text in [r"[]", r#""a""#, r#"{"a":"b"}"#, r#"{"DateGreaterThan":{"a":{}}}"#, r#"{"x":{"a":"1"}}"#] {
        assert_eq!(condition(text), "Syntax errors in policy.", "{text}");
    }
    assert_eq!(condition(r#"{"ForAnyValue::StringEqualsIfExists":{"a":"b"}}"#), "Syntax errors in policy.");
}

#[test]
fn nothing_stands_before_the_first_brace() {
    for space in [" ", "\n", "\t"] {
        let text = format!("{space}{}", allow(&[LIST, BUCKET]));
        assert_eq!(managed(&text), "JSON strings must not have leading spaces");
        assert_eq!(problem(&text, Kind::Inline).unwrap(), "The policy failed legacy parsing");
    }
    assert_eq!(managed(&format!("{}\n", allow(&[LIST, BUCKET]))), "");
}

#[test]
fn a_managed_policy_must_be_of_the_present_version() {
    let none = allow(&[LIST, BUCKET]).replace(r#""Version":"2012-10-17","#, "");
    for text in [none, allow(&[LIST, BUCKET]).replace("2012", "2008")] {
        assert_eq!(managed(&text), "Policy document must be version 2012-10-17 or greater.");
        assert_eq!(problem(&text, Kind::Inline), None);
    }
}

#[test]
fn actions_need_one_vendor_and_one_colon() {
    let action = |text: &str| managed(&allow(&[&format!(r#""NotAction":["s3:Get*","{text}"]"#), BUCKET]));
    let vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    for (text, expected) in [
        ("invalid", vendor),
        ("", vendor),
        ("a a:ListBucket", "Vendor a a is not valid"),
        ("s3:List:Bucket", "Actions/Condition can contain only one colon."),
        ("*", ""),
        ("s3-s:ListBucket", ""),
        ("s3.s:ListBucket", ""),
        ("iam: asdf safdsf af ", ""),
    ] {
        assert_eq!(action(text), expected, "{text}");
    }
    assert_eq!(managed(&allow(&[BUCKET])), "Policy statement must contain actions.");
    assert_eq!(managed(&allow(&[r#""Action":[]"#, BUCKET])), "Policy statement must contain actions.");
}

#[test]
fn resources_need_the_form_of_an_arn() {
    let iam = "IAM resource path must either be \"*\", root, or start with user/,";
    for (text, expected) in [
        (r#""invalid resource""#, "Resource invalid resource must be in ARN format or \"*\"."),
        (r#""""#, "Resource  must be in ARN format or \"*\"."),
        (r#"["adf"]"#, "Resource adf must be in ARN format or \"*\"."),
        (r#""a:bsdf""#, "Partition \"bsdf\" is not valid for resource \"arn:bsdf:*:*:*:*\"."),
        (r#""a:b:cad""#, "Partition \"b\" is not valid for resource \"arn:b:cad:*:*:*\"."),
        (r#""a:b:c:d:e:f:g:h""#, "Partition \"b\" is not valid for resource \"arn:b:c:d:e:f:g:h\"."),
        (r#""aws:s3:::x""#, "Partition \"s3\" is not valid for resource \"arn:s3:::x:*\"."),
        (r#""arn:aws""#, "Resource vendor must be fully qualified and cannot contain regexes."),
        (r#""arn:aws:iam:us-east-1::x""#, "IAM resource arn:aws:iam:us-east-1::x cannot contain region information."),
        (r#""arn:aws:s3:us-east-1::x""#, "Resource arn:aws:s3:us-east-1::x can not contain region information."),
        (
            r#""arn:aws:s3:us-west-2:123456789012:b/x""#,
            "Resource arn:aws:s3:us-west-2:123456789012:b/x can not contain region information.",
        ),
        (r#""arn:aws:s3::x""#, "The policy failed legacy parsing"),
        (r#""arn:aws::::x""#, "The policy failed legacy parsing"),
        (r"[]", "Policy statement must contain resources."),
    ] {
        assert_eq!(resource(text), expected, "{text}");
    }
    assert!(resource(r#""arn:aws:iam:::x""#).starts_with(iam));
    for text in [
        r#""*""#,
        r#"["arn:aws:s3:::b","*"]"#,
        r#""arn:aws:fdsasf""#,
        r#""arn:aws:s33:::b""#,
        r#""arn:aws:ec2:us-east-1::b""#,
        r#""arn:aws:iam:::user/b""#,
        r#""arn:aws:iam::*:mfa/${aws:username}""#,
        r#""arn:aws-cn:iam::123456789012:root""#,
        r#""arn:aws:s3:us-west-2:123456789012:accesspoint/p""#,
    ] {
        assert_eq!(resource(text), "", "{text}");
    }
}

#[test]
fn conditions_may_be_empty_and_dates_short() {
    for text in [
        "{}",
        r#"{"x":{},"y":{}}"#,
        r#"{"DateGreaterThan":{"a":[]}}"#,
        r#"{"ForAllValues:StringEquals":{"aws:TagKeys":"Department"}}"#,
        r#"{"ForAnyValue:StringEqualsIfExists":{"a":["b",1,true]}}"#,
        r#"{"DateGreaterThan":{"a":"01T"}}"#,
        r#"{"DateLessThanEquals":{"a":"2016-12-13T21:20:37.593194+00:00"}}"#,
        r#"{"DateLessThanEquals":{"a":"2016-12-13t2:00:00.593194+23"}}"#,
        r#"{"DateLessThan":{"a":"-292275054"}}"#,
        r#"{"DateLessThan":{"a":1790000000}}"#,
    ] {
        assert_eq!(condition(text), "", "{text}");
    }
    for date in
        ["sdfdsf", "234-13", "2016-12-13t2:00:00.5+1", "2016-12-13t2:00:00.1999999999+10:59", "9223372036854775808"]
    {
        let text = format!(r#"{{"DateLessThanIfExists":{{"a":"{date}"}}}}"#);
        assert_eq!(condition(&text), "The policy failed legacy parsing", "{date}");
    }
}

#[test]
fn the_first_mistake_in_order_is_the_one_that_is_told() {
    let twice = |second: &str| {
        let first = format!(r#"{{"Sid":"a","Effect":"Allow",{LIST},{BUCKET}}}"#);
        format!(r#"{{"Version":"2012-10-17","Statement":[{first},{{"Sid":"a",{second}}}]}}"#)
    };
    let unique = "Statement IDs (SID) in a single policy must be unique.";
    for (text, expected) in [
        (twice(r#""Effect":"Allow""#), unique),
        (twice(r#""Effect":"aLLow""#), "The policy failed legacy parsing"),
        (twice(r#""Effect":"Allow""#).replace("\"a\"", "\"\""), "Policy statement must contain actions."),
        (allow(&[r#""Action":"invalid""#]), "Policy statement must contain resources."),
        (allow(&[r#""Action":"s:3:L""#, r#""Resource":"x""#]), "Resource x must be in ARN format or \"*\"."),
        (allow(&[LIST, BUCKET, r#""Principal":"*""#]), "Policy document should not specify a principal."),
    ] {
        assert_eq!(managed(&text), expected, "{text}");
    }
    let sid = managed(&allow(&[LIST, BUCKET, r#""Sid":"no-dash""#]));
    assert!(sid.starts_with("Statement IDs (SID) must be alpha-numeric."), "{sid}");
}
