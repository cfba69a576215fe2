//! What a simulation finds: a decision for an action on a resource, the statements that made it, and the context keys
//! that were not given.
//!
//! Source: API reference, `SimulateCustomPolicy`, `EvaluationResult`, `Statement`. Must not: read parameters.

mod place;

use std::collections::BTreeSet;

pub use place::Position;

use super::held::Held;
use crate::policy::{
    Document, Statement, Version,
    context::Context,
    evaluate::{Deciding, Decision, Request, evaluate, evaluate_within},
};

/// Policies, and what is known of the requests that are simulated.
#[derive(Debug)]
pub struct Simulation {
    /// The policies of an identity.
    pub policies: Vec<Held>,
    /// Its permissions boundary.
    pub boundary: Option<Held>,
    /// The condition keys.
    pub context: Context,
}

/// What is found for an action on a resource, or on several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The decision.
    pub decision: Decision,
    /// The statements that made it.
    pub matched: Vec<Matched>,
    /// Condition keys that the policies ask for and that were not given, as the policies spell them.
    pub missing: BTreeSet<String>,
    /// Whether the boundary allows it, if there is one.
    pub within: Option<bool>,
}

/// A statement that made a decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matched {
    /// Of which policy.
    pub source: String,
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

impl Simulation {
    /// The policy that cannot be evaluated, if there is one.
    pub fn opaque(&self) -> Option<&Held> {
        self.all().find(|held| held.document.is_none())
    }

    /// What comes of an action on a resource.
    pub fn outcome(&self, action: &str, resource: &str) -> Outcome {
        let request = Request { action, resource, context: &self.context };
        let documents = || self.policies.iter().filter_map(|held| held.document.as_ref());
        let boundary = self.boundary.as_ref().and_then(|held| held.document.as_ref());
        let verdict = evaluate_within(documents(), boundary, &request);
        let within = boundary.map(|boundary| evaluate([boundary], &request).decision == Decision::Allowed);
        let matched = verdict.by.iter().filter_map(|deciding| self.matched(*deciding)).collect();
        Outcome { decision: verdict.decision, matched, missing: self.missing(action), within }
    }

    /// The policies, and the boundary behind them.
    fn all(&self) -> impl Iterator<Item = &Held> {
        self.policies.iter().chain(&self.boundary)
    }

    fn matched(&self, deciding: Deciding) -> Option<Matched> {
        let held = self.all().nth(deciding.document)?;
        let written = held.document.as_ref()?.written().nth(deciding.statement)?;
        let (start, end) = place::of(&held.text, written.place.statement().start);
        Some(Matched { source: held.source.clone(), start, end })
    }

    /// The keys that statements about the action ask for, in their conditions or as variables.
    fn missing(&self, action: &str) -> BTreeSet<String> {
        let action = action.to_ascii_lowercase();
        let mut missing = BTreeSet::new();
        for held in self.all() {
            let Some(document) = &held.document else { continue };
            let asked = document.statements().filter(|statement| statement.actions.includes(&action));
            let asked = asked.flat_map(|statement| keys(document, statement));
            let absent = asked.filter(|key| self.context.get(key).is_none());
            missing.extend(absent.map(|key| spelled(&held.text, &key)));
        }
        missing
    }
}

impl Outcome {
    /// Of several resources: the most restrictive decision, and all statements that made it.
    pub fn of_all(outcomes: &[Outcome]) -> Option<Outcome> {
        let decision = outcomes.iter().map(|outcome| outcome.decision).max_by_key(|decision| match decision {
            Decision::Allowed => 0,
            Decision::ImplicitlyDenied => 1,
            Decision::ExplicitlyDenied => 2,
        })?;
        let decided = outcomes.iter().filter(|outcome| outcome.decision == decision);
        let matched: BTreeSet<Matched> = decided.flat_map(|outcome| outcome.matched.iter().cloned()).collect();
        let missing = outcomes.iter().flat_map(|outcome| outcome.missing.iter().cloned()).collect();
        let within = outcomes.iter().map(|outcome| outcome.within).min().flatten();
        Some(Outcome { decision, matched: matched.into_iter().collect(), missing, within })
    }
}

