//! What a document names and AWS does not document: condition keys and variables that no request carries, actions that
//! nobody calls.
//!
//! Source: Service Authorization Reference; IAM user guide, "AWS global condition context keys". Services that the
//! catalogue does not know may have keys of their own, as identity providers do: those are passed over.

use std::collections::BTreeMap;

use super::document::{Known, Subject};
use super::mfa;
use crate::catalog::actions::{other_keys, prefixes};
use crate::diagnostic::Diagnostic;
use crate::nearest;
use crate::policy::variable::{Variable, variables};
use crate::policy::{Cover, Effect, Element, Version, Written};

/// How many names are offered.
const OFFERED: usize = 3;

/// V21: no request carries the key, so the condition decides the same for every request. In a Deny that is everybody or
/// nobody; an Allow grants at most too little, or what the condition was to keep back.
pub(super) fn condition_key(subject: &Subject<'_>, known: &Known, found: &mut Vec<Diagnostic>) {
    for written in subject.document.written() {
        for key in written.statement.conditions.values().flat_map(|keys| keys.keys()) {
            if !is_judged(known, key) || known.catalogue.key(key).is_some() {
                continue;
            }
            let (spelled, place) = (written.place.spelled(key), written.place.in_element(Element::Key, key));
            let unknown = format!("AWS has no condition key `{spelled}`, so no request carries it");
            let finding = match written.statement.effect {
                Effect::Deny => Diagnostic::error("V21", place, format!("{unknown}: this denies everybody, or nobody")),
                Effect::Allow => Diagnostic::warning("V21", place, format!("{unknown}: the condition decides nothing")),
            };
            found.push(finding.on(subject.name).help(did_you_mean(&like_key(known, key), "write the key as AWS does")));
        }
    }
}

/// V21: the same for a variable, in a resource or in a value of a condition. What it stands in is then compared with
/// nothing; only a default is left of it. The version before variables is the matter of M07.
pub(super) fn variable(subject: &Subject<'_>, known: &Known, found: &mut Vec<Diagnostic>) {
    if subject.document.version() != Version::V2012 {
        return;
    }
    for written in subject.document.written() {
        let values = written.statement.conditions.values().flat_map(BTreeMap::values).flatten();
        let values = values.map(|value| (Element::Value, value));
        let resources = written.statement.resources.patterns().iter().map(|resource| (Element::Resource, resource));
        for (element, text) in resources.chain(values) {
            let judged = variables(text).filter_map(|variable| misnamed(known, variable));
            found.extend(judged.map(|fault| {
                let denies = written.statement.effect == Effect::Deny && !fault.has_default;
                let severity = if denies { Diagnostic::error } else { Diagnostic::warning };
                severity("V21", written.place.in_element(element, text), fault.message)
                    .on(subject.name)
                    .help(fault.help)
            }));
        }
    }
}

/// What is wrong with a variable.
struct Fault {
    message: String,
    help: String,
    has_default: bool,
}

fn misnamed(known: &Known, variable: Variable<'_>) -> Option<Fault> {
    let fault = |message: String, help: String| Some(Fault { message, help, has_default: false });
    let (key, default) = match variable {
        Variable::Character(_) => return None,
        Variable::Open => {
            return fault("a variable begins with `${` and does not end".to_owned(), "close it with `}`".to_owned());
        }
        Variable::Key { key: "", .. } => {
            let help = "name a condition key in it, such as ${aws:username}, or remove it".to_owned();
            return fault("the variable `${}` names nothing, so this matches nothing".to_owned(), help);
        }
        Variable::Key { key, default } => (key, default),
    };
    if !is_judged(known, key) || known.catalogue.key(key).is_some() {
        return None;
    }
    let then = if default.is_some() { "only its default is ever meant" } else { "this matches nothing" };
    let message = format!("no request carries `{key}`, so {then}");
    let help = did_you_mean(&like_key(known, key), "write the key as AWS does");
    Some(Fault { message, help, has_default: default.is_some() })
}

/// Global keys and those of the services that the catalogue knows; a key without a prefix is none of anybody's.
fn is_judged(known: &Known, key: &str) -> bool {
    key.split_once(':').is_none_or(|(prefix, _)| prefix == "aws" || known.catalogue.service(prefix).is_some())
}

fn like_key(known: &Known, key: &str) -> Vec<String> {
    let service = key.split_once(':').and_then(|(prefix, _)| known.catalogue.service(prefix));
    let of_service = service.map(|service| service.keys.clone()).unwrap_or_default();
    let names: Vec<String> = of_service.into_iter().chain(other_keys()).map(|key| key.name).collect();
    owned(&nearest::to(key, names.iter().map(String::as_str), OFFERED))
}

/// V22: an action that does not exist. What a guard exempts under such a name is exempt from the day on which AWS gives
/// it to something; anywhere else the statement does not speak of what was meant.
pub(super) fn action(subject: &Subject<'_>, known: &Known, found: &mut Vec<Diagnostic>) {
    for written in subject.document.written() {
        let actions = written.statement.actions.patterns();
        for action in actions.iter().filter(|action| !known.reach.is_known(known, action)) {
            found.push(unknown_action(subject, known, written, action));
        }
    }
}

fn unknown_action(subject: &Subject<'_>, known: &Known, written: &Written, action: &str) -> Diagnostic {
    let (spelled, place) = (written.place.spelled(action), written.place.in_element(Element::Action, action));
    let unknown = format!("AWS documents no action `{spelled}`");
    let is_exempt = matches!(written.statement.actions, Cover::AllBut(_)) && mfa::asks_for_mfa(&written.statement);
    let finding = if is_exempt {
        let message = format!("{unknown}; exempt from MFA here, it is a hole as soon as there is one");
        Diagnostic::error("V22", place, message)
    } else {
        Diagnostic::warning("V22", place, format!("{unknown}, so it means nothing here"))
    };
    finding
        .on(subject.name)
        .help(did_you_mean(&like_action(known, action), "write the action as AWS does, or remove it"))
}

fn like_action(known: &Known, action: &str) -> Vec<String> {
    let prefix = action.split_once(':').map_or(action, |(prefix, _)| prefix);
    let Some(service) = known.catalogue.service(prefix) else {
        let services = nearest::to(prefix, prefixes(), OFFERED);
        return services.into_iter().map(|prefix| format!("{prefix}:…")).collect();
    };
    owned(&nearest::to(action, service.actions.iter().map(|action| action.name.as_str()), OFFERED))
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn did_you_mean(names: &[String], otherwise: &str) -> String {
    if names.is_empty() { otherwise.to_owned() } else { format!("did you mean {}?", nearest::quoted(names)) }
}
