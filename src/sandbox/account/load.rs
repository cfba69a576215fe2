//! Plays an account file as calls on an empty account.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    AccountError,
    file::{Document, File, Group, PasswordPolicy, Policy, Role, User},
};
use crate::sandbox::{
    actions::{Answer, Call, IAM, Reply, attachments, boundaries, devices, inline, roles},
    aws,
    caller::Caller,
    entities::{Folded, Holder, PolicyKey},
    error::Error,
    limits,
    params::Params,
    state::State,
    totp,
};

/// A password that satisfies every password policy.
const PASSWORD: &str = "Aa1!";

/// Makes the account that the file describes, with ids from a seed or from the account's own id.
pub fn load(file: &File, seed: Option<&str>, now: Timestamp) -> Result<State, AccountError> {
    let digits = file.account.bytes().filter(u8::is_ascii_digit).count();
    if digits != 12 || file.account.len() != 12 {
        let refusal = format!("{:?} is not an account id", file.account);
        return Err(AccountError::wrong("account", refusal, "write twelve digits, in quotes"));
    }
    let mut loader = Loader { state: State::seeded(&file.account, seed.unwrap_or(&file.account)), now };
    if let Some(alias) = &file.alias {
        loader.iam("alias", "CreateAccountAlias", &[("AccountAlias", alias)])?;
    }
    if let Some(policy) = &file.password_policy {
        loader.password_policy(policy)?;
    }
    for (name, policy) in &file.policies {
        loader.policy(name, policy)?;
    }
    for (name, group) in &file.groups {
        loader.group(name, group)?;
    }
    for (name, role) in &file.roles {
        loader.role(name, role)?;
    }
    for (name, user) in &file.users {
        loader.user(name, user)?;
    }
    for name in &file.unassigned_devices {
        loader.device(&format!("unassignedDevices.{name}"), name)?;
    }
    Ok(loader.state)
}

type Pairs<'p> = &'p [(&'p str, &'p str)];
type Loaded = Result<(), AccountError>;

struct Loader {
    state: State,
    now: Timestamp,
}

impl Loader {
    /// Does an action of the wire.
    fn iam(&mut self, place: &str, action: &str, pairs: Pairs<'_>) -> Loaded {
        match IAM.handler(action) {
            Some(handler) => self.run(place, handler, pairs),
            None => Err(AccountError::refused(place, &Error::unknown_action(action, Some(IAM.version)))),
        }
    }

