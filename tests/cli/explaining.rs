//! `explain`: what people hold and may do, by the matrix and in an account.

use serde_json::{Value, json};

use crate::run;
use crate::support::program::Run;
use crate::support::{Account, Backend, Config};

const SCOTT: &str = "scott@demoasacode.io";

/// `explain` on the example's matrix, without any account.
fn explain(args: &[&str]) -> Run {
    let config = Config::example();
    run(&[&["explain"], args, &["--config", config.path().to_str().unwrap()]].concat())
}

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {} {}", run.stdout, run.stderr))
}

#[test]
fn a_user_is_shown_with_groups_policies_mfa_and_the_quota_used() {
    let shown = explain(&[SCOTT]).exits(0);
    shown
        .says("scott@demoasacode.io: in DBA\n")
        .says("MFA: required; enforced by MFAForcePolicy\n")
        .says("Groups: 3 of the 10")
        .says("through group Baseline:\n  MFAForcePolicy  (denies)\n")
        .says("through group DBA:\n")
        .says("  AmazonRDSFullAccess\n")
        .says("  DenyRDSLargeCreationPolicy  (denies)\n");

    let told = json_of(&explain(&[SCOTT, "-o", "json"]).exits(0));
    assert_eq!((&told["user"], &told["row"]), (&json!(SCOTT), &json!(["DBA"])));
    assert_eq!((&told["groupsUsed"], &told["groupsAllowed"]), (&json!(3), &json!(10)));
    assert_eq!(told["mfaEnforced"], json!({ "answer": "yes", "by": ["MFAForcePolicy"] }));
    let shares = told["policies"].as_array().unwrap();
    assert_eq!(shares[0]["through"], json!({ "group": "Baseline" }));
    let guard = json!({ "name": "MFAForcePolicy", "kind": "customer", "guard": true, "known": true });
    assert_eq!(shares[0]["policies"], json!([guard]));
    assert_eq!(shares[1]["policies"].as_array().unwrap().len(), 14);
}

#[test]
fn whoever_is_exempt_from_mfa_is_shown_with_the_reason_and_with_what_slips_through_if_so() {
    let config = Config::example();
    let config_path = config.path().to_str().unwrap().to_owned();
    let row = "  tiger@demoasacode.io: { groups: [Admin], mfa: exempt, because: build machine }\n";
    config.edit_line("matrix.yaml", "tiger@demoasacode.io:", row);
    let of_tiger = ["explain", "tiger@demoasacode.io", "--config", &config_path];
    run(&of_tiger).exits(0).says("MFA: exempt (build machine); enforced by MFAForcePolicy");
    // Bool alone lets requests with a long-term access key through.
    let document = "policies/MFAForcePolicy.json";
    config.write(document, &config.read(document).replace("BoolIfExists", "Bool"));
    run(&of_tiger).exits(0).says("not enforced: ").says("is allowed by AdministratorAccess (long-term access key)");
}

#[test]
fn an_action_is_answered_for_each_kind_of_session_with_the_statements_that_decide() {
    let told = explain(&[SCOTT, "rds:CreateDBInstance"]).exits(0);
    assert!(told.stdout.starts_with("scott@demoasacode.io rds:CreateDBInstance on anything:\n"), "{}", told.stdout);
    told.says("signed in without MFA; long-term access key: no, it is denied\n")
        .says("  Deny  MFAForcePolicy (DenyAllButEnrolmentWithoutMFA), through group Baseline, through group DBA\n")
        .says("signed in with MFA: yes, unless a guard's own condition denies it\n")
        .says("if rds:DatabaseClass StringNotLike db.t*.medium, db.t*.micro, db.t*.small\n")
        .says("  Allow AmazonRDSFullAccess (statement 1), through group DBA\n");
    explain(&[SCOTT, "iam:CreateUser"]).exits(0).says("signed in with MFA: no, nothing allows it\n");
}

#[test]
fn an_action_is_answered_for_the_resource_that_is_named() {
    let enable = |owner: &str| {
        let user = format!("arn:aws:iam::123456789012:user/{owner}");
        let told = json_of(&explain(&[SCOTT, "iam:EnableMFADevice", &user, "-o", "json"]).exits(0));
        assert_eq!((&told["user"], &told["action"]), (&json!(SCOTT), &json!("iam:EnableMFADevice")));
        let reach = |session: &str| {
            let answers = told["answers"].as_array().unwrap();
            answers.iter().find(|answer| answer["session"] == session).unwrap()["reach"].clone()
        };
        ["withoutMfa", "accessKey", "withMfa"].map(reach)
    };
    assert_eq!(enable(SCOTT), ["guarded", "guarded", "guarded"], "one's own device, from our network");
    assert_eq!(enable("tiger@demoasacode.io"), ["denied", "denied", "none"], "somebody else's");
}

