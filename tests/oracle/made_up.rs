//! Policies made up from small vocabularies, so that everything often nearly matches: all operators, variables,
//! `Not…` elements, versions.

use fastrand::Rng;
use iamatrix::policy::context::{Context, Fact};
use serde_json::{Map, Value, json};

use super::case::Case;

const ACTIONS: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:PutObject",
    "iam:EnableMFADevice",
    "iam:GetUser",
    "ec2:StopInstances",
    "ec2:TerminateInstances",
];

const ACTION_PATTERNS: [&str; 12] = [
    "*",
    "s3:*",
    "S3:get*",
    "s3:GetObject",
    "s3:?etObject",
    "iam:*MFA*",
    "iam:Get*",
    "ec2:*",
    "ec2:StopInstances",
    "EC2:*instances",
    "ec2:Stop?nstances",
    "s3:*Object*g",
];

const RESOURCES: [&str; 8] = [
    "arn:aws:s3:::bucket/scott/file.txt",
    "arn:aws:s3:::bucket/Scott/file.txt",
    "arn:aws:s3:::other/a?b",
    "arn:aws:iam::123456789012:user/scott",
    "arn:aws:iam::123456789012:user/staff/scott",
    "arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-2",
    "arn:aws:s3:::bucket/team-red/x",
];

/// With parts left out; the oracle has a reading of its own for them in `NotResource`.
const SHORT_RESOURCES: [&str; 2] = ["arn:aws:ec2:*", "arn:aws:s3"];

const RESOURCE_PATTERNS: [&str; 15] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::bucket/${aws:username}/*",
    "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::bucket/team-${aws:PrincipalTag/team, 'red'}/x",
    "arn:aws:s3:::other/a${?}b",
    "arn:aws:s3:::other/a*b",
    "arn:aws:iam::123456789012:user/${aws:username}",
    "arn:aws:iam::*:user/*/${aws:username}",
    "arn:aws:iam::123456789012:user/scot?",
    "arn:aws:ec2:*:123456789012:instance/*",
    "arn:aws:ec2:eu-*:*:instance/i-?",
    "arn:*:ec2:us-east-1:123456789012:*",
    "arn:aws:ec2:eu-west-1:123456789012:instance/${aws:userid}",
];

/// A condition key with what it may be in a request and what policies compare it with.
struct Key {
    name: &'static str,
    operators: &'static [&'static str],
    facts: fn(&mut Rng) -> Fact,
    values: &'static [&'static str],
}

const TEXT: [&str; 6] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
];

const KEYS: [Key; 9] = [
    Key {
        name: "aws:PrincipalTag/team",
        operators: &TEXT,
        facts: |rng| Fact::text(*pick(rng, &["red", "Red", "blue", "re*"])),
        values: &[
            "red",
            "blue",
            "r*",
            "?ed",
            "RED",
            "re${*}",
            "${aws:username}",
            "${aws:userid, 'red'}",
            "${aws:userid}",
        ],
    },
    Key {
        name: "aws:MultiFactorAuthPresent",
        operators: &["Bool", "Null"],
        facts: |rng| Fact::Bool(rng.bool()),
        values: &["true", "false", "TRUE"],
    },
    Key {
        name: "aws:SourceIp",
        operators: &["IpAddress", "NotIpAddress", "Null"],
        facts: |rng| Fact::Address(pick(rng, &["203.0.113.7", "198.51.100.9", "2001:db8::1"]).parse().unwrap()),
        values: &["203.0.113.0/24", "198.51.100.9", "0.0.0.0/0", "2001:db8::/32", "::/0", "203.0.113.7/32"],
    },
    Key {
        name: "aws:CurrentTime",
        operators: &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        facts: |rng| Fact::Time(pick(rng, &["2026-01-01T00:00:00Z", "2026-06-01T12:30:00Z"]).parse().unwrap()),
        values: &["2026-01-01T00:00:00Z", "2026-03-01", "2026-06-01T12:30:00Z", "1767225600", "2027-01-01T00:00:00Z"],
    },
    Key {
        name: "aws:MultiFactorAuthAge",
        operators: &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
            "Null",
        ],
        facts: |rng| Fact::Number(*pick(rng, &[0.0, 300.0, 3600.0, 1.5])),
        values: &["300", "3600", "0", "1.5", "-1"],
    },
    Key {
        name: "aws:SourceArn",
        operators: &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        facts: |rng| {
            Fact::Arn(
                (*pick(
                    rng,
                    &[
                        "arn:aws:sns:us-east-1:123456789012:topic",
                        "arn:aws:sns:eu-west-1:123456789012:a:b",
                        "arn:aws:s3:::bucket",
                    ],
                ))
                .to_owned(),
            )
        },
        values: &[
            "arn:aws:sns:us-east-1:123456789012:topic",
            "arn:aws:sns:*:123456789012:*",
            "arn:aws:s*:::bucket",
            "arn:*:*:*:*:*",
            "arn:aws:sns:us-east-?:*:${aws:username, 'topic'}",
        ],
    },
    Key {
        name: "aws:TagKeys",
        operators: &TEXT,
        facts: |rng| {
            Fact::List(
                ["red", "blue", "Red", "owner"].iter().filter(|_| rng.bool()).map(|text| Fact::text(*text)).collect(),
            )
        },
        values: &["red", "blue", "r*", "RED", "?????"],
    },
    Key {
        name: "s3:prefix",
        operators: &["StringLike", "StringNotLike", "StringEquals", "Null"],
        facts: |rng| Fact::text(*pick(rng, &["home/scott/", "home/", "", "home/tiger/x"])),
        values: &["home/${aws:username}/*", "home/*", "", "home/?cott/", "home/${aws:userid}/*"],
    },
    Key {
        name: "ec2:Digest",
        operators: &["BinaryEquals"],
        facts: |rng| Fact::Binary(pick(rng, &[b"one".as_slice(), b"two".as_slice()]).to_vec()),
        values: &["b25l", "dHdv"],
    },
];

