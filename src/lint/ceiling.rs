//! Rows that give a group more than the platform team's ceiling lets it have.

use super::Facts;
use crate::ceiling::{Carried, Judge};
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::name::Name;

/// `beyond-ceiling`: as far as the documents are known; what policies of others say, the account tells when it is read.
pub(super) fn beyond(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let judge = Judge::new(&facts.operator.ceiling, |policy| facts.document(policy));
    let columns = facts.matrix.groups.iter().map(|group| &group.name.value);
    let mut carried: Vec<(&Name, Vec<&Located<Name>>)> =
        columns.map(|group| (group, facts.carried_by(group).to_vec())).collect();
    carried.push((&facts.matrix.baseline_group.value, facts.matrix.baseline.iter().collect()));
    for (group, rows) in carried {
        let policies: Vec<Carried<'_>> = rows.iter().map(|row| (&row.value, facts.document(&row.value))).collect();
        for excess in judge.excesses(group, &policies) {
            let Some(row) = rows.iter().find(|row| row.value == excess.policy) else { continue };
            found.push(
                Diagnostic::error("beyond-ceiling", &row.span, excess.to_string())
                    .on(&excess.policy)
                    .help("take it off the row, or ask the owners of operator.yaml to raise `ceiling`"),
            );
        }
    }
}
