//! `GetAccountAuthorizationDetails`: one sweep over everything that grants something.

use super::{Answer, Call, result, versions};
use crate::sandbox::{
    entities::{Grants, Group, PolicyKey, Role, User},
    paging::Page,
    rules, shapes,
    shapes::Detail,
    state::{State, Usage},
    xml::Xml,
};

/// One row of the sweep.
enum Row<'s> {
    User(&'s User),
    Group(&'s Group),
    Role(&'s Role),
    Policy(&'s PolicyKey, Usage),
}

/// Pages run over users, groups, roles and policies in this order, whatever is filtered out.
pub fn get(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let filter = reader.list("Filter", &rules::ENTITY_KIND);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let state = &*call.state;
    let own: Vec<_> = state.policies.keys().cloned().map(PolicyKey::Customer).collect();
    let wants = |kind| filter.is_empty() || filter.contains(&kind);
    let rows = rows(state, &own).filter(|(kind, ..)| wants(kind));
    let paged = page.take(rows.map(|(_, cursor, row)| (cursor, row)));
    result(|xml| {
        write(xml, state, &paged.items);
        paged.finish(xml);
    })
}

/// Everything: kind as in the filter, a cursor that sorts, the row.
fn rows<'s>(state: &'s State, own: &'s [PolicyKey]) -> impl Iterator<Item = (&'static str, String, Row<'s>)> {
    let usages = state.usages();
    let aws = usages.iter().filter(|(key, _)| matches!(key, PolicyKey::Aws(_)));
    let aws: Vec<_> = aws.map(|(key, usage)| (*key, *usage)).collect();
    let users = state.users.iter().map(|(name, user)| ("User", format!("1 {}", name.as_ref()), Row::User(user)));
    let groups = state.groups.iter().map(|(name, group)| ("Group", format!("2 {}", name.as_ref()), Row::Group(group)));
    let roles = state.roles.iter().map(|(name, role)| ("Role", format!("3 {}", name.as_ref()), Row::Role(role)));
    let own = own.iter().map(move |key| {
        let usage = usages.get(key).copied().unwrap_or_default();
        ("LocalManagedPolicy", format!("4 {}", key.cursor()), Row::Policy(key, usage))
    });
    let aws = aws
        .into_iter()
        .map(|(key, usage)| ("AWSManagedPolicy", format!("5 {}", key.cursor()), Row::Policy(key, usage)));
    users.chain(groups).chain(roles).chain(own).chain(aws)
}

/// The four lists, each there even when no row of the page belongs to it.
fn write(xml: &mut Xml, state: &State, rows: &[Row<'_>]) {
    let mut list = |name: &str, belongs: fn(&Row<'_>) -> bool| {
        let rows = rows.iter().filter(|row| belongs(row));
        xml.list(name, rows, |xml, row| write_row(xml, state, row));
    };
    list("UserDetailList", |row| matches!(row, Row::User(_)));
    list("GroupDetailList", |row| matches!(row, Row::Group(_)));
    list("RoleDetailList", |row| matches!(row, Row::Role(_)));
    list("Policies", |row| matches!(row, Row::Policy(..)));
}

fn write_row(xml: &mut Xml, state: &State, row: &Row<'_>) {
    match row {
        Row::User(user) => write_user(xml, state, user),
        Row::Group(group) => {
            shapes::group(xml, state, group);
            write_grants(xml, state, "GroupPolicyList", &group.grants);
        }
        Row::Role(role) => {
            shapes::role(xml, state, role);
            xml.within("InstanceProfileList", |_| ());
            write_grants(xml, state, "RolePolicyList", &role.grants);
            shapes::boundary(xml, state, role.boundary.as_ref());
            xml.within("Tags", |_| ());
            xml.within("RoleLastUsed", |_| ());
        }
        Row::Policy(key, usage) => {
            shapes::policy(xml, state, key, *usage, Detail::Described);
            xml.within("PolicyVersionList", |xml| {
                xml.within("member", |xml| {
                    // Every policy has its default version.
                    let _ = versions::version(xml, state, key, None);
                });
            });
        }
    }
}

fn write_user(xml: &mut Xml, state: &State, user: &User) {
    shapes::user(xml, state, user, Detail::Brief);
    write_grants(xml, state, "UserPolicyList", &user.grants);
    let groups = user.groups.iter().filter_map(|key| state.groups.get(key));
    xml.texts("GroupList", groups.map(|group| &group.name));
    shapes::boundary(xml, state, user.boundary.as_ref());
    shapes::tags(xml, &user.tags);
}

fn write_grants(xml: &mut Xml, state: &State, inline: &str, grants: &Grants) {
    xml.list(inline, &grants.inline, |xml, (name, document)| {
        xml.text("PolicyName", name);
        xml.document("PolicyDocument", document);
    });
    xml.list("AttachedManagedPolicies", &grants.attached, |xml, key| {
        shapes::attached(xml, state, key);
    });
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    fn account() -> Account {
        let mut account = Account::new();
        let document = ("PolicyDocument", Account::DOCUMENT);
        for name in ["a", "b"] {
            account.ok("CreateUser", &[("UserName", name)]);
            account.ok("CreateGroup", &[("GroupName", name)]);
            account.ok("CreatePolicy", &[("PolicyName", name), document]);
        }
        account.ok("AddUserToGroup", &[("UserName", "a"), ("GroupName", "b")]);
        for arn in [Account::arn("a").as_str(), "arn:aws:iam::aws:policy/ReadOnlyAccess"] {
            account.ok("AttachGroupPolicy", &[("GroupName", "b"), ("PolicyArn", arn)]);
        }
        account.ok("PutUserPolicy", &[("UserName", "a"), ("PolicyName", "own"), document]);
        account
    }

    #[test]
    fn one_page_shows_members_attachments_inline_policies_and_counts() {
        let xml = account().ok("GetAccountAuthorizationDetails", &[]);
        assert!(xml.contains("<GroupList><member>b</member></GroupList>"));
        assert!(xml.contains("<UserPolicyList><member><PolicyName>own</PolicyName>"));
        assert!(xml.contains("<PolicyArn>arn:aws:iam::aws:policy/ReadOnlyAccess</PolicyArn>"));
        assert_eq!(xml.matches("<AttachmentCount>1</AttachmentCount>").count(), 2);
        assert!(xml.contains("<RoleDetailList></RoleDetailList>"));
        assert_eq!(xml.matches("<PolicyVersionList><member>").count(), 3);
    }

    #[test]
    fn a_filter_leaves_the_other_lists_empty() {
        let pairs = [("Filter.member.1", "Group"), ("Filter.member.2", "AWSManagedPolicy")];
        let xml = account().ok("GetAccountAuthorizationDetails", &pairs);
        assert!(xml.starts_with("<UserDetailList></UserDetailList>"));
        assert_eq!(xml.matches("<GroupId>").count(), 2);
        assert_eq!(xml.matches("<PolicyId>").count(), 1);
        let odd = [("Filter.member.1", "Groups")];
        account().refused("GetAccountAuthorizationDetails", &odd, "ValidationError");
    }

    #[test]
    fn pages_run_across_the_kinds_and_lose_nothing() {
        let mut account = account();
        let (mut seen, mut marker) = (0, None::<String>);
        for _ in 0..4 {
            let mut pairs = vec![("MaxItems", "2")];
            pairs.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let xml = account.ok("GetAccountAuthorizationDetails", &pairs);
            seen += ["<UserId>", "<GroupId>", "<PolicyId>"].map(|id| xml.matches(id).count()).iter().sum::<usize>();
            marker = xml.contains("<Marker>").then(|| Account::marker(&xml));
        }
        assert_eq!((seen, marker), (7, None));
    }

    #[test]
    fn only_the_version_in_force_is_shown() {
        let mut account = account();
        let arn = Account::arn("a");
        let newer = [("PolicyArn", arn.as_str()), ("PolicyDocument", Account::DOCUMENT)];
        account.ok("CreatePolicyVersion", &newer);
        let filter = [("Filter.member.1", "LocalManagedPolicy")];
        let xml = account.ok("GetAccountAuthorizationDetails", &filter);
        assert_eq!(xml.matches("<VersionId>v1</VersionId>").count(), 2);
        assert!(!xml.contains("<VersionId>v2</VersionId>"));
    }
}
