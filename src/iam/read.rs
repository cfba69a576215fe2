//! Complete reads of an account: all pages, or an error; never a part.
//!
//! Owns: the sweep (`GetAccountAuthorizationDetails`), the password policy, the quotas, the list of AWS managed
//! policies. Must not: write, or know what is wanted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_iam::types::{
    EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail, PolicyScopeType, RoleDetail, SummaryKeyType, UserDetail,
};

use super::call::Caller;
use super::error::{CallError, Class};
use super::{Session, Writer};
use crate::catalog::{AwsPolicy, Catalog};
use crate::live::{Live, LiveGroup, LivePolicy, LiveUser, PolicyVersion};
use crate::matrix::{Acting, Quotas};
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;
use crate::policy::LiveDocument;

/// Items a page: the most that IAM gives.
pub(super) const PAGE: i32 = 1000;

/// Whose credentials these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account, twelve digits.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
    /// `aws`, `aws-cn` …
    pub partition: String,
}

impl Identity {
    /// The user that the caller is, where it is no role and not the root.
    #[must_use]
    pub fn user(&self) -> Option<Name> {
        Some(Name::new(self.arn.split_once(":user/")?.1.rsplit('/').next()?))
    }
}

/// Reads an account.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) session: Session,
}

impl Session {
    /// A reader of the account.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader { session: self.clone() }
    }

    /// A writer to the account. It takes an acting mode to have one, and observe has none.
    #[must_use]
    pub fn writer(&self, acting: Acting) -> Writer {
        Writer::new(self.iam.clone(), self.caller.clone(), acting)
    }
}

impl Reader {
    pub(super) fn caller(&self) -> &Caller {
        &self.session.caller
    }

    /// Whose credentials are in use.
    ///
    /// # Errors
    /// When STS does not answer, or not with an account.
    pub async fn identity(&self) -> Result<Identity, CallError> {
        let operation = "GetCallerIdentity";
        let answer = self.caller().read(operation, || self.session.sts.get_caller_identity().send()).await?;
        let (Some(account), Some(arn)) = (answer.account, answer.arn) else {
            return Err(CallError::incomplete(operation, "the answer names no account"));
        };
        let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
        Ok(Identity { account, arn, partition })
    }

    /// The whole account at one moment.
    ///
    /// # Errors
    /// When any page or entity cannot be read: then there is no snapshot at all.
    pub async fn snapshot(&self, identity: &Identity) -> Result<Live, CallError> {
        let sweep = self.sweep(&[]).await?;
        let password_policy = self.password_policy().await?;
        let quotas = self.quotas().await?;
        sweep.into_live(identity, password_policy, quotas)
    }

    /// All users, groups and customer managed policies, and what is asked for besides.
    pub(super) async fn sweep(&self, besides: &[EntityType]) -> Result<Sweep, CallError> {
        let operation = SWEEP;
        let mut filter = vec![EntityType::User, EntityType::Group, EntityType::LocalManagedPolicy];
        filter.extend_from_slice(besides);
        let mut sweep = Sweep::default();
        let mut marker: Option<String> = None;
        loop {
            let page = self
                .caller()
                .read(operation, || {
                    self.session
                        .iam
                        .get_account_authorization_details()
                        .set_filter(Some(filter.clone()))
                        .max_items(PAGE)
                        .set_marker(marker.clone())
                        .send()
                })
                .await?;
            let next = next_marker(operation, page.is_truncated, page.marker, marker.as_deref())?;
            sweep.users.extend(page.user_detail_list.unwrap_or_default());
            sweep.groups.extend(page.group_detail_list.unwrap_or_default());
            sweep.policies.extend(page.policies.unwrap_or_default());
            sweep.roles.extend(page.role_detail_list.unwrap_or_default());
            marker = next;
            if marker.is_none() {
                return Ok(sweep);
            }
        }
    }

    pub(super) async fn password_policy(&self) -> Result<Option<PasswordPolicy>, CallError> {
        let operation = "GetAccountPasswordPolicy";
        let answer = self.caller().read(operation, || self.session.iam.get_account_password_policy().send()).await;
        let policy = match answer {
            Ok(answer) => {
                answer.password_policy.ok_or_else(|| CallError::incomplete(operation, "the answer is empty"))?
            }
            Err(error) if error.class == Class::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        // IAM returns 0, or nothing, for an age or a reuse rule that is off.
        let on = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0);
        Ok(Some(PasswordPolicy {
            minimum_length: on(policy.minimum_password_length).unwrap_or(PasswordPolicy::default().minimum_length),
            require_uppercase: policy.require_uppercase_characters,
            require_lowercase: policy.require_lowercase_characters,
            require_numbers: policy.require_numbers,
            require_symbols: policy.require_symbols,
            allow_users_to_change_password: policy.allow_users_to_change_password,
            max_age_days: on(policy.max_password_age),
            reuse_prevention: on(policy.password_reuse_prevention),
            hard_expiry: policy.hard_expiry.unwrap_or_default(),
        }))
    }

