//! Rules about operator.yaml beside the matrix: names in it that mean nothing, and a release that has ended.

use jiff::civil::Date;

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::located::Span;
use crate::matrix::{Matrix, Operator};
use crate::name::Name;
use crate::nearest;

/// What is worth a look in the settings. None of it keeps them from being used: the groups of the matrix come and go
/// with other people's commits.
pub fn settings(matrix: &Matrix, operator: &Operator, catalog: &Catalog, today: Date) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let groups: Vec<&Name> =
        matrix.groups.iter().map(|group| &group.name.value).chain([&matrix.baseline_group.value]).collect();
    let mut known = |name: &Name, span: &Span, key: &str| {
        if !groups.contains(&name) {
            found.push(unknown_group(name, span, key, &groups));
        }
    };
    for (name, mode) in &operator.held_back {
        known(name, &mode.span, "groups");
    }
    for group in operator.ceiling.iter().flat_map(|entry| &entry.groups) {
        known(&group.value, &group.span, "ceiling");
    }
    for (entry, policy) in operator.ceiling.iter().filter_map(|entry| Some((entry, entry.policy()?))) {
        if !matrix.defines(&policy) && catalog.find(&policy).is_none() {
            let message = format!("`ceiling` names `{policy}`, which is no policy that is known");
            let help = "write a policy as AWS or the matrix names it, or an action such as `iam:*`";
            found.push(Diagnostic::warning("unknown-power", &entry.power.span, message).help(help));
        }
    }
    if let Some(approval) = operator.approve.as_ref().filter(|approval| approval.is_over(today)) {
        let message = format!("the release of {} ended with {}", approval.digest.value, approval.until.value);
        found.push(
            Diagnostic::warning("approval-over", &approval.until.span, message)
                .help("remove `approve`; if the plan is still held, release it anew"),
        );
    }
    found
}

fn unknown_group(name: &Name, span: &Span, key: &str, groups: &[&Name]) -> Diagnostic {
    let near = nearest::to(name.as_str(), groups.iter().map(|group| group.as_str()), 3);
    let help = if near.is_empty() {
        "write a group as the matrix names it, or remove it here".to_owned()
    } else {
        format!("did you mean {}?", nearest::quoted(&near))
    };
    Diagnostic::warning("settings-group", span, format!("`{key}` names `{name}`, which is no group of the matrix"))
        .help(help)
}
