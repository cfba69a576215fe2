use super::*;
use crate::policy::context::Fact;

fn document(statements: &str) -> Document {
    Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
}

fn session() -> Context {
    Context::default().with("aws:username", Fact::text("scott"))
}

fn decision(documents: &[Document], action: &str, resource: &str) -> Decision {
    evaluate(documents, &Request { action, resource, context: &session() }).decision
}

const ALLOW_ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const USER: &str = "arn:aws:iam::123456789012:user/scott";

#[test]
fn an_explicit_deny_wins_and_an_allow_is_needed() {
    let allow = document(ALLOW_ALL);
    let deny = document(r#"{"Effect":"Deny","Action":"ec2:Stop*","Resource":"*"}"#);
    let both = [deny.clone(), allow.clone()];
    assert_eq!(decision(&both, "ec2:StopInstances", "*"), Decision::ExplicitlyDenied);
    assert_eq!(decision(&both, "EC2:stopinstances", "*"), Decision::ExplicitlyDenied);
    assert_eq!(decision(&both, "ec2:StartInstances", "*"), Decision::Allowed);
    assert_eq!(decision(&[deny], "ec2:StartInstances", "*"), Decision::ImplicitlyDenied);
    assert_eq!(decision(&[], "ec2:StartInstances", "*"), Decision::ImplicitlyDenied);
}

#[test]
fn a_verdict_names_every_statement_that_decided() {
    let first = document(&format!(r#"{ALLOW_ALL},{{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#));
    let second = document(r#"{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}"#);
    let context = Context::default();
    let request = |action| Request { action, resource: "*", context: &context };
    let by = |document, statement| Deciding { document, statement };
    assert_eq!(evaluate([&first, &second], &request("s3:GetObject")).by, [by(0, 0), by(0, 1)]);
    assert_eq!(evaluate([&first, &second], &request("s3:PutObject")).by, [by(1, 0)]);
    assert_eq!(evaluate([&second], &request("s3:GetObject")).by, []);
}

/// One case each of what engines are known to get wrong.
#[test]
fn the_edges_are_as_documented() {
    use Decision::{Allowed, ExplicitlyDenied, ImplicitlyDenied};
    let allow = |rest: &str| format!(r#"{{"Effect":"Allow",{rest}}}"#);
    let deny = |rest: &str| format!(r#"{ALLOW_ALL},{{"Effect":"Deny",{rest}}}"#);
    let mfa = |operator: &str, value: &str| {
        deny(&format!(
            r#""Action":"*","Resource":"*","Condition":{{"{operator}":{{"aws:MultiFactorAuthPresent":{value}}}}}"#
        ))
    };
    let table = [
        ("an absent key, Bool", mfa("Bool", "false"), Allowed),
        ("an absent key, BoolIfExists", mfa("BoolIfExists", "\"false\""), ExplicitlyDenied),
        ("an absent key, Null", mfa("Null", "true"), ExplicitlyDenied),
        ("a deny behind an allow in one document", deny(r#""Action":"iam:*","Resource":"*""#), ExplicitlyDenied),
        ("NotAction with a pattern", deny(r#""NotAction":"iam:Get*","Resource":"*""#), Allowed),
        ("NotAction without the action", deny(r#""NotAction":"iam:List*","Resource":"*""#), ExplicitlyDenied),
        (
            "NotResource with the resource",
            deny(r#""Action":"*","NotResource":"arn:aws:iam::*:user/${aws:username}""#),
            Allowed,
        ),
        ("NotResource without it", deny(r#""Action":"*","NotResource":"arn:aws:iam::*:user/x""#), ExplicitlyDenied),
        ("a variable", allow(r#""Action":"*","Resource":"arn:aws:iam::*:user/${aws:username}""#), Allowed),
        (
            "a variable without value",
            allow(r#""Action":"*","Resource":"arn:aws:iam::*:user/${aws:userid}*""#),
            ImplicitlyDenied,
        ),
        (
            "a variable without value excepts nothing",
            deny(r#""Action":"*","NotResource":"arn:aws:iam::*:user/${aws:userid}""#),
            ExplicitlyDenied,
        ),
        ("a default", allow(r#""Action":"*","Resource":"arn:aws:iam::*:user/${aws:userid, 'scott'}""#), Allowed),
        (
            "case of a resource",
            allow(r#""Action":"*","Resource":"arn:aws:iam::123456789012:user/Scott""#),
            ImplicitlyDenied,
        ),
        ("case of an action", allow(r#""Action":"IAM:gETuSER","Resource":"*""#), Allowed),
        ("a question mark", allow(r#""Action":"iam:GetUse?","Resource":"arn:aws:iam::12345678901?:user/*""#), Allowed),
        ("an ARN with parts left out", allow(r#""Action":"*","Resource":"arn:aws:iam""#), Allowed),
        (
            "a list of addresses, negated, without an address",
            deny(
                r#""Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]}}"#,
            ),
            ExplicitlyDenied,
        ),
    ];
    assert_eq!(table.len(), 17);
    for (what, statements, expected) in table {
        assert_eq!(decision(&[document(&statements)], "iam:GetUser", USER), expected, "{what}");
    }
}

#[test]
fn a_star_in_a_resource_stands_for_colons_and_slashes_too() {
    let stream = "arn:aws:logs:eu-west-1:123456789012:log-group:a:log-stream:b/c";
    for (pattern, expected) in [
        ("arn:aws:logs:*:*:log-group:*:b/?", Decision::Allowed),
        ("arn:aws:logs:*", Decision::Allowed),
        ("arn:aws:logs:eu-west-1", Decision::Allowed),
        ("arn:aws:logs:eu-west", Decision::ImplicitlyDenied),
    ] {
        let allow = document(&format!(r#"{{"Effect":"Allow","Action":"*","Resource":"{pattern}"}}"#));
        assert_eq!(decision(&[allow], "logs:GetLogEvents", stream), expected, "{pattern}");
    }
}

#[test]
fn variables_are_plain_text_without_the_version_of_2012() {
    let statement =
        r#""Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::123456789012:user/${aws:username}"}}"#;
    for (version, expected) in [
        (r#""Version":"2012-10-17","#, Decision::Allowed),
        (r#""Version":"2008-10-17","#, Decision::ImplicitlyDenied),
        ("", Decision::ImplicitlyDenied),
    ] {
        let document = Document::parse(&format!("{{{version}{statement}")).unwrap();
        assert_eq!(decision(&[document], "iam:GetUser", USER), expected, "{version}");
    }
    let star = Document::parse(r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::a${*}b"}}"#);
    assert_eq!(decision(&[star.unwrap()], "s3:GetObject", "arn:aws:s3:::a${anything}b"), Decision::Allowed);
}

#[test]
fn wildcards_that_a_value_brings_with_it_are_plain_characters() {
    let held = [document(r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::home/${aws:username}/*"}"#)];
    let decided = |user: &str, resource: &str| {
        let context = Context::default().with("aws:username", Fact::text(user));
        evaluate(&held, &Request { action: "s3:GetObject", resource, context: &context }).decision
    };
    assert_eq!(decided("scott", "arn:aws:s3:::home/scott/file"), Decision::Allowed);
    assert_eq!(decided("*", "arn:aws:s3:::home/scott/file"), Decision::ImplicitlyDenied);
    assert_eq!(decided("*", "arn:aws:s3:::home/*/file?"), Decision::Allowed);
    assert_eq!(decided("${x}", "arn:aws:s3:::home/${x}/file"), Decision::Allowed);
}

#[test]
fn what_cannot_be_told_neither_allows_nor_lifts_a_deny() {
    let condition = r#""Condition":{"Bool":{"aws:SecureTransport":"true"}}"#;
    let context = Context::default().with("aws:SecureTransport", Fact::text("maybe"));
    let request = Request { action: "s3:GetObject", resource: "*", context: &context };
    let allow = document(&format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*",{condition}}}"#));
    let deny = document(&format!(r#"{ALLOW_ALL},{{"Effect":"Deny","Action":"*","Resource":"*",{condition}}}"#));
    assert_eq!(evaluate([&allow], &request).decision, Decision::ImplicitlyDenied);
    assert_eq!(evaluate([&deny], &request).decision, Decision::ExplicitlyDenied);
}

#[test]
fn two_calls_need_no_permission_and_cannot_be_denied() {
    let deny = [document(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#)];
    for action in ["sts:GetCallerIdentity", "STS:getsessiontoken"] {
        assert_eq!(decision(&deny, action, "*"), Decision::Allowed, "{action}");
        assert_eq!(decision(&[], action, "*"), Decision::Allowed, "{action}");
    }
    assert_eq!(decision(&deny, "sts:GetFederationToken", "*"), Decision::ExplicitlyDenied);
}

#[test]
fn a_boundary_must_allow_as_well_and_its_deny_counts() {
    let all = document(ALLOW_ALL);
    let only_s3 = document(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    let no_s3 = document(r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#);
    let context = Context::default();
    let within = |held: &Document, boundary: Option<&Document>, action| {
        evaluate_within([held], boundary, &Request { action, resource: "*", context: &context })
    };
    assert_eq!(within(&all, None, "ec2:RunInstances").decision, Decision::Allowed);
    assert_eq!(within(&all, Some(&only_s3), "s3:GetObject").decision, Decision::Allowed);
    assert_eq!(within(&all, Some(&only_s3), "ec2:RunInstances").decision, Decision::ImplicitlyDenied);
    assert_eq!(within(&only_s3, Some(&all), "ec2:RunInstances").decision, Decision::ImplicitlyDenied);
    assert_eq!(within(&no_s3, Some(&all), "s3:GetObject").decision, Decision::ExplicitlyDenied);
    let by_boundary = within(&all, Some(&no_s3), "s3:GetObject");
    assert_eq!(by_boundary.decision, Decision::ExplicitlyDenied);
    assert_eq!(by_boundary.by, [Deciding { document: 1, statement: 0 }]);
    let by_both = within(&no_s3, Some(&no_s3), "s3:GetObject");
    assert_eq!(by_both.by.len(), 2);
}

/// Enrolment by oneself, everything else only with MFA; with `Bool` instead of `BoolIfExists` where `operator` says so.
fn mfa_policy(operator: &str) -> Document {
    document(&format!(
        r#"{{"Effect":"Allow","Action":["iam:ListVirtualMFADevices","iam:CreateVirtualMFADevice"],"Resource":"*"}},
        {{"Effect":"Allow","Action":["iam:EnableMFADevice","iam:ListMFADevices","iam:GetUser"],
          "Resource":["arn:aws:iam::*:user/${{aws:username}}","arn:aws:iam::*:user/*/${{aws:username}}"]}},
        {{"Effect":"Allow","Action":"iam:DeactivateMFADevice","Resource":"arn:aws:iam::*:user/${{aws:username}}",
          "Condition":{{"Bool":{{"aws:MultiFactorAuthPresent":"true"}}}}}},
        {{"Effect":"Deny","NotAction":["iam:ListVirtualMFADevices","iam:CreateVirtualMFADevice","iam:EnableMFADevice",
          "iam:ListMFADevices","iam:GetUser","sts:GetSessionToken"],"Resource":"*",
          "Condition":{{"{operator}":{{"aws:MultiFactorAuthPresent":"false"}}}}}}"#
    ))
}

/// The three kinds of session, in this order: console without MFA, long-term key, with MFA. A allowed, D denied,
/// - not allowed.
fn sessions(documents: &[Document], action: &str, resource: &str) -> String {
    let present = "aws:MultiFactorAuthPresent";
    let sessions = [session().with(present, Fact::Bool(false)), session(), session().with(present, Fact::Bool(true))];
    let letters =
        sessions.iter().map(|context| match evaluate(documents, &Request { action, resource, context }).decision {
            Decision::Allowed => 'A',
            Decision::ExplicitlyDenied => 'D',
            Decision::ImplicitlyDenied => '-',
        });
    letters.collect()
}

#[test]
fn an_mfa_policy_works_for_each_kind_of_session() {
    let held = [mfa_policy("BoolIfExists"), document(r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#)];
    let tiger = "arn:aws:iam::123456789012:user/tiger";
    let table = [
        ("iam:ListVirtualMFADevices", "*", "AAA"),
        ("iam:CreateVirtualMFADevice", "arn:aws:iam::123456789012:mfa/any", "AAA"),
        ("iam:EnableMFADevice", USER, "AAA"),
        ("iam:EnableMFADevice", "arn:aws:iam::123456789012:user/staff/scott", "AAA"),
        ("iam:EnableMFADevice", tiger, "---"),
        ("iam:GetUser", USER, "AAA"),
        ("iam:GetMFADevice", USER, "DD-"),
        ("iam:DeactivateMFADevice", USER, "DDA"),
        ("iam:DeactivateMFADevice", tiger, "DD-"),
        ("iam:DeleteVirtualMFADevice", "arn:aws:iam::123456789012:mfa/scott", "DD-"),
        ("iam:ChangePassword", USER, "DD-"),
        ("iam:ListUsers", "*", "DD-"),
        ("sts:GetSessionToken", "*", "AAA"),
        ("ec2:DescribeInstances", "*", "DDA"),
    ];
    for (action, resource, expected) in table {
        assert_eq!(sessions(&held, action, resource), expected, "{action} on {resource}");
    }
    let with_admin = [mfa_policy("BoolIfExists"), document(ALLOW_ALL)];
    assert_eq!(sessions(&with_admin, "iam:EnableMFADevice", tiger), "AAA", "an administrator's key enrols for others");
    let without_if_exists = [mfa_policy("Bool"), document(ALLOW_ALL)];
    assert_eq!(sessions(&without_if_exists, "ec2:RunInstances", "*"), "DAA", "a long-term key slips through Bool");
}

#[test]
fn addresses_are_denied_from_elsewhere_and_over_endpoints() {
    let held = [
        document(ALLOW_ALL),
        document(
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{
                "NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]},"Bool":{"aws:ViaAWSService":"false"}}}"#,
        ),
    ];
    let base = || session().with("aws:ViaAWSService", Fact::Bool(false));
    let from = |address: &str| base().with("aws:SourceIp", Fact::Address(address.parse().unwrap()));
    let table = [
        (from("203.0.113.9"), Decision::Allowed),
        (from("198.51.100.9"), Decision::ExplicitlyDenied),
        (from("2001:db8::1"), Decision::ExplicitlyDenied),
        (from("198.51.100.9").with("aws:viaawsservice", Fact::Bool(true)), Decision::Allowed),
        (base(), Decision::ExplicitlyDenied),
    ];
    for (context, expected) in table {
        let request = Request { action: "s3:GetObject", resource: "*", context: &context };
        assert_eq!(evaluate(&held, &request).decision, expected, "{context:?}");
    }
}

/// The quick way and the plain one, for every action pattern of one document and every action of some services.
#[test]
fn looking_only_at_the_patterns_of_a_service_misses_none() {
    let patterns = r#"["*:x","s3:*"]"#;
    assert!(
        Document::parse(&format!(r#"{{"Statement":{{"Effect":"Allow","Action":{patterns},"Resource":"*"}}}}"#))
            .is_err()
    );
    let tables =
        [r#"["ec2:Stop*","s3:Get*","s3-object-lambda:*","s:*","s3:PutObject","iam:?et*"]"#, r#""*""#, r#"["a:*"]"#];
    let actions =
        ["s3:getobject", "s3:putobject", "s3:deleteobject", "s3-object-lambda:x", "s3", "iam:getuser", "ec2:stop", "*"];
    for patterns in tables {
        for element in ["Action", "NotAction"] {
            let document = document(&format!(r#"{{"Effect":"Allow","{element}":{patterns},"Resource":"*"}}"#));
            let cover = &document.statements().next().unwrap().actions;
            for action in actions {
                assert_eq!(cover.includes_action(action), cover.includes(action), "{element} {patterns} {action}");
            }
        }
    }
}
