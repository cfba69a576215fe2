//! The actions: the table of names, and what a handler gets and gives.
//!
//! A handler reads its parameters, applies the rules to the state and writes the inside of its
//! result. It knows neither HTTP nor the envelope of the answer.

mod access_keys;
mod account;
mod details;
mod devices;
mod entities_of_policy;
mod groups;
mod logins;
mod members;
mod password_policy;
mod policies;
mod sts;
mod summary;
mod users;
mod versions;

// The account file's loader gives policies to roles through these; no table entry does.
pub mod attachments;
pub mod boundaries;
pub mod inline;
pub mod roles;

use jiff::Timestamp;

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
        match (named, self.caller) {
            (Some(name), _) => self.state.user(name).map(|_| Folded::of(name)),
            (None, Caller::User(name)) => Ok(name.clone()),
            (None, Caller::Operator) => Err(Error::user_name_needed()),
        }
    }
}

/// The API that an action belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Api {
    /// As keys report where they were last used.
    pub service: &'static str,
    /// The version that requests name.
    pub version: &'static str,
    /// The namespace of answers.
    pub namespace: &'static str,
    actions: &'static [(&'static str, Handler)],
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
    actions: &[("GetCallerIdentity", sts::get_caller_identity)],
};

/// The API of that version.
pub fn api(version: &str) -> Option<Api> {
    [IAM, STS].into_iter().find(|api| api.version == version)
}

impl Api {
    /// The handler of an action.
    pub fn handler(&self, action: &str) -> Option<Handler> {
        let (_, handler) = self.actions.iter().find(|(name, _)| *name == action)?;
        Some(*handler)
    }
}

const IAM_ACTIONS: &[(&str, Handler)] = &[
    // users
    ("CreateUser", users::create),
    ("GetUser", users::get),
    ("ListUsers", users::list),
    ("UpdateUser", users::update),
    ("DeleteUser", users::delete),
    // groups and members
    ("CreateGroup", groups::create),
    ("GetGroup", groups::get),
    ("ListGroups", groups::list),
    ("UpdateGroup", groups::update),
    ("DeleteGroup", groups::delete),
    ("AddUserToGroup", members::add),
    ("RemoveUserFromGroup", members::remove),
    ("ListGroupsForUser", members::list_groups),
    // managed policies
    ("CreatePolicy", policies::create),
    ("GetPolicy", policies::get),
    ("ListPolicies", policies::list),
    ("DeletePolicy", policies::delete),
    ("CreatePolicyVersion", versions::create),
    ("GetPolicyVersion", versions::get),
    ("ListPolicyVersions", versions::list),
    ("DeletePolicyVersion", versions::delete),
    ("SetDefaultPolicyVersion", versions::set_default),
    ("ListEntitiesForPolicy", entities_of_policy::list),
    // attachments
    ("AttachGroupPolicy", |call| attachments::attach(call, Holder::Group)),
    ("DetachGroupPolicy", |call| attachments::detach(call, Holder::Group)),
    ("ListAttachedGroupPolicies", |call| attachments::list(call, Holder::Group)),
    ("AttachUserPolicy", |call| attachments::attach(call, Holder::User)),
    ("DetachUserPolicy", |call| attachments::detach(call, Holder::User)),
    ("ListAttachedUserPolicies", |call| attachments::list(call, Holder::User)),
    ("PutUserPermissionsBoundary", |call| boundaries::put(call, Holder::User)),
    ("DeleteUserPermissionsBoundary", boundaries::delete),
    // inline policies
    ("PutGroupPolicy", |call| inline::put(call, Holder::Group)),
    ("GetGroupPolicy", |call| inline::get(call, Holder::Group)),
    ("ListGroupPolicies", |call| inline::list(call, Holder::Group)),
    ("DeleteGroupPolicy", |call| inline::delete(call, Holder::Group)),
    ("PutUserPolicy", |call| inline::put(call, Holder::User)),
    ("GetUserPolicy", |call| inline::get(call, Holder::User)),
    ("ListUserPolicies", |call| inline::list(call, Holder::User)),
    ("DeleteUserPolicy", |call| inline::delete(call, Holder::User)),
    // the account
    ("GetAccountAuthorizationDetails", details::get),
    ("GetAccountSummary", summary::get),
    ("ListAccountAliases", account::list_aliases),
    ("GetAccountPasswordPolicy", password_policy::get),
    ("UpdateAccountPasswordPolicy", password_policy::update),
    ("DeleteAccountPasswordPolicy", password_policy::delete),
    // what a user signs in with
    ("CreateLoginProfile", logins::create),
    ("GetLoginProfile", logins::get),
    ("UpdateLoginProfile", logins::update),
    ("DeleteLoginProfile", logins::delete),
    ("CreateAccessKey", access_keys::create),
    ("ListAccessKeys", access_keys::list),
    ("UpdateAccessKey", access_keys::update),
    ("DeleteAccessKey", access_keys::delete),
    ("GetAccessKeyLastUsed", access_keys::last_used),
    ("CreateVirtualMFADevice", devices::create),
    ("EnableMFADevice", devices::enable),
    ("ListVirtualMFADevices", devices::list_virtual),
    ("ListMFADevices", devices::list),
    ("DeactivateMFADevice", devices::deactivate),
    ("DeleteVirtualMFADevice", devices::delete),
];

#[cfg(test)]
pub mod testing;
