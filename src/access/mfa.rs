//! Whether MFA is really enforced: a proof, or an action that slips through.
//!
//! A user is covered when the Deny statements that reach the user, on every resource and under no other condition than
//! the absence of MFA, together deny everything but what it takes to enrol a device. Everything means every action that
//! AWS may ever have, so it takes a `NotAction` or a `*`. Allows do not enter the proof; they choose the example when
//! there is none. Must not: know of live devices, nor whether MFA is required.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::reach::{self, Grip, Question, Session, Sure};
use super::universe::Universe;
use super::{Access, Body, Held, PolicyId, User};
use crate::name::Name;
use crate::policy::{Cover, Document, Effect, Statement, pattern};

/// What a user without MFA may be left to do: to see and enrol an own device, and to ask who one is. In lower case.
/// (IAM user guide, "AWS: Allows MFA-authenticated IAM users to manage their own MFA device"; neither of the calls of
/// STS can be denied.)
pub const ENROLMENT: [&str; 9] = [
    "iam:createvirtualmfadevice",
    "iam:enablemfadevice",
    "iam:getmfadevice",
    "iam:getuser",
    "iam:listmfadevices",
    "iam:listvirtualmfadevices",
    "iam:resyncmfadevice",
    "sts:getcalleridentity",
    "sts:getsessiontoken",
];

/// What AWS names besides for a first sign-in with a password that must be changed; it gives nothing else away.
pub const FIRST_SIGN_IN: [&str; 2] = ["iam:changepassword", "iam:getaccountpasswordpolicy"];

/// Actions that show best why it matters that they slip through, the worst first. In lower case.
const TELLING: [&str; 12] = [
    "iam:createaccesskey",
    "iam:attachuserpolicy",
    "iam:createuser",
    "iam:passrole",
    "iam:deactivatemfadevice",
    "iam:deletevirtualmfadevice",
    "sts:assumerole",
    "s3:getobject",
    "secretsmanager:getsecretvalue",
    "ssm:getparameter",
    "ec2:terminateinstances",
    "ec2:runinstances",
];

/// Whether MFA is enforced for a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "answer")]
pub enum Enforced {
    /// Without MFA nothing can be done but to enrol.
    Yes {
        /// The policies that deny the rest.
        by: BTreeSet<Name>,
    },
    /// Something slips through.
    No {
        /// An action, and in which session.
        slips: Vec<Slip>,
    },
}

impl Enforced {
    /// Whether it is enforced.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        matches!(self, Enforced::Yes { .. })
    }
}

/// An action that nothing denies without MFA.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Slip {
    /// How the request would be signed.
    pub session: Session,
    /// The action in AWS's spelling; `*` when nothing is denied at all.
    pub action: String,
    /// The policy that allows it today; none if nothing does.
    pub allowed_by: Option<Name>,
}

impl std::fmt::Display for Slip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let action = if self.action == "*" { "every action" } else { &self.action };
        match &self.allowed_by {
            Some(policy) => write!(f, "{action} is allowed by {policy} ({})", self.session.as_str()),
            None => write!(f, "nothing denies {action} ({})", self.session.as_str()),
        }
    }
}

/// Proofs for everybody of one account. Users with the same policies are proved once.
#[derive(Debug)]
pub struct Prover<'a> {
    access: &'a Access,
    /// Unpacked only when a pattern has to be taken apart; what enforces MFA as it should never needs it.
    universe: OnceCell<Universe>,
    proved: BTreeMap<BTreeSet<PolicyId>, Enforced>,
}

impl<'a> Prover<'a> {
    /// Proves about `access`.
    #[must_use]
    pub fn new(access: &'a Access) -> Self {
        Prover { access, universe: OnceCell::new(), proved: BTreeMap::new() }
    }

    /// Whether MFA is enforced for the user.
    pub fn prove(&mut self, user: &User) -> &Enforced {
        let held = self.access.held(user);
        let (access, universe) = (self.access, &self.universe);
        self.proved.entry(held.policies.clone()).or_insert_with(|| prove(access, &held, universe))
    }
}

