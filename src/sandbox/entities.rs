//! The things an account holds, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{aws, limits};

/// A name as IAM compares it: without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Folded(String);

impl Folded {
    /// Folds a name; names are ASCII.
    pub fn of(name: &str) -> Self {
        Self(name.to_ascii_lowercase())
    }
}

impl AsRef<str> for Folded {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Which managed policy is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PolicyKey {
    /// One of the account's own.
    Customer(Folded),
    /// One of AWS's, by its place in the catalogue.
    Aws(usize),
}

impl PolicyKey {
    /// A text that sorts as the key does, for pages.
    pub fn cursor(&self) -> String {
        match self {
            Self::Customer(name) => format!("customer {}", name.as_ref()),
            Self::Aws(index) => format!("managed {index:06}"),
        }
    }
}

/// As it is saved: the name of one's own, the ARN of one of AWS's. Its place in the catalogue changes with the catalogue.
impl From<PolicyKey> for String {
    fn from(key: PolicyKey) -> Self {
        match key {
            PolicyKey::Customer(Folded(name)) => name,
            PolicyKey::Aws(index) => aws::get(index).map(aws::Managed::arn).unwrap_or_default(),
        }
    }
}

impl TryFrom<String> for PolicyKey {
    type Error = String;

    fn try_from(saved: String) -> Result<Self, String> {
        let Some(full_name) = saved.strip_prefix("arn:aws:iam::aws:policy/") else {
            return Ok(Self::Customer(Folded(saved)));
        };
        let known = full_name.rsplit('/').next().and_then(aws::find);
        known.map(Self::Aws).ok_or_else(|| format!("the catalogue holds no AWS managed policy {saved}"))
    }
}

/// What can hold policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
}

impl Holder {
    /// As messages and ARNs call it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
        }
    }

    /// As parameters, answers and quotas call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Role => "Role",
        }
    }

    /// The parameter that names it.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::User => "UserName",
            Self::Group => "GroupName",
            Self::Role => "RoleName",
        }
    }

    /// How many characters its inline policies may have together.
    pub const fn inline_size(self) -> usize {
        match self {
            Self::User => limits::USER_INLINE_SIZE,
            Self::Group => limits::GROUP_INLINE_SIZE,
            Self::Role => limits::ROLE_INLINE_SIZE,
        }
    }
}

/// The policies that a user, group or role holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grants {
    /// Attached managed policies.
    pub attached: BTreeSet<PolicyKey>,
    /// Inline policies: name and document.
    pub inline: BTreeMap<String, String>,
}

/// Tags, in the order given.
pub type Tags = Vec<(String, String)>;

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The name as spelled at creation.
    pub name: String,
    /// The path.
    pub path: String,
    /// The unique id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// Its policies.
    pub grants: Grants,
    /// Its permissions boundary.
    pub boundary: Option<PolicyKey>,
    /// The groups it is a member of.
    pub groups: BTreeSet<Folded>,
    /// The ids of its access keys, oldest first.
    pub keys: Vec<String>,
    /// The serial numbers of the MFA devices enabled for it.
    pub devices: BTreeSet<String>,
    /// Its sign-in password.
    pub login: Option<Login>,
}

/// A sign-in password. The password itself is not kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
    /// Whether the next sign-in must change it.
    pub reset_required: bool,
}

/// A group.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The name as spelled at creation or renaming.
    pub name: String,
    /// The path.
    pub path: String,
    /// The unique id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its policies.
    pub grants: Grants,
    /// Its members.
    pub members: BTreeSet<Folded>,
}

/// A role, known from the account file only.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// The name as spelled.
    pub name: String,
    /// The path.
    pub path: String,
    /// The unique id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Who may assume it.
    pub trust: String,
    /// Its policies.
    pub grants: Grants,
    /// Its permissions boundary.
    pub boundary: Option<PolicyKey>,
}

/// A customer managed policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// The name as spelled at creation.
    pub name: String,
    /// The path, which can never change.
    pub path: String,
    /// The unique id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// When its newest version was made.
    pub updated: Timestamp,
    /// What it is for, set at creation only.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// The versions kept, by number.
    pub versions: BTreeMap<u32, Version>,
    /// The number of the version in force.
    pub default_version: u32,
    /// The highest number ever given to a version.
    pub last_version: u32,
}

/// One version of a policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Version {
    /// The document as sent.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A virtual MFA device.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    /// The secret, in Base32.
    pub seed: String,
    /// Whose it is and since when, once enabled.
    pub owner: Option<(Folded, Timestamp)>,
    /// How far its clock is from ours, as found when its codes were last checked.
    pub drift: i64,
    /// The time step of the last code that was used: it and older ones work no more.
    pub used: Option<i64>,
    /// Its tags.
    pub tags: Tags,
}

/// When, and for which service and region, an access key was used.
pub type Use = (Timestamp, String, String);

/// An access key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessKey {
    /// Whose it is.
    pub user: Folded,
    /// Whether it works.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// How it was last used.
    pub last_used: Option<Use>,
}

/// Temporary credentials of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Session {
    /// Whose they are.
    pub user: Folded,
    /// The user's unique id: another user of the same name does not inherit them.
    pub user_id: String,
    /// Whether they were asked for with a code of an MFA device.
    pub mfa: bool,
    /// The token that they come with. Accounts saved before it was kept have none: then it is not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When they were given, if that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Timestamp>,
    /// When they end.
    pub expires: Timestamp,
}

/// A credential report.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// The time it shows.
    pub generated: Timestamp,
    /// Its lines.
    pub csv: String,
}

/// The account's password policy.
#[allow(clippy::struct_excessive_bools, reason = "these are the switches of IAM's own structure")]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordPolicy {
    /// The least number of characters.
    pub minimum_length: i64,
    /// Whether a symbol is needed.
    pub symbols: bool,
    /// Whether a digit is needed.
    pub numbers: bool,
    /// Whether a capital letter is needed.
    pub uppercase: bool,
    /// Whether a small letter is needed.
    pub lowercase: bool,
    /// Whether users may change their own.
    pub users_may_change: bool,
    /// Days that a password lasts.
    pub max_age: Option<i64>,
    /// How many old passwords may not come back.
    pub reuse_prevention: Option<i64>,
    /// Whether an expired password can be renewed by an administrator only.
    pub hard_expiry: Option<bool>,
}
