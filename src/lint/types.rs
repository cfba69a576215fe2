//! Conditions whose operator, key and value are not of one type.
//!
//! Sources: IAM user guide, "Condition operators"; IAM Access Analyzer policy check reference (type mismatch, invalid
//! value); the keys' types are those of the Service Authorization Reference. Must not: judge keys that AWS does not
//! document, that is V21.

use super::document::{Known, Subject};
use crate::catalog::actions::Kind;
use crate::diagnostic::Diagnostic;
use crate::policy::operator::{Operator, Test};
use crate::policy::value::is_of_type;
use crate::policy::{Effect, Element, Version, Written};

/// V23: an operator on addresses, and a key that holds another thing, or the other way round; and a value that the
/// operator cannot read. The condition then says nothing of what was meant: negated, it is met by everybody.
pub(super) fn mismatch(subject: &Subject<'_>, known: &Known, found: &mut Vec<Diagnostic>) {
    for written in subject.document.written() {
        for (name, keys) in &written.statement.conditions {
            let Some(operator) = Operator::named(name) else { continue };
            for (key, values) in keys {
                if let Some(holds) = other_type(operator.test, known, key) {
                    found.push(wrong_operator(subject, written, (name, key), holds));
                    continue;
                }
                let variables = subject.document.version() == Version::V2012;
                let unread = values.iter().filter(|value| !is_of_type(operator.test, value));
                let unread = unread.filter(|value| !(variables && value.contains("${")));
                found.extend(unread.map(|value| wrong_value(subject, written, operator.test, (name, value))));
            }
        }
    }
}

/// What a key holds, where that and the operator have nothing to do with each other. Text, numbers and moments are
/// compared with one another in ways that AWS does not tell, so only addresses are judged.
fn other_type(test: Test, known: &Known, key: &str) -> Option<&'static str> {
    let is_address = known.catalogue.key(key)?.kind == Kind::Address;
    match (test, is_address) {
        (Test::Null, _) | (Test::Address, true) => None,
        (_, true) => Some("an address"),
        (Test::Address, false) => Some("no address"),
        (_, false) => None,
    }
}

fn wrong_operator(subject: &Subject<'_>, written: &Written, (name, key): (&str, &str), holds: &str) -> Diagnostic {
    let spelled = |text| written.place.spelled(text);
    let message = format!("`{}` holds {holds}, which `{}` does not compare as one", spelled(key), spelled(name));
    let help = if holds == "an address" {
        "use IpAddress or NotIpAddress, which find addresses in networks"
    } else {
        "use an operator of the key's type; IpAddress and NotIpAddress are for keys such as aws:SourceIp"
    };
    graded(written, written.place.in_element(Element::Operator, name), message).on(subject.name).help(help)
}

fn wrong_value(subject: &Subject<'_>, written: &Written, test: Test, (name, value): (&str, &str)) -> Diagnostic {
    let message = format!("`{value}` is nothing that `{}` can compare with", written.place.spelled(name));
    let help = match test {
        Test::Bool | Test::Null => "write \"true\" or \"false\"",
        Test::Number(_) => "write a number in digits, such as \"3600\"",
        Test::Time(_) => "write a moment such as \"2027-06-30T00:00:00Z\", or seconds since 1970",
        Test::Address => "write a network such as 52.94.76.0/24 or 2600:1f00::/40, or a single address",
        Test::Binary => "write bytes in base64",
        Test::Arn => "write an ARN with its six parts, such as arn:aws:iam::*:role/deploy",
        Test::Text | Test::TextIgnoringCase | Test::TextPattern => "write text",
    };
    graded(written, written.place.in_element(Element::Value, value), message).on(subject.name).help(help)
}

/// A Deny may now be for everybody or for nobody; an Allow at most grants too little.
fn graded(written: &Written, place: &crate::located::Span, message: String) -> Diagnostic {
    match written.statement.effect {
        Effect::Deny => Diagnostic::error("V23", place, message),
        Effect::Allow => Diagnostic::warning("V23", place, message),
    }
}