type Known<'d> = [(PolicyId, &'d Document)];

fn prove(access: &Access, held: &Held, universe: &OnceCell<Universe>) -> Enforced {
    let known: Vec<(PolicyId, &Document)> = access
        .documents(held)
        .filter_map(|(id, body)| match body {
            Body::Known(document) => Some((id, document.as_ref())),
            Body::Unreadable | Body::Unknown => None,
        })
        .collect();
    let mut by = BTreeSet::new();
    let mut slips = Vec::new();
    for session in Session::UNPROVED {
        let denials = denials(&known, session);
        let left = Left::after(denials.iter().map(|(_, statement)| *statement), universe);
        match left.example(&known, session) {
            Some((action, policy)) => {
                let allowed_by = policy.map(|id| Name::new(access.name(id)));
                slips.push(Slip { session, action: left.spelled(action), allowed_by });
            }
            None => by.extend(enforcing(&denials, universe).map(|id| Name::new(access.name(id)))),
        }
    }
    if slips.is_empty() { Enforced::Yes { by } } else { Enforced::No { slips } }
}

/// The policies that it takes: each one that is enough by itself, or else all.
fn enforcing<'s>(
    denials: &'s [(PolicyId, &Statement)],
    universe: &'s OnceCell<Universe>,
) -> impl Iterator<Item = PolicyId> + 's {
    let is_enough = |statement: &Statement| Left::after(std::iter::once(statement), universe).first().is_none();
    let enough: BTreeSet<PolicyId> =
        denials.iter().filter(|(_, statement)| is_enough(statement)).map(|(id, _)| *id).collect();
    denials.iter().map(|(id, _)| *id).filter(move |id| enough.is_empty() || enough.contains(id))
}

/// The Deny statements that apply to everything in the session, whatever else is true of a request.
fn denials<'d>(known: &[(PolicyId, &'d Document)], session: Session) -> Vec<(PolicyId, &'d Statement)> {
    let context = session.context();
    let mut found = Vec::new();
    for (id, document) in known {
        for statement in document.statements().filter(|statement| statement.effect == Effect::Deny) {
            let any = Question { action: "", resource: None, session, context: &context };
            let sure = reach::resources(statement, document.version(), &any).min(reach::conditions(
                statement,
                document.version(),
                session,
                &context,
            ));
            if sure == Sure::Always {
                found.push((*id, statement));
            }
        }
    }
    found
}

/// What is not denied, as patterns of actions.
#[derive(Debug)]
struct Left<'u> {
    patterns: BTreeSet<String>,
    universe: &'u OnceCell<Universe>,
}