    /// `GetAccountSummary`.
    pub(super) async fn summary(&self) -> Result<HashMap<SummaryKeyType, i32>, CallError> {
        let answer = self.caller().read("GetAccountSummary", || self.session.iam.get_account_summary().send()).await?;
        Ok(answer.summary_map.unwrap_or_default())
    }

    async fn quotas(&self) -> Result<Quotas, CallError> {
        let map = self.summary().await?;
        let quota = |key: &SummaryKeyType, default: usize| {
            map.get(key).and_then(|value| usize::try_from(*value).ok()).filter(|value| *value > 0).unwrap_or(default)
        };
        let default = Quotas::default();
        Ok(Quotas {
            policies_per_group: quota(&SummaryKeyType::AttachedPoliciesPerGroupQuota, default.policies_per_group),
            groups_per_user: quota(&SummaryKeyType::GroupsPerUserQuota, default.groups_per_user),
            groups: quota(&SummaryKeyType::GroupsQuota, default.groups),
            users: quota(&SummaryKeyType::UsersQuota, default.users),
            policies: quota(&SummaryKeyType::from("PoliciesQuota"), default.policies),
            versions_per_policy: quota(&SummaryKeyType::VersionsPerPolicyQuota, default.versions_per_policy),
        })
    }

    /// Fills in the versions of these policies.
    ///
    /// # Errors
    /// When any page cannot be read.
    pub async fn fill_versions(&self, live: &mut Live, policies: &[Arn]) -> Result<(), CallError> {
        for arn in policies {
            let versions = self.versions(arn).await?;
            if let Some(policy) = live.policies.get_mut(&arn.name()).filter(|policy| policy.arn == *arn) {
                policy.versions = Some(versions);
            }
        }
        Ok(())
    }

    async fn versions(&self, arn: &Arn) -> Result<Vec<PolicyVersion>, CallError> {
        let operation = "ListPolicyVersions";
        let mut versions = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let list = || {
                self.session
                    .iam
                    .list_policy_versions()
                    .policy_arn(arn.as_str())
                    .max_items(PAGE)
                    .set_marker(marker.clone())
                    .send()
            };
            let page = self.caller().read(operation, list).await?;
            let next = next_marker(operation, page.is_truncated, page.marker, marker.as_deref())?;
            for version in page.versions.unwrap_or_default() {
                let id = known(operation, "version", version.version_id)?;
                versions.push(PolicyVersion { id, is_default: version.is_default_version });
            }
            marker = next;
            if marker.is_none() {
                return Ok(versions);
            }
        }
    }

    /// The document of one version of a policy.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn document(&self, arn: &Arn, version: &str) -> Result<LiveDocument, CallError> {
        let operation = "GetPolicyVersion";
        let get = || self.session.iam.get_policy_version().policy_arn(arn.as_str()).version_id(version).send();
        let answer = self.caller().read(operation, get).await?.policy_version;
        let text = answer.and_then(|version| version.document);
        text.map(|text| LiveDocument::read(&text))
            .ok_or_else(|| CallError::incomplete(operation, format!("{version} of {arn} comes without its document")))
    }

    /// The AWS managed policies of the account's partition.
    ///
    /// # Errors
    /// When any page cannot be read.
    pub async fn catalog(&self) -> Result<Catalog, CallError> {
        let operation = "ListPolicies";
        let mut policies = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let list = || {
                self.session
                    .iam
                    .list_policies()
                    .scope(PolicyScopeType::Aws)
                    .max_items(PAGE)
                    .set_marker(marker.clone())
                    .send()
            };
            let page = self.caller().read(operation, list).await?;
            let next = next_marker(operation, page.is_truncated, page.marker, marker.as_deref())?;
            for policy in page.policies.unwrap_or_default() {
                let name = Name::new(known(operation, "policy", policy.policy_name)?);
                let arn = Arn::new(known(operation, "policy", policy.arn)?);
                let (attachable, version) = (policy.is_attachable, policy.default_version_id);
                policies.push(AwsPolicy { name, arn, attachable, version });
            }
            marker = next;
            if marker.is_none() {
                return Ok(Catalog::live(policies));
            }
        }
    }
}

/// The marker of the next page. A page that says there is more, and not where, is an incomplete read.
pub(super) fn next_marker(
    operation: &'static str,
    truncated: bool,
    marker: Option<String>,
    current: Option<&str>,
) -> Result<Option<String>, CallError> {
    match (truncated, marker) {
        (false, _) => Ok(None),
        (true, Some(next)) if Some(next.as_str()) != current => Ok(Some(next)),
        (true, _) => Err(CallError::incomplete(operation, "a page says that there is more, and not where")),
    }
}

pub(super) fn known(operation: &'static str, what: &str, value: Option<String>) -> Result<String, CallError> {
    value.ok_or_else(|| CallError::incomplete(operation, format!("a {what} in the answer has no name")))
}

