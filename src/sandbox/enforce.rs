//! Whether a caller's policies allow a call, and the refusal in IAM's words when they do not.
//!
//! What counts: the user's own policies, those of the groups, and the permissions boundary as a second layer. The
//! account's operator may do everything, and STS needs no permission: `GetCallerIdentity` and `GetSessionToken` cannot
//! be denied (AWS STS API reference; IAM user guide, "Permissions for `GetSessionToken`").
//! Must not: change the account, or know an operator of conditions.

mod aim;
mod facts;

use jiff::Timestamp;

use self::aim::Aim;
use super::{
    actions::IAM,
    caller::{Caller, Origin},
    error::{Code, Error},
    held::{Held, Holding},
    params::Params,
    state::State,
};
use crate::policy::evaluate::{Decision, Request, evaluate};

/// A call that somebody wants to make.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The account, as far as the caller's policies are known.
    pub state: &'a State,
    /// `iam` or `sts`.
    pub service: &'a str,
    /// The action, without its service.
    pub action: &'a str,
    /// Its parameters.
    pub params: &'a Params,
    /// Who asks.
    pub caller: &'a Caller,
    /// From where.
    pub origin: &'a Origin<'a>,
    /// When.
    pub now: Timestamp,
}

/// Why a call is refused.
enum Refusal<'h> {
    /// A policy of the identity denies it: which, if it can be told.
    Denied(Option<&'h str>),
    /// The boundary denies it.
    DeniedByBoundary(Option<&'h str>),
    /// No policy of the identity allows it.
    NotAllowed,
    /// The boundary does not allow it.
    NotWithinBoundary,
}

impl Wanted<'_> {
    /// Refuses the call unless the caller's policies allow it on everything that it aims at.
    pub fn judge(&self) -> Result<(), Error> {
        let Some(name) = self.caller.user().filter(|_| self.service == IAM.service) else { return Ok(()) };
        // A user who is not known everywhere yet holds nothing there.
        let user = self.state.users.get(name).filter(|user| user.id == self.caller.id());
        let holding = user.map(|user| Holding::of_user(self.state, user)).unwrap_or_default();
        for aim in self.aims() {
            let context = self.facts(&aim);
            let action = format!("iam:{}", self.action);
            let request = Request { action: &action, resource: &aim.arn, context: &context };
            if let Some(refusal) = refusal(&holding, &request) {
                return Err(self.refused(&aim, &refusal));
            }
        }
        Ok(())
    }

    /// IAM's words (IAM user guide, "Troubleshoot access denied error messages"; the ARN of the denying policy since
    /// 2026: AWS Security Blog, "Enhanced access denied error messages with policy ARNs").
    fn refused(&self, aim: &Aim, refusal: &Refusal<'_>) -> Error {
        let action = self.action;
        let named = |arn: Option<&str>| arn.map(|arn| format!(": {arn}")).unwrap_or_default();
        let why = match refusal {
            Refusal::Denied(arn) => format!("with an explicit deny in an identity-based policy{}", named(*arn)),
            Refusal::DeniedByBoundary(arn) => format!("with an explicit deny in a permissions boundary{}", named(*arn)),
            Refusal::NotAllowed => format!("because no identity-based policy allows the iam:{action} action"),
            Refusal::NotWithinBoundary => format!("because no permissions boundary allows the iam:{action} action"),
        };
        let message = Error::not_authorized(&self.caller.arn(self.state), action, &aim.shown).message;
        Error::new(Code::AccessDenied, format!("{message} {why}"))
    }
}

fn refusal<'h>(holding: &'h Holding, request: &Request<'_>) -> Option<Refusal<'h>> {
    let by_identity = said(&holding.policies, request);
    let by_boundary = holding.boundary.as_ref().map(|boundary| said(std::slice::from_ref(boundary), request));
    match (by_identity, by_boundary) {
        ((Decision::ExplicitlyDenied, by), _) => Some(Refusal::Denied(by)),
        (_, Some((Decision::ExplicitlyDenied, by))) => Some(Refusal::DeniedByBoundary(by)),
        ((Decision::ImplicitlyDenied, _), _) => Some(Refusal::NotAllowed),
        (_, Some((Decision::ImplicitlyDenied, _))) => Some(Refusal::NotWithinBoundary),
        ((Decision::Allowed, _), _) => None,
    }
}

/// What policies say, and the ARN of the one that denies. A policy that is not understood denies: it must not be taken
/// for one that allows.
fn said<'h>(policies: &'h [Held], request: &Request<'_>) -> (Decision, Option<&'h str>) {
    if let Some(opaque) = policies.iter().find(|held| held.document.is_none()) {
        return (Decision::ExplicitlyDenied, opaque.arn.as_deref());
    }
    let verdict = evaluate(policies.iter().filter_map(|held| held.document.as_ref()), request);
    let first = verdict.by.first().and_then(|by| policies.get(by.document));
    (verdict.decision, first.and_then(|held| held.arn.as_deref()))
}

#[cfg(test)]
mod tests;
