//! MFA in three separate answers: required (the matrix says so), enforced (the policies do so), device (there is one).
//! Each can be yes while another is no; one word for all of them is how people get hurt.
//!
//! Owns: [`Standing`]. Must not: know how devices are read.

use std::collections::BTreeMap;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
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
    let rows: BTreeMap<&Name, &matrix::Mfa> = matrix.users.iter().map(|row| (&row.name.value, &row.mfa)).collect();
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

/// Who is open in `after` and was not, or in another way, in `before`: users by what slips through for them. Both are
/// sorted by name.
#[must_use]
pub fn newly_open<'s>(before: &[Standing], after: &'s [Standing]) -> BTreeMap<&'s Enforced, Vec<&'s Name>> {
    let was = |user: &Name| before.binary_search_by(|known| known.user.cmp(user)).ok().and_then(|at| before.get(at));
    let mut opened: BTreeMap<&Enforced, Vec<&Name>> = BTreeMap::new();
    for standing in after.iter().filter(|standing| standing.is_open() && was(&standing.user) != Some(standing)) {
        opened.entry(&standing.enforced).or_default().push(&standing.user);
    }
    opened
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::mfa::Slip;
    use crate::access::reach::Session;

    fn open(user: &str, action: &str) -> Standing {
        let slip = Slip { session: Session::AccessKey, action: action.to_owned(), allowed_by: None };
        Standing { user: user.into(), required: Required::Yes, enforced: Enforced::No { slips: vec![slip] } }
    }

    fn told(before: &[Standing], after: &[Standing]) -> Vec<String> {
        let opened = newly_open(before, after).into_values();
        opened.map(|users| users.into_iter().map(Name::as_str).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn who_is_open_is_told_once_for_all_alike_and_again_when_something_else_slips_through() {
        let exempt = Standing { required: Required::Exempt { because: "CI".to_owned() }, ..open("dot", "*") };
        let first = [open("ann", "*"), open("bob", "*"), open("cid", "s3:GetObject"), exempt.clone()];
        assert_eq!(told(&[], &first), ["ann bob", "cid"]);
        assert_eq!(told(&first, &first), Vec::<String>::new());
        let second = [open("ann", "s3:GetObject"), open("bob", "*"), open("cid", "s3:GetObject"), exempt];
        assert_eq!(told(&first, &second), ["ann"]);
        assert_eq!(told(&second[1..], &second), ["ann"]);
    }
}
