//! Groups: make, read with their members, list, rename or move, delete.

use super::{Answer, Call, Reply, page_of, result};
use crate::sandbox::{
    entities::{Folded, Grants, Group},
    error::Error,
    limits,
    paging::Page,
    rules, shapes,
    shapes::Detail,
};

/// Makes a group.
pub fn create(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("GroupName", &rules::GROUP_NAME);
    let path = reader.optional("Path", &rules::PATH).unwrap_or("/");
    reader.finish()?;
    let key = Folded::of(name);
    if call.state.groups.contains_key(&key) {
        return Err(Error::exists("Group", name));
    }
    if call.state.groups.len() >= limits::GROUPS {
        return Err(Error::quota("GroupsPerAccount", limits::GROUPS));
    }
    let group = Group {
        name: name.to_owned(),
        path: path.to_owned(),
        id: call.state.ids.entity("AGPA"),
        created: call.now,
        grants: Grants::default(),
        members: std::collections::BTreeSet::new(),
    };
    let answer = result(|xml| {
        xml.within("Group", |xml| shapes::group(xml, call.state, &group));
    });
    call.state.groups.insert(key, group);
    answer
}

/// Shows a group and a page of its members.
pub fn get(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("GroupName", &rules::GROUP_NAME);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let state = &*call.state;
    let group = state.group(name)?;
    let paged = page.take(state.members(&Folded::of(name)));
    result(|xml| {
        xml.within("Group", |xml| shapes::group(xml, state, group));
        xml.list("Users", &paged.items, |xml, user| {
            shapes::user(xml, state, user, Detail::Brief);
        });
        paged.finish(xml);
    })
}

/// Lists groups, by the beginning of their path.
pub fn list(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let prefix = reader.optional("PathPrefix", &rules::PATH_PREFIX);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let prefix = prefix.unwrap_or("/");
    let groups = call.state.groups.iter();
    let paged = page.take(groups.filter(|(_, group)| group.path.starts_with(prefix)));
    page_of("Groups", &paged, |xml, group| shapes::group(xml, call.state, group))
}

/// Renames a group or changes its path, in place: id, members and policies stay.
pub fn update(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("GroupName", &rules::GROUP_NAME);
    let new_name = reader.optional("NewGroupName", &rules::GROUP_NAME);
    let new_path = reader.optional("NewPath", &rules::PATH);
    reader.finish()?;
    let (old, new) = (Folded::of(name), Folded::of(new_name.unwrap_or(name)));
    call.state.group(name)?;
    if new != old && call.state.groups.contains_key(&new) {
        return Err(Error::exists("Group", new_name.unwrap_or(name)));
    }
    if let Some(group) = call.state.groups.get_mut(&old) {
        if let Some(name) = new_name {
            name.clone_into(&mut group.name);
        }
        if let Some(path) = new_path {
            path.clone_into(&mut group.path);
        }
    }
    call.state.rename_group(&old, &new);
    Ok(Reply::Done)
}

