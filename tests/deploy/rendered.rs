//! Manifests as helm and kubectl render them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::program::{Run, clear};
use crate::support::python;

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The oldest that the chart admits, the one of the kubectl here, and the newest there is a schema of.
pub const VERSIONS: [&str; 3] = ["1.29", "1.34", "1.37"];
/// A small matrix.
const OVERLAY_FILES: &str = "deploy/kustomize/overlays/configmap";
pub const EXAMPLES: [&str; 3] = ["minimal", "full", "git-sync"];
pub const OVERLAYS: [&str; 2] = ["configmap", "git-sync"];

pub fn path(below: &str) -> PathBuf {
    Path::new(ROOT).join(below)
}

/// helm on an example, with more flags.
pub fn helm(words: &[&str], example: &str, flags: &[&str]) -> Run {
    let mut command = python::kubernetes("helm");
    clear(&mut command).args(words).arg(path("deploy/helm/iamatrix")).args(["--namespace", "iamatrix"]);
    command.arg("--values").arg(path(&format!("deploy/helm/examples/{example}.yaml")));
    if example == "minimal" {
        // As its first lines say; the files are those of the overlay.
        for (value, file) in [("matrix", "matrix.yaml"), ("policies.MFAForcePolicy", "policies/MFAForcePolicy.json")] {
            command.arg("--set-file").arg(format!("matrix.inline.{value}={ROOT}/{OVERLAY_FILES}/{file}"));
        }
    }
    at_home(command.args(flags))
}

/// The chart with no values but these flags.
pub fn bare(flags: &[&str]) -> Run {
    let mut command = python::kubernetes("helm");
    clear(&mut command).args(["template", "iamatrix"]).arg(path("deploy/helm/iamatrix")).args(flags);
    at_home(&mut command)
}

pub fn chart(example: &str, flags: &[&str]) -> String {
    helm(&["template", "iamatrix"], example, flags).exits(0).stdout
}

pub fn overlay(name: &str) -> String {
    kustomize(&format!("deploy/kustomize/overlays/{name}"))
}

/// An overlay with the component for the Prometheus operator.
pub fn monitored() -> String {
    kustomize("tests/deploy/monitoring")
}

fn kustomize(folder: &str) -> String {
    let mut command = python::kubernetes("kubectl");
    clear(&mut command).arg("kustomize").arg(path(folder));
    at_home(&mut command).exits(0).stdout
}

/// Both tools want to keep caches somewhere.
fn at_home(command: &mut Command) -> Run {
    Run::of(command.env("HOME", env!("CARGO_TARGET_TMPDIR")))
}

/// Everything that is rendered, by the name of its golden.
pub fn all() -> Vec<(String, String)> {
    let charts = EXAMPLES.map(|name| (format!("helm-{name}"), chart(name, &[])));
    let overlays = OVERLAYS.map(|name| (format!("kustomize-{name}"), overlay(name)));
    charts.into_iter().chain(overlays).chain([("kustomize-monitoring".to_owned(), monitored())]).collect()
}

/// The manifests as JSON.
#[track_caller]
pub fn parsed(manifests: &str) -> Vec<Value> {
    let run = judge(manifests, &[]).exits(0);
    serde_json::from_str(&run.stdout).unwrap()
}

/// Holds the manifests against the schemas of these versions of Kubernetes.
pub fn judge(manifests: &str, versions: &[&str]) -> Run {
    let mut command = python::kubernetes("python");
    command.arg("-B").arg(path("tests/deploy/validate.py")).args(versions);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(manifests.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// The one manifest of that kind.
#[track_caller]
pub fn the<'m>(manifests: &'m [Value], kind: &str) -> &'m Value {
    let mut found = manifests.iter().filter(|manifest| manifest["kind"] == kind);
    let first = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "one {kind}");
    first
}

/// The pod that a rendering makes.
#[track_caller]
pub fn pod(rendering: &str) -> Value {
    the(&parsed(rendering), "Deployment")["spec"]["template"].clone()
}

pub fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers"].map(|list| pod["spec"][list].as_array());
    lists.into_iter().flatten().flatten()
}

/// Compares with what is committed, or commits it.
pub fn is_golden(name: &str, rendering: &str) {
    let golden = path(&format!("tests/deploy/goldens/{name}.yaml"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&golden, rendering).unwrap();
    }
    let committed = fs::read_to_string(&golden).unwrap_or_default();
    let difference = similar::TextDiff::from_lines(&committed, rendering).unified_diff().to_string();
    assert!(
        difference.is_empty(),
        "{name} is rendered otherwise than committed; look, and if it is meant: BLESS=1 cargo test --test deploy\n{difference}"
    );
}
