//! Lints: what a matrix that makes sense really grants, and whether its guards guard.
//!
//! Owns: the tables of lints, those of a single document and those of the whole matrix; what they look at. The lints
//! themselves are in `lint/`, a file a family, and what each is for in [`crate::rulebook`].
//! Must not: read the live account; `audit` hands in live documents as it does others.

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::matrix::{Matrix, Operator};

/// Everything that the lints say of a matrix without errors of structure.
#[must_use]
pub fn matrix(_matrix: &Matrix, _operator: &Operator, _catalog: &Catalog) -> Vec<Diagnostic> {
    Vec::new()
}
