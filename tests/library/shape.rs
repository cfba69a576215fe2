//! The files of the library: complete, small enough, alike in form, and the same as in the example.

use std::collections::BTreeSet;
use std::fs;

use iamatrix::access::reach::Session;
use iamatrix::catalog::actions::Catalogue;
use iamatrix::policy::context::Fact;
use iamatrix::policy::evaluate::{Decision, Request, evaluate};
use iamatrix::policy::{
    Cover, Document, Effect, MAX_WITHOUT_WHITESPACE, Statement, Version, foreign_character, pattern,
    size_without_whitespace,
};

use super::desk::{IN_THE_EXAMPLE, NAMES, document, folder, page, text};

#[test]
fn every_document_has_a_page_and_a_line_in_the_index_and_there_is_nothing_else() {
    let index = fs::read_to_string(folder("library").join("README.md")).unwrap();
    let mut expected: BTreeSet<String> = NAMES.iter().flat_map(|n| [format!("{n}.json"), format!("{n}.md")]).collect();
    expected.insert("README.md".to_owned());
    let entries = fs::read_dir(folder("library")).unwrap();
    let found: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, expected);
    for name in NAMES {
        assert!(index.contains(&format!("[{name}]({name}.md)")), "the index names {name}");
    }
}

#[test]
fn every_page_has_its_sections_and_its_links_lead_somewhere() {
    let sections = ["What was wrong in the original", "What it does", "How to use it", "Limits", "Source"];
    for name in NAMES {
        let page = page(name);
        assert!(page.starts_with(&format!("# {name}\n")), "{name} has its name as heading");
        for section in sections {
            assert!(page.contains(&format!("\n## {section}\n")), "{name}: {section}");
        }
        for link in page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            assert!(file.starts_with("https://") || folder("library").join(file).exists(), "{name}: {link}");
        }
    }
}

#[test]
fn every_document_is_taken_by_iam_as_a_managed_policy() {
    for name in NAMES {
        let text = text(name);
        assert!(size_without_whitespace(&text) <= MAX_WITHOUT_WHITESPACE, "{name} is small enough");
        assert_eq!(foreign_character(&text), None, "{name}");
        let document = document(name);
        assert_eq!(document.version(), Version::V2012, "{name}: variables are variables");
        for written in document.written() {
            assert!(written.sid.is_some(), "every statement of {name} has a name");
        }
    }
}

#[test]
fn the_example_carries_the_same_texts() {
    for name in IN_THE_EXAMPLE {
        let of_example = fs::read_to_string(folder("policies").join(format!("{name}.json"))).unwrap();
        assert_eq!(of_example, text(name), "{name}");
    }
}

/// A statement that names an ARN of a kind its actions do not act on can never match.
#[test]
fn every_action_meets_a_resource_that_it_acts_on() {
    let catalogue = Catalogue::default();
    for name in NAMES {
        for statement in document(name).statements() {
            let (Cover::Only(actions), Cover::Only(resources)) = (&statement.actions, &statement.resources) else {
                continue;
            };
            for action in actions.iter().filter(|action| !action.contains('*')) {
                let known = catalogue.action(action).unwrap_or_else(|| panic!("AWS knows no {action}"));
                let service = catalogue.service(action.split(':').next().unwrap()).unwrap();
                let types = service.resources.iter().filter(|of| known.resources.contains(&of.name));
                let meets = |arn: &str| resources.iter().any(|resource| pattern::overlaps(arn, resource));
                let any = types.fold(known.resources.is_empty(), |met, of| met || meets(&of.arn));
                assert!(any, "{name}: {action} acts on {:?}", known.resources);
            }
        }
    }
}

#[test]
fn every_demand_for_mfa_is_written_so_that_it_holds_for_keys_too() {
    let asks = |statement: &Statement| format!("{:?}", statement.conditions).contains("multifactorauthpresent");
    let mut denies = 0;
    for name in NAMES {
        for statement in document(name).statements().filter(|s| s.effect == Effect::Deny && asks(s)) {
            let operators: Vec<&String> = statement.conditions.keys().collect();
            assert_eq!(operators, ["boolifexists"], "{name}");
            denies += 1;
        }
    }
    assert_eq!(denies, 12);
}

/// What the index says of other partitions.
#[test]
fn in_another_partition_nobody_enrols_until_the_arns_are_replaced() {
    let context = Session::WithoutMfa.context().with("aws:username", Fact::text("ann"));
    let own =
        Request { action: "iam:EnableMFADevice", resource: "arn:aws-cn:iam::123456789012:user/ann", context: &context };
    let text = text("MFAForcePolicy");
    let of_china = Document::parse(&text.replace("arn:aws:", "arn:aws-cn:")).unwrap();
    assert_eq!(evaluate([&document("MFAForcePolicy")], &own).decision, Decision::ExplicitlyDenied);
    assert_eq!(evaluate([&of_china], &own).decision, Decision::Allowed);
}
