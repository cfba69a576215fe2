//! The table of IAM's behaviours in `tests/conformance/`, asked of the sandbox and, for comparison, of moto.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may panic and tells the totals")]

mod support;

use std::path::Path;

use support::{program::Run, python, tell};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/run.py");
/// Where what was seen of each row goes.
const REPORT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/conformance.txt");

/// What moto does is told and changes nothing.
#[test]
fn every_row_of_the_table_holds_for_the_sandbox() {
    let mut command = python::program("python");
    let run = Run::of(command.args(["-B", TABLE, env!("CARGO_BIN_EXE_iamatrix"), REPORT]));
    tell(&format!("{}every row: {}", run.stdout, Path::new(REPORT).display()));
    run.exits(0);
}
