//! Whether a matrix makes sense: a table of named rules, each of which sees the whole matrix and reports everything.
//!
//! Owns: the table and [`Checked`], which only [`check`] can make. The rules themselves are in `rules/`.
//! Must not: know the live account, except for its list of AWS managed policies.

use super::operator::{self, Operator};
pub(super) use super::rules::references::empty_section;
use super::rules::{Facts, Rule, documents, names, quotas, references};
use super::{Loaded, Matrix};
use crate::catalog::Catalog;
use crate::diagnostic::{self, Diagnostic};

/// Every rule with its name. A finding's code is one of these, or one of the shape codes of [`super::load()`].
pub const RULES: &[(&str, Rule)] = &[
    ("empty-matrix", references::empty_matrix),
    ("bad-name", names::bad_name),
    ("case-collision", names::case_collision),
    ("part-name", names::part_name),
    ("reserved-name", names::reserved_name),
    ("bad-rename", names::bad_rename),
    ("undeclared-group", references::undeclared_group),
    ("repeated-group", references::repeated_group),
    ("unknown-policy", references::unknown_policy),
    ("shadowed-policy", references::shadowed_policy),
    ("not-attachable", references::not_attachable),
    ("bad-external", references::bad_external),
    ("unused-document", references::unused_document),
    ("unused-external", references::unused_external),
    ("idle-row", references::idle_row),
    ("idle-group", references::idle_group),
    ("uncovered-user", references::uncovered_user),
    ("document-characters", documents::characters),
    ("document-size", documents::size),
    ("document-version", documents::version),
    ("too-many-guards", quotas::too_many_guards),
    ("too-many-groups", quotas::too_many_groups),
    ("too-many-users", quotas::too_many_users),
];

/// A configuration in which no rule found an error.
#[derive(Debug, Clone)]
pub struct Checked {
    matrix: Matrix,
    operator: Operator,
    warnings: Vec<Diagnostic>,
}

impl Checked {
    /// The matrix.
    #[must_use]
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// The operator's settings.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Takes over from `before` what only a restart may change, and names what that was.
    pub fn pin(&mut self, before: &Checked) -> Vec<&'static str> {
        let (new, old) = (&mut self.operator, &before.operator);
        let mut pinned = Vec::new();
        if new.account != old.account {
            new.account.clone_from(&old.account);
            pinned.push("`account`");
        }
        if new.path != old.path {
            new.path.clone_from(&old.path);
            pinned.push("`path`");
        }
        if new.token_file != old.token_file {
            new.token_file.clone_from(&old.token_file);
            pinned.push("`tokenFile`");
        }
        if new.listen != old.listen {
            new.listen = old.listen;
            pinned.push("`listen`");
        }
        pinned
    }

    /// What is worth a look, sorted.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}

/// Runs every rule.
///
/// # Errors
/// All findings, warnings among them, sorted by place, when at least one is an error.
pub fn check(loaded: Loaded, catalog: &Catalog) -> Result<Checked, Vec<Diagnostic>> {
    let mut found = loaded.problems;
    if let Some(matrix) = &loaded.matrix {
        for (_, rule) in RULES {
            rule(Facts { matrix, catalog }, &mut found);
        }
    }
    found.extend(loaded.operator.as_ref().and_then(operator::account_missing));
    if let (Some(matrix), Some(operator)) = (&loaded.matrix, &loaded.operator) {
        found.extend(references::foreign_external(matrix, operator));
    }
    diagnostic::sort(&mut found);
    match (loaded.matrix, loaded.operator) {
        (Some(matrix), Some(operator)) if !found.iter().any(Diagnostic::is_error) => {
            Ok(Checked { matrix, operator, warnings: found })
        }
        _ => Err(found),
    }
}
