//! `iamatrix check`: the configuration, judged offline.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::args::{CheckArgs, CheckFormat};
use super::context::{counted, source};
use super::{Ended, stdout_dress};
use crate::catalog::Catalog;
use crate::diagnostic::sarif::to_sarif;
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::files::Files;
use crate::matrix::{self, Matrix};
use crate::{clock, nearest, rulebook};

pub(super) fn main(args: &CheckArgs) -> Result<Ended> {
    if let Some(rule) = &args.explain {
        return explain(rule);
    }
    let files = Files::read(&args.config.paths())?;
    let result = matrix::check(matrix::load(&files), &Catalog::embedded("aws"), clock::today());
    let (findings, sizes) = match &result {
        Ok(checked) => (checked.findings(), Some(checked.matrix())),
        Err(findings) => (findings.as_slice(), None),
    };
    match args.output {
        CheckFormat::Json => say!("{}", serde_json::to_string_pretty(findings)?),
        CheckFormat::Sarif => {
            let sarif = to_sarif(findings, |name| source(&files, name));
            say!("{}", serde_json::to_string_pretty(&sarif)?);
        }
        CheckFormat::Text => {
            let shown = findings.iter().filter(|finding| args.infos || finding.severity != Severity::Info);
            tell!("{}", diagnostic::to_text(shown, |name| source(&files, name), stdout_dress()));
            let sizes = sizes.map(|matrix| sizes_of(matrix) + "; ").unwrap_or_default();
            say!("{}: {sizes}{}", args.config.config.display(), counted(findings));
            if let Some(infos) = infos(findings).filter(|_| !args.infos) {
                say!("Only worth knowing, and shown by --infos: {infos}");
            }
        }
    }
    Ok(if findings.iter().any(Diagnostic::is_error) { Ended::Failed } else { Ended::Fine })
}

/// How often each rule tells something that is only worth knowing; none when none does.
fn infos(findings: &[Diagnostic]) -> Option<String> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for info in findings.iter().filter(|finding| finding.severity == Severity::Info && finding.waived.is_none()) {
        *times.entry(info.code).or_default() += 1;
    }
    let told: Vec<String> = times.into_iter().map(|(rule, times)| format!("{rule} ({times})")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn sizes_of(matrix: &Matrix) -> String {
    format!(
        "{} users, {} groups, {} policy rows, {} documents",
        matrix.users.len(),
        matrix.groups.len(),
        matrix.policies.len(),
        matrix.documents.len()
    )
}

/// Prints the page of a rule, or the book of all of them.
fn explain(rule: &str) -> Result<Ended> {
    if rule == "all" {
        tell!("{}", rulebook::book());
        return Ok(Ended::Fine);
    }
    let pages: Vec<String> = rulebook::find(rule).into_iter().map(rulebook::page).collect();
    if pages.is_empty() {
        let near = rulebook::nearest(rule);
        let help = if near.is_empty() {
            "`--explain all` prints every rule".to_owned()
        } else {
            format!("did you mean {}?", nearest::quoted(&near))
        };
        bail!("there is no rule `{rule}`; {help}");
    }
    tell!("{}", pages.join("\n"));
    Ok(Ended::Fine)
}
