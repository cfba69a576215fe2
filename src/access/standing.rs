//! MFA in three separate answers: required (the matrix says so), enforced (the policies do so), device (there is one).
//! Each can be yes while another is no; one word for all of them is how people get hurt.
//!
//! Owns: [`Standing`]. Must not: know how devices are read.

use serde::Serialize;

use super::Access;
use super::mfa::{Enforced, Prover};
use crate::matrix::{self, Matrix};
use crate::name::Name;

/// Where a user stands with MFA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The user.
    pub user: Name,
    /// Whether the matrix requires it.
    pub required: Required,
    /// Whether the live policies enforce it.
    pub enforced: Enforced,
}

/// Whether the matrix requires MFA of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "answer")]
pub enum Required {
    /// Yes.
    Yes,
    /// No, for the reason given.
    Exempt {
        /// Why.
        because: String,
    },
    /// The matrix has no row for the user.
    NoRow,
}

impl Standing {
    /// Whether MFA is required and nothing enforces it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.required == Required::Yes && !self.enforced.is_yes()
    }
}

/// Where everybody in the account stands, by name.
#[must_use]
pub fn standings(access: &Access, matrix: &Matrix) -> Vec<Standing> {
    let mut prover = Prover::new(access);
    let rows: std::collections::BTreeMap<&Name, &matrix::Mfa> =
        matrix.users.iter().map(|row| (&row.name.value, &row.mfa)).collect();
    let standing = |user: &super::User| Standing {
        user: user.name.clone(),
        required: match rows.get(&user.name) {
            Some(matrix::Mfa::Required) => Required::Yes,
            Some(matrix::Mfa::Exempt { because }) => Required::Exempt { because: because.clone() },
            None => Required::NoRow,
        },
        enforced: prover.prove(user).clone(),
    };
    access.users.values().map(standing).collect()
}
