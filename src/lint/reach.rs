//! What a statement can reach at all: resources that its actions act on, variables that are replaced.
//!
//! Sources: Service Authorization Reference (the resource types of an action; one without any is judged on `*` alone);
//! IAM user guide, "Policy variables" (they need the version of 2012).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::document::{Known, Subject};
use crate::diagnostic::Diagnostic;
use crate::nearest;
use crate::policy::{Cover, Effect, Element, Version, Written, loosened, pattern};

/// What the actions that a pattern names act on.
#[derive(Debug, Default)]
struct Targets {
    /// How many actions there are.
    actions: usize,
    /// The names of their resource types.
    types: BTreeSet<String>,
    /// The patterns of their ARNs; none for actions that are judged on `*` alone.
    arns: BTreeSet<String>,
}

/// Targets that were worked out, by the pattern of actions.
#[derive(Debug, Default)]
pub struct Memory(RefCell<BTreeMap<String, Rc<Targets>>>);

impl Memory {
    /// Whether AWS documents an action that the pattern names.
    pub(super) fn is_known(&self, known: &Known, actions: &str) -> bool {
        actions == "*" || self.targets(known, actions).actions > 0
    }

    fn targets(&self, known: &Known, actions: &str) -> Rc<Targets> {
        if let Some(targets) = self.0.borrow().get(actions) {
            return Rc::clone(targets);
        }
        let mut targets = Targets::default();
        for action in known.catalogue.matching(actions) {
            targets.actions += 1;
            let service = action.name.split_once(':').and_then(|(prefix, _)| known.catalogue.service(prefix));
            for kind in service.into_iter().flat_map(|service| &service.resources) {
                if action.resources.contains(&kind.name) {
                    targets.types.insert(kind.name.clone());
                    targets.arns.insert(kind.arn.clone());
                }
            }
        }
        let targets = Rc::new(targets);
        self.0.borrow_mut().insert(actions.to_owned(), Rc::clone(&targets));
        targets
    }
}

/// The ARN of a bucket, whose name holds no slash: what has one is about objects (Amazon S3 user guide, naming rules).
const BUCKET: &str = "arn:*:s3:::*";

/// Whether some ARN is meant by both patterns, each part by itself: a star does not reach over a colon of the first
/// five parts (IAM user guide, "Resource").
fn meet(resource: &str, arn: &str) -> bool {
    if arn == BUCKET && resource.contains('/') {
        return false;
    }
    let (mut left, mut right) = (resource.splitn(6, ':'), arn.splitn(6, ':'));
    let parts = [(); 6].map(|()| (left.next(), right.next()));
    parts.iter().rev().all(|pair| match pair {
        (Some(left), Some(right)) => left == right || pattern::overlaps(left, right),
        // Fewer parts: `arn:*`, or a variable; it may mean anything.
        _ => true,
    })
}

/// M06: an action on resources that it does not act on is never what is asked: the statement does not apply to it.
/// Actions that the catalogue does not know are passed over.
pub(super) fn wrong_resource(subject: &Subject<'_>, known: &Known, found: &mut Vec<Diagnostic>) {
    for written in subject.document.written() {
        let statement = &written.statement;
        let (Cover::Only(actions), Cover::Only(resources)) = (&statement.actions, &statement.resources) else {
            continue;
        };
        if resources.contains("*") || actions.contains("*") {
            continue;
        }
        let resources: Vec<(&String, String)> =
            resources.iter().map(|resource| (resource, loosened(resource).into_owned())).collect();
        let mut unused: BTreeSet<&String> = resources.iter().map(|(written, _)| *written).collect();
        let mut all_known = true;
        for action in actions {
            let targets = known.reach.targets(known, action);
            all_known &= targets.actions > 0;
            let is_met = |loose: &String| targets.arns.iter().any(|arn| meet(loose, arn));
            let met: Vec<&String> =
                resources.iter().filter(|(_, loose)| is_met(loose)).map(|(name, _)| *name).collect();
            if met.is_empty() && targets.actions > 0 {
                found.push(dead_action(subject, written, action, &targets));
            }
            unused.retain(|resource| !met.contains(resource));
        }
        // Where every resource is unused, the actions have told it.
        if all_known && unused.len() < resources.len() {
            found.extend(unused.into_iter().map(|resource| dead_resource(subject, written, resource)));
        }
    }
}

fn dead_action(subject: &Subject<'_>, written: &Written, action: &str, targets: &Targets) -> Diagnostic {
    let verb = if written.statement.effect == Effect::Allow { "allowed" } else { "denied" };
    let spelled = written.place.spelled(action);
    let (acts_on, help) = if targets.types.is_empty() {
        ("is judged on `*` alone".to_owned(), "give it a statement of its own with \"Resource\": \"*\"".to_owned())
    } else {
        let types: Vec<&String> = targets.types.iter().take(3).collect();
        let narrow = |arn: &String| narrowed(arn, written.statement.resources.patterns());
        let arns: Vec<String> = targets.arns.iter().take(3).map(narrow).collect();
        (
            format!("acts on {}", nearest::quoted(&types)),
            format!("name what it acts on, no wider than meant: {}", nearest::quoted(&arns)),
        )
    };
    let message = format!("`{spelled}` {acts_on}, and no resource of this statement is that: it is never {verb} here");
    Diagnostic::error("M06", written.place.in_element(Element::Action, action), message).on(subject.name).help(help)
}

/// The ARN for people whose resources are these: in their partition, and with the variable that they end with for the
/// name. Virtual devices are named freely (M09), so theirs stays open.
fn narrowed(arn: &str, resources: &BTreeSet<String>) -> String {
    let partition = resources.iter().find_map(|resource| resource.strip_prefix("arn:")?.split(':').next());
    let rest = arn.strip_prefix("arn:*:").unwrap_or(arn);
    let variable = resources.iter().find_map(|resource| resource.get(resource.rfind("${")?..)?.strip_suffix('}'));
    let rest = match (rest.strip_suffix("/*").filter(|before| !before.ends_with(":mfa")), variable) {
        (Some(before), Some(variable)) => format!("{before}/{variable}}}"),
        _ => rest.to_owned(),
    };
    format!("arn:{}:{rest}", partition.unwrap_or("aws"))
}

fn dead_resource(subject: &Subject<'_>, written: &Written, resource: &str) -> Diagnostic {
    let message = format!("no action of this statement acts on `{resource}`");
    Diagnostic::warning("M06", written.place.in_element(Element::Resource, resource), message)
        .on(subject.name)
        .help("remove it, or name the action that it is for")
}

/// M07: before the version of 2012 a variable is plain text, which no name and no ARN is.
pub(super) fn literal_variable(subject: &Subject<'_>, _: &Known, found: &mut Vec<Diagnostic>) {
    if subject.document.version() == Version::V2012 {
        return;
    }
    for written in subject.document.written() {
        let values = written.statement.conditions.values().flat_map(BTreeMap::values).flatten();
        for text in written.statement.resources.patterns().iter().chain(values).filter(|text| text.contains("${")) {
            let message = format!("`{text}` is plain text in this version of the language: it means nobody");
            found.push(
                Diagnostic::error("M07", written.place.of(text), message)
                    .on(subject.name)
                    .help("write \"Version\": \"2012-10-17\" at the top of the document"),
            );
        }
    }
}
