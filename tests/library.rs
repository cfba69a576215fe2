//! The library of documents, `config/library/`: that each does what its page says, and that what the page says was
//! wrong in the original is wrong indeed.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[path = "library/desk.rs"]
mod desk;
#[path = "library/enrolment.rs"]
mod enrolment;
#[path = "library/faults.rs"]
mod faults;
#[path = "library/held.rs"]
mod held;
#[path = "library/originals.rs"]
mod originals;
#[path = "library/pages.rs"]
mod pages;
#[path = "library/shape.rs"]
mod shape;
