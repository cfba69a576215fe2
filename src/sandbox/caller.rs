//! Who makes a request, by the access key in its `Authorization` header. Signatures are not
//! verified.
//!
//! The key of a user of the sandbox makes that user the caller. Every other key belongs to the
//! account's operator, a session of a role that may do everything.

use jiff::Timestamp;

use super::{
    entities::Folded,
    error::{Code, Error},
    state::State,
};

/// The role that the operator's session is of.
const OPERATOR_ROLE: &str = "SandboxOperator";
/// The name of the operator's session.
const OPERATOR_SESSION: &str = "sandbox";
/// The operator's role id.
const OPERATOR_ID: &str = "AROASANDBOXOPERATOR00";

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The account's operator.
    Operator,
    /// A user of the sandbox, by folded name.
    User(Folded),
}

/// What an `Authorization` header says, as far as the sandbox reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct Credential<'h> {
    /// The id of the access key.
    pub key: &'h str,
    /// The region of the signature's scope.
    pub region: &'h str,
}

impl<'h> Credential<'h> {
    /// Reads the header's value.
    pub fn read(header: Option<&'h str>) -> Result<Self, Error> {
        let header = header.ok_or_else(|| {
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
        Ok(Self { key: key.ok_or_else(incomplete)?, region: parts.nth(1).unwrap_or("us-east-1") })
    }
}

impl Caller {
    /// Finds the caller, and notes the use of a user's key.
    pub fn identify(
        state: &mut State,
        credential: &Credential<'_>,
        service: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let id = credential.key;
        let invalid = || {
            let message = "The security token included in the request is invalid.";
            Error::new(Code::InvalidClientTokenId, message)
        };
        if state.retired_keys.contains(id) {
            return Err(invalid());
        }
        let Some(key) = state.keys.get_mut(id) else {
            return Ok(Self::Operator);
        };
        if !key.active {
            return Err(invalid());
        }
        key.last_used = Some((now, service.to_owned(), credential.region.to_owned()));
        Ok(Self::User(key.user.clone()))
    }

    /// The caller's ARN.
    pub fn arn(&self, state: &State) -> String {
        match self {
            Self::Operator => {
                format!("arn:aws:sts::{}:assumed-role/{OPERATOR_ROLE}/{OPERATOR_SESSION}", state.account_id)
            }
            Self::User(name) => {
                state.users.get(name).map(|user| state.entity_arn("user", &user.path, &user.name)).unwrap_or_default()
            }
        }
    }

    /// The caller's unique id.
    pub fn id(&self, state: &State) -> String {
        match self {
            Self::Operator => format!("{OPERATOR_ID}:{OPERATOR_SESSION}"),
            Self::User(name) => state.users.get(name).map(|user| user.id.clone()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_and_region_are_read_from_the_scope() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/iam/aws4_request, \
                      SignedHeaders=host, Signature=0";
        let credential = Credential::read(Some(header)).unwrap();
        assert_eq!((credential.key, credential.region), ("AKIDEXAMPLE", "eu-west-1"));
    }

    #[test]
    fn a_request_without_credentials_is_refused() {
        let error = Credential::read(None).unwrap_err();
        assert_eq!(error.code, Code::MissingAuthenticationToken);
        let error = Credential::read(Some("Bearer x")).unwrap_err();
        assert_eq!(error.code, Code::IncompleteSignature);
    }
}
