//! The actions: the table of names, and what a handler gets and gives.
//!
//! A handler reads its parameters, applies the rules to the state and writes the inside of its
//! result. It knows neither HTTP nor the envelope of the answer.

mod access_keys;
mod account;
mod details;
mod entities_of_policy;
mod groups;
mod logins;
mod members;
mod mfa;
mod password_policy;
mod policies;
mod providers;
mod report;
mod simulate;
mod sts;
mod summary;
mod tagging;
mod users;
mod versions;

// The account file's loader reaches into these: no table entry makes roles, and none attaches what is deprecated.
pub mod attachments;
pub mod boundaries;
pub mod devices;
pub mod inline;
pub mod roles;

use jiff::Timestamp;

use Effect::{Reads, Writes};
use tagging::Carrier;

use super::{
    caller::Caller,
    entities::{Folded, Holder},
    error::Error,
    paging::Paged,
    params::Params,
    state::State,
    xml::Xml,
};

/// What a handler works on.
#[derive(Debug)]
pub struct Call<'a> {
    /// The account.
    pub state: &'a mut State,
    /// The parameters of the request.
    pub params: &'a Params,
    /// Who asks.
    pub caller: &'a Caller,
    /// The time of the request.
    pub now: Timestamp,
}

/// What a handler gives back when it does not refuse.
#[derive(Debug)]
pub enum Reply {
    /// The action has no result.
    Done,
    /// The inside of the result.
    Result(Xml),
}

/// A reply or a refusal.
pub type Answer = Result<Reply, Error>;

/// The code of an action.
pub type Handler = fn(&mut Call<'_>) -> Answer;

/// A result that `inside` writes.
#[allow(clippy::unnecessary_wraps, reason = "handlers end with it")]
fn result(inside: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::default();
    inside(&mut xml);
    Ok(Reply::Result(xml))
}

/// A result that is one page of a list.
fn page_of<T>(name: &str, paged: &Paged<T>, mut write: impl FnMut(&mut Xml, &T)) -> Answer {
    result(|xml| {
        xml.list(name, &paged.items, |xml, item| write(xml, item));
        paged.finish(xml);
    })
}

impl Call<'_> {
    /// The user that is named or, without a name, the user who asks.
    fn user_or_caller(&self, named: Option<&str>) -> Result<Folded, Error> {
        match (named, self.caller.user()) {
            (Some(name), _) => self.state.user(name).map(|_| Folded::of(name)),
            (None, Some(name)) => Ok(name.clone()),
            (None, None) => Err(Error::user_name_needed()),
        }
    }
}

/// Whether an action changes anything that the account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It leaves everything as it is.
    Reads,
    /// It changes the state, if it is not refused.
    Writes,
}

/// A row of an action table: name, effect, code.
type Row = (&'static str, Effect, Handler);

/// The API that an action belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Api {
    /// As keys report where they were last used.
    pub service: &'static str,
    /// The version that requests name.
    pub version: &'static str,
    /// The namespace of answers.
    pub namespace: &'static str,
    actions: &'static [Row],
}

/// Identity and Access Management.
pub const IAM: Api = Api {
    service: "iam",
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    actions: IAM_ACTIONS,
};

/// Security Token Service.
pub const STS: Api = Api {
    service: "sts",
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    actions: STS_ACTIONS,
};

/// The API of that version.
pub fn api(version: &str) -> Option<Api> {
    [IAM, STS].into_iter().find(|api| api.version == version)
}

/// The names of all actions.
pub fn names() -> impl Iterator<Item = &'static str> {
    [IAM, STS].into_iter().flat_map(|api| api.actions).map(|(name, ..)| *name)
}

impl Api {
    /// The handler of an action.
    pub fn handler(&self, action: &str) -> Option<Handler> {
        self.row(action).map(|(_, _, handler)| *handler)
    }

    /// Whether an action changes anything; nothing for an action that is not there.
    pub fn effect(&self, action: &str) -> Option<Effect> {
        self.row(action).map(|(_, effect, _)| *effect)
    }

    fn row(&self, action: &str) -> Option<&Row> {
        self.actions.iter().find(|(name, ..)| *name == action)
    }
}

const STS_ACTIONS: &[Row] =
    &[("GetCallerIdentity", Reads, sts::get_caller_identity), ("GetSessionToken", Writes, sts::get_session_token)];

