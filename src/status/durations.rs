//! How long cycles took, counted by upper bounds.
//!
//! Must not: measure; it is told.

/// Upper bounds in seconds: a cycle of a small account takes half a second, a large one changes thousands of objects at
/// ten calls a second.
pub const BOUNDS: [f64; 10] = [0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0];

/// How many cycles took how long.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Durations {
    /// How many took at most the bound at the same position, and more than the one before.
    pub counts: [u64; BOUNDS.len()],
    /// How many took longer than the last bound.
    pub longer: u64,
    /// Seconds of all together.
    pub sum: f64,
}

impl Durations {
    /// Takes in one that took so many seconds.
    pub fn add(&mut self, seconds: f64) {
        self.sum += seconds;
        match BOUNDS.iter().zip(&mut self.counts).find(|(bound, _)| seconds <= **bound) {
            Some((_, count)) => *count += 1,
            None => self.longer += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_once_under_the_least_bound_that_holds_it() {
        let mut durations = Durations::default();
        for seconds in [0.5, 0.51, 900.0, 901.0] {
            durations.add(seconds);
        }
        assert_eq!((durations.counts[0], durations.counts[1], durations.counts[9], durations.longer), (1, 1, 1, 1));
        assert_eq!(durations.counts.iter().sum::<u64>(), 3);
    }
}
