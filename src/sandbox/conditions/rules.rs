//! Rules: what happens to the n-th call of an action.

use std::{num::NonZeroU32, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ActionName, span::Span};
use crate::{
    nearest,
    sandbox::error::{Code, Error},
};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The action, or `*` for every one.
    pub action: ActionName,
    /// From which of its calls on, counted from one.
    #[serde(default = "one")]
    pub nth: NonZeroU32,
    /// For how many calls from there.
    #[serde(default = "one")]
    pub times: NonZeroU32,
    /// Before or after the effect.
    #[serde(default)]
    pub when: When,
    /// What happens.
    pub then: Then,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// Which side of a call's effect a rule is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// Nothing has been done yet.
    #[default]
    Before,
    /// All is done, if the action did not refuse.
    After,
}

/// What a rule makes happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Then {
    /// An error instead of the answer.
    Fail(FailWith),
    /// The call takes longer.
    Delay(Span),
    /// The connection is cut instead of an answer.
    Cut,
}

/// An error code by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailWith(pub Code);

impl Serialize for FailWith {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for FailWith {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Code::ALL.iter().find(|code| code.name() == name).map(|code| Self(*code)).ok_or_else(|| {
            let names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
            de::Error::custom(format!("{name} is no error code; write one of {}", nearest::quoted(&names)))
        })
    }
}

/// What the rules have in store for one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Before its effect.
    pub before: Turn,
    /// After its effect.
    pub after: Turn,
}

/// What happens on one side of a call's effect.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// How long it waits.
    pub delay: Duration,
    end: Option<End>,
}

/// How a call ends that is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With an error.
    Refused(Error),
    /// With nothing: the connection is cut.
    Cut,
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Turn {
    /// Ends the call here, if that is what the rules want.
    pub fn play(&self) -> Result<(), End> {
        self.end.clone().map_or(Ok(()), Err)
    }

    fn add(&mut self, then: Then) {
        let end = match then {
            Then::Delay(span) => {
                self.delay += span.0;
                return;
            }
            Then::Fail(FailWith(code)) => End::Refused(Error::on_request(code)),
            Then::Cut => End::Cut,
        };
        // The first rule that ends the call does.
        self.end.get_or_insert(end);
    }
}

/// How many calls each rule has seen.
#[derive(Debug, Default)]
pub struct Counters(Vec<u32>);

impl Counters {
    /// Counts a call, and says what the rules have in store for it.
    pub fn script(&mut self, rules: &[Rule], action: &str) -> Script {
        let mut script = Script::default();
        self.0.resize(rules.len(), 0);
        for (rule, seen) in rules.iter().zip(&mut self.0).filter(|(rule, _)| rule.action.matches(action)) {
            *seen = seen.saturating_add(1);
            let since = seen.checked_sub(rule.nth.get());
            if since.is_some_and(|since| since < rule.times.get()) {
                match rule.when {
                    When::Before => script.before.add(rule.then),
                    When::After => script.after.add(rule.then),
                }
            }
        }
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> Vec<Rule> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_rule_takes_the_nth_call_of_its_action_and_as_many_from_there_as_it_says() {
        let rules = rules(r#"[{"action": "CreateUser", "nth": 2, "times": 2, "then": {"fail": "ServiceFailure"}}]"#);
        let mut counters = Counters::default();
        let mut fails = |action| counters.script(&rules, action).before.play().is_err();
        let calls = ["CreateUser", "ListUsers", "CreateUser", "CreateUser", "CreateUser"];
        assert_eq!(calls.map(&mut fails), [false, false, true, true, false]);
    }

    #[test]
    fn every_rule_counts_for_itself_delays_add_up_and_the_first_end_holds() {
        let rules = rules(
            r#"[{"action": "*", "then": {"delay": "1s"}, "when": "after"},
                {"action": "GetUser", "then": {"delay": "500ms"}, "when": "after"},
                {"action": "GetUser", "then": "cut"},
                {"action": "*", "then": {"fail": "Throttling"}}]"#,
        );
        let script = Counters::default().script(&rules, "GetUser");
        assert_eq!(script.after.delay, Duration::from_millis(1_500));
        assert_eq!(script.before.play(), Err(End::Cut));
        assert_eq!(script.after.play(), Ok(()));
        let other = Counters::default().script(&rules, "ListUsers").before.play();
        assert!(matches!(other, Err(End::Refused(Error { code: Code::Throttling, .. }))));
    }

    #[test]
    fn a_code_that_iam_does_not_have_is_refused_with_those_it_has() {
        let error = serde_json::from_str::<Then>(r#"{"fail": "Boom"}"#).unwrap_err().to_string();
        assert!(error.starts_with("Boom is no error code; write one of") && error.contains("`ServiceFailure`"));
    }
}
