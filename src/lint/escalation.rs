//! Groups whose people can become any role: they may pass every role to a service, and start something there.
//!
//! Source: IAM user guide, "Granting a user permissions to pass a role to an AWS service".

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::held::{People, alike};
use super::redundant::some;
use crate::access::administration::{REPAIR, repairs};
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

/// A policy, with what it says of each way.
struct Weighed<'a> {
    held: Holding<'a>,
    administrates: bool,
    /// To pass a role, and to start what runs under it.
    ways: Vec<(Grip, Grip)>,
}

impl<'a> Weighed<'a> {
    fn new(held: Holding<'a>, arns: &str) -> Self {
        let role = format!("{arns}:{ANY_ROLE}");
        let ways = WAYS.iter().map(|way| grips(held.1, way, &role)).collect();
        Weighed { held, administrates: repairs(held.1), ways }
    }
}

/// What a policy says of passing the role to the service, and of starting something there.
fn grips(document: &Document, (service, start): &(&str, &str), role: &str) -> (Grip, Grip) {
    let (session, start) = (Session::WithMfa, start.to_ascii_lowercase());
    let context = session.context().with("iam:PassedToService", Fact::text(*service));
    let pass = Question { action: "iam:passrole", resource: Some(role), session, context: &context };
    let begin = Question { action: &start, resource: None, session, context: &context };
    (Grip::of(document, &pass), Grip::of(document, &begin))
}

/// What those who hold some policies may do with any role that there is.
struct Passing<'a> {
    /// What they may start with it.
    starts: Vec<&'static str>,
    /// The policies that let any role pass.
    by: Vec<Holding<'a>>,
}