/// Deletes a group without members and policies.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("GroupName", &rules::GROUP_NAME);
    reader.finish()?;
    let (group, key) = (call.state.group(name)?, Folded::of(name));
    Error::delete_conflict(&[
        (!group.members.is_empty(), "remove users from group"),
        (!group.grants.attached.is_empty(), "detach all policies"),
        (!group.grants.inline.is_empty(), "delete policies"),
    ])?;
    call.state.groups.remove(&key);
    Ok(Reply::Done)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn a_group_cannot_go_while_it_has_members_or_policies() {
        let mut account = Account::new();
        let group = ("GroupName", "G");
        let arn = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
        account.ok("CreateGroup", &[group]);
        account.ok("CreateUser", &[("UserName", "u")]);
        let member = [group, ("UserName", "u")];
        account.ok("AddUserToGroup", &member);
        account.refused("DeleteGroup", &[group], "DeleteConflict");
        account.ok("RemoveUserFromGroup", &member);
        account.ok("AttachGroupPolicy", &[group, arn]);
        account.refused("DeleteGroup", &[group], "DeleteConflict");
        account.ok("DetachGroupPolicy", &[group, arn]);
        let inline = [group, ("PolicyName", "p"), ("PolicyDocument", Account::DOCUMENT)];
        account.ok("PutGroupPolicy", &inline);
        account.refused("DeleteGroup", &[group], "DeleteConflict");
        account.ok("DeleteGroupPolicy", &[group, ("PolicyName", "p")]);
        account.ok("DeleteGroup", &[group]);
    }

    #[test]
    fn a_renamed_and_moved_group_keeps_its_id_and_members() {
        let mut account = Account::new();
        let made = account.ok("CreateGroup", &[("GroupName", "Ops")]);
        account.ok("CreateUser", &[("UserName", "u")]);
        account.ok("AddUserToGroup", &[("GroupName", "ops"), ("UserName", "u")]);
        let change = [("GroupName", "OPS"), ("NewGroupName", "SysAdm"), ("NewPath", "/f/")];
        account.ok("UpdateGroup", &change);
        let xml = account.ok("GetGroup", &[("GroupName", "sysadm")]);
        assert!(xml.contains("<UserName>u</UserName>"));
        assert!(xml.contains(":group/f/SysAdm</Arn>"));
        let id = made.split("GroupId>").nth(1).unwrap();
        assert!(xml.contains(id.trim_end_matches("</")));
        account.refused("GetGroup", &[("GroupName", "Ops")], "NoSuchEntity");
    }

    #[test]
    fn only_the_spelling_of_a_name_may_be_changed_too() {
        let mut account = Account::new();
        account.ok("CreateGroup", &[("GroupName", "dba")]);
        account.ok("UpdateGroup", &[("GroupName", "dba"), ("NewGroupName", "DBA")]);
        assert!(account.ok("ListGroups", &[]).contains("<GroupName>DBA</GroupName>"));
    }

    #[test]
    fn a_prefix_without_its_last_slash_matches_neighbours_too() {
        let mut account = Account::new();
        for (name, path) in [("A", "/f/"), ("B", "/f-old/"), ("C", "/")] {
            account.ok("CreateGroup", &[("GroupName", name), ("Path", path)]);
        }
        let count = |xml: String| xml.matches("<GroupName>").count();
        assert_eq!(count(account.ok("ListGroups", &[("PathPrefix", "/f")])), 2);
        assert_eq!(count(account.ok("ListGroups", &[("PathPrefix", "/f/")])), 1);
        assert_eq!(count(account.ok("ListGroups", &[])), 3);
    }

    #[test]
    fn the_301st_group_is_refused() {
        let mut account = Account::new();
        for n in 0..300 {
            account.ok("CreateGroup", &[("GroupName", &format!("g{n}"))]);
        }
        let error = account.refused("CreateGroup", &[("GroupName", "more")], "LimitExceeded");
        assert_eq!(error, "Cannot exceed quota for GroupsPerAccount: 300");
    }

    #[test]
    fn members_come_in_pages() {
        let mut account = Account::new();
        account.ok("CreateGroup", &[("GroupName", "G")]);
        for n in 0..5 {
            let name = format!("u{n}");
            account.ok("CreateUser", &[("UserName", &name)]);
            account.ok("AddUserToGroup", &[("GroupName", "G"), ("UserName", &name)]);
        }
        let first = account.ok("GetGroup", &[("GroupName", "G"), ("MaxItems", "3")]);
        assert!(first.contains("<IsTruncated>true</IsTruncated>"));
        let marker = Account::marker(&first);
        let second = account.ok("GetGroup", &[("GroupName", "G"), ("Marker", &marker)]);
        assert_eq!(second.matches("<UserName>").count(), 2);
        assert!(second.contains("<IsTruncated>false</IsTruncated>"));
    }
}
