//! What the lints of the whole matrix look at.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Known;
use crate::catalog::{Catalog, documents};
use crate::located::Located;
use crate::matrix::{Group, Matrix, Operator, UserRow};
use crate::name::Name;
use crate::policy::Document;

/// A matrix without errors of structure, and what is known around it. Whatever is asked more than once is worked out
/// once.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The matrix.
    pub matrix: &'a Matrix,
    /// The operator's settings.
    pub operator: &'a Operator,
    /// AWS managed policies.
    pub catalog: &'a Catalog,
    known: Known,
    /// The shipped documents of the AWS managed policies that the matrix names.
    aws: BTreeMap<&'a Name, Document>,
    /// Each group's policies, the baseline's not among them.
    carried: BTreeMap<&'a Name, Vec<&'a Located<Name>>>,
    /// Each group's members.
    members: BTreeMap<&'a Name, Vec<&'a UserRow>>,
}

impl<'a> Facts<'a> {
    /// The facts of a matrix.
    #[must_use]
    pub fn new(matrix: &'a Matrix, operator: &'a Operator, catalog: &'a Catalog) -> Self {
        let mut carried: BTreeMap<&Name, Vec<&Located<Name>>> = BTreeMap::new();
        for row in &matrix.policies {
            for cell in &row.groups {
                carried.entry(&cell.value).or_default().push(&row.name);
            }
        }
        let mut members: BTreeMap<&Name, Vec<&UserRow>> = BTreeMap::new();
        for row in &matrix.users {
            for cell in &row.groups {
                members.entry(&cell.value).or_default().push(row);
            }
        }
        // A user that iamatrix creates lies under its path; where those lie that exist only the account can tell.
        let user_paths: BTreeSet<String> = operator.create_users.then(|| operator.path.clone()).into_iter().collect();
        let known = Known { user_paths, ..Known::default() };
        Facts { matrix, operator, catalog, known, aws: shipped(matrix), carried, members }
    }

    /// What is known beside a single document.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// What a policy says: the document's file or, for one of AWS, what shipped with the program. None for policies of
    /// others.
    #[must_use]
    pub fn document(&self, policy: &Name) -> Option<&Document> {
        match self.matrix.documents.get(policy) {
            Some(file) => file.document.as_ref(),
            None => self.aws.get(policy),
        }
    }

    /// The policies that a group carries, in the order of the rows; the baseline's not among them.
    #[must_use]
    pub fn carried_by(&self, group: &Name) -> &[&'a Located<Name>] {
        self.carried.get(group).map_or(&[], Vec::as_slice)
    }

    /// The rows of a group's members.
    #[must_use]
    pub fn members_of(&self, group: &Name) -> &[&'a UserRow] {
        self.members.get(group).map_or(&[], Vec::as_slice)
    }

    /// Whether the baseline carries a policy.
    #[must_use]
    pub fn in_baseline(&self, policy: &Name) -> bool {
        self.matrix.baseline.iter().any(|carried| carried.value == *policy)
    }

    /// The groups that carry a policy for which `test` holds.
    pub fn groups_with(&self, test: impl Fn(&Name) -> bool) -> impl Iterator<Item = &'a Group> {
        let carries = move |group: &&Group| self.carried_by(&group.name.value).iter().any(|name| test(&name.value));
        self.matrix.groups.iter().filter(carries)
    }
}

fn shipped(matrix: &Matrix) -> BTreeMap<&Name, Document> {
    let named = matrix.policies.iter().map(|row| &row.name).chain(&matrix.baseline).map(|name| &name.value);
    let of_aws: BTreeSet<&Name> = named.filter(|name| !matrix.defines(name)).collect();
    let parsed = of_aws.into_iter().filter_map(|name| {
        let document = Document::parse_file(name.as_str(), &documents::shipped(name)?.text).ok()?;
        Some((name, document))
    });
    parsed.collect()
}