#[test]
fn who_may_do_something_is_a_line_a_user_with_the_policies_that_allow_it() {
    let told = explain(&["--who", "iam:CreateUser"]).exits(0);
    told.says("1 of 11 users may do iam:CreateUser by the matrix:\n")
        .says("  admin@demoasacode.io  with MFA: guarded  without: no       by AdministratorAccess\n")
        .says("\nyes: on every resource, always; guarded: except")
        .says("\nlimited: on some resources")
        .says("\nno: nothing allows it");
    explain(&["--who", "organizations:LeaveOrganization", "--on", "*"]).exits(0).says("admin@demoasacode.io");

    let told = json_of(&explain(&["--who", "iam:createuser", "-o", "json"]).exits(0));
    let reach = json!({ "withMfa": "guarded", "withoutMfa": "denied", "accessKey": "denied" });
    let admin = json!({ "user": "admin@demoasacode.io", "reach": reach, "by": ["AdministratorAccess"] });
    assert_eq!(told, json!({ "action": "iam:createuser", "who": [admin] }));
}

#[test]
fn what_nobody_may_do_is_said_so() {
    let config = Config::example();
    config.drop_group("Admin");
    let of_all = ["explain", "--who", "iam:CreateUser", "--config", config.path().to_str().unwrap()];
    run(&of_all).exits(0).says("Nobody may do iam:CreateUser by the matrix.\n");
}

#[test]
fn the_account_of_the_sandbox_is_told_as_it_is_and_not_as_it_should_be() {
    let shown = explain(&[SCOTT, "--sandbox=127.0.0.1:0"]).exits(0);
    shown
        .says("attached to the user:\n  AmazonRDSReadOnlyAccess\n")
        .says("Groups: 0 of the 10")
        .says("not enforced: ")
        .says("is allowed by AmazonRDSReadOnlyAccess (long-term access key)");
    let told = explain(&["--who", "iam:CreateUser", "--sandbox=127.0.0.1:0"]).exits(0);
    told.says("2 of 11 users may do iam:CreateUser in the account:\n")
        .says("banana@demoasacode.io")
        .says("with MFA: yes      without: yes");
    let json = explain(&[SCOTT, "rds:DescribeDBInstances", "--sandbox=127.0.0.1:0", "-o", "json"]).exits(0);
    assert_eq!(json_of(&json)["answers"][1]["because"][0]["through"], json!(["attached"]));
}

#[test]
fn an_account_that_is_equal_to_the_matrix_allows_what_the_matrix_allows() {
    let account = Account::converged(Backend::Sandbox);
    for action in
        ["iam:PassRole", "s3:GetObject", "ec2:TerminateInstances", "lambda:InvokeFunction", "rds:DeleteDBCluster"]
    {
        let by_matrix = json_of(&explain(&["--who", action, "-o", "json"]).exits(0));
        let live = json_of(&account.iamatrix(&["explain", "--live", "--who", action, "-o", "json"]).exits(0));
        assert_eq!(live, by_matrix, "{action}");
    }
    account.wire.take_writes();
    let live = account.iamatrix(&["explain", "--live", SCOTT]).exits(0);
    live.says("through group DBA:").says("through group DBA-2:").says("enforced by MFAForcePolicy");
    assert_eq!(account.wire.take_writes(), Vec::<String>::new(), "it only reads");
}

#[test]
fn a_mistyped_user_or_action_is_an_error_that_names_the_nearest() {
    let table: [(&[&str], &[&str]); 7] = [
        (&["scot@demoasacode.io"], &["there is no user `scot@demoasacode.io`", "did you mean scott@demoasacode.io"]),
        (
            &[SCOTT, "ec2:TerminateInstance"],
            &["no action `ec2:TerminateInstance`", "did you mean ec2:TerminateInstances"],
        ),
        (&["--who", "iam:CreateUsr"], &["did you mean iam:CreateUser"]),
        (&[SCOTT, "ec2:*"], &["is a pattern", "name one action"]),
        (&[SCOTT, "TerminateInstances"], &["write the service, a colon and the name"]),
        (&[], &["<USER>"]),
        (&[SCOTT, "--on", "*"], &["--on"]),
    ];
    for (args, wanted) in table {
        let refused = explain(args).exits(1);
        for part in wanted {
            assert!(refused.stderr.contains(part), "{args:?}: {}", refused.stderr);
        }
        assert_eq!(refused.stdout, "", "{args:?}");
    }
}

#[test]
fn what_is_no_resource_of_the_action_is_an_error_that_says_how_to_write_one() {
    let instance = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}";
    let bucket = "arn:aws:s3:::bucket";
    let table: [(&str, &str, &[&str]); 5] = [
        ("ec2:TerminateInstances", "i-123", &["`i-123` is no resource", "`*` for all", instance]),
        ("ec2:TerminateInstances", "arn:aws:ec2:instance/i-123", &["is no resource"]),
        ("ec2:TerminateInstances", bucket, &["ec2:TerminateInstances never acts on `arn:aws:s3:::bucket`", instance]),
        ("iam:GetAccountSummary", bucket, &["acts on no resource", "leave it out"]),
        ("s3:GetObject", bucket, &["but on", "arn:${Partition}:s3:::${BucketName}/${ObjectName}"]),
    ];
    for (action, resource, wanted) in table {
        for args in [vec![SCOTT, action, resource], vec!["--who", action, "--on", resource]] {
            let refused = explain(&args).exits(1);
            for part in wanted {
                assert!(refused.stderr.contains(part), "{args:?}: {}", refused.stderr);
            }
        }
    }
    explain(&[SCOTT, "s3:GetObject", "arn:aws:s3:::bucket/a/b"]).exits(0);
    explain(&["--who", "ec2:terminateinstances", "--on", "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"]).exits(0);
}