impl<'a> Passing<'a> {
    /// Nothing for those who may not, and for those who administrate, who need no detour.
    fn of(policies: &[&Weighed<'a>]) -> Option<Self> {
        if policies.iter().any(|policy| policy.administrates) {
            return None;
        }
        let mut passing = Passing { starts: Vec::new(), by: Vec::new() };
        for (at, (_, start)) in WAYS.iter().enumerate() {
            let ways = || policies.iter().filter_map(|policy| Some((policy.held, policy.ways.get(at)?)));
            let (pass, begin) = ways().fold((Grip::default(), Grip::default()), |(pass, begin), (_, way)| {
                (pass.and(way.0), begin.and(way.1))
            });
            if pass.reach().is_possible() && begin.reach().is_possible() {
                passing.starts.push(start);
                passing.by.extend(ways().filter(|(_, way)| way.0.allow > Sure::Never).map(|(held, _)| held));
            }
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

/// Every policy of a matrix, weighed.
struct Groups<'f, 'a> {
    facts: &'f Facts<'a>,
    weighed: BTreeMap<&'f Name, Weighed<'f>>,
}

impl<'f, 'a> Groups<'f, 'a> {
    fn new(facts: &'f Facts<'a>) -> Self {
        let named = facts.matrix.policies.iter().map(|row| &row.name).chain(&facts.matrix.baseline);
        let documents = named.filter_map(|name| Some((&name.value, facts.document(&name.value)?)));
        let weighed = documents.map(|held| (held.0, Weighed::new(held, facts.arns()))).collect();
        Groups { facts, weighed }
    }

    /// Whether the group or the baseline carries a policy that lets some role pass. Few do, and without one nothing does.
    fn lets_pass(&self, group: &Name) -> bool {
        let names = self.facts.carried_by(group).iter().copied().chain(&self.facts.matrix.baseline);
        let mut weighed = names.filter_map(|name| self.weighed.get(&name.value));
        weighed.any(|policy| policy.ways.iter().any(|(pass, _)| pass.allow > Sure::Never))
    }

    /// What somebody may do who is in these groups.
    fn passing(&self, groups: &BTreeSet<&Name>) -> Option<Passing<'f>> {
        let rows = groups.iter().flat_map(|group| self.facts.carried_by(group)).copied();
        let names: BTreeSet<&Name> = rows.chain(&self.facts.matrix.baseline).map(|name| &name.value).collect();
        Passing::of(&names.into_iter().filter_map(|name| self.weighed.get(name)).collect::<Vec<_>>())
    }

    /// The fewest of these groups that it takes; nothing where a single one does, or all of them do not.
    fn fewest<'n>(&self, groups: &BTreeSet<&'n Name>, alone: &BTreeSet<&Name>) -> Option<BTreeSet<&'n Name>> {
        let mut fewest: BTreeSet<&Name> = groups.iter().copied().filter(|group| !alone.contains(group)).collect();
        if fewest.len() < 2 || self.passing(groups).is_none() || self.passing(&fewest).is_none() {
            return None;
        }
        for group in fewest.clone() {
            let without: BTreeSet<&Name> = fewest.iter().copied().filter(|other| *other != group).collect();
            if self.passing(&without).is_some() {
                fewest = without;
            }
        }
        Some(fewest)
    }
}

/// V06: a group may pass any role to a service and start something there, or those may who are in several.
pub(super) fn passes_any_role(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let groups = Groups::new(facts);
    let mut alone = BTreeSet::new();
    for group in &facts.matrix.groups {
        let (name, span) = (&group.name.value, &group.name.span);
        let Some(passing) = groups.passing(&[name].into()) else { continue };
        alone.insert(name);
        found.push(Diagnostic::warning("V06", span, passing.message(&format!("`{name}`"))).on(name).help(HELP));
    }
    let names = facts.matrix.groups.iter().map(|group| &group.name.value);
    let passing: BTreeSet<&Name> = names.filter(|group| groups.lets_pass(group)).collect();
    let mut sets: BTreeMap<BTreeSet<&Name>, Vec<&Name>> = BTreeMap::new();
    for row in facts.matrix.users.iter().filter(|row| row.groups.iter().any(|cell| passing.contains(&cell.value))) {
        sets.entry(row.groups.iter().map(|cell| &cell.value).collect()).or_default().push(&row.name.value);
    }
    let mut told: BTreeMap<BTreeSet<&Name>, Vec<&Name>> = BTreeMap::new();
    for (set, people) in sets {
        if let Some(fewest) = groups.fewest(&set, &alone) {
            told.entry(fewest).or_default().extend(people);
        }
    }
    found.extend(told.into_iter().filter_map(|(set, people)| together(&groups, &set, people)));
}

/// What people may do who are in all of these groups; on the first of them.
fn together(groups: &Groups<'_, '_>, set: &BTreeSet<&Name>, mut people: Vec<&Name>) -> Option<Diagnostic> {
    people.sort_unstable();
    let in_groups = nearest::quoted(&set.iter().map(|group| group.as_str()).collect::<Vec<_>>());
    let message = groups.passing(set)?.message(&format!("{}, in groups {in_groups},", some(people)));
    let first = groups.facts.matrix.groups.iter().find(|group| set.contains(&group.name.value))?;
    let help =
        "none of these groups alone lets them; allow iam:PassRole on named roles only, or take people out of one";
    Some(Diagnostic::warning("V06", &first.name.span, message).on(&first.name.value).help(help))
}

/// V06 on the live account: it is about the groups that carry what lets roles pass, or about the user who does. What
/// stands in a user's boundary has to let it pass as well.
pub(super) fn people_pass_any_role(people: &People<'_>, found: &mut Vec<Diagnostic>) {
    let access = people.access;
    let known = |id: PolicyId| match &access.policy(id)?.body {
        Body::Known(document) => Some((&access.policy(id)?.name, document.as_ref())),
        Body::Unreadable | Body::Unknown => None,
    };
    let weighed: BTreeMap<PolicyId, Weighed<'_>> =
        access.ids().filter_map(|id| Some((id, Weighed::new(known(id)?, &people.arns)))).collect();
    let mut told = BTreeSet::new();
    for alike in alike(access, access.users.values(), speaks_of_roles) {
        let policies: Vec<&Weighed<'_>> = alike.held.policies.iter().filter_map(|id| weighed.get(id)).collect();
        let is_within =
            |id: PolicyId| weighed.get(&id).is_some_and(|it| it.administrates || Passing::of(&[it]).is_some());
        let Some(passing) = Passing::of(&policies).filter(|_| alike.held.boundary.is_none_or(is_within)) else {
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
