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

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;
    use crate::files::Files;
    use crate::lint::beyond_ceiling;
    use crate::matrix::load;

    #[test]
    fn the_ceiling_stands_for_a_policy_that_no_row_gives_and_the_baseline_counts_with_each_group() {
        let allow = |actions: &str| {
            format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{actions},"Resource":"*"}}}}"#)
        };
        let (all_but, one, two) = (
            allow(r#""NotAction":"iam:DetachGroupPolicy""#),
            allow(r#""Action":"iam:DeleteRolePermissionsBoundary""#),
            allow(r#""Action":"sts:AssumeRole""#),
        );
        let documents = [("AllBut", &all_but), ("One", &one), ("Two", &two)];
        let documents = documents.map(|(name, text)| (format!("policies/{name}.json"), text.as_str()));
        let told = |rows: &str| {
            let matrix = format!(
                "version: 1\ngroups: {{ Staff: {{}} }}\nusers: {{ ann: {{ groups: [Staff] }} }}\ndocuments: policies/\n{rows}\n"
            );
            let operator = "mode: observe\nceiling: { AdministratorAccess: [Admin] }\n";
            let files = documents.iter().map(|(name, text)| (name.as_str(), *text));
            let loaded = load(&Files::from_memory(operator, &matrix, files));
            let (matrix, operator) = (loaded.matrix.unwrap(), loaded.operator.unwrap());
            let found = beyond_ceiling(&matrix, &operator, &Catalog::embedded("aws"));
            found.into_iter().map(|finding| finding.message).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(told("policies: { AllBut: [Staff] }"), @"Staff gets administration (iam:CreatePolicyVersion) by AllBut; the ceiling grants `AdministratorAccess` to `Admin` only");
        insta::assert_snapshot!(told("baseline: [One]\npolicies: { Two: [Staff] }"), @"Staff gets administration (iam:DeleteRolePermissionsBoundary and sts:AssumeRole), with others, by Two; the ceiling grants `AdministratorAccess` to `Admin` only");
        insta::assert_snapshot!(told("baseline: [AllBut]\npolicies: { Two: [Staff] }"), @"Baseline gets administration (iam:CreatePolicyVersion) by AllBut; the ceiling grants `AdministratorAccess` to `Admin` only");
        assert_eq!(told("policies: { Two: [Staff] }"), "");
    }
}
