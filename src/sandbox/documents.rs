//! What IAM checks of a policy document before it takes it, in its order and its words.
//!
//! Apart from the grammar by which this program reads a matrix's documents: that one explains and is stricter than IAM
//! in places, this one refuses what IAM refuses. The order and the words are those that real IAM was recorded with, as
//! public test suites of other emulators keep them (that of `LocalStack`, February 2026).

mod dates;
mod shape;
mod values;

use std::collections::BTreeSet;

use super::{
    error::{Code, Error},
    limits,
};
use shape::{Document, Statement, Texts};

/// Which kind of policy a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A managed policy, which must be of the present version of the language.
    Managed,
    /// An inline policy, whose size the caller counts together with others.
    Inline,
}

/// Refuses a document that IAM would not take.
pub fn check(text: &str, kind: Kind) -> Result<(), Error> {
    let broken = problem(text, kind).map(|message| Error::new(Code::MalformedPolicyDocument, message));
    broken.map_or(Ok(()), Err)?;
    if kind == Kind::Managed && crate::policy::size_without_whitespace(text) > limits::POLICY_SIZE {
        return Err(Error::quota("PolicySize", limits::POLICY_SIZE));
    }
    Ok(())
}

/// The first thing that is wrong with a document.
fn problem(text: &str, kind: Kind) -> Option<String> {
    // Terraform's AWS provider, pull request 12267; for inline policies Terraform's issue 14652.
    if text.starts_with(char::is_whitespace) {
        return Some(match kind {
            Kind::Managed => "JSON strings must not have leading spaces".to_owned(),
            Kind::Inline => "The policy failed legacy parsing".to_owned(),
        });
    }
    let Some(document) = Document::read(text) else {
        return Some("Syntax errors in policy.".to_owned());
    };
    if kind == Kind::Managed && !document.is_current() {
        return Some("Policy document must be version 2012-10-17 or greater.".to_owned());
    }
    let statements = document.statements();
    let sentence = first_sentence(statements);
    sentence.map(str::to_owned).or_else(|| {
        let mut resources = statements.iter().flat_map(Statement::resources).flat_map(Texts::iter);
        let mut actions = statements.iter().flat_map(Statement::actions).flat_map(Texts::iter);
        resources.find_map(values::wrong_resource).or_else(|| actions.find_map(values::wrong_action))
    })
}

/// What is wrong with the statements as a whole, in IAM's order.
fn first_sentence(statements: &[Statement]) -> Option<&'static str> {
    let has = |test: fn(&Statement) -> bool| statements.iter().any(test);
    let checks: [(bool, &str); 6] = [
        (has(Statement::names_a_principal), "Policy document should not specify a principal."),
        (has(is_beyond_old_parser), "The policy failed legacy parsing"),
        (
            has(|statement| !statement.sid().bytes().all(|b| b.is_ascii_alphanumeric())),
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
             [0-9A-Za-z]*",
        ),
        (repeats_a_sid(statements), "Statement IDs (SID) in a single policy must be unique."),
        (has(|s| s.actions().all(Texts::is_empty)), "Policy statement must contain actions."),
        (has(|s| s.resources().all(Texts::is_empty)), "Policy statement must contain resources."),
    ];
    checks.iter().find(|(broken, _)| *broken).map(|(_, message)| *message)
}

fn repeats_a_sid(statements: &[Statement]) -> bool {
    let mut seen = BTreeSet::new();
    statements.iter().map(Statement::sid).any(|sid| !sid.is_empty() && !seen.insert(sid))
}

/// Whether IAM's older parser, which reads a document too, gives up: over the case of `Effect`, over dates, over ARNs
/// with parts missing.
fn is_beyond_old_parser(statement: &Statement) -> bool {
    let mut resources = statement.resources().flat_map(Texts::iter);
    !statement.effect_is_exact()
        || statement.dates().any(|date| !dates::is_date(&date))
        || resources.any(|text| values::wrong_resource(text).is_none() && values::lacks_parts(text))
}

#[cfg(test)]
mod tests;
