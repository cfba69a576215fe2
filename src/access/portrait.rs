//! A user as a reviewer wants to see one: groups, policies, why, MFA and the quotas used.

use std::collections::BTreeMap;

use serde::Serialize;

use super::mfa::{Enforced, Prover};
use super::{Access, Body, Kind, Through, User};
use crate::matrix::{self, Matrix, Quotas};
use crate::name::Name;

/// Everything about one user's access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Portrait {
    /// The user.
    pub user: Name,
    /// The user's groups in the matrix; none when no row is the user's.
    pub row: Option<Vec<Name>>,
    /// The policies, by how they came to the user.
    pub policies: Vec<Share>,
    /// The permissions boundary.
    pub boundary: Option<Name>,
    /// Whether the matrix requires MFA: `required`, `exempt`, or nothing without a row.
    pub mfa_required: Option<&'static str>,
    /// Why not, if exempt.
    pub mfa_because: Option<String>,
    /// Whether the policies enforce it.
    pub mfa_enforced: Enforced,
    /// IAM groups that the user is in.
    pub groups_used: usize,
    /// How many IAM allows.
    pub groups_allowed: usize,
}

/// The policies that came to a user in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// How they came.
    pub through: Through,
    /// The policies, by name.
    pub policies: Vec<Carried>,
}

/// A policy that came to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Carried {
    /// The policy.
    pub name: Name,
    /// What kind of policy.
    pub kind: Kind,
    /// Whether it denies something.
    pub guard: bool,
    /// Whether its document is known.
    pub known: bool,
}

/// The portrait of a user.
#[must_use]
pub fn of(access: &Access, user: &User, matrix: &Matrix) -> Portrait {
    let mut policies: BTreeMap<Through, Vec<Carried>> = BTreeMap::new();
    for holding in &user.holdings {
        let Some(policy) = access.policy(holding.policy) else { continue };
        let (guard, known) = match &policy.body {
            Body::Known(document) => (document.is_guard(), true),
            Body::Unreadable | Body::Unknown => (false, false),
        };
        let carried = Carried { name: policy.name.clone(), kind: policy.kind.clone(), guard, known };
        policies.entry(holding.through.clone()).or_default().push(carried);
    }
    for carried in policies.values_mut() {
        carried.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let row = matrix.users.iter().find(|row| row.name.value == user.name);
    let (mfa_required, mfa_because) = match row.map(|row| &row.mfa) {
        Some(matrix::Mfa::Required) => (Some("required"), None),
        Some(matrix::Mfa::Exempt { because }) => (Some("exempt"), Some(because.clone())),
        None => (None, None),
    };
    let live = policies.keys().filter(|through| matches!(through, Through::Group(_))).count();
    // The matrix alone knows columns; each stands for one IAM group or several.
    let groups = row.filter(|_| user.path.is_none()).map_or(live, |row| matrix::groups_needed(matrix, row));
    Portrait {
        user: user.name.clone(),
        row: row.map(|row| row.groups.iter().map(|cell| cell.value.clone()).collect()),
        policies: policies.into_iter().map(|(through, policies)| Share { through, policies }).collect(),
        boundary: user.boundary.map(|id| Name::new(access.name(id))),
        mfa_required,
        mfa_because,
        mfa_enforced: Prover::new(access).prove(user).clone(),
        groups_used: groups,
        groups_allowed: Quotas::default().groups_per_user,
    }
}
