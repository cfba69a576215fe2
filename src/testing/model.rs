//! IAM as a model: applies one action to an account, and refuses what IAM refuses.

use std::collections::{BTreeMap, BTreeSet};

use crate::live::{Live, LiveGroup, LivePolicy, LiveUser, PolicyVersion};
use crate::name::{Arn, Name};
use crate::plan::Action;
use crate::policy::LiveDocument;

/// Applies an action, or says why IAM would not. An action that changes nothing is refused too: it would be a wasted call.
pub fn apply(live: &mut Live, action: &Action) -> Result<(), String> {
    let before = live.clone();
    act(live, action)?;
    recount(live);
    if *live == before { Err(format!("{action}: changes nothing")) } else { Ok(()) }
}

/// Brings the counts of attachments up to date.
pub fn recount(live: &mut Live) {
    let groups = live.groups.values().flat_map(|group| &group.attached);
    let attached: Vec<Arn> = groups.chain(live.users.values().flat_map(|user| &user.attached)).cloned().collect();
    for policy in live.policies.values_mut() {
        policy.attachments = attached.iter().filter(|arn| **arn == policy.arn).count();
    }
}

fn act(live: &mut Live, action: &Action) -> Result<(), String> {
    match action {
        Action::CreateDocument { name, path, text } => create_document(live, name, path, text),
        Action::UpdateDocument { policy, text } => update_document(live, policy, text),
        Action::DeleteVersion { policy, version } => delete_version(live, policy, version),
        Action::DeleteDocument { policy } => delete_document(live, policy),
        Action::CreateGroup { group, path } => create_group(live, group, path),
        Action::RenameGroup { from, group } => rename_group(live, from, group),
        Action::DeleteGroup { group } => delete_group(live, group),
        Action::CreateUser { user, path } => create_user(live, user, path),
        Action::Attach { group, policy } => attach(live, group, policy),
        Action::Detach { group, policy } => {
            found(self::group(live, group)?.attached.remove(policy), "it is not attached")
        }
        Action::DeleteInline { group, name } => {
            found(self::group(live, group)?.inline.remove(name).is_some(), "no such inline policy")
        }
        Action::AddMember { group, user } => add_member(live, group, user),
        Action::RemoveMember { group, user } => {
            found(self::group(live, group)?.members.remove(user), "not a member")?;
            self::user(live, user)?.groups.remove(group);
            Ok(())
        }
        Action::SetPasswordPolicy { policy } => {
            live.password_policy = Some(policy.clone());
            Ok(())
        }
    }
}

fn found(found: bool, otherwise: &str) -> Result<(), String> {
    if found { Ok(()) } else { Err(format!("NoSuchEntity: {otherwise}")) }
}

fn group<'l>(live: &'l mut Live, name: &Name) -> Result<&'l mut LiveGroup, String> {
    live.groups.get_mut(name).ok_or_else(|| format!("NoSuchEntity: group {name}"))
}

fn user<'l>(live: &'l mut Live, name: &Name) -> Result<&'l mut LiveUser, String> {
    live.users.get_mut(name).ok_or_else(|| format!("NoSuchEntity: user {name}"))
}

fn policy<'l>(live: &'l mut Live, arn: &Arn) -> Result<&'l mut LivePolicy, String> {
    live.policies.get_mut(&arn.name()).filter(|policy| policy.arn == *arn).ok_or_else(|| format!("NoSuchEntity: {arn}"))
}

fn limit(used: usize, quota: usize, what: &str) -> Result<(), String> {
    if used < quota { Ok(()) } else { Err(format!("LimitExceeded: {what}")) }
}

fn create_document(live: &mut Live, name: &Name, path: &str, text: &str) -> Result<(), String> {
    if live.policies.contains_key(name) {
        return Err(format!("EntityAlreadyExists: policy {name}"));
    }
    let created = LivePolicy {
        name: name.clone(),
        arn: Arn::policy(&live.partition, &live.account, path, name.as_str()),
        path: path.to_owned(),
        document: LiveDocument::read(text),
        attachments: 0,
        boundaries: 0,
        versions: Some(vec![PolicyVersion { id: "v1".to_owned(), is_default: true }]),
    };
    live.policies.insert(name.clone(), created);
    Ok(())
}

