//! What several verbs need: the configuration judged, a connection, a sandbox.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;

use anyhow::{Result, bail};

use tokio::sync::watch;

use super::args::{ConfigArgs, PlaceArgs, TargetArgs};
use super::dress;
use crate::catalog::Catalog;
use crate::clock;
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::files::Files;
use crate::iam::{Calls, Session, Target};
use crate::matrix::{self, Checked, Loaded, Overrides};
use crate::reconcile::{Compared, Reconciler};

/// The text of a file of the configuration, by its name.
pub(super) fn source<'f>(files: &'f Files, name: &str) -> Option<&'f str> {
    files.all().find(|file| file.name == name).map(|file| file.text.as_str())
}

/// Shows errors and warnings on standard error.
pub(super) fn show(findings: &[Diagnostic], files: &Files) {
    let dress = dress(std::io::stderr().is_terminal());
    let shown = findings.iter().filter(|finding| finding.severity != Severity::Info);
    eprint!("{}", diagnostic::to_text(shown, |name| source(files, name), dress));
}

/// Reads and judges the configuration against `catalog`. Findings go to standard error.
pub(super) fn configuration(args: &ConfigArgs, overrides: &Overrides, catalog: &Catalog) -> Result<Checked> {
    judged(args, |loaded| matrix::check(loaded.with(overrides), catalog, clock::today()))
}

/// The same without lints.
pub(super) fn structure(args: &ConfigArgs, overrides: &Overrides, catalog: &Catalog) -> Result<Checked> {
    judged(args, |loaded| matrix::check_structure(loaded.with(overrides), catalog, clock::today()))
}

fn judged(args: &ConfigArgs, judge: impl FnOnce(Loaded) -> Result<Checked, Vec<Diagnostic>>) -> Result<Checked> {
    let files = Files::read(&args.paths())?;
    match judge(matrix::load(&files)) {
        Ok(checked) => {
            if checked.problems().next().is_some() {
                eprintln!("{} in the configuration; `iamatrix check` shows them", counted(checked.findings()));
            }
            Ok(checked)
        }
        Err(findings) => {
            show(&findings, &files);
            bail!("{}; nothing was done", counted(&findings))
        }
    }
}

/// How many errors and warnings, in words; infos and what is waived are named when there are any.
pub(super) fn counted(findings: &[Diagnostic]) -> String {
    let of = |severity: Severity| findings.iter().filter(|f| f.severity == severity && f.waived.is_none()).count();
    let waived = findings.iter().filter(|finding| finding.waived.is_some()).count();
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let mut words = vec![plural(of(Severity::Error), "error"), plural(of(Severity::Warning), "warning")];
    words.extend(Some(of(Severity::Info)).filter(|infos| *infos > 0).map(|infos| plural(infos, "info")));
    words.extend(Some(waived).filter(|waived| *waived > 0).map(|waived| format!("{waived} waived")));
    words.join(", ")
}

/// A connection, and the sandbox behind it if there is one; the sandbox ends with this.
pub(super) struct Connected {
    pub reconciler: Reconciler,
    #[cfg(feature = "sandbox")]
    pub sandbox: Option<crate::sandbox::Sandbox>,
}

/// Connects to AWS, or starts a sandbox and connects to that.
#[cfg_attr(not(feature = "sandbox"), allow(unused_variables))]
pub(super) async fn connect(
    config: &ConfigArgs,
    place: &PlaceArgs,
    calls: Calls,
    stop: watch::Receiver<bool>,
) -> Result<Connected> {
    #[cfg(feature = "sandbox")]
    if let Some(listen) = place.sandbox() {
        let sandbox =
            super::sandbox::start(listen, super::sandbox::account_beside(&config.config)?, "--sandbox=127.0.0.1:PORT")
                .await?;
        let session = Session::connect(&Target::Sandbox(sandbox.endpoint()), calls, stop).await;
        return Ok(Connected { reconciler: Reconciler::new(session), sandbox: Some(sandbox) });
    }
    let session = Session::connect(&Target::Environment, calls, stop).await;
    Ok(Connected {
        reconciler: Reconciler::new(session),
        #[cfg(feature = "sandbox")]
        sandbox: None,
    })
}

/// Connects and judges the configuration against the account's own list of AWS managed policies. What is wrong
/// without any account is told before anything is called.
pub(super) async fn prepare(
    config: &ConfigArgs,
    target: &TargetArgs,
    stop: watch::Receiver<bool>,
) -> Result<(Connected, Checked)> {
    let overrides = target.overrides(None);
    let files = Files::read(&config.paths())?;
    let loaded = matrix::load(&files).with(&overrides);
    if loaded.problems.iter().any(Diagnostic::is_error) {
        configuration(config, &overrides, &Catalog::embedded("aws"))?;
    }
    let mut connected = connect(config, &target.place, Calls::default(), stop).await?;
    let catalog = connected.reconciler.prepare(clock::now()).await?;
    let checked = configuration(config, &overrides, catalog)?;
    Ok((connected, checked))
}

/// Compares the account with the matrix, as the daemon does.
pub(super) async fn compare(reconciler: &mut Reconciler, checked: &Checked) -> Result<Compared> {
    let live = reconciler.look(checked.operator(), clock::now()).await?;
    let compared = reconciler.compare(checked, &live, &BTreeSet::new()).await?;
    if let Some(doubt) = compared.doubt() {
        eprintln!("{doubt}");
    }
    Ok(compared)
}

/// A stop signal that never comes: such a verb ends at once when interrupted, for it changes nothing.
pub(super) fn never() -> watch::Receiver<bool> {
    watch::channel(false).1
}
