//! Where our evaluator and the oracle differ on purpose. Each exception has a name, a source, and the oracle's reading:
//! documents rewritten so that they say in AWS's terms what the oracle takes them to say. A difference is explained when
//! we agree with the oracle on the rewritten documents.

use iamatrix::policy::context::{Context, Fact};
use iamatrix::policy::pattern;
use serde_json::{Value, json};

use super::case::Case;
use Reading::{Action, Rewritten};

/// A reason to differ.
pub struct Exception {
    pub name: &'static str,
    /// What AWS documents, and where.
    pub source: &'static str,
    pub reading: Reading,
}

/// How the oracle reads.
pub enum Reading {
    /// It reads a document as if it had been rewritten so.
    Rewritten(fn(&Case, &mut Value)),
    /// It does not know that this action is special.
    Action(&'static str),
}

pub const EXCEPTIONS: [Exception; 10] = [
    Exception {
        name: "variables need version 2012-10-17",
        source: "IAM user guide, policy variables, Introduction: without that version they are literal text",
        reading: Rewritten(|_, document| document["Version"] = "2012-10-17".into()),
    },
    Exception {
        name: "inverted operators match a variable without value",
        source: "IAM user guide, policy variables, Policy variables with no value",
        reading: Rewritten(|case, document| {
            remove_statements(document, |statement| {
                tests(statement).iter().any(|(operator, _, values)| {
                    operator.contains("Not") && values.iter().any(|value| lacks_a_value(value, &case.context))
                })
            });
        }),
    },
    Exception {
        name: "a resource with a variable without value excepts nothing",
        source: "IAM user guide, policy variables, Policy variables with no value: it matches no resource",
        reading: Rewritten(|case, document| {
            remove_statements(document, |statement| {
                texts(&statement["NotResource"]).iter().any(|text| {
                    lacks_a_value(text, &case.context) && pattern::matches(&any_last_part(text), &case.resource)
                })
            });
        }),
    },
    Exception {
        name: "IfExists holds for an absent key under ForAnyValue, too",
        source: "IAM user guide, condition operators, IfExists: any operator but Null; an absent key makes it true",
        reading: Rewritten(|_, document| {
            rename_operators(document, |operator| match operator.strip_suffix("IfExists") {
                Some(bare) if bare.starts_with("ForAnyValue:") => bare.to_owned(),
                _ => operator.to_owned(),
            });
        }),
    },
    Exception {
        name: "${*} is a star outside of patterns, too",
        source: "IAM user guide, policy variables, Special characters: in any string where variables can be used",
        reading: Rewritten(|_, document| {
            rewrite_values(document, |operator, value| {
                let compares_whole = operator.contains("StringEquals") || operator.contains("StringNotEquals");
                let misread = compares_whole && ["${*}", "${?}", "${$}"].iter().any(|escape| value.contains(escape));
                if misread { "(never)".to_owned() } else { value.to_owned() }
            });
        }),
    },
    Exception {
        name: "seconds since 1970 are a date",
        source: "IAM user guide, condition operators, Date: ISO 8601 or epoch (UNIX) time",
        reading: Rewritten(|_, document| {
            rewrite_values(document, |operator, value| {
                let seconds = operator.contains("Date") && value.bytes().all(|b| b.is_ascii_digit());
                if seconds { "1970-01-21T00:00:00Z".to_owned() } else { value.to_owned() }
            });
        }),
    },
    Exception {
        name: "0.0.0.0/0 is every IPv4 address",
        source: "IAM user guide, condition operators, IP address: the standard CIDR format",
        reading: Rewritten(|_, document| {
            rewrite_values(document, |_, value| value.replace("0.0.0.0/0", "255.255.255.255/32"));
        }),
    },
    Exception {
        name: "no IPv6 address is in a network of one IPv4 address",
        source: "IAM user guide, condition operators, IP address: without a prefix, /32 is meant",
        reading: Rewritten(|case, document| {
            let from = case.context.get("aws:SourceIp").and_then(Fact::as_text);
            remove_statements(document, |statement| {
                let alone = |value: &String| value.parse::<std::net::Ipv4Addr>().is_ok();
                from.as_ref().is_some_and(|from| from.contains(':'))
                    && tests(statement)
                        .iter()
                        .any(|(operator, _, values)| operator.contains("NotIpAddress") && values.iter().any(alone))
            });
        }),
    },
    Exception {
        name: "sts:GetSessionToken needs no permission",
        source: "IAM user guide, permissions for GetSessionToken: a policy has no effect on it",
        reading: Action("sts:GetSessionToken"),
    },
    Exception {
        name: "the resource type may have a wildcard",
        source: "IAM user guide, Resource: wildcards in every segment, and a star also stands for slashes; AWS's own \
                 AmazonEC2SpotFleetTaggingRole grants on arn:aws:elasticloadbalancing:*:*:*/*",
        reading: Rewritten(|_, document| {
            for_statements(document, |statement| {
                for element in ["Resource", "NotResource"] {
                    let kept = texts(&statement[element]).into_iter().filter(|text| !has_open_type(text));
                    let kept: Vec<String> = kept.chain([String::from("arn:aws:none:::none")]).collect();
                    if statement.get(element).is_some() {
                        statement[element] = json!(kept);
                    }
                }
            });
        }),
    },
];

/// Which exception explains that we said something else than the oracle, if not all of them together.
pub fn explaining(case: &Case, theirs: &str) -> Option<&'static str> {
    let special = |exception: &&Exception| matches!(exception.reading, Action(action) if action == case.action);
    if let Some(exception) = EXCEPTIONS.iter().find(special) {
        return Some(exception.name);
    }
    let single = EXCEPTIONS.iter().find(|exception| read(case, std::slice::from_ref(exception)) == theirs);
    single.map(|exception| exception.name).or_else(|| (read(case, &EXCEPTIONS) == theirs).then_some("several together"))
}

