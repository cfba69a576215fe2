//! The faults of the originals, each alone in a document of ours, and a request that shows it.

use iamatrix::access::reach::Session;
use iamatrix::policy::Document;
use iamatrix::policy::context::Fact;
use serde_json::{Value, json};

use super::desk::{Asked, administrator, asked, document, edited, list, statement, take};

pub const DENY: &str = "DenyAllButEnrolmentWithoutMFA";
const OTHERS: &str = "DenyEnrolmentForOthersWithoutMFA";
const PATHS: &str = "arn:aws:iam::*:user/*/${aws:username}";

/// A fault of an original, and what shows it: the answer to those who hold ours, and to those who hold the faulty one.
pub struct Fault {
    /// The pages that tell of it, and in which words.
    pub pages: &'static [&'static str],
    pub title: &'static str,
    pub ours: Vec<Document>,
    pub faulty: Vec<Document>,
    pub shown: Vec<(Asked<'static>, &'static str, &'static str)>,
    /// The rule of `check` that finds it in the document alone, if one does.
    pub rule: Option<&'static str>,
    /// The rule that finds it on people who hold the documents, if one does.
    pub held: Option<&'static str>,
}

impl Fault {
    /// The page's own document, with and without the fault.
    fn of(pages: &'static [&'static str], title: &'static str, edit: impl FnOnce(&mut Value)) -> Self {
        let name = pages[0];
        Fault {
            pages,
            title,
            ours: vec![document(name)],
            faulty: vec![edited(name, edit)],
            shown: Vec::new(),
            rule: None,
            held: None,
        }
    }

    /// Held together with AWS's policy that allows everything.
    fn by_an_administrator(mut self) -> Self {
        self.ours.push(administrator());
        self.faulty.push(administrator());
        self
    }

    /// Held together with another document of ours.
    fn beside(mut self, name: &str) -> Self {
        self.ours.push(document(name));
        self.faulty.push(document(name));
        self
    }

    fn found_by(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }

    fn found_on_people_by(mut self, rule: &'static str) -> Self {
        self.held = Some(rule);
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

pub fn key(action: &'static str, on: &'static str) -> Asked<'static> {
    asked(action, on).in_session(Session::AccessKey)
}

fn mfa(action: &'static str, on: &'static str) -> Asked<'static> {
    asked(action, on).in_session(Session::WithMfa)
}

/// What several of the originals have in common.
fn common() -> Vec<Fault> {
    let exempting: &[&str] = &["MFAForcePolicy", "MFASelfManagePolicy", "MFADeviceOnlyPolicy", "MFAEnforcePolicy"];
    vec![
        Fault::of(exempting, "An administrator without MFA enrols devices for others.", |json| without(json, OTHERS))
            .by_an_administrator()
            .shows(key("iam:EnableMFADevice", "another user"), "DENY", "yes")
            .shows(asked("iam:ResyncMFADevice", "another user"), "DENY", "yes")
            .found_on_people_by("M10"),
        Fault::of(
            &["MFAForcePolicy", "MFASelfManagePolicy", "MFADeviceOnlyPolicy", "MFAEnrolmentPolicy"],
            "Users under a path are left out.",
            |json| take(json, "EnrolOwnDevice", "Resource", PATHS),
        )
        .shows(asked("iam:EnableMFADevice", "own user").under("/"), "yes", "yes")
        .shows(asked("iam:EnableMFADevice", "own user").under("/staff/"), "yes", "no")
        .found_by("M08"),
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
        rule: None,
        held: None,
    };
    vec![
        Fault::of(name, "GetMFADevice is exempt, and allowed nowhere.", |json| {
            take(json, "EnrolOwnDevice", "Action", "iam:GetMFADevice");
        })
        .shows(asked("iam:GetMFADevice", "own user"), "yes", "no")
        .shows(mfa("iam:GetMFADevice", "own user"), "yes", "no")
        .found_on_people_by("M05"),
        Fault::of(name, "Long-term keys for everybody.", |json| {
            list(json, "SeeAndDeleteOwnKeysWithMFA", "Action").push(json!("iam:CreateAccessKey"));
        })
        .shows(mfa("iam:CreateAccessKey", "own user"), "no", "yes"),
        first_sign_in
            .shows(asked("iam:ChangePassword", "own user"), "yes", "DENY")
            .shows(asked("iam:GetAccountPasswordPolicy", "anything"), "yes", "DENY")
            .found_on_people_by("M12"),
    ]
}

