//! The policies that a user, group or role holds, as documents that can be evaluated.
//!
//! Must not: judge a call.

use super::{
    aws,
    entities::{Grants, Group, Holder, PolicyKey, Role, User},
    state::State,
};
use crate::{catalog, policy::Document};

/// Allows nothing: all actions but all actions. A list without statements is no policy that can be evaluated.
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"*","Resource":"*"}]}"#;

/// A policy that somebody holds.
#[derive(Debug)]
pub struct Held {
    /// What simulations call it: the name of a managed policy, `user_lamp_own` for the inline policy `own` of `lamp`.
    pub source: String,
    /// Its ARN; inline policies have none.
    pub arn: Option<String>,
    /// Its text.
    pub text: String,
    /// What it says, unless our grammar does not understand it.
    pub document: Option<Document>,
}

/// All that bears on what an identity may do.
#[derive(Debug, Default)]
pub struct Holding {
    /// Its policies, direct ones first, then those of its groups.
    pub policies: Vec<Held>,
    /// Its permissions boundary.
    pub boundary: Option<Held>,
}

impl Held {
    /// A policy of this text.
    pub fn new(source: String, arn: Option<String>, text: String) -> Self {
        let document = Document::parse(&text).ok();
        Self { source, arn, text, document }
    }

    /// The managed policy of that key in its version in force. Deprecated AWS policies are not shipped: they grant
    /// nothing here.
    fn managed(state: &State, key: &PolicyKey) -> Option<Self> {
        let text = match key {
            PolicyKey::Aws(index) => catalog::documents::shipped(&aws::get(*index)?.name.into())?.text,
            PolicyKey::Customer(name) => {
                let policy = state.policies.get(name)?;
                policy.versions.get(&policy.default_version)?.document.clone()
            }
        };
        let (name, arn) = state.policy_names(key);
        Some(Self::new(name, Some(arn), text))
    }

    /// The same as a permissions boundary. One whose text is not known allows nothing: it must not be taken for none.
    fn boundary(state: &State, key: &PolicyKey) -> Self {
        Self::managed(state, key).unwrap_or_else(|| {
            let (name, arn) = state.policy_names(key);
            Self::new(name, Some(arn), NOTHING.to_owned())
        })
    }
}

impl Holding {
    /// What a user holds, groups and boundary included.
    pub fn of_user(state: &State, user: &User) -> Self {
        let groups = user.groups.iter().filter_map(|name| state.groups.get(name));
        let groups = groups.map(|group| (Holder::Group, group.name.as_str(), &group.grants));
        let own = (Holder::User, user.name.as_str(), &user.grants);
        Self::of(state, std::iter::once(own).chain(groups), user.boundary.as_ref())
    }

    /// What a group holds.
    pub fn of_group(state: &State, group: &Group) -> Self {
        Self::of(state, [(Holder::Group, group.name.as_str(), &group.grants)], None)
    }

    /// What a role holds.
    pub fn of_role(state: &State, role: &Role) -> Self {
        Self::of(state, [(Holder::Role, role.name.as_str(), &role.grants)], role.boundary.as_ref())
    }

    fn of<'s>(
        state: &'s State,
        grants: impl IntoIterator<Item = (Holder, &'s str, &'s Grants)>,
        boundary: Option<&'s PolicyKey>,
    ) -> Self {
        let mut policies = Vec::new();
        for (holder, holder_name, grants) in grants {
            let source = |name: &str| format!("{}_{holder_name}_{name}", holder.word());
            policies.extend(grants.inline.iter().map(|(name, text)| Held::new(source(name), None, text.clone())));
            policies.extend(grants.attached.iter().filter_map(|key| Held::managed(state, key)));
        }
        Self { policies, boundary: boundary.map(|key| Held::boundary(state, key)) }
    }
}
