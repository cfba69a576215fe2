//! Managed policies: make, read, list, delete. AWS's own can be read only.

use std::collections::BTreeMap;

use super::{Answer, Call, Reply, page_of, result};
use crate::sandbox::{
    aws::{self, Standing},
    documents,
    entities::{Folded, Policy, PolicyKey, Version},
    error::{Code, Error},
    limits,
    paging::Page,
    rules, shapes,
    shapes::Detail,
    state::{State, Usage},
    tags::{self, Case},
};

/// Makes a managed policy with its first version.
pub fn create(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("PolicyName", &rules::POLICY_NAME);
    let path = reader.optional("Path", &rules::POLICY_PATH).unwrap_or("/");
    let document = reader.required("PolicyDocument", &rules::DOCUMENT);
    let description = reader.optional("Description", &rules::DESCRIPTION);
    let tags = tags::read(&mut reader, Case::Counts);
    reader.finish()?;
    documents::check(document, documents::Kind::Managed)?;
    let state = &mut *call.state;
    let key = Folded::of(name);
    if state.policies.contains_key(&key) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(Error::new(Code::EntityAlreadyExists, message));
    }
    if state.policies.len() >= limits::POLICIES {
        return Err(Error::quota("PoliciesPerAccount", limits::POLICIES));
    }
    let version = Version { document: document.to_owned(), created: call.now };
    let policy = Policy {
        name: name.to_owned(),
        path: path.to_owned(),
        id: state.ids.entity("ANPA"),
        created: call.now,
        updated: call.now,
        description: description.map(str::to_owned),
        tags,
        versions: BTreeMap::from([(1, version)]),
        default_version: 1,
        last_version: 1,
    };
    state.policies.insert(key.clone(), policy);
    one(state, &PolicyKey::Customer(key), Usage::default(), Detail::Made)
}

/// Shows a policy of the account or of AWS.
pub fn get(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let arn = reader.required("PolicyArn", &rules::ARN);
    reader.finish()?;
    let key = call.state.known_policy(arn)?;
    one(call.state, &key, call.state.usage(&key), Detail::Full)
}

fn one(state: &State, key: &PolicyKey, usage: Usage, detail: Detail) -> Answer {
    result(|xml| {
        xml.within("Policy", |xml| shapes::policy(xml, state, key, usage, detail));
    })
}

/// Which policies a listing shows.
struct Filter<'p> {
    scope: Option<&'p str>,
    prefix: &'p str,
    only_attached: bool,
    usage: Option<&'p str>,
}

impl Filter<'_> {
    fn shows(&self, key: &PolicyKey, path: &str, usage: Usage) -> bool {
        let in_scope = match self.scope {
            Some("AWS") => matches!(key, PolicyKey::Aws(_)),
            Some("Local") => matches!(key, PolicyKey::Customer(_)),
            _ => true,
        };
        let used = match self.usage {
            Some("PermissionsPolicy") => usage.attachments > 0,
            Some("PermissionsBoundary") => usage.boundaries > 0,
            _ => !self.only_attached || usage.attachments > 0,
        };
        in_scope && used && path.starts_with(self.prefix)
    }
}

/// Lists policies: the account's first, then AWS's.
pub fn list(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let filter = Filter {
        scope: reader.optional("Scope", &rules::POLICY_SCOPE),
        prefix: reader.optional("PathPrefix", &rules::POLICY_PATH).unwrap_or("/"),
        only_attached: reader.flag("OnlyAttached"),
        usage: reader.optional("PolicyUsageFilter", &rules::POLICY_USAGE),
    };
    let page = Page::read(&mut reader);
    reader.finish()?;
    let state = &*call.state;
    let usages = state.usages();
    let own = state.policies.keys().cloned().map(PolicyKey::Customer);
    let aws = aws::all().map(|(index, policy)| (PolicyKey::Aws(index), policy.standing));
    let all = own.map(|key| (key, Standing::Attachable)).chain(aws);
    let shown = all.filter_map(|(key, standing)| {
        let usage = usages.get(&key).copied().unwrap_or_default();
        let is_there = standing != Standing::Deprecated || usage != Usage::default();
        let shows = is_there && filter.shows(&key, state.policy_path(&key), usage);
        shows.then(|| (key.cursor(), (key, usage)))
    });
    let paged = page.take(shown);
    page_of("Policies", &paged, |xml, (key, usage)| {
        shapes::policy(xml, state, key, *usage, Detail::Brief);
    })
}

