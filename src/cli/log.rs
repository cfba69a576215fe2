//! The log on standard error: its form, and what `RUST_LOG` lets through.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::args::LogFormat;

/// Text on a terminal, JSON otherwise; `RUST_LOG` filters.
pub(super) fn start(format: Option<LogFormat>) {
    // An empty filter is none. What of a filter cannot be read is told, and left out.
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let on_terminal = std::io::stderr().is_terminal();
    let format = format.unwrap_or(if on_terminal { LogFormat::Text } else { LogFormat::Json });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(on_terminal).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
}
