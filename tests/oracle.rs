//! The evaluator beside another one, `@cloud-copilot/iam-simulate`, on thousands of generated requests. Where they
//! differ, an exception with its source in AWS's documentation explains it, or the test fails.
//!
//! The other program is a process of its own, installed by npm under `target/`: it is neither linked nor shipped.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may panic"
)]

#[path = "oracle/case.rs"]
mod case;
#[path = "oracle/exceptions.rs"]
mod exceptions;
#[path = "oracle/made_up.rs"]
mod made_up;
#[path = "oracle/other.rs"]
mod other;
#[path = "oracle/real.rs"]
mod real;

mod support;

use std::collections::BTreeMap;

use case::Case;
use exceptions::EXCEPTIONS;
use fastrand::Rng;

/// Any will do; the exceptions must each be met with it.
const SEED: u64 = 1;
const REAL: usize = 2_000;
const MADE_UP: usize = 3_000;

#[test]
fn the_evaluator_agrees_with_the_oracle_but_for_named_exceptions() {
    let mut rng = Rng::with_seed(SEED);
    let real = real::Real::draw(&mut rng);
    let mut cases: Vec<Case> = (0..REAL).map(|_| real.case(&mut rng)).collect();
    cases.extend((0..MADE_UP).map(|_| made_up::case(&mut rng)));
    cases.extend(["sts:GetSessionToken", "sts:GetCallerIdentity"].map(made_up::denied));
    let answers = other::answers(&cases.iter().map(Case::to_json).collect::<Vec<_>>());
    assert_eq!(answers.len(), cases.len());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for (case, theirs) in cases.iter().zip(&answers) {
        let ours = case.ours();
        *seen.entry(ours).or_default() += 1;
        if ours == theirs {
            continue;
        }
        match exceptions::explaining(case, theirs) {
            Some(name) => *used.entry(name).or_default() += 1,
            None => unexplained.push(format!("ours {ours}, theirs {theirs}: {}", case.to_json())),
        }
    }
    assert!(seen.len() == 3 && seen.values().all(|count| *count > 500), "{seen:?} are no mixture");
    let shown: Vec<&String> = unexplained.iter().take(10).collect();
    assert!(unexplained.is_empty(), "{} of {} differ: {shown:#?}", unexplained.len(), cases.len());
    for exception in &EXCEPTIONS {
        assert!(
            used.contains_key(exception.name),
            "{} ({}) explains nothing any more",
            exception.name,
            exception.source
        );
    }
}
