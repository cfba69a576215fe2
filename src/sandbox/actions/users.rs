//! Users: make, read, list, rename, delete.

use std::collections::BTreeSet;

use super::{Answer, Call, Reply, page_of, result};
use crate::sandbox::{
    entities::{Folded, Grants, User},
    error::Error,
    limits,
    paging::Page,
    rules, shapes,
    shapes::Detail,
    state::State,
    tags::{self, Case},
};

/// Makes a user.
pub fn create(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("UserName", &rules::USER_NAME);
    let path = reader.optional("Path", &rules::PATH).unwrap_or("/");
    let boundary = reader.optional("PermissionsBoundary", &rules::ARN);
    let tags = tags::read(&mut reader, Case::Ignored);
    reader.finish()?;
    let state = &mut *call.state;
    let key = Folded::of(name);
    if state.users.contains_key(&key) {
        return Err(Error::exists("User", name));
    }
    if state.users.len() >= limits::USERS {
        return Err(Error::quota("UsersPerAccount", limits::USERS));
    }
    let boundary = boundary.map(|arn| super::attachments::attachable(state, arn)).transpose()?;
    let user = User {
        name: name.to_owned(),
        path: path.to_owned(),
        id: state.ids.entity("AIDA"),
        created: call.now,
        tags,
        grants: Grants::default(),
        boundary,
        groups: BTreeSet::new(),
        keys: Vec::new(),
        devices: BTreeSet::new(),
        login: None,
    };
    let answer = one(state, &user);
    state.users.insert(key, user);
    answer
}

/// Shows the user named or, without a name, the user who asks.
pub fn get(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    one(call.state, call.state.user(user.as_ref())?)
}

fn one(state: &State, user: &User) -> Answer {
    result(|xml| {
        xml.within("User", |xml| shapes::user(xml, state, user, Detail::Full));
    })
}

/// Lists users, by the beginning of their path.
pub fn list(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let prefix = reader.optional("PathPrefix", &rules::PATH_PREFIX);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let prefix = prefix.unwrap_or("/");
    let users = call.state.users.iter();
    let paged = page.take(users.filter(|(_, user)| user.path.starts_with(prefix)));
    page_of("Users", &paged, |xml, user| {
        shapes::user(xml, call.state, user, Detail::Brief);
    })
}

/// Renames a user or changes its path, in place: id, groups and policies stay.
pub fn update(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("UserName", &rules::EXISTING_USER_NAME);
    let new_name = reader.optional("NewUserName", &rules::USER_NAME);
    let new_path = reader.optional("NewPath", &rules::PATH);
    reader.finish()?;
    let (old, new) = (Folded::of(name), Folded::of(new_name.unwrap_or(name)));
    call.state.user(name)?;
    if new != old && call.state.users.contains_key(&new) {
        return Err(Error::exists("User", new_name.unwrap_or(name)));
    }
    let user = call.state.user_mut(name)?;
    if let Some(name) = new_name {
        name.clone_into(&mut user.name);
    }
    if let Some(path) = new_path {
        path.clone_into(&mut user.path);
    }
    call.state.rename_user(&old, &new);
    Ok(Reply::Done)
}

/// Deletes a user on whom nothing hangs.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("UserName", &rules::EXISTING_USER_NAME);
    reader.finish()?;
    let (user, key) = (call.state.user(name)?, Folded::of(name));
    Error::delete_conflict(&[
        (user.login.is_some(), "delete login profile"),
        (!user.keys.is_empty(), "delete access keys"),
        (!user.devices.is_empty(), "delete MFA device"),
        (!user.grants.inline.is_empty(), "delete policies"),
        (!user.grants.attached.is_empty(), "detach all policies"),
        (!user.groups.is_empty(), "remove users from group"),
    ])?;
    call.state.users.remove(&key);
    Ok(Reply::Done)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn a_user_keeps_the_spelling_and_is_found_in_any() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "Lamp@x.io"), ("Path", "/staff/")]);
        let xml = account.ok("GetUser", &[("UserName", "LAMP@X.IO")]);
        assert!(xml.contains("<UserName>Lamp@x.io</UserName>"));
        assert!(xml.contains("<Arn>arn:aws:iam::123456789012:user/staff/Lamp@x.io</Arn>"));
    }

    #[test]
    fn a_name_that_differs_only_by_case_or_path_is_taken() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "lamp")]);
        let other = [("UserName", "LAMP"), ("Path", "/elsewhere/")];
        account.refused("CreateUser", &other, "EntityAlreadyExists");
    }

    #[test]
    fn a_caller_that_is_no_user_must_name_one() {
        let mut account = Account::new();
        let error = account.refused("GetUser", &[], "ValidationError");
        assert!(error.contains("Must specify userName"));
    }

    #[test]
    fn a_user_cannot_go_while_anything_hangs_on_it() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "lamp")]);
        account.ok("CreateGroup", &[("GroupName", "G")]);
        let lamp = ("UserName", "lamp");
        let arn = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
        let (group, policy) = (("GroupName", "G"), ("PolicyName", "p"));
        let document = ("PolicyDocument", Account::DOCUMENT);
        let mut hangs = |begin: &str, with: &[(&str, &str)], end: &str, without: &[(&str, &str)]| {
            account.ok(begin, &[with, &[lamp]].concat());
            account.refused("DeleteUser", &[lamp], "DeleteConflict");
            account.ok(end, &[without, &[lamp]].concat());
        };
        hangs("AddUserToGroup", &[group], "RemoveUserFromGroup", &[group]);
        hangs("CreateLoginProfile", &[("Password", "Abcdefg1!")], "DeleteLoginProfile", &[]);
        hangs("AttachUserPolicy", &[arn], "DetachUserPolicy", &[arn]);
        hangs("PutUserPolicy", &[policy, document], "DeleteUserPolicy", &[policy]);
        account.ok("AddUserToGroup", &[group, lamp]);
        let error = account.refused("DeleteUser", &[lamp], "DeleteConflict");
        assert_eq!(error, "Cannot delete entity, must remove users from group first.");
        account.ok("RemoveUserFromGroup", &[group, lamp]);
        account.ok("DeleteUser", &[lamp]);
        account.refused("GetUser", &[lamp], "NoSuchEntity");
    }

    #[test]
    fn a_renamed_user_keeps_groups_and_keys() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "old")]);
        account.ok("CreateGroup", &[("GroupName", "G")]);
        account.ok("AddUserToGroup", &[("UserName", "old"), ("GroupName", "G")]);
        account.ok("CreateAccessKey", &[("UserName", "old")]);
        let change = [("UserName", "old"), ("NewUserName", "new"), ("NewPath", "/n/")];
        account.ok("UpdateUser", &change);
        let new = [("UserName", "new")];
        assert!(account.ok("ListGroupsForUser", &new).contains("<GroupName>G</GroupName>"));
        assert!(account.ok("ListAccessKeys", &new).contains("<UserName>new</UserName>"));
        assert!(account.ok("GetUser", &new).contains(":user/n/new</Arn>"));
    }

    #[test]
    fn names_and_paths_are_checked_together() {
        let mut account = Account::new();
        for (name, path) in [("a b", "/"), ("a", "staff"), ("", "/"), ("김", "/")] {
            let pairs = [("UserName", name), ("Path", path)];
            account.refused("CreateUser", &pairs, "ValidationError");
        }
    }
}
