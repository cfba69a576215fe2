//! What the pages say was wrong in the originals: our document with that one fault put in, and what comes of it.

use std::collections::BTreeSet;

use iamatrix::access::reach::Session;
use iamatrix::policy::Document;
use iamatrix::policy::context::Fact;
use serde_json::{Value, json};

use super::desk::{Asked, NAMES, administrator, asked, document, edited, list, page, statement, take, written};

const DENY: &str = "DenyAllButEnrolmentWithoutMFA";
const OTHERS: &str = "DenyEnrolmentForOthersWithoutMFA";
const PATHS: &str = "arn:aws:iam::*:user/*/${aws:username}";

/// What the pages tell and no single request can show; each is looked at by another test, or is a matter of form.
const NOT_A_REQUEST: [(&str, &str); 8] = [
    ("MFASelfManagePolicy", "Attached to a user."),
    ("MFAEnforcePolicy", "Statements without names."),
    ("DenyEC2StopAndTerminationMFAPolicy", "Attached to nobody."),
    ("DenyIPAddressPolicy", "Example networks."),
    ("DenyIPAddressPolicy", "No way back in."),
    ("DenyIPAddressPolicy", "One statement, and no list."),
    ("DenyIPAddressPolicy", "Two names."),
    ("MFAFirstSignInPolicy", "There is no original."),
];

/// A fault of an original, and what shows it: the answer to those who hold ours, and to those who hold the faulty one.
struct Fault {
    /// The pages that tell of it, and in which words.
    pages: &'static [&'static str],
    title: &'static str,
    ours: Vec<Document>,
    faulty: Vec<Document>,
    shown: Vec<(Asked<'static>, &'static str, &'static str)>,
}

impl Fault {
    /// The page's own document, with and without the fault.
    fn of(pages: &'static [&'static str], title: &'static str, edit: impl FnOnce(&mut Value)) -> Self {
        let name = pages[0];
        Fault { pages, title, ours: vec![document(name)], faulty: vec![edited(name, edit)], shown: Vec::new() }
    }

    /// Held together with AWS's policy that allows everything.
    fn by_an_administrator(mut self) -> Self {
        self.ours.push(administrator());
        self.faulty.push(administrator());
        self
    }

    fn shows(mut self, asked: Asked<'static>, ours: &'static str, faulty: &'static str) -> Self {
        self.shown.push((asked, ours, faulty));
        self
    }
}

fn without(json: &mut Value, sid: &str) {
    json["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != sid);
}

fn key(action: &'static str, on: &'static str) -> Asked<'static> {
    asked(action, on).in_session(Session::AccessKey)
}

fn mfa(action: &'static str, on: &'static str) -> Asked<'static> {
    asked(action, on).in_session(Session::WithMfa)
}

/// What several of the originals have in common.
fn common() -> Vec<Fault> {
    let enrolling: &[&str] = &["MFAForcePolicy", "MFASelfManagePolicy", "MFADeviceOnlyPolicy"];
    vec![
        Fault::of(enrolling, "An administrator without MFA enrols devices for others.", |json| without(json, OTHERS))
            .by_an_administrator()
            .shows(key("iam:EnableMFADevice", "another user"), "DENY", "yes")
            .shows(asked("iam:ResyncMFADevice", "another user"), "DENY", "yes"),
        Fault::of(
            &["MFAForcePolicy", "MFASelfManagePolicy", "MFADeviceOnlyPolicy", "MFAEnrolmentPolicy"],
            "Users under a path are left out.",
            |json| take(json, "EnrolOwnDevice", "Resource", PATHS),
        )
        .shows(asked("iam:EnableMFADevice", "own user").under("/"), "yes", "yes")
        .shows(asked("iam:EnableMFADevice", "own user").under("/staff/"), "yes", "no"),
        Fault::of(&["MFASelfManagePolicy", "MFADeviceOnlyPolicy"], "A device cannot be removed for good.", |json| {
            without(json, "DeleteOwnDeviceWithMFA");
        })
        .shows(mfa("iam:DeactivateMFADevice", "own user"), "yes", "yes")
        .shows(mfa("iam:DeleteVirtualMFADevice", "own device"), "yes", "no"),
    ]
}

