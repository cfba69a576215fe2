//! Rules about what names point at: groups that are declared, policies that exist, documents that are used.

use std::collections::BTreeSet;

use crate::catalog::{self, Source};
use crate::diagnostic::Diagnostic;
use crate::located::{Located, Span};
use crate::matrix::rules::Facts;
use crate::matrix::{Matrix, Operator};
use crate::name::{self, Name};
use crate::nearest;

/// An empty matrix would take everybody's access away; it is always a mistake. The loader tells of it where it stands;
/// this is the net below, for a matrix that is empty and nothing says why.
pub fn empty_matrix(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    let empty = [
        ("users", matrix.users.is_empty()),
        ("groups", matrix.groups.is_empty()),
        ("policies", matrix.policies.is_empty()),
    ];
    if found.iter().any(Diagnostic::is_error) {
        return;
    }
    let at = Span::top(&matrix.baseline_group.span.file);
    found.extend(empty.iter().filter(|(_, empty)| *empty).map(|(what, _)| empty_section(&at, what)));
}

/// What is said of a section of the matrix that holds nothing.
pub(in crate::matrix) fn empty_section(at: &Span, what: &str) -> Diagnostic {
    let message = format!("the matrix has no {what}; that would take everybody's access away");
    Diagnostic::error("empty-matrix", at, message)
        .help("restore the rows; to stop managing an account, stop the operator")
}

/// A cell names a group that is no column.
pub fn undeclared_group(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    if matrix.groups.is_empty() {
        return; // one finding about the columns instead of one for every cell
    }
    let declared: Vec<&str> = matrix.groups.iter().map(|group| group.name.value.as_str()).collect();
    let columns: BTreeSet<&Name> = matrix.groups.iter().map(|group| &group.name.value).collect();
    for cell in cells(facts).filter(|cell| !columns.contains(&cell.value)) {
        let near = nearest::to(cell.value.as_str(), declared.iter().copied(), 3);
        let help = if let Some(split) = several(cell.value.as_str()) {
            format!("write one name an item: [{split}]")
        } else if ["y", "n", "x", "yes", "no"].iter().any(|mark| cell.value == Name::from(*mark)) {
            format!("write the names of groups instead of marks; declared are {}", nearest::quoted(&declared))
        } else if cell.value == Name::from("MFA") {
            "MFA is no group: it is required of every user already; write `mfa: exempt` with a `because` to except one"
                .to_owned()
        } else if cell.value == matrix.baseline_group.value {
            "every user is in the baseline already; leave it out".to_owned()
        } else if near.is_empty() {
            format!("declare it under `groups`; declared are {}", nearest::quoted(&declared))
        } else {
            format!("did you mean {}? otherwise declare it under `groups`", nearest::quoted(&near))
        };
        let message = format!("there is no group `{}`", cell.value);
        found.push(Diagnostic::error("undeclared-group", &cell.span, message).help(help));
    }
}

/// A row names the same group twice.
pub fn repeated_group(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    let rows = matrix.users.iter().map(|row| &row.groups).chain(matrix.policies.iter().map(|row| &row.groups));
    for row in rows.chain(std::iter::once(&matrix.baseline)) {
        let mut seen = BTreeSet::new();
        for cell in row.iter().filter(|cell| !seen.insert(&cell.value)) {
            let message = format!("`{}` is named twice in one row", cell.value);
            found.push(Diagnostic::error("repeated-group", &cell.span, message).help("keep one of the two"));
        }
    }
}

/// The names in a text that holds several of them.
fn several(text: &str) -> Option<String> {
    let names: Vec<&str> = text.split([',', ' ', ';', '|']).filter(|name| !name.is_empty()).collect();
    (names.len() > 1).then(|| names.join(", "))
}

fn cells(facts: Facts<'_>) -> impl Iterator<Item = &Located<Name>> {
    let matrix = facts.matrix;
    let users = matrix.users.iter().flat_map(|row| &row.groups);
    users.chain(matrix.policies.iter().flat_map(|row| &row.groups))
}

/// Every policy that a row or the baseline names.
fn named_policies(facts: Facts<'_>) -> impl Iterator<Item = &Located<Name>> {
    facts.matrix.policies.iter().map(|row| &row.name).chain(&facts.matrix.baseline)
}

