//! The command line: one file a verb. The only place that prints.
//!
//! Owns: the flags, the exit codes (0 fine, 1 error, 2 changes or drift, 3 held by a guard), the log's dress.
//! Must not: decide anything about an account.
#![allow(clippy::print_stdout, clippy::print_stderr)] // this is the room that prints

/// Prints to standard output.
macro_rules! tell {
    ($($text:tt)*) => { $crate::cli::print(format_args!($($text)*)) };
}

/// Prints a line to standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::print(format_args!("{}\n", format_args!($($text)*))) };
}

mod apply;
mod args;
mod audit;
mod catalog;
mod check;
mod context;
mod explain;
mod log;
mod plan;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schema;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::diagnostic::Dress;
use args::{Cli, Verb};

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Fine,
    Failed,
    Changes,
    Held,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Fine => ExitCode::SUCCESS,
            Ended::Failed => ExitCode::from(1),
            Ended::Changes => ExitCode::from(2),
            Ended::Held => ExitCode::from(3),
        }
    }
}

/// Prints to standard output. A reader who has left is no error; anything else is told, and the work goes on.
fn print(text: std::fmt::Arguments<'_>) {
    match std::io::stdout().lock().write_fmt(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => eprintln!("error: standard output: {error}"),
        _ => {}
    }
}

/// Parses the command line, runs the verb and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => run_verb(cli.verb),
        Err(error) => {
            // A mistyped command line is an error, never "there are changes".
            let ended = if error.use_stderr() { Ended::Failed } else { Ended::Fine };
            if error.print().is_err() {
                return Ended::Failed.into();
            }
            ended.into()
        }
    }
}

fn run_verb(verb: Verb) -> ExitCode {
    let result = match verb {
        Verb::Check(args) => check::main(&args),
        Verb::Schema(args) => schema::main(&args),
        Verb::Plan(args) => block_on(plan::main(&args)),
        Verb::Apply(args) => block_on(apply::main(&args)),
        Verb::Audit(args) => block_on(audit::main(&args)),
        Verb::Explain(args) => block_on(explain::main(&args)),
        Verb::Run(args) => block_on(run::main(&args)),
        Verb::Catalog => block_on(catalog::main()),
        #[cfg(feature = "sandbox")]
        Verb::Sandbox(args) => block_on(sandbox::main(&args)),
    };
    match result {
        Ok(ended) => ended.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            Ended::Failed.into()
        }
    }
}

/// Two threads are plenty for one operator, and keep its memory small.
fn block_on(verb: impl Future<Output = anyhow::Result<Ended>>) -> anyhow::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(verb);
    // A read that hangs on a network mount must not keep the process from ending.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

fn dress(stream_is_terminal: bool) -> Dress {
    if stream_is_terminal { Dress::Styled } else { Dress::Plain }
}

fn stdout_dress() -> Dress {
    dress(std::io::stdout().is_terminal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_hangs_does_not_keep_the_program_from_ending() {
        let (ended, end) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let verb = async {
                tokio::task::spawn_blocking(|| {
                    loop {
                        std::thread::park();
                    }
                });
                Ok(Ended::Fine)
            };
            ended.send(block_on(verb).is_ok())
        });
        assert_eq!(end.recv_timeout(Duration::from_mins(1)), Ok(true));
    }
}
