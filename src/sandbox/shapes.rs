//! The structures of IAM's answers that more than one action gives.
//!
//! Each function writes the inside of one structure; the caller writes the element around it.

use super::{
    aws,
    entities::{Group, Policy, PolicyKey, Role, Tags, User},
    state::{State, Usage},
    xml::Xml,
};

/// How much of a structure an action shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// As in a listing.
    Brief,
    /// With the tags that were given, as when it has just been made.
    Made,
    /// With the description, as in a sweep over the account.
    Described,
    /// With boundary, tags and description, as when one thing is asked for.
    Full,
}

/// A `User`.
pub fn user(xml: &mut Xml, state: &State, user: &User, detail: Detail) {
    xml.text("Path", &user.path);
    xml.text("UserName", &user.name);
    xml.text("UserId", &user.id);
    xml.text("Arn", &state.entity_arn("user", &user.path, &user.name));
    xml.time("CreateDate", user.created);
    if detail == Detail::Full {
        boundary(xml, state, user.boundary.as_ref());
        if !user.tags.is_empty() {
            tags(xml, &user.tags);
        }
    }
}

/// A `Group`.
pub fn group(xml: &mut Xml, state: &State, group: &Group) {
    xml.text("Path", &group.path);
    xml.text("GroupName", &group.name);
    xml.text("GroupId", &group.id);
    xml.text("Arn", &state.entity_arn("group", &group.path, &group.name));
    xml.time("CreateDate", group.created);
}

/// The first part of a `RoleDetail`.
pub fn role(xml: &mut Xml, state: &State, role: &Role) {
    xml.text("Path", &role.path);
    xml.text("RoleName", &role.name);
    xml.text("RoleId", &role.id);
    xml.text("Arn", &state.entity_arn("role", &role.path, &role.name));
    xml.time("CreateDate", role.created);
    xml.document("AssumeRolePolicyDocument", &role.trust);
}

/// A `Policy` or the first part of a `ManagedPolicyDetail`.
pub fn policy(xml: &mut Xml, state: &State, key: &PolicyKey, usage: Usage, detail: Detail) {
    match key {
        PolicyKey::Aws(index) => {
            if let Some(policy) = aws::get(*index) {
                aws_policy(xml, policy, usage, detail);
            }
        }
        PolicyKey::Customer(name) => {
            if let Some(policy) = state.policies.get(name) {
                customer_policy(xml, state, policy, usage, detail);
            }
        }
    }
}

fn customer_policy(xml: &mut Xml, state: &State, policy: &Policy, usage: Usage, detail: Detail) {
    xml.text("PolicyName", &policy.name);
    xml.text("PolicyId", &policy.id);
    xml.text("Arn", &state.entity_arn("policy", &policy.path, &policy.name));
    xml.text("Path", &policy.path);
    counts(xml, policy.default_version, usage);
    xml.plain("IsAttachable", true);
    xml.time("CreateDate", policy.created);
    xml.time("UpdateDate", policy.updated);
    if matches!(detail, Detail::Described | Detail::Full) {
        xml.maybe("Description", policy.description.as_deref());
    }
    if detail == Detail::Full || (detail == Detail::Made && !policy.tags.is_empty()) {
        tags(xml, &policy.tags);
    }
}

fn aws_policy(xml: &mut Xml, policy: &aws::Managed, usage: Usage, detail: Detail) {
    xml.text("PolicyName", policy.name);
    xml.text("PolicyId", &policy.id());
    xml.text("Arn", &policy.arn());
    xml.text("Path", policy.path);
    counts(xml, policy.version, usage);
    xml.plain("IsAttachable", policy.is_attachable());
    xml.time("CreateDate", policy.created);
    xml.time("UpdateDate", policy.updated);
    if detail == Detail::Full {
        tags(xml, &Tags::new());
    }
}

fn counts(xml: &mut Xml, version: u32, usage: Usage) {
    xml.plain("DefaultVersionId", format_args!("v{version}"));
    xml.plain("AttachmentCount", usage.attachments);
    xml.plain("PermissionsBoundaryUsageCount", usage.boundaries);
}

/// An `AttachedPolicy`.
pub fn attached(xml: &mut Xml, state: &State, key: &PolicyKey) {
    let (name, arn) = state.policy_names(key);
    xml.text("PolicyName", &name);
    xml.text("PolicyArn", &arn);
}

/// A `PermissionsBoundary` element, when there is one.
pub fn boundary(xml: &mut Xml, state: &State, key: Option<&PolicyKey>) {
    if let Some(key) = key {
        xml.within("PermissionsBoundary", |xml| {
            xml.text("PermissionsBoundaryType", "Policy");
            xml.text("PermissionsBoundaryArn", &state.policy_arn(key));
        });
    }
}

/// A `Tags` element.
pub fn tags(xml: &mut Xml, tags: &Tags) {
    xml.list("Tags", tags, tag);
}

/// A `Tag`.
pub fn tag(xml: &mut Xml, (key, value): &(String, String)) {
    xml.text("Key", key);
    xml.text("Value", value);
}
