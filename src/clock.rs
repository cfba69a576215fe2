//! The time of day, read in one place so that everything else takes it as an argument.

/// Now.
#[must_use]
#[allow(clippy::disallowed_methods)] // the one place that reads the clock
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Today, in UTC.
#[must_use]
pub fn today() -> jiff::civil::Date {
    now().to_zoned(jiff::tz::TimeZone::UTC).date()
}
