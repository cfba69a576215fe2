//! Lints of one document, whoever holds it: a file of ours, or what the live account delivered.
//!
//! Owns: their table, and what they may look at beside the document. Must not: know the matrix.

use std::collections::BTreeSet;

use super::{enrolment, mfa, network, reach, types, unknown};
use crate::catalog::actions::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::name::Name;
use crate::policy::Document;

/// A document to judge. Its places are those that it was read with: [`Document::parse_file`].
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The policy that it belongs to; what a waiver names.
    pub name: &'a Name,
    /// What it says.
    pub document: &'a Document,
}

/// What is known beside a document.
#[derive(Debug, Default)]
pub struct Known {
    /// The actions of AWS; what is unpacked of them is kept.
    pub catalogue: Catalogue,
    /// Paths other than `/` that users are known to have.
    pub user_paths: BTreeSet<String>,
    /// What each pattern of actions acts on.
    pub(super) reach: reach::Memory,
}

/// A lint of a document adds what it finds.
pub type DocumentLint = fn(&Subject<'_>, &Known, &mut Vec<Diagnostic>);

/// Every lint of a document with its code.
pub const DOCUMENT_LINTS: &[(&str, DocumentLint)] = &[
    ("L01", network::reserved_network),
    ("L02", network::no_ipv6),
    ("L03", network::no_endpoints),
    ("M01", mfa::weak_condition),
    ("M02", mfa::exempt_removal),
    ("M03", mfa::exempt_beyond_enrolment),
    ("M06", reach::wrong_resource),
    ("M07", reach::literal_variable),
    ("M08", enrolment::user_path),
    ("M09", enrolment::device_name),
    ("M11", mfa::session_token),
    ("M15", mfa::no_age),
    ("V21", unknown::condition_key),
    ("V21", unknown::variable),
    ("V22", unknown::action),
    ("V23", types::mismatch),
];

/// Everything that the lints say of a document.
#[must_use]
pub fn document(subject: &Subject<'_>, known: &Known) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (_, lint) in DOCUMENT_LINTS {
        lint(subject, known, &mut found);
    }
    found
}
