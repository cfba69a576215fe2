//! Text → [`Document`]: the grammar of identity policies as IAM enforces it (IAM user guide, policy grammar).
//!
//! Owns: the grammar. Must not: judge what a document grants.

use std::collections::{BTreeMap, BTreeSet};

use super::operator::Operator;
use super::place::{Element, Place, Written};
use super::size::{MAX_READ, MAX_REQUEST};
use super::{Conditions, Cover, Document, Effect, Statement, Version};
use crate::decoder::Decoder;
use crate::diagnostic::Diagnostic;
use crate::json;
use crate::located::{Located, Node, Span, Value};

/// What IAM would refuse about a document, with its place.
pub type Problem = Diagnostic;

/// So many problems of one document are told; a text that is no policy at all has them by the thousand.
const MOST_PROBLEMS: usize = 100;

pub(super) fn document(file: &str, text: &str) -> Result<Document, Vec<Problem>> {
    if text.len() > MAX_READ {
        let message = format!("{file} has {} bytes; no policy has more than {MAX_REQUEST} characters", text.len());
        let problem = Diagnostic::error("document-size", &Span::top(file), message);
        return Err(vec![problem.help("split it into several documents, or remove it if it is not a policy")]);
    }
    let node = json::parse(file, text).map_err(|problem| vec![*problem])?;
    let mut decoder = Decoder::default();
    let document = read_document(&mut decoder, &node);
    match document {
        Some(document) if decoder.problems.is_empty() => Ok(document),
        _ => Err(the_first(decoder.problems)),
    }
}

fn the_first(mut problems: Vec<Problem>) -> Vec<Problem> {
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    if more > 0
        && let Some(last) = problems.get(MOST_PROBLEMS).map(|problem| problem.span.clone())
    {
        problems.truncate(MOST_PROBLEMS);
        let message = format!("the document has {more} more problems, from here on");
        problems.push(Diagnostic::error("document-grammar", &last, message).help("mend those above first"));
    }
    problems
}

fn read_document(decoder: &mut Decoder, node: &Node) -> Option<Document> {
    let mut fields = decoder.fields(node, "the document", "{ \"Version\": \"2012-10-17\", \"Statement\": […] }");
    let version = fields.optional("Version");
    fields.optional("Id");
    let statement = fields.required("Statement", "add a Statement; a policy without one grants and denies nothing");
    fields.finish(decoder);
    let version = version.map_or(Some(Version::Absent), |node| read_version(decoder, node));
    let statements = statement.map(|node| read_statements(decoder, node)).unwrap_or_default();
    Some(Document::new(version?, statements))
}

fn refuse(decoder: &mut Decoder, node: &Node, message: impl Into<String>, help: impl Into<String>) {
    decoder.problems.push(Diagnostic::error("document-grammar", &node.span, message).help(help));
}

fn read_version(decoder: &mut Decoder, node: &Node) -> Option<Version> {
    let text = decoder.text(node, "Version")?;
    match text.value.as_str() {
        "2012-10-17" => Some(Version::V2012),
        "2008-10-17" => Some(Version::V2008),
        other => {
            refuse(decoder, node, format!("there is no policy version `{other}`"), "write \"2012-10-17\"");
            None
        }
    }
}

fn read_statements(decoder: &mut Decoder, node: &Node) -> Vec<Written> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        Value::Map(_) => std::slice::from_ref(node),
        _ => {
            decoder.wrong_type(node, "Statement", "a statement or a list of statements");
            return Vec::new();
        }
    };
    if items.is_empty() {
        refuse(decoder, node, "Statement is empty", "write at least one statement");
    }
    let mut sids = BTreeMap::new();
    items.iter().filter_map(|item| read_statement(decoder, item, &mut sids)).collect()
}

