//! What an audit is made of: everything that IAM answered, and for the rest why not.
//!
//! Owns: [`Evidence`]. Must not: read IAM (`iam/` does), or judge.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::credential_report::{CredentialReport, Credentials};
use crate::devices::{self, Device, Devices, Kind, Owner, VirtualDevice};
use crate::live::{LiveGroup, LivePolicy, LiveUser};
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;
use crate::policy::{Document, LiveDocument};

/// What IAM answered, or why it did not.
pub type Answer<T> = Result<T, Unanswered>;

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", tag = "because", content = "what")]
pub enum Unanswered {
    /// The credentials may not ask.
    #[error("no permission to {0}")]
    Denied(String),
    /// IAM, or who plays it, does not answer such a question of this account.
    #[error("{0}")]
    Refused(String),
    /// Another service knows.
    #[error("not answered here: {0}")]
    Elsewhere(String),
}

/// Everything that is known of an account.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The account's id, twelve digits.
    pub account: String,
    /// `aws`, `aws-cn` …
    pub partition: String,
    /// Users, groups, roles and policies.
    pub entities: Answer<Entities>,
    /// The account's password policy, if it has one.
    pub password_policy: Answer<Option<PasswordPolicy>>,
    /// What the account summary says of the root user.
    pub root: Answer<Root>,
    /// Everybody's credentials.
    pub credentials: Answer<CredentialReport>,
    /// All virtual MFA devices, those of nobody too.
    pub virtual_devices: Answer<Vec<VirtualDevice>>,
    /// All devices of the users who have one that is not in the list of virtual ones.
    pub asked: Answer<BTreeMap<Name, Vec<Device>>>,
    /// SAML providers.
    pub saml_providers: Answer<BTreeSet<Arn>>,
    /// `OpenID` Connect providers.
    pub oidc_providers: Answer<BTreeSet<Arn>>,
    /// Whether the organization manages the root users of its accounts.
    pub central_root: Answer<bool>,
}

/// Who there is, and what they are granted.
#[derive(Debug, Clone, Default)]
pub struct Entities {
    /// All users.
    pub users: BTreeMap<Name, LiveUser>,
    /// All groups.
    pub groups: BTreeMap<Name, LiveGroup>,
    /// All roles.
    pub roles: BTreeMap<Name, Role>,
    /// All customer managed policies.
    pub policies: BTreeMap<Name, LivePolicy>,
    /// AWS managed policies that are attached somewhere.
    pub aws: BTreeMap<Arn, LiveDocument>,
}

/// A role, as far as an audit needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: Name,
    /// Its ARN.
    pub arn: Arn,
    /// Its trust policy's text, percent-decoded.
    pub trust: Option<String>,
    /// Its managed policies.
    pub attached: BTreeSet<Arn>,
    /// Its inline policies.
    pub inline: BTreeMap<String, LiveDocument>,
}

/// The root user, as the account summary tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// Whether it has an MFA device.
    pub mfa: bool,
    /// Whether it has access keys.
    pub keys: bool,
    /// Whether it has a password; when the summary is silent it has.
    pub password: bool,
}

/// Who carries a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Holder {
    /// A group.
    Group,
    /// A user.
    User,
    /// A role.
    Role,
}

impl Holder {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Holder::Group => "group",
            Holder::User => "user",
            Holder::Role => "role",
        }
    }
}

/// An inline policy and who carries it.
#[derive(Debug, Clone, Copy)]
pub struct Inline<'e> {
    /// What carries it.
    pub holder: Holder,
    /// Who carries it.
    pub of: &'e Name,
    /// Its name.
    pub name: &'e str,
    /// What it says.
    pub document: &'e LiveDocument,
}

impl Entities {
    /// Every user, group and role with its managed policies: groups first, then users, then roles, by name.
    pub fn holders(&self) -> impl Iterator<Item = (Holder, &Name, &BTreeSet<Arn>)> {
        let groups = self.groups.values().map(|group| (Holder::Group, &group.name, &group.attached));
        let users = self.users.values().map(|user| (Holder::User, &user.name, &user.attached));
        let roles = self.roles.values().map(|role| (Holder::Role, &role.name, &role.attached));
        groups.chain(users).chain(roles)
    }

