//! The account as it would be once a plan is applied, as far as access is concerned.
//!
//! Must not: judge whether IAM would take the calls.

use std::collections::{BTreeMap, BTreeSet};

use crate::live::{Live, LiveGroup, LivePolicy, LiveUser};
use crate::name::{Arn, Name};
use crate::plan::{Action, Change};
use crate::policy::LiveDocument;

/// The account after these changes of a plan, in its order.
#[must_use]
pub fn after<'a>(live: &Live, changes: impl Iterator<Item = &'a Change>) -> Live {
    let mut live = live.clone();
    for change in changes {
        apply(&mut live, &change.action);
    }
    live
}

fn apply(live: &mut Live, action: &Action) {
    match action {
        Action::CreateDocument { name, path, text } => create_document(live, name, path, text),
        Action::UpdateDocument { policy, text } => {
            if let Some(policy) = live.policies.get_mut(&policy.name()) {
                policy.document = LiveDocument::read(text);
            }
        }
        Action::DeleteDocument { policy } => drop(live.policies.remove(&policy.name())),
        Action::CreateGroup { group, path } => create_group(live, group, path),
        Action::RenameGroup { from, group } => {
            *live = live.with_renames(&BTreeMap::from([(from.clone(), group.clone())]));
        }
        Action::DeleteGroup { group } => drop(live.groups.remove(group)),
        Action::CreateUser { user, path } => create_user(live, user, path),
        Action::Attach { group, policy } => {
            change_group(live, group, |group| group.attached.extend([policy.clone()]));
        }
        Action::Detach { group, policy } => {
            change_group(live, group, |group| group.attached.retain(|arn| arn != policy));
        }
        Action::DeleteInline { group, name } => change_group(live, group, |group| drop(group.inline.remove(name))),
        Action::AddMember { group, user } => member(live, user, |groups| groups.extend([group.clone()])),
        Action::RemoveMember { group, user } => member(live, user, |groups| groups.retain(|name| name != group)),
        Action::DeleteVersion { .. } | Action::SetPasswordPolicy { .. } => {}
    }
}

fn change_group(live: &mut Live, name: &Name, change: impl FnOnce(&mut LiveGroup)) {
    if let Some(group) = live.groups.get_mut(name) {
        change(group);
    }
}

fn member(live: &mut Live, user: &Name, change: impl FnOnce(&mut BTreeSet<Name>)) {
    if let Some(user) = live.users.get_mut(user) {
        change(&mut user.groups);
    }
}

fn create_document(live: &mut Live, name: &Name, path: &str, text: &str) {
    let created = LivePolicy {
        name: name.clone(),
        arn: Arn::policy(&live.partition, &live.account, path, name.as_str()),
        path: path.to_owned(),
        document: LiveDocument::read(text),
        attachments: 0,
        boundaries: 0,
        versions: None,
    };
    live.policies.insert(name.clone(), created);
}

fn create_group(live: &mut Live, name: &Name, path: &str) {
    let created = LiveGroup {
        name: name.clone(),
        path: path.to_owned(),
        attached: BTreeSet::new(),
        inline: BTreeMap::new(),
        members: BTreeSet::new(),
    };
    live.groups.insert(name.clone(), created);
}

fn create_user(live: &mut Live, name: &Name, path: &str) {
    let created = LiveUser {
        name: name.clone(),
        path: path.to_owned(),
        groups: BTreeSet::new(),
        attached: BTreeSet::new(),
        inline: BTreeMap::new(),
        boundary: None,
    };
    live.users.insert(name.clone(), created);
}
