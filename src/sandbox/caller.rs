//! Who makes a request, by the access key in its `Authorization` header and the token that temporary credentials come
//! with. Signatures are not verified.
//!
//! The key of a user of the sandbox makes that user the caller, and so do temporary credentials of the user. A key that
//! is neither and looks like one is refused. Every other belongs to the account's operator, a session of a role that
//! may do everything.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{
    actions::IAM,
    entities::{Folded, Session},
    error::{Code, Error},
    state::State,
};

/// The role that the operator's session is of.
const OPERATOR_ROLE: &str = "SandboxOperator";
/// The name of the operator's session.
const OPERATOR_SESSION: &str = "sandbox";
/// The operator's role id.
const OPERATOR_ID: &str = "AROASANDBOXOPERATOR00";

/// How the access keys of users begin (IAM user guide, unique identifiers).
const USER_KEY: &str = "AKIA";
/// How the keys of temporary credentials begin (IAM user guide, unique identifiers).
pub const SESSION_KEY: &str = "ASIA";

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The account's operator.
    Operator,
    /// A user of the sandbox.
    User(Identity),
    /// A user of the sandbox with temporary credentials.
    Session(Identity, Temporary),
}

/// How temporary credentials were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Temporary {
    /// Whether with a code of an MFA device.
    pub mfa: bool,
    /// When, if that is known.
    pub issued: Option<Timestamp>,
}

/// Which user asks, as found when the request came: what a handler works on may be an older account, in which the user
/// has another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The folded name.
    pub name: Folded,
    arn: String,
    id: String,
}

impl Identity {
    fn of(state: &State, name: &Folded) -> Result<Self, Error> {
        let user = state.users.get(name).ok_or_else(invalid)?;
        let arn = state.entity_arn("user", &user.path, &user.name);
        Ok(Self { name: name.clone(), arn, id: user.id.clone() })
    }
}

/// Where a request comes from: what its connection and its headers tell, as far as the sandbox reads them.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'h> {
    /// The header `Authorization`.
    pub authorization: Option<&'h str>,
    /// The header `X-Amz-Security-Token`.
    pub token: Option<&'h str>,
    /// The header `User-Agent`.
    pub agent: Option<&'h str>,
    /// The address of the other end.
    pub address: IpAddr,
}

/// What a request says of its credentials, as far as the sandbox reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct Credential<'h> {
    /// The id of the access key.
    pub key: &'h str,
    /// The region of the signature's scope.
    pub region: &'h str,
    /// The token of temporary credentials.
    pub token: Option<&'h str>,
}

impl<'h> Credential<'h> {
    /// Reads the headers. The signature is not looked at.
    pub fn read(origin: &Origin<'h>) -> Result<Self, Error> {
        let header = origin.authorization.ok_or_else(|| {
            let message = "Request is missing Authentication Token";
            Error::new(Code::MissingAuthenticationToken, message)
        })?;
        let incomplete = || {
            let message = "Authorization header requires 'Credential' parameter.";
            Error::new(Code::IncompleteSignature, message)
        };
        let (_, rest) = header.split_once("Credential=").ok_or_else(incomplete)?;
        let scope = rest.split([',', ' ']).next().unwrap_or_default();
        let mut parts = scope.split('/');
        let key = parts.next().filter(|key| !key.is_empty());
        let region = parts.nth(1).unwrap_or("us-east-1");
        Ok(Self { key: key.ok_or_else(incomplete)?, region, token: origin.token })
    }
}

impl Caller {
    /// Finds the caller of `service` (`iam` or `sts`), and notes the use of a user's key.
    pub fn identify(
        state: &mut State,
        credential: &Credential<'_>,
        service: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let id = credential.key;
        if state.retired_keys.contains(id) {
            return Err(if id.starts_with(SESSION_KEY) { expired() } else { invalid() });
        }
        if let Some(session) = state.sessions.get(id) {
            return Self::with_session(state, session, service, (credential.token, now));
        }
        let Some(key) = state.keys.get_mut(id) else {
            return if looks_issued(id) { Err(invalid()) } else { Ok(Self::Operator) };
        };
        if !key.active {
            return Err(invalid());
        }
        key.last_used = Some((now, service.to_owned(), credential.region.to_owned()));
        let user = key.user.clone();
        Identity::of(state, &user).map(Self::User)
    }

