//! Rules about waivers. One that silences nothing is told by [`crate::matrix::waivers`], once all findings are known.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::matrix::Matrix;
use crate::matrix::rules::Facts;
use crate::matrix::waivers::Waiver;
use crate::name::Name;
use crate::nearest;
use crate::rulebook::{self, Kind, Object};

/// A waiver for a rule that nobody knows silences nothing.
pub fn unknown_rule(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for waiver in facts.matrix.waivers.iter().filter(|waiver| rulebook::find(&waiver.rule.value).is_empty()) {
        let near = rulebook::nearest(&waiver.rule.value);
        let help = if near.is_empty() {
            "write the code that `iamatrix check` shows in brackets, such as M01".to_owned()
        } else {
            format!("did you mean {}?", nearest::quoted(&near))
        };
        let message = format!("there is no rule `{}`", waiver.rule.value);
        found.push(Diagnostic::error("waiver-rule", &waiver.rule.span, message).help(help));
    }
}

/// Without the errors of shape and structure mended the matrix has no meaning; they cannot be agreed to.
pub fn refused(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for waiver in &facts.matrix.waivers {
        let pages = rulebook::find(&waiver.rule.value);
        if !pages.is_empty() && waiver.rules().next().is_none() {
            let message = format!("`{}` cannot be waived", waiver.rule.value);
            found.push(
                Diagnostic::error("waiver-refused", &waiver.rule.span, message)
                    .help("mend what it reports, and remove the waiver"),
            );
        }
    }
}

/// A waiver for something that the matrix does not have: misspelled, or left over. What a rule of the live account is
/// about need not be in the matrix.
pub fn unknown_object(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    for waiver in &facts.matrix.waivers {
        let objects: Vec<Object> =
            waiver.rules().filter(|page| page.kind != Kind::Live).filter_map(|page| page.object).collect();
        let known: BTreeSet<&Name> = objects.iter().flat_map(|object| names(facts.matrix, *object)).collect();
        let Some(object) = objects.first().filter(|_| !known.contains(&waiver.on.value)) else { continue };
        let near = nearest::to(waiver.on.value.as_str(), known.into_iter().map(Name::as_str), 3);
        let help = if near.is_empty() {
            "correct the name, or remove the waiver".to_owned()
        } else {
            format!("did you mean {}? otherwise remove the waiver", nearest::quoted(&near))
        };
        let message = format!("the matrix has no {} `{}`", object.as_str(), waiver.on.value);
        found.push(Diagnostic::warning("waiver-object", &waiver.on.span, message).help(help));
    }
}

fn names(matrix: &Matrix, object: Object) -> Vec<&Name> {
    match object {
        Object::User => matrix.users.iter().map(|row| &row.name.value).collect(),
        Object::Group => matrix
            .groups
            .iter()
            .map(|group| &group.name)
            .chain([&matrix.baseline_group])
            .map(|name| &name.value)
            .collect(),
        Object::Policy => {
            let named = matrix.policies.iter().map(|row| &row.name).chain(&matrix.baseline);
            let external = matrix.external.iter().map(|external| &external.name);
            named.chain(external).map(|name| &name.value).chain(matrix.documents.keys()).collect()
        }
    }
}

/// A waiver whose last day is over silences nothing any more.
pub fn expired(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let over = |waiver: &&Waiver| waiver.is_over(facts.today);
    for waiver in facts.matrix.waivers.iter().filter(over) {
        let message =
            format!("this waiver of {} on `{}` ended with {}", waiver.rule.value, waiver.on.value, waiver.until.value);
        found.push(
            Diagnostic::warning("waiver-expired", &waiver.until.span, message)
                .help("mend what it silenced and remove it, or agree on another day"),
        );
    }
}
