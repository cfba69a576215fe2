//! Managed policies attached to groups, users and (from an account file) roles.

use super::{Answer, Call, Reply, page_of};
use crate::sandbox::{
    aws::{self, Standing},
    entities::{Holder, PolicyKey},
    error::{Code, Error},
    limits,
    paging::Page,
    params::Reader,
    rules, shapes,
    state::State,
};

/// How an action finds the policy that a request names.
pub type Find = fn(&State, &str) -> Result<PolicyKey, Error>;

/// Attaching twice succeeds, as at AWS.
pub fn attach(call: &mut Call<'_>, holder: Holder) -> Answer {
    attach_found(call, holder, attachable)
}

/// Attaches what `find` lets through.
pub fn attach_found(call: &mut Call<'_>, holder: Holder, find: Find) -> Answer {
    let mut reader = call.params.reader();
    let name = holder_name(&mut reader, holder);
    let arn = reader.required("PolicyArn", &rules::ARN);
    reader.finish()?;
    call.state.grants(holder, name)?;
    let key = find(call.state, arn)?;
    let attached = &mut call.state.grants_mut(holder, name)?.attached;
    if !attached.contains(&key) && attached.len() >= limits::ATTACHED_PER_ENTITY {
        let quota = format!("PoliciesPer{}", holder.title());
        return Err(Error::quota(&quota, limits::ATTACHED_PER_ENTITY));
    }
    attached.insert(key);
    Ok(Reply::Done)
}

/// Detaches a policy; what is not attached is no such entity.
pub fn detach(call: &mut Call<'_>, holder: Holder) -> Answer {
    let mut reader = call.params.reader();
    let name = holder_name(&mut reader, holder);
    let arn = reader.required("PolicyArn", &rules::ARN);
    reader.finish()?;
    call.state.grants(holder, name)?;
    let key = call.state.known_policy(arn)?;
    if !call.state.grants_mut(holder, name)?.attached.remove(&key) {
        return Err(Error::no_such_policy(arn));
    }
    Ok(Reply::Done)
}

/// Lists attached policies, by the beginning of their path.
pub fn list(call: &mut Call<'_>, holder: Holder) -> Answer {
    let mut reader = call.params.reader();
    let name = holder_name(&mut reader, holder);
    let prefix = reader.optional("PathPrefix", &rules::POLICY_PATH);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let (state, prefix) = (&*call.state, prefix.unwrap_or("/"));
    let attached = state.grants(holder, name)?.attached.iter();
    let attached = attached.filter(|key| state.policy_path(key).starts_with(prefix));
    let paged = page.take(attached.map(|key| (key.cursor(), key)));
    page_of("AttachedPolicies", &paged, |xml, key| shapes::attached(xml, state, key))
}

/// The parameter that names who gets a policy or a boundary: as long as names of new users may be (API
/// `AttachUserPolicy`, `PutUserPermissionsBoundary`: `userNameType`), not as those of inline policies.
pub fn holder_name<'p>(reader: &mut Reader<'p>, holder: Holder) -> &'p str {
    let rule = match holder {
        Holder::Group => &rules::GROUP_NAME,
        Holder::User | Holder::Role => &rules::USER_NAME,
    };
    reader.required(holder.parameter(), rule)
}

/// The policy of that ARN, if it may be attached or be a boundary.
pub fn attachable(state: &State, arn: &str) -> Result<PolicyKey, Error> {
    let key = state.policy_key(arn)?.ok_or_else(|| missing(arn))?;
    match standing(&key) {
        Standing::Attachable => Ok(key),
        Standing::Deprecated => Err(missing(arn)),
        Standing::ServiceLinked => {
            Err(Error::new(Code::PolicyNotAttachable, "Cannot attach a Service Role Policy to a Customer Role."))
        }
    }
}

/// The same for an account file, which tells how an account has become: what is deprecated by now may be attached.
pub fn attachable_once(state: &State, arn: &str) -> Result<PolicyKey, Error> {
    let deprecated = state.policy_of(arn)?.filter(|key| standing(key) == Standing::Deprecated);
    deprecated.map_or_else(|| attachable(state, arn), Ok)
}

fn standing(key: &PolicyKey) -> Standing {
    match key {
        PolicyKey::Aws(index) => aws::get(*index).map_or(Standing::Deprecated, |policy| policy.standing),
        PolicyKey::Customer(_) => Standing::Attachable,
    }
}

