//! How fast the sandbox is, beside moto on the same core, and what an account of full size costs.
//!
//! `cargo bench --bench sandbox` prints the figures and ends with 1 when one misses its target.
#![allow(
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark measures time, prints and may panic"
)]

#[path = "../tests/support/mod.rs"]
mod support;

mod figure;
#[path = "sandbox/rate.rs"]
mod rate;
#[path = "sandbox/size.rs"]
mod size;

use std::process::ExitCode;

fn main() -> ExitCode {
    println!("profile: {}; medians of several rounds, one run\n", figure::profile());
    figure::judged(&[size::figures(), rate::figures()].concat())
}