    /// Who carries that managed policy.
    pub fn holders_of<'e>(&'e self, arn: &'e Arn) -> impl Iterator<Item = (Holder, &'e Name)> {
        self.holders().filter(|(_, _, attached)| attached.contains(arn)).map(|(holder, name, _)| (holder, name))
    }

    /// Every inline policy.
    pub fn inline(&self) -> impl Iterator<Item = Inline<'_>> {
        fn of<'e>(
            holder: Holder,
            name: &'e Name,
            inline: &'e BTreeMap<String, LiveDocument>,
        ) -> impl Iterator<Item = Inline<'e>> {
            inline.iter().map(move |(policy, document)| Inline { holder, of: name, name: policy, document })
        }
        let groups = self.groups.values().flat_map(|group| of(Holder::Group, &group.name, &group.inline));
        let users = self.users.values().flat_map(|user| of(Holder::User, &user.name, &user.inline));
        let roles = self.roles.values().flat_map(|role| of(Holder::Role, &role.name, &role.inline));
        groups.chain(users).chain(roles)
    }

    /// The document of a managed policy, if it is known and can be read.
    #[must_use]
    pub fn document(&self, arn: &Arn) -> Option<&Document> {
        let live = if arn.is_aws_managed() {
            self.aws.get(arn)
        } else {
            self.policies.get(&arn.name()).filter(|policy| policy.arn == *arn).map(|policy| &policy.document)
        };
        live.and_then(known)
    }
}

/// A document that we understand.
#[must_use]
pub fn known(live: &LiveDocument) -> Option<&Document> {
    match live {
        LiveDocument::Known { document, .. } => Some(document),
        LiveDocument::Opaque { .. } => None,
    }
}

/// The document with its places in the live text, which is told as `live:NAME`.
#[must_use]
pub fn placed(name: &str, live: &LiveDocument) -> LiveDocument {
    let text = live.text().to_owned();
    match Document::parse_file(&format!("live:{name}"), &text) {
        Ok(document) => LiveDocument::Known { text, document },
        Err(_) => LiveDocument::Opaque { text },
    }
}

/// An inline policy by its holder and its name, of which neither holds a `/`.
#[must_use]
pub fn inline_name(of: &Name, name: &str) -> String {
    format!("{of}/{name}")
}

impl Evidence {
    /// The users' lines of the credential report.
    ///
    /// # Errors
    /// Why there is no report.
    pub fn users(&self) -> Answer<&BTreeMap<Name, Credentials>> {
        Ok(&self.report()?.users)
    }

    /// The credential report.
    ///
    /// # Errors
    /// Why there is none.
    pub fn report(&self) -> Answer<&CredentialReport> {
        self.credentials.as_ref().map_err(Clone::clone)
    }

    /// Users, groups, roles and policies.
    ///
    /// # Errors
    /// Why they are not known.
    pub fn entities(&self) -> Answer<&Entities> {
        self.entities.as_ref().map_err(Clone::clone)
    }

    /// All virtual devices.
    ///
    /// # Errors
    /// Why they are not known.
    pub fn virtual_devices(&self) -> Answer<&[VirtualDevice]> {
        self.virtual_devices.as_deref().map_err(Clone::clone)
    }

    /// The devices of each user that has any: the virtual ones, and all of those who were asked about.
    ///
    /// # Errors
    /// Why they are not known.
    pub fn devices(&self) -> Answer<BTreeMap<Name, Vec<Device>>> {
        let mut devices = devices::by_owner(self.virtual_devices()?);
        devices.extend(self.asked.clone()?.into_iter().filter(|(_, devices)| !devices.is_empty()));
        Ok(devices)
    }

    /// Whether a user has a device: what was seen now goes before the report, which may be four hours old.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn has_mfa(&self, user: &Name, credentials: &Credentials) -> Answer<bool> {
        let listed = devices::by_owner(self.virtual_devices()?).contains_key(user);
        let asked = self.asked.as_ref().ok().and_then(|asked| asked.get(user)).map(|devices| !devices.is_empty());
        Ok(listed || asked.unwrap_or(credentials.mfa))
    }

    /// What is known of everybody's devices, to be kept. `now`: when IAM was asked.
    #[must_use]
    pub fn all_devices(&self, now: Timestamp) -> Devices {
        let mut devices = Devices::default();
        if let Ok(listed) = &self.virtual_devices {
            devices.list(listed, now);
        }
        if let Ok(report) = &self.credentials {
            let any = report.users.iter().map(|(name, user)| (name.clone(), user.mfa));
            devices.reported = Some((any.collect(), report.made));
        }
        let asked = self.asked.iter().flatten();
        devices.asked = asked.map(|(name, devices)| (name.clone(), (devices.clone(), now))).collect();
        devices
    }

    /// The root user's virtual device, if it has one.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn root_virtual_device(&self) -> Answer<Option<&Device>> {
        let of_root = |device: &&VirtualDevice| device.owner == Owner::Root && device.device.kind == Kind::Virtual;
        Ok(self.virtual_devices()?.iter().find(of_root).map(|device| &device.device))
    }
}