fn of_self_management() -> Vec<Fault> {
    let name: &[&str] = &["MFASelfManagePolicy"];
    let first_sign_in = Fault {
        pages: name,
        title: "A password that must be changed is a dead end.",
        ours: vec![document("MFAFirstSignInPolicy")],
        faulty: vec![document("MFASelfManagePolicy")],
        shown: Vec::new(),
    };
    vec![
        Fault::of(name, "GetMFADevice is exempt, and allowed nowhere.", |json| {
            take(json, "EnrolOwnDevice", "Action", "iam:GetMFADevice");
        })
        .shows(asked("iam:GetMFADevice", "own user"), "yes", "no")
        .shows(mfa("iam:GetMFADevice", "own user"), "yes", "no"),
        Fault::of(name, "Long-term keys for everybody.", |json| {
            list(json, "SeeAndDeleteOwnKeysWithMFA", "Action").push(json!("iam:CreateAccessKey"));
        })
        .shows(mfa("iam:CreateAccessKey", "own user"), "no", "yes"),
        first_sign_in
            .shows(asked("iam:ChangePassword", "own user"), "yes", "DENY")
            .shows(asked("iam:GetAccountPasswordPolicy", "anything"), "yes", "DENY"),
    ]
}

fn of_devices_only() -> Vec<Fault> {
    let name: &[&str] = &["MFADeviceOnlyPolicy"];
    vec![
        Fault::of(name, "GetMFADevice is allowed, and not exempt.", |json| {
            take(json, DENY, "NotAction", "iam:GetMFADevice");
        })
        .shows(asked("iam:GetMFADevice", "own user"), "yes", "DENY")
        .shows(mfa("iam:GetMFADevice", "own user"), "yes", "yes"),
        Fault {
            pages: name,
            title: "Nobody can change a password.",
            ours: vec![document("MFAForcePolicy")],
            faulty: vec![document("MFADeviceOnlyPolicy")],
            shown: Vec::new(),
        }
        .shows(mfa("iam:ChangePassword", "own user"), "yes", "no"),
    ]
}

fn exempt(json: &mut Value, actions: &[&str]) {
    list(json, DENY, "NotAction").extend(actions.iter().map(|action| json!(action)));
}

fn of_the_pair() -> Vec<Fault> {
    let (deny, enrolment): (&[&str], &[&str]) = (&["MFAEnforcePolicy"], &["MFAEnrolmentPolicy"]);
    let removal = ["iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"];
    let alone = Fault {
        pages: deny,
        title: "The deny alone lets nobody enrol.",
        ours: vec![document("MFAEnforcePolicy"), document("MFAEnrolmentPolicy")],
        faulty: vec![document("MFAEnforcePolicy")],
        shown: Vec::new(),
    };
    let not_seen = |json: &mut Value| {
        for action in ["iam:GetUser", "iam:GetMFADevice"] {
            take(json, DENY, "NotAction", action);
        }
    };
    vec![
        Fault::of(deny, "A device can be taken off without MFA.", |json| exempt(json, &removal))
            .by_an_administrator()
            .shows(key("iam:DeactivateMFADevice", "another user"), "DENY", "yes")
            .shows(key("iam:DeleteVirtualMFADevice", "another's device"), "DENY", "yes"),
        alone
            .shows(asked("iam:CreateVirtualMFADevice", "own device"), "yes", "no")
            .shows(asked("iam:EnableMFADevice", "own user"), "yes", "no"),
        Fault::of(deny, "The console's own page fails.", not_seen)
            .by_an_administrator()
            .shows(asked("iam:GetUser", "own user"), "yes", "DENY")
            .shows(asked("iam:GetMFADevice", "own user"), "yes", "DENY"),
        Fault::of(deny, "Half a way to change the password.", |json| exempt(json, &["iam:ChangePassword"]))
            .by_an_administrator()
            .shows(asked("iam:ChangePassword", "own user"), "DENY", "yes")
            .shows(asked("iam:GetAccountPasswordPolicy", "anything"), "DENY", "DENY"),
        Fault::of(enrolment, "Anybody's device can be deleted.", |json| {
            statement(json, "DeleteOwnDeviceWithMFA")["Resource"] = json!("arn:aws:iam::*:mfa/*");
        })
        .shows(mfa("iam:DeleteVirtualMFADevice", "own device"), "yes", "yes")
        .shows(mfa("iam:DeleteVirtualMFADevice", "another's device"), "no", "yes"),
        Fault::of(enrolment, "No MFA is needed to take a device off.", |json| {
            statement(json, "RemoveOwnDeviceWithMFA").as_object_mut().unwrap().remove("Condition");
        })
        .shows(key("iam:DeactivateMFADevice", "own user"), "no", "yes"),
        Fault::of(enrolment, "People cannot see themselves.", |json| {
            take(json, "EnrolOwnDevice", "Action", "iam:GetUser");
        })
        .shows(asked("iam:GetUser", "own user"), "yes", "no"),
    ]
}

