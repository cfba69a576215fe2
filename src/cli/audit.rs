//! `iamatrix audit`: the account, held against known benchmarks.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use super::Ended;
use super::args::{AuditArgs, AuditFormat};
use super::context::{connect, never, show};
use crate::audit::{self, AuditReport, Settings, enforcement};
use crate::clock;
use crate::files::Files;
use crate::iam::Calls;
use crate::live::Scope;
use crate::matrix::{self, Loaded, Matrix, Operator};

/// What the folder of the configuration holds, if there is one.
#[derive(Default)]
struct Configuration {
    operator: Option<Operator>,
    matrix: Option<Matrix>,
    digest: Option<String>,
}

pub(super) async fn main(args: &AuditArgs) -> Result<Ended> {
    let mut configuration = configuration(args)?;
    if let (Some(operator), Some(rate)) = (&mut configuration.operator, args.place.calls_per_second()) {
        operator.limits.calls_per_second = rate;
    }
    let mut connected = connect(&args.config, &args.place, Calls::default(), never()).await?;
    let evidence = connected.reconciler.evidence(configuration.operator.as_ref()).await?;
    let standings = configuration.matrix.as_ref().and_then(|matrix| enforcement::standings(&evidence, matrix).ok());
    let wanted = configuration.matrix.as_ref().map(audit::Wanted::of);
    let settings = Settings {
        scope: configuration.operator.as_ref().map(Scope::of),
        standings: standings.map(Arc::new),
        waivers: Arc::new(configuration.matrix.map(|matrix| matrix.waivers).unwrap_or_default()),
        config_digest: configuration.digest,
        wanted,
    };
    let report = audit::audit(&evidence, &settings, clock::now());
    let text = rendered(&report, args.output)?;
    match &args.output_file {
        Some(file) => write(file, &text, &report)?,
        None => tell!("{text}"),
    }
    Ok(if args.detailed_exitcode && (report.counts.fail > 0 || report.rules.errors + report.rules.warnings > 0) {
        Ended::Changes
    } else {
        Ended::Fine
    })
}

fn rendered(report: &AuditReport, format: AuditFormat) -> Result<String> {
    Ok(match format {
        AuditFormat::Text => audit::text(report),
        AuditFormat::Csv => audit::csv(report),
        AuditFormat::Html => audit::html(report),
        AuditFormat::Json => serde_json::to_string_pretty(report)? + "\n",
    })
}

fn write(file: &Path, text: &str, report: &AuditReport) -> Result<()> {
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    let counts = report.counts;
    eprintln!(
        "{}: {} rows fail with {} findings, {} pass, {} are not answered here; rules of check: {}",
        file.display(),
        counts.fail,
        counts.findings,
        counts.pass,
        counts.not_answered,
        report.rules.summary()
    );
    Ok(())
}

/// What there is of a configuration: an audit needs none. A matrix with mistakes says for certain who must have MFA
/// only once they are mended, so it is left out; settings with mistakes might name another account, so they are not.
fn configuration(args: &AuditArgs) -> Result<Configuration> {
    let paths = args.config.paths();
    let (files, digest) = match Files::read(&paths) {
        Ok(files) => {
            let digest = files.digest().to_string();
            (files, Some(digest))
        }
        Err(error) => match fs::read_to_string(paths.operator_file()) {
            Ok(text) => (Files::from_memory(&text, "", []), None),
            Err(_) if paths.operator.is_none() => {
                eprintln!("no configuration is used: {error}");
                return Ok(Configuration::default());
            }
            Err(_) => return Err(error.into()),
        },
    };
    let Loaded { matrix, operator, problems, .. } = matrix::load(&files);
    let Some(operator) = operator else {
        show(&problems, &files);
        bail!("{} cannot be used; mend it, or name another folder with --config", paths.operator_file().display());
    };
    let sound = digest.is_some() && !problems.iter().any(crate::diagnostic::Diagnostic::is_error);
    if digest.is_some() && !sound {
        eprintln!("the matrix has errors and is left out; `iamatrix check` shows them");
    }
    Ok(Configuration { operator: Some(operator), matrix: matrix.filter(|_| sound), digest })
}
