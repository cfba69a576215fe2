//! Whether a matrix makes sense: a table of named rules, each of which sees the whole matrix and reports everything.
//!
//! Owns: the table and [`Checked`], which only [`check`] can make. The rules themselves are in `rules/`, those about
//! what a sound matrix grants in [`crate::lint`], and what each is for in [`crate::rulebook`].
//! Must not: know the live account, except for its list of AWS managed policies.

use std::sync::Arc;

use jiff::civil::Date;

use super::operator::{self, Mode, Operator};
pub(super) use super::rules::references::empty_section;
use super::rules::{Facts, Rule, documents, names, quotas, references, settings, waivers as agreed};
use super::{Loaded, Matrix, waivers};
use crate::catalog::Catalog;
use crate::diagnostic::{self, Diagnostic};
use crate::{lint, rulebook};

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
    ("waiver-rule", agreed::unknown_rule),
    ("waiver-refused", agreed::refused),
    ("waiver-object", agreed::unknown_object),
    ("waiver-expired", agreed::expired),
];

/// A configuration that can be used: no error of shape or structure and, where it is enforced, of no lint either.
#[derive(Debug, Clone)]
pub struct Checked {
    matrix: Arc<Matrix>,
    matrix_digest: String,
    revision: Option<String>,
    operator: Operator,
    findings: Vec<Diagnostic>,
}

impl Checked {
    /// The matrix.
    #[must_use]
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// SHA-256 of the matrix and its documents.
    #[must_use]
    pub fn matrix_digest(&self) -> &str {
        &self.matrix_digest
    }

    /// The git commit that it comes from, if it is known.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// The same matrix under its settings, narrowed by newer ones ([`Operator::narrowed_by`]).
    #[must_use]
    pub fn narrowed_by(&self, newer: &Operator) -> Checked {
        Checked { operator: self.operator.narrowed_by(newer), ..self.clone() }
    }

    /// Whether both are the same matrix, go equally far and spare the same.
    #[must_use]
    pub fn goes_as_far_as(&self, other: &Checked) -> bool {
        self.matrix_digest == other.matrix_digest && self.operator.goes_as_far_as(&other.operator)
    }

    /// The operator's settings.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Takes over from `before` what only a restart may change, and names what that was. Where no account was named before,
    /// any was read and none could be changed: the first that is named counts.
    pub fn pin(&mut self, before: &Checked) -> Vec<&'static str> {
        let (new, old) = (&mut self.operator, &before.operator);
        let mut pinned = Vec::new();
        if old.account.is_some() && new.account != old.account {
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

    /// Everything that was found, sorted: errors of lints where they are not enforced, infos and what is waived among it.
    #[must_use]
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// What is worth a look, sorted: errors and warnings that no waiver silences.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().filter(|finding| finding.is_problem())
    }
}

/// Runs every rule and, on a matrix that makes sense, every lint. `today`, in UTC, decides which waivers count.
///
/// # Errors
/// All findings, sorted by place, when one of them is an error that keeps the configuration from being used: an error
/// of shape or structure, or of a lint that is neither waived nor merely observed.
pub fn check(loaded: Loaded, catalog: &Catalog, today: Date) -> Result<Checked, Vec<Diagnostic>> {
    judge(loaded, catalog, today, Some(lint::matrix))
}

/// Runs every rule and no lint: for questions that do not hang on whether the matrix is wise.
///
/// # Errors
/// All findings, sorted by place, when the shape or the structure has an error.
pub fn check_structure(loaded: Loaded, catalog: &Catalog, today: Date) -> Result<Checked, Vec<Diagnostic>> {
    judge(loaded, catalog, today, None)
}

/// What looks at a matrix without errors of structure.
type Lints = fn(&Matrix, &Operator, &Catalog) -> Vec<Diagnostic>;

fn judge(loaded: Loaded, catalog: &Catalog, today: Date, lints: Option<Lints>) -> Result<Checked, Vec<Diagnostic>> {
    let mut found = loaded.problems;
    if let Some(matrix) = &loaded.matrix {
        for (_, rule) in RULES {
            rule(Facts { matrix, catalog, today }, &mut found);
        }
    }
    found.extend(loaded.operator.as_ref().and_then(operator::account_missing));
    if let (Some(matrix), Some(operator)) = (&loaded.matrix, &loaded.operator) {
        found.extend(references::foreign_external(matrix, operator));
        found.extend(settings::settings(matrix, operator, catalog, today));
        let lints = lints.filter(|_| !found.iter().any(Diagnostic::is_error));
        if let Some(lints) = lints {
            found.extend(lints(matrix, operator, catalog));
            found.extend(lint::beyond_ceiling(matrix, operator, catalog));
            found.extend(waivers::unused(&matrix.waivers, today, &found));
        }
        waivers::apply(&matrix.waivers, today, &mut found);
        if lints.is_some() {
            found.extend(unmended_lints(operator, &found));
        }
    }
    diagnostic::sort(&mut found);
    match (loaded.matrix, loaded.operator) {
        (Some(matrix), Some(operator)) if !found.iter().any(is_unusable) => {
            let (matrix, matrix_digest, revision) = (Arc::new(matrix), loaded.digest, loaded.revision);
            Ok(Checked { matrix, matrix_digest, revision, operator, findings: found })
        }
        _ => Err(found),
    }
}

fn is_unusable(finding: &Diagnostic) -> bool {
    finding.is_error() && !rulebook::is_lint(finding.code)
}

/// Errors of lints are findings like others as long as nothing is taken away by them; `mode: enforce` is refused.
fn unmended_lints(operator: &Operator, found: &[Diagnostic]) -> Option<Diagnostic> {
    let mut rules: Vec<&str> = found.iter().filter(|finding| finding.is_error()).map(|finding| finding.code).collect();
    if operator.mode.value != Mode::Enforce || rules.is_empty() {
        return None;
    }
    let count = rules.len();
    rules.sort_unstable();
    rules.dedup();
    let errors = if count == 1 { "error" } else { "errors" };
    let message = format!("mode is {}, and lints report {count} {errors}: {}", operator.mode_told(), rules.join(", "));
    let help = "mend them, or waive each with a reason and an end; mode observe and additive are open";
    Some(Diagnostic::error("unmended-lints", &operator.mode.span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Files;
    use crate::matrix::load;
    use crate::testing::TODAY;

    const MATRIX: &str =
        "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] } }\npolicies: { AmazonS3FullAccess: [Dev] }\n";

    fn configured(operator: &str) -> Checked {
        let files = Files::from_memory(operator, MATRIX, []);
        check_structure(load(&files), &Catalog::embedded("aws"), TODAY).unwrap()
    }

    #[test]
    fn the_first_account_that_is_named_counts_and_no_later_one() {
        let [none, first, other] =
            ["mode: observe", "mode: enforce\naccount: \"999999999999\"", "mode: enforce\naccount: \"123456789012\""]
                .map(configured);
        let mut named = first.clone();
        assert_eq!((named.pin(&none), named.operator().account.as_deref()), (vec![], Some("999999999999")));
        for mut later in [other, none] {
            assert_eq!(
                (later.pin(&first), later.operator().account.as_deref()),
                (vec!["`account`"], Some("999999999999"))
            );
        }
    }
}
