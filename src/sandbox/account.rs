//! The account that a sandbox starts from, empty or read from a file.
//!
//! A file is played as the calls that a person would make, so that it can hold nothing that IAM would refuse. An account
//! that a sandbox saved is taken as it is.

mod file;
mod load;

use super::{error::Error, ids::Ids, save, state::State};

/// An account to start a sandbox from.
#[derive(Debug, Clone)]
pub struct Account {
    state: State,
    requests: Ids,
}

/// An account file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// It is not YAML of the right shape.
    #[error("the account file cannot be read: {0}")]
    Shape(#[from] crate::yaml::Error),
    /// It is a saved account that this version cannot go on from.
    #[error("{0}")]
    Saved(String),
    /// IAM would refuse something that it says.
    #[error("{place}: {refusal}; {remedy}")]
    Refused {
        /// The object and the key, such as `groups.Admin.policies`.
        place: String,
        /// What IAM says.
        refusal: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

impl Account {
    /// Reads an account file, or an account that a sandbox saved. The ids that a file gives out come from the account's
    /// own id, so that the same calls give the same ids; a saved account goes on with its own.
    ///
    /// # Errors
    /// When it is not YAML of the right shape, or says what IAM would refuse; when a saved account is damaged.
    pub fn from_yaml(text: &str) -> Result<Self, AccountError> {
        Self::from_yaml_seeded(text, None)
    }

    /// The same with ids that come from another seed.
    ///
    /// # Errors
    /// As [`Self::from_yaml`].
    pub fn from_yaml_seeded(text: &str, seed: Option<&str>) -> Result<Self, AccountError> {
        if let Some(saved) = save::account(text) {
            return saved.map_err(AccountError::Saved);
        }
        let file = crate::yaml::from_str(text)?;
        Ok(Self::of(load::load(&file, seed, super::clock::now())?))
    }

    /// An account that holds nothing.
    #[must_use]
    pub fn empty(account_id: &str) -> Self {
        Self::of(State::new(account_id))
    }

    /// The same with ids that come from another seed.
    #[must_use]
    pub fn empty_seeded(account_id: &str, seed: Option<&str>) -> Self {
        Self::of(State::seeded(account_id, seed.unwrap_or(account_id)))
    }

    fn of(state: State) -> Self {
        Self { requests: state.ids.beside(), state }
    }

    pub(super) fn resumed(state: State, requests: Ids) -> Self {
        Self { state, requests }
    }

    pub(super) fn into_parts(self) -> (State, Ids) {
        (self.state, self.requests)
    }
}

impl AccountError {
    fn refused(place: &str, error: &Error) -> Self {
        use super::error::Code;
        let remedy = match error.code {
            Code::LimitExceeded => "leave out what exceeds IAM's quota",
            Code::EntityAlreadyExists => "IAM's names are unique whatever their case and path: rename one of the two",
            Code::NoSuchEntity => "declare it in this file, or correct the name",
            Code::MalformedPolicyDocument => "correct the document",
            Code::PolicyNotAttachable => "name another policy",
            _ => "correct the value",
        };
        Self::Refused { place: place.to_owned(), refusal: error.to_string(), remedy }
    }

    fn wrong(place: &str, refusal: String, remedy: &'static str) -> Self {
        Self::Refused { place: place.to_owned(), refusal, remedy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::actions::testing::Account as Driver;

    fn refusal(text: &str) -> String {
        Account::from_yaml(text).unwrap_err().to_string()
    }

    #[test]
    fn the_example_account_is_one_that_iam_would_allow() {
        let text = include_str!("../../config/sandbox-account.yaml");
        let state = Account::from_yaml(text).unwrap().into_parts().0;
        assert_eq!(state.users.len(), 11);
        assert!(state.users.values().all(|user| user.path == "/"));
        assert!(state.devices.values().any(|device| device.owner.is_some()));
        assert!(state.devices.values().any(|device| device.owner.is_none()));
    }

    #[test]
    fn an_empty_file_of_an_account_holds_nothing() {
        let state = Account::from_yaml("account: \"123456789012\"").unwrap().into_parts().0;
        assert!(state.users.is_empty() && state.password_policy.is_none());
    }

    fn driver(text: &str) -> Driver {
        let mut driver = Driver::new();
        driver.state = Account::from_yaml(text).unwrap().into_parts().0;
        driver
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_gives_others() {
        let id = |seed| {
            let account = Account::from_yaml_seeded("account: \"123456789012\"\ngroups: {G: {}}", seed).unwrap();
            account.into_parts().0.groups.into_values().next().unwrap().id
        };
        assert_eq!(id(None), id(Some("123456789012")));
        assert_eq!(id(Some("7")), id(Some("7")));
        assert_ne!(id(Some("7")), id(None));
    }

    #[test]
    fn a_deprecated_policy_stays_where_the_file_attaches_it_and_goes_with_the_last_attachment() {
        let mut account = driver(
            "account: \"123456789012\"\ngroups: {G: {policies: [AWSLambdaFullAccess]}, H: {}}\nusers: {u: {boundary: \
             AWSLambdaFullAccess}}",
        );
        let arn = ("PolicyArn", "arn:aws:iam::aws:policy/AWSLambdaFullAccess");
        let listed = |account: &mut Driver| account.ok("ListPolicies", &[("Scope", "AWS"), ("OnlyAttached", "true")]);
        assert!(listed(&mut account).contains(arn.1));
        assert!(account.ok("GetPolicy", &[arn]).contains("<IsAttachable>false</IsAttachable>"));
        account.refused("AttachGroupPolicy", &[("GroupName", "H"), arn], "NoSuchEntity");
        account.ok("DetachGroupPolicy", &[("GroupName", "G"), arn]);
        account.ok("GetPolicy", &[arn]);
        account.ok("DeleteUserPermissionsBoundary", &[("UserName", "u")]);
        account.refused("GetPolicy", &[arn], "NoSuchEntity");
        account.refused("AttachGroupPolicy", &[("GroupName", "G"), arn], "NoSuchEntity");
        assert!(!listed(&mut account).contains(arn.1));
    }

    #[test]
    fn roles_count_wherever_policies_are_counted() {
        let document = "{Version: \"2012-10-17\", Statement: [{Effect: Deny, Action: \"*\", Resource: \"*\"}]}";
        let trust = "{Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, \
                     Action: \"sts:AssumeRole\"}]}";
        let mut account = driver(&format!(
            "account: \"123456789012\"\npolicies: {{P: {{document: {document}}}, B: {{document: {document}}}}}\n\
             roles: {{R: {{path: /r/, trust: {trust}, policies: [P], boundary: B, inline: {{I: {document}}}}}}}"
        ));
        let xml = account.ok("GetAccountAuthorizationDetails", &[("Filter.member.1", "Role")]);
        assert!(xml.contains("<RolePolicyList><member><PolicyName>I</PolicyName>"));
        assert!(xml.contains(&format!("<PolicyArn>{}</PolicyArn>", Driver::arn("P"))));
        assert!(xml.contains(&format!("<PermissionsBoundaryArn>{}</PermissionsBoundaryArn>", Driver::arn("B"))));
        for (name, attached, bounded) in [("P", "1", "0"), ("B", "0", "1")] {
            let arn = Driver::arn(name);
            let arn = ("PolicyArn", arn.as_str());
            let policy = account.ok("GetPolicy", &[arn]);
            assert_eq!(Driver::text(&policy, "AttachmentCount"), attached);
            assert_eq!(Driver::text(&policy, "PermissionsBoundaryUsageCount"), bounded);
            let users = account.ok("ListEntitiesForPolicy", &[arn, ("EntityFilter", "Role"), ("PathPrefix", "/r/")]);
            assert_eq!(Driver::text(&users, "RoleName"), "R");
            account.refused("DeletePolicy", &[arn], "DeleteConflict");
        }
        assert!(account.ok("GetAccountSummary", &[]).contains("<key>Roles</key><value>1</value>"));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = refusal("account: \"123456789012\"\nuser: {}");
        assert!(error.contains("user") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn what_iam_would_refuse_is_named_with_its_place_and_a_way_out() {
        let with = |rest: &str| format!("account: \"123456789012\"\n{rest}");
        let names = (0..11).map(|n| format!("p{n}")).collect::<Vec<_>>();
        let document =
            "{document: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Action: \"*\", Resource: \"*\"}]}}";
        let policies = names.iter().map(|name| format!("{name}: {document}")).collect::<Vec<_>>().join(", ");
        let eleven = format!("policies: {{{policies}}}\ngroups: {{G: {{policies: [{}]}}}}", names.join(", "));
        for (text, expected) in [
            ("account: \"12\"".to_owned(), "account: \"12\" is not an account id; write twelve digits"),
            (
                with(&eleven),
                "groups.G.policies.p10: LimitExceeded: Cannot exceed quota for PoliciesPerGroup: 10; leave out",
            ),
            (with("users: {a: {groups: [B]}}"), "users.a.groups: NoSuchEntity: The group with name B cannot be found."),
            (
                with("users: {a: {}, A: {}}"),
                "users.a: EntityAlreadyExists: User with name a already exists.; IAM's names",
            ),
            (
                with("groups: {G: {policies: [Nothing]}}"),
                "groups.G.policies.Nothing: Nothing is neither a policy of this",
            ),
            (with("groups: {G: {path: /x}}"), "groups.G: ValidationError: The specified value for path is invalid."),
            (with("users: {a: {accessKeys: 3}}"), "users.a.accessKeys: LimitExceeded"),
            (with("alias: a--b"), "alias: ValidationError: 1 validation error detected: Value at 'accountAlias'"),
            (with("policies: {P: {path: /}}"), "policies.P: needs either a document or versions"),
        ] {
            let error = refusal(&text);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