impl<'u> Left<'u> {
    fn after<'s>(denials: impl Iterator<Item = &'s Statement> + Clone, universe: &'u OnceCell<Universe>) -> Self {
        let mut left = Left { patterns: BTreeSet::from(["*".to_owned()]), universe };
        for statement in denials.clone() {
            if let Cover::AllBut(exempt) = &statement.actions {
                left.patterns = left.within(exempt);
            }
        }
        for statement in denials {
            if let Cover::Only(denied) = &statement.actions {
                left.patterns = left.without(denied);
            }
        }
        left
    }

    /// What of this lies within the exemptions.
    fn within(&self, exempt: &BTreeSet<String>) -> BTreeSet<String> {
        let mut both = BTreeSet::new();
        for mine in &self.patterns {
            for theirs in exempt {
                if pattern::covers(mine, theirs) {
                    both.insert(theirs.clone());
                } else if pattern::covers(theirs, mine) {
                    both.insert(mine.clone());
                } else if pattern::overlaps(mine, theirs) {
                    both.extend(self.expand(mine).filter(|action| pattern::matches(theirs, action)).map(str::to_owned));
                }
            }
        }
        both
    }

    /// What of this is not denied.
    fn without(&self, denied: &BTreeSet<String>) -> BTreeSet<String> {
        let mut rest = BTreeSet::new();
        for mine in &self.patterns {
            if denied.iter().any(|pattern| pattern::covers(pattern, mine)) {
                continue;
            }
            // Everything but a few named actions is still everything that AWS may have one day.
            if mine != "*" && denied.iter().any(|pattern| pattern::overlaps(pattern, mine)) {
                let open = |action: &&str| !denied.iter().any(|pattern| pattern::matches(pattern, action));
                rest.extend(self.expand(mine).filter(open).map(str::to_owned));
            } else {
                rest.insert(mine.clone());
            }
        }
        rest
    }

    /// The actions of a pattern.
    fn expand<'p>(&'p self, pattern: &'p str) -> impl Iterator<Item = &'p str> {
        self.universe.get_or_init(Universe::load).matching(pattern).map(|(_, known)| &*known.folded)
    }

    /// Whether the action is left, and no part of enrolment.
    fn holds(&self, action: &str) -> bool {
        !is_harmless(action) && self.patterns.iter().any(|pattern| pattern::matches(pattern, action))
    }

    /// The most telling action that is left, with the policy that allows it: one that something allows today before
    /// one that nothing does.
    fn example(&'u self, known: &'u Known<'_>, session: Session) -> Option<(&'u str, Option<PolicyId>)> {
        if self.patterns.iter().all(|pattern| is_harmless(pattern)) {
            return None;
        }
        let allowed = |action: &str| allowing(known, action, session).filter(|_| self.holds(action));
        let telling = TELLING.iter().find_map(|action| allowed(action).map(|policy| (*action, Some(policy))));
        telling.or_else(|| self.granted(known, session)).or_else(|| self.first().map(|action| (action, None)))
    }

    /// The first action that is left and that an Allow names.
    fn granted(&'u self, known: &'u Known<'_>, session: Session) -> Option<(&'u str, Option<PolicyId>)> {
        let statements = known.iter().flat_map(|(_, document)| document.statements());
        let allows = statements.filter(|statement| statement.effect == Effect::Allow);
        let patterns: BTreeSet<&str> = allows
            .flat_map(|statement| match &statement.actions {
                Cover::Only(patterns) => patterns.iter().map(String::as_str).collect(),
                Cover::AllBut(_) => vec!["*"],
            })
            .filter(|allowed| self.patterns.iter().any(|left| pattern::overlaps(left, allowed)))
            .collect();
        let mut actions =
            patterns.into_iter().flat_map(|pattern| self.expand(pattern)).filter(|action| self.holds(action));
        actions.find_map(|action| allowing(known, action, session).map(|policy| (action, Some(policy))))
    }

    /// Something that is left: everything, or the first action.
    fn first(&self) -> Option<&str> {
        if self.patterns.contains("*") {
            return Some("*");
        }
        let is_pattern = |pattern: &&String| pattern.contains(['*', '?']);
        let concrete = self.patterns.iter().filter(|pattern| !is_pattern(pattern)).map(String::as_str);
        let expanded = self.patterns.iter().filter(is_pattern).flat_map(|pattern| self.expand(pattern));
        concrete.chain(expanded).filter(|action| !is_harmless(action)).min()
    }

    /// The action as AWS spells it.
    fn spelled(&self, action: &str) -> String {
        let known = self.universe.get_or_init(Universe::load).find(action);
        known.map_or_else(|| action.to_owned(), |known| known.name.as_str().to_owned())
    }
}

/// Whether the action, in lower case, is one that a user without MFA may be left to do.
#[must_use]
pub fn is_harmless(action: &str) -> bool {
    ENROLMENT.contains(&action) || FIRST_SIGN_IN.contains(&action)
}

/// The policy that allows the action on some resource at least.
fn allowing(known: &Known<'_>, action: &str, session: Session) -> Option<PolicyId> {
    let context = session.context();
    let question = Question { action, resource: None, session, context: &context };
    let grips: Vec<(PolicyId, Grip)> =
        known.iter().map(|(id, document)| (*id, Grip::of(document, &question))).collect();
    let whole = grips.iter().fold(Grip::default(), |whole, (_, grip)| whole.and(*grip));
    let surest = grips.iter().find(|(_, grip)| grip.allow == whole.allow).map(|(id, _)| *id);
    surest.filter(|_| whole.reach().is_possible())
}
