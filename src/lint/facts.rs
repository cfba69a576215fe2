//! What the lints of the whole matrix look at.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::document::Known;
use crate::access::Access;
use crate::access::aws::AwsDocuments;
use crate::catalog::Catalog;
use crate::located::Located;
use crate::matrix::{Ceiling, Group, Matrix, Operator, UserRow};
use crate::name::Name;
use crate::policy::Document;

/// The account where no settings name one, as AWS's own examples write it.
const EXAMPLE_ACCOUNT: &str = "123456789012";

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
    arns: String,
    /// The shipped documents of the AWS managed policies that the matrix or the ceiling names.
    aws: AwsDocuments,
    access: OnceCell<Access>,
    /// Each group's policies, the baseline's not among them.
    carried: BTreeMap<&'a Name, Vec<&'a Located<Name>>>,
    /// Each group's members.
    members: BTreeMap<&'a Name, Vec<&'a UserRow>>,
}

impl<'a> Facts<'a> {
    /// The facts of a matrix.
    #[must_use]
    pub fn new(matrix: &'a Matrix, operator: &'a Operator, catalog: &'a Catalog) -> Self {
        let carried = matrix.columns();
        let mut members: BTreeMap<&Name, Vec<&UserRow>> = BTreeMap::new();
        for row in &matrix.users {
            for cell in &row.groups {
                members.entry(&cell.value).or_default().push(row);
            }
        }
        // A user that iamatrix creates lies under its path; where those lie that exist only the account can tell.
        let user_paths: BTreeSet<String> = operator.create_users.then(|| operator.path.clone()).into_iter().collect();
        let known = Known { user_paths, ..Known::default() };
        let named = matrix.policies.iter().map(|row| &row.name).chain(&matrix.baseline).map(|name| &name.value);
        let powers: Vec<Name> = operator.ceiling.iter().filter_map(Ceiling::policy).collect();
        let aws = AwsDocuments::shipped(catalog, named.chain(&powers).filter(|name| !matrix.defines(name)));
        let account = operator.account.as_deref().unwrap_or(EXAMPLE_ACCOUNT);
        let arns = format!("arn:{}:iam::{account}", partition(matrix));
        Facts { matrix, operator, catalog, known, arns, aws, access: OnceCell::new(), carried, members }
    }

    /// What is known beside a single document.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// What the ARNs of the account's entities begin with, such as `arn:aws:iam::123456789012`.
    #[must_use]
    pub fn arns(&self) -> &str {
        &self.arns
    }

    /// What a policy says: the document's file or, for one of AWS, what shipped with the program. None for policies of
    /// others.
    #[must_use]
    pub fn document(&self, policy: &Name) -> Option<&Document> {
        match self.matrix.documents.get(policy) {
            Some(file) => file.document.as_ref(),
            None => self.aws.get(&self.catalog.find(policy)?.arn)?.document.as_deref(),
        }
    }

    /// What each user holds.
    #[must_use]
    pub fn access(&self) -> &Access {
        self.access.get_or_init(|| Access::of_matrix(self.matrix, self.catalog, &self.aws))
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

/// The partition that every document means that names one; `aws` where they name none, or several.
fn partition(matrix: &Matrix) -> &str {
    let documents = matrix.documents.values().filter_map(|file| file.document.as_ref());
    let resources = documents.flat_map(Document::statements).flat_map(|statement| statement.resources.patterns());
    let partitions = resources.filter_map(|arn| arn.strip_prefix("arn:")?.split(':').next());
    let named: BTreeSet<&str> = partitions.filter(|name| !name.contains(['*', '?', '$'])).collect();
    match named.first() {
        Some(only) if named.len() == 1 => only,
        _ => "aws",
    }
}