/// A row names a policy that is neither a document, nor external, nor AWS's.
pub fn unknown_policy(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    let known = |name: &Name| matrix.defines(name) || facts.catalog.find(name).is_some();
    let no_folder = found.iter().any(|finding| finding.code == "missing-folder");
    for policy in named_policies(facts).filter(|policy| !known(&policy.value)) {
        let ours = matrix.documents.keys().chain(matrix.external.iter().map(|external| &external.name.value));
        let near = facts.catalog.nearest(policy.value.as_str(), ours.map(Name::as_str));
        if no_folder && near.is_empty() {
            continue; // one finding about the folder instead of one for every document in it
        }
        let written = policy.value.as_str();
        let last = written.rsplit('/').next().unwrap_or(written);
        let bare = last.strip_suffix(".json").unwrap_or(last);
        let write = format!("write the document {written}.json if it is to be ours");
        let help = if bare != written && known(&bare.into()) {
            format!("write its name alone: `{bare}`")
        } else if written.starts_with("arn:") {
            format!("write its name, `{bare}`, and declare the ARN: `external: {{ {bare}: \"{written}\" }}`")
        } else if near.is_empty() {
            write
        } else {
            format!("did you mean {}? otherwise {write}", nearest::quoted(&near))
        };
        let message =
            format!("there is no policy `{}`: no document, no external policy, and none of AWS's", policy.value);
        found.push(Diagnostic::error("unknown-policy", &policy.span, message).help(help));
    }
}

/// A document or external policy that bears the name of an AWS managed policy hides it from reviewers.
/// A name that AWS has added since this program was built is only a warning, so that AWS cannot stop the operator.
pub fn shadowed_policy(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    let documents = matrix.documents.values().map(|file| (&file.name, &file.span));
    // That AWS's own policies are not external is told by `bad_external`.
    let external = matrix.external.iter().filter(|external| !external.arn.value.is_aws_managed());
    let external = external.map(|external| (&external.name.value, &external.name.span));
    for (name, span) in documents.chain(external) {
        let Some(policy) = facts.catalog.find(name) else { continue };
        let message = format!("`{name}` is also the name of AWS's {}", policy.arn);
        let is_new = facts.catalog.source() == Source::Live && !catalog::embedded_has(name);
        let finding = if is_new {
            Diagnostic::warning("shadowed-policy", span, message)
        } else {
            Diagnostic::error("shadowed-policy", span, message)
        };
        found.push(finding.on(name).help("rename ours, so that a reviewer cannot take one for the other"));
    }
}

/// AWS's policies of service-linked roles, and deprecated ones, cannot be attached to a group.
pub fn not_attachable(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for policy in named_policies(facts).filter(|policy| !facts.matrix.defines(&policy.value)) {
        let Some(listed) = facts.catalog.find(&policy.value).filter(|listed| !listed.attachable) else { continue };
        let deprecated = !listed.arn.as_str().contains(":policy/aws-service-role/");
        let message = format!("AWS does not let {} be attached anew", listed.arn);
        // A deprecated policy stays where it is attached, so it must not stop the operator from keeping it.
        let finding = if deprecated {
            Diagnostic::warning("not-attachable", &policy.span, message)
                .help("plan its replacement: once detached it cannot come back")
        } else {
            Diagnostic::error("not-attachable", &policy.span, message)
                .help("it belongs to a service-linked role; remove the row")
        };
        found.push(finding.on(&policy.value));
    }
}

/// An external policy needs the ARN of a customer managed policy, and a name that no document has.
pub fn bad_external(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for external in &facts.matrix.external {
        let (name, arn) = (&external.name.value, &external.arn);
        if !arn.value.is_customer_policy() {
            let message = format!("`{}` is not the ARN of a customer managed policy", arn.value);
            let account = arn.value.account();
            let help = if arn.value.is_aws_managed() {
                format!("AWS's own policies need no entry here; name `{}` in a row of `policies`", arn.value.name())
            } else if !account.is_empty() && !name::is_account(account) {
                format!("an account id has twelve digits; `{account}` has {} characters", account.chars().count())
            } else {
                "write it as arn:aws:iam::123456789012:policy/PATH/NAME".to_owned()
            };
            found.push(Diagnostic::error("bad-external", &arn.span, message).help(help));
        } else if arn.value.name() != *name {
            let message = format!("`{name}` stands for a policy of another name, `{}`", arn.value.name());
            found.push(
                Diagnostic::error("bad-external", &arn.span, message)
                    .help("use the policy's own name, so that a reviewer sees what is attached"),
            );
        }
        if facts.matrix.documents.contains_key(name) {
            let message = format!("`{name}` is both a document and an external policy");
            found.push(Diagnostic::error("bad-external", &external.name.span, message).help("keep one of the two"));
        }
    }
}

