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
mod audit;
mod catalog;
mod check;
mod context;
mod explain;
mod plan;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schema;

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::diagnostic::Dress;
use crate::files::Paths;
use crate::matrix::{Mode, Overrides};

/// Keeps AWS IAM equal to two matrices in git: who is in which group, and which policies each group carries.
///
/// Exit codes: 0 fine, 1 error, 2 there are changes (plan --detailed-exitcode), or failing rows, errors or warnings (audit --detailed-exitcode), 3 held by a guard.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Judge the configuration without any account: every problem, with its place and the way out
    Check(CheckArgs),
    /// Show what would be done to the account; only reads
    Plan(PlanArgs),
    /// Show the plan, ask, and do it once
    Apply(ApplyArgs),
    /// Keep the account equal to the matrix, and serve status: the daemon
    Run(RunArgs),
    /// Tell what a user holds and may do, and why; or who may do something. Only reads
    Explain(ExplainArgs),
    /// Audit the account: users, keys, policies, MFA, root, password policy; only reads, and needs no matrix
    Audit(AuditArgs),
    /// Print the JSON Schema of a configuration file, for editors; or its reference, for people
    Schema(SchemaArgs),
    /// Print the account's list of AWS managed policies, in the form that ships with the program
    Catalog,
    /// Serve a strict local IAM to try things on, with no AWS account
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
}

#[derive(Debug, Args)]
struct ConfigArgs {
    /// Folder with matrix.yaml, its documents and operator.yaml
    #[arg(long, env = "IAMATRIX_CONFIG", default_value = "config", value_name = "DIR")]
    config: PathBuf,
    /// The operator's settings, if they lie elsewhere than DIR/operator.yaml
    #[arg(long, env = "IAMATRIX_OPERATOR", value_name = "FILE")]
    operator: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct TargetArgs {
    /// Use this mode instead of the one in operator.yaml
    #[arg(long, env = "IAMATRIX_MODE", value_enum)]
    mode: Option<Mode>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// Work on a local sandbox instead of AWS, served at ADDR; it begins as DIR/sandbox-account.yaml says
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "ADDR", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:4599")]
    sandbox: Option<SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For code hosts: SARIF 2.1.0
    Sarif,
}

#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// How to show what was found
    #[arg(short, long, value_enum, default_value = "text")]
    output: CheckFormat,
    /// Show in text what is only worth knowing, too; JSON and SARIF always do
    #[arg(long)]
    infos: bool,
    /// Explain a rule instead, by its code; `all` prints every rule
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
}

#[derive(Debug, Args)]
struct PlanArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// How to show the plan
    #[arg(short, long, value_enum, default_value = "text")]
    output: PlanFormat,
    /// Exit with 2 when there are changes or rows that cannot be realised, with 3 when a guard would hold the plan
    #[arg(long)]
    detailed_exitcode: bool,
}

#[derive(Debug, Args)]
struct ApplyArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Do not ask; needed without a terminal
    #[arg(long)]
    yes: bool,
    /// Release the plan that a guard holds, by the digest that the hold tells
    #[arg(long, value_name = "DIGEST")]
    approve: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExplainFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
#[command(override_usage = "iamatrix explain [OPTIONS] <USER> [ACTION [RESOURCE]]\n       \
                            iamatrix explain [OPTIONS] --who <ACTION> [--on <ARN>]")]
struct ExplainArgs {
    /// The user to tell about
    #[arg(required_unless_present = "who")]
    user: Option<String>,
    /// Whether the user may do this, such as ec2:TerminateInstances
    action: Option<String>,
    /// On this resource: an ARN, or `*` for all; any, if none is given
    resource: Option<String>,
    /// Who may do this, such as iam:PassRole
    #[arg(long, value_name = "ACTION", conflicts_with_all = ["user", "action", "resource"])]
    who: Option<String>,
    /// With --who: on this resource, an ARN or `*`
    #[arg(long, value_name = "ARN", requires = "who", conflicts_with_all = ["user", "action", "resource"])]
    on: Option<String>,
    /// Look at the account as it is now, not at what the matrix says; --sandbox implies it
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// How to show it
    #[arg(short, long, value_enum, default_value = "text")]
    output: ExplainFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AuditFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For spreadsheets: a line a finding
    Csv,
    /// For auditors: a page that needs nothing else
    Html,
}

#[derive(Debug, Args)]
struct AuditArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    place: PlaceArgs,
    /// How to show what was found
    #[arg(short, long, value_enum, default_value = "text")]
    output: AuditFormat,
    /// Write it to this file instead of to standard output
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Exit with 2 when a row fails, or a rule finds an error or a warning that is not waived; rows that are not answered do not count
    #[arg(long)]
    detailed_exitcode: bool,
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Serve status here instead of where operator.yaml says
    #[arg(long, env = "IAMATRIX_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// How to write the log; text on a terminal and JSON otherwise, unless said so
    #[arg(long, env = "IAMATRIX_LOG_FORMAT", value_enum)]
    log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    Text,
    /// For programs: a JSON object a line
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaFormat {
    /// For editors: JSON Schema, draft 2020-12
    Json,
    /// For people: a table of every key
    Markdown,
}

#[derive(Debug, Args)]
struct SchemaArgs {
    /// Which file's schema
    #[arg(value_enum)]
    which: crate::matrix::schema::Which,
    /// How to print it
    #[arg(short, long, value_enum, default_value = "json")]
    output: SchemaFormat,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
struct SandboxArgs {
    /// Serve here
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4599")]
    listen: SocketAddr,
    /// Begin with the account that this file describes; empty otherwise
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
    /// Keep the account in this file, and go on from it when it exists
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Derive ids and keys from this text instead of the account's number; the same calls always give the same ones
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Switch on what this file says: propagation, busy, throttling, enforce, rules
    #[arg(long, value_name = "FILE")]
    conditions: Option<PathBuf>,
    /// Show writes only after this time, such as 2s
    #[arg(long, value_name = "TIME")]
    propagation: Option<crate::sandbox::Span>,
    /// Let so many calls of each action through a second
    #[arg(long, value_name = "RATE")]
    throttle: Option<std::num::NonZeroU32>,
    /// Let users do only what their policies allow
    #[arg(long)]
    enforce: bool,
    /// Serve the journal of calls, and change what is switched on, here
    #[arg(long, value_name = "ADDR")]
    admin: Option<SocketAddr>,
}

/// The longest time between two reconciles of a sandbox.
const SANDBOX_INTERVAL: std::time::Duration = std::time::Duration::from_secs(5);

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

impl ConfigArgs {
    fn paths(&self) -> Paths {
        Paths { dir: self.config.clone(), operator: self.operator.clone() }
    }
}

impl PlaceArgs {
    fn sandbox(&self) -> Option<SocketAddr> {
        #[cfg(feature = "sandbox")]
        return self.sandbox;
        #[cfg(not(feature = "sandbox"))]
        return None;
    }

    /// On the sandbox there is nobody to spare, so calls are not slowed down.
    fn calls_per_second(&self) -> Option<u32> {
        self.sandbox().map(|_| 1_000)
    }
}

impl TargetArgs {
    fn sandbox(&self) -> Option<SocketAddr> {
        self.place.sandbox()
    }

    /// On a sandbox drift does not wait for long.
    fn overrides(&self, listen: Option<SocketAddr>) -> Overrides {
        Overrides {
            mode: self.mode,
            listen,
            calls_per_second: self.place.calls_per_second(),
            longest_interval: self.sandbox().map(|_| SANDBOX_INTERVAL),
        }
    }
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