/// All pages of one sweep.
#[derive(Default)]
pub(super) struct Sweep {
    users: Vec<UserDetail>,
    groups: Vec<GroupDetail>,
    pub(super) policies: Vec<ManagedPolicyDetail>,
    pub(super) roles: Vec<RoleDetail>,
}

pub(super) const SWEEP: &str = "GetAccountAuthorizationDetails";

impl Sweep {
    pub(super) fn into_live(
        self,
        identity: &Identity,
        password_policy: Option<PasswordPolicy>,
        quotas: Quotas,
    ) -> Result<Live, CallError> {
        let mut live = Live {
            account: identity.account.clone(),
            partition: identity.partition.clone(),
            own_user: identity.user(),
            quotas,
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            policies: BTreeMap::new(),
            password_policy,
        };
        for policy in self.policies {
            let policy = live_policy(policy)?;
            live.policies.insert(policy.name.clone(), policy);
        }
        for group in self.groups {
            let group = live_group(group, identity)?;
            live.groups.insert(group.name.clone(), group);
        }
        for user in self.users {
            let user = live_user(user, identity)?;
            for name in &user.groups {
                let group = live.groups.get_mut(name);
                let group = group.ok_or_else(|| {
                    CallError::incomplete(
                        SWEEP,
                        format!("user {} is in group {name}, which is not in the answer", user.name),
                    )
                })?;
                group.members.insert(user.name.clone());
            }
            live.users.insert(user.name.clone(), user);
        }
        Ok(live)
    }
}

/// The ARN carries the account: an answer about another account than the caller's is not used.
fn same_account(arn: Option<&str>, identity: &Identity) -> Result<(), CallError> {
    let account = arn.and_then(|arn| arn.split(':').nth(4)).unwrap_or_default();
    if account == identity.account {
        return Ok(());
    }
    Err(CallError::incomplete(
        SWEEP,
        format!("the answer is about account {account:?}, the credentials are of {}", identity.account),
    ))
}

fn live_group(group: GroupDetail, identity: &Identity) -> Result<LiveGroup, CallError> {
    same_account(group.arn(), identity)?;
    Ok(LiveGroup {
        name: Name::new(known(SWEEP, "group", group.group_name)?),
        path: group.path.unwrap_or_else(|| "/".to_owned()),
        attached: attached(group.attached_managed_policies)?,
        inline: inline(group.group_policy_list)?,
        members: BTreeSet::new(),
    })
}

fn live_user(user: UserDetail, identity: &Identity) -> Result<LiveUser, CallError> {
    same_account(user.arn(), identity)?;
    let boundary = user.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
    Ok(LiveUser {
        name: Name::new(known(SWEEP, "user", user.user_name)?),
        path: user.path.unwrap_or_else(|| "/".to_owned()),
        groups: user.group_list.unwrap_or_default().into_iter().map(Name::new).collect(),
        attached: attached(user.attached_managed_policies)?,
        inline: inline(user.user_policy_list)?,
        boundary: boundary.map(Arn::new),
    })
}

pub(super) fn inline(policies: Option<Vec<PolicyDetail>>) -> Result<BTreeMap<String, LiveDocument>, CallError> {
    let read = |policy: PolicyDetail| {
        let name = known(SWEEP, "inline policy", policy.policy_name)?;
        Ok((name, LiveDocument::read(policy.policy_document.as_deref().unwrap_or_default())))
    };
    policies.unwrap_or_default().into_iter().map(read).collect()
}

pub(super) fn attached(policies: Option<Vec<aws_sdk_iam::types::AttachedPolicy>>) -> Result<BTreeSet<Arn>, CallError> {
    policies
        .unwrap_or_default()
        .into_iter()
        .map(|policy| known(SWEEP, "attached policy", policy.policy_arn).map(Arn::new))
        .collect()
}

pub(super) fn live_policy(policy: ManagedPolicyDetail) -> Result<LivePolicy, CallError> {
    let arn = Arn::new(known(SWEEP, "policy", policy.arn)?);
    let default = policy.default_version_id.unwrap_or_default();
    let versions = policy.policy_version_list.unwrap_or_default();
    let in_force =
        versions.iter().find(|version| version.is_default_version || version.version_id.as_deref() == Some(&default));
    let document = in_force.and_then(|version| version.document.as_deref());
    let document =
        document.ok_or_else(|| CallError::incomplete(SWEEP, format!("policy {arn} comes without its document")))?;
    let count = |value: Option<i32>| value.and_then(|value| usize::try_from(value).ok()).unwrap_or_default();
    Ok(LivePolicy {
        // Some emulators leave the name out; the ARN always ends in it.
        name: policy.policy_name.map_or_else(|| arn.name(), Name::new),
        path: policy.path.unwrap_or_else(|| "/".to_owned()),
        document: LiveDocument::read(document),
        attachments: count(policy.attachment_count),
        boundaries: count(policy.permissions_boundary_usage_count),
        versions: None,
        arn,
    })
}
