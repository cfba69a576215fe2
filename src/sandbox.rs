//! A strict local AWS IAM on the real wire protocol (AWS Query: form in, XML out).
//!
//! The real SDKs, the AWS CLI and boto3 work against it unmodified. It keeps IAM's rules: patterns, quotas, delete
//! conflicts, names that differ only by case, pages, error codes and HTTP statuses. It offers nothing that real IAM
//! does not, so what works here is not refused there for those reasons.
//!
//! ```text
//!  listener ─▶ doors ─▶ wire ─▶ service ─▶ conditions ─▶ caller, params ─▶ ledger ─▶ actions ─▶ rules, limits ─▶ state
//!                        ◀─ xml, error ◀─ journal ◀──────────────────────────────────────────────────────────────┘
//!  account (file) ─▶ the same actions ─▶ state ◀─▶ save (file)        admin ─▶ journal, conditions, reset
//! ```
//!
//! Owns: everything between the socket and the in-memory account. Must not: know of matrices, plans or the daemon.

mod account;
mod actions;
mod admin;
mod aws;
mod caller;
mod clock;
mod conditions;
mod documents;
mod enforce;
mod entities;
mod error;
mod held;
mod ids;
mod journal;
mod ledger;
mod limits;
mod listener;
mod paging;
mod params;
mod qr;
mod relations;
mod rules;
mod save;
mod service;
mod shapes;
mod simulation;
mod state;
mod tags;
mod totp;
mod wire;
mod xml;

pub use account::{Account, AccountError};
pub use conditions::{Conditions, Span};
pub use listener::{Sandbox, Setup, StartError};
pub use save::{SaveError, SaveFile};
#[cfg(fuzzing)]
#[doc(hidden)]
pub use wire::fuzzing;
