use super::*;

const BASE: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"A","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"},
    {"Sid":"D","Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;

fn parsed(text: &str) -> Document {
    Document::parse(text).unwrap()
}

#[test]
fn cosmetic_differences_do_not_change_the_meaning() {
    let table = [
        ("order of statements and actions", r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Deny","NotAction":["iam:*"],"Resource":["*"],"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":["false"]}}},
            {"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":["arn:aws:s3:::b/*"]}]}"#.to_owned()),
        ("case of actions", BASE.replace("s3:GetObject", "S3:getobject")),
        ("case of condition keys and operators", BASE.replace("aws:MultiFactorAuthPresent", "AWS:multifactorauthpresent").replace("BoolIfExists", "boolifexists")),
        ("a truth value instead of text", BASE.replace("\"false\"", "false")),
        ("another Sid", BASE.replace("\"A\"", "\"Other\"")),
        ("a repeated action", BASE.replace("\"s3:PutObject\"", "\"s3:PutObject\",\"s3:putobject\"")),
    ];
    for (what, text) in table {
        assert!(parsed(&text).means_the_same(&parsed(BASE)), "{what}");
    }
}

#[test]
fn differences_of_meaning_are_seen() {
    let table = [
        ("no version", BASE.replace("\"Version\":\"2012-10-17\",", "")),
        ("the version of 2008", BASE.replace("2012-10-17", "2008-10-17")),
        ("another action", BASE.replace("s3:PutObject", "s3:DeleteObject")),
        ("case of a resource", BASE.replace(":::b/", ":::B/")),
        ("Action instead of NotAction", BASE.replace("NotAction", "Action")),
        ("another value", BASE.replace("\"false\"", "\"true\"")),
        ("another operator", BASE.replace("BoolIfExists", "Bool")),
    ];
    for (what, text) in table {
        assert!(!parsed(&text).means_the_same(&parsed(BASE)), "{what}");
    }
}

#[test]
fn an_update_only_restricts_when_every_allow_was_there_and_every_deny_stays() {
    let deny_of = |action: &str| {
        parsed(&format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny",{action},"Resource":"*"}}}}"#))
    };
    let table = [
        (r#""Action":"ec2:Stop*""#, r#""Action":"ec2:*""#, true),
        (r#""Action":"ec2:*""#, r#""Action":"ec2:Stop*""#, false),
        (r#""Action":"ec2:StopInstances""#, r#""Action":"*""#, true),
        (r#""NotAction":["iam:A","iam:B"]"#, r#""NotAction":"iam:A""#, true),
        (r#""NotAction":"iam:A""#, r#""NotAction":["iam:A","iam:B"]"#, false),
        (r#""NotAction":"iam:A""#, r#""Action":"*""#, true),
        (r#""Action":"ec2:Stop""#, r#""NotAction":"iam:*""#, true),
        (r#""Action":"ec2:Stop""#, r#""NotAction":["iam:*","ec2:S*"]"#, false),
        (r#""Action":"ec2:?top""#, r#""Action":"ec2:S*p*""#, false),
    ];
    for (old, new, restricts) in table {
        assert_eq!(deny_of(new).only_restricts(&deny_of(old)), restricts, "{old} to {new}");
    }
    let allow = parsed(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#);
    let both = parsed(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#,
    );
    let deny = parsed(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}"#);
    assert!(both.only_restricts(&allow));
    assert!(deny.only_restricts(&both));
    assert!(!allow.only_restricts(&both));
    assert!(!both.only_restricts(&deny));
    assert!(both.is_guard() && !allow.is_guard());
}

#[test]
fn the_levels_of_likeness_are_told_apart() {
    let of = |statements: &str| parsed(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
    let allow =
        |actions: &str, resources: &str| format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#);
    let base = allow(r#"["s3:Get*","s3:List*"]"#, r#""*""#);
    let table = [
        (base.clone(), Likeness::Structural),
        (format!("{base},{base}"), Likeness::Structural),
        (base.replace(r#""Effect""#, r#""Sid":"X","Effect""#), Likeness::Structural),
        (allow(r#"["s3:List*","s3:Get*","s3:GetObject"]"#, r#""*""#), Likeness::SameMeaning),
        (allow(r#"["s3:List*","s3:get**"]"#, r#""*""#), Likeness::SameMeaning),
        (allow(r#"["s3:List*","s3:Get*"]"#, r#"["*","arn:aws:s3:::b/*"]"#), Likeness::SameMeaning),
        (format!("{base},{}", allow(r#""s3:GetObject""#, r#""arn:aws:s3:::${aws:username}""#)), Likeness::SameMeaning),
        (format!("{},{}", allow(r#""s3:Get*""#, r#""*""#), allow(r#""s3:List*""#, r#""*""#)), Likeness::Different),
        (allow(r#"["s3:List*","s3:Get?*"]"#, r#""*""#), Likeness::Different),
        (format!("{base},{}", allow(r#""s3:Put*""#, r#""*""#)), Likeness::Different),
        (base.replace("Allow", "Deny"), Likeness::Different),
    ];
    for (other, expected) in table {
        assert_eq!(of(&base).likeness(&of(&other)), expected, "{other}");
        assert_eq!(of(&other).likeness(&of(&base)), expected, "{other}");
    }
}

#[test]
fn a_variable_is_covered_by_what_covers_all_its_values_and_covers_only_itself() {
    let only = |texts: &[&str]| Cover::Only(texts.iter().map(|text| (*text).to_owned()).collect());
    let but = |texts: &[&str]| Cover::AllBut(texts.iter().map(|text| (*text).to_owned()).collect());
    let table = [
        (only(&["u/*"]), only(&["u/${aws:username}"]), true),
        (only(&["u/?*"]), only(&["u/${aws:username}"]), false),
        (only(&["u/${aws:username}"]), only(&["u/${aws:username}"]), true),
        (only(&["a${*}b"]), only(&["a${*}b", "a$xb"]), false),
        (only(&["${aws:username}"]), only(&["x"]), false),
        (only(&["*"]), only(&["u/${open"]), true),
        (but(&["u/${aws:username}"]), but(&["u/*"]), false),
        (but(&["u/a"]), but(&["u/*"]), true),
        (but(&["u/a"]), only(&["u/${aws:username}"]), false),
        (but(&["u/a"]), only(&["v/${aws:username}"]), true),
        (but(&["u/${aws:username}"]), only(&["v/x"]), false),
        (only(&["u/*"]), but(&["u/a"]), false),
    ];
    for (cover, other, expected) in table {
        assert_eq!(cover.covers(&other), expected, "{cover:?} and {other:?}");
    }
}