    /// The user of temporary credentials: the one who asked for them, while that user is there. Those made without
    /// MFA may not call IAM (API reference, `GetSessionToken`), which IAM words as a token that is not valid.
    fn with_session(
        state: &State,
        session: &Session,
        service: &str,
        (token, now): (Option<&str>, Timestamp),
    ) -> Result<Self, Error> {
        if session.token.is_some() && session.token.as_deref() != token {
            return Err(invalid());
        }
        if now >= session.expires {
            return Err(expired());
        }
        let user = Identity::of(state, &session.user)?;
        if user.id != session.user_id || (service == IAM.service && !session.mfa) {
            return Err(invalid());
        }
        Ok(Self::Session(user, Temporary { mfa: session.mfa, issued: session.issued }))
    }

    /// The user who asks, if it is one.
    pub fn user(&self) -> Option<&Folded> {
        match self {
            Self::Operator => None,
            Self::User(user) | Self::Session(user, _) => Some(&user.name),
        }
    }

    /// The caller's ARN.
    pub fn arn(&self, state: &State) -> String {
        match self {
            Self::Operator => {
                format!("arn:aws:sts::{}:assumed-role/{OPERATOR_ROLE}/{OPERATOR_SESSION}", state.account_id)
            }
            Self::User(user) | Self::Session(user, _) => user.arn.clone(),
        }
    }

    /// The caller's unique id.
    pub fn id(&self) -> String {
        match self {
            Self::Operator => format!("{OPERATOR_ID}:{OPERATOR_SESSION}"),
            Self::User(user) | Self::Session(user, _) => user.id.clone(),
        }
    }
}

fn expired() -> Error {
    Error::new(Code::ExpiredToken, "The security token included in the request is expired")
}

/// Whether IAM or STS could have given out a key of this id: then it belongs to no account that is here.
fn looks_issued(id: &str) -> bool {
    id.len() == 20 && [USER_KEY, SESSION_KEY].iter().any(|start| id.starts_with(start))
}

fn invalid() -> Error {
    let message = "The security token included in the request is invalid.";
    Error::new(Code::InvalidClientTokenId, message)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A request of this machine with this header and no token.
    pub fn signed(authorization: Option<&str>) -> Origin<'_> {
        Origin { authorization, token: None, agent: Some("test"), address: IpAddr::from([127, 0, 0, 1]) }
    }

    #[test]
    fn the_key_and_region_are_read_from_the_scope() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/iam/aws4_request, \
                      SignedHeaders=host, Signature=0";
        let credential = Credential::read(&signed(Some(header))).unwrap();
        assert_eq!((credential.key, credential.region), ("AKIDEXAMPLE", "eu-west-1"));
    }

    #[test]
    fn a_key_that_looks_issued_and_is_not_there_is_no_operators() {
        let mut state = State::new("123456789012");
        let mut identify = |key| {
            let credential = Credential { key, region: "us-east-1", token: None };
            Caller::identify(&mut state, &credential, "iam", Timestamp::UNIX_EPOCH)
        };
        for stale in ["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"] {
            assert_eq!(identify(stale).unwrap_err().code, Code::InvalidClientTokenId);
        }
        for any in ["sandbox", "x", "AKIA"] {
            assert_eq!(identify(any).unwrap(), Caller::Operator);
        }
    }

    #[test]
    fn a_request_without_credentials_is_refused() {
        let error = Credential::read(&signed(None)).unwrap_err();
        assert_eq!(error.code, Code::MissingAuthenticationToken);
        let error = Credential::read(&signed(Some("Bearer x"))).unwrap_err();
        assert_eq!(error.code, Code::IncompleteSignature);
    }
}