fn of_force() -> Vec<Fault> {
    let name: &[&str] = &["MFAForcePolicy"];
    let users = json!(["arn:aws:iam::*:user/${aws:username}", PATHS]);
    let unseen = |json: &mut Value| {
        for action in ["iam:GetUser", "iam:GetMFADevice"] {
            take(json, "EnrolOwnDevice", "Action", action);
            take(json, DENY, "NotAction", action);
        }
    };
    vec![
        Fault::of(name, "Deleting a device never works.", |json| {
            statement(json, "DeleteOwnDeviceWithMFA")["Resource"] = users;
        })
        .shows(mfa("iam:DeleteVirtualMFADevice", "own device"), "yes", "no"),
        Fault::of(name, "A resource without effect.", |json| {
            let both = json!(["arn:aws:iam::*:mfa/*", "arn:aws:iam::*:user/${aws:username}"]);
            statement(json, "CreateVirtualDevice")["Resource"] = both;
        })
        .shows(asked("iam:CreateVirtualMFADevice", "own device"), "yes", "yes"),
        Fault::of(name, "The page to enrol on fails.", unseen)
            .shows(asked("iam:GetUser", "own user"), "yes", "DENY")
            .shows(asked("iam:GetMFADevice", "own user"), "yes", "DENY")
            .shows(mfa("iam:GetUser", "own user"), "yes", "no"),
        Fault::of(name, "No way to change the password.", |json| {
            without(json, "ChangeOwnPassword");
            without(json, "SeePasswordRules");
        })
        .shows(mfa("iam:ChangePassword", "own user"), "yes", "no")
        .shows(mfa("iam:GetAccountPasswordPolicy", "anything"), "yes", "no"),
        Fault::of(name, "A key without MFA lists all users.", |json| {
            exempt(json, &["iam:ListUsers"]);
            statement(json, "SeeVirtualDevices")["Action"] = json!(["iam:ListUsers", "iam:ListVirtualMFADevices"]);
        })
        .shows(key("iam:ListUsers", "anything"), "DENY", "yes"),
        Fault::of(name, "GetSessionToken is not listed.", |json| take(json, DENY, "NotAction", "sts:GetSessionToken"))
            .shows(key("sts:GetSessionToken", "anything"), "yes", "yes"),
    ]
}

fn of_machines() -> Vec<Fault> {
    let name: &[&str] = &["DenyEC2StopAndTerminationMFAPolicy"];
    vec![
        Fault::of(name, "`false` without quotes.", |json| {
            for statement in json["Statement"].as_array_mut().unwrap() {
                statement["Condition"]["BoolIfExists"]["aws:MultiFactorAuthPresent"] = json!(false);
            }
        })
        .by_an_administrator()
        .shows(key("ec2:StopInstances", "a machine"), "DENY", "DENY")
        .shows(mfa("ec2:StopInstances", "a machine"), "yes", "yes"),
        Fault::of(name, "Other ways to the same end are open.", |json| {
            without(json, "DenyShrinkingFleetsWithoutMFA");
            take(json, "DenyInterruptingInstancesWithoutMFA", "Action", "ec2:RebootInstances");
        })
        .by_an_administrator()
        .shows(key("ec2:RebootInstances", "a machine"), "DENY", "yes")
        .shows(key("autoscaling:TerminateInstanceInAutoScalingGroup", "anything"), "DENY", "yes"),
    ]
}

