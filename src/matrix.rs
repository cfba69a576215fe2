//! What people write: the two matrices, the documents and the operator's settings.
//!
//! Owns: the types, their loading ([`load`]), their rules ([`check`]) and their JSON Schemas ([`schema`]).
//! Must not: know the live account.

pub mod check;
mod decode;
pub mod load;
pub mod operator;
mod quotas;
pub mod reference;
pub(crate) mod rules;
pub mod schema;
pub mod waivers;

use std::collections::BTreeMap;
use std::sync::Arc as Shared;

pub use check::{Checked, check, check_structure};
pub use load::{Loaded, Overrides, load, settings};
pub use operator::{Acting, Approval, Ceiling, Limits, Mode, Operator, Protect, Threshold, default_listen};
pub use quotas::Quotas;
pub use rules::quotas::groups_needed;
pub use rules::{part, part_number};
pub use waivers::Waiver;

use crate::located::{Located, Span};
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;
use crate::policy::Document;

/// The name of the baseline's group unless the matrix says otherwise.
pub const BASELINE_GROUP: &str = "Baseline";

/// Both matrices and what belongs to them, as written; [`check`] says whether they make sense.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The columns.
    pub groups: Vec<Group>,
    /// The IAM group that carries the baseline.
    pub baseline_group: Located<Name>,
    /// Policies for every user of the matrix.
    pub baseline: Vec<Located<Name>>,
    /// The user matrix, a row a user.
    pub users: Vec<UserRow>,
    /// The policy matrix, a row a policy.
    pub policies: Vec<PolicyRow>,
    /// Customer managed policies that the matrix owns.
    pub documents: BTreeMap<Name, DocumentFile>,
    /// Policies of others that a row may name.
    pub external: Vec<External>,
    /// The account's password policy, if the matrix governs it.
    pub password_policy: Option<PasswordPolicy>,
    /// Findings that are agreed to, each with a reason and an end.
    pub waivers: Vec<Waiver>,
}

/// A column of the matrix.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its name.
    pub name: Located<Name>,
    /// The name it had before; its IAM groups are renamed in place.
    pub renamed_from: Option<Located<Name>>,
}

/// A row of the user matrix.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// The IAM user.
    pub name: Located<Name>,
    /// The groups the user is in.
    pub groups: Vec<Located<Name>>,
    /// Whether the user must have MFA: a claim that is reported; it never changes attachments.
    pub mfa: Mfa,
}

/// Whether a user must have MFA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mfa {
    /// Yes; also when nothing is written.
    Required,
    /// No, for the reason given.
    Exempt {
        /// Why.
        because: String,
    },
}

/// A row of the policy matrix.
#[derive(Debug, Clone)]
pub struct PolicyRow {
    /// The policy: a document, an external policy or an AWS managed one.
    pub name: Located<Name>,
    /// The groups that carry it.
    pub groups: Vec<Located<Name>>,
}

/// A policy document that the matrix owns: `NAME.json`.
#[derive(Debug, Clone)]
pub struct DocumentFile {
    /// The policy's name: the file's name without `.json`.
    pub name: Name,
    /// The top of its file.
    pub span: Span,
    /// The text as written.
    pub text: Shared<str>,
    /// What it says; none when it does not parse, which [`check`] reports.
    pub document: Option<Document>,
}

/// A policy of somebody else that a row may name.
#[derive(Debug, Clone)]
pub struct External {
    /// The name that rows use.
    pub name: Located<Name>,
    /// The policy's ARN.
    pub arn: Located<Arn>,
}

impl Matrix {
    /// Whether a document, or an external policy, bears that name.
    #[must_use]
    pub fn defines(&self, policy: &Name) -> bool {
        self.documents.contains_key(policy) || self.external.iter().any(|external| external.name.value == *policy)
    }

    /// The policies of every column, in the order of the rows; columns without any are left out.
    #[must_use]
    pub fn columns(&self) -> BTreeMap<&Name, Vec<&Located<Name>>> {
        let mut columns: BTreeMap<&Name, Vec<&Located<Name>>> = BTreeMap::new();
        for row in &self.policies {
            for cell in &row.groups {
                columns.entry(&cell.value).or_default().push(&row.name);
            }
        }
        columns
    }
}
