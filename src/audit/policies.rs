//! Rows about what policies allow, and where they hang.

use super::evidence::{Answer, Entities, Inline, known};
use super::inspection::{Inspection, NOT_IN_MATRIX};
use super::report::{Finding, Judged};
use crate::name::Arn;
use crate::policy::{Cover, Document, Effect, LiveDocument, Statement};

/// The AWS managed policy that allows everything.
const ADMINISTRATOR: &str = "AdministratorAccess";
/// The one for AWS Support.
const SUPPORT: &str = "AWSSupportAccess";
/// The one that lets people carry data out through a shell in the browser.
const CLOUDSHELL: &str = "AWSCloudShellFullAccess";

/// The statement of a document that allows every action on everything, if there is one; conditions are not weighed.
pub(super) fn allows_everything(document: &Document) -> Option<&Statement> {
    let all = |cover: &Cover| match cover {
        Cover::Only(patterns) => {
            patterns.iter().any(|pattern| pattern.starts_with('*') && pattern.trim_matches(['*', ':', '/']).is_empty())
        }
        Cover::AllBut(_) => false,
    };
    document
        .statements()
        .find(|statement| statement.effect == Effect::Allow && all(&statement.actions) && all(&statement.resources))
}

/// What is wrong with a document that allows everything, in words.
fn everything(document: &Document) -> Option<String> {
    let statement = allows_everything(document)?;
    let condition = if statement.conditions.is_empty() { "" } else { ", under a condition" };
    Some(format!("allows every action on every resource{condition}"))
}

/// What `finding` says of a document. One that cannot be read is found fault with by itself: it may say anything.
pub(super) fn judged(
    object: impl Into<String>,
    live: &LiveDocument,
    finding: impl FnOnce(&Document) -> Option<(Vec<String>, String)>,
) -> Option<Finding> {
    let (evidence, remedy) = match known(live) {
        Some(document) => finding(document)?,
        None => (
            vec!["cannot be read, and was not judged".to_owned()],
            "read it in the console; write it anew in the grammar that AWS documents, or detach it".to_owned(),
        ),
    };
    Some(Finding::new(object, evidence, remedy))
}

/// AWS's own.
pub(super) fn aws_allow_less_than_all(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    Ok(Judged::each(&entities.aws, |(arn, live)| {
        judged(arn.name().as_str(), live, |document| {
            let evidence = vec![everything(document)?, Inspection::attached_to(entities, arn)];
            let remedy = "attach policies for the work at hand; keep this one to one guarded group with MFA enforced";
            Some((evidence, remedy.to_owned()))
        })
    }))
}

/// The account's own.
pub(super) fn customer_allow_less_than_all(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    let attached = entities.policies.values().filter(|policy| policy.attachments > 0);
    Ok(Judged::each(attached, |policy| {
        judged(policy.name.as_str(), &policy.document, |document| {
            let evidence = vec![everything(document)?, Inspection::attached_to(entities, &policy.arn)];
            let remedy = if inspection.is_ours(&policy.path) {
                "name in its document under config/policies the actions that are needed"
            } else {
                "name in its document the actions that are needed, or detach it"
            };
            Some((evidence, remedy.to_owned()))
        })
    }))
}

/// `group Ops: Emergency`.
pub(super) fn named(inline: &Inline<'_>) -> String {
    format!("{} {}: {}", inline.holder.as_str(), inline.of, inline.name)
}

/// Inline ones.
pub(super) fn inline_allow_less_than_all(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    Ok(Judged::each(entities.inline(), |inline| {
        judged(named(&inline), inline.document, |document| {
            Some((vec![everything(document)?], format!("delete it: {}", delete_inline(&inline))))
        })
    }))
}

fn delete_inline(Inline { holder, of, name, .. }: &Inline<'_>) -> String {
    let kind = holder.as_str();
    format!("`aws iam delete-{kind}-policy --{kind}-name {of} --policy-name {name}`")
}

fn administrator(arn: &Arn) -> bool {
    arn.is_aws_managed() && arn.name().as_str() == ADMINISTRATOR
}

