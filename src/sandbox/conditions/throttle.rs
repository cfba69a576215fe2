//! Throttling: a token bucket for each action, as IAM and STS have for each API.
//!
//! AWS publishes no numbers; whoever switches it on names them.

use std::{collections::BTreeMap, num::NonZeroU32};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::ActionName;
use crate::sandbox::error::{Code, Error};

/// How many calls of an action are let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Throttling {
    /// Calls of each action a second; none: only the actions named below are held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<NonZeroU32>,
    /// Calls that may come at once; as many as a second brings when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<NonZeroU32>,
    /// Actions with a rate of their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<ActionName, Rate>,
}

/// Reads throttling that throttles something: a burst says nothing without a rate.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Throttling>, D::Error> {
    let throttling = Option::<Throttling>::deserialize(deserializer)?;
    let lacks_rate = |it: &Throttling| it.per_second.is_none() && (it.burst.is_some() || it.actions.is_empty());
    if throttling.as_ref().is_some_and(lacks_rate) {
        return Err(de::Error::custom("throttling names no rate; write `perSecond`, with or without a `burst`"));
    }
    Ok(throttling)
}

/// The rate of one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    /// Calls a second.
    pub per_second: NonZeroU32,
    /// Calls that may come at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<NonZeroU32>,
}

impl Throttling {
    /// So many calls of each action a second.
    pub fn of_all(per_second: NonZeroU32) -> Self {
        Self { per_second: Some(per_second), burst: None, actions: BTreeMap::new() }
    }

    fn rate(&self, action: &str) -> Option<Rate> {
        let of = |wanted: &str| self.actions.iter().find(|(name, _)| name.0 == wanted).map(|(_, rate)| *rate);
        of(action)
            .or_else(|| of("*"))
            .or_else(|| self.per_second.map(|per_second| Rate { per_second, burst: self.burst }))
    }
}

/// The buckets, each made by the first call of its action.
#[derive(Debug, Default)]
pub struct Buckets(BTreeMap<String, Bucket>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Timestamp,
}

impl Buckets {
    /// Lets a call through, or refuses it.
    pub fn take(&mut self, throttling: &Throttling, action: &str, now: Timestamp) -> Result<(), Error> {
        let Some(rate) = throttling.rate(action) else { return Ok(()) };
        let size = f64::from(rate.burst.unwrap_or(rate.per_second).get());
        if !self.0.contains_key(action) {
            self.0.insert(action.to_owned(), Bucket { tokens: size, filled: now });
        }
        let Some(bucket) = self.0.get_mut(action) else { return Ok(()) };
        let passed = now.duration_since(bucket.filled).as_secs_f64().max(0.0);
        bucket.tokens = (bucket.tokens + passed * f64::from(rate.per_second.get())).min(size);
        bucket.filled = bucket.filled.max(now);
        if bucket.tokens < 1.0 {
            return Err(Error::new(Code::Throttling, "Rate exceeded"));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap()
    }

    fn throttling(json: &str) -> Throttling {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn throttling_without_a_rate_is_refused() {
        use crate::sandbox::Conditions;
        for text in ["throttling: {}", "throttling: { burst: 2 }"] {
            let error = Conditions::from_yaml(text).unwrap_err().to_string();
            assert!(error.contains("write `perSecond`"), "{error}");
        }
        let own = "throttling: { actions: { GetUser: { perSecond: 1 } } }";
        assert!(Conditions::from_yaml(own).unwrap().throttling.is_some());
        assert_eq!(Conditions::from_yaml("throttling:").unwrap(), Conditions::default());
    }

    #[test]
    fn a_burst_passes_and_then_only_what_the_rate_allows() {
        let throttling = throttling(r#"{"perSecond": 2, "burst": 3}"#);
        let mut buckets = Buckets::default();
        let mut passes = |millis| buckets.take(&throttling, "ListUsers", at(millis)).is_ok();
        assert_eq!([0, 0, 0, 0].map(&mut passes), [true, true, true, false]);
        assert_eq!([499, 500, 501].map(&mut passes), [false, true, false]);
        assert_eq!([60_000, 60_000, 60_000, 60_000].map(&mut passes), [true, true, true, false]);
    }

    #[test]
    fn each_action_has_its_own_bucket_and_may_have_its_own_rate() {
        let throttling = throttling(r#"{"perSecond": 2, "actions": {"GetPolicy": {"perSecond": 1}}}"#);
        let mut buckets = Buckets::default();
        let mut passes = |action| buckets.take(&throttling, action, at(0)).is_ok();
        assert_eq!(["GetPolicy", "GetPolicy"].map(&mut passes), [true, false]);
        assert_eq!(["GetUser", "GetUser", "GetUser"].map(&mut passes), [true, true, false]);
    }

    #[test]
    fn the_rate_of_an_action_goes_before_the_one_of_every_action() {
        let throttling =
            throttling(r#"{"perSecond": 9, "actions": {"*": {"perSecond": 1}, "GetPolicy": {"perSecond": 2}}}"#);
        let mut buckets = Buckets::default();
        let mut passes = |action| buckets.take(&throttling, action, at(0)).is_ok();
        assert_eq!(["GetPolicy", "GetPolicy", "GetPolicy"].map(&mut passes), [true, true, false]);
        assert_eq!(["GetUser", "GetUser"].map(&mut passes), [true, false]);
    }

    #[test]
    fn without_a_rate_for_all_only_the_named_actions_are_held_back() {
        let throttling = throttling(r#"{"actions": {"GetPolicy": {"perSecond": 1}}}"#);
        let mut buckets = Buckets::default();
        assert!((0..100).all(|_| buckets.take(&throttling, "GetUser", at(0)).is_ok()));
        buckets.take(&throttling, "GetPolicy", at(0)).unwrap();
        let error = buckets.take(&throttling, "GetPolicy", at(0)).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::Throttling, "Rate exceeded"));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_twice() {
        let throttling = throttling(r#"{"perSecond": 1}"#);
        let mut buckets = Buckets::default();
        let mut passes = |millis| buckets.take(&throttling, "GetUser", at(millis)).is_ok();
        assert_eq!([1_000, 0, 1_500, 2_000].map(&mut passes), [true, false, false, true]);
    }
}
