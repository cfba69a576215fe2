//! Versions of managed policies: five are kept, and a number is never given twice.

use super::{Answer, Call, Reply, page_of, result};
use crate::sandbox::{
    aws, documents,
    entities::{Folded, Policy, PolicyKey, Version},
    error::{Code, Error},
    limits,
    paging::Page,
    rules,
    state::State,
    xml::Xml,
};

/// Adds a version.
pub fn create(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let arn = reader.required("PolicyArn", &rules::ARN);
    let document = reader.required("PolicyDocument", &rules::DOCUMENT);
    let set_as_default = reader.flag("SetAsDefault");
    reader.finish()?;
    let key = call.own_policy("CreatePolicyVersion", arn)?;
    documents::check(document, documents::Kind::Managed)?;
    let policy = own(call.state, &key, arn)?;
    if policy.versions.len() >= limits::VERSIONS_PER_POLICY {
        let message = format!(
            "A managed policy can have up to {} versions. Before you create a new version, you \
             must delete an existing version.",
            limits::VERSIONS_PER_POLICY
        );
        return Err(Error::new(Code::LimitExceeded, message));
    }
    let Some(number) = policy.last_version.checked_add(1) else {
        return Err(Error::new(Code::LimitExceeded, "The policy has no version numbers left."));
    };
    policy.last_version = number;
    policy.updated = call.now;
    if set_as_default {
        policy.default_version = number;
    }
    let default = policy.default_version;
    let version = Version { document: document.to_owned(), created: call.now };
    policy.versions.insert(number, version);
    result(|xml| {
        xml.within("PolicyVersion", |xml| {
            head(xml, number, default);
            xml.time("CreateDate", call.now);
        });
    })
}

/// Shows a version with its document.
pub fn get(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let arn = reader.required("PolicyArn", &rules::ARN);
    let id = reader.required("VersionId", &rules::VERSION_ID);
    reader.finish()?;
    let missing = || Error::no_such_version(arn, id);
    let number = number(id).ok_or_else(missing)?;
    let key = call.state.policy_key(arn)?.ok_or_else(missing)?;
    let mut answer = Xml::default();
    let found = version(&mut answer, call.state, &key, Some(number));
    found.ok_or_else(missing)?;
    result(|xml| xml.within("PolicyVersion", |xml| xml.append(&answer)))
}

/// Writes the inside of a `PolicyVersion` with its document: of that number, or the default.
pub fn version(xml: &mut Xml, state: &State, key: &PolicyKey, number: Option<u32>) -> Option<()> {
    match key {
        PolicyKey::Customer(name) => {
            let policy = state.policies.get(name)?;
            let number = number.unwrap_or(policy.default_version);
            let version = policy.versions.get(&number)?;
            xml.document("Document", &version.document);
            head(xml, number, policy.default_version);
            xml.time("CreateDate", version.created);
        }
        PolicyKey::Aws(index) => {
            let policy = aws::get(*index)?;
            (number.unwrap_or(policy.version) == policy.version).then_some(())?;
            xml.document("Document", &policy.document());
            aws_head(xml, policy);
        }
    }
    Some(())
}

fn head(xml: &mut Xml, number: u32, default: u32) {
    xml.plain("VersionId", format_args!("v{number}"));
    xml.plain("IsDefaultVersion", number == default);
}

fn aws_head(xml: &mut Xml, policy: &aws::Managed) {
    head(xml, policy.version, policy.version);
    xml.time("CreateDate", policy.updated);
}

/// Newest first, as at AWS; without the documents.
pub fn list(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let arn = reader.required("PolicyArn", &rules::ARN);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let state = &*call.state;
    let key = state.known_policy(arn)?;
    let name = match &key {
        PolicyKey::Customer(name) => name,
        PolicyKey::Aws(index) => {
            let paged = page.take(aws::get(*index).map(|policy| ("1", policy)));
            return page_of("Versions", &paged, |xml, policy| aws_head(xml, policy));
        }
    };
    let policy = state.policies.get(name);
    let policy = policy.ok_or_else(|| Error::no_such_policy(arn))?;
    let newest_first = policy.versions.iter().rev();
    let cursor = |number: &u32| format!("{:010}", u32::MAX - number);
    let paged = page.take(newest_first.map(|(number, version)| (cursor(number), (number, version))));
    page_of("Versions", &paged, |xml, (number, version)| {
        head(xml, **number, policy.default_version);
        xml.time("CreateDate", version.created);
    })
}

/// Deletes a version that is not in force.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let (policy, number) = existing(call, "DeletePolicyVersion")?;
    if policy.default_version == number {
        let message = "Cannot delete the default version of a policy.";
        return Err(Error::new(Code::DeleteConflict, message));
    }
    policy.versions.remove(&number);
    Ok(Reply::Done)
}

/// Puts a version in force.
pub fn set_default(call: &mut Call<'_>) -> Answer {
    let (policy, number) = existing(call, "SetDefaultPolicyVersion")?;
    policy.default_version = number;
    Ok(Reply::Done)
}

