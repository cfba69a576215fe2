//! The daemon: what it keeps, what it serves, what it costs and how it ends.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and takes the time of real processes"
)]

mod support;

#[path = "daemon/answers.rs"]
mod answers;
#[path = "daemon/audit.rs"]
mod audit;
#[path = "daemon/care.rs"]
mod care;
#[path = "daemon/cost.rs"]
mod cost;
#[path = "daemon/end.rs"]
mod end;
#[path = "daemon/files.rs"]
mod files;
#[path = "daemon/guards.rs"]
mod guards;
#[path = "daemon/host.rs"]
mod host;
#[path = "daemon/mounts.rs"]
mod mounts;
#[path = "daemon/pages.rs"]
mod pages;
#[path = "daemon/start.rs"]
mod start;
#[path = "daemon/trail.rs"]
mod trail;
