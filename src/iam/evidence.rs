//! Everything that an audit asks for. What the credentials may not ask, or this IAM does not answer, is left out with
//! the reason; a connection that fails is an error, since an audit that saw half an account is worse than none. Not so
//! for questions aside, of providers and the organization: they are asked last, and nothing else depends on them.
//!
//! Must not: judge.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{EntityType, FeatureType, RoleDetail, SummaryKeyType};

use super::error::{CallError, Class};
use super::read::{Identity, Reader, SWEEP, attached, inline, known, live_policy};
use crate::audit::Evidence;
use crate::audit::credential_report::CredentialReport;
use crate::audit::evidence::{Answer, Entities, Role, Root, Unanswered};
use crate::devices::{self, Device, VirtualDevice};
use crate::live::LivePolicy;
use crate::matrix::Quotas;
use crate::name::{Arn, Name};
use crate::policy::LiveDocument;

impl Reader {
    /// The evidence of an audit of the account.
    ///
    /// # Errors
    /// When there are no usable credentials, IAM cannot be reached, or an answer comes in pieces.
    pub async fn evidence(&self, identity: &Identity) -> Result<Evidence, CallError> {
        let credentials = answered(self.credential_report().await)?;
        let virtual_devices = answered(self.virtual_devices().await)?;
        let asked = self.unlisted_devices(&credentials, &virtual_devices).await?;
        Ok(Evidence {
            account: identity.account.clone(),
            partition: identity.partition.clone(),
            entities: answered(self.entities(identity).await)?,
            password_policy: answered(self.password_policy().await)?,
            root: answered(self.root().await)?,
            credentials,
            virtual_devices,
            asked,
            saml_providers: self.saml_providers().await.map_err(unanswered),
            oidc_providers: self.oidc_providers().await.map_err(unanswered),
            central_root: self.central_root().await.map_err(unanswered),
        })
    }

    async fn entities(&self, identity: &Identity) -> Result<Entities, CallError> {
        let mut sweep = self.sweep(&[EntityType::Role, EntityType::AwsManagedPolicy]).await?;
        let roles = std::mem::take(&mut sweep.roles);
        let is_aws = |arn: Option<&str>| arn.is_some_and(|arn| Arn::new(arn).is_aws_managed());
        let (aws, own): (Vec<_>, Vec<_>) =
            std::mem::take(&mut sweep.policies).into_iter().partition(|policy| is_aws(policy.arn()));
        sweep.policies = own;
        let live = sweep.into_live(identity, None, Quotas::default())?;
        let mut entities = Entities {
            users: live.users,
            groups: live.groups,
            roles: roles.into_iter().map(role).collect::<Result<_, _>>()?,
            policies: live.policies,
            aws: BTreeMap::new(),
        };
        let attached: BTreeSet<&str> = entities.holders().flat_map(|(.., arns)| arns).map(Arn::as_str).collect();
        // Some emulators return policies that nobody has, and a boundary grants nothing.
        let held = aws.into_iter().filter(|policy| policy.arn().is_some_and(|arn| attached.contains(arn)));
        let held: Vec<LivePolicy> = held.map(live_policy).collect::<Result<_, _>>()?;
        entities.aws = held.into_iter().map(|policy| (policy.arn, policy.document)).collect();
        Ok(entities)
    }

    /// The devices of users who have one that is not listed, or none with a password: what the report says of those
    /// may be four hours old.
    async fn unlisted_devices(
        &self,
        credentials: &Answer<CredentialReport>,
        listed: &Answer<Vec<VirtualDevice>>,
    ) -> Result<Answer<BTreeMap<Name, Vec<Device>>>, CallError> {
        let (report, listed) = match (credentials, listed) {
            (Ok(report), Ok(listed)) => (report, devices::by_owner(listed)),
            (Err(why), _) | (_, Err(why)) => return Ok(Err(why.clone())),
        };
        let mut found = BTreeMap::new();
        let unsure = report.users.iter().filter(|(_, user)| user.mfa || user.password);
        for (name, _) in unsure.filter(|(name, _)| !listed.contains_key(*name)) {
            match answered(self.devices_of(name).await)? {
                Ok(devices) => found.insert(name.clone(), devices),
                Err(why) => return Ok(Err(why)),
            };
        }
        Ok(Ok(found))
    }

    async fn root(&self) -> Result<Root, CallError> {
        let summary = self.summary().await?;
        let value = |key: &str| summary.get(&SummaryKeyType::from(key)).copied();
        Ok(Root {
            mfa: value("AccountMFAEnabled").is_some_and(|value| value > 0),
            keys: value("AccountAccessKeysPresent").is_some_and(|value| value > 0),
            password: value("AccountPasswordPresent") != Some(0),
        })
    }

    async fn saml_providers(&self) -> Result<BTreeSet<Arn>, CallError> {
        let list = || self.session.iam.list_saml_providers().send();
        let answer = self.caller().read("ListSAMLProviders", list).await?;
        let providers = answer.saml_provider_list.unwrap_or_default().into_iter();
        Ok(providers.filter_map(|provider| provider.arn.map(Arn::new)).collect())
    }

    async fn oidc_providers(&self) -> Result<BTreeSet<Arn>, CallError> {
        let list = || self.session.iam.list_open_id_connect_providers().send();
        let answer = self.caller().read("ListOpenIDConnectProviders", list).await?;
        let providers = answer.open_id_connect_provider_list.unwrap_or_default().into_iter();
        Ok(providers.filter_map(|provider| provider.arn.map(Arn::new)).collect())
    }

    /// Only the organization's management account, or one it delegates to, is answered.
    async fn central_root(&self) -> Result<bool, CallError> {
        let list = || self.session.iam.list_organizations_features().send();
        let answer = self.caller().read("ListOrganizationsFeatures", list).await?;
        Ok(answer.enabled_features().contains(&FeatureType::RootCredentialsManagement))
    }
}

/// A refusal of one question does not spoil the others; a connection that fails spoils all.
fn answered<T>(result: Result<T, CallError>) -> Result<Answer<T>, CallError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => match error.class {
            Class::Credentials | Class::Unavailable | Class::Incomplete | Class::Throttled => Err(error),
            _ => Ok(Err(unanswered(error))),
        },
    }
}

/// Why a question has no answer, in words that are the same each time.
#[allow(clippy::needless_pass_by_value)] // as `map_err` wants it
fn unanswered(error: CallError) -> Unanswered {
    if error.class == Class::Denied {
        return Unanswered::Denied(format!("iam:{}", error.operation));
    }
    Unanswered::Refused(format!("{}: {}", error.operation, error.message))
}

fn role(role: RoleDetail) -> Result<(Name, Role), CallError> {
    let name = Name::new(known(SWEEP, "role", role.role_name)?);
    let role = Role {
        name: name.clone(),
        arn: Arn::new(known(SWEEP, "role", role.arn)?),
        trust: role.assume_role_policy_document.map(|returned| LiveDocument::read(&returned).text().to_owned()),
        attached: attached(role.attached_managed_policies)?,
        inline: inline(role.role_policy_list)?,
    };
    Ok((name, role))
}
