//! `iamatrix explain`: what somebody may do and why, and who may do something.

use anyhow::{Result, bail};
use serde_json::json;

use super::context::{configuration, never, prepare};
use super::{Ended, ExplainArgs, ExplainFormat};
use crate::access::aws::AwsDocuments;
use crate::access::explain::{self, Wanted};
use crate::access::portrait::{self, Portrait};
use crate::access::{Access, User, render};
use crate::catalog::Catalog;
use crate::clock;
use crate::matrix::{Checked, Mode, Overrides};
use crate::name::Name;
use crate::nearest;

pub(super) async fn main(args: &ExplainArgs) -> Result<Ended> {
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
        let compared = connected.reconciler.compare(&checked, clock::now()).await?;
        return Ok((compared.before, checked, "in the account"));
    }
    let catalog = Catalog::embedded("aws");
    let overrides = Overrides { mode: Some(Mode::Observe), ..args.target.overrides(None) };
    let checked = configuration(&args.config, &overrides, &catalog)?;
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
    check_action(action)?;
    let found = explain::who(access, Wanted { action, resource: args.on.as_deref() });
    match args.output {
        ExplainFormat::Json => say!("{}", serde_json::to_string_pretty(&json!({ "action": action, "who": found }))?),
        ExplainFormat::Text if found.is_empty() => say!("Nobody may do {action} {source}."),
        ExplainFormat::Text => {
            say!("{} of {} users may do {action} {source}:\n", found.len(), access.users.len());
            tell!("{}", render::who(&found));
        }
    }
    Ok(Ended::Fine)
}

fn may(args: &ExplainArgs, access: &Access, user: &User, action: &str) -> Result<Ended> {
    check_action(action)?;
    let answers = explain::explain(access, user, Wanted { action, resource: args.resource.as_deref() });
    match args.output {
        ExplainFormat::Json => {
            let view = json!({ "user": user.name, "action": action, "resource": args.resource, "answers": answers });
            say!("{}", serde_json::to_string_pretty(&view)?);
        }
        ExplainFormat::Text => tell!("{}", render::answers(&answers)),
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

/// An action that AWS does not have is more often a slip of the pen than a question.
fn check_action(action: &str) -> Result<()> {
    if action.contains(['*', '?']) {
        bail!("name one action, such as ec2:TerminateInstances; `{action}` is a pattern");
    }
    let Some((service, _)) = action.split_once(':') else {
        bail!("`{action}` is no action: write the service, a colon and the name, such as ec2:TerminateInstances");
    };
    let known = crate::catalog::actions::service(service).map(|service| service.actions).unwrap_or_default();
    if known.iter().any(|known| known.name.eq_ignore_ascii_case(action)) {
        return Ok(());
    }
    let near = nearest::to(action, known.iter().map(|known| known.name.as_str()), 3);
    let near = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
    bail!("AWS documents no action `{action}`{near}")
}
