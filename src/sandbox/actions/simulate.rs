//! `SimulateCustomPolicy` and `SimulatePrincipalPolicy`: what policies would say.
//!
//! Identity policies and a permissions boundary are simulated. What would make the answer another one and is not known
//! here (resource policies, service control policies, exclusions) is refused, never passed over.

use std::sync::LazyLock;

use super::{Answer, Call, page_of};
use crate::catalog::actions::Catalogue;
use crate::policy::{context::Context, evaluate::Decision, pattern};
use crate::sandbox::{
    documents::{self, Kind},
    entities::{Folded, User},
    error::{Code, Error, shown},
    held::{Held, Holding},
    paging::Page,
    params::Reader,
    rules,
    simulation::{Matched, Outcome, Position, Simulation},
    state::State,
    xml::Xml,
};

mod entries;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);

/// Parameters that are not simulated.
const REFUSED: [&str; 3] = ["ResourcePolicy", "OrderedOrganizationPolicyInputList", "PolicyExclusionList"];

/// What is asked of a simulation.
struct Question<'p> {
    actions: Vec<&'p str>,
    resources: Vec<&'p str>,
    policies: Vec<&'p str>,
    boundaries: Vec<&'p str>,
    caller: Option<&'p str>,
    page: Page,
}

/// Simulates policies that are sent along.
pub fn custom(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    reader.required_list("PolicyInputList");
    let question = Question::read(&mut reader);
    reader.finish()?;
    question.check(call)?;
    let context = identity(call.state, question.caller);
    question.answer(call, Holding::default(), context)
}

/// Simulates what a user, group or role holds, and policies that are sent along.
pub fn principal(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let arn = reader.required("PolicySourceArn", &rules::ARN);
    let question = Question::read(&mut reader);
    reader.finish()?;
    question.check(call)?;
    let holding = holding(call.state, arn)?;
    let context = identity(call.state, Some(question.caller.unwrap_or(arn)));
    question.answer(call, holding, context)
}

impl<'p> Question<'p> {
    fn read(reader: &mut Reader<'p>) -> Self {
        let question = Self {
            policies: reader.list("PolicyInputList", &rules::DOCUMENT),
            boundaries: reader.list("PermissionsBoundaryPolicyInputList", &rules::DOCUMENT),
            actions: reader.list("ActionNames", &rules::ACTION_NAME),
            resources: reader.list("ResourceArns", &rules::RESOURCE_NAME),
            caller: reader.optional("CallerArn", &rules::RESOURCE_NAME),
            page: Page::read(reader),
        };
        reader.optional("ResourceOwner", &rules::RESOURCE_NAME);
        reader.optional("ResourceHandlingOption", &rules::RESOURCE_HANDLING);
        reader.required_list("ActionNames");
        question
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Error> {
        if let Some(name) = REFUSED.into_iter().find(|name| call.params.has(name)) {
            return Err(invalid(format!("The sandbox simulates no {name}: leave it out.")));
        }
        if self.boundaries.len() > 1 {
            return Err(invalid("The list of Permissions Boundary policies cannot exceed 1 items."));
        }
        let wrong = self.actions.iter().find(|action| !is_action(action));
        if let Some(action) = wrong {
            return Err(invalid(format!("Invalid Input Actions: \"{}\" names no single action.", shown(action))));
        }
        let wrong = self.resources.iter().find(|resource| !is_resource(resource));
        if let Some(resource) = wrong {
            return Err(invalid(format!("Invalid Resource Arn: {}", shown(resource))));
        }
        let texts = self.policies.iter().chain(&self.boundaries);
        texts.into_iter().try_for_each(|text| {
            documents::check(text, Kind::Inline).map_err(|error| invalid(format!("Invalid Policy: {}", error.message)))
        })
    }

    /// A boundary that is sent along takes the place of the one that is held.
    fn answer(&self, call: &Call<'_>, holding: Holding, context: Context) -> Answer {
        let sent = |list: &str, texts: &[&str]| -> Vec<Held> {
            let numbered = texts.iter().zip(1..);
            numbered.map(|(text, n)| Held::new(format!("{list}.{n}"), None, (*text).to_owned())).collect()
        };
        let mut policies = holding.policies;
        policies.extend(sent("PolicyInputList", &self.policies));
        let boundary = sent("PermissionsBoundaryPolicyInputList", &self.boundaries).pop().or(holding.boundary);
        let simulation = Simulation { policies, boundary, context: entries::read(call.params, context)? };
        if let Some(opaque) = simulation.opaque() {
            let message = format!("The policy {} cannot be evaluated.", opaque.source);
            return Err(Error::new(Code::PolicyEvaluation, message));
        }
        let numbered = self.actions.iter().enumerate().map(|(at, action)| (format!("{at:06}"), *action));
        let paged = self.page.take(numbered);
        page_of("EvaluationResults", &paged, |xml, action| self.write(xml, &simulation, action))
    }

    /// One result an action, whatever the number of resources; each of these has a result of its own within, unless
    /// all resources are meant.
    fn write(&self, xml: &mut Xml, simulation: &Simulation, action: &str) {
        let resources = if self.resources.is_empty() { &["*"] } else { self.resources.as_slice() };
        let outcomes: Vec<Outcome> = resources.iter().map(|on| simulation.outcome(action, on)).collect();
        let Some(all) = Outcome::of_all(&outcomes) else { return };
        xml.text("EvalActionName", action);
        xml.text("EvalResourceName", &template(action, resources.first().unwrap_or(&"*")));
        xml.text("EvalDecision", decision(all.decision));
        write_outcome(xml, &all);
        if resources != ["*"] {
            xml.list("ResourceSpecificResults", resources.iter().zip(&outcomes), |xml, (resource, outcome)| {
                xml.text("EvalResourceName", resource);
                xml.text("EvalResourceDecision", decision(outcome.decision));
                write_outcome(xml, outcome);
            });
        }
    }
}

fn write_outcome(xml: &mut Xml, outcome: &Outcome) {
    xml.list("MatchedStatements", &outcome.matched, write_matched);
    xml.texts("MissingContextValues", &outcome.missing);
    if let Some(within) = outcome.within {
        xml.within("PermissionsBoundaryDecisionDetail", |xml| xml.plain("AllowedByPermissionsBoundary", within));
    }
}

/// IAM sends `IAM Policy` as the type, which is none of the words of its own model.
fn write_matched(xml: &mut Xml, matched: &Matched) {
    let write = |xml: &mut Xml, position: Position| {
        xml.plain("Line", position.line);
        xml.plain("Column", position.column);
    };
    xml.text("SourcePolicyId", &matched.source);
    xml.text("SourcePolicyType", "IAM Policy");
    xml.within("StartPosition", |xml| write(xml, matched.start));
    xml.within("EndPosition", |xml| write(xml, matched.end));
}

fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitlyDenied => "explicitDeny",
        Decision::ImplicitlyDenied => "implicitDeny",
    }
}

