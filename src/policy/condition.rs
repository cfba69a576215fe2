//! Whether a statement's conditions hold for a request: absent keys, `…IfExists`, sets of values, `Null`.
//!
//! Source: IAM user guide, "Condition operators" and "Conditions with multiple context keys or values".
//! Must not: compare single values.

use std::collections::BTreeSet;

use super::context::{Context, Fact};
use super::operator::{Operator, Quantifier, Test};
use super::value::{Answer, fits, read_truth};
use super::variable::{fill, plain};
use super::{Conditions, Version};

/// Whether all conditions hold.
pub fn hold(conditions: &Conditions, version: Version, context: &Context) -> Answer {
    Answer::all(conditions.iter().map(|(name, keys)| {
        // The parser takes no other operators.
        let Some(operator) = Operator::named(name) else { return Answer::Unknown };
        let condition = Condition { operator, version, context };
        Answer::all(keys.iter().map(|(key, values)| condition.holds(key, values)))
    }))
}

struct Condition<'c> {
    operator: Operator,
    version: Version,
    context: &'c Context,
}

impl Condition<'_> {
    fn holds(&self, key: &str, wanted: &BTreeSet<String>) -> Answer {
        // A key with an empty list of values is as good as absent.
        let found = self.context.get(key).map(Fact::values).filter(|found| !found.is_empty());
        if self.operator.test == Test::Null {
            let told = |wanted: &String| read_truth(wanted).map(|absent| absent == found.is_none()).into();
            return Answer::any(wanted.iter().map(told));
        }
        let Some(found) = found else { return self.when_absent() };
        let answers = found.iter().map(|fact| self.one_value(fact, wanted));
        match self.operator.quantifier {
            Quantifier::Any => Answer::any(answers),
            Quantifier::Single if matches!(self.context.get(key), Some(Fact::List(_))) => for_a_list(answers),
            Quantifier::All | Quantifier::Single => Answer::all(answers),
        }
    }

    /// A negated operator holds for an absent key, `ForAllValues` for no values at all, `ForAnyValue` for none.
    fn when_absent(&self) -> Answer {
        match self.operator {
            // AWS writes that IfExists makes the condition true; measurements say that ForAnyValue stays false.
            Operator { quantifier: Quantifier::Any, if_exists: true, .. } => Answer::Unknown,
            Operator { quantifier: Quantifier::Any, .. } => Answer::No,
            Operator { quantifier: Quantifier::All, .. } | Operator { if_exists: true, .. } => Answer::Yes,
            Operator { negated, .. } => negated.into(),
        }
    }

    /// Several values of the document: one must fit; if negated, none may.
    fn one_value(&self, fact: &Fact, wanted: &BTreeSet<String>) -> Answer {
        let answer = Answer::any(wanted.iter().map(|wanted| self.compare(fact, wanted)));
        if self.operator.negated { answer.not() } else { answer }
    }

    fn compare(&self, fact: &Fact, wanted: &str) -> Answer {
        if self.version != Version::V2012 || !takes_variables(self.operator.test) {
            return fits(self.operator.test, fact, &plain(wanted));
        }
        // Nothing equals a value that is not there, so negated operators hold (user guide, "Policy variables with no
        // value").
        fill(wanted, self.context).map_or(Answer::No, |filled| fits(self.operator.test, fact, &filled))
    }
}

/// Variables are replaced for text, ARNs and truth values only.
fn takes_variables(test: Test) -> bool {
    matches!(test, Test::Text | Test::TextIgnoringCase | Test::TextPattern | Test::Arn | Test::Bool)
}

/// A key of several values under an operator for one: AWS demands a set operator (IAM user guide, "Multivalued context
/// keys"), and does not say what happens without. Where no value fits, nothing can be granted or denied.
fn for_a_list(answers: impl Iterator<Item = Answer>) -> Answer {
    if Answer::any(answers) == Answer::No { Answer::No } else { Answer::Unknown }
}

#[cfg(test)]
mod tests;