const IAM_ACTIONS: &[Row] = &[
    // users
    ("CreateUser", Writes, users::create),
    ("GetUser", Reads, users::get),
    ("ListUsers", Reads, users::list),
    ("UpdateUser", Writes, users::update),
    ("DeleteUser", Writes, users::delete),
    // groups and members
    ("CreateGroup", Writes, groups::create),
    ("GetGroup", Reads, groups::get),
    ("ListGroups", Reads, groups::list),
    ("UpdateGroup", Writes, groups::update),
    ("DeleteGroup", Writes, groups::delete),
    ("AddUserToGroup", Writes, members::add),
    ("RemoveUserFromGroup", Writes, members::remove),
    ("ListGroupsForUser", Reads, members::list_groups),
    // managed policies
    ("CreatePolicy", Writes, policies::create),
    ("GetPolicy", Reads, policies::get),
    ("ListPolicies", Reads, policies::list),
    ("DeletePolicy", Writes, policies::delete),
    ("CreatePolicyVersion", Writes, versions::create),
    ("GetPolicyVersion", Reads, versions::get),
    ("ListPolicyVersions", Reads, versions::list),
    ("DeletePolicyVersion", Writes, versions::delete),
    ("SetDefaultPolicyVersion", Writes, versions::set_default),
    ("ListEntitiesForPolicy", Reads, entities_of_policy::list),
    // attachments
    ("AttachGroupPolicy", Writes, |call| attachments::attach(call, Holder::Group)),
    ("DetachGroupPolicy", Writes, |call| attachments::detach(call, Holder::Group)),
    ("ListAttachedGroupPolicies", Reads, |call| attachments::list(call, Holder::Group)),
    ("AttachUserPolicy", Writes, |call| attachments::attach(call, Holder::User)),
    ("DetachUserPolicy", Writes, |call| attachments::detach(call, Holder::User)),
    ("ListAttachedUserPolicies", Reads, |call| attachments::list(call, Holder::User)),
    ("PutUserPermissionsBoundary", Writes, |call| boundaries::put(call, Holder::User)),
    ("DeleteUserPermissionsBoundary", Writes, boundaries::delete),
    // inline policies
    ("PutGroupPolicy", Writes, |call| inline::put(call, Holder::Group)),
    ("GetGroupPolicy", Reads, |call| inline::get(call, Holder::Group)),
    ("ListGroupPolicies", Reads, |call| inline::list(call, Holder::Group)),
    ("DeleteGroupPolicy", Writes, |call| inline::delete(call, Holder::Group)),
    ("PutUserPolicy", Writes, |call| inline::put(call, Holder::User)),
    ("GetUserPolicy", Reads, |call| inline::get(call, Holder::User)),
    ("ListUserPolicies", Reads, |call| inline::list(call, Holder::User)),
    ("DeleteUserPolicy", Writes, |call| inline::delete(call, Holder::User)),
    // what policies would say
    ("SimulateCustomPolicy", Reads, simulate::custom),
    ("SimulatePrincipalPolicy", Reads, simulate::principal),
    // the account
    ("GetAccountAuthorizationDetails", Reads, details::get),
    ("GetAccountSummary", Reads, summary::get),
    ("CreateAccountAlias", Writes, account::create_alias),
    ("ListAccountAliases", Reads, account::list_aliases),
    ("DeleteAccountAlias", Writes, account::delete_alias),
    ("GenerateCredentialReport", Writes, report::generate),
    ("GetCredentialReport", Reads, report::get),
    ("GetAccountPasswordPolicy", Reads, password_policy::get),
    ("UpdateAccountPasswordPolicy", Writes, password_policy::update),
    ("DeleteAccountPasswordPolicy", Writes, password_policy::delete),
    ("ListSAMLProviders", Reads, providers::list_saml),
    ("ListOpenIDConnectProviders", Reads, providers::list_oidc),
    ("ListOrganizationsFeatures", Reads, providers::organizations_features),
    // what a user signs in with
    ("CreateLoginProfile", Writes, logins::create),
    ("GetLoginProfile", Reads, logins::get),
    ("UpdateLoginProfile", Writes, logins::update),
    ("DeleteLoginProfile", Writes, logins::delete),
    ("CreateAccessKey", Writes, access_keys::create),
    ("ListAccessKeys", Reads, access_keys::list),
    ("UpdateAccessKey", Writes, access_keys::update),
    ("DeleteAccessKey", Writes, access_keys::delete),
    ("GetAccessKeyLastUsed", Reads, access_keys::last_used),
    ("CreateVirtualMFADevice", Writes, devices::create),
    ("ListVirtualMFADevices", Reads, devices::list),
    ("DeleteVirtualMFADevice", Writes, devices::delete),
    ("EnableMFADevice", Writes, mfa::enable),
    ("ResyncMFADevice", Writes, mfa::resync),
    ("ListMFADevices", Reads, mfa::list),
    ("DeactivateMFADevice", Writes, mfa::deactivate),
    // tags
    ("TagUser", Writes, |call| tagging::tag(call, Carrier::User)),
    ("UntagUser", Writes, |call| tagging::untag(call, Carrier::User)),
    ("ListUserTags", Reads, |call| tagging::list(call, Carrier::User)),
    ("TagPolicy", Writes, |call| tagging::tag(call, Carrier::Policy)),
    ("UntagPolicy", Writes, |call| tagging::untag(call, Carrier::Policy)),
    ("ListPolicyTags", Reads, |call| tagging::list(call, Carrier::Policy)),
    ("TagMFADevice", Writes, |call| tagging::tag(call, Carrier::Device)),
    ("UntagMFADevice", Writes, |call| tagging::untag(call, Carrier::Device)),
    ("ListMFADeviceTags", Reads, |call| tagging::list(call, Carrier::Device)),
];

#[cfg(test)]
pub mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_reads_or_writes_as_its_name_says() {
        for (name, effect, _) in IAM_ACTIONS {
            let reads = ["Get", "List", "Simulate"].iter().any(|verb| name.starts_with(verb));
            assert_eq!(*effect == Reads, reads, "{name}");
        }
        assert_eq!(IAM.effect("GetUser"), Some(Reads));
        assert_eq!(STS.effect("GetSessionToken"), Some(Writes));
        for unknown in ["GenerateServiceLastAccessedDetails", "TagGroup", "AssumeRole"] {
            assert_eq!(IAM.effect(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn no_action_is_there_twice() {
        let mut names: Vec<_> = IAM_ACTIONS.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }

    #[test]
    fn the_page_of_the_sandbox_names_the_actions_that_there_are() {
        let page = include_str!("../../docs/sandbox.md");
        let (_, section) = page.split_once("\n## Actions\n").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names
        };
        assert_eq!(sorted(section.split('`').skip(1).step_by(2).collect()), sorted(names().collect()));
    }
}
