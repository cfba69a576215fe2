//! What the rules of `check` find in what is live: in every customer managed policy, in the inline policies of groups
//! and users, and in what people hold of all of them.
//!
//! A document that the matrix has too is judged all the same: only the account tells under which paths its users lie.

use std::collections::BTreeSet;

use super::Wanted;
use super::evidence::{Answer, Entities, Holder, inline_name, known, placed};
use super::inspection::Inspection;
use super::report::RuleFindings;
use crate::access::standing::Required;
use crate::diagnostic::Diagnostic;
use crate::lint::{self, Known, People, Subject};
use crate::name::Name;
use crate::policy::LiveDocument;
use crate::rulebook::{self, Object};

/// A live document.
struct Live {
    /// What a waiver names. An inline policy is named with its holder, `Viewer/ForTheIncident`: neither name holds a `/`.
    name: Name,
    document: LiveDocument,
}

/// Everything that they find, waived or not.
pub(super) fn found(inspection: &Inspection<'_>) -> RuleFindings {
    judged(inspection).unwrap_or_else(RuleFindings::not_answered)
}

fn judged(inspection: &Inspection<'_>) -> Answer<RuleFindings> {
    let entities = inspection.evidence.entities()?;
    let documents = documents(entities);
    let mut around = Known::default();
    let paths = entities.users.values().map(|user| &user.path).filter(|path| *path != "/");
    around.user_paths.extend(paths.cloned());
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    for Live { name, document } in &documents {
        match known(document) {
            Some(document) => findings.extend(lint::document(&Subject { name, document }, &around)),
            None => notes.push(format!("{name} cannot be read, and was not judged")),
        }
    }
    findings.extend(lint::people(&people(inspection)?));
    if let Some(wanted) = inspection.wanted() {
        of_whole_groups(&mut findings, wanted);
    }
    inspection.waive(&mut findings);
    Ok(RuleFindings::of(documents.len(), findings, notes))
}

/// What is found about the parts of a group is told once, of the group: that is what the matrix has and a waiver names.
fn of_whole_groups(findings: &mut Vec<Diagnostic>, wanted: &Wanted) {
    let is_of_groups = |code: &str| rulebook::find(code).iter().any(|page| page.object == Some(Object::Group));
    let mut told = BTreeSet::new();
    findings.retain_mut(|finding| {
        let part = finding.object.as_ref().filter(|_| is_of_groups(finding.code));
        let Some((whole, _)) = part.and_then(|part| wanted.whole(part)) else { return true };
        finding.object = Some(whole.clone());
        told.insert((finding.code, whole))
    });
}

/// Every document, placed in its live text.
fn documents(entities: &Entities) -> Vec<Live> {
    let live = |name: Name, document: &LiveDocument| Live { document: placed(name.as_str(), document), name };
    let managed = entities.policies.values().map(|policy| live(policy.name.clone(), &policy.document));
    let inline = entities.inline().filter(|inline| inline.holder != Holder::Role);
    managed.chain(inline.map(|it| live(Name::new(inline_name(it.of, it.name)), it.document))).collect()
}

/// Everybody but those whom the matrix exempts from MFA, if there is one.
fn people<'e>(inspection: &Inspection<'e>) -> Answer<People<'e>> {
    let (evidence, access) = (inspection.evidence, inspection.access()?);
    let standings = inspection.standings().unwrap_or_default();
    let exempt = standings.iter().filter(|standing| matches!(standing.required, Required::Exempt { .. }));
    let exempt: BTreeSet<&Name> = exempt.map(|standing| &standing.user).collect();
    Ok(People {
        access,
        users: access.users.values().filter(|user| !exempt.contains(&user.name)).collect(),
        arns: format!("arn:{}:iam::{}", evidence.partition, evidence.account),
        passwords: evidence.password_policy.as_ref().ok().and_then(Option::as_ref),
    })
}
