//! Single comparisons of a condition: one value of the request with one of the document, by type.
//!
//! A value that cannot be read as the operator's type makes the comparison [`Answer::Unknown`]: no Allow is granted
//! and no Deny is skipped because of it. Must not: know about absent keys or lists.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::context::Fact;
use super::operator::Test;
use super::variable::Filled;

/// Whether something holds, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It cannot be told: an Allow does not apply, a Deny does.
    Unknown,
}

impl Answer {
    /// Both must hold.
    pub fn and(self, other: Answer) -> Answer {
        match (self, other) {
            (Answer::No, _) | (_, Answer::No) => Answer::No,
            (Answer::Yes, Answer::Yes) => Answer::Yes,
            _ => Answer::Unknown,
        }
    }

    /// The opposite; what cannot be told stays so.
    pub fn not(self) -> Answer {
        match self {
            Answer::Yes => Answer::No,
            Answer::No => Answer::Yes,
            Answer::Unknown => Answer::Unknown,
        }
    }

    /// Whether all hold. Yes when there are none.
    pub fn all(answers: impl IntoIterator<Item = Answer>) -> Answer {
        answers.into_iter().fold(Answer::Yes, Answer::and)
    }

    /// Whether one holds. No when there are none.
    pub fn any(answers: impl IntoIterator<Item = Answer>) -> Answer {
        Answer::all(answers.into_iter().map(Answer::not)).not()
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Answer::Yes } else { Answer::No }
    }
}

impl From<Option<bool>> for Answer {
    fn from(holds: Option<bool>) -> Self {
        holds.map_or(Answer::Unknown, Answer::from)
    }
}

/// Whether a value of the request fits one of the document.
pub fn fits(test: Test, fact: &Fact, wanted: &Filled<'_>) -> Answer {
    let plain = wanted.plain();
    match test {
        Test::Text => text(fact, |found| found == plain),
        Test::TextIgnoringCase => text(fact, |found| found.to_lowercase() == plain.to_lowercase()),
        Test::TextPattern => text(fact, |found| wanted.matches(found)),
        Test::Number(order) => number(fact).zip(read_number(&plain)).map(|(a, b)| order.holds(a.total_cmp(&b))).into(),
        Test::Time(order) => time(fact).zip(read_time(&plain)).map(|(a, b)| order.holds(a.cmp(&b))).into(),
        Test::Bool => truth(fact).zip(read_truth(&plain)).map(|(a, b)| a == b).into(),
        Test::Binary => bytes(fact).zip(read_bytes(&plain)).map(|(a, b)| a == b).into(),
        Test::Address => address(fact).zip(read_network(&plain)).map(|(a, b)| b.contains(&a)).into(),
        Test::Arn => arn(fact, wanted),
        // Told by the key's presence, before any value is looked at.
        Test::Null => Answer::Unknown,
    }
}

/// Whether a value without variables can be read as what the test compares. Any value is text.
pub fn is_of_type(test: Test, value: &str) -> bool {
    match test {
        Test::Text | Test::TextIgnoringCase | Test::TextPattern => true,
        Test::Number(_) => read_number(value).is_some(),
        Test::Time(_) => read_time(value).is_some(),
        Test::Bool | Test::Null => read_truth(value).is_some(),
        Test::Binary => read_bytes(value).is_some(),
        Test::Address => read_network(value).is_some(),
        Test::Arn => value.splitn(6, ':').count() == 6,
    }
}

fn text(fact: &Fact, compare: impl Fn(&str) -> bool) -> Answer {
    fact.as_text().map(|found| compare(&found)).into()
}

fn number(fact: &Fact) -> Option<f64> {
    match fact {
        Fact::Number(number) => Some(*number).filter(|number| !number.is_nan()),
        Fact::Text(text) => read_number(text),
        _ => None,
    }
}

/// A decimal number; neither `NaN` nor infinity are numbers here. `-0` is `0`.
fn read_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_decimal = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    text.parse::<f64>().ok().filter(|number| is_decimal && number.is_finite()).map(|number| number + 0.0)
}

fn truth(fact: &Fact) -> Option<bool> {
    match fact {
        Fact::Bool(flag) => Some(*flag),
        Fact::Text(text) => read_truth(text),
        _ => None,
    }
}

/// `true` or `false`, in any case.
pub fn read_truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn bytes(fact: &Fact) -> Option<Vec<u8>> {
    match fact {
        Fact::Binary(bytes) => Some(bytes.clone()),
        Fact::Text(text) => read_bytes(text),
        _ => None,
    }
}

fn read_bytes(text: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64.decode(text.as_bytes()).ok()
}

fn address(fact: &Fact) -> Option<IpAddr> {
    match fact {
        Fact::Address(address) => Some(*address),
        Fact::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// A network; an address alone is a network of one.
pub fn read_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn time(fact: &Fact) -> Option<Timestamp> {
    match fact {
        Fact::Time(time) => Some(*time),
        Fact::Text(text) => read_time(text),
        // Seconds since 1970 (`aws:EpochTime`).
        Fact::Number(_) => read_time(&fact.as_text()?),
        _ => None,
    }
}

/// A moment in one of the forms of ISO 8601 that the W3C names, with UTC where no zone is written, or in seconds since
/// 1970. Parts left out are the first of their kind: `2026-03` is midnight of 1 March.
pub fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        // Four digits are a year.
        return if text.len() == 4 { midnight(text) } else { Timestamp::from_second(seconds).ok() };
    }
    let Some((day, clock)) = text.split_once(['T', 't']) else { return midnight(text) };
    let zone = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(zone)?;
    let seconds = match clock.matches(':').count() {
        0 => ":00:00",
        1 => ":00",
        _ => "",
    };
    let zone = if zone.is_empty() { "Z" } else { zone };
    format!("{day}T{clock}{seconds}{zone}").parse().ok()
}

fn midnight(day: &str) -> Option<Timestamp> {
    let missing = match day.matches('-').count() {
        0 => "-01-01",
        1 => "-01",
        _ => "",
    };
    let date: Date = format!("{day}{missing}").parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// ARNs are compared in their six parts (IAM user guide, ARN condition operators).
fn arn(fact: &Fact, wanted: &Filled<'_>) -> Answer {
    let Some(found) = fact.as_text() else { return Answer::Unknown };
    let found: Vec<&str> = found.splitn(6, ':').collect();
    let wanted = wanted.arn_parts();
    if wanted.len() != 6 {
        return Answer::Unknown;
    }
    (found.len() == 6 && wanted.iter().zip(found).all(|(wanted, found)| wanted.matches(found))).into()
}
