//! A length of time as people write it.

use std::{fmt, time::Duration};

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Nothing that IAM does on request takes longer.
const LONGEST: Duration = Duration::from_hours(1);

/// A length of time with its unit, such as `500ms` or `2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span(pub Duration);

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.parse::<SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
        let fitting = parsed.filter(|span| *span <= LONGEST);
        fitting.map(Self).ok_or_else(|| {
            format!("`{text}` is no time from 0s to 1h; write a number with its unit, such as 500ms or 2s")
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl de::Visitor<'_> for Written {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time with its unit, such as \"500ms\" or \"2s\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_its_unit_and_shown_the_same_way() {
        for (text, millis) in [("500ms", 500), ("2s", 2_000), ("1m 30s", 90_000), ("0s", 0), ("1h", 3_600_000)] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0, Duration::from_millis(millis));
            assert_eq!(span.to_string().parse(), Ok(span));
        }
        assert_eq!("2s".parse::<Span>().unwrap().to_string(), "2s");
    }

    #[test]
    fn what_is_no_time_is_refused_with_an_example() {
        for text in ["2", "", "-1s", "soon", "2h"] {
            assert!(text.parse::<Span>().unwrap_err().contains("such as 500ms or 2s"), "{text}");
        }
        let error = serde_json::from_str::<Span>("2").unwrap_err().to_string();
        assert!(error.contains("integer `2`, expected a time with its unit"), "{error}");
    }
}
