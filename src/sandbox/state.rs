//! What the account holds, and the look-ups that several actions share.
//!
//! Attachments are stored with what they are attached to; `relations` writes what is kept at two ends. Nothing here
//! checks a request.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use serde::{Deserialize, Serialize};

use super::{
    aws::{self, Standing},
    entities::{
        AccessKey, Device, Folded, Grants, Group, Holder, PasswordPolicy, Policy, PolicyKey, Report, Role, Session,
        User,
    },
    error::{Code, Error},
    ids::Ids,
};

/// The whole account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// Twelve digits.
    pub account_id: String,
    /// The account's alias.
    pub alias: Option<String>,
    /// Users by folded name.
    pub users: BTreeMap<Folded, User>,
    /// Groups by folded name.
    pub groups: BTreeMap<Folded, Group>,
    /// Roles by folded name; only an account file brings them in.
    pub roles: BTreeMap<Folded, Role>,
    /// Customer managed policies by folded name.
    pub policies: BTreeMap<Folded, Policy>,
    /// Virtual MFA devices by serial number, which is their ARN.
    pub devices: BTreeMap<String, Device>,
    /// Access keys by id.
    pub keys: BTreeMap<String, AccessKey>,
    /// Ids of access keys that were deleted, or of temporary credentials that ended, and must not work again.
    pub retired_keys: BTreeSet<String>,
    /// Temporary credentials by the id of their key.
    pub sessions: BTreeMap<String, Session>,
    /// The last credential report.
    pub report: Option<Report>,
    /// The password policy, when one has been set.
    pub password_policy: Option<PasswordPolicy>,
    /// Gives out ids.
    pub ids: Ids,
}

/// How often a policy is used.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Users, groups and roles that it is attached to.
    pub attachments: usize,
    /// Users and roles whose permissions boundary it is.
    pub boundaries: usize,
}

impl State {
    /// An account that holds nothing, whose ids come from its own id.
    pub fn new(account_id: &str) -> Self {
        Self::seeded(account_id, account_id)
    }

    /// An account that holds nothing, whose ids come from a seed.
    pub fn seeded(account_id: &str, seed: &str) -> Self {
        Self {
            account_id: account_id.to_owned(),
            alias: None,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            roles: BTreeMap::new(),
            policies: BTreeMap::new(),
            devices: BTreeMap::new(),
            keys: BTreeMap::new(),
            retired_keys: BTreeSet::new(),
            sessions: BTreeMap::new(),
            report: None,
            password_policy: None,
            ids: Ids::new(seed),
        }
    }

    /// The ARN of something of this account: `tail` is what follows the account id.
    pub fn arn(&self, tail: impl Display) -> String {
        format!("arn:aws:iam::{}:{tail}", self.account_id)
    }

    /// The ARN of an entity: `user`, `group`, `role` or `policy`, its path and name.
    pub fn entity_arn(&self, kind: &str, path: &str, name: &str) -> String {
        self.arn(format_args!("{kind}{path}{name}"))
    }

    /// The user of that name.
    pub fn user(&self, name: &str) -> Result<&User, Error> {
        self.users.get(&Folded::of(name)).ok_or_else(|| Error::no_such("user", name))
    }

    /// The user of that name, to be changed.
    pub fn user_mut(&mut self, name: &str) -> Result<&mut User, Error> {
        self.users.get_mut(&Folded::of(name)).ok_or_else(|| Error::no_such("user", name))
    }

    /// The group of that name.
    pub fn group(&self, name: &str) -> Result<&Group, Error> {
        self.groups.get(&Folded::of(name)).ok_or_else(|| Error::no_such("group", name))
    }

    /// The user, group or role of that name: the name as it was given, and the policies.
    pub fn holder(&self, holder: Holder, name: &str) -> Result<(&str, &Grants), Error> {
        let key = Folded::of(name);
        match holder {
            Holder::User => self.users.get(&key).map(|user| (user.name.as_str(), &user.grants)),
            Holder::Group => self.groups.get(&key).map(|group| (group.name.as_str(), &group.grants)),
            Holder::Role => self.roles.get(&key).map(|role| (role.name.as_str(), &role.grants)),
        }
        .ok_or_else(|| Error::no_such(holder.word(), name))
    }

    /// The policies of the user, group or role of that name.
    pub fn grants(&self, holder: Holder, name: &str) -> Result<&Grants, Error> {
        self.holder(holder, name).map(|(_, grants)| grants)
    }

    /// The policies of the user, group or role of that name, to be changed.
    pub fn grants_mut(&mut self, holder: Holder, name: &str) -> Result<&mut Grants, Error> {
        let key = Folded::of(name);
        match holder {
            Holder::User => self.users.get_mut(&key).map(|user| &mut user.grants),
            Holder::Group => self.groups.get_mut(&key).map(|group| &mut group.grants),
            Holder::Role => self.roles.get_mut(&key).map(|role| &mut role.grants),
        }
        .ok_or_else(|| Error::no_such(holder.word(), name))
    }

