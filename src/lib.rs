//! iamatrix keeps AWS IAM equal to two matrices in git: who is in which group, and which policies each group carries.
//!
//! ```text
//!  files ─load─▶ Matrix ─check─▶ Checked ─compile─▶ Desired ─┐
//!                                                             ├─diff─▶ Plan ─review─▶ Approved ─apply─▶ Report ─▶ Status
//!  IAM ──read───────────────────────────▶ Live ──────────────┘            └─▶ Held(reasons) ────────────────────────▲
//! ```
//!
//! Everything from `Matrix` to `Approved` is pure: no IO, no clock, no async; the same input gives the same bytes.

pub mod access;
pub mod apply;
pub mod audit;
pub mod catalog;
pub mod ceiling;
pub mod cli;
pub mod clock;
pub mod contention;
pub mod decoder;
pub mod desired;
pub mod devices;
pub mod diagnostic;
pub mod doors;
pub mod engine;
pub mod files;
pub mod grid;
pub mod guard;
pub mod iam;
pub mod json;
pub mod lint;
pub mod live;
pub mod located;
pub mod matrix;
pub mod name;
pub mod nearest;
pub mod password_policy;
pub mod plan;
pub mod policy;
pub mod reconcile;
pub mod request;
pub mod rulebook;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod server;
pub mod stakes;
pub mod status;
#[cfg(test)]
mod testing;
pub mod trail;
pub mod watch;
pub mod withheld;
pub mod yaml;
