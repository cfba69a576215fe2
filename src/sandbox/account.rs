//! The account that a sandbox starts from, empty or read from a file.
//!
//! A file is played as the calls that a person would make, so that it can hold nothing that IAM would refuse.

mod file;
mod load;

use super::{error::Error, state::State};

/// An account to start a sandbox from.
#[derive(Debug, Clone)]
pub struct Account {
    state: State,
}

/// An account file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// It is not YAML of the right shape.
    #[error("the account file cannot be read: {0}")]
    Shape(#[from] crate::yaml::Error),
    /// IAM would refuse something that it says.
    #[error("{place}: {refusal}; {remedy}")]
    Refused {
        /// The object and the key, such as `groups.Admin.policies`.
        place: String,
        /// What IAM says.
        refusal: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

impl Account {
    /// Reads an account file.
    ///
    /// # Errors
    /// When it is not YAML of the right shape, or says what IAM would refuse.
    pub fn from_yaml(text: &str) -> Result<Self, AccountError> {
        let file = crate::yaml::from_str(text)?;
        let state = load::load(&file, super::clock::now())?;
        Ok(Self { state })
    }

    /// An account that holds nothing.
    #[must_use]
    pub fn empty(account_id: &str) -> Self {
        Self { state: State::new(account_id) }
    }

    pub(super) fn into_state(self) -> State {
        self.state
    }
}

impl AccountError {
    fn refused(place: &str, error: &Error) -> Self {
        use super::error::Code;
        let remedy = match error.code {
            Code::LimitExceeded => "leave out what exceeds IAM's quota",
            Code::EntityAlreadyExists => "IAM's names are unique whatever their case and path: rename one of the two",
            Code::NoSuchEntity => "declare it in this file, or correct the name",
            Code::MalformedPolicyDocument => "correct the document",
            Code::PolicyNotAttachable => "name another policy",
            _ => "correct the value",
        };
        Self::Refused { place: place.to_owned(), refusal: error.to_string(), remedy }
    }

    fn wrong(place: &str, refusal: String, remedy: &'static str) -> Self {
        Self::Refused { place: place.to_owned(), refusal, remedy }
    }
}
