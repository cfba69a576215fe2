//! Rules about names: what IAM allows, what it cannot tell apart, and what the operator keeps for itself.

use std::collections::BTreeMap;

use super::part_number;
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::matrix::rules::Facts;
use crate::name::{self, Name};

/// IAM refuses names that are too long or hold other characters than letters, digits and `_+=,.@-`.
pub fn bad_name(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    let mut judge = |what: &str, name: &Located<Name>, longest: usize, help: &str| {
        if let Some(fault) = name::fault(name.value.as_str(), longest) {
            let message = format!("{what} `{}` {fault}", name.value);
            found.push(Diagnostic::error("bad-name", &name.span, message).help(help));
        }
    };
    matrix.users.iter().for_each(|row| judge("user name", &row.name, name::USER, "write the name as IAM shows it"));
    matrix.groups.iter().for_each(|group| judge("group name", &group.name, GROUP, "choose another name"));
    judge("the baseline's group name", &matrix.baseline_group, GROUP, "choose another name");
    matrix
        .external
        .iter()
        .for_each(|external| judge("policy name", &external.name, name::POLICY, "use the policy's own name"));
    for file in matrix.documents.values() {
        judge(
            "the document's name",
            &Located::new(file.name.clone(), file.span.clone()),
            name::POLICY,
            "rename the file",
        );
    }
}

/// Longest name of a group, with room for the `-2`, `-3` … that its parts add to it.
const GROUP: usize = name::GROUP - 4;

/// IAM does not tell names apart by case, so two rows that differ only by case are one thing written twice.
pub fn case_collision(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    collisions("users", matrix.users.iter().map(|row| &row.name), found);
    collisions("groups", matrix.groups.iter().map(|group| &group.name), found);
    collisions("policies", matrix.policies.iter().map(|row| &row.name), found);
    collisions("external policies", matrix.external.iter().map(|external| &external.name), found);
}

fn collisions<'a>(what: &str, names: impl Iterator<Item = &'a Located<Name>>, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&Name, &Located<Name>> = BTreeMap::new();
    for name in names {
        match seen.get(&name.value) {
            // The same spelling twice is a duplicate key, which the decoder has reported.
            Some(first) if first.value.as_str() == name.value.as_str() => {}
            Some(first) => {
                let message = format!(
                    "{what} `{}` (line {}) and `{}` differ only by case; to IAM they are one name",
                    first.value, first.span.line, name.value
                );
                found.push(Diagnostic::error("case-collision", &name.span, message).help("keep one of the two"));
            }
            None => drop(seen.insert(&name.value, name)),
        }
    }
}

/// `Name-2`, `Name-3` … are the IAM groups that carry what does not fit into `Name`.
pub fn part_name(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let groups = &facts.matrix.groups;
    for group in groups {
        for other in groups {
            if part_number(&other.name.value, &group.name.value).is_some_and(|number| number > 1) {
                let message = format!("`{}` is the name of a part of group `{}`", group.name.value, other.name.value);
                let help = format!(
                    "IAM allows ten policies a group, so `{}` may need this name for itself; choose another",
                    other.name.value
                );
                found.push(Diagnostic::error("part-name", &group.name.span, message).help(help));
            }
        }
    }
}

/// The baseline's group is the operator's own; a column cannot bear its name.
pub fn reserved_name(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let baseline = &facts.matrix.baseline_group.value;
    for group in &facts.matrix.groups {
        let clash = part_number(baseline, &group.name.value).or_else(|| part_number(&group.name.value, baseline));
        if clash.is_some() {
            let message = format!("group `{}` bears the name of the baseline's group `{baseline}`", group.name.value);
            let help = "rename the group, or give the baseline's group another name with `baselineGroup: …`";
            found.push(Diagnostic::error("reserved-name", &group.name.span, message).help(help));
        }
    }
}

/// A group can be renamed only from a name that is no longer in use, and by one group only.
pub fn bad_rename(facts: Facts<'_>, found: &mut Vec<Diagnostic>) {
    let matrix = facts.matrix;
    let mut taken: BTreeMap<&Name, &Name> = BTreeMap::new();
    for group in &matrix.groups {
        let Some(from) = &group.renamed_from else { continue };
        let declared = matrix.groups.iter().any(|other| other.name.value == from.value);
        let reason = if from.value == matrix.baseline_group.value {
            Some(format!("`{}` is the baseline's group", from.value))
        } else if declared {
            Some(format!("`{}` is still a group of this matrix", from.value))
        } else {
            taken.insert(&from.value, &group.name.value).map(|other| format!("`{other}` is renamed from it too"))
        };
        if let Some(reason) = reason {
            let message = format!("group `{}` cannot be renamed from `{}`: {reason}", group.name.value, from.value);
            found.push(
                Diagnostic::error("bad-rename", &from.span, message)
                    .help("name the group's former name, or remove `renamedFrom`"),
            );
        }
    }
}