fn of_networks() -> Vec<Fault> {
    let name: &[&str] = &["DenyIPAddressPolicy"];
    let condition = |json: &mut Value, operator: &str| {
        json["Statement"][0]["Condition"].as_object_mut().unwrap().remove(operator).unwrap();
    };
    let from_inside = asked("s3:GetObject", "anything").with("aws:SourceVpc", Fact::text("vpc-0example0example0"));
    let address = Fact::Address("2001:db8::7".parse().unwrap());
    let over_ipv6 = asked("s3:GetObject", "anything").with("aws:SourceIp", address);
    vec![
        Fault::of(name, "A VPC endpoint is denied.", |json| condition(json, "StringNotEqualsIfExists"))
            .by_an_administrator()
            .shows(from_inside, "yes", "DENY"),
        Fault::of(name, "IPv6 is denied.", |json| {
            let networks = &mut json["Statement"][0]["Condition"]["NotIpAddress"]["aws:SourceIp"];
            networks.as_array_mut().unwrap().retain(|network| !network.as_str().unwrap().contains(':'));
        })
        .by_an_administrator()
        .shows(over_ipv6, "yes", "DENY"),
    ]
}

fn faults() -> Vec<Fault> {
    [common(), of_self_management(), of_devices_only(), of_the_pair(), of_force(), of_machines(), of_networks()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn each_fault_does_what_its_page_says_and_ours_does_not() {
    for fault in faults() {
        assert!(!fault.shown.is_empty(), "{}", fault.title);
        for (asked, ours, faulty) in &fault.shown {
            let what =
                format!("{} {} on {} under {}: {}", fault.pages[0], asked.action, asked.on, asked.path, fault.title);
            assert_eq!(written(asked.answered(&fault.ours)), *ours, "ours: {what}");
            assert_eq!(written(asked.answered(&fault.faulty)), *faulty, "with the fault: {what}");
        }
    }
}

#[test]
fn every_fault_that_a_page_tells_of_is_shown_here() {
    let shown = faults();
    let mut told_and_shown: BTreeSet<(String, String)> = BTreeSet::new();
    for fault in &shown {
        told_and_shown.extend(fault.pages.iter().map(|page| ((*page).to_owned(), fault.title.to_owned())));
    }
    told_and_shown.extend(NOT_A_REQUEST.iter().map(|(page, title)| ((*page).to_owned(), (*title).to_owned())));
    let mut told = BTreeSet::new();
    for name in NAMES {
        let page = page(name);
        let section = page.split("\n## What was wrong in the original\n").nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let titles = section.split("\n- **").skip(1).map(|bullet| bullet.split("**").next().unwrap().to_owned());
        told.extend(titles.map(|title| (name.to_owned(), title)));
    }
    assert_eq!(told, told_and_shown);
}

#[test]
fn false_without_quotes_means_the_same() {
    let name = "DenyEC2StopAndTerminationMFAPolicy";
    let bare = edited(name, |json| {
        for statement in json["Statement"].as_array_mut().unwrap() {
            statement["Condition"]["BoolIfExists"]["aws:MultiFactorAuthPresent"] = json!(false);
        }
    });
    assert!(bare.means_the_same(&document(name)));
}

#[test]
fn whoever_carries_the_mfa_guard_has_nothing_left_for_the_guard_of_machines() {
    let (guard, force) = (document("DenyEC2StopAndTerminationMFAPolicy"), document("MFAForcePolicy"));
    for statement in guard.statements() {
        for action in statement.actions.patterns() {
            for session in Session::UNPROVED {
                let asked = asked(action, "anything").in_session(session);
                assert_eq!(written(asked.answered([&force])), "DENY", "{action}");
            }
        }
    }
}

/// `Bool` without `IfExists`, and `Null`: neither is in the originals, and both are often seen.
#[test]
fn only_bool_if_exists_meets_both_a_key_and_a_session_without_mfa() {
    let table = [("BoolIfExists", "false", "DENY", "DENY"), ("Bool", "false", "DENY", "yes"), ("Null", "true", "yes", "DENY")];
    for (operator, value, without_mfa, with_key) in table {
        let guard = edited("MFAForcePolicy", |json| {
            statement(json, DENY)["Condition"] = json!({ operator: { "aws:MultiFactorAuthPresent": value } });
        });
        let held = [guard, administrator()];
        assert_eq!(written(asked("iam:CreateUser", "another user").answered(&held)), without_mfa, "{operator}");
        assert_eq!(written(key("iam:CreateUser", "another user").answered(&held)), with_key, "{operator}");
    }
}
