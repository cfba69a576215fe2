//! What IAM checks of a policy document before it takes it.

use super::{
    error::{Code, Error},
    limits,
};

/// Refuses a document that breaks the grammar of identity policies.
pub fn check_grammar(document: &str) -> Result<(), Error> {
    let Err(problems) = crate::policy::Document::parse(document) else {
        return Ok(());
    };
    let message = problems.into_iter().next().map_or_else(|| "Syntax errors in policy.".to_owned(), |p| p.message);
    Err(Error::new(Code::MalformedPolicyDocument, message))
}

/// Refuses a managed policy's document that is too long or breaks the grammar.
pub fn check_managed(document: &str) -> Result<(), Error> {
    check_grammar(document)?;
    if crate::policy::size_without_whitespace(document) > limits::POLICY_SIZE {
        return Err(Error::quota("PolicySize", limits::POLICY_SIZE));
    }
    Ok(())
}
