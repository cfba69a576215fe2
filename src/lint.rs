//! Lints: what a matrix that makes sense really grants, and whether its guards guard.
//!
//! Owns: the tables of lints, those of a single document and those of the whole matrix, and what they may look at. The
//! lints themselves are in `lint/`, a file a family, and what each is for in [`crate::rulebook`].
//! Must not: read the live account. Lints of a document take live documents as they take files.

mod ceiling;
mod coverage;
mod covered;
mod document;
mod enrolment;
mod escalation;
mod facts;
mod held;
mod lockout;
mod mfa;
mod network;
mod people;
mod reach;
mod redundant;
mod types;
mod unenforced;
mod unknown;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub use document::{DOCUMENT_LINTS, DocumentLint, Known, Subject, document};
pub use facts::Facts;
pub use held::People;

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::matrix::{Matrix, Operator};

/// A lint of the whole matrix looks at the facts and adds what it finds.
pub type Lint = fn(&Facts<'_>, &mut Vec<Diagnostic>);

/// Every lint of the whole matrix with its code.
pub const LINTS: &[(&str, Lint)] = &[
    ("L04", lockout::denies_all_who_could_repair),
    ("M13", unenforced::not_enforced),
    ("M16", redundant::subsumed_guard),
    ("V05", people::policy_of_a_service),
    ("V06", escalation::passes_any_role),
    ("V07", redundant::full_and_read_only),
    ("V08", covered::covered_by_another),
    ("V09", redundant::reached_twice),
    ("V11", people::group_without_members),
    ("V12", people::single_administrator),
    ("V20", people::succeeded),
];

/// A lint of what people hold, in a matrix or in the live account. Its findings stand in the policies' documents.
pub type PeopleLint = fn(&People<'_>, &mut Vec<Diagnostic>);

/// Every lint of what people hold with its code. The same judgement as M13 is a row of the audit.
pub const PEOPLE_LINTS: &[(&str, PeopleLint)] = &[
    ("M04", held::cannot_enrol),
    ("M05", held::half_open),
    ("M10", held::enrols_others),
    ("M12", held::password_dead_end),
];

/// From how many users on a second thread is worth its memory.
const LARGE: usize = 1_000;

/// Everything that the lints say of a matrix without errors of structure, those of its documents among it, in no order.
#[must_use]
pub fn matrix(matrix: &Matrix, operator: &Operator, catalog: &Catalog) -> Vec<Diagnostic> {
    let lints: Vec<Lint> =
        [of_documents as Lint, of_holders].into_iter().chain(LINTS.iter().map(|(_, it)| *it)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let facts = Facts::new(matrix, operator, catalog);
        let mut found = Vec::new();
        while let Some(lint) = lints.get(next.fetch_add(1, Ordering::Relaxed)) {
            lint(&facts, &mut found);
        }
        found
    };
    if matrix.users.len() < LARGE {
        return work();
    }
    thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut found = work();
        found.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        found
    })
}

/// What the matrix grants beyond the ceiling of the operator's settings, in no order.
#[must_use]
pub fn beyond_ceiling(matrix: &Matrix, operator: &Operator, catalog: &Catalog) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !operator.ceiling.is_empty() {
        ceiling::beyond(&Facts::new(matrix, operator, catalog), &mut found);
    }
    found
}

fn of_documents(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    for file in facts.matrix.documents.values() {
        if let Some(policy) = &file.document {
            found.extend(document(&Subject { name: &file.name, document: policy }, facts.known()));
        }
    }
}

fn of_holders(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let findings = of_people(&People::of(facts));
    found.extend(findings.into_iter().map(|finding| at_home(facts.matrix, finding)));
}

/// Everything that the lints say of what people hold in the live account.
#[must_use]
pub fn people(people: &People<'_>) -> Vec<Diagnostic> {
    let mut found = of_people(people);
    escalation::people_pass_any_role(people, &mut found);
    found
}

fn of_people(people: &People<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (_, lint) in PEOPLE_LINTS {
        lint(people, &mut found);
    }
    found
}

/// A policy that is not ours has no file here: a finding about it stands where the matrix names the policy.
fn at_home(matrix: &Matrix, mut finding: Diagnostic) -> Diagnostic {
    let mut named = matrix.policies.iter().map(|row| &row.name).chain(&matrix.baseline);
    if let Some(policy) = finding.object.as_ref().filter(|object| !matrix.documents.contains_key(object))
        && let Some(name) = named.find(|name| name.value == *policy)
    {
        finding.span = name.span.clone();
    }
    finding
}

#[cfg(test)]
mod tests;
