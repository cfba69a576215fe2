//! Inline policies of groups, users and (from an account file) roles.

use super::{Answer, Call, Reply, result};
use crate::sandbox::{
    documents,
    entities::{Grants, Holder},
    error::{Code, Error},
    paging::Page,
    params::Reader,
    rules,
};

/// Puts a policy in, or another text in the place of one.
pub fn put(call: &mut Call<'_>, holder: Holder) -> Answer {
    let mut reader = call.params.reader();
    let name = holder_name(&mut reader, holder);
    let policy = reader.required("PolicyName", &rules::POLICY_NAME);
    let document = reader.required("PolicyDocument", &rules::DOCUMENT);
    reader.finish()?;
    let grants = call.state.grants_mut(holder, name)?;
    documents::check(document, documents::Kind::Inline)?;
    if size_with(grants, policy, document) > holder.inline_size() {
        let message =
            format!("Maximum policy size of {} bytes exceeded for {} {name}", holder.inline_size(), holder.word());
        return Err(Error::new(Code::LimitExceeded, message));
    }
    grants.inline.insert(policy.to_owned(), document.to_owned());
    Ok(Reply::Done)
}

/// The characters of all inline policies together once `policy` has this document.
fn size_with(grants: &Grants, policy: &str, document: &str) -> usize {
    let others = grants.inline.iter().filter(|(name, _)| *name != policy);
    let sizes = others.map(|(_, document)| crate::policy::size_without_whitespace(document));
    sizes.sum::<usize>() + crate::policy::size_without_whitespace(document)
}

/// Shows an inline policy.
pub fn get(call: &mut Call<'_>, holder: Holder) -> Answer {
    let mut reader = call.params.reader();
    let name = holder_name(&mut reader, holder);
    let policy = reader.required("PolicyName", &rules::POLICY_NAME);
    reader.finish()?;
    let (name, grants) = call.state.holder(holder, name)?;
    let document = grants.inline.get(policy).ok_or_else(|| no_such(holder, policy))?;
    result(|xml| {
        xml.text(holder.parameter(), name);
        xml.text("PolicyName", policy);
        xml.document("PolicyDocument", document);
    })
}

/// Lists the names of inline policies.
pub fn list(call: &mut Call<'_>, holder: Holder) -> Answer {
    let mut reader = call.params.reader();
    let name = holder_name(&mut reader, holder);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let names = call.state.grants(holder, name)?.inline.keys();
    let paged = page.take(names.map(|name| (name, name)));
    result(|xml| {
        xml.texts("PolicyNames", &paged.items);
        paged.finish(xml);
    })
}

/// Deletes an inline policy.
pub fn delete(call: &mut Call<'_>, holder: Holder) -> Answer {
    let mut reader = call.params.reader();
    let name = holder_name(&mut reader, holder);
    let policy = reader.required("PolicyName", &rules::POLICY_NAME);
    reader.finish()?;
    let grants = call.state.grants_mut(holder, name)?;
    match grants.inline.remove(policy) {
        Some(_) => Ok(Reply::Done),
        None => Err(no_such(holder, policy)),
    }
}

/// The parameter that names whose policies they are (API `PutUserPolicy`: `existingUserNameType`).
fn holder_name<'p>(reader: &mut Reader<'p>, holder: Holder) -> &'p str {
    reader.required(holder.parameter(), &rules::EXISTING_USER_NAME)
}

fn no_such(holder: Holder, policy: &str) -> Error {
    Error::no_such(&format!("{} policy", holder.word()), policy)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    fn sized(size: usize) -> String {
        let frame =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::"}]}"#;
        frame.replace(":::", &format!(":::{}", "x".repeat(size - frame.len())))
    }

    fn put(account: &mut Account, name: &str, document: &str) -> Result<String, String> {
        let user = [("UserName", "u"), ("PolicyName", name), ("PolicyDocument", document)];
        let answer = account.call("PutUserPolicy", &user);
        answer.map_err(|error| error.to_string())
    }

    #[test]
    fn the_sizes_of_all_inline_policies_count_together_without_white_space() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        put(&mut account, "a", &sized(1024)).unwrap();
        put(&mut account, "b", &(sized(1024) + "   \n")).unwrap();
        let error = put(&mut account, "c", &sized(110)).unwrap_err();
        assert_eq!(error, "LimitExceeded: Maximum policy size of 2048 bytes exceeded for user u");
        put(&mut account, "b", &sized(1000)).unwrap();
    }

    #[test]
    fn a_document_comes_back_as_sent_but_encoded() {
        let mut account = Account::new();
        account.ok("CreateGroup", &[("GroupName", "G")]);
        let text = format!("{}\r\n", Account::DOCUMENT);
        let group = ("GroupName", "G");
        let pairs = [group, ("PolicyName", "p"), ("PolicyDocument", text.as_str())];
        account.ok("PutGroupPolicy", &pairs);
        let xml = account.ok("GetGroupPolicy", &[group, ("PolicyName", "p")]);
        assert!(xml.contains("%7D%5D%7D%0D%0A</PolicyDocument>"));
        let xml = account.ok("ListGroupPolicies", &[group]);
        assert!(xml.contains("<PolicyNames><member>p</member></PolicyNames>"));
    }

    #[test]
    fn the_holder_is_told_as_it_was_named_when_it_was_made() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "Lamp")]);
        let lamp = [("UserName", "LAMP"), ("PolicyName", "p")];
        account.ok("PutUserPolicy", &[&lamp[..], &[("PolicyDocument", Account::DOCUMENT)]].concat());
        assert_eq!(Account::text(&account.ok("GetUserPolicy", &lamp), "UserName"), "Lamp");
    }

    #[test]
    fn documents_that_iam_would_refuse_are_refused() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        assert!(put(&mut account, "p", "{").unwrap_err().starts_with("MalformedPolicyDocument"));
        let korean = Account::DOCUMENT.replace("s3:*", "김");
        assert!(put(&mut account, "p", &korean).unwrap_err().starts_with("ValidationError"));
    }

    #[test]
    fn a_missing_policy_is_named() {
        let mut account = Account::new();
        account.ok("CreateGroup", &[("GroupName", "G")]);
        let pairs = [("GroupName", "G"), ("PolicyName", "none")];
        let error = account.refused("DeleteGroupPolicy", &pairs, "NoSuchEntity");
        assert_eq!(error, "The group policy with name none cannot be found.");
    }
}
