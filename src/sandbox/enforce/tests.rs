use jiff::SignedDuration;

use super::*;
use crate::sandbox::{
    actions::testing::Account,
    aws,
    caller::{Temporary, tests::signed},
    entities::{Folded, PolicyKey},
};

const OWNER: &str = "arn:aws:iam::123456789012";

/// Parameters of a call.
type Pairs<'p> = &'p [(&'p str, &'p str)];

/// An account with the user `/staff/lamp`, the group `team` and a key.
struct World {
    account: Account,
    caller: Caller,
}

impl World {
    fn new() -> Self {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "lamp"), ("Path", "/staff/")]);
        account.ok("CreateGroup", &[("GroupName", "team")]);
        account.ok("AddUserToGroup", &[("UserName", "lamp"), ("GroupName", "team")]);
        let key = account.key_of("lamp");
        let caller = account.identify(&key, "iam").unwrap();
        Self { account, caller }
    }

    /// Gives the user an inline policy with these statements.
    fn holds(mut self, statements: &str) -> Self {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let pairs = [("UserName", "lamp"), ("PolicyName", "own"), ("PolicyDocument", &document)];
        self.account.ok("PutUserPolicy", &pairs);
        self
    }

    /// Makes a managed policy with this statement.
    fn managed(&mut self, name: &str, statement: &str) -> String {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        self.account.ok("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", &document)]);
        Account::arn(name)
    }

    /// The refusal of a call, or nothing when it is allowed.
    fn ask(&self, action: &str, pairs: Pairs<'_>) -> Option<String> {
        let params = Params::of(pairs.iter().copied());
        let origin = signed(None);
        let (state, caller, now) = (&self.account.state, &self.caller, self.account.now);
        let service = if action.starts_with("Get") && action.contains("Session") { "sts" } else { "iam" };
        let wanted = Wanted { state, service, action, params: &params, caller, origin: &origin, now };
        wanted.judge().err().map(|error| {
            assert_eq!(error.code, Code::AccessDenied);
            error.message
        })
    }

    fn allows(&self, action: &str, pairs: Pairs<'_>) -> bool {
        self.ask(action, pairs).is_none()
    }
}

fn allow(actions: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"{actions}","Resource":"{resource}"}}"#)
}

