//! What makes the sandbox as hard to live with as real IAM can be; all of it off unless asked for.
//!
//! Owns: the conditions as they are written, and those in force with what they count. Must not: know HTTP, or act.

mod busy;
mod rules;
mod span;
mod throttle;

pub use busy::Written;
pub use rules::{End, Rule, Script};
pub use span::Span;
pub use throttle::Throttling;

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::{actions, error::Error};
use crate::nearest;

/// The conditions, as they stand in a file or are sent to the admin listener.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Conditions {
    /// How long reads show, and writes refer to, the account as it was before a write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagation: Option<Span>,
    /// How long what was written cannot be written again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy: Option<Span>,
    /// How many calls are let through.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "throttle::read")]
    pub throttling: Option<Throttling>,
    /// Whether users may do only what their policies allow.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub enforce: bool,
    /// What happens to which call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl Conditions {
    /// Reads a file of conditions.
    ///
    /// # Errors
    /// When it is not YAML of the right shape; the message says where.
    pub fn from_yaml(text: &str) -> Result<Self, crate::yaml::Error> {
        crate::yaml::from_str(text)
    }

    /// The same, with so many calls of each action a second.
    #[must_use]
    pub fn throttled(mut self, per_second: Option<NonZeroU32>) -> Self {
        self.throttling = per_second.map(Throttling::of_all).or(self.throttling);
        self
    }

    /// The same, with so long a propagation.
    #[must_use]
    pub fn propagating(mut self, span: Option<Span>) -> Self {
        self.propagation = span.or(self.propagation);
        self
    }

    /// The same, with the policies of users enforced.
    #[must_use]
    pub fn enforcing(mut self) -> Self {
        self.enforce = true;
        self
    }

    /// The names of those that are on.
    #[must_use]
    pub fn on(&self) -> Vec<String> {
        let rules = match self.rules.len() {
            0 => None,
            1 => Some("1 rule".to_owned()),
            many => Some(format!("{many} rules")),
        };
        let propagation = self.propagation.map(|span| format!("propagation of {span}"));
        let busy = self.busy.map(|span| format!("busy for {span}"));
        let throttling = self.throttling.as_ref().map(|_| "throttling".to_owned());
        let enforce = self.enforce.then(|| "the policies of users".to_owned());
        [propagation, busy, throttling, enforce, rules].into_iter().flatten().collect()
    }
}

/// The name of an action that the sandbox has, or `*` for every one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ActionName(String);

impl ActionName {
    fn matches(&self, action: &str) -> bool {
        self.0 == "*" || self.0 == action
    }
}

impl<'de> Deserialize<'de> for ActionName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == "*" || actions::names().any(|known| known == name) {
            return Ok(Self(name));
        }
        let help = match nearest::to(&name, actions::names(), 1).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write the name of an action such as `CreateUser`, or \"*\" for every one".to_owned(),
        };
        Err(de::Error::custom(format!("the sandbox has no action `{name}`; {help}")))
    }
}

/// The conditions in force, and what they have counted since they came.
#[derive(Debug, Default)]
pub struct InForce {
    conditions: Conditions,
    counters: rules::Counters,
    buckets: throttle::Buckets,
    busy: busy::Busy,
}

impl InForce {
    /// Begins to count for these.
    pub fn new(conditions: Conditions) -> Self {
        Self { conditions, ..Self::default() }
    }

    /// Which they are.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Counts a call, and says what the rules have in store for it.
    pub fn script(&mut self, action: &str) -> Script {
        self.counters.script(&self.conditions.rules, action)
    }

    /// Refuses a call that comes too soon after others.
    pub fn throttle(&mut self, action: &str, now: Timestamp) -> Result<(), Error> {
        match &self.conditions.throttling {
            Some(throttling) => self.buckets.take(throttling, action, now),
            None => Ok(()),
        }
    }

    /// Refuses a write on what was just written.
    pub fn check_busy(&self, call: &Written<'_>, now: Timestamp) -> Result<(), Error> {
        self.conditions.busy.map_or(Ok(()), |span| self.busy.check(span.0, call, now))
    }

    /// Notes a write that took place.
    pub fn wrote(&mut self, call: &Written<'_>, now: Timestamp) {
        if let Some(span) = self.conditions.busy {
            self.busy.wrote(span.0, call, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "
propagation: 2s
busy: 500ms
throttling: { perSecond: 20, burst: 40, actions: { ListEntitiesForPolicy: { perSecond: 5 } } }
enforce: true
rules:
  - { action: CreateUser, nth: 3, times: 2, when: after, then: { fail: ServiceFailure } }
  - { action: '*', then: { delay: 100ms } }
  - { action: GetUser, then: cut }
";

    #[test]
    fn what_is_written_is_shown_again_as_json() {
        let conditions = Conditions::from_yaml(ALL).unwrap();
        assert_eq!(
            conditions.on(),
            ["propagation of 2s", "busy for 500ms", "throttling", "the policies of users", "3 rules"]
        );
        let json = serde_json::to_string(&conditions).unwrap();
        assert_eq!(serde_json::from_str::<Conditions>(&json).unwrap(), conditions);
        assert_eq!(serde_json::to_string(&Conditions::default()).unwrap(), "{}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_the_way_out() {
        for (text, place, said) in [
            ("propagatoin: 2s", "line 1", "propagation"),
            ("busy: 2", "line 1", "such as"),
            ("throttling: { perSecond: 0 }", "line 1", "0"),
            ("rules:\n  - { action: CreateUsr, then: cut }", "line 2", "did you mean `CreateUser`?"),
            ("rules:\n  - { action: GetUser, then: { fail: Boom } }", "line 2", "write one of `"),
            ("rules:\n  - { action: GetUser, then: explode }", "line 2", "explode"),
            ("rules:\n  - { action: GetUser }", "line 2", "then"),
            ("rules:\n  - { action: GetUser, nht: 2, then: cut }", "line 2", "nth"),
        ] {
            let error = Conditions::from_yaml(text).unwrap_err().to_string();
            assert!(error.contains(place) && error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn a_flag_goes_before_the_file() {
        let conditions = Conditions::from_yaml("propagation: 2s").unwrap();
        let conditions = conditions.propagating("1s".parse().ok()).throttled(NonZeroU32::new(20));
        assert_eq!(conditions.on(), ["propagation of 1s", "throttling"]);
        assert_eq!(conditions.clone().propagating(None).throttled(None), conditions);
    }
}
