//! What may be said on the command line: the verbs, their flags, and what flags and environment override in
//! operator.yaml.
//!
//! Must not: do anything.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::files::Paths;
use crate::matrix::schema::Which;
use crate::matrix::{Mode, Overrides};

/// Keeps AWS IAM equal to two matrices in git: who is in which group, and which policies each group carries.
///
/// Exit codes: 0 fine, 1 error, 2 there are changes (plan --detailed-exitcode), or failing rows, errors or warnings (audit --detailed-exitcode), 3 held by a guard.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
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
pub(super) struct ConfigArgs {
    /// Folder with matrix.yaml, its documents and operator.yaml
    #[arg(long, env = "IAMATRIX_CONFIG", default_value = "config", value_name = "DIR")]
    pub(super) config: PathBuf,
    /// The operator's settings, if they lie elsewhere than DIR/operator.yaml
    #[arg(long, env = "IAMATRIX_OPERATOR", value_name = "FILE")]
    pub(super) operator: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// Use this mode instead of the one in operator.yaml
    #[arg(long, env = "IAMATRIX_MODE", value_enum)]
    pub(super) mode: Option<Mode>,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct PlaceArgs {
    /// Work on a local sandbox instead of AWS, served at ADDR; it begins as DIR/sandbox-account.yaml says
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "ADDR", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:4599")]
    pub(super) sandbox: Option<SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For code hosts: SARIF 2.1.0
    Sarif,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    /// How to show what was found
    #[arg(short, long, value_enum, default_value = "text")]
    pub(super) output: CheckFormat,
    /// Show in text what is only worth knowing, too; JSON and SARIF always do
    #[arg(long)]
    pub(super) infos: bool,
    /// Explain a rule instead, by its code; `all` prints every rule
    #[arg(long, value_name = "RULE")]
    pub(super) explain: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// How to show the plan
    #[arg(short, long, value_enum, default_value = "text")]
    pub(super) output: PlanFormat,
    /// Exit with 2 when there are changes or rows that cannot be realised, with 3 when a guard holds the plan; in observe mode, which holds nothing, always with 2
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Do not ask; needed without a terminal
    #[arg(long)]
    pub(super) yes: bool,
    /// Release the plan that a guard holds, by the digest that the hold tells
    #[arg(long, value_name = "DIGEST")]
    pub(super) approve: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
#[command(override_usage = "iamatrix explain [OPTIONS] <USER> [ACTION [RESOURCE]]\n       \
                            iamatrix explain [OPTIONS] --who <ACTION> [--on <ARN>]")]
pub(super) struct ExplainArgs {
    /// The user to tell about
    #[arg(required_unless_present = "who")]
    pub(super) user: Option<String>,
    /// Whether the user may do this, such as ec2:TerminateInstances
    pub(super) action: Option<String>,
    /// On this resource: an ARN, or `*` for all; any, if none is given
    pub(super) resource: Option<String>,
    /// Who may do this, such as iam:PassRole
    #[arg(long, value_name = "ACTION", conflicts_with_all = ["user", "action", "resource"])]
    pub(super) who: Option<String>,
    /// With --who: on this resource, an ARN or `*`
    #[arg(long, value_name = "ARN", requires = "who", conflicts_with_all = ["user", "action", "resource"])]
    pub(super) on: Option<String>,
    /// Look at the account as it is now, not at what the matrix says; --sandbox implies it
    #[arg(long)]
    pub(super) live: bool,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// How to show it
    #[arg(short, long, value_enum, default_value = "text")]
    pub(super) output: ExplainFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AuditFormat {
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
pub(super) struct AuditArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// How to show what was found
    #[arg(short, long, value_enum, default_value = "text")]
    pub(super) output: AuditFormat,
    /// Write it to this file instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output_file: Option<PathBuf>,
    /// Exit with 2 when a row fails, or a rule finds an error or a warning that is not waived; rows that are not answered do not count
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Serve status here instead of where operator.yaml says
    #[arg(long, env = "IAMATRIX_LISTEN", value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,
    /// How to write the log; text on a terminal and JSON otherwise, unless said so
    #[arg(long, env = "IAMATRIX_LOG_FORMAT", value_enum)]
    pub(super) log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Text,
    /// For programs: a JSON object a line
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaFormat {
    /// For editors: JSON Schema, draft 2020-12
    Json,
    /// For people: a table of every key
    Markdown,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which file's schema
    #[arg(value_enum)]
    pub(super) which: Which,
    /// How to print it
    #[arg(short, long, value_enum, default_value = "json")]
    pub(super) output: SchemaFormat,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    /// Serve here
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4599")]
    pub(super) listen: SocketAddr,
    /// Begin with the account that this file describes; empty otherwise
    #[arg(long, value_name = "FILE")]
    pub(super) account: Option<PathBuf>,
    /// Keep the account in this file, and go on from it when it exists
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
    /// Derive ids and keys from this text instead of the account's number; the same calls always give the same ones
    #[arg(long, value_name = "TEXT")]
    pub(super) seed: Option<String>,
    /// Switch on what this file says: propagation, busy, throttling, enforce, rules
    #[arg(long, value_name = "FILE")]
    pub(super) conditions: Option<PathBuf>,
    /// Show writes only after this time, such as 2s
    #[arg(long, value_name = "TIME")]
    pub(super) propagation: Option<crate::sandbox::Span>,
    /// Let so many calls of each action through a second
    #[arg(long, value_name = "RATE")]
    pub(super) throttle: Option<std::num::NonZeroU32>,
    /// Let users do only what their policies allow
    #[arg(long)]
    pub(super) enforce: bool,
    /// Serve the journal of calls, and change what is switched on, here
    #[arg(long, value_name = "ADDR")]
    pub(super) admin: Option<SocketAddr>,
}

/// The longest time between two reconciles of a sandbox.
const SANDBOX_INTERVAL: Duration = Duration::from_secs(5);

impl ConfigArgs {
    pub(super) fn paths(&self) -> Paths {
        Paths { dir: self.config.clone(), operator: self.operator.clone() }
    }
}

impl PlaceArgs {
    pub(super) fn sandbox(&self) -> Option<SocketAddr> {
        #[cfg(feature = "sandbox")]
        return self.sandbox;
        #[cfg(not(feature = "sandbox"))]
        return None;
    }

    /// On the sandbox there is nobody to spare, so calls are not slowed down.
    pub(super) fn calls_per_second(&self) -> Option<u32> {
        self.sandbox().map(|_| 1_000)
    }
}

impl TargetArgs {
    pub(super) fn sandbox(&self) -> Option<SocketAddr> {
        self.place.sandbox()
    }

    /// On a sandbox drift does not wait for long.
    pub(super) fn overrides(&self, listen: Option<SocketAddr>) -> Overrides {
        Overrides {
            mode: self.mode,
            listen,
            calls_per_second: self.place.calls_per_second(),
            longest_interval: self.sandbox().map(|_| SANDBOX_INTERVAL),
        }
    }
}
