//! What the pages say was wrong in the originals: that it is so, that ours does not do it, and that `check` finds it.

use std::collections::{BTreeMap, BTreeSet};

use iamatrix::access::Access;
use iamatrix::access::aws::AwsDocuments;
use iamatrix::access::reach::Session;
use iamatrix::lint::{Known, People, Subject, document as document_lints, people as people_lints};
use iamatrix::live::{Live, LiveGroup, LiveUser};
use iamatrix::matrix::Quotas;
use iamatrix::name::Name;
use iamatrix::password_policy::PasswordPolicy;
use iamatrix::policy::{Document, LiveDocument};
use serde_json::json;

use super::desk::{NAMES, administrator, asked, document, edited, page, statement, written};
use super::originals::{DENY, faults, key};

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
fn check_finds_each_fault_that_shows_in_the_document_alone() {
    let mut known = Known::default();
    known.user_paths.insert("/staff/".to_owned());
    let codes = |name: &Name, of: &Document| -> Vec<&str> {
        document_lints(&Subject { name, document: of }, &known).iter().map(|finding| finding.code).collect()
    };
    let mut found = 0;
    for fault in faults() {
        let Some(rule) = fault.rule else { continue };
        let name = Name::from(fault.pages[0]);
        assert!(codes(&name, &fault.faulty[0]).contains(&rule), "{rule}: {}", fault.title);
        assert!(!codes(&name, &fault.ours[0]).contains(&rule), "{rule} in ours: {}", fault.title);
        for name in fault.pages {
            assert!(page(name).contains(&format!("(`{rule}`)")), "the page of {name} names {rule}");
        }
        found += 1;
    }
    assert_eq!(found, 9);
}

/// Everything that the rules about what people hold say of ann, who holds the documents by her group.
fn on_people(held: &[Document]) -> BTreeSet<&'static str> {
    let inline = held.iter().enumerate().map(|(number, document)| {
        (format!("Held{number}"), LiveDocument::Known { text: String::new(), document: document.clone() })
    });
    let group = LiveGroup {
        name: "Staff".into(),
        path: "/".into(),
        attached: BTreeSet::new(),
        inline: inline.collect(),
        members: ["ann".into()].into(),
    };
    let user = LiveUser {
        name: "ann".into(),
        path: "/".into(),
        groups: ["Staff".into()].into(),
        attached: BTreeSet::new(),
        inline: BTreeMap::new(),
        boundary: None,
    };
    let live = Live {
        account: "123456789012".to_owned(),
        partition: "aws".to_owned(),
        own_user: None,
        quotas: Quotas::default(),
        groups: [("Staff".into(), group)].into(),
        users: [("ann".into(), user)].into(),
        policies: BTreeMap::new(),
        password_policy: None,
    };
    let access = Access::of_live(&live, &AwsDocuments::default());
    let passwords = PasswordPolicy { max_age_days: Some(90), ..PasswordPolicy::default() };
    let people = People {
        access: &access,
        users: access.users.values().collect(),
        arns: "arn:aws:iam::123456789012".to_owned(),
        passwords: Some(&passwords),
    };
    people_lints(&people).iter().map(|finding| finding.code).collect()
}

#[test]
fn check_finds_each_fault_that_shows_on_people_who_hold_the_documents() {
    let mut found = BTreeSet::new();
    for fault in faults() {
        let Some(rule) = fault.held else { continue };
        assert!(on_people(&fault.faulty).contains(rule), "{rule}: {}", fault.title);
        assert!(!on_people(&fault.ours).contains(rule), "{rule} on those who hold ours: {}", fault.title);
        for name in fault.pages {
            assert!(page(name).contains(&format!("(`{rule}`)")), "the page of {name} names {rule}");
        }
        found.insert(rule);
    }
    assert_eq!(found, BTreeSet::from(["M04", "M05", "M10", "M12"]));
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
    let table =
        [("BoolIfExists", "false", "DENY", "DENY"), ("Bool", "false", "DENY", "yes"), ("Null", "true", "yes", "DENY")];
    for (operator, value, without_mfa, with_key) in table {
        let guard = edited("MFAForcePolicy", |json| {
            statement(json, DENY)["Condition"] = json!({ operator: { "aws:MultiFactorAuthPresent": value } });
        });
        let held = [guard, administrator()];
        assert_eq!(written(asked("iam:CreateUser", "another user").answered(&held)), without_mfa, "{operator}");
        assert_eq!(written(key("iam:CreateUser", "another user").answered(&held)), with_key, "{operator}");
    }
}
