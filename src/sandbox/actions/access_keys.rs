//! Access keys: make, list, switch, delete, and when they were last used.

use std::collections::BTreeSet;

use super::{Answer, Call, Reply, page_of, result};
use crate::sandbox::{
    entities::{AccessKey, Folded},
    error::{Code, Error},
    limits,
    paging::Page,
    rules,
    xml::Xml,
};

/// Makes a key; its secret is shown this once.
pub fn create(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    let owner = call.state.user(user.as_ref())?;
    let name = owner.name.clone();
    if owner.keys.len() >= limits::ACCESS_KEYS_PER_USER {
        return Err(Error::quota("AccessKeysPerUser", limits::ACCESS_KEYS_PER_USER));
    }
    let (id, secret) = (call.state.ids.access_key("AKIA"), call.state.ids.secret());
    let key = AccessKey { user, active: true, created: call.now, last_used: None };
    let answer = result(|xml| {
        xml.within("AccessKey", |xml| {
            write(xml, &name, &id, &key);
            xml.text("SecretAccessKey", &secret);
        });
    });
    call.state.add_key(id, key);
    answer
}

fn write(xml: &mut Xml, user: &str, id: &str, key: &AccessKey) {
    xml.text("UserName", user);
    xml.text("AccessKeyId", id);
    xml.text("Status", if key.active { "Active" } else { "Inactive" });
    xml.time("CreateDate", key.created);
}

/// Lists a user's keys.
pub fn list(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    let owner = call.state.user(user.as_ref())?;
    let ids: BTreeSet<&String> = owner.keys.iter().collect();
    let keys = ids.into_iter().filter_map(|id| call.state.keys.get_key_value(id));
    let paged = page.take(keys.map(|(id, key)| (id, (id, key))));
    page_of("AccessKeyMetadata", &paged, |xml, (id, key)| write(xml, &owner.name, id, key))
}

/// Switches a key on or off.
pub fn update(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    let id = reader.required("AccessKeyId", &rules::ACCESS_KEY_ID);
    let status = reader.required("Status", &rules::KEY_STATUS);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    let key = of_user(call, &user, id)?;
    if status == "Expired" {
        let message = "A key can be set to Active or Inactive only.";
        return Err(Error::new(Code::InvalidInput, message));
    }
    key.active = status == "Active";
    Ok(Reply::Done)
}

/// Deletes a key; it never works again.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    let id = reader.required("AccessKeyId", &rules::ACCESS_KEY_ID);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    of_user(call, &user, id)?;
    call.state.retire_key(id);
    Ok(Reply::Done)
}

fn of_user<'c>(call: &'c mut Call<'_>, user: &Folded, id: &str) -> Result<&'c mut AccessKey, Error> {
    let key = call.state.keys.get_mut(id);
    key.filter(|key| key.user == *user).ok_or_else(|| none(id))
}

fn none(id: &str) -> Error {
    let message = format!("The Access Key with id {id} cannot be found.");
    Error::new(Code::NoSuchEntity, message)
}

/// Shows when and for what a key was last used. Who asks for a key that is not there is not allowed to, says AWS.
pub fn last_used(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let id = reader.required("AccessKeyId", &rules::ACCESS_KEY_ID);
    reader.finish()?;
    let key = call.state.keys.get(id).ok_or_else(|| {
        // Without the colon that AWS's other refusals of this kind have.
        let caller = call.caller.arn(call.state);
        let message = format!(
            "User: {caller} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {id}"
        );
        Error::new(Code::AccessDenied, message)
    })?;
    let name = &call.state.user(key.user.as_ref())?.name;
    let (service, region) = match &key.last_used {
        Some((_, service, region)) => (service.as_str(), region.as_str()),
        None => ("N/A", "N/A"),
    };
    result(|xml| {
        xml.text("UserName", name);
        xml.within("AccessKeyLastUsed", |xml| {
            if let Some((at, ..)) = &key.last_used {
                xml.time("LastUsedDate", *at);
            }
            xml.text("ServiceName", service);
            xml.text("Region", region);
        });
    })
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn a_user_has_two_keys_at_most() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        account.ok("CreateAccessKey", &[("UserName", "u")]);
        let xml = account.ok("CreateAccessKey", &[("UserName", "u")]);
        let error = account.refused("CreateAccessKey", &[("UserName", "u")], "LimitExceeded");
        assert_eq!(error, "Cannot exceed quota for AccessKeysPerUser: 2");
        let id = Account::text(&xml, "AccessKeyId");
        account.ok("DeleteAccessKey", &[("UserName", "u"), ("AccessKeyId", &id)]);
        account.ok("CreateAccessKey", &[("UserName", "u")]);
    }

    #[test]
    fn a_key_that_was_never_used_says_so() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        let id = Account::text(&account.ok("CreateAccessKey", &[("UserName", "u")]), "AccessKeyId");
        let xml = account.ok("GetAccessKeyLastUsed", &[("AccessKeyId", &id)]);
        assert!(xml.contains("<ServiceName>N/A</ServiceName>"));
        assert!(!xml.contains("LastUsedDate"));
        let unknown = [("AccessKeyId", "AKIAIOSFODNN7EXAMPLE")];
        let error = account.refused("GetAccessKeyLastUsed", &unknown, "AccessDenied");
        assert!(error.ends_with("perform iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE"));
    }

    #[test]
    fn a_key_of_another_user_is_not_found() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        account.ok("CreateUser", &[("UserName", "v")]);
        let id = Account::text(&account.ok("CreateAccessKey", &[("UserName", "u")]), "AccessKeyId");
        let pairs = [("UserName", "v"), ("AccessKeyId", &*id), ("Status", "Inactive")];
        account.refused("UpdateAccessKey", &pairs, "NoSuchEntity");
    }
}
