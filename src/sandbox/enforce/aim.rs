//! What a call aims at: the ARNs that policies are asked about, as the Service Authorization Reference has it, and how
//! IAM's refusals call them.

use std::sync::LazyLock;

use super::Wanted;
use crate::{
    catalog::actions::{self, Action, Service},
    sandbox::{actions::IAM, entities::Folded},
};

static CATALOGUE: LazyLock<Option<Service>> = LazyLock::new(|| actions::service(IAM.service));

/// Something that a call aims at.
#[derive(Debug, PartialEq, Eq)]
pub struct Aim {
    /// The ARN, or `*` for actions that know no resources.
    pub arn: String,
    /// As refusals call it.
    pub shown: String,
}

impl Wanted<'_> {
    /// What the reference says of the action.
    pub fn reference(&self) -> Option<&'static Action> {
        let actions = &CATALOGUE.as_ref()?.actions;
        actions.iter().find(|action| action.name.strip_prefix("iam:") == Some(self.action))
    }

    /// Everything that the call aims at; each must be allowed. Changing a name or path needs permission for the old and
    /// the new ARN (API reference, `UpdateUser`, `UpdateGroup`).
    pub fn aims(&self) -> Vec<Aim> {
        let kinds = self.reference().map(|action| action.resources.as_slice()).unwrap_or_default();
        let knows = |kind: &str| kinds.iter().any(|known| known == kind);
        match self.action {
            // A user, a group or a role: whichever the caller asks about.
            "SimulatePrincipalPolicy" => vec![Aim::plain(self.param("PolicySourceArn").unwrap_or("*"))],
            "UpdateUser" => vec![self.user(), self.renamed("user", "NewUserName", &self.user())],
            "UpdateGroup" => vec![self.group(), self.renamed("group", "NewGroupName", &self.group())],
            _ if knows("user") => vec![self.user()],
            _ if knows("group") => vec![self.group()],
            _ if knows("policy") => vec![self.policy()],
            _ if knows("mfa") => vec![self.device()],
            _ => vec![Aim { arn: "*".to_owned(), shown: self.list() }],
        }
    }

    fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    fn path(&self) -> &str {
        self.param("Path").unwrap_or("/")
    }

    /// The user that is named, or whose key is, or who asks.
    pub fn user_name(&self) -> Option<Folded> {
        let of_key = || self.state.keys.get(self.param("AccessKeyId")?).map(|key| key.user.clone());
        let named = self.param("UserName").map(Folded::of);
        let named = if self.action == "GetAccessKeyLastUsed" { of_key() } else { named };
        named.or_else(|| self.caller.user().cloned())
    }

    fn user(&self) -> Aim {
        let known = self.user_name().and_then(|name| self.state.users.get(&name));
        match known {
            Some(user) if self.action != "CreateUser" => self.entity("user", &user.path, &user.name),
            _ => self.entity("user", self.path(), self.param("UserName").unwrap_or("null")),
        }
    }

    fn group(&self) -> Aim {
        let name = self.param("GroupName").unwrap_or("null");
        match self.state.groups.get(&Folded::of(name)) {
            Some(group) if self.action != "CreateGroup" => self.entity("group", &group.path, &group.name),
            _ => self.entity("group", self.path(), name),
        }
    }

    fn entity(&self, kind: &str, path: &str, name: &str) -> Aim {
        Aim { arn: self.state.entity_arn(kind, path, name), shown: format!("{kind} {name}") }
    }

    /// The same entity under the name and path that it is to have.
    fn renamed(&self, kind: &str, new_name: &str, old: &Aim) -> Aim {
        let start = self.state.arn(kind).len();
        let full_name = old.arn.get(start..).unwrap_or_default();
        let (path, name) = full_name.rfind('/').map_or(("/", full_name), |at| full_name.split_at(at + 1));
        self.entity(kind, self.param("NewPath").unwrap_or(path), self.param(new_name).unwrap_or(name))
    }

    fn policy(&self) -> Aim {
        match self.param("PolicyArn") {
            Some(arn) => Aim { arn: arn.to_owned(), shown: format!("policy {arn}") },
            None => self.entity("policy", self.path(), self.param("PolicyName").unwrap_or("null")),
        }
    }

    fn device(&self) -> Aim {
        let made = || self.state.entity_arn("mfa", self.path(), self.param("VirtualMFADeviceName").unwrap_or("null"));
        Aim::plain(&self.param("SerialNumber").map_or_else(made, str::to_owned))
    }

    /// What refusals call the lists that are judged on `*`, as public reports of real refusals show them.
    fn list(&self) -> String {
        let prefix = self.param("PathPrefix").unwrap_or("/");
        match self.action {
            "ListUsers" => self.state.arn(format_args!("user{prefix}")),
            "ListGroups" => self.state.arn(format_args!("group{prefix}")),
            "ListVirtualMFADevices" => self.state.arn("mfa/"),
            "ListPolicies" => format!("policy path {prefix}"),
            _ => "*".to_owned(),
        }
    }
}

impl Aim {
    fn plain(arn: &str) -> Self {
        Self { arn: arn.to_owned(), shown: arn.to_owned() }
    }
}