/// What we say to the case as the oracle reads it.
fn read(case: &Case, exceptions: &[Exception]) -> &'static str {
    case.ours_as(&|text| {
        let mut document: Value = serde_json::from_str(text).unwrap();
        for exception in exceptions {
            if let Rewritten(rewrite) = exception.reading {
                rewrite(case, &mut document);
            }
        }
        document.to_string()
    })
}

fn for_statements(document: &mut Value, mut change: impl FnMut(&mut Value)) {
    match &mut document["Statement"] {
        Value::Array(statements) => statements.iter_mut().for_each(change),
        statement => change(statement),
    }
}

/// A statement that never applies, in place of each that is meant.
fn remove_statements(document: &mut Value, is_meant: impl Fn(&Value) -> bool) {
    for_statements(document, |statement| {
        if is_meant(statement) {
            *statement = json!({ "Effect": "Allow", "Action": "none:None", "Resource": "*" });
        }
    });
}

fn rename_operators(document: &mut Value, name: impl Fn(&str) -> String) {
    for_statements(document, |statement| {
        let Some(conditions) = statement.get_mut("Condition").and_then(Value::as_object_mut) else { return };
        *conditions = std::mem::take(conditions).into_iter().map(|(key, value)| (name(&key), value)).collect();
    });
}

fn rewrite_values(document: &mut Value, change: impl Fn(&str, &str) -> String) {
    for_statements(document, |statement| {
        let Some(conditions) = statement.get_mut("Condition").and_then(Value::as_object_mut) else { return };
        for (operator, tests) in conditions {
            for values in tests.as_object_mut().unwrap().values_mut() {
                *values = texts(values).iter().map(|value| change(operator, value)).collect();
            }
        }
    });
}

/// Operator, key and values of each test.
fn tests(statement: &Value) -> Vec<(String, String, Vec<String>)> {
    let conditions = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let tests = conditions.flat_map(|(operator, tests)| {
        let keys = tests.as_object().into_iter().flatten();
        keys.map(move |(key, values)| (operator.clone(), key.clone(), texts(values)))
    });
    tests.collect()
}

/// A list of texts, or a text alone; numbers and truth values as text.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null | Value::Object(_) => Vec::new(),
        scalar => vec![scalar.to_string()],
    }
}

/// Whether a variable without a default has no single value in the request.
fn lacks_a_value(text: &str, context: &Context) -> bool {
    variables(text).any(|name| {
        !["*", "?", "$"].contains(&name)
            && !name.contains(',')
            && context.get(name).is_none_or(|fact| fact.as_text().is_none())
    })
}

fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// The pattern with whatever behind the account.
fn any_last_part(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').take(5).collect();
    format!("{}:*", parts.join(":"))
}

/// Whether what stands before the first slash or colon of an ARN's last part has a wildcard, and more follows.
fn has_open_type(arn: &str) -> bool {
    let last = arn.splitn(6, ':').nth(5).unwrap_or_default();
    last.find(['/', ':']).is_some_and(|end| last[..end].contains(['*', '?']))
}
