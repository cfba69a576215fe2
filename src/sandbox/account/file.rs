//! The shape of an account file. Shape only: what IAM makes of it is `load`'s matter.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// An account file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct File {
    /// Twelve digits.
    pub account: String,
    /// The account's alias.
    pub alias: Option<String>,
    /// The password policy; IAM has none unless one is set.
    pub password_policy: Option<PasswordPolicy>,
    /// Customer managed policies by name.
    #[serde(default)]
    pub policies: BTreeMap<String, Policy>,
    /// Groups by name.
    #[serde(default)]
    pub groups: BTreeMap<String, Group>,
    /// Users by name.
    #[serde(default)]
    pub users: BTreeMap<String, User>,
    /// Roles by name. No action makes one: they are here to hold policies.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
    /// Names of virtual MFA devices that belong to nobody.
    #[serde(default)]
    pub unassigned_devices: Vec<String>,
}

/// The password policy; what is left out has IAM's default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PasswordPolicy {
    /// 6 to 128.
    pub minimum_length: Option<i64>,
    /// Whether a symbol is needed.
    pub require_symbols: Option<bool>,
    /// Whether a digit is needed.
    pub require_numbers: Option<bool>,
    /// Whether a capital letter is needed.
    pub require_uppercase: Option<bool>,
    /// Whether a small letter is needed.
    pub require_lowercase: Option<bool>,
    /// Whether users may change their own.
    pub allow_users_to_change_password: Option<bool>,
    /// 1 to 1095 days.
    pub max_age_days: Option<i64>,
    /// 1 to 24 old passwords.
    pub reuse_prevention: Option<i64>,
    /// Whether an expired password can be renewed by an administrator only.
    pub hard_expiry: Option<bool>,
}

/// A customer managed policy: one document, or all its versions, oldest first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Policy {
    /// Its path, `/` unless said otherwise.
    pub path: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its only version.
    pub document: Option<Document>,
    /// Its versions; the last is in force unless `default` names another.
    #[serde(default)]
    pub versions: Vec<Document>,
    /// The id of the version in force, such as `v2`.
    pub default: Option<String>,
}

/// A policy document, as a map or as text.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Document(Value);

impl Document {
    /// The text as IAM gets it: text goes as it is, spaces and all.
    pub fn text(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            map => map.to_string(),
        }
    }
}

/// A group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its path, `/` unless said otherwise.
    pub path: Option<String>,
    /// Attached policies: a name of this file or of AWS, or an ARN.
    #[serde(default)]
    pub policies: Vec<String>,
    /// Inline policies by name.
    #[serde(default)]
    pub inline: BTreeMap<String, Document>,
}

/// A user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct User {
    /// The path, `/` unless said otherwise.
    pub path: Option<String>,
    /// The groups the user is a member of.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Policies attached to the user directly.
    #[serde(default)]
    pub policies: Vec<String>,
    /// Inline policies by name.
    #[serde(default)]
    pub inline: BTreeMap<String, Document>,
    /// The policy that is the permissions boundary.
    pub boundary: Option<String>,
    /// Whether the user has a virtual MFA device, named like the user.
    #[serde(default)]
    pub mfa: bool,
    /// Whether the user has a password.
    #[serde(default)]
    pub login: bool,
    /// How many access keys the user has.
    #[serde(default)]
    pub access_keys: usize,
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its path, `/` unless said otherwise.
    pub path: Option<String>,
    /// Who may assume it: the trust policy.
    pub trust: Document,
    /// Attached policies.
    #[serde(default)]
    pub policies: Vec<String>,
    /// Inline policies by name.
    #[serde(default)]
    pub inline: BTreeMap<String, Document>,
    /// The policy that is the permissions boundary.
    pub boundary: Option<String>,
}
