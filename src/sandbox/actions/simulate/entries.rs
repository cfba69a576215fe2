//! The condition keys of a simulation, with the types that they are sent with.

use data_encoding::BASE64;
use jiff::Timestamp;

use super::invalid;
use crate::policy::context::{Context, Fact};
use crate::sandbox::{
    error::{Error, shown},
    params::Params,
    rules,
};

/// Reads `ContextEntries` into a context; what is sent wins over what is known.
pub fn read(params: &Params, mut context: Context) -> Result<Context, Error> {
    for n in 1.. {
        let at = |part: &str| format!("ContextEntries.member.{n}.{part}");
        let mut reader = params.reader();
        let kind = reader.optional(&at("ContextKeyType"), &rules::CONTEXT_KEY_TYPE);
        let values = reader.list(&at("ContextKeyValues"), &rules::CONTEXT_KEY_VALUE);
        let name = reader.optional(&at("ContextKeyName"), &rules::CONTEXT_KEY_NAME);
        reader.finish()?;
        let Some(name) = name else {
            let nothing = kind.is_none() && values.is_empty();
            return if nothing { Ok(context) } else { Err(invalid("A context entry has no ContextKeyName.")) };
        };
        context = context.with(name, fact(name, kind.unwrap_or("string"), &values)?);
    }
    Ok(context)
}

/// A key with its values: a list when its type is one, or when there are several values.
fn fact(name: &str, kind: &str, values: &[&str]) -> Result<Fact, Error> {
    let one = kind.strip_suffix("List").unwrap_or(kind);
    let read = |value: &&str| {
        let wrong = || invalid(format!("Invalid value {} of type {one} for {}", shown(value), shown(name)));
        value_of(one, value).ok_or_else(wrong)
    };
    let facts = values.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    match <[Fact; 1]>::try_from(facts) {
        Ok([fact]) if one == kind => Ok(fact),
        Ok(single) => Ok(Fact::List(single.into())),
        Err(several) => Ok(Fact::List(several)),
    }
}

fn value_of(kind: &str, value: &str) -> Option<Fact> {
    Some(match kind {
        "numeric" => Fact::Number(value.parse().ok().filter(|number: &f64| number.is_finite())?),
        "boolean" => Fact::Bool(value.to_ascii_lowercase().parse().ok()?),
        "ip" => Fact::Address(value.parse().ok()?),
        "binary" => Fact::Binary(BASE64.decode(value.as_bytes()).ok()?),
        "date" => Fact::Time(moment(value)?),
        _ => Fact::text(value),
    })
}

/// ISO 8601, with midnight when there is a day only, or seconds since 1970.
fn moment(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    text.parse().ok().or_else(seconds).or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

/// The keys of a caller of that ARN: of a user also name and, if known, id.
pub fn of_caller(arn: &str, user: Option<&str>, id: Option<&str>) -> Context {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let context = Context::default()
        .with("aws:PrincipalArn", Fact::Arn(arn.to_owned()))
        .with("aws:PrincipalAccount", Fact::text(account));
    let Some(user) = user else { return context };
    let context = context.with("aws:username", Fact::text(user)).with("aws:PrincipalType", Fact::text("User"));
    id.map_or_else(|| context.clone(), |id| context.clone().with("aws:userid", Fact::text(id)))
}
