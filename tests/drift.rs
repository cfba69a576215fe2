//! Drift made by hand with boto3 or the AWS CLI, found and repaired: one call a line of the plan.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[path = "drift/clashes.rs"]
mod clashes;
#[path = "drift/config.rs"]
mod config;
#[path = "drift/everyday.rs"]
mod everyday;
#[path = "drift/foreign.rs"]
mod foreign;
#[path = "drift/guards.rs"]
mod guards;
