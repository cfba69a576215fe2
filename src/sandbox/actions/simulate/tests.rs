use crate::sandbox::actions::testing::Account;

const OWNER: &str = "arn:aws:iam::123456789012";
const S3: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
const MFA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}"#;

fn all(xml: &str, element: &str) -> Vec<String> {
    let open = format!("<{element}>");
    let parts = xml.split(&open).skip(1);
    parts.filter_map(|part| part.split_once('<').map(|(text, _)| text.to_owned())).collect()
}

fn custom<'p>(policy: &'p str, action: &'p str) -> Vec<(&'p str, &'p str)> {
    vec![("PolicyInputList.member.1", policy), ("ActionNames.member.1", action)]
}

#[test]
fn a_policy_that_is_sent_is_simulated_on_all_resources() {
    let xml = Account::new().ok("SimulateCustomPolicy", &custom(S3, "s3:GetObject"));
    let expected = "<EvaluationResults><member><EvalActionName>s3:GetObject</EvalActionName><EvalResourceName>arn:${Part\
                    ition}:s3:::${BucketName}/${ObjectName}</EvalResourceName><EvalDecision>allowed</EvalDecision><Match\
                    edStatements><member><SourcePolicyId>PolicyInputList.1</SourcePolicyId><SourcePolicyType>IAM Policy<\
                    /SourcePolicyType><StartPosition><Line>1</Line><Column>38</Column></StartPosition><EndPosition><Line\
                    >1</Line><Column>87</Column></EndPosition></member></MatchedStatements><MissingContextValues></Missi\
                    ngContextValues></member></EvaluationResults><IsTruncated>false</IsTruncated>";
    assert_eq!(xml, expected);
}

