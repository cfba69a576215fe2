//! An account to drive through the action table in tests, without a network.

use jiff::Timestamp;

use super::{Call, IAM, Reply};
use crate::sandbox::{caller::Caller, error::Error, params::Params, state::State};

/// A state, a caller and a clock.
pub struct Account {
    /// The account's state, for tests that look inside.
    pub state: State,
    /// Who asks.
    pub caller: Caller,
    /// The time.
    pub now: Timestamp,
}

impl Account {
    /// A document that IAM takes.
    pub const DOCUMENT: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

    /// An empty account.
    pub fn new() -> Self {
        Self {
            state: State::new("123456789012"),
            caller: Caller::Operator,
            now: Timestamp::from_second(1_790_000_000).unwrap(),
        }
    }

    /// The ARN of a policy of this account.
    pub fn arn(full_name: &str) -> String {
        format!("arn:aws:iam::123456789012:policy/{full_name}")
    }

    /// Does an action and gives the inside of its result.
    pub fn call(&mut self, action: &str, pairs: &[(&str, &str)]) -> Result<String, Error> {
        let handler = IAM.handler(action).unwrap();
        let reply = handler(&mut Call {
            state: &mut self.state,
            params: &Params::of(pairs.iter().copied()),
            caller: &self.caller,
            now: self.now,
        })?;
        Ok(match reply {
            Reply::Done => String::new(),
            Reply::Result(xml) => xml.into_string(),
        })
    }

    /// Does an action that must succeed.
    #[track_caller]
    pub fn ok(&mut self, action: &str, pairs: &[(&str, &str)]) -> String {
        match self.call(action, pairs) {
            Ok(xml) => xml,
            Err(error) => panic!("{action} {pairs:?}: {error}"),
        }
    }

    /// Does an action that must be refused with this code, and gives the message.
    #[track_caller]
    pub fn refused(&mut self, action: &str, pairs: &[(&str, &str)], code: &str) -> String {
        match self.call(action, pairs) {
            Ok(xml) => panic!("{action} {pairs:?} was not refused: {xml}"),
            Err(error) => {
                assert_eq!(error.code.name(), code, "{action} {pairs:?}: {error}");
                error.message
            }
        }
    }

    /// The text of the first element of that name.
    pub fn text(xml: &str, element: &str) -> String {
        let (_, rest) = xml.split_once(&format!("<{element}>")).unwrap();
        rest.split('<').next().unwrap_or_default().to_owned()
    }

    /// The marker of a page.
    pub fn marker(xml: &str) -> String {
        Self::text(xml, "Marker")
    }
}
