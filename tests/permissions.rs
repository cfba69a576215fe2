//! The operator's own role, `deploy/iam/`: its policies are enough for everything that the program does, nothing in them
//! is too much, they reach nothing outside the path, and their three forms say the same.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[path = "permissions/changes.rs"]
mod changes;
#[path = "permissions/desk.rs"]
mod desk;
#[path = "permissions/fence.rs"]
mod fence;
#[path = "permissions/forms.rs"]
mod forms;
#[path = "permissions/reads.rs"]
mod reads;
