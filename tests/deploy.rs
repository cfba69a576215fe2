//! What is in `deploy/helm` and `deploy/kustomize`, rendered with the real helm and kubectl, and judged: by the schemas of
//! Kubernetes, by what is committed, and by the program that is to live in it.
//!
//! `BLESS=1 cargo test --test deploy` writes what is rendered to `tests/deploy/goldens/`.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "whether to write goldens is asked of the environment")]

mod support;

#[path = "deploy/chart.rs"]
mod chart;
#[path = "deploy/manifests.rs"]
mod manifests;
#[path = "deploy/pod.rs"]
mod pod;
#[path = "deploy/refused.rs"]
mod refused;
#[path = "deploy/rendered.rs"]
mod rendered;
