//! Groups whose people can become any role: they may pass every role to a service, and start something there.
//!
//! Source: IAM user guide, "Granting a user permissions to pass a role to an AWS service".

use std::collections::BTreeSet;

use super::Facts;
use super::lockout::administrates;
use crate::access::reach::{Grip, Question, Session, Sure};
use crate::diagnostic::Diagnostic;
use crate::name::Name;
use crate::nearest;
use crate::policy::context::Fact;

/// A service that runs what it is given under a role, and what starts that.
const WAYS: [(&str, &str); 9] = [
    ("cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    ("codebuild.amazonaws.com", "codebuild:CreateProject"),
    ("datapipeline.amazonaws.com", "datapipeline:PutPipelineDefinition"),
    ("ec2.amazonaws.com", "ec2:RunInstances"),
    ("ecs-tasks.amazonaws.com", "ecs:RunTask"),
    ("glue.amazonaws.com", "glue:CreateJob"),
    ("lambda.amazonaws.com", "lambda:CreateFunction"),
    ("sagemaker.amazonaws.com", "sagemaker:CreateNotebookInstance"),
    ("states.amazonaws.com", "states:CreateStateMachine"),
];

/// A role that no policy names.
const ANY_ROLE: &str = "arn:aws:iam::123456789012:role/any-role-at-all";

/// V06: a group may pass any role to a service and start something there. Who administrates needs no detour.
pub(super) fn passes_any_role(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    for group in &facts.matrix.groups {
        let rows = facts.carried_by(&group.name.value);
        if rows.iter().any(|row| administrates(facts, &row.value)) {
            continue;
        }
        let baseline = facts.matrix.baseline.iter().map(|name| &name.value);
        let policies: Vec<&Name> = rows.iter().map(|row| &row.value).chain(baseline).collect();
        let ways: Vec<(&str, BTreeSet<&Name>)> = WAYS.iter().filter_map(|way| open(facts, &policies, way)).collect();
        if ways.is_empty() {
            continue;
        }
        let starts: Vec<&str> = ways.iter().map(|(start, _)| *start).collect();
        let by: BTreeSet<&str> = ways.iter().flat_map(|(_, by)| by.iter().map(|name| name.as_str())).collect();
        let message = format!(
            "`{}` may pass any role to a service, by {}, and start what runs under it: {}",
            group.name.value,
            nearest::quoted(&by.into_iter().collect::<Vec<_>>()),
            starts.join(", ")
        );
        found.push(Diagnostic::warning("V06", &group.name.span, message).on(&group.name.value).help(
            "whoever is in it can become any role that trusts the service; allow iam:PassRole on named roles only",
        ));
    }
}

/// The action that starts something, if a role may be passed for it, with the policies that let any role pass.
fn open<'a>(
    facts: &Facts<'_>,
    policies: &[&'a Name],
    (service, start): &(&str, &'static str),
) -> Option<(&'static str, BTreeSet<&'a Name>)> {
    let context = Session::WithMfa.context().with("iam:PassedToService", Fact::text(*service));
    let pass =
        Question { action: "iam:passrole", resource: Some(ANY_ROLE), session: Session::WithMfa, context: &context };
    let folded = start.to_ascii_lowercase();
    let begin = Question { action: &folded, resource: None, session: Session::WithMfa, context: &context };
    let grip = |name: &Name, question: &Question<'_>| {
        facts.document(name).map_or_else(Grip::default, |document| Grip::of(document, question))
    };
    let all =
        |question: &Question<'_>| policies.iter().fold(Grip::default(), |whole, name| whole.and(grip(name, question)));
    if !all(&pass).reach().is_possible() || !all(&begin).reach().is_possible() {
        return None;
    }
    let by = policies.iter().copied().filter(|name| grip(name, &pass).allow > Sure::Never).collect();
    Some((*start, by))
}
