//! The container image, built and run for real: what is in it, and that nothing is missing from it.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests wait for real processes")]

mod support;

#[path = "image/content.rs"]
mod content;
#[path = "image/credentials.rs"]
mod credentials;
#[path = "image/network.rs"]
mod network;
#[path = "image/running.rs"]
mod running;
#[path = "image/stages.rs"]
mod stages;
