//! Figures beside their targets, as the benches print them.

#![allow(dead_code, reason = "each bench uses a part of it")]

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

    fn line(&self, width: usize) -> String {
        let target = match self.target {
            Target::AtLeast(least) => format!("at least {least:.0} {}", self.unit),
            Target::Below(most) => format!("below {most:.0} {}", self.unit),
            Target::None => String::from("-"),
        };
        let verdict = if self.is_met() { "" } else { "MISSED" };
        format!("{:<width$} {:>10.1} {:<6} {:<18} {verdict}", self.name, self.measured, self.unit, target)
    }
}

/// Prints the figures; the exit code tells whether each meets its target.
pub fn judged(figures: &[Figure]) -> ExitCode {
    let width = figures.iter().map(|figure| figure.name.len()).max().unwrap_or(0);
    println!("\n{:<width$} {:>10} {:<6} target", "", "measured", "");
    for figure in figures {
        println!("{}", figure.line(width));
    }
    if figures.iter().all(Figure::is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was compiled for speed and what was not.
pub fn profile() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
