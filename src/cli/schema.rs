//! `iamatrix schema`: the JSON Schema of a configuration file.

use anyhow::Result;

use super::{Ended, SchemaArgs};
use crate::matrix::schema::schema;

pub(super) fn main(args: &SchemaArgs) -> Result<Ended> {
    say!("{}", serde_json::to_string_pretty(&schema(args.which))?);
    Ok(Ended::Fine)
}
