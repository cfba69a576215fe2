//! Every row on a good account and on one that is bad in just that respect.

mod live;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::credential_report::{CredentialReport, Credentials, Key};
use super::evidence::{Entities, Role, Root, Unanswered};
use super::*;
use crate::access::mfa::{Enforced, Slip};
use crate::access::reach::Session;
use crate::access::standing::Required;
use crate::devices::{Device, Owner, VirtualDevice};
use crate::live::{LiveGroup, LivePolicy, LiveUser};
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;
use crate::policy::LiveDocument;

pub(super) const ACCOUNT: &str = "123456789012";
const READ: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const SUPPORT: &str = "arn:aws:iam::aws:policy/AWSSupportAccess";
const CLOUDSHELL: &str = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess";
const DEVICE: &str = "arn:aws:iam::123456789012:u2f/user/ann/key";

pub(super) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    now() - jiff::SignedDuration::from_hours(24 * days)
}

fn document(statement: &str) -> LiveDocument {
    LiveDocument::read(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#))
}

fn allow(action: &str) -> LiveDocument {
    document(&format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#))
}

fn user(name: &str, group: &str) -> LiveUser {
    LiveUser {
        name: name.into(),
        path: "/".into(),
        groups: [group.into()].into(),
        attached: BTreeSet::new(),
        inline: BTreeMap::new(),
        boundary: None,
    }
}

fn policy(name: &str, attachments: usize, document: LiveDocument) -> (Name, LivePolicy) {
    let arn = Arn::policy("aws", ACCOUNT, "/foundation/", name);
    let policy = LivePolicy {
        name: name.into(),
        arn,
        path: "/foundation/".into(),
        document,
        attachments,
        boundaries: 0,
        versions: None,
    };
    (name.into(), policy)
}

fn entities() -> Entities {
    let group = LiveGroup {
        name: "Viewer".into(),
        path: "/foundation/".into(),
        attached: [Arn::new(READ)].into(),
        inline: BTreeMap::new(),
        members: ["ann".into()].into(),
    };
    let role = Role {
        name: "Support".into(),
        arn: Arn::new("arn:aws:iam::123456789012:role/Support"),
        trust: Some(trust(ROOT, MFA)),
        attached: [Arn::new(SUPPORT)].into(),
        inline: BTreeMap::new(),
    };
    Entities {
        users: [("ann".into(), user("ann", "Viewer"))].into(),
        groups: [("Viewer".into(), group)].into(),
        roles: [("Support".into(), role)].into(),
        policies: [policy("Deploy", 1, allow("s3:GetObject"))].into(),
        aws: [(Arn::new(READ), allow("s3:Get*")), (Arn::new(SUPPORT), allow("support:*"))].into(),
    }
}

const MFA: &str = r#","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;

const ROOT: &str = r#"{"AWS":"arn:aws:iam::123456789012:root"}"#;

fn trust(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"{condition}}}}}"#
    )
}

/// Lets the people of the account assume the role as that principal, on that condition.
fn trusts(evidence: &mut Evidence, principal: &str, condition: &str) {
    of(evidence).roles.get_mut(&"Support".into()).unwrap().trust = Some(trust(principal, condition));
}

fn may_assume(evidence: &mut Evidence) {
    viewer(evidence).inline.insert("Assume".into(), allow("sts:AssumeRole"));
}

fn credentials() -> Credentials {
    Credentials {
        created: Some(days_ago(80)),
        password: true,
        password_used: Some(days_ago(1)),
        password_changed: Some(days_ago(80)),
        mfa: true,
        keys: [key(20, 1), Key::default()],
    }
}

fn key(made: i64, used: i64) -> Key {
    Key { active: true, made: Some(days_ago(made)), used: Some(days_ago(used)) }
}

/// An account that there is nothing to say about.
fn good() -> Evidence {
    let root = Credentials { password: true, mfa: true, ..Credentials::default() };
    let report =
        CredentialReport { made: days_ago(0), root: Some(root), users: [("ann".into(), credentials())].into() };
    let token = Device::new("GAHT12345678", Some(days_ago(70)));
    Evidence {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        entities: Ok(entities()),
        password_policy: Ok(Some(PasswordPolicy {
            minimum_length: 14,
            require_uppercase: true,
            require_lowercase: true,
            require_numbers: true,
            require_symbols: true,
            max_age_days: Some(90),
            reuse_prevention: Some(24),
            ..PasswordPolicy::default()
        })),
        root: Ok(Root { mfa: true, keys: false, password: true }),
        credentials: Ok(report),
        virtual_devices: Ok(vec![]),
        asked: Ok([("ann".into(), vec![token])].into()),
        saml_providers: Ok([Arn::new("arn:aws:iam::123456789012:saml-provider/people")].into()),
        oidc_providers: Ok(BTreeSet::new()),
        central_root: Ok(true),
    }
}

fn standing(enforced: Enforced) -> Settings {
    let standing = Standing { user: "ann".into(), required: Required::Yes, enforced };
    Settings { standings: Some(Arc::new(vec![standing])), ..Settings::default() }
}

fn enforced() -> Settings {
    standing(Enforced::Yes { by: ["MFAForcePolicy".into()].into() })
}

fn outcome(evidence: &Evidence, row: &str) -> Outcome {
    let report = audit(evidence, &enforced(), now());
    report.rows.into_iter().find(|result| result.id == row).unwrap().outcome
}

fn objects(outcome: &Outcome) -> Vec<&str> {
    outcome.findings().iter().map(|finding| finding.object.as_str()).collect()
}

/// What makes an account bad.
type Spoil = fn(&mut Evidence);

fn of(evidence: &mut Evidence) -> &mut Entities {
    evidence.entities.as_mut().unwrap()
}

fn ann(evidence: &mut Evidence) -> &mut Credentials {
    evidence.credentials.as_mut().unwrap().users.get_mut(&"ann".into()).unwrap()
}

fn live_ann(evidence: &mut Evidence) -> &mut LiveUser {
    of(evidence).users.get_mut(&"ann".into()).unwrap()
}

fn viewer(evidence: &mut Evidence) -> &mut LiveGroup {
    of(evidence).groups.get_mut(&"Viewer".into()).unwrap()
}

fn passwords(evidence: &mut Evidence) -> &mut PasswordPolicy {
    evidence.password_policy.as_mut().unwrap().as_mut().unwrap()
}

fn device(evidence: &mut Evidence, name: &str, owner: Owner) {
    let device = Device::new(&format!("arn:aws:iam::{ACCOUNT}:mfa/{name}"), Some(days_ago(3)));
    evidence.virtual_devices.as_mut().unwrap().push(VirtualDevice { device, owner });
}

/// Row, what is done to the good account, the objects that are found fault with.
#[rustfmt::skip] // a case a line
const CASES: &[(&str, &str, Spoil, &[&str])] = &[
    ("user-without-group", "a user leaves the last group", |e| live_ann(e).groups.clear(), &["ann"]),
    ("group-without-users", "the last member leaves", |e| viewer(e).members.clear(), &["Viewer"]),
    ("user-unused", "nothing was used for 90 days", |e| *ann(e) = Credentials { password_used: Some(days_ago(90)), keys: [key(95, 91), Key::default()], ..credentials() }, &["ann"]),
    ("user-unused", "neither a password nor a key", |e| *ann(e) = Credentials { password: false, keys: [Key::default(); 2], ..credentials() }, &["ann"]),
    ("policy-on-user", "a policy is attached to a user", |e| { live_ann(e).attached.insert(Arn::new(READ)); }, &["ann/ReadOnlyAccess"]),
    ("policy-on-user", "a user has an inline policy", |e| { live_ann(e).inline.insert("Own".into(), allow("s3:*")); }, &["ann/Own"]),
    ("credentials-unused", "a password of 45 days ago", |e| ann(e).password_used = Some(days_ago(45)), &["ann: password"]),
    ("credentials-unused", "a password that was never used, set 80 days ago", |e| ann(e).password_used = None, &["ann: password"]),
    ("credentials-unused", "a key of 45 days ago", |e| ann(e).keys[0] = key(80, 45), &["ann: access key 1"]),
    ("credentials-unused", "a key that was never used, made 50 days ago", |e| ann(e).keys[0] = Key { used: None, ..key(50, 0) }, &["ann: access key 1"]),
    ("two-active-keys", "a second key", |e| ann(e).keys[1] = key(5, 1), &["ann"]),
    ("key-older-than-90-days", "a key of 91 days", |e| ann(e).keys[0] = key(91, 1), &["ann: access key 1"]),
    ("key-made-at-setup", "a key that was never used", |e| ann(e).keys[1] = Key { used: None, ..key(1, 0) }, &["ann: access key 2"]),
    ("central-identity", "no provider", |e| e.saml_providers = Ok(BTreeSet::new()), &[ACCOUNT]),
    ("aws-policy-all-access", "AdministratorAccess is attached", |e| { of(e).aws.insert(Arn::new(ADMIN), allow("*")); }, &["AdministratorAccess"]),
    ("customer-policy-all-access", "a document allows everything", |e| of(e).policies.extend([policy("All", 1, allow("*"))]), &["All"]),
    ("inline-policy-all-access", "an inline policy of a role allows everything", |e| { of(e).roles.get_mut(&"Support".into()).unwrap().inline.insert("All".into(), allow("*")); }, &["role Support: All"]),
    ("group-administrator", "a group carries it", |e| { viewer(e).attached.insert(Arn::new(ADMIN)); }, &["Viewer"]),
    ("user-administrator", "a user carries it", |e| { live_ann(e).attached.insert(Arn::new(ADMIN)); }, &["ann"]),
    ("inline-policy", "a group has one", |e| { viewer(e).inline.insert("Own".into(), allow("s3:Get*")); }, &["group Viewer: Own"]),
    ("policy-unused", "a document is attached to nothing", |e| of(e).policies.extend([policy("Old", 0, allow("s3:*"))]), &["Old"]),
    ("customer-policy-escalation", "a document lets people attach policies to themselves", |e| of(e).policies.extend([policy("Up", 1, allow("iam:Attach*"))]), &["Up"]),
    ("inline-policy-escalation", "so does an inline policy", |e| { viewer(e).inline.insert("Up".into(), allow("iam:Put*")); }, &["group Viewer: Up"]),
    ("aws-policy-escalation", "so does AdministratorAccess", |e| { viewer(e).attached.insert(Arn::new(ADMIN)); of(e).aws.insert(Arn::new(ADMIN), allow("*")); }, &["AdministratorAccess"]),
    ("support-role", "the role is gone", |e| of(e).roles.clear(), &[ACCOUNT]),
    ("cloudshell-full-access", "a group carries it", |e| { viewer(e).attached.insert(Arn::new(CLOUDSHELL)); }, &["group Viewer"]),
    ("console-mfa", "no device", |e| { ann(e).mfa = false; e.asked = Ok(BTreeMap::new()); }, &["ann"]),
    ("console-mfa", "a device that is gone since the report was made", |e| e.asked = Ok([("ann".into(), vec![])].into()), &["ann"]),
    ("role-trust-mfa", "a role for people asks for nothing", |e| { may_assume(e); trusts(e, ROOT, ""); }, &["ann"]),
    ("administrator-mfa", "an administrator without a device", |e| { viewer(e).attached.insert(Arn::new(ADMIN)); of(e).aws.insert(Arn::new(ADMIN), allow("*")); ann(e).mfa = false; e.asked = Ok(BTreeMap::new()); }, &["ann"]),
    ("hardware-mfa", "an app", |e| { device(e, "ann", Owner::User("ann".into())); e.asked = Ok(BTreeMap::new()); }, &["ann"]),
    ("hardware-mfa", "nothing at all", |e| e.asked = Ok(BTreeMap::new()), &["ann"]),
    ("device-in-the-way", "a device of nobody's bears a name", |e| device(e, "Ann", Owner::Nobody), &["Ann"]),
    ("device-name", "a device is called otherwise", |e| device(e, "phone", Owner::User("ann".into())), &["ann"]),
    ("fido-only-with-keys", "a security key alone", |e| e.asked = Ok([("ann".into(), vec![Device::new(DEVICE, None)])].into()), &["ann"]),
    ("root-mfa", "none", |e| e.root.as_mut().unwrap().mfa = false, &["root user"]),
    ("root-hardware-mfa", "an app", |e| device(e, "root-account-mfa-device", Owner::Root), &["root user"]),
    ("root-hardware-mfa", "none", |e| e.root.as_mut().unwrap().mfa = false, &["root user"]),
    ("root-access-key", "a key", |e| e.root.as_mut().unwrap().keys = true, &["root user"]),
    ("root-usage", "used 89 days ago", |e| e.credentials.as_mut().unwrap().root.as_mut().unwrap().password_used = Some(days_ago(89)), &["root user"]),
    ("password-length", "13", |e| passwords(e).minimum_length = 13, &["password policy"]),
    ("password-length", "no policy", |e| e.password_policy = Ok(None), &["password policy"]),
    ("password-reuse", "23", |e| passwords(e).reuse_prevention = Some(23), &["password policy"]),
    ("password-uppercase", "not asked for", |e| passwords(e).require_uppercase = false, &["password policy"]),
    ("password-lowercase", "not asked for", |e| passwords(e).require_lowercase = false, &["password policy"]),
    ("password-number", "not asked for", |e| passwords(e).require_numbers = false, &["password policy"]),
    ("password-symbol", "not asked for", |e| passwords(e).require_symbols = false, &["password policy"]),
    ("password-expiry", "after 91 days", |e| passwords(e).max_age_days = Some(91), &["password policy"]),
    ("password-expiry", "never", |e| passwords(e).max_age_days = None, &["password policy"]),
    ("central-root-access", "not switched on", |e| e.central_root = Ok(false), &[ACCOUNT]),
];

#[test]
fn on_a_good_account_every_row_that_iam_answers_passes() {
    let report = audit(&good(), &enforced(), now());
    let failing: Vec<_> = report.rows.iter().filter(|row| !row.outcome.findings().is_empty()).collect();
    assert!(failing.is_empty(), "{failing:#?}");
    let elsewhere = ROWS.iter().filter(|row| matches!(row.judge, rows::Judge::Elsewhere(_))).count();
    assert_eq!(
        report.counts,
        report::Counts { pass: ROWS.len() - elsewhere, fail: 0, not_answered: elsewhere, findings: 0 }
    );
}

#[test]
fn each_row_finds_fault_with_what_is_bad_in_its_respect() {
    for (row, what, spoil, expected) in CASES {
        let mut evidence = good();
        spoil(&mut evidence);
        assert_eq!(objects(&outcome(&evidence, row)), *expected, "{row}: {what}");
    }
    let tried: BTreeSet<_> = CASES.iter().map(|(row, ..)| *row).chain(["mfa-enforced"]).collect();
    let iam: BTreeSet<_> =
        ROWS.iter().filter(|row| matches!(row.judge, rows::Judge::Iam(_))).map(|row| row.id).collect();
    assert_eq!(tried, iam, "every row has a case");
}

/// Just on the right side of each line.
#[test]
fn what_is_barely_good_passes() {
    #[rustfmt::skip] // a case a line
    let table: &[(&str, &str, Spoil)] = &[
        ("credentials-unused", "used 44 days ago", |e| { ann(e).password_used = Some(days_ago(44)); ann(e).keys[0] = key(90, 44); }),
        ("credentials-unused", "unused, and new", |e| { let ann = ann(e); ann.password_used = None; ann.password_changed = Some(days_ago(44)); }),
        ("credentials-unused", "no password that could be used", |e| { ann(e).password = false; ann(e).password_used = Some(days_ago(400)); }),
        ("key-older-than-90-days", "90 days", |e| ann(e).keys[0] = key(90, 1)),
        ("key-older-than-90-days", "an old key that is off", |e| ann(e).keys[0] = Key { active: false, ..key(400, 1) }),
        ("key-made-at-setup", "never used, and no password", |e| *ann(e) = Credentials { password: false, keys: [Key { used: None, ..key(1, 0) }, Key::default()], ..credentials() }),
        ("user-unused", "one of three was used", |e| ann(e).password_used = Some(days_ago(400))),
        ("root-usage", "90 days ago", |e| e.credentials.as_mut().unwrap().root.as_mut().unwrap().password_used = Some(days_ago(90))),
        ("root-mfa", "nobody can sign in as root", |e| e.root = Ok(Root { mfa: false, keys: false, password: false })),
        ("policy-unused", "a boundary", |e| { let (name, mut policy) = policy("Limit", 0, allow("s3:*")); policy.boundaries = 1; of(e).policies.insert(name, policy); }),
        ("customer-policy-all-access", "everything but IAM", |e| of(e).policies.extend([policy("Most", 1, document(r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#))])),
        ("customer-policy-all-access", "everything on one bucket", |e| of(e).policies.extend([policy("One", 1, document(r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b"}"#))])),
        ("customer-policy-escalation", "attached to nothing", |e| of(e).policies.extend([policy("Up", 0, allow("iam:*"))])),
        ("fido-only-with-keys", "no key", |e| { ann(e).keys[0].active = false; e.asked = Ok([("ann".into(), vec![Device::new(DEVICE, None)])].into()); }),
        ("device-in-the-way", "nobody is called so", |e| device(e, "spare", Owner::Nobody)),
        ("device-name", "a second device", |e| device(e, "ann-2", Owner::User("ann".into()))),
        ("central-identity", "OpenID Connect", |e| { e.oidc_providers = Ok([Arn::new("arn:aws:iam::123456789012:oidc-provider/x")].into()); e.saml_providers = Ok(BTreeSet::new()); }),
    ];
    for (row, what, spoil) in table {
        let mut evidence = good();
        spoil(&mut evidence);
        let outcome = outcome(&evidence, row);
        assert!(matches!(outcome, Outcome::Pass { .. }), "{row}: {what}: {outcome:?}");
    }
}

/// A refused question leaves out the rows that need its answer, and no others.
#[test]
fn without_a_permission_only_the_rows_that_need_it_are_not_answered() {
    fn no<T>(action: &str) -> Result<T, Unanswered> {
        Err(Unanswered::Denied(format!("iam:{action}")))
    }
    let mfa = ["console-mfa", "administrator-mfa", "hardware-mfa", "fido-only-with-keys"];
    let table: &[(&str, Spoil, Vec<&str>)] = &[
        (
            "GenerateCredentialReport",
            |e| {
                e.credentials = no("GenerateCredentialReport");
            },
            vec![
                "user-unused",
                "credentials-unused",
                "two-active-keys",
                "key-older-than-90-days",
                "key-made-at-setup",
                "console-mfa",
                "administrator-mfa",
                "fido-only-with-keys",
                "root-usage",
            ],
        ),
        (
            "ListVirtualMFADevices",
            |e| e.virtual_devices = no("ListVirtualMFADevices"),
            mfa.into_iter().chain(["device-in-the-way", "device-name", "root-hardware-mfa"]).collect(),
        ),
        ("ListMFADevices", |e| e.asked = no("ListMFADevices"), vec!["hardware-mfa", "fido-only-with-keys"]),
        (
            "GetAccountSummary",
            |e| e.root = no("GetAccountSummary"),
            vec!["root-mfa", "root-hardware-mfa", "root-access-key"],
        ),
        (
            "ListOpenIDConnectProviders",
            |e| {
                e.saml_providers = Ok(BTreeSet::new());
                e.oidc_providers = no("ListOpenIDConnectProviders");
            },
            vec!["central-identity"],
        ),
        (
            "ListOrganizationsFeatures",
            |e| e.central_root = no("ListOrganizationsFeatures"),
            vec!["central-root-access"],
        ),
    ];
    let count = audit(&good(), &enforced(), now()).counts.not_answered;
    for (action, spoil, expected) in table {
        let mut evidence = good();
        // So that every row has something to look at.
        viewer(&mut evidence).attached.insert(Arn::new(ADMIN));
        of(&mut evidence).aws.insert(Arn::new(ADMIN), allow("*"));
        spoil(&mut evidence);
        let report = audit(&evidence, &enforced(), now());
        let why = Outcome::NotAnswered { why: Unanswered::Denied(format!("iam:{action}")) };
        let rows: BTreeSet<_> = report.rows.iter().filter(|row| row.outcome == why).map(|row| row.id).collect();
        assert_eq!(rows, expected.iter().copied().collect(), "{action}");
        assert_eq!(report.counts.not_answered, count + expected.len(), "{action}");
    }
}

#[test]
fn whoever_must_have_mfa_and_is_not_made_to_use_it_is_found() {
    let slip = Slip { session: Session::WithoutMfa, action: "iam:CreateAccessKey".into(), allowed_by: None };
    let report = audit(&good(), &standing(Enforced::No { slips: vec![slip] }), now());
    let row = report.rows.iter().find(|row| row.id == "mfa-enforced").unwrap();
    assert_eq!(objects(&row.outcome), ["ann"]);
    assert!(row.outcome.findings()[0].evidence[0].contains("iam:CreateAccessKey"));
    let without = audit(&good(), &Settings::default(), now());
    let row = without.rows.iter().find(|row| row.id == "mfa-enforced").unwrap();
    assert!(matches!(&row.outcome, Outcome::NotAnswered { why } if why.to_string().contains("--config")));
}

#[test]
fn a_document_that_cannot_be_read_is_told_and_not_taken_for_a_good_one() {
    let mut evidence = good();
    of(&mut evidence).policies.extend([policy("Odd", 1, LiveDocument::read(r#"{"Version":"2031-01-01"}"#))]);
    live_ann(&mut evidence).inline.insert("Own".into(), LiveDocument::read("{}"));
    for (row, object) in [
        ("customer-policy-all-access", "Odd"),
        ("customer-policy-escalation", "Odd"),
        ("inline-policy-all-access", "user ann: Own"),
        ("inline-policy-escalation", "user ann: Own"),
    ] {
        let outcome = outcome(&evidence, row);
        assert_eq!(objects(&outcome), [object], "{row}");
        assert_eq!(outcome.findings()[0].evidence, ["cannot be read, and was not judged"], "{row}");
    }
    ann(&mut evidence).mfa = false;
    evidence.asked = Ok(BTreeMap::new());
    let administrators = outcome(&evidence, "administrator-mfa");
    assert_eq!(objects(&administrators), ["ann"]);
    let said = "carries the inline policy Own, which cannot be read".to_owned();
    assert!(administrators.findings()[0].evidence.contains(&said), "{administrators:?}");
}

#[test]
fn what_operator_yaml_protects_is_found_all_the_same_and_says_so() {
    let mut evidence = good();
    live_ann(&mut evidence).groups.clear();
    let protect = crate::matrix::Protect { users: vec!["ann".into()], ..Default::default() };
    let scope = Scope { path: "/foundation/".into(), protect };
    let report = audit(&evidence, &Settings { scope: Some(scope), ..enforced() }, now());
    let facts = &report.rows[0].outcome.findings()[0].evidence;
    assert!(facts.contains(&"protected in operator.yaml".to_owned()), "{facts:?}");
}

#[test]
fn two_runs_are_byte_identical_and_everything_from_the_account_is_escaped() {
    let mut evidence = good();
    let name = "=cmd@<script>";
    of(&mut evidence).users.insert(name.into(), LiveUser { groups: BTreeSet::new(), ..user(name, "Viewer") });
    let report = || audit(&evidence, &enforced(), now());
    for render in [text, csv, html] {
        assert_eq!(render(&report()), render(&report()));
    }
    let page = html(&report());
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(!page.contains("http://") && !page.contains("https://"), "the page needs nothing from elsewhere");
    assert!(csv(&report()).contains(",'=cmd@<script>,"));
}

/// The example's account, on the sandbox, with every date replaced: the sandbox lives in the present.
#[cfg(feature = "sandbox")]
async fn example() -> Evidence {
    use crate::iam::{Calls, Session, Target};
    use crate::sandbox::{Account, Sandbox};
    let account = Account::from_yaml(include_str!("../../config/sandbox-account.yaml")).unwrap();
    let sandbox = Sandbox::start("127.0.0.1:0".parse().unwrap(), account).await.unwrap();
    let stop = tokio::sync::watch::channel(false).1;
    let session = Session::connect(&Target::Sandbox(sandbox.endpoint()), Calls::default(), stop).await;
    session.limit(1_000);
    let reader = session.reader();
    let mut evidence = reader.evidence(&reader.identity().await.unwrap()).await.unwrap();
    sandbox.stop().await.unwrap();
    let report = evidence.credentials.as_mut().unwrap();
    report.made = days_ago(0);
    for user in report.users.values_mut() {
        (user.created, user.password_changed) = (Some(days_ago(60)), Some(days_ago(50)));
        user.keys.iter_mut().filter(|key| key.active).for_each(|key| key.made = Some(days_ago(60)));
    }
    evidence.virtual_devices.as_mut().unwrap().iter_mut().for_each(|it| it.device.since = Some(days_ago(3)));
    evidence
}

/// As people, spreadsheets and auditors see it.
#[cfg(feature = "sandbox")]
#[tokio::test(flavor = "multi_thread")]
async fn the_example_is_shown_in_every_format() {
    let report = AuditReport { version: "0.0.0", ..audit(&example().await, &Settings::default(), now()) };
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("example.txt", text(&report));
        insta::assert_snapshot!("example.csv", csv(&report));
        insta::assert_snapshot!("example.html", html(&report).replace('>', ">\n"));
    });
}

#[test]
fn what_the_matrix_asks_for_already_is_mended_by_apply() {
    let mut evidence = good();
    live_ann(&mut evidence).groups.clear();
    passwords(&mut evidence).minimum_length = 8;
    let remedies = |wanted: Wanted| {
        let report = audit(&evidence, &Settings { wanted: Some(wanted), ..enforced() }, now());
        let rows = report.rows.iter().filter(|row| ["user-without-group", "password-length"].contains(&row.id));
        rows.map(|row| row.outcome.findings()[0].remedy.clone()).collect::<Vec<_>>()
    };
    assert!(remedies(Wanted::default()).iter().all(|remedy| remedy.contains("in matrix.yaml")));
    let password_policy = |minimum_length| Some(PasswordPolicy { minimum_length, ..PasswordPolicy::default() });
    let enough = Wanted { grouped: ["ann".into()].into(), password_policy: password_policy(14), ..Wanted::default() };
    assert_eq!(remedies(enough), ["the matrix has it already: `iamatrix apply`"; 2]);
    let short = Wanted { password_policy: password_policy(13), ..Wanted::default() };
    assert!(remedies(short)[1].contains("minimumLength: 14"));
}

#[test]
fn what_lies_idle_under_our_path_is_mended_by_what_the_matrix_says_of_it() {
    let mut evidence = good();
    viewer(&mut evidence).members.clear();
    of(&mut evidence).policies.extend([policy("Idle", 0, allow("s3:GetObject"))]);
    let remedies = |wanted: Option<Wanted>| {
        let scope = Some(Scope { path: "/foundation/".into(), protect: crate::matrix::Protect::default() });
        let report = audit(&evidence, &Settings { scope, wanted, ..enforced() }, now());
        let row = |id: &str| report.rows.iter().find(|row| row.id == id).unwrap().outcome.findings()[0].remedy.clone();
        [row("group-without-users"), row("policy-unused")]
    };
    let groups = |users: usize| [("Viewer".into(), users)].into();
    let declared = Wanted { groups: groups(0), documents: ["Idle".into()].into(), ..Wanted::default() };
    let [column, document] = remedies(Some(declared));
    assert!(column.contains("remove the column") && document.contains("remove its document"), "{column} {document}");
    let filled = Wanted { groups: groups(2), ..Wanted::default() };
    assert_eq!(remedies(Some(filled))[0], "the matrix has it already: `iamatrix apply`");
    for remedy in remedies(Some(Wanted::default())) {
        assert!(remedy.contains("`prune: true`") && !remedy.contains("remove"), "{remedy}");
    }
    assert_eq!(remedies(None), [column, document]);
}