#[test]
fn each_action_has_one_result_and_each_resource_one_within() {
    let mut account = Account::new();
    let pairs = [
        ("PolicyInputList.member.1", &*S3.replace(r#""Resource":"*""#, r#""Resource":"arn:aws:s3:::mine/*""#)),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "iam:ListUsers"),
        ("ResourceArns.member.1", "arn:aws:s3:::mine/a"),
        ("ResourceArns.member.2", "arn:aws:s3:::other/a"),
    ];
    let xml = account.ok("SimulateCustomPolicy", &pairs);
    assert_eq!(all(&xml, "EvalDecision"), ["implicitDeny", "implicitDeny"]);
    let within = ["allowed", "implicitDeny", "implicitDeny", "implicitDeny"];
    assert_eq!(all(&xml, "EvalResourceDecision"), within);
    assert!(xml.contains("<EvalResourceName>*</EvalResourceName>"), "an action without resource types");
    let first = [&pairs[..], &[("MaxItems", "1")]].concat();
    let first = account.ok("SimulateCustomPolicy", &first);
    assert_eq!(all(&first, "EvalActionName"), ["s3:GetObject"]);
    let marker = Account::marker(&first);
    let rest = account.ok("SimulateCustomPolicy", &[&pairs[..], &[("Marker", &marker)]].concat());
    assert_eq!(all(&rest, "EvalActionName"), ["iam:ListUsers"]);
}

#[test]
fn context_entries_count_with_their_types_and_those_left_out_are_told() {
    let mut account = Account::new();
    let xml = account.ok("SimulateCustomPolicy", &custom(MFA, "s3:GetObject"));
    assert_eq!(all(&xml, "EvalDecision"), ["implicitDeny"]);
    assert!(xml.contains("<MissingContextValues><member>aws:MultiFactorAuthPresent</member></MissingContextValues>"));
    let condition = |test: &str| MFA.replace(r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#, test);
    let table = [
        (r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#, "aws:MultiFactorAuthPresent", "boolean", vec!["true"]),
        (r#""NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}"#, "aws:MultiFactorAuthAge", "numeric", vec!["60"]),
        (r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, "aws:SourceIp", "ip", vec!["203.0.113.9"]),
        (r#""DateLessThan":{"aws:CurrentTime":"2026-01-02"}"#, "aws:CurrentTime", "date", vec!["2026-01-01"]),
        (r#""StringEquals":{"aws:username":"lamp"}"#, "AWS:UserName", "string", vec!["lamp"]),
        (r#""ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}"#, "aws:TagKeys", "stringList", vec!["b", "a"]),
        (r#""BinaryEquals":{"my:key":"QUJD"}"#, "my:key", "binary", vec!["QUJD"]),
    ];
    for (test, name, kind, values) in table {
        let policy = condition(test);
        let mut pairs = custom(&policy, "s3:GetObject");
        pairs.extend([
            ("ContextEntries.member.1.ContextKeyName", name),
            ("ContextEntries.member.1.ContextKeyType", kind),
        ]);
        let names: Vec<_> =
            (1..).map(|n| format!("ContextEntries.member.1.ContextKeyValues.member.{n}")).take(2).collect();
        pairs.extend(names.iter().map(String::as_str).zip(values));
        let xml = account.ok("SimulateCustomPolicy", &pairs);
        assert_eq!(all(&xml, "EvalDecision"), ["allowed"], "{test}");
        assert!(xml.contains("<MissingContextValues></MissingContextValues>"), "{test}");
    }
}

#[test]
fn a_principal_is_simulated_with_its_groups_boundary_and_name() {
    let mut account = Account::new();
    account.ok("CreateUser", &[("UserName", "lamp"), ("Path", "/staff/")]);
    account.ok("CreateGroup", &[("GroupName", "team")]);
    account.ok("AddUserToGroup", &[("UserName", "lamp"), ("GroupName", "team")]);
    let admin = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    account.ok("AttachGroupPolicy", &[("GroupName", "team"), admin]);
    let own = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"}}"#;
    account.ok("PutUserPolicy", &[("UserName", "lamp"), ("PolicyName", "own"), ("PolicyDocument", own)]);
    let (user, group) = (format!("{OWNER}:user/staff/lamp"), format!("{OWNER}:group/team"));
    let mut simulate = |source: &str, more: &[(&str, &str)]| {
        let pairs = [("PolicySourceArn", source), ("ActionNames.member.1", "s3:ListBucket")];
        account.ok("SimulatePrincipalPolicy", &[&pairs[..], more].concat())
    };
    let bucket = [("ResourceArns.member.1", "arn:aws:s3:::lamp")];
    let xml = simulate(&user, &bucket);
    assert_eq!(all(&xml, "EvalDecision"), ["explicitDeny"]);
    assert_eq!(all(&xml, "SourcePolicyId"), ["user_lamp_own", "user_lamp_own"]);
    let xml = simulate(&user, &[]);
    assert_eq!(
        (all(&xml, "EvalDecision"), all(&xml, "SourcePolicyId")),
        (vec!["allowed".into()], vec!["AdministratorAccess".into()])
    );
    assert_eq!(all(&simulate(&group, &bucket), "EvalDecision"), ["allowed"]);
    let within = [("PermissionsBoundaryPolicyInputList.member.1", MFA)];
    let xml = simulate(&user, &within);
    assert_eq!(all(&xml, "EvalDecision"), ["implicitDeny"]);
    assert_eq!(all(&xml, "AllowedByPermissionsBoundary"), ["false"]);
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let mut account = Account::new();
    let deep = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let table: [(Vec<(&str, &str)>, &str); 9] = [
        (custom("{", "s3:GetObject"), "Invalid Policy"),
        (custom(S3, "s3:*"), "names no single action"),
        (custom(S3, "GetObject"), "names no single action"),
        ([custom(S3, "s3:GetObject"), vec![("ResourceArns.member.1", "bucket")]].concat(), "Invalid Resource Arn"),
        ([custom(S3, "s3:GetObject"), vec![("ResourcePolicy", S3)]].concat(), "ResourcePolicy"),
        (
            [
                custom(S3, "s3:GetObject"),
                vec![
                    ("PermissionsBoundaryPolicyInputList.member.1", S3),
                    ("PermissionsBoundaryPolicyInputList.member.2", S3),
                ],
            ]
            .concat(),
            "cannot exceed 1",
        ),
        (
            [
                custom(S3, "s3:GetObject"),
                vec![
                    ("ContextEntries.member.1.ContextKeyName", "aws:MultiFactorAuthPresent"),
                    ("ContextEntries.member.1.ContextKeyType", "boolean"),
                    ("ContextEntries.member.1.ContextKeyValues.member.1", "maybe"),
                ],
            ]
            .concat(),
            "Invalid value maybe",
        ),
        (
            [custom(S3, "s3:GetObject"), vec![("ContextEntries.member.1.ContextKeyType", "string")]].concat(),
            "no ContextKeyName",
        ),
        (custom(deep, "s3:GetObject"), "Invalid Policy"),
    ];
    for (pairs, said) in table {
        let message = account.refused("SimulateCustomPolicy", &pairs, "InvalidInput");
        assert!(message.contains(said), "{message}");
    }
    account.refused("SimulateCustomPolicy", &[("ActionNames.member.1", "s3:GetObject")], "ValidationError");
    account.refused("SimulateCustomPolicy", &[("PolicyInputList.member.1", S3)], "ValidationError");
    account.ok("CreateUser", &[("UserName", "lamp")]);
    let sources = [
        ("arn:aws:iam::123456789012:user/nobody", "NoSuchEntity", "The user with name nobody cannot be found."),
        ("arn:aws:iam::123456789012:user/x/lamp", "NoSuchEntity", "lamp"),
        ("arn:aws:iam::123456789012:role/none", "NoSuchEntity", "The role with name none"),
        ("arn:aws:iam::210987654321:user/lamp", "InvalidInput", "does not have access to policies in account"),
        ("arn:aws:sts::123456789012:assumed-role/a/b", "InvalidInput", "does not clearly define entity type and name"),
    ];
    for (source, code, said) in sources {
        let pairs = [("PolicySourceArn", source), ("ActionNames.member.1", "s3:GetObject")];
        let message = account.refused("SimulatePrincipalPolicy", &pairs, code);
        assert!(message.contains(said), "{message}");
    }
}