    /// The members of a group, in the order of their names.
    pub fn members(&self, group: &Folded) -> impl Iterator<Item = (&Folded, &User)> {
        let names = self.groups.get(group).map(|group| &group.members).into_iter().flatten();
        names.filter_map(|name| self.users.get_key_value(name))
    }

    /// The device with that serial number.
    pub fn device(&self, serial: &str) -> Result<&Device, Error> {
        self.devices.get(serial).ok_or_else(|| Error::no_such_device(serial))
    }

    /// The device with that serial number, to be changed.
    pub fn device_mut(&mut self, serial: &str) -> Result<&mut Device, Error> {
        self.devices.get_mut(serial).ok_or_else(|| Error::no_such_device(serial))
    }

    /// Which policy an ARN names, if it can be seen; an ARN is compared letter by letter.
    pub fn policy_key(&self, arn: &str) -> Result<Option<PolicyKey>, Error> {
        Ok(self.policy_of(arn)?.filter(|key| self.is_there(key)))
    }

    /// Which policy an ARN names, even one that is deprecated and attached nowhere.
    pub fn policy_of(&self, arn: &str) -> Result<Option<PolicyKey>, Error> {
        let invalid = || Error::new(Code::InvalidInput, format!("ARN {arn} is not valid."));
        let (owner, full_name) =
            arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":policy/")).ok_or_else(invalid)?;
        let name = full_name.rsplit('/').next().unwrap_or(full_name);
        if name.is_empty() {
            return Err(invalid());
        }
        let key = if owner == "aws" {
            aws::find(name).map(PolicyKey::Aws)
        } else if owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit()) {
            let key = Folded::of(name);
            let known = self.policies.contains_key(&key);
            known.then_some(PolicyKey::Customer(key))
        } else {
            return Err(invalid());
        };
        Ok(key.filter(|key| self.policy_arn(key) == arn))
    }

    /// Whether a policy can be seen: a deprecated one of AWS only as long as it is attached somewhere (IAM user guide,
    /// deprecated AWS managed policies).
    pub fn is_there(&self, key: &PolicyKey) -> bool {
        match key {
            PolicyKey::Aws(index) => {
                aws::get(*index).is_some_and(|policy| policy.standing != Standing::Deprecated)
                    || self.usage(key) != Usage::default()
            }
            PolicyKey::Customer(name) => self.policies.contains_key(name),
        }
    }

    /// Which policy an ARN names, or the refusal that there is none.
    pub fn known_policy(&self, arn: &str) -> Result<PolicyKey, Error> {
        self.policy_key(arn)?.ok_or_else(|| Error::no_such_policy(arn))
    }

    /// The name and the ARN of a policy.
    pub fn policy_names(&self, key: &PolicyKey) -> (String, String) {
        match key {
            PolicyKey::Aws(index) => aws::get(*index).map(|p| (p.name.to_owned(), p.arn())),
            PolicyKey::Customer(name) => {
                self.policies.get(name).map(|p| (p.name.clone(), self.entity_arn("policy", &p.path, &p.name)))
            }
        }
        .unwrap_or_default()
    }

    /// The ARN of a policy.
    pub fn policy_arn(&self, key: &PolicyKey) -> String {
        self.policy_names(key).1
    }

    /// The path of a policy.
    pub fn policy_path(&self, key: &PolicyKey) -> &str {
        match key {
            PolicyKey::Aws(index) => aws::get(*index).map_or("/", |policy| policy.path),
            PolicyKey::Customer(name) => self.policies.get(name).map_or("/", |p| p.path.as_str()),
        }
    }

    /// How often each policy is used; those that are not used are left out.
    pub fn usages(&self) -> BTreeMap<&PolicyKey, Usage> {
        let mut usages = BTreeMap::<_, Usage>::new();
        for key in self.all_grants().flat_map(|grants| &grants.attached) {
            usages.entry(key).or_default().attachments += 1;
        }
        for key in self.all_boundaries() {
            usages.entry(key).or_default().boundaries += 1;
        }
        usages
    }

    /// How often one policy is used.
    pub fn usage(&self, key: &PolicyKey) -> Usage {
        Usage {
            attachments: self.all_grants().filter(|grants| grants.attached.contains(key)).count(),
            boundaries: self.all_boundaries().filter(|boundary| *boundary == key).count(),
        }
    }

    fn all_grants(&self) -> impl Iterator<Item = &Grants> {
        let users = self.users.values().map(|user| &user.grants);
        let groups = self.groups.values().map(|group| &group.grants);
        users.chain(groups).chain(self.roles.values().map(|role| &role.grants))
    }

    fn all_boundaries(&self) -> impl Iterator<Item = &PolicyKey> {
        let users = self.users.values().filter_map(|user| user.boundary.as_ref());
        users.chain(self.roles.values().filter_map(|role| role.boundary.as_ref()))
    }
}