/// The own policy and its existing version that the request names.
fn existing<'c>(call: &'c mut Call<'_>, action: &str) -> Result<(&'c mut Policy, u32), Error> {
    let mut reader = call.params.reader();
    let arn = reader.required("PolicyArn", &rules::ARN);
    let id = reader.required("VersionId", &rules::VERSION_ID);
    reader.finish()?;
    let missing = || Error::no_such_version(arn, id);
    call.state.policy_key(arn)?.ok_or_else(missing)?;
    let key = call.own_policy(action, arn)?;
    let policy = own(call.state, &key, arn)?;
    let number = number(id).filter(|number| policy.versions.contains_key(number));
    let number = number.ok_or_else(missing)?;
    Ok((policy, number))
}

fn own<'s>(state: &'s mut State, key: &Folded, arn: &str) -> Result<&'s mut Policy, Error> {
    let policy = state.policies.get_mut(key);
    policy.ok_or_else(|| Error::no_such_policy(arn))
}

fn number(id: &str) -> Option<u32> {
    id.strip_prefix('v')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    fn account() -> (Account, String) {
        let mut account = Account::new();
        let pairs = [("PolicyName", "P"), ("PolicyDocument", Account::DOCUMENT)];
        account.ok("CreatePolicy", &pairs);
        (account, Account::arn("P"))
    }

    fn add(account: &mut Account, arn: &str, default: &str) -> String {
        let document = ("PolicyDocument", Account::DOCUMENT);
        let pairs = [("PolicyArn", arn), document, ("SetAsDefault", default)];
        account.ok("CreatePolicyVersion", &pairs)
    }

    #[test]
    fn five_versions_are_kept_and_a_number_never_comes_back() {
        let (mut account, arn) = account();
        for _ in 0..4 {
            add(&mut account, &arn, "false");
        }
        let sixth = [("PolicyArn", arn.as_str()), ("PolicyDocument", Account::DOCUMENT)];
        account.refused("CreatePolicyVersion", &sixth, "LimitExceeded");
        let fifth = [("PolicyArn", arn.as_str()), ("VersionId", "v5")];
        account.ok("DeletePolicyVersion", &fifth);
        let xml = add(&mut account, &arn, "true");
        assert_eq!(Account::text(&xml, "VersionId"), "v6");
        let policy = account.ok("GetPolicy", &[("PolicyArn", &arn)]);
        assert_eq!(Account::text(&policy, "DefaultVersionId"), "v6");
    }

    #[test]
    fn a_policy_whose_numbers_are_used_up_takes_no_version_more() {
        let (mut account, arn) = account();
        account.state.policies.values_mut().for_each(|policy| policy.last_version = u32::MAX - 1);
        assert_eq!(Account::text(&add(&mut account, &arn, "false"), "VersionId"), "v4294967295");
        let pairs = [("PolicyArn", arn.as_str()), ("PolicyDocument", Account::DOCUMENT)];
        account.refused("CreatePolicyVersion", &pairs, "LimitExceeded");
        assert_eq!(account.ok("ListPolicyVersions", &pairs[..1]).matches("<member>").count(), 2);
    }

    #[test]
    fn the_default_version_stays_until_another_takes_its_place() {
        let (mut account, arn) = account();
        let first = [("PolicyArn", arn.as_str()), ("VersionId", "v1")];
        account.refused("DeletePolicyVersion", &first, "DeleteConflict");
        add(&mut account, &arn, "false");
        account.refused("DeletePolicy", &[("PolicyArn", &arn)], "DeleteConflict");
        let second = [("PolicyArn", arn.as_str()), ("VersionId", "v2")];
        account.ok("SetDefaultPolicyVersion", &second);
        account.ok("DeletePolicyVersion", &first);
        account.ok("DeletePolicy", &[("PolicyArn", &arn)]);
        account.refused("GetPolicy", &[("PolicyArn", &arn)], "NoSuchEntity");
    }

    #[test]
    fn versions_are_listed_newest_first_without_documents() {
        let (mut account, arn) = account();
        add(&mut account, &arn, "false");
        let xml = account.ok("ListPolicyVersions", &[("PolicyArn", &arn)]);
        assert_eq!(Account::text(&xml, "VersionId"), "v2");
        assert!(!xml.contains("<Document>"));
        let one = account.ok("ListPolicyVersions", &[("PolicyArn", &arn), ("MaxItems", "1")]);
        let marker = Account::marker(&one);
        let rest = [("PolicyArn", arn.as_str()), ("Marker", &marker)];
        let xml = account.ok("ListPolicyVersions", &rest);
        assert_eq!(Account::text(&xml, "VersionId"), "v1");
    }

    #[test]
    fn an_unknown_version_is_no_such_entity_and_a_strange_one_is_invalid() {
        let (mut account, arn) = account();
        let version = |id| [("PolicyArn", arn.as_str()), ("VersionId", id)];
        account.refused("GetPolicyVersion", &version("v9"), "NoSuchEntity");
        let none = [("PolicyArn", "arn:aws:iam::123456789012:policy/None"), ("VersionId", "v1")];
        for action in ["GetPolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion"] {
            let error = account.refused(action, &none, "NoSuchEntity");
            assert_eq!(error, format!("Policy {} version v1 does not exist or is not attachable.", none[0].1));
        }
        account.refused("GetPolicyVersion", &version("9"), "ValidationError");
    }
}