/// The format of the ARNs that an action acts on: of the resource's type or, when that does not tell, the shortest.
fn template(action: &str, resource: &str) -> String {
    let format = || {
        let service = CATALOGUE.service(action.split_once(':')?.0)?;
        let named = &CATALOGUE.action(action)?.resources;
        let types = service.resources.iter().filter(|kind| named.contains(&kind.name));
        let of_type = types.clone().find(|kind| pattern::matches(&kind.arn, resource));
        of_type.or_else(|| types.min_by_key(|kind| kind.format.len())).map(|kind| kind.format.clone())
    };
    format().unwrap_or_else(|| "*".to_owned())
}

/// What the entity of that ARN holds.
fn holding(state: &State, arn: &str) -> Result<Holding, Error> {
    let unclear =
        || invalid(format!("Invalid Entity Arn: {} does not clearly define entity type and name.", shown(arn)));
    let (account, rest) =
        arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(':')).ok_or_else(unclear)?;
    if account != state.account_id {
        let (caller, account) = (&state.account_id, shown(account));
        let message = format!("caller's account {caller} does not have access to policies in account {account}");
        return Err(invalid(format!("Invalid Policy Source Arn: {message}")));
    }
    let (kind, full_name) = rest.split_once('/').ok_or_else(unclear)?;
    let name = full_name.rsplit('/').next().filter(|name| !name.is_empty()).ok_or_else(unclear)?;
    let key = Folded::of(name);
    let is_of = |path: &str, name: &str| state.entity_arn(kind, path, name) == arn;
    let found = match kind {
        "user" => {
            state.users.get(&key).filter(|user| is_of(&user.path, &user.name)).map(|it| Holding::of_user(state, it))
        }
        "group" => state
            .groups
            .get(&key)
            .filter(|group| is_of(&group.path, &group.name))
            .map(|it| Holding::of_group(state, it)),
        "role" => {
            state.roles.get(&key).filter(|role| is_of(&role.path, &role.name)).map(|it| Holding::of_role(state, it))
        }
        _ => return Err(unclear()),
    };
    found.ok_or_else(|| Error::no_such(kind, name))
}

/// What is known of the simulated caller, who is an IAM user, without being told.
fn identity(state: &State, arn: Option<&str>) -> Context {
    let Some(arn) = arn else { return Context::default() };
    let name = arn.split_once(":user/").and_then(|(_, full_name)| full_name.rsplit('/').next());
    let known: Option<&User> = name.and_then(|name| state.users.get(&Folded::of(name)));
    entries::of_caller(arn, name, known.map(|user| user.id.as_str()))
}

fn is_action(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty())
        && !pattern::is_pattern(action)
}

fn is_resource(resource: &str) -> bool {
    resource == "*" || (resource.starts_with("arn:") && resource.splitn(6, ':').count() == 6)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidInput, message)
}

#[cfg(test)]
mod tests;
