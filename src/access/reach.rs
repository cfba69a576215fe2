//! How far a policy reaches for an action, in a session with or without MFA: for certain, perhaps, or not at all.
//!
//! What is not known when nobody has asked yet (the resource, the network, tags) makes an answer a "perhaps"; it never
//! makes one certain. Owns: [`Session`], [`Reach`], [`Grip`]. Must not: know who holds a policy.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::policy::condition;
use crate::policy::context::{Context, Fact};
use crate::policy::evaluate::Request;
use crate::policy::value::Answer;
use crate::policy::variable::{Variable, fill, variables};
use crate::policy::{Cover, Document, Effect, Statement, Version, loosened, pattern};

/// How a user signed the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Session {
    /// In the console, or with a session token, without MFA: `aws:MultiFactorAuthPresent` is false.
    WithoutMfa,
    /// With a long-term access key: there is no `aws:MultiFactorAuthPresent` at all (IAM user guide, condition keys).
    AccessKey,
    /// After a code or a security key: it is true.
    WithMfa,
}

/// The condition key that tells whether the session was opened with MFA, as canonical documents write it.
pub const PRESENT: &str = "aws:multifactorauthpresent";
/// The one that tells how many seconds ago.
pub const AGE: &str = "aws:multifactorauthage";

impl Session {
    /// Every session.
    pub const ALL: [Session; 3] = [Session::WithoutMfa, Session::AccessKey, Session::WithMfa];

    /// Those without MFA, which enforcement is about.
    pub const UNPROVED: [Session; 2] = [Session::WithoutMfa, Session::AccessKey];

    /// The session in a few words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Session::WithoutMfa => "signed in without MFA",
            Session::AccessKey => "long-term access key",
            Session::WithMfa => "signed in with MFA",
        }
    }

    /// What is known of every request of a user in this session.
    #[must_use]
    pub fn context(self) -> Context {
        let context = Context::default()
            .with("aws:PrincipalType", Fact::Text("User".to_owned()))
            .with("aws:SecureTransport", Fact::Bool(true))
            .with("aws:ViaAWSService", Fact::Bool(false));
        match self {
            Session::WithoutMfa => context.with("aws:MultiFactorAuthPresent", Fact::Bool(false)),
            Session::AccessKey => context,
            Session::WithMfa => context.with("aws:MultiFactorAuthPresent", Fact::Bool(true)),
        }
    }

    /// Whether the session settles a test of that key, be it by its absence.
    pub(super) fn settles(self, key: &str) -> bool {
        match key {
            PRESENT | "aws:principaltype" | "aws:securetransport" | "aws:viaawsservice" => true,
            AGE => self != Session::WithMfa,
            _ => false,
        }
    }
}

/// How sure it is that a statement applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// It does not.
    Never,
    /// It does for some requests.
    Perhaps,
    /// It does for every request.
    Always,
}

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// The action, in lower case.
    pub action: &'q str,
    /// The resource; any, when none is named.
    pub resource: Option<&'q str>,
    /// How the request is signed.
    pub session: Session,
    /// What is known of the request.
    pub context: &'q Context,
}

/// Whether the conditions hold, as far as the session tells.
#[must_use]
pub fn conditions(statement: &Statement, version: Version, session: Session, context: &Context) -> Sure {
    let settled = |key: &str, values: &BTreeSet<String>| {
        let known = session.settles(key) || context.get(key).is_some();
        known && values.iter().all(|value| is_filled(value, version, session, context))
    };
    let mut known = statement.conditions.clone();
    for keys in known.values_mut() {
        keys.retain(|key, values| settled(key, values));
    }
    let open = statement.conditions.values().flatten().any(|(key, values)| !settled(key, values));
    match condition::hold(&known, version, context) {
        Answer::No => Sure::Never,
        Answer::Yes if !open => Sure::Always,
        Answer::Yes | Answer::Unknown => Sure::Perhaps,
    }
}

/// Whether the text has no variable whose value is not known. A key that is not known before the request is made may
/// well be there, so that its default does not count.
fn is_filled(text: &str, version: Version, session: Session, context: &Context) -> bool {
    let is_known = |variable: Variable<'_>| match variable {
        Variable::Key { key, .. } => context.get(key).is_some() || session.settles(&key.to_ascii_lowercase()),
        Variable::Character(_) | Variable::Open => true,
    };
    version != Version::V2012 || (fill(text, context).is_some() && variables(text).all(is_known))
}

/// Whether a condition key tells whether MFA was used, or when.
#[must_use]
pub fn is_about_mfa(key: &str) -> bool {
    key == PRESENT || key == AGE
}