fn read_statement(decoder: &mut Decoder, node: &Node, sids: &mut BTreeMap<String, usize>) -> Option<Written> {
    if !matches!(node.value, Value::Map(_)) {
        decoder.wrong_type(node, "a statement", "a map with Effect, Action and Resource");
        return None;
    }
    let mut fields = decoder.fields(node, "the statement", "{ \"Effect\": …, \"Action\": …, \"Resource\": … }");
    let sid = fields.optional("Sid");
    let effect = fields.required("Effect", "write \"Effect\": \"Allow\" or \"Deny\"");
    let actions = (fields.optional("Action"), fields.optional("NotAction"));
    let resources = (fields.optional("Resource"), fields.optional("NotResource"));
    let condition = fields.optional("Condition");
    for key in ["Principal", "NotPrincipal"] {
        if let Some(principal) = fields.optional(key) {
            let message = format!("{key} is not allowed in an identity policy");
            refuse(decoder, principal, message, format!("remove {key}; the policy applies to whom it is attached to"));
        }
    }
    let misspelled = fields.finish(decoder);
    let mut place = Place::new(node.span.clone());
    if let Some(effect) = effect {
        place.note(Element::Effect, "Effect".to_owned(), &effect.span);
    }
    let sid = sid.and_then(|node| read_sid(decoder, node, sids));
    let effect = effect.and_then(|node| read_effect(decoder, node));
    let mut reader = Reader { decoder, place: &mut place, statement: node, misspelled: &misspelled };
    let actions = reader.cover(actions, &ACTION);
    let resources = reader.cover(resources, &RESOURCE);
    let conditions = condition.map(|node| reader.conditions(node)).unwrap_or_default();
    let statement = Statement { effect: effect?, actions: actions?, resources: resources?, conditions };
    Some(Written { statement, sid, place })
}

fn read_sid(decoder: &mut Decoder, node: &Node, sids: &mut BTreeMap<String, usize>) -> Option<String> {
    let sid = decoder.text(node, "Sid")?.value;
    if !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
        refuse(decoder, node, format!("Sid `{sid}` holds more than letters and digits"), "use only A-Z, a-z and 0-9");
    }
    if let Some(first) = sids.get(&sid).filter(|_| !sid.is_empty()) {
        let message = format!("Sid `{sid}` is used twice; the first is on line {first}");
        refuse(decoder, node, message, "give each statement a Sid of its own");
    }
    sids.entry(sid.clone()).or_insert(node.span.line);
    Some(sid)
}

fn read_effect(decoder: &mut Decoder, node: &Node) -> Option<Effect> {
    match decoder.text(node, "Effect")?.value.as_str() {
        "Allow" => Some(Effect::Allow),
        "Deny" => Some(Effect::Deny),
        other => {
            refuse(decoder, node, format!("Effect is `{other}`"), "write exactly \"Allow\" or \"Deny\"");
            None
        }
    }
}

/// An element that comes in two forms, and what its values must look like.
struct Form {
    element: Element,
    name: &'static str,
    not: &'static str,
    is_valid: fn(&str) -> bool,
    /// The canonical text of a value.
    canonical: fn(&str) -> String,
    fault: &'static str,
    help: &'static str,
}

const ACTION: Form = Form {
    element: Element::Action,
    name: "Action",
    not: "NotAction",
    is_valid: is_action,
    canonical: str::to_ascii_lowercase,
    fault: "is not an action: IAM wants a service prefix, a colon and a name",
    help: "write it as service:Action, for instance ec2:StartInstances, or \"*\"",
};

const RESOURCE: Form = Form {
    element: Element::Resource,
    name: "Resource",
    not: "NotResource",
    is_valid: is_resource,
    canonical: whole_arn,
    fault: "is no resource: neither an ARN nor \"*\"",
    help: "write \"*\" or an ARN such as arn:aws:s3:::bucket/*",
};

/// Reads the parts of one statement and notes their places.
struct Reader<'r> {
    decoder: &'r mut Decoder,
    place: &'r mut Place,
    statement: &'r Node,
    misspelled: &'r [&'static str],
}

