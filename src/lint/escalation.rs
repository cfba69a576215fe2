//! Groups whose people can become any role: they may pass every role to a service, and start something there.
//!
//! Source: IAM user guide, "Granting a user permissions to pass a role to an AWS service".

use std::collections::BTreeSet;

use super::Facts;
use super::held::{People, alike};
use super::lockout::{REPAIR, administrates};
use crate::access::reach::{Grip, Question, Session, Sure};
use crate::access::{Body, PolicyId, Through};
use crate::diagnostic::Diagnostic;
use crate::name::Name;
use crate::nearest;
use crate::policy::context::Fact;
use crate::policy::{Document, Effect, Written};

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

/// A role that no policy names, below what the ARNs of the account begin with.
const ANY_ROLE: &str = "role/any-role-at-all";

const HELP: &str =
    "whoever is in it can become any role that trusts the service; allow iam:PassRole on named roles only";

/// Policies that somebody holds, with what they say.
type Holding<'a> = (&'a Name, &'a Document);

/// What those who hold some policies may do with any role that there is.
struct Passing<'a> {
    /// What they may start with it.
    starts: Vec<&'static str>,
    /// The policies that let any role pass.
    by: Vec<Holding<'a>>,
}

impl<'a> Passing<'a> {
    /// Nothing for those who may not, and for those who administrate, who need no detour.
    fn of(policies: &[Holding<'a>], arns: &str) -> Option<Self> {
        if policies.iter().any(|(_, document)| administrates(document, arns)) {
            return None;
        }
        let role = format!("{arns}:{ANY_ROLE}");
        let mut passing = Passing { starts: Vec::new(), by: Vec::new() };
        for way in &WAYS {
            let Some((start, by)) = open(policies, way, &role) else { continue };
            passing.starts.push(start);
            passing.by.extend(by);
        }
        passing.by.sort_by_key(|(name, _)| *name);
        passing.by.dedup_by_key(|(name, _)| *name);
        (!passing.starts.is_empty()).then_some(passing)
    }

    fn message(&self, people: &str) -> String {
        let by: Vec<&str> = self.by.iter().map(|(name, _)| name.as_str()).collect();
        let (by, starts) = (nearest::quoted(&by), self.starts.join(", "));
        format!("{people} may pass any role to a service, by {by}, and start what runs under it: {starts}")
    }
}

/// V06: a group may pass any role to a service and start something there.
pub(super) fn passes_any_role(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    for group in &facts.matrix.groups {
        let rows = facts.carried_by(&group.name.value).iter().map(|row| &row.value);
        let names = rows.chain(facts.matrix.baseline.iter().map(|name| &name.value));
        let policies: Vec<Holding<'_>> = names.filter_map(|name| Some((name, facts.document(name)?))).collect();
        let Some(passing) = Passing::of(&policies, facts.arns()) else { continue };
        let (name, span) = (&group.name.value, &group.name.span);
        found.push(Diagnostic::warning("V06", span, passing.message(&format!("`{name}`"))).on(name).help(HELP));
    }
}

/// V06 on the live account: it is about the groups that carry what lets roles pass, or about the user who does. What
/// stands in a user's boundary has to let it pass as well.
pub(super) fn people_pass_any_role(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    let access = people.access;
    let known = |id: PolicyId| match &access.policy(id)?.body {
        Body::Known(document) => Some((&access.policy(id)?.name, document.as_ref())),
        Body::Unreadable | Body::Unknown => None,
    };
    let mut told = BTreeSet::new();
    for alike in alike(access, access.users.values(), speaks_of_roles) {
        let policies: Vec<Holding<'_>> = alike.held.policies.iter().filter_map(|id| known(*id)).collect();
        let arns = people.arns.as_str();
        let is_within =
            |id: PolicyId| known(id).is_some_and(|it| administrates(it.1, arns) || Passing::of(&[it], arns).is_some());
        let Some(passing) = Passing::of(&policies, arns).filter(|_| alike.held.boundary.is_none_or(is_within)) else {
            continue;
        };
        let message = passing.message(&alike.people());
        for holding in &alike.first.holdings {
            let Some((_, document)) = known(holding.policy).filter(|held| passing.by.contains(held)) else { continue };
            let object = match &holding.through {
                Through::Group(group) => group,
                Through::Attached | Through::Inline => &alike.first.name,
            };
            let passes = |written: &&Written| {
                written.statement.effect == Effect::Allow && written.statement.actions.includes("iam:passrole")
            };
            if let Some(written) = document.written().find(passes)
                && told.insert(object.clone())
            {
                let span = written.place.statement();
                found.push(Diagnostic::warning("V06", span, message.as_str()).on(object).help(HELP));
            }
        }
    }
}

/// Whether a policy speaks of passing roles, of what they are passed for, or of what administrators may do.
fn speaks_of_roles(document: &Document) -> bool {
    let starts = WAYS.iter().map(|(_, start)| start.to_ascii_lowercase());
    let asked: Vec<String> = starts.chain(["iam:passrole".to_owned()]).chain(REPAIR.map(str::to_owned)).collect();
    document.statements().any(|statement| asked.iter().any(|action| statement.actions.includes_action(action)))
}

/// The action that starts something, if a role may be passed for it, with the policies that let any role pass.
fn open<'a>(
    policies: &[Holding<'a>],
    (service, start): &(&str, &'static str),
    role: &str,
) -> Option<(&'static str, Vec<Holding<'a>>)> {
    let context = Session::WithMfa.context().with("iam:PassedToService", Fact::text(*service));
    let pass = Question { action: "iam:passrole", resource: Some(role), session: Session::WithMfa, context: &context };
    let folded = start.to_ascii_lowercase();
    let begin = Question { action: &folded, resource: None, session: Session::WithMfa, context: &context };
    let all = |question: &Question<'_>| {
        policies.iter().fold(Grip::default(), |whole, (_, document)| whole.and(Grip::of(document, question)))
    };
    if !all(&pass).reach().is_possible() || !all(&begin).reach().is_possible() {
        return None;
    }
    let by = policies.iter().copied().filter(|(_, document)| Grip::of(document, &pass).allow > Sure::Never).collect();
    Some((*start, by))
}