/// IAM attaches policies of its own account only.
pub(in crate::matrix) fn foreign_external(matrix: &Matrix, operator: &Operator) -> Vec<Diagnostic> {
    let Some(account) = operator.account.as_deref().filter(|account| name::is_account(account)) else {
        return Vec::new();
    };
    let foreign = matrix.external.iter().map(|external| &external.arn);
    let foreign = foreign.filter(|arn| arn.value.is_customer_policy() && arn.value.account() != account);
    foreign
        .map(|arn| {
            let message = format!("`{}` belongs to another account than {account}, which is ours", arn.value);
            Diagnostic::error("bad-external", &arn.span, message)
                .help("IAM attaches policies of the same account only; create the policy there, or remove the entry")
        })
        .collect()
}

/// A document that no row and not the baseline names is created, but reaches nobody.
pub fn unused_document(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    if facts.matrix.policies.is_empty() {
        return; // one finding about the rows instead of one for every document
    }
    let used: BTreeSet<&Name> = named_policies(facts).map(|policy| &policy.value).collect();
    for file in facts.matrix.documents.values().filter(|file| !used.contains(&file.name)) {
        let message = format!("document `{}` is attached to no group", file.name);
        found.push(
            Diagnostic::warning("unused-document", &file.span, message)
                .on(&file.name)
                .help("give it a row in `policies`, or delete the file"),
        );
    }
}

/// An external policy that no row names has no effect.
pub fn unused_external(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let used: BTreeSet<&Name> = named_policies(facts).map(|policy| &policy.value).collect();
    for external in facts.matrix.external.iter().filter(|external| !used.contains(&external.name.value)) {
        let message = format!("external policy `{}` is named by no row", external.name.value);
        found.push(
            Diagnostic::warning("unused-external", &external.name.span, message)
                .on(&external.name.value)
                .help("give it a row in `policies`, or remove it"),
        );
    }
}

/// A policy row without a group grants nothing.
pub fn idle_row(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    // Cells that could not be read have been told, on this line as a rule.
    let told: BTreeSet<usize> =
        found.iter().filter(|finding| finding.code == "wrong-type").map(|f| f.span.line).collect();
    let empty = matrix.policies.iter().filter(|row| row.groups.is_empty() && !told.contains(&row.name.span.line));
    for row in empty {
        let message = format!("the row of `{}` names no group", row.name.value);
        found.push(
            Diagnostic::warning("idle-row", &row.name.span, message)
                .on(&row.name.value)
                .help("name a group, or delete the row"),
        );
    }
}

/// A column that no policy row names gives its members nothing. One named MFA comes from a table in which it was no
/// group but a claim about the user; people in it would be believed to be guarded, and are not.
pub fn idle_group(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    if matrix.policies.is_empty() {
        return; // one finding about the rows instead of one for every column
    }
    let columns = matrix.columns();
    for group in &matrix.groups {
        let name = &group.name;
        if columns.contains_key(&name.value) {
            continue;
        }
        let message = format!("group `{}` carries no policy", name.value);
        found.push(if name.value == Name::from("MFA") {
            Diagnostic::error("idle-group", &name.span, message).help(
                "MFA is no group: it is required of every user already; remove the column and its cells, and write \
                 `mfa: exempt` with a `because` to except a user",
            )
        } else {
            Diagnostic::warning("idle-group", &name.span, message)
                .on(&name.value)
                .help("name it in a row of `policies`, or remove it")
        });
    }
}

/// A user without a group, in a matrix without a baseline, is covered by no guard at all.
pub fn uncovered_user(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    for row in matrix.users.iter().filter(|row| row.groups.is_empty() && matrix.baseline.is_empty()) {
        let message =
            format!("user `{}` is in no group and there is no baseline, so no guard reaches this user", row.name.value);
        found.push(
            Diagnostic::warning("uncovered-user", &row.name.span, message)
                .on(&row.name.value)
                .help("add a `baseline` with your MFA policy, or delete the row"),
        );
    }
}