/// Groups that make administrators.
pub(super) fn no_group_is_administrator(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    Ok(Judged::each(entities.groups.values(), |group| {
        group.attached.iter().find(|arn| administrator(arn))?;
        let members: Vec<_> = group.members.iter().map(ToString::to_string).collect();
        let members =
            if members.is_empty() { "no members".to_owned() } else { format!("members: {}", members.join(", ")) };
        let remedy = "keep at most one such group, small and behind MFA; give others narrower policies";
        Some(Finding::new(group.name.as_str(), vec![format!("carries {ADMINISTRATOR}"), members], remedy))
    }))
}

/// Users who are administrators by themselves.
pub(super) fn no_user_is_administrator(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    Ok(Judged::each(entities.users.values(), |user| {
        let arn = user.attached.iter().find(|arn| administrator(arn))?;
        let remedy = format!(
            "put the user into a group, then `aws iam detach-user-policy --user-name {} --policy-arn {arn}`",
            user.name
        );
        Some(inspection.of_user(&user.name, vec![format!("carries {ADMINISTRATOR}")], remedy))
    }))
}

/// Whatever hangs on a user directly is beside the matrix.
pub(super) fn none_on_users(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    let mut judged = Judged { examined: entities.users.len(), ..Judged::default() };
    for grant in crate::live::bypass::grants(&entities.users) {
        let mut evidence = vec![grant.kind.as_str().to_owned()];
        evidence.extend(inspection.protection(&grant.user));
        judged.findings.push(Finding::new(format!("{}/{}", grant.user, grant.policy), evidence, grant.remedy()));
    }
    Ok(judged)
}

/// Inline policies are seen by nobody who looks at lists of policies, and have no versions.
pub(super) fn none_inline(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    Ok(Judged::each(entities.inline(), |inline| {
        let size = inline.document.text().chars().filter(|c| !c.is_whitespace()).count();
        let evidence = vec![format!("inline policy of {size} characters")];
        let remedy = format!("make it a document of the matrix, then {}", delete_inline(&inline));
        Some(Finding::new(named(&inline), evidence, remedy))
    }))
}

/// A policy that is attached to nothing waits to be attached by mistake.
pub(super) fn all_in_use(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    Ok(Judged::each(entities.policies.values(), |policy| {
        (policy.attachments == 0 && policy.boundaries == 0).then(|| {
            let is_gone = inspection.wanted().is_some_and(|wanted| !wanted.documents.contains(&policy.name));
            let remedy = if !inspection.is_ours(&policy.path) {
                format!("delete it when nobody misses it: `aws iam delete-policy --policy-arn {}`", policy.arn)
            } else if is_gone {
                NOT_IN_MATRIX.to_owned()
            } else {
                "attach it by a row of matrix.yaml, or remove its document and let `prune` delete it".to_owned()
            };
            Finding::new(policy.name.as_str(), vec![format!("{} is attached to nothing", policy.arn)], remedy)
        })
    }))
}

fn holders(entities: &Entities, partition: &str, policy: &str) -> (Vec<String>, usize) {
    let arn = Arn::policy(partition, "aws", "/", policy);
    let holders: Vec<_> = entities.holders_of(&arn).collect();
    let roles = holders.iter().filter(|(holder, _)| holder.as_str() == "role").count();
    (holders.into_iter().map(|(holder, name)| format!("{} {name}", holder.as_str())).collect(), roles)
}

/// Somebody must be able to open a case when things go wrong.
pub(super) fn support_role(inspection: &Inspection<'_>) -> Answer<Judged> {
    let evidence = inspection.evidence;
    let (holders, roles) = holders(evidence.entities()?, &evidence.partition, SUPPORT);
    let facts = [format!("no role carries {SUPPORT}")]
        .into_iter()
        .chain(holders.into_iter().map(|who| format!("carried by {who}")));
    let remedy = format!("make a role that your people may assume, and attach {SUPPORT} to it");
    Ok(Judged::one((roles == 0).then(|| Finding::new(evidence.account.as_str(), facts.collect(), remedy))))
}

/// `CloudShell` can upload and download files past every other control.
pub(super) fn no_cloudshell(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    let (holders, _) = holders(entities, &inspection.evidence.partition, CLOUDSHELL);
    let remedy = format!("detach {CLOUDSHELL}; where a shell is needed, allow it without file transfer");
    let findings =
        holders.into_iter().map(|who| Finding::new(who, vec![format!("carries {CLOUDSHELL}")], remedy.as_str()));
    Ok(Judged { examined: entities.holders().count(), findings: findings.collect(), notes: Vec::new() })
}
