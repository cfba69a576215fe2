//! Dates as conditions may write them: ISO 8601 with parts left out, or seconds since 1970.

use std::ops::RangeInclusive;

/// The years that IAM's clock can count.
const YEARS: RangeInclusive<i64> = -292_275_054..=292_278_993;

/// Whether a text is a date; one with a policy variable may be.
pub fn is_date(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    if text.contains("${") {
        true
    } else if text.contains(['t', '-']) {
        let (day, time) = text.split_once('t').unwrap_or((&text, ""));
        is_day(day) && (time.is_empty() || is_time(time))
    } else {
        is_within(&text, &(0..=i64::MAX))
    }
}

fn is_within(text: &str, range: &RangeInclusive<i64>) -> bool {
    text.parse().is_ok_and(|number| range.contains(&number))
}

/// A year, a month, a day; a year may be before the first.
fn is_day(text: &str) -> bool {
    let sign = usize::from(text.starts_with('-'));
    let end = text.get(sign..).and_then(|rest| rest.find('-')).map_or(text.len(), |at| sign + at);
    let (year, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let mut rest = rest.split('-').skip(1);
    let month_and_day = [rest.next(), rest.next()].into_iter().zip([1..=12, 1..=31]);
    is_within(year, &YEARS)
        && month_and_day.into_iter().all(|(part, range)| part.is_none_or(|part| is_within(part, &range)))
        && rest.next().is_none()
}

/// Hours, minutes, seconds with a fraction, a zone.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let [hours, minutes, seconds] = [parts.next(), parts.next(), parts.next()];
    hours.is_some_and(|hours| is_within(hours, &(0..=23)))
        && minutes.is_none_or(|minutes| is_within(minutes, &(0..=59)))
        && seconds.is_none_or(is_second)
}

fn is_second(text: &str) -> bool {
    let (seconds, zone) = match text.find(['z', '+', '-']) {
        Some(at) => text.split_at_checked(at).unwrap_or((text, "")),
        None => (text, ""),
    };
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    is_within(whole, &(0..=59)) && is_within(fraction, &(0..=999_999_999)) && is_zone(zone)
}

fn is_zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else {
        return ["", "z"].contains(&text);
    };
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
    let two = |text: &str, most| text.len() == 2 && is_within(text, &(0..=most));
    two(hours, 23) && two(minutes, 59)
}