/// Deletes a policy that is used nowhere and has no version but the default.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let arn = reader.required("PolicyArn", &rules::ARN);
    reader.finish()?;
    let key = call.own_policy("DeletePolicy", arn)?;
    let usage = call.state.usage(&PolicyKey::Customer(key.clone()));
    if usage != Usage::default() {
        let message = "Cannot delete a policy attached to entities.";
        return Err(Error::new(Code::DeleteConflict, message));
    }
    let versions = call.state.policies.get(&key).map_or(0, |p| p.versions.len());
    if versions > 1 {
        let message = "This policy has more than one version. Before you delete a policy, you \
                       must delete the policy's versions. The default version is deleted with \
                       the policy.";
        return Err(Error::new(Code::DeleteConflict, message));
    }
    call.state.policies.remove(&key);
    Ok(Reply::Done)
}

impl Call<'_> {
    /// The account's own policy of that ARN: what belongs to AWS cannot be changed.
    pub fn own_policy(&self, action: &str, arn: &str) -> Result<Folded, Error> {
        match self.state.known_policy(arn)? {
            PolicyKey::Customer(key) => Ok(key),
            PolicyKey::Aws(_) => {
                Err(Error::not_authorized(&self.caller.arn(self.state), action, &format!("policy {arn}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, aws};
    use crate::sandbox::actions::testing::Account;

    fn make(account: &mut Account, name: &str, path: &str) {
        let document = ("PolicyDocument", Account::DOCUMENT);
        account.ok("CreatePolicy", &[("PolicyName", name), ("Path", path), document]);
    }

    #[test]
    fn a_name_is_taken_whatever_its_case_and_path() {
        let mut account = Account::new();
        make(&mut account, "MFAForce", "/foundation/");
        let pairs = [("PolicyName", "mfaforce"), ("PolicyDocument", Account::DOCUMENT)];
        let error = account.refused("CreatePolicy", &pairs, "EntityAlreadyExists");
        assert_eq!(error, "A policy called mfaforce already exists. Duplicate names are not allowed.");
    }

    #[test]
    fn white_space_does_not_count_towards_the_size() {
        let mut account = Account::new();
        let filled = |size: usize| {
            let frame = Account::DOCUMENT.len() - 1;
            Account::DOCUMENT.replace("s3:*", &format!("s3:{}", "x".repeat(size - frame)))
        };
        let create = |account: &mut Account, document: String| {
            let pairs = [("PolicyName", "p"), ("PolicyDocument", document.as_str())];
            account.call("CreatePolicy", &pairs).map_err(|error| error.code.name())
        };
        assert_eq!(create(&mut account, filled(6145)), Err("LimitExceeded"));
        assert_eq!(create(&mut account, filled(100) + &" ".repeat(131_072)), Err("ValidationError"));
        assert!(create(&mut account, filled(6144) + &" ".repeat(10_000)).is_ok());
    }

    #[test]
    fn listings_filter_by_scope_path_and_use() {
        let mut account = Account::new();
        make(&mut account, "A", "/foundation/");
        make(&mut account, "B", "/");
        account.ok("CreateGroup", &[("GroupName", "G")]);
        let arn = Account::arn("B");
        account.ok("AttachGroupPolicy", &[("GroupName", "G"), ("PolicyArn", &arn)]);
        let mut count = |pairs: &[(&str, &str)]| account.ok("ListPolicies", pairs).matches("<Arn>").count();
        let local = ("Scope", "Local");
        assert_eq!(count(&[local]), 2);
        assert_eq!(count(&[local, ("PathPrefix", "/foundation/")]), 1);
        assert_eq!(count(&[("OnlyAttached", "true")]), 1);
        assert_eq!(count(&[local, ("PolicyUsageFilter", "PermissionsPolicy")]), 1);
        assert_eq!(count(&[local, ("PolicyUsageFilter", "PermissionsBoundary")]), 0);
        assert_eq!(count(&[("Scope", "AWS"), ("MaxItems", "7")]), 7);
        account.refused("ListPolicies", &[("Scope", "Mine")], "ValidationError");
        account.refused("ListPolicies", &[("PathPrefix", "/foundation")], "ValidationError");
    }

    #[test]
    fn all_aws_policies_can_be_paged_through() {
        let mut account = Account::new();
        let mut seen = 0;
        let mut marker = None::<String>;
        loop {
            let mut pairs = vec![("Scope", "AWS"), ("MaxItems", "13")];
            pairs.extend(marker.as_deref().map(|marker| ("Marker", marker)));
            let xml = account.ok("ListPolicies", &pairs);
            seen += xml.matches("<Arn>").count();
            if xml.contains("<IsTruncated>false") {
                break;
            }
            marker = Some(Account::marker(&xml));
        }
        let listed = aws::all().filter(|(_, policy)| policy.standing != Standing::Deprecated);
        assert_eq!(seen, listed.count());
    }

    #[test]
    fn an_aws_policy_cannot_be_deleted() {
        let mut account = Account::new();
        let arn = [("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
        account.refused("DeletePolicy", &arn, "AccessDenied");
    }
}