impl Reader<'_> {
    /// One of `Action`/`NotAction` (or `Resource`/`NotResource`), whichever was written; both or none is a problem.
    fn cover(&mut self, (only, all_but): (Option<&Node>, Option<&Node>), form: &Form) -> Option<Cover> {
        let Form { name, not, .. } = form;
        match (only, all_but) {
            (Some(node), None) => self.strings(node, name, form).map(Cover::Only),
            (None, Some(node)) => self.strings(node, not, form).map(Cover::AllBut),
            (Some(_), Some(node)) => {
                refuse(self.decoder, node, format!("the statement has both {name} and {not}"), "keep one of the two");
                None
            }
            (None, None) => {
                if !self.misspelled.contains(name) && !self.misspelled.contains(not) {
                    let help = format!("add one, for instance \"{name}\": \"*\"");
                    let message = format!("the statement has neither {name} nor {not}");
                    refuse(self.decoder, self.statement, message, help);
                }
                None
            }
        }
    }

    fn strings(&mut self, node: &Node, written: &str, form: &Form) -> Option<BTreeSet<String>> {
        let items = items(node);
        if items.is_empty() {
            refuse(self.decoder, node, format!("{written} is empty"), "name at least one, or \"*\"");
            return None;
        }
        let mut texts = BTreeSet::new();
        let mut readable = true;
        for item in items {
            let Some(text) = self.decoder.text(item, written) else {
                readable = false;
                continue;
            };
            if !(form.is_valid)(&text.value) {
                refuse(
                    self.decoder,
                    item,
                    format!("`{}` {}", json::clipped(&text.value, json::LONGEST_SHOWN), form.fault),
                    form.help,
                );
            }
            let canonical = (form.canonical)(&text.value);
            self.place.note(form.element, canonical.clone(), &item.span);
            self.place.spell(&canonical, &text.value);
            texts.insert(canonical);
        }
        readable.then_some(texts)
    }

    fn conditions(&mut self, node: &Node) -> Conditions {
        let mut conditions = Conditions::new();
        for (operator, tests) in
            self.folding_map(node, "Condition", "{ \"Bool\": { \"aws:SecureTransport\": \"true\" } }")
        {
            check_operator(self.decoder, operator);
            let folded = operator.value.to_ascii_lowercase();
            self.place.note(Element::Operator, folded.clone(), &operator.span);
            self.place.spell(&folded, &operator.value);
            let keys = conditions.entry(folded).or_default();
            for (key, values) in self.folding_map(tests, "a condition", "{ \"aws:SecureTransport\": \"true\" }") {
                let folded = key.value.to_ascii_lowercase();
                self.place.note(Element::Key, folded.clone(), &key.span);
                self.place.spell(&folded, &key.value);
                keys.entry(folded).or_default().extend(self.values(values));
            }
        }
        conditions
    }

    /// The entries of a map whose keys are told apart without regard to case. A null is no map: what it was to say is
    /// not known.
    fn folding_map<'n>(&mut self, node: &'n Node, what: &str, like: &str) -> &'n [(Located<String>, Node)] {
        if matches!(node.value, Value::Null) {
            self.decoder.wrong_type(node, what, &format!("a map such as {like}"));
        }
        let entries = self.decoder.map(node, what, like);
        for (at, (key, _)) in entries.iter().enumerate() {
            let mut before = entries.iter().take(at).map(|(before, _)| before);
            let is_twin =
                |before: &&Located<String>| before.value != key.value && before.value.eq_ignore_ascii_case(&key.value);
            if let Some(twin) = before.find(is_twin) {
                let message =
                    format!("`{}` and `{}` are the same in {what}: case does not count", twin.value, key.value);
                let finding = Diagnostic::error("duplicate-key", &key.span, message);
                self.decoder.problems.push(finding.help("keep one of the two and merge what they say"));
            }
        }
        entries
    }

    /// Values of a condition as text: truth values and numbers count as their text, as IAM treats them.
    fn values(&mut self, node: &Node) -> BTreeSet<String> {
        let mut values = BTreeSet::new();
        for item in items(node) {
            match item.word() {
                Some(word) => {
                    self.place.note(Element::Value, word.clone(), &item.span);
                    values.insert(word);
                }
                None => self.decoder.wrong_type(item, "a condition value", "text, a number, true or false"),
            }
        }
        values
    }
}

/// A list's items; a scalar counts as a list of one.
fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

fn is_action(action: &str) -> bool {
    if action == "*" {
        return true;
    }
    let Some((service, name)) = action.split_once(':') else { return false };
    let word = |text: &str, extra: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    };
    word(service, "-") && word(name, "*?-_:")
}

/// An ARN may leave out its last parts, but not partition and service; `arn:*` is taken as well.
fn is_resource(resource: &str) -> bool {
    resource == "*"
        || resource.starts_with("${")
        || (resource.starts_with("arn:") && resource.split(':').count() >= 3)
        || resource.starts_with("arn:*")
}

/// Parts that an ARN leaves out are meant to be anything; a star stands for colons, too.
fn whole_arn(resource: &str) -> String {
    let is_whole = resource.ends_with('*') || !resource.starts_with("arn:") || resource.matches(':').count() >= 5;
    if is_whole { resource.to_owned() } else { format!("{resource}:*") }
}

fn check_operator(decoder: &mut Decoder, operator: &Located<String>) {
    if Operator::named(&operator.value).is_some() {
        return;
    }
    let message = format!("there is no condition operator `{}`", operator.value);
    let folded = operator.value.to_ascii_lowercase();
    let help = if folded.starts_with("bool") || folded.contains("exist") {
        "write Bool or BoolIfExists, or see the list of condition operators in the IAM user guide"
    } else {
        "see the list of condition operators in the IAM user guide, for instance StringEquals or BoolIfExists"
    };
    decoder.problems.push(Diagnostic::error("document-grammar", &operator.span, message).help(help));
}

#[cfg(test)]
mod tests;
