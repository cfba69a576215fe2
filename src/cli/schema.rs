//! `iamatrix schema`: what may be written into a configuration file, for editors and for people.

use anyhow::Result;

use super::Ended;
use super::args::{SchemaArgs, SchemaFormat};
use crate::matrix::reference;
use crate::matrix::schema::schema;

pub(super) fn main(args: &SchemaArgs) -> Result<Ended> {
    match args.output {
        SchemaFormat::Json => say!("{}", serde_json::to_string_pretty(&schema(args.which))?),
        SchemaFormat::Markdown => tell!("{}", reference::markdown(args.which)),
    }
    Ok(Ended::Fine)
}