fn update_document(live: &mut Live, arn: &Arn, text: &str) -> Result<(), String> {
    let quota = live.quotas.versions_per_policy;
    let policy = policy(live, arn)?;
    let versions = policy.versions.get_or_insert_default();
    limit(versions.len(), quota, "versions")?;
    let next = versions.iter().map(PolicyVersion::number).max().unwrap_or(0) + 1;
    for version in versions.iter_mut() {
        version.is_default = false;
    }
    versions.push(PolicyVersion { id: format!("v{next}"), is_default: true });
    policy.document = LiveDocument::read(text);
    Ok(())
}

fn delete_version(live: &mut Live, arn: &Arn, id: &str) -> Result<(), String> {
    let versions = policy(live, arn)?.versions.get_or_insert_default();
    if versions.iter().any(|version| version.id == id && version.is_default) {
        return Err("DeleteConflict: the default version".to_owned());
    }
    let before = versions.len();
    versions.retain(|version| version.id != id);
    found(versions.len() < before, "version")
}

fn delete_document(live: &mut Live, arn: &Arn) -> Result<(), String> {
    let policy = policy(live, arn)?;
    let versions = policy.versions.as_ref().map_or(1, Vec::len);
    if policy.attachments > 0 || policy.boundaries > 0 || versions > 1 {
        return Err(format!("DeleteConflict: {arn}"));
    }
    live.policies.remove(&arn.name());
    Ok(())
}

fn create_group(live: &mut Live, name: &Name, path: &str) -> Result<(), String> {
    if live.groups.contains_key(name) {
        return Err(format!("EntityAlreadyExists: group {name}"));
    }
    limit(live.groups.len(), live.quotas.groups, "groups")?;
    let created = LiveGroup {
        name: name.clone(),
        path: path.to_owned(),
        attached: BTreeSet::default(),
        inline: BTreeMap::default(),
        members: BTreeSet::default(),
    };
    live.groups.insert(name.clone(), created);
    Ok(())
}

fn rename_group(live: &mut Live, from: &Name, to: &Name) -> Result<(), String> {
    if live.groups.contains_key(to) {
        return Err(format!("EntityAlreadyExists: group {to}"));
    }
    let group = live.groups.remove(from).ok_or("NoSuchEntity: group")?;
    for user in live.users.values_mut() {
        if user.groups.remove(from) {
            user.groups.insert(to.clone());
        }
    }
    live.groups.insert(to.clone(), LiveGroup { name: to.clone(), ..group });
    Ok(())
}

fn delete_group(live: &mut Live, name: &Name) -> Result<(), String> {
    let group = group(live, name)?;
    if !group.attached.is_empty() || !group.inline.is_empty() || !group.members.is_empty() {
        return Err(format!("DeleteConflict: group {name}"));
    }
    live.groups.remove(name);
    Ok(())
}

fn create_user(live: &mut Live, name: &Name, path: &str) -> Result<(), String> {
    if live.users.contains_key(name) {
        return Err(format!("EntityAlreadyExists: user {name}"));
    }
    let created = LiveUser {
        name: name.clone(),
        path: path.to_owned(),
        groups: BTreeSet::default(),
        attached: BTreeSet::default(),
        inline: BTreeMap::default(),
        boundary: None,
    };
    live.users.insert(name.clone(), created);
    Ok(())
}

fn attach(live: &mut Live, name: &Name, arn: &Arn) -> Result<(), String> {
    let quota = live.quotas.policies_per_group;
    if !arn.is_aws_managed() {
        policy(live, arn)?;
    }
    let group = group(live, name)?;
    if !group.attached.contains(arn) {
        limit(group.attached.len(), quota, &format!("policies of {name}"))?;
        group.attached.insert(arn.clone());
    }
    Ok(())
}

fn add_member(live: &mut Live, name: &Name, user: &Name) -> Result<(), String> {
    let quota = live.quotas.groups_per_user;
    group(live, name)?;
    let member = self::user(live, user)?;
    if !member.groups.contains(name) {
        limit(member.groups.len(), quota, &format!("groups of {user}"))?;
        member.groups.insert(name.clone());
    }
    let user = member.name.clone();
    group(live, name)?.members.insert(user);
    Ok(())
}