/// The keys of a statement's conditions, and the variables in it, in lower case.
fn keys(document: &Document, statement: &Statement) -> BTreeSet<String> {
    let tests = statement.conditions.values();
    let mut keys: BTreeSet<String> = tests.clone().flat_map(|tests| tests.keys().cloned()).collect();
    if document.version() == Version::V2012 {
        let values = tests.flat_map(|tests| tests.values().flatten());
        keys.extend(statement.resources.patterns().iter().chain(values).flat_map(|text| variables(text)));
    }
    keys
}

/// The keys of `${key}` and `${key, 'default'}`; `${*}`, `${?}` and `${$}` stand for the characters.
fn variables(text: &str) -> Vec<String> {
    let parts = text.split("${").skip(1).filter_map(|part| part.split(['}', ',']).next());
    parts.map(|key| key.trim().to_ascii_lowercase()).filter(|key| key.contains(':')).collect()
}

/// A key as a text spells it.
fn spelled(text: &str, key: &str) -> String {
    let at = text.to_ascii_lowercase().find(key);
    at.and_then(|at| text.get(at..at + key.len())).unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::context::Fact;

    fn of(policies: &[&str], boundary: Option<&str>) -> Simulation {
        let held = |source: &str, text: &str| Held::new(source.to_owned(), None, text.to_owned());
        let policies = policies.iter().enumerate().map(|(at, text)| held(&format!("P{}", at + 1), text)).collect();
        Simulation { policies, boundary: boundary.map(|text| held("B", text)), context: Context::default() }
    }

    fn document(statements: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
    }

    #[test]
    fn a_denial_shows_the_denying_statements_only() {
        let allow = document(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
        let deny = document(r#"{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}"#);
        let simulation = of(&[&allow, &deny], None);
        let sources = |action| -> (Decision, Vec<String>) {
            let outcome = simulation.outcome(action, "*");
            (outcome.decision, outcome.matched.into_iter().map(|matched| matched.source).collect())
        };
        assert_eq!(sources("s3:GetObject"), (Decision::Allowed, vec!["P1".to_owned()]));
        assert_eq!(sources("s3:DeleteObject"), (Decision::ExplicitlyDenied, vec!["P2".to_owned()]));
        assert_eq!(sources("ec2:RunInstances"), (Decision::ImplicitlyDenied, vec![]));
    }

    #[test]
    fn a_boundary_limits_and_is_told() {
        let allow = document(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
        let edge = document(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}"#,
        );
        let simulation = of(&[&allow], Some(&edge));
        let table = [
            ("s3:GetObject", Decision::Allowed, true),
            ("ec2:RunInstances", Decision::ImplicitlyDenied, false),
            ("s3:PutObject", Decision::ExplicitlyDenied, false),
        ];
        for (action, decision, within) in table {
            let outcome = simulation.outcome(action, "*");
            assert_eq!((outcome.decision, outcome.within), (decision, Some(within)), "{action}");
        }
        assert_eq!(simulation.outcome("s3:PutObject", "*").matched[0].source, "B");
    }

    #[test]
    fn keys_that_were_not_given_are_told_as_the_policy_spells_them() {
        let policy = document(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:UserName}/${*}","Condition":{
                "Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":{"aws:PrincipalTag/Team":"${aws:SourceAccount, 'none'}"}}},
               {"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
        );
        let mut simulation = of(&[&policy], None);
        simulation.context = Context::default().with("aws:multifactorauthpresent", Fact::Bool(true));
        let missing = simulation.outcome("s3:GetObject", "*").missing;
        assert_eq!(Vec::from_iter(missing), ["aws:PrincipalTag/Team", "aws:SourceAccount", "aws:UserName"]);
    }

    #[test]
    fn of_several_resources_the_most_restrictive_decision_counts() {
        let policy = document(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a"},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::c"}"#,
        );
        let simulation = of(&[&policy], None);
        let all = |resources: &[&str]| {
            let outcomes: Vec<_> = resources.iter().map(|on| simulation.outcome("s3:GetObject", on)).collect();
            let outcome = Outcome::of_all(&outcomes).unwrap();
            (outcome.decision, outcome.matched.len())
        };
        let [a, b, c] = ["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::c"];
        assert_eq!(all(&[a, a]), (Decision::Allowed, 1));
        assert_eq!(all(&[a, b]), (Decision::ImplicitlyDenied, 0));
        assert_eq!(all(&[a, b, c]), (Decision::ExplicitlyDenied, 1));
    }
}
