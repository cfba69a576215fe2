//! `iamatrix explain`: what somebody may do and why, and who may do something.

use anyhow::{Result, bail};
use serde_json::json;

use super::Ended;
use super::args::{ExplainArgs, ExplainFormat};
use super::context::{compare, never, prepare, structure};
use crate::access::aws::AwsDocuments;
use crate::access::explain::{self, Wanted};
use crate::access::portrait::{self, Portrait};
use crate::access::{Access, User, render};
use crate::catalog::Catalog;
use crate::catalog::actions::Catalogue;
use crate::matrix::{Checked, Mode, Overrides};
use crate::name::Name;
use crate::nearest;
use crate::policy::pattern;

/// What the words of [`render::who`] mean.
const LEGEND: &str = "yes: on every resource, always; guarded: except where a guard's own condition or resource denies it\n\
                      limited: on some resources or under a condition only\n\
                      no: nothing allows it, or a policy denies it\n";

/// How an ARN is written.
const ARN: &str = "arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE";

pub(super) async fn main(args: &ExplainArgs) -> Result<Ended> {
    if let Some(action) = args.who.as_deref().or(args.action.as_deref()) {
        check_question(action, args.on.as_deref().or(args.resource.as_deref()))?;
    }
    let (access, checked, source) = access(args).await?;
    if let Some(action) = &args.who {
        return who(args, &access, action, source);
    }
    let Some(name) = &args.user else { bail!("name a user, or ask `explain --who ACTION`") };
    let user = user(&access, name)?;
    match &args.action {
        Some(action) => may(args, &access, user, action),
        None => portrait(args, &portrait::of(&access, user, checked.matrix())),
    }
}

/// Everybody's access, from the matrix or from the account, and which of the two.
async fn access(args: &ExplainArgs) -> Result<(Access, Checked, &'static str)> {
    if args.live || args.target.sandbox().is_some() {
        let (mut connected, checked) = prepare(&args.config, &args.target, never()).await?;
        let compared = compare(&mut connected.reconciler, &checked).await?;
        return Ok((compared.before, checked, "in the account"));
    }
    let catalog = Catalog::embedded("aws");
    let overrides = Overrides { mode: Some(Mode::Observe), ..args.target.overrides(None) };
    let checked = structure(&args.config, &overrides, &catalog)?;
    let matrix = checked.matrix();
    let names = matrix.policies.iter().map(|row| &row.name.value).chain(matrix.baseline.iter().map(|name| &name.value));
    let aws = AwsDocuments::shipped(&catalog, names);
    Ok((Access::of_matrix(matrix, &catalog, &aws), checked, "by the matrix"))
}

fn user<'a>(access: &'a Access, name: &str) -> Result<&'a User> {
    if let Some(user) = access.users.get(&Name::new(name)) {
        return Ok(user);
    }
    let near = nearest::to(name, access.users.keys().map(Name::as_str), 3);
    let near = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
    bail!("there is no user `{name}`{near}")
}

fn who(args: &ExplainArgs, access: &Access, action: &str, source: &str) -> Result<Ended> {
    let found = explain::who(access, Wanted { action, resource: args.on.as_deref() });
    match args.output {
        ExplainFormat::Json => say!("{}", serde_json::to_string_pretty(&json!({ "action": action, "who": found }))?),
        ExplainFormat::Text if found.is_empty() => say!("Nobody may do {action} {source}."),
        ExplainFormat::Text => {
            say!("{} of {} users may do {action} {source}:\n", found.len(), access.users.len());
            tell!("{}\n{LEGEND}", render::who(&found));
        }
    }
    Ok(Ended::Fine)
}

fn may(args: &ExplainArgs, access: &Access, user: &User, action: &str) -> Result<Ended> {
    let answers = explain::explain(access, user, Wanted { action, resource: args.resource.as_deref() });
    match args.output {
        ExplainFormat::Json => {
            let view = json!({ "user": user.name, "action": action, "resource": args.resource, "answers": answers });
            say!("{}", serde_json::to_string_pretty(&view)?);
        }
        ExplainFormat::Text => {
            let on = args.resource.as_deref().unwrap_or("anything");
            tell!("{} {action} on {on}:\n{}", user.name, render::answers(&answers));
        }
    }
    Ok(Ended::Fine)
}

fn portrait(args: &ExplainArgs, portrait: &Portrait) -> Result<Ended> {
    match args.output {
        ExplainFormat::Json => say!("{}", serde_json::to_string_pretty(portrait)?),
        ExplainFormat::Text => tell!("{}", render::portrait(portrait)),
    }
    Ok(Ended::Fine)
}

/// An action that AWS does not have, or a resource that the action never acts on, is more often a slip of the pen than
/// a question.
fn check_question(action: &str, resource: Option<&str>) -> Result<()> {
    let catalogue = Catalogue::default();
    check_action(&catalogue, action)?;
    resource.map_or(Ok(()), |resource| check_resource(&catalogue, action, resource))
}

fn check_action(catalogue: &Catalogue, action: &str) -> Result<()> {
    if action.contains(['*', '?']) {
        bail!("name one action, such as ec2:TerminateInstances; `{action}` is a pattern");
    }
    let Some((service, _)) = action.split_once(':') else {
        bail!("`{action}` is no action: write the service, a colon and the name, such as ec2:TerminateInstances");
    };
    if catalogue.action(action).is_some() {
        return Ok(());
    }
    let known = catalogue.service(service).map(|service| service.actions.as_slice()).unwrap_or_default();
    let near = nearest::to(action, known.iter().map(|known| known.name.as_str()), 3);
    let near = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
    bail!("AWS documents no action `{action}`{near}")
}

/// `*` is every resource. An ARN has to be one that AWS documents for the action, as far as it documents any.
fn check_resource(catalogue: &Catalogue, action: &str, resource: &str) -> Result<()> {
    let Some(known) = catalogue.action(action).filter(|_| resource != "*") else { return Ok(()) };
    let formats = formats(catalogue, action);
    if !is_arn(resource) {
        let such = formats.first().map_or(ARN, |(_, format)| format);
        bail!("`{resource}` is no resource: write `*` for all, or an ARN such as {such}");
    }
    if known.resources.is_empty() {
        bail!("{} acts on no resource that a policy can name: leave it out, or write `*`", known.name);
    }
    // A type of another service's may be missing from the list; then nobody can say.
    if formats.len() < known.resources.len() || formats.iter().any(|(arn, _)| pattern::matches(arn, resource)) {
        return Ok(());
    }
    let formats: Vec<_> = formats.into_iter().map(|(_, format)| format).collect();
    bail!("{} never acts on `{resource}`, but on {}", known.name, formats.join(", "))
}

/// The resources of an action: the pattern of the ARN, and how it is written.
fn formats<'c>(catalogue: &'c Catalogue, action: &str) -> Vec<(&'c str, &'c str)> {
    let service = action.split_once(':').and_then(|(prefix, _)| catalogue.service(prefix));
    let names = catalogue.action(action).map(|known| known.resources.as_slice()).unwrap_or_default();
    let types = service.map(|service| service.resources.as_slice()).unwrap_or_default();
    let of_action = types.iter().filter(|it| names.contains(&it.name));
    of_action.map(|it| (it.arn.as_str(), it.format.as_str())).collect()
}

/// Six parts, the first of which is `arn`; region and account may be empty (IAM user guide, ARN format).
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if ![partition, service, resource].iter().any(|part| part.is_empty()))
}