fn pick<'t, T>(rng: &mut Rng, items: &'t [T]) -> &'t T {
    &items[rng.usize(..items.len())]
}

fn some<'t>(rng: &mut Rng, items: &[&'t str], most: usize) -> Vec<&'t str> {
    (0..=rng.usize(..most)).map(|_| *pick(rng, items)).collect()
}

/// One of the cases, the same for the same state of `rng`.
pub fn case(rng: &mut Rng) -> Case {
    let policies = (0..=rng.usize(..2)).map(|_| policy(rng)).collect();
    let boundary = (rng.u8(..8) == 0).then(|| policy(rng));
    Case {
        policies,
        boundary,
        action: (*pick(rng, &ACTIONS)).to_owned(),
        resource: (*pick(rng, &RESOURCES)).to_owned(),
        context: context(rng),
    }
}

/// An action without a resource, denied by a policy.
pub fn denied(action: &str) -> Case {
    let policy = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*" } });
    Case {
        policies: vec![policy.to_string()],
        boundary: None,
        action: action.to_owned(),
        resource: "*".to_owned(),
        context: Context::default(),
    }
}

fn context(rng: &mut Rng) -> Context {
    let mut context = Context::default();
    if rng.u8(..8) > 0 {
        context = context.with("aws:username", Fact::text("scott"));
    }
    for key in &KEYS {
        if rng.u8(..3) > 0 {
            let fact = (key.facts)(rng);
            // The oracle has no words for a key that is there and has no values.
            if fact != Fact::List(Vec::new()) {
                context = context.with(key.name, fact);
            }
        }
    }
    context
}

fn policy(rng: &mut Rng) -> String {
    let statements: Vec<Value> = (0..=rng.usize(..4)).map(|_| statement(rng)).collect();
    let mut document = Map::new();
    match rng.u8(..12) {
        0 => {}
        1 => drop(document.insert("Version".into(), "2008-10-17".into())),
        _ => drop(document.insert("Version".into(), "2012-10-17".into())),
    }
    document.insert("Statement".into(), statements.into());
    Value::Object(document).to_string()
}

fn statement(rng: &mut Rng) -> Value {
    let effect = if rng.u8(..3) == 0 { "Deny" } else { "Allow" };
    let action = if rng.u8(..5) == 0 { "NotAction" } else { "Action" };
    let resource = if rng.u8(..6) == 0 { "NotResource" } else { "Resource" };
    let actions = some(rng, &ACTION_PATTERNS, 3);
    let resources = match rng.u8(..8) {
        0..4 => vec!["*"],
        4 if resource == "Resource" => some(rng, &SHORT_RESOURCES, 2),
        _ => some(rng, &RESOURCE_PATTERNS, 3),
    };
    let mut statement = json!({ "Effect": effect, action: actions, resource: resources });
    if rng.u8(..3) > 0 {
        statement["Condition"] = conditions(rng);
    }
    statement
}

fn conditions(rng: &mut Rng) -> Value {
    let mut conditions = Map::new();
    for _ in 0..=rng.usize(..2) {
        let key = pick(rng, &KEYS);
        let mut operator = (*pick(rng, key.operators)).to_owned();
        if operator == "Null" {
            let values: Vec<&str> = some(rng, &["true", "false"], 2);
            conditions.insert(operator, json!({ key.name: values }));
            continue;
        }
        if rng.u8(..4) == 0 {
            operator.push_str("IfExists");
        }
        let is_list = key.name == "aws:TagKeys";
        if is_list || rng.u8(..10) == 0 {
            let set = *pick(rng, &["ForAllValues:", "ForAnyValue:"]);
            operator.insert_str(0, set);
        }
        let values = some(rng, key.values, 3);
        conditions.insert(operator, json!({ key.name: values }));
    }
    Value::Object(conditions)
}
