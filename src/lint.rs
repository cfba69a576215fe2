//! Lints: what a matrix that makes sense really grants, and whether its guards guard.
//!
//! Owns: the tables of lints, those of a single document and those of the whole matrix, and what they may look at. The
//! lints themselves are in `lint/`, a file a family, and what each is for in [`crate::rulebook`].
//! Must not: read the live account. Lints of a document take live documents as they take files.

mod covered;
mod document;
mod enrolment;
mod facts;
mod lockout;
mod mfa;
mod network;
mod people;
mod reach;
mod redundant;

pub use document::{DOCUMENT_LINTS, DocumentLint, Known, Subject, document};
pub use facts::Facts;

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::matrix::{Matrix, Operator};

/// A lint of the whole matrix looks at the facts and adds what it finds.
pub type Lint = fn(&Facts<'_>, &mut Vec<Diagnostic>);

/// Every lint of the whole matrix with its code.
pub const LINTS: &[(&str, Lint)] = &[
    ("L04", lockout::denies_all_who_could_repair),
    ("M16", redundant::subsumed_guard),
    ("V05", people::policy_of_a_service),
    ("V07", redundant::full_and_read_only),
    ("V08", covered::covered_by_another),
    ("V09", redundant::reached_twice),
    ("V11", people::group_without_members),
    ("V12", people::single_administrator),
    ("V20", people::succeeded),
];

/// Everything that the lints say of a matrix without errors of structure, those of its documents among it.
#[must_use]
pub fn matrix(matrix: &Matrix, operator: &Operator, catalog: &Catalog) -> Vec<Diagnostic> {
    let facts = Facts::new(matrix, operator, catalog);
    let mut found = Vec::new();
    for file in matrix.documents.values() {
        if let Some(policy) = &file.document {
            found.extend(document(&Subject { name: &file.name, document: policy }, facts.known()));
        }
    }
    for (_, lint) in LINTS {
        lint(&facts, &mut found);
    }
    found
}

#[cfg(test)]
mod tests;