#[test]
fn a_user_without_policies_may_do_nothing_and_is_told_so_in_iams_words() {
    let world = World::new();
    let refusal = |on: &str, action: &str| {
        Some(format!(
            "User: {OWNER}:user/staff/lamp is not authorized to perform: iam:{action} on resource: {on} because no \
             identity-based policy allows the iam:{action} action"
        ))
    };
    let arn = format!("{OWNER}:policy/p");
    let table: [(&str, Pairs<'_>, &str); 11] = [
        ("ListUsers", &[], "arn:aws:iam::123456789012:user/"),
        ("ListGroups", &[("PathPrefix", "/a/")], "arn:aws:iam::123456789012:group/a/"),
        ("ListVirtualMFADevices", &[], "arn:aws:iam::123456789012:mfa/"),
        ("ListPolicies", &[], "policy path /"),
        ("GetAccountSummary", &[], "*"),
        ("GetUser", &[], "user lamp"),
        ("CreateUser", &[("UserName", "new")], "user new"),
        ("GetGroup", &[("GroupName", "TEAM")], "group team"),
        ("CreatePolicy", &[("PolicyName", "p")], "policy p"),
        ("GetPolicy", &[("PolicyArn", &arn)], "policy arn:aws:iam::123456789012:policy/p"),
        ("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "d")], "arn:aws:iam::123456789012:mfa/d"),
    ];
    for (action, pairs, on) in table {
        assert_eq!(world.ask(action, pairs), refusal(on, action));
    }
}

#[test]
fn the_operator_and_sts_need_no_permission() {
    let mut world = World::new().holds(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#);
    assert!(world.allows("GetSessionToken", &[]));
    assert!(!world.allows("ListUsers", &[]));
    world.caller = Caller::Operator;
    assert!(world.allows("ListUsers", &[]));
}

#[test]
fn an_action_is_judged_on_the_arn_that_the_reference_has_for_it() {
    let user = "arn:aws:iam::*:user/staff/${aws:username}";
    let world = World::new().holds(
        &[
            allow("iam:*User", user),
            allow("iam:*Key*", user),
            allow("iam:*Group*", "arn:aws:iam::123456789012:group/team"),
            allow("iam:CreatePolicy", "arn:aws:iam::123456789012:policy/team/*"),
            allow("iam:*VirtualMFADevice", "arn:aws:iam::123456789012:mfa/lamp"),
            allow("iam:List*", "arn:aws:iam::123456789012:user/*"),
        ]
        .join(","),
    );
    let lamp = ("UserName", "lamp");
    let serial = format!("{OWNER}:mfa/lamp");
    let allowed: [(&str, Pairs<'_>); 6] = [
        ("GetUser", &[]),
        ("DeleteUser", &[lamp]),
        ("AddUserToGroup", &[("GroupName", "team"), ("UserName", "other")]),
        ("CreatePolicy", &[("PolicyName", "p"), ("Path", "/team/")]),
        ("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "lamp")]),
        ("DeleteVirtualMFADevice", &[("SerialNumber", &serial)]),
    ];
    for (action, pairs) in allowed {
        assert_eq!(world.ask(action, pairs), None, "{action} {pairs:?}");
    }
    let refused: [(&str, Pairs<'_>); 7] = [
        ("DeleteUser", &[("UserName", "other")]),
        ("UpdateUser", &[lamp, ("NewUserName", "root")]),
        ("UpdateUser", &[lamp, ("NewPath", "/")]),
        ("AddUserToGroup", &[("GroupName", "admins"), ("UserName", "lamp")]),
        ("CreatePolicy", &[("PolicyName", "p")]),
        ("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "lamp"), ("Path", "/x/")]),
        // An action that knows no resources is judged on `*`.
        ("ListUsers", &[]),
    ];
    for (action, pairs) in refused {
        assert!(!world.allows(action, pairs), "{action} {pairs:?}");
    }
}

#[test]
fn groups_count_and_a_deny_wins_and_is_named() {
    let mut world = World::new().holds(&allow("iam:Get*", "*"));
    assert!(!world.allows("ListUsers", &[]));
    let read = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    world.account.ok("AttachGroupPolicy", &[("GroupName", "team"), ("PolicyArn", read)]);
    assert!(world.allows("ListUsers", &[]));
    let deny = world.managed("NoUsers", r#"{"Effect":"Deny","Action":"iam:*User*","Resource":"*"}"#);
    world.account.ok("AttachGroupPolicy", &[("GroupName", "team"), ("PolicyArn", &deny)]);
    let said = world.ask("ListUsers", &[]).unwrap();
    assert!(said.ends_with(&format!(" with an explicit deny in an identity-based policy: {deny}")), "{said}");
    let inline = World::new().holds(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#);
    let said = inline.ask("ListUsers", &[]).unwrap();
    assert!(said.ends_with(" with an explicit deny in an identity-based policy"), "{said}");
}

#[test]
fn the_boundary_is_a_second_layer() {
    let mut world = World::new().holds(&allow("iam:*", "*"));
    let arn = world.managed(
        "Edge",
        r#"[{"Effect":"Allow","Action":"iam:Get*","Resource":"*"},{"Effect":"Deny","Action":"iam:DeleteUser","Resource":"*"}]"#,
    );
    world.account.ok("PutUserPermissionsBoundary", &[("UserName", "lamp"), ("PermissionsBoundary", &arn)]);
    assert!(world.allows("GetUser", &[]));
    let said = world.ask("ListUsers", &[]).unwrap();
    assert!(said.ends_with(" because no permissions boundary allows the iam:ListUsers action"), "{said}");
    let said = world.ask("DeleteUser", &[]).unwrap();
    assert!(said.ends_with(&format!(" with an explicit deny in a permissions boundary: {arn}")), "{said}");
    assert!(!World::new().allows("GetUser", &[]), "a boundary alone would not allow it either");
}

#[test]
fn a_boundary_whose_text_is_not_known_allows_nothing() {
    let mut world = World::new().holds(&allow("*", "*"));
    assert!(world.allows("GetUser", &[]));
    let gone = PolicyKey::Customer(Folded::of("gone"));
    let deprecated = PolicyKey::Aws(aws::find("AWSLambdaFullAccess").unwrap());
    for key in [gone, deprecated] {
        world.account.state.user_mut("lamp").unwrap().boundary = Some(key);
        let said = world.ask("GetUser", &[]).unwrap();
        assert!(said.ends_with(" because no permissions boundary allows the iam:GetUser action"), "{said}");
    }
}

#[test]
fn a_parameter_of_another_action_changes_nothing_about_what_is_judged() {
    let lamp = "arn:aws:iam::123456789012:user/staff/lamp";
    let world = World::new().holds(&allow("*", lamp));
    let aimed = [("UserName", "other"), ("PolicySourceArn", lamp)];
    assert!(!world.allows("DeleteUser", &aimed));
    assert!(world.allows("SimulatePrincipalPolicy", &aimed[1..]));
    assert!(!world.allows("SimulatePrincipalPolicy", &[("PolicySourceArn", "arn:aws:iam::123456789012:group/team")]));
}

#[test]
fn mfa_is_absent_for_keys_and_true_with_its_age_for_sessions_with_a_code() {
    let condition = |test: &str| format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{test}}}"#);
    let session = |mfa| Temporary { mfa, issued: Some(Account::new().now - SignedDuration::from_secs(600)) };
    let callers = |world: &World| {
        let Caller::User(user) = &world.caller else { panic!("a key") };
        let sessions = [false, true].map(|mfa| Caller::Session(user.clone(), session(mfa)));
        [vec![world.caller.clone()], sessions.to_vec()].concat()
    };
    let table = [
        (r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#, [false, false, true]),
        (r#"{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#, [false, true, false]),
        (r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#, [true, true, false]),
        (r#"{"Null":{"aws:MultiFactorAuthAge":"true"}}"#, [true, true, false]),
        (r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"601"}}"#, [false, false, true]),
        (r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"600"}}"#, [false, false, false]),
        (r#"{"Null":{"aws:TokenIssueTime":"true"}}"#, [true, false, false]),
    ];
    for (test, expected) in table {
        let mut world = World::new().holds(&condition(test));
        let found = callers(&world).into_iter().map(|caller| {
            world.caller = caller;
            world.allows("ListUsers", &[])
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{test}");
    }
}

#[test]
fn the_conditions_of_a_request_have_the_values_of_the_request() {
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let attach = [("UserName", "lamp"), ("PolicyArn", policy)];
    let tagged = [("UserName", "new"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "red")];
    let table: [(&str, &str, Pairs<'_>); 14] = [
        (r#"{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}"#, "ListUsers", &[]),
        (r#"{"StringEquals":{"aws:username":"lamp"}}"#, "ListUsers", &[]),
        (r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/staff/*"}}"#, "ListUsers", &[]),
        (r#"{"StringEquals":{"aws:PrincipalType":"User","aws:PrincipalAccount":"123456789012"}}"#, "ListUsers", &[]),
        (r#"{"StringLike":{"aws:userid":"AIDA*"}}"#, "ListUsers", &[]),
        (r#"{"Bool":{"aws:SecureTransport":"true","aws:ViaAWSService":"false"}}"#, "ListUsers", &[]),
        (r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-09-01T00:00:00Z"}}"#, "ListUsers", &[]),
        (r#"{"NumericEquals":{"aws:EpochTime":"1790000000"}}"#, "ListUsers", &[]),
        (r#"{"StringEquals":{"aws:UserAgent":"test"}}"#, "ListUsers", &[]),
        (r#"{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}"#, "AttachUserPolicy", &attach),
        (
            r#"{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}"#,
            "CreateUser",
            &[("UserName", "new"), ("PermissionsBoundary", policy)],
        ),
        (r#"{"StringEquals":{"aws:RequestTag/team":"red"}}"#, "CreateUser", &tagged),
        (
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["team"]},"Null":{"aws:TagKeys":"false"}}"#,
            "CreateUser",
            &tagged,
        ),
        (r#"{"StringEquals":{"aws:PrincipalTag/job":"dev","iam:ResourceTag/job":"dev"}}"#, "GetUser", &[]),
    ];
    for (test, action, pairs) in table {
        let statement = format!(r#"{{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{test}}}"#);
        let mut world = World::new().holds(&statement);
        let job = [("UserName", "lamp"), ("Tags.member.1.Key", "job"), ("Tags.member.1.Value", "dev")];
        world.account.ok("TagUser", &job);
        assert_eq!(world.ask(action, pairs), None, "{test}");
        let deny = format!("{},{}", allow("*", "*"), statement.replace("\"Allow\"", "\"Deny\""));
        world = world.holds(&deny);
        assert!(!world.allows(action, pairs), "{test}");
    }
}

#[test]
fn a_policy_that_is_not_understood_is_not_taken_for_one_that_allows() {
    let mut world = World::new().holds(&allow("*", "*"));
    assert!(world.allows("ListUsers", &[]));
    let user = world.account.state.user_mut("lamp").unwrap();
    user.grants.inline.insert("odd".to_owned(), r#"{"Statement":[]}"#.to_owned());
    assert!(world.ask("ListUsers", &[]).unwrap().contains("explicit deny"));
}

#[test]
fn what_is_not_known_everywhere_does_not_count_yet() {
    let world = World::new().holds(&allow("*", "*"));
    let seen = State::new("123456789012");
    let (params, origin) = (Params::default(), signed(None));
    let (caller, now) = (&world.caller, world.account.now);
    let wanted =
        Wanted { state: &seen, service: "iam", action: "ListUsers", params: &params, caller, origin: &origin, now };
    assert!(wanted.judge().is_err());
}
