//! Rows that give a group more than the platform team's ceiling lets it have.

use std::borrow::Cow;

use super::Facts;
use crate::ceiling::{Carried, Judge};
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::name::Name;

/// `beyond-ceiling`: as far as the documents are known; what policies of others say, the account tells when it is read.
pub(super) fn beyond(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let judge = Judge::new(&facts.operator.ceiling, |policy| facts.document(policy).map(Cow::Borrowed));
    let for_all = (&facts.matrix.baseline_group.value, facts.matrix.baseline.iter().collect::<Vec<_>>());
    let baseline = carried(facts, for_all.0, &for_all.1);
    let columns = facts.matrix.groups.iter().map(|group| &group.name.value);
    let columns = columns.map(|group| (group, facts.carried_by(group).to_vec()));
    for (group, rows) in columns.chain([for_all]) {
        let beside = if *group == facts.matrix.baseline_group.value { &[][..] } else { &baseline };
        for excess in judge.excesses(&carried(facts, group, &rows), beside) {
            let Some(row) = rows.iter().find(|row| row.value == excess.policy) else { continue };
            found.push(
                Diagnostic::error("beyond-ceiling", &row.span, excess.to_string())
                    .on(&excess.policy)
                    .help("take it off the row, or ask the owners of operator.yaml to raise `ceiling`"),
            );
        }
    }
}

fn carried<'a>(facts: &'a Facts<'_>, group: &'a Name, rows: &[&'a Located<Name>]) -> Vec<Carried<'a>> {
    let policy = |row: &&'a Located<Name>| Carried { group, policy: &row.value, document: facts.document(&row.value) };
    rows.iter().map(policy).collect()
}