    /// Does what only files can do: roles are no entities of the wire.
    fn run(&mut self, place: &str, act: impl FnOnce(&mut Call<'_>) -> Answer, pairs: Pairs<'_>) -> Loaded {
        let params = Params::of(pairs.iter().copied());
        let call = &mut Call { state: &mut self.state, params: &params, caller: &Caller::Operator, now: self.now };
        act(call).map(drop).map_err(|error| AccountError::refused(place, &error))
    }

    fn password_policy(&mut self, policy: &PasswordPolicy) -> Loaded {
        let flag = |name, value: Option<bool>| (name, value.map(|value| value.to_string()));
        let number = |name, value: Option<i64>| (name, value.map(|value| value.to_string()));
        let all = [
            number("MinimumPasswordLength", policy.minimum_length),
            flag("RequireSymbols", policy.require_symbols),
            flag("RequireNumbers", policy.require_numbers),
            flag("RequireUppercaseCharacters", policy.require_uppercase),
            flag("RequireLowercaseCharacters", policy.require_lowercase),
            flag("AllowUsersToChangePassword", policy.allow_users_to_change_password),
            number("MaxPasswordAge", policy.max_age_days),
            number("PasswordReusePrevention", policy.reuse_prevention),
            flag("HardExpiry", policy.hard_expiry),
        ];
        let pairs: Vec<_> = all.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        self.iam("passwordPolicy", "UpdateAccountPasswordPolicy", &pairs)
    }

    fn policy(&mut self, name: &str, policy: &Policy) -> Loaded {
        let place = format!("policies.{name}");
        let mut versions = policy.document.iter().chain(&policy.versions).map(Document::text);
        let (Some(first), true) = (versions.next(), policy.document.is_none() || policy.versions.is_empty()) else {
            let refusal = "needs either a document or versions".to_owned();
            return Err(AccountError::wrong(&place, refusal, "write `document:` once, or a list of `versions:`"));
        };
        let mut pairs = vec![("PolicyName", name), ("PolicyDocument", &first)];
        pairs.extend(policy.path.as_deref().map(|path| ("Path", path)));
        pairs.extend(policy.description.as_deref().map(|text| ("Description", text)));
        self.iam(&place, "CreatePolicy", &pairs)?;
        let arn = self.state.policy_arn(&PolicyKey::Customer(Folded::of(name)));
        for text in versions {
            let pairs = [("PolicyArn", &*arn), ("PolicyDocument", &text), ("SetAsDefault", "true")];
            self.iam(&format!("{place}.versions"), "CreatePolicyVersion", &pairs)?;
        }
        if let Some(default) = &policy.default {
            let pairs = [("PolicyArn", &*arn), ("VersionId", default)];
            self.iam(&format!("{place}.default"), "SetDefaultPolicyVersion", &pairs)?;
        }
        Ok(())
    }

    fn group(&mut self, name: &str, group: &Group) -> Loaded {
        let place = format!("groups.{name}");
        let mut pairs = vec![("GroupName", name)];
        pairs.extend(group.path.as_deref().map(|path| ("Path", path)));
        self.iam(&place, "CreateGroup", &pairs)?;
        self.grants(Holder::Group, name, &place, &group.policies, &group.inline)
    }

    fn role(&mut self, name: &str, role: &Role) -> Loaded {
        let place = format!("roles.{name}");
        let trust = role.trust.text();
        let mut pairs = vec![("RoleName", name), ("AssumeRolePolicyDocument", &trust)];
        pairs.extend(role.path.as_deref().map(|path| ("Path", path)));
        self.run(&place, roles::create, &pairs)?;
        self.grants(Holder::Role, name, &place, &role.policies, &role.inline)?;
        self.boundary(Holder::Role, name, &place, role.boundary.as_deref())
    }

    fn user(&mut self, name: &str, user: &User) -> Loaded {
        let place = format!("users.{name}");
        let mut pairs = vec![("UserName", name)];
        pairs.extend(user.path.as_deref().map(|path| ("Path", path)));
        self.iam(&place, "CreateUser", &pairs)?;
        for group in &user.groups {
            let pairs = [("UserName", name), ("GroupName", group)];
            self.iam(&format!("{place}.groups"), "AddUserToGroup", &pairs)?;
        }
        self.grants(Holder::User, name, &place, &user.policies, &user.inline)?;
        self.boundary(Holder::User, name, &place, user.boundary.as_deref())?;
        if user.login {
            let password = PASSWORD.repeat(32);
            let pairs = [("UserName", name), ("Password", &*password)];
            self.iam(&format!("{place}.login"), "CreateLoginProfile", &pairs)?;
        }
        for _ in 0..user.access_keys.min(limits::ACCESS_KEYS_PER_USER + 1) {
            self.iam(&format!("{place}.accessKeys"), "CreateAccessKey", &[("UserName", name)])?;
        }
        if user.mfa {
            self.enabled_device(&format!("{place}.mfa"), name)?;
        }
        Ok(())
    }

    /// A device that nobody sees being made: the picture of its seed would cost more than all the rest of the file.
    fn device(&mut self, place: &str, name: &str) -> Loaded {
        let make = |call: &mut Call<'_>| devices::make(call).map(|_| Reply::Done);
        self.run(place, make, &[("VirtualMFADeviceName", name)])
    }

    /// A device named like its user, enabled with the last two codes that it showed: the present one still works.
    fn enabled_device(&mut self, place: &str, user: &str) -> Loaded {
        self.device(place, user)?;
        let serial = self.state.entity_arn("mfa", "/", user);
        let seed = self.state.devices.get(&serial).map(|device| device.seed.clone()).unwrap_or_default();
        let now = totp::step(self.now);
        let [first, second] = [now - 2, now - 1].map(|step| totp::code(&seed, step).unwrap_or_default());
        let who = [("UserName", user), ("SerialNumber", &*serial)];
        let codes = [("AuthenticationCode1", &*first), ("AuthenticationCode2", &*second)];
        self.iam(place, "EnableMFADevice", &[who, codes].concat())
    }

    fn grants(
        &mut self,
        holder: Holder,
        name: &str,
        place: &str,
        policies: &[String],
        documents: &BTreeMap<String, Document>,
    ) -> Loaded {
        let who = (holder.parameter(), name);
        for policy in policies {
            let place = format!("{place}.policies.{policy}");
            let arn = self.arn(&place, policy)?;
            let attach = |call: &mut Call<'_>| attachments::attach_found(call, holder, attachments::attachable_once);
            self.run(&place, attach, &[who, ("PolicyArn", &arn)])?;
        }
        for (policy, document) in documents {
            let place = format!("{place}.inline.{policy}");
            let pairs = [who, ("PolicyName", policy), ("PolicyDocument", &document.text())];
            self.run(&place, |call| inline::put(call, holder), &pairs)?;
        }
        Ok(())
    }

    fn boundary(&mut self, holder: Holder, name: &str, place: &str, policy: Option<&str>) -> Loaded {
        let Some(policy) = policy else { return Ok(()) };
        let place = format!("{place}.boundary");
        let arn = self.arn(&place, policy)?;
        let pairs = [(holder.parameter(), name), ("PermissionsBoundary", &*arn)];
        self.run(&place, |call| boundaries::put_found(call, holder, attachments::attachable_once), &pairs)
    }

    /// The ARN of a policy that the file names by an ARN, a name of its own, or AWS's name.
    fn arn(&self, place: &str, policy: &str) -> Result<String, AccountError> {
        if policy.starts_with("arn:") {
            return Ok(policy.to_owned());
        }
        let own = Folded::of(policy);
        let key = if self.state.policies.contains_key(&own) {
            Some(PolicyKey::Customer(own))
        } else {
            aws::find(policy).map(PolicyKey::Aws)
        };
        key.map(|key| self.state.policy_arn(&key)).ok_or_else(|| {
            let refusal = format!("{policy} is neither a policy of this file nor one of AWS");
            AccountError::wrong(place, refusal, "declare it under `policies:`, or correct the name")
        })
    }
}
