//! Which groups, users and roles use a policy.

use super::{Answer, Call, result};
use crate::sandbox::{
    entities::{Grants, PolicyKey},
    paging::Page,
    rules,
    state::State,
};

/// One user of the policy: kind, path, name and id.
struct Entity<'s> {
    kind: &'static str,
    path: &'s str,
    name: &'s str,
    id: &'s str,
    attached: bool,
    bounded: bool,
}

/// Lists groups, users and roles that a policy is attached to or is the boundary of.
pub fn list(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let arn = reader.required("PolicyArn", &rules::ARN);
    let kind = reader.optional("EntityFilter", &rules::ENTITY_KIND);
    let prefix = reader.optional("PathPrefix", &rules::PATH).unwrap_or("/");
    let usage = reader.optional("PolicyUsageFilter", &rules::POLICY_USAGE);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let state = &*call.state;
    let key = state.known_policy(arn)?;
    let shown = entities(state, &key).filter(|entity| {
        let used = match usage {
            Some("PermissionsPolicy") => entity.attached,
            Some("PermissionsBoundary") => entity.bounded,
            _ => entity.attached || entity.bounded,
        };
        used && kind.is_none_or(|kind| kind == entity.kind) && entity.path.starts_with(prefix)
    });
    let cursor = |entity: &Entity<'_>| format!("{} {}", entity.kind, entity.name.to_lowercase());
    let paged = page.take(shown.map(|entity| (cursor(&entity), entity)));
    result(|xml| {
        for kind in ["Group", "User", "Role"] {
            let of_kind = paged.items.iter().filter(|entity| entity.kind == kind);
            xml.list(&format!("Policy{kind}s"), of_kind, |xml, entity| {
                xml.text(&format!("{kind}Name"), entity.name);
                xml.text(&format!("{kind}Id"), entity.id);
            });
        }
        paged.finish(xml);
    })
}

/// Everything that could use the policy, in the order of kind and name.
fn entities<'s>(state: &'s State, key: &'s PolicyKey) -> impl Iterator<Item = Entity<'s>> {
    let attached = |grants: &Grants| grants.attached.contains(key);
    let bounded = |boundary: &Option<PolicyKey>| boundary.as_ref() == Some(key);
    let groups = state.groups.values().map(move |group| Entity {
        kind: "Group",
        path: &group.path,
        name: &group.name,
        id: &group.id,
        attached: attached(&group.grants),
        bounded: false,
    });
    let roles = state.roles.values().map(move |role| Entity {
        kind: "Role",
        path: &role.path,
        name: &role.name,
        id: &role.id,
        attached: attached(&role.grants),
        bounded: bounded(&role.boundary),
    });
    let users = state.users.values().map(move |user| Entity {
        kind: "User",
        path: &user.path,
        name: &user.name,
        id: &user.id,
        attached: attached(&user.grants),
        bounded: bounded(&user.boundary),
    });
    groups.chain(roles).chain(users)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn attachments_and_boundaries_are_told_apart_and_paged_across_kinds() {
        let mut account = Account::new();
        let arn = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
        for name in ["a", "b"] {
            account.ok("CreateGroup", &[("GroupName", name), ("Path", "/f/")]);
            account.ok("AttachGroupPolicy", &[("GroupName", name), arn]);
            account.ok("CreateUser", &[("UserName", name)]);
        }
        account.ok("AttachUserPolicy", &[("UserName", "a"), arn]);
        let boundary = ("PermissionsBoundary", arn.1);
        account.ok("PutUserPermissionsBoundary", &[("UserName", "b"), boundary]);
        let mut names = |pairs: &[(&str, &str)]| {
            let xml = account.ok("ListEntitiesForPolicy", &[&[arn], pairs].concat());
            (xml.matches("<GroupName>").count(), xml.matches("<UserName>").count())
        };
        assert_eq!(names(&[]), (2, 2));
        assert_eq!(names(&[("PolicyUsageFilter", "PermissionsPolicy")]), (2, 1));
        assert_eq!(names(&[("PolicyUsageFilter", "PermissionsBoundary")]), (0, 1));
        assert_eq!(names(&[("EntityFilter", "User")]), (0, 2));
        assert_eq!(names(&[("PathPrefix", "/f/")]), (2, 0));
        assert_eq!(names(&[("MaxItems", "3")]), (2, 1));
    }
}
