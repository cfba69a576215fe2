//! The program: parse the command line, run the verb, turn its result into an exit code.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    iamatrix::cli::main(iamatrix::cli::Cli::parse())
}
