//! Whether MFA is really enforced: a proof, or an action that slips through.
//!
//! A user is covered when the Deny statements that reach the user, on every resource and under no other condition than
//! the absence of MFA, together deny everything but what it takes to enrol a device. Everything means every action that
//! AWS may ever have, so it takes a `NotAction` or a `*`. Allows do not enter the proof; they choose the example when
//! there is none. Must not: know of live devices, nor whether MFA is required.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::Serialize;

use super::grips::{Grips, document, hangs_on_the_user};
use super::left::{Left, denying};
use super::reach::Session;
use super::universe::Universe;
use super::{Access, PolicyId, User};
use crate::name::Name;
use crate::policy::context::Context;
use crate::policy::{Document, Effect, Statement};

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

/// Whether MFA is enforced for a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
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
    work: Work<'a>,
    /// By what is held, and by whom where a guard hangs on that.
    proved: BTreeMap<(BTreeSet<PolicyId>, Option<Name>), Enforced>,
}

impl<'a> Prover<'a> {
    /// Proves about `access`.
    #[must_use]
    pub fn new(access: &'a Access) -> Self {
        Prover { work: Work::new(access), proved: BTreeMap::new() }
    }

    /// Whether MFA is enforced for the user.
    pub fn prove(&mut self, user: &User) -> &Enforced {
        let held = self.work.access.held(user).policies;
        let personal = held.iter().any(|id| self.work.personal.contains(id)).then(|| user.name.clone());
        self.proved.entry((held, personal)).or_insert_with_key(|(held, _)| self.work.prove(held, user))
    }
}

/// Guards with the places of their statements that deny what they name, come what may.
type Guards = Vec<(PolicyId, Vec<usize>)>;

/// What is worked out once for all who hold the same guards.
#[derive(Debug)]
struct Work<'a> {
    access: &'a Access,
    grips: Grips<'a>,
    /// The statements of each policy that deny what they name, come what may; policies without one are left out.
    denials: BTreeMap<(Session, PolicyId), Vec<usize>>,
    /// Guards with a condition that hangs on who asks.
    personal: BTreeSet<PolicyId>,
    /// What guards leave open.
    left: BTreeMap<(Session, Guards), Left<'a>>,
    /// Unpacked only when a pattern has to be taken apart; what enforces MFA as it should never needs it.
    universe: Rc<OnceCell<Universe>>,
}

impl<'a> Work<'a> {
    fn new(access: &'a Access) -> Self {
        let known = || access.ids().filter_map(|id| Some((id, document(access, id)?)));
        let of_session = |(id, document)| {
            Session::UNPROVED.map(|session| ((session, id), places(document, session, &session.context())))
        };
        let denials = known().flat_map(of_session).filter(|(_, places)| !places.is_empty()).collect();
        let is_personal = |(_, document): &(PolicyId, &Document)| {
            document.statements().any(|it| it.effect == Effect::Deny && hangs_on_the_user(it))
        };
        let personal = known().filter(is_personal).map(|(id, _)| id).collect();
        Work { access, grips: Grips::new(access), denials, personal, left: BTreeMap::new(), universe: Rc::default() }
    }

    /// What the policies with guards deny to the user, come what may.
    fn guards(&self, held: &[PolicyId], user: &User, session: Session) -> Guards {
        let of_policy = |id: &PolicyId| {
            if self.personal.contains(id) {
                return document(self.access, *id).map(|document| places(document, session, &user.context(session)));
            }
            self.denials.get(&(session, *id)).cloned()
        };
        let guards = held.iter().filter_map(|id| Some((*id, of_policy(id)?)));
        guards.filter(|(_, places)| !places.is_empty()).collect()
    }

    fn prove(&mut self, held: &BTreeSet<PolicyId>, user: &User) -> Enforced {
        let known: Vec<PolicyId> = held.iter().copied().filter(|id| document(self.access, *id).is_some()).collect();
        let name = |id: PolicyId| Name::new(self.access.name(id));
        let mut by = BTreeSet::new();
        let mut slips = Vec::new();
        for session in Session::UNPROVED {
            let (access, universe) = (self.access, &self.universe);
            let guards = self.guards(&known, user, session);
            let left = self.left.entry((session, guards)).or_insert_with_key(|(_, guards)| {
                let of_guard = |(id, places): &(PolicyId, Vec<usize>)| Some((*id, statements(access, *id, places)?));
                Left::after(session, &guards.iter().filter_map(of_guard).collect::<Vec<_>>(), universe)
            });
            match left.example(self.access, &known, &mut self.grips) {
                Some((action, policy)) => {
                    slips.push(Slip { session, action: left.spelled(&action), allowed_by: policy.map(name) });
                }
                None => by.extend(left.closed_by().map(name)),
            }
        }
        if slips.is_empty() { Enforced::Yes { by } } else { Enforced::No { slips } }
    }
}

fn places(document: &Document, session: Session, context: &Context) -> Vec<usize> {
    denying(document, session, context).into_iter().map(|(place, _)| place).collect()
}

fn statements<'a>(access: &'a Access, id: PolicyId, places: &[usize]) -> Option<Vec<&'a Statement>> {
    let statements: Vec<&Statement> = document(access, id)?.statements().collect();
    Some(places.iter().filter_map(|place| statements.get(*place).copied()).collect())
}

/// Whether the action, in lower case, is one that a user without MFA may be left to do.
#[must_use]
pub fn is_harmless(action: &str) -> bool {
    ENROLMENT.contains(&action) || FIRST_SIGN_IN.contains(&action)
}
