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

#[path = "sandbox/rate.rs"]
mod rate;
#[path = "sandbox/size.rs"]
mod size;

use std::process::ExitCode;

/// A figure and what it must be.
#[derive(Debug, Clone)]
pub struct Figure {
    pub name: String,
    pub measured: f64,
    pub target: Target,
    pub unit: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub enum Target {
    AtLeast(f64),
    Below(f64),
    /// Told for information.
    None,
}

impl Figure {
    fn is_met(&self) -> bool {
        match self.target {
            Target::AtLeast(least) => self.measured >= least,
            Target::Below(most) => self.measured < most,
            Target::None => true,
        }
    }

    fn line(&self) -> String {
        let target = match self.target {
            Target::AtLeast(least) => format!("at least {least:.0} {}", self.unit),
            Target::Below(most) => format!("below {most:.0} {}", self.unit),
            Target::None => String::from("-"),
        };
        let verdict = if self.is_met() { "" } else { "MISSED" };
        format!("{:<44} {:>10.1} {:<6} {:<18} {verdict}", self.name, self.measured, self.unit, target)
    }
}

fn main() -> ExitCode {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!("profile: {profile}; medians of several rounds, one run\n");
    let figures = [size::figures(), rate::figures()].concat();
    println!("\n{:<44} {:>10} {:<6} target", "", "measured", "");
    for figure in &figures {
        println!("{}", figure.line());
    }
    if figures.iter().all(Figure::is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
