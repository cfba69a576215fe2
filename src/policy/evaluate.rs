//! What identity policies say to a request: an explicit deny wins, else an allow is needed.
//!
//! Source: IAM user guide, "Policy evaluation logic". What cannot be told (see [`super::value::Answer`]) never allows
//! and never lifts a deny. Must not: know where the documents came from, or any other kind of policy.

use super::context::Context;
use super::value::Answer;
use super::variable::fill;
use super::{Cover, Document, Effect, Statement, Version, condition, pattern};

/// What somebody asks to do.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The action, in any case, such as `ec2:StopInstances`.
    pub action: &'r str,
    /// The ARN of the resource; `*` for actions that know none.
    pub resource: &'r str,
    /// The condition keys.
    pub context: &'r Context,
}

/// What comes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Allowed.
    Allowed,
    /// A Deny applies.
    ExplicitlyDenied,
    /// Nothing allows it.
    ImplicitlyDenied,
}

/// A decision and the statements that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What comes of the request.
    pub decision: Decision,
    /// The statements that decided, in the order given: every Deny that applies, or else every Allow. Empty when
    /// nothing allows, and for the calls that IAM always allows.
    pub by: Vec<Deciding>,
}

/// A statement that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deciding {
    /// Which of the documents given.
    pub document: usize,
    /// Which of [`Document::statements`].
    pub statement: usize,
}

/// Calls that need no permission and that no policy can deny (AWS STS API reference, `GetCallerIdentity`; IAM user
/// guide, "Permissions for `GetSessionToken`").
pub const ALWAYS_ALLOWED: [&str; 2] = ["sts:getcalleridentity", "sts:getsessiontoken"];

/// What the documents, all of them held by one identity, say to a request.
pub fn evaluate<'d>(documents: impl IntoIterator<Item = &'d Document>, request: &Request<'_>) -> Verdict {
    let action = request.action.to_ascii_lowercase();
    if ALWAYS_ALLOWED.contains(&action.as_str()) {
        return Verdict { decision: Decision::Allowed, by: Vec::new() };
    }
    let (mut allows, mut denies) = (Vec::new(), Vec::new());
    for (position, document) in documents.into_iter().enumerate() {
        for (statement, found) in document.statements().enumerate() {
            let wanted = if found.effect == Effect::Deny { &mut denies } else { &mut allows };
            if applies(found, document.version(), &action, request) {
                wanted.push(Deciding { document: position, statement });
            }
        }
    }
    match (denies.is_empty(), allows.is_empty()) {
        (false, _) => Verdict { decision: Decision::ExplicitlyDenied, by: denies },
        (true, false) => Verdict { decision: Decision::Allowed, by: allows },
        (true, true) => Verdict { decision: Decision::ImplicitlyDenied, by: Vec::new() },
    }
}

/// The same within a permissions boundary, which must allow as well. A boundary that denies counts as the document
/// behind the last; one that does not allow leaves nothing to point at.
pub fn evaluate_within<'d>(
    documents: impl IntoIterator<Item = &'d Document>,
    boundary: Option<&'d Document>,
    request: &Request<'_>,
) -> Verdict {
    let documents: Vec<&Document> = documents.into_iter().collect();
    let held = evaluate(documents.iter().copied(), request);
    let Some(boundary) = boundary else { return held };
    let within = evaluate([boundary], request);
    let behind = within.by.iter().map(|deciding| Deciding { document: documents.len(), ..*deciding });
    match (held.decision, within.decision) {
        (Decision::ExplicitlyDenied, Decision::ExplicitlyDenied) => {
            Verdict { decision: Decision::ExplicitlyDenied, by: held.by.into_iter().chain(behind).collect() }
        }
        (_, Decision::ExplicitlyDenied) => Verdict { decision: Decision::ExplicitlyDenied, by: behind.collect() },
        (Decision::Allowed, Decision::ImplicitlyDenied) => {
            Verdict { decision: Decision::ImplicitlyDenied, by: Vec::new() }
        }
        _ => held,
    }
}

/// Whether a statement applies; what cannot be told counts for a Deny and not for an Allow.
fn applies(statement: &Statement, version: Version, action: &str, request: &Request<'_>) -> bool {
    let answer = statement.answer(version, action, request);
    answer == Answer::Yes || (answer == Answer::Unknown && statement.effect == Effect::Deny)
}

impl Statement {
    fn answer(&self, version: Version, action: &str, request: &Request<'_>) -> Answer {
        if !self.actions.includes_action(action) {
            return Answer::No;
        }
        if !self.resources.speaks_of(version, request) {
            return Answer::No;
        }
        condition::hold(&self.conditions, version, request.context)
    }
}

impl Cover {
    /// Whether these resource patterns speak of the request's resource. Case counts.
    pub(crate) fn speaks_of(&self, version: Version, request: &Request<'_>) -> bool {
        let matched = self.patterns().iter().any(|pattern| match_resource(pattern, version, request));
        matched == matches!(self, Cover::Only(_))
    }
}

/// The whole ARN is one text: a star may stand for colons, too (user guide, `Resource`). A pattern with a variable that
/// has no value matches nothing ("Policy variables with no value").
fn match_resource(pattern: &str, version: Version, request: &Request<'_>) -> bool {
    if version != Version::V2012 || !pattern.contains("${") {
        return pattern::matches(pattern, request.resource);
    }
    fill(pattern, request.context).is_some_and(|filled| filled.matches(request.resource))
}

#[cfg(test)]
mod tests;