/// Whether the statement is about the resource, or about all of them when none is named.
#[must_use]
pub fn resources(statement: &Statement, version: Version, question: &Question<'_>) -> Sure {
    if let Some(resource) = question.resource {
        return named_resource(&statement.resources, version, resource, question);
    }
    match &statement.resources {
        Cover::Only(patterns) if patterns.iter().any(|pattern| pattern::covers(pattern, "*")) => Sure::Always,
        Cover::AllBut(patterns) if patterns.iter().any(|pattern| pattern::covers(pattern, "*")) => Sure::Never,
        Cover::Only(_) | Cover::AllBut(_) => Sure::Perhaps,
    }
}

/// Whether patterns speak of a resource. One with a variable whose value is not known may.
fn named_resource(cover: &Cover, version: Version, resource: &str, question: &Question<'_>) -> Sure {
    let request = Request { action: question.action, resource, context: question.context };
    let (known, open): (BTreeSet<String>, BTreeSet<String>) = cover
        .patterns()
        .iter()
        .cloned()
        .partition(|pattern| is_filled(pattern, version, question.session, question.context));
    let perhaps = open.iter().any(|pattern| pattern::matches(&loosened(pattern), resource));
    match (cover, Cover::Only(known).speaks_of(version, &request)) {
        (Cover::Only(_), true) => Sure::Always,
        (Cover::AllBut(_), true) => Sure::Never,
        _ if perhaps => Sure::Perhaps,
        (Cover::Only(_), false) => Sure::Never,
        (Cover::AllBut(_), false) => Sure::Always,
    }
}

/// Whether the statement applies to what is asked.
#[must_use]
pub fn applies(statement: &Statement, version: Version, question: &Question<'_>) -> Sure {
    if !statement.actions.includes_action(question.action) {
        return Sure::Never;
    }
    resources(statement, version, question).min(conditions(statement, version, question.session, question.context))
}

/// What policies together do for one action: how surely they allow and deny it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grip {
    /// The surest allow.
    pub allow: Sure,
    /// The surest deny.
    pub deny: Sure,
    /// Whether a policy is among them whose document is not known.
    pub unknown: bool,
}

impl Default for Grip {
    fn default() -> Self {
        Grip { allow: Sure::Never, deny: Sure::Never, unknown: false }
    }
}

impl Grip {
    /// What a document does for what is asked.
    #[must_use]
    pub fn of(document: &Document, question: &Question<'_>) -> Self {
        Grip::of_statements(document.statements(), document.version(), question)
    }

    /// What some statements of a document do for what is asked.
    pub(super) fn of_statements<'s>(
        statements: impl Iterator<Item = &'s Statement>,
        version: Version,
        question: &Question<'_>,
    ) -> Self {
        statements.fold(Grip::default(), |mut grip, statement| {
            grip.add(statement.effect, || applies(statement, version, question));
            grip
        })
    }

    /// A policy whose document is not known.
    #[must_use]
    pub fn unknown() -> Self {
        Grip { unknown: true, ..Grip::default() }
    }

    fn add(&mut self, effect: Effect, sure: impl FnOnce() -> Sure) {
        let side = match effect {
            Effect::Allow => &mut self.allow,
            Effect::Deny => &mut self.deny,
        };
        if *side < Sure::Always {
            *side = (*side).max(sure());
        }
    }

    /// Two policies in the same hands.
    #[must_use]
    pub fn and(self, other: Grip) -> Grip {
        Grip {
            allow: self.allow.max(other.allow),
            deny: self.deny.max(other.deny),
            unknown: self.unknown || other.unknown,
        }
    }

    /// What comes of it.
    #[must_use]
    pub fn reach(self) -> Reach {
        match (self.allow, self.deny) {
            (_, Sure::Always) => Reach::Denied,
            (Sure::Never, _) if self.unknown => Reach::Unknown,
            (Sure::Never, _) => Reach::None,
            (Sure::Perhaps, _) => Reach::Limited,
            (Sure::Always, Sure::Perhaps) => Reach::Guarded,
            // What cannot be read may deny something.
            (Sure::Always, Sure::Never) if self.unknown => Reach::Guarded,
            (Sure::Always, Sure::Never) => Reach::Everywhere,
        }
    }
}

/// Whether an action can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reach {
    /// Nothing allows it.
    None,
    /// Something denies it, always.
    Denied,
    /// A policy whose document is not known may allow it.
    Unknown,
    /// On some resources, or under a condition.
    Limited,
    /// On every resource, except where a guard's own condition or resource denies it, or a policy that is not known does.
    Guarded,
    /// On every resource, without a condition.
    Everywhere,
}

impl Reach {
    /// Whether it can be done at all.
    #[must_use]
    pub fn is_possible(self) -> bool {
        self >= Reach::Limited
    }

    /// What is left within a permissions boundary.
    #[must_use]
    pub fn within(self, boundary: Reach) -> Reach {
        match (self, boundary) {
            (Reach::Denied, _) | (_, Reach::Denied) => Reach::Denied,
            (one, other) => one.min(other),
        }
    }
}
