//! `iamatrix check`: the configuration, judged offline.

use anyhow::Result;

use super::context::{counted, source};
use super::{CheckArgs, CheckFormat, Ended, stdout_dress};
use crate::catalog::Catalog;
use crate::diagnostic::{self, Diagnostic};
use crate::files::Files;
use crate::matrix;

pub(super) fn main(args: &CheckArgs) -> Result<Ended> {
    let files = Files::read(&args.config.paths())?;
    let result = matrix::check(matrix::load(&files), &Catalog::embedded("aws"));
    let (findings, sizes) = match &result {
        Ok(checked) => (checked.warnings(), Some(checked.matrix())),
        Err(findings) => (findings.as_slice(), None),
    };
    match args.output {
        CheckFormat::Json => say!("{}", serde_json::to_string_pretty(findings)?),
        CheckFormat::Text => {
            tell!("{}", diagnostic::to_text(findings, |name| source(&files, name), stdout_dress()));
            match sizes {
                Some(matrix) => say!(
                    "{}: {} users, {} groups, {} policy rows, {} documents; {}",
                    args.config.config.display(),
                    matrix.users.len(),
                    matrix.groups.len(),
                    matrix.policies.len(),
                    matrix.documents.len(),
                    counted(findings)
                ),
                None => say!("{}: {}", args.config.config.display(), counted(findings)),
            }
        }
    }
    Ok(if findings.iter().any(Diagnostic::is_error) { Ended::Failed } else { Ended::Fine })
}
