//! Which users are in which groups.

use super::{Answer, Call, Reply, page_of};
use crate::sandbox::{entities::Folded, error::Error, limits, paging::Page, rules, shapes};

/// Adding a member twice succeeds, as at AWS.
pub fn add(call: &mut Call<'_>) -> Answer {
    let (group, user) = both(call)?;
    let groups = &call.state.user(user)?.groups;
    let group = Folded::of(group);
    if !groups.contains(&group) && groups.len() >= limits::GROUPS_PER_USER {
        return Err(Error::quota("GroupsPerUser", limits::GROUPS_PER_USER));
    }
    call.state.join(&Folded::of(user), &group);
    Ok(Reply::Done)
}

/// Removing a user who is no member succeeds, as at AWS.
pub fn remove(call: &mut Call<'_>) -> Answer {
    let (group, user) = both(call)?;
    call.state.leave(&Folded::of(user), &Folded::of(group));
    Ok(Reply::Done)
}

/// The group and the user, both of whom there must be; a missing user is told first, as at AWS.
fn both<'p>(call: &Call<'p>) -> Result<(&'p str, &'p str), Error> {
    let mut reader = call.params.reader();
    let group = reader.required("GroupName", &rules::GROUP_NAME);
    let user = reader.required("UserName", &rules::EXISTING_USER_NAME);
    reader.finish()?;
    call.state.user(user)?;
    call.state.group(group)?;
    Ok((group, user))
}

/// Lists the groups of a user.
pub fn list_groups(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("UserName", &rules::EXISTING_USER_NAME);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let state = &*call.state;
    let groups = state.user(name)?.groups.iter();
    let paged = page.take(groups.filter_map(|key| Some((key, state.groups.get(key)?))));
    page_of("Groups", &paged, |xml, group| shapes::group(xml, state, group))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    fn account_with(groups: usize) -> Account {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        for n in 0..groups {
            account.ok("CreateGroup", &[("GroupName", &format!("g{n}"))]);
        }
        account
    }

    #[test]
    fn adding_a_member_twice_succeeds() {
        let mut account = account_with(1);
        let pairs = [("GroupName", "G0"), ("UserName", "U")];
        account.ok("AddUserToGroup", &pairs);
        account.ok("AddUserToGroup", &pairs);
        let xml = account.ok("ListGroupsForUser", &[("UserName", "u")]);
        assert_eq!(xml.matches("<GroupName>").count(), 1);
    }

    #[test]
    fn a_user_is_in_ten_groups_at_most() {
        let mut account = account_with(11);
        for n in 0..10 {
            let group = format!("g{n}");
            account.ok("AddUserToGroup", &[("GroupName", &group), ("UserName", "u")]);
        }
        let eleventh = [("GroupName", "g10"), ("UserName", "u")];
        let error = account.refused("AddUserToGroup", &eleventh, "LimitExceeded");
        assert_eq!(error, "Cannot exceed quota for GroupsPerUser: 10");
        account.ok("AddUserToGroup", &[("GroupName", "g3"), ("UserName", "u")]);
    }

    #[test]
    fn a_missing_user_or_group_is_named() {
        let mut account = account_with(1);
        let no_group = [("GroupName", "none"), ("UserName", "u")];
        let error = account.refused("AddUserToGroup", &no_group, "NoSuchEntity");
        assert_eq!(error, "The group with name none cannot be found.");
        let no_user = [("GroupName", "g0"), ("UserName", "none")];
        let error = account.refused("RemoveUserFromGroup", &no_user, "NoSuchEntity");
        assert_eq!(error, "The user with name none cannot be found.");
    }
}