fn missing(arn: &str) -> Error {
    Error::new(Code::NoSuchEntity, format!("Policy {arn} does not exist or is not attachable."))
}

#[cfg(test)]
mod tests {
    use super::Standing;
    use crate::sandbox::actions::testing::Account;

    const GROUP: (&str, &str) = ("GroupName", "G");

    fn account() -> Account {
        let mut account = Account::new();
        account.ok("CreateGroup", &[GROUP]);
        account
    }

    fn own_policy(account: &mut Account, name: &str) -> String {
        let pairs = [("PolicyName", name), ("PolicyDocument", Account::DOCUMENT)];
        account.ok("CreatePolicy", &pairs);
        Account::arn(name)
    }

    #[test]
    fn the_eleventh_policy_of_a_group_is_refused_and_the_tenth_twice_is_not() {
        let mut account = account();
        for n in 0..11 {
            let arn = own_policy(&mut account, &format!("p{n}"));
            let pairs = [GROUP, ("PolicyArn", &arn)];
            if n < 10 {
                account.ok("AttachGroupPolicy", &pairs);
                account.ok("AttachGroupPolicy", &pairs);
            } else {
                let error = account.refused("AttachGroupPolicy", &pairs, "LimitExceeded");
                assert_eq!(error, "Cannot exceed quota for PoliciesPerGroup: 10");
            }
        }
    }

    #[test]
    fn an_arn_must_be_right_to_the_letter() {
        let mut account = account();
        own_policy(&mut account, "Mine");
        for arn in [
            "arn:aws:iam::123456789012:policy/mine",
            "arn:aws:iam::123456789012:policy/x/Mine",
            "arn:aws:iam::999999999999:policy/Mine",
            "arn:aws:iam::aws:policy/AWSBatchServiceRole",
            "arn:aws:iam::aws:policy/readonlyaccess",
        ] {
            account.refused("AttachGroupPolicy", &[GROUP, ("PolicyArn", arn)], "NoSuchEntity");
        }
        let odd = [GROUP, ("PolicyArn", "not an arn but long enough")];
        account.refused("AttachGroupPolicy", &odd, "InvalidInput");
        let short = [GROUP, ("PolicyArn", "short")];
        account.refused("AttachGroupPolicy", &short, "ValidationError");
    }

    #[test]
    fn policies_of_service_linked_roles_cannot_be_attached() {
        let mut account = account();
        let arn = crate::sandbox::aws::all()
            .find(|(_, policy)| policy.standing == Standing::ServiceLinked)
            .map(|(_, policy)| policy.arn())
            .unwrap();
        let pairs = [GROUP, ("PolicyArn", arn.as_str())];
        account.refused("AttachGroupPolicy", &pairs, "PolicyNotAttachable");
    }

    #[test]
    fn a_deprecated_policy_is_not_there_and_cannot_be_attached() {
        let mut account = account();
        let arn = ("PolicyArn", "arn:aws:iam::aws:policy/AWSLambdaFullAccess");
        account.refused("GetPolicy", &[arn], "NoSuchEntity");
        let error = account.refused("AttachGroupPolicy", &[GROUP, arn], "NoSuchEntity");
        assert_eq!(error, format!("Policy {} does not exist or is not attachable.", arn.1));
    }

    #[test]
    fn attachments_know_shorter_names_of_users_than_inline_policies() {
        let mut account = account();
        let long = ("UserName", &*"u".repeat(65));
        let arn = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
        account.refused("AttachUserPolicy", &[long, arn], "ValidationError");
        account.refused("ListUserPolicies", &[long], "NoSuchEntity");
        account.refused("AttachGroupPolicy", &[("GroupName", long.1), arn], "NoSuchEntity");
    }

    #[test]
    fn what_is_not_attached_cannot_be_detached() {
        let mut account = account();
        let arn = own_policy(&mut account, "Mine");
        let pairs = [GROUP, ("PolicyArn", arn.as_str())];
        account.refused("DetachGroupPolicy", &pairs, "NoSuchEntity");
        account.ok("AttachGroupPolicy", &pairs);
        account.ok("DetachGroupPolicy", &pairs);
        let xml = account.ok("ListAttachedGroupPolicies", &[GROUP]);
        assert!(xml.starts_with("<AttachedPolicies></AttachedPolicies>"));
    }
}
