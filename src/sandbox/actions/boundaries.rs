//! Permissions boundaries of users and (from an account file) roles.

use super::{Answer, Call, Reply, attachments};
use crate::sandbox::{
    entities::{Folded, Holder},
    error::Error,
    rules,
};

/// Sets the boundary, or another in its place.
pub fn put(call: &mut Call<'_>, holder: Holder) -> Answer {
    put_found(call, holder, attachments::attachable)
}

/// Sets the boundary that `find` lets through.
pub fn put_found(call: &mut Call<'_>, holder: Holder, find: attachments::Find) -> Answer {
    let mut reader = call.params.reader();
    let name = attachments::holder_name(&mut reader, holder);
    let arn = reader.required("PermissionsBoundary", &rules::ARN);
    reader.finish()?;
    let key = Folded::of(name);
    call.state.grants(holder, name)?;
    let policy = find(call.state, arn)?;
    if let Some(user) = call.state.users.get_mut(&key).filter(|_| holder == Holder::User) {
        user.boundary = Some(policy);
    } else if let Some(role) = call.state.roles.get_mut(&key) {
        role.boundary = Some(policy);
    }
    Ok(Reply::Done)
}

/// Takes a user's boundary off.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = attachments::holder_name(&mut reader, Holder::User);
    reader.finish()?;
    let user = call.state.user_mut(name)?;
    match user.boundary.take() {
        Some(_) => Ok(Reply::Done),
        None => Err(Error::no_such("permissions boundary of the user", name)),
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn a_boundary_is_shown_counted_and_keeps_its_policy_from_being_deleted() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        let made = [("PolicyName", "B"), ("PolicyDocument", Account::DOCUMENT)];
        account.ok("CreatePolicy", &made);
        let arn = Account::arn("B");
        let boundary = [("UserName", "u"), ("PermissionsBoundary", arn.as_str())];
        account.ok("PutUserPermissionsBoundary", &boundary);
        let user = account.ok("GetUser", &[("UserName", "u")]);
        assert!(user.contains("<PermissionsBoundaryType>Policy</PermissionsBoundaryType>"));
        let policy = account.ok("GetPolicy", &[("PolicyArn", &arn)]);
        assert_eq!(Account::text(&policy, "PermissionsBoundaryUsageCount"), "1");
        assert_eq!(Account::text(&policy, "AttachmentCount"), "0");
        account.refused("DeletePolicy", &[("PolicyArn", &arn)], "DeleteConflict");
        account.ok("DeleteUserPermissionsBoundary", &[("UserName", "u")]);
        account.refused("DeleteUserPermissionsBoundary", &[("UserName", "u")], "NoSuchEntity");
        account.ok("DeletePolicy", &[("PolicyArn", &arn)]);
    }
}
