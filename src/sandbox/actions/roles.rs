//! Roles. They are data of an account file; no action on the wire makes or changes one.

use super::{Answer, Call, Reply};
use crate::sandbox::{
    entities::{Folded, Grants, Role},
    error::{Code, Error},
    limits, rules,
};

/// Makes a role.
pub fn create(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("RoleName", &rules::USER_NAME);
    let path = reader.optional("Path", &rules::PATH).unwrap_or("/");
    let trust = reader.required("AssumeRolePolicyDocument", &rules::DOCUMENT);
    reader.finish()?;
    if serde_json::from_str::<serde_json::Value>(trust).is_err() {
        let message = "This policy contains invalid Json";
        return Err(Error::new(Code::MalformedPolicyDocument, message));
    }
    if crate::policy::size_without_whitespace(trust) > limits::TRUST_POLICY_SIZE {
        return Err(Error::quota("ACLSizePerRole", limits::TRUST_POLICY_SIZE));
    }
    let key = Folded::of(name);
    if call.state.roles.contains_key(&key) {
        return Err(Error::exists("Role", name));
    }
    if call.state.roles.len() >= limits::ROLES {
        return Err(Error::quota("RolesPerAccount", limits::ROLES));
    }
    let role = Role {
        name: name.to_owned(),
        path: path.to_owned(),
        id: call.state.ids.entity("AROA"),
        created: call.now,
        trust: trust.to_owned(),
        grants: Grants::default(),
        boundary: None,
    };
    call.state.roles.insert(key, role);
    Ok(Reply::Done)
}
