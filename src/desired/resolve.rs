//! Which policy a name of the matrix means in this account, and whether it counts as a guard.
//!
//! Must not: place policies on groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Blocked, Desired, DesiredDocument};
use crate::catalog::{self, Catalog};
use crate::live::{Live, LivePolicy};
use crate::located::Span;
use crate::matrix::{Checked, DocumentFile, External, Matrix};
use crate::name::{Arn, Name};
use crate::policy::Document;

/// What a policy name of the matrix stands for.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    /// The policy's ARN.
    pub arn: Arn,
    /// Whether it has a Deny statement.
    pub guard: bool,
    /// Whether its row can be realised.
    pub usable: bool,
}

/// Resolves every policy that a row or the baseline names, fills in the documents, and reports the rows that cannot be
/// realised here.
pub(super) fn policies(
    desired: &mut Desired,
    checked: &Checked,
    catalog: &Catalog,
    live: &Live,
) -> BTreeMap<Name, Resolved> {
    let matrix = checked.matrix();
    let mut resolved = BTreeMap::new();
    for file in matrix.documents.values() {
        if let Some(document) = &file.document {
            resolved.insert(file.name.clone(), resolve_document(desired, matrix, (file, document), live));
        }
    }
    for external in &matrix.external {
        resolved.insert(external.name.value.clone(), resolve_external(desired, external, live));
    }
    for name in matrix.policies.iter().map(|row| &row.name).chain(&matrix.baseline) {
        if let Some(policy) = catalog.find(&name.value).filter(|_| !matrix.defines(&name.value)) {
            let usable = !protected(desired, &name.value, &name.span);
            let guard = catalog::denies(&policy.name);
            resolved.insert(name.value.clone(), Resolved { arn: policy.arn.clone(), guard, usable });
        }
    }
    desired.guards = guards(live, resolved.values());
    resolved
}

/// Every ARN that counts as a guard: those of the matrix, and whatever else is attached to groups and denies something.
fn guards<'r>(live: &Live, resolved: impl Iterator<Item = &'r Resolved>) -> BTreeSet<Arn> {
    let wanted: BTreeMap<&Arn, bool> = resolved.map(|policy| (&policy.arn, policy.guard)).collect();
    let attached = live.groups.values().flat_map(|group| &group.attached);
    let denies_live = |arn: &Arn| match live.policy(arn) {
        Some(policy) => policy.document.may_deny(),
        None => !arn.is_aws_managed() || catalog::denies(&arn.name()),
    };
    let extra = attached.filter(|arn| !wanted.contains_key(arn) && denies_live(arn));
    wanted.iter().filter(|(_, guard)| **guard).map(|(arn, _)| *arn).chain(extra).cloned().collect()
}

fn resolve_document(
    desired: &mut Desired,
    matrix: &Matrix,
    (file, document): (&DocumentFile, &Document),
    live: &Live,
) -> Resolved {
    let span = row_of(matrix, &file.name).unwrap_or(&file.span);
    let guard = document.is_guard();
    let existing = live.policies.get(&file.name);
    if let Some(policy) = existing.filter(|policy| !desired.scope.holds(&policy.path)) {
        desired.blocked.push(outside(span, policy, &desired.scope.path));
        return Resolved { arn: policy.arn.clone(), guard, usable: false };
    }
    let arn = existing.map_or_else(
        || Arn::policy(&live.partition, &live.account, &desired.scope.path, file.name.as_str()),
        |policy| policy.arn.clone(),
    );
    if protected(desired, &file.name, span) {
        return Resolved { arn, guard, usable: false };
    }
    // IAM refuses a document that begins with white space ("JSON strings must not have leading spaces").
    let text = Arc::from(file.text.trim_start());
    let wanted = DesiredDocument { arn: arn.clone(), text, document: document.clone() };
    desired.documents.insert(file.name.clone(), wanted);
    Resolved { arn, guard, usable: true }
}

fn row_of<'m>(matrix: &'m Matrix, policy: &Name) -> Option<&'m Span> {
    matrix
        .policies
        .iter()
        .map(|row| &row.name)
        .chain(&matrix.baseline)
        .find(|name| name.value == *policy)
        .map(|name| &name.span)
}

/// A policy's name is unique in the account whatever its path, and its path can never change (API `CreatePolicy`).
fn outside(span: &Span, policy: &LivePolicy, path: &str) -> Blocked {
    let reason = format!(
        "policy `{}` exists outside {path}, as {}; policy names are unique in an account",
        policy.name, policy.arn
    );
    let help = "give our document another name and change its row; once the new one is attached, detach the old one"
        .to_owned();
    Blocked::new(span, reason, help)
}

fn resolve_external(desired: &mut Desired, external: &External, live: &Live) -> Resolved {
    let arn = &external.arn.value;
    let (span, name) = (&external.name.span, &external.name.value);
    let found = live.policy(arn);
    let guard = found.is_none_or(|policy| policy.document.may_deny());
    if found.is_none() {
        let (reason, help) = if arn.account() == live.account {
            (format!("there is no policy {arn} in the account"), "ask its owner, or remove the row".to_owned())
        } else {
            (
                format!("{arn} belongs to another account than {}", live.account),
                "a group can carry only policies of its own account".to_owned(),
            )
        };
        desired.blocked.push(Blocked::new(&external.arn.span, reason, help));
        return Resolved { arn: arn.clone(), guard, usable: false };
    }
    Resolved { arn: arn.clone(), guard, usable: !protected(desired, name, span) }
}

/// Whether the policy is protected, which blocks its row.
fn protected(desired: &mut Desired, name: &Name, span: &Span) -> bool {
    let protected = desired.scope.protects_policy(name);
    if protected {
        let reason =
            format!("policy `{name}` is protected in operator.yaml, so neither it nor its attachments are changed");
        let help = "remove the row, or ask the platform team to lift the protection".to_owned();
        desired.blocked.push(Blocked::new(span, reason, help));
    }
    protected
}