fn of_devices_only() -> Vec<Fault> {
    let name: &[&str] = &["MFADeviceOnlyPolicy"];
    vec![
        Fault::of(name, "GetMFADevice is allowed, and not exempt.", |json| {
            take(json, DENY, "NotAction", "iam:GetMFADevice");
        })
        .shows(asked("iam:GetMFADevice", "own user"), "yes", "DENY")
        .shows(mfa("iam:GetMFADevice", "own user"), "yes", "yes")
        .found_on_people_by("M05"),
        Fault {
            pages: name,
            title: "Nobody can change a password.",
            ours: vec![document("MFAForcePolicy")],
            faulty: vec![document("MFADeviceOnlyPolicy")],
            shown: Vec::new(),
            rule: None,
            held: None,
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
        rule: None,
        held: None,
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
            .shows(key("iam:DeleteVirtualMFADevice", "another's device"), "DENY", "yes")
            .found_by("M02"),
        alone
            .shows(asked("iam:CreateVirtualMFADevice", "own device"), "yes", "no")
            .shows(asked("iam:EnableMFADevice", "own user"), "yes", "no")
            .found_on_people_by("M04"),
        Fault::of(deny, "The console's own page fails.", not_seen)
            .by_an_administrator()
            .shows(asked("iam:GetUser", "own user"), "yes", "DENY")
            .shows(asked("iam:GetMFADevice", "own user"), "yes", "DENY")
            .found_on_people_by("M04"),
        Fault::of(deny, "Half a way to change the password.", |json| exempt(json, &["iam:ChangePassword"]))
            .by_an_administrator()
            .shows(asked("iam:ChangePassword", "own user"), "DENY", "yes")
            .shows(asked("iam:GetAccountPasswordPolicy", "anything"), "DENY", "DENY")
            .found_by("M03"),
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
        .beside("MFAEnforcePolicy")
        .shows(asked("iam:GetUser", "own user"), "yes", "no")
        .found_on_people_by("M04"),
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
        .shows(mfa("iam:DeleteVirtualMFADevice", "own device"), "yes", "no")
        .found_by("M06"),
        Fault::of(name, "A resource without effect.", |json| {
            let both = json!(["arn:aws:iam::*:mfa/*", "arn:aws:iam::*:user/${aws:username}"]);
            statement(json, "CreateVirtualDevice")["Resource"] = both;
        })
        .shows(asked("iam:CreateVirtualMFADevice", "own device"), "yes", "yes")
        .found_by("M06"),
        Fault::of(name, "The page to enrol on fails.", unseen)
            .shows(asked("iam:GetUser", "own user"), "yes", "DENY")
            .shows(asked("iam:GetMFADevice", "own user"), "yes", "DENY")
            .shows(mfa("iam:GetUser", "own user"), "yes", "no")
            .found_on_people_by("M04"),
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
        .shows(key("iam:ListUsers", "anything"), "DENY", "yes")
        .found_by("M03"),
        Fault::of(name, "GetSessionToken is not listed.", |json| take(json, DENY, "NotAction", "sts:GetSessionToken"))
            .shows(key("sts:GetSessionToken", "anything"), "yes", "yes")
            .found_by("M11"),
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
            .shows(from_inside, "yes", "DENY")
            .found_by("L03"),
        Fault::of(name, "IPv6 is denied.", |json| {
            let networks = &mut json["Statement"][0]["Condition"]["NotIpAddress"]["aws:SourceIp"];
            networks.as_array_mut().unwrap().retain(|network| !network.as_str().unwrap().contains(':'));
        })
        .by_an_administrator()
        .shows(over_ipv6, "yes", "DENY")
        .found_by("L02"),
    ]
}

pub fn faults() -> Vec<Fault> {
    [common(), of_self_management(), of_devices_only(), of_the_pair(), of_force(), of_machines(), of_networks()]
        .into_iter()
        .flatten()
        .collect()
}
