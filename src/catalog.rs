//! AWS managed policies: their names and ARNs, from the live account, with an embedded list for work without one.
//!
//! Owns: [`Catalog`]. An ARN is never put together from a name alone: `AWSBatchServiceRole` lies under
//! `/service-role/`. Must not: call AWS; `iam/` reads the live list.

pub mod actions;
pub mod documents;
mod packed;

use std::collections::BTreeMap;

use crate::name::{Arn, Name};
use crate::nearest;

/// The list that ships with the program: comment lines, then `Name<TAB>path`, sorted by name.
pub const EMBEDDED: &str = include_str!("catalog/aws-managed.tsv");

/// AWS managed policies whose current document has a Deny statement, so that they count as guards.
/// From the same source and date as the embedded list; AWS has no call that tells it without reading every document.
const DENYING: &str = include_str!("catalog/aws-denying.tsv");

/// One AWS managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsPolicy {
    /// Its name in AWS's spelling.
    pub name: Name,
    /// Its ARN.
    pub arn: Arn,
    /// Whether it can be attached anew: deprecated and service-linked-role policies cannot.
    pub attachable: bool,
    /// Its version in force (`v190`), where the account was asked. A document never changes within a version.
    pub version: Option<String>,
}

/// Where a list came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The list inside the program.
    Embedded,
    /// `ListPolicies(Scope=AWS)` of the account.
    Live,
}

/// The AWS managed policies that a matrix row may name.
#[derive(Debug, Clone)]
pub struct Catalog {
    policies: BTreeMap<Name, AwsPolicy>,
    source: Source,
}

impl Catalog {
    /// The embedded list, with ARNs of `partition` (`aws`, `aws-cn`, …).
    #[must_use]
    pub fn embedded(partition: &str) -> Self {
        let policies = embedded_lines().map(|(name, path)| AwsPolicy {
            name: Name::new(name),
            arn: Arn::policy(partition, "aws", path, name),
            attachable: path != "/aws-service-role/",
            version: None,
        });
        Self::new(policies, Source::Embedded)
    }

    /// The list that the live account returned. A policy that the embedded list knows and the account no longer lists
    /// is deprecated: it stays where it is attached, and cannot be attached anew (IAM user guide, deprecated policies).
    #[must_use]
    pub fn live(policies: Vec<AwsPolicy>) -> Self {
        let mut catalog = Self::new(policies, Source::Live);
        // Other partitions never had all of the policies that the embedded list names.
        let is_aws = catalog.policies.values().any(|policy| policy.arn.as_str().starts_with("arn:aws:"));
        for gone in Self::embedded("aws").policies.into_values().filter(|_| is_aws) {
            catalog.policies.entry(gone.name.clone()).or_insert(AwsPolicy { attachable: false, ..gone });
        }
        catalog
    }

    fn new(policies: impl IntoIterator<Item = AwsPolicy>, source: Source) -> Self {
        Catalog { policies: policies.into_iter().map(|policy| (policy.name.clone(), policy)).collect(), source }
    }

    /// Where the list came from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The policy of that name, whatever its path.
    #[must_use]
    pub fn find(&self, name: &Name) -> Option<&AwsPolicy> {
        self.policies.get(name)
    }

    /// All policies, by name.
    pub fn iter(&self) -> impl Iterator<Item = &AwsPolicy> {
        self.policies.values()
    }

    /// Whether the policy of that ARN can be attached again once it is detached.
    #[must_use]
    pub fn can_attach_again(&self, arn: &Arn) -> bool {
        self.find(&arn.name()).is_some_and(|policy| policy.arn == *arn && policy.attachable)
    }

    /// The three names that resemble `wanted` best, among these and `others`.
    pub fn nearest<'a>(&'a self, wanted: &str, others: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        nearest::to(wanted, self.policies.keys().map(Name::as_str).chain(others), 3)
    }
}

/// Whether the AWS managed policy of that name has a Deny statement.
#[must_use]
pub fn denies(name: &Name) -> bool {
    DENYING.lines().any(|line| line.eq_ignore_ascii_case(name.as_str()))
}

/// Whether the embedded list knows the name: a name AWS has had since this program was built.
#[must_use]
pub fn embedded_has(name: &Name) -> bool {
    embedded_lines().any(|(known, _)| known.eq_ignore_ascii_case(name.as_str()))
}

/// The embedded list as `(name, path)`.
fn embedded_lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    EMBEDDED.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_found_under_its_own_path_and_in_any_case() {
        let catalog = Catalog::embedded("aws");
        let batch = catalog.find(&"awsbatchservicerole".into()).unwrap();
        assert_eq!(batch.arn.as_str(), "arn:aws:iam::aws:policy/service-role/AWSBatchServiceRole");
        assert!(catalog.find(&"AmazonAPIGatewayReadOnlyAccess".into()).is_none());
    }

    #[test]
    fn the_embedded_list_is_sorted_without_repetition_and_says_its_date() {
        let names: Vec<&str> = embedded_lines().map(|(name, _)| name).collect();
        assert!(names.len() > 1_500, "{}", names.len());
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(EMBEDDED.lines().take_while(|line| line.starts_with('#')).any(|line| line.contains("20")));
    }

    #[test]
    fn policies_of_service_linked_roles_cannot_be_attached() {
        let catalog = Catalog::embedded("aws-cn");
        let arn = Arn::new("arn:aws-cn:iam::aws:policy/AdministratorAccess");
        assert!(catalog.can_attach_again(&arn));
        assert!(catalog.iter().any(|policy| !policy.attachable));
        assert!(!catalog.can_attach_again(&Arn::new("arn:aws-cn:iam::aws:policy/GoneForever")));
    }

    #[test]
    fn a_policy_that_aws_no_longer_lists_is_known_and_cannot_be_attached_again() {
        let arn = Arn::new("arn:aws:iam::aws:policy/AdministratorAccess");
        let listed = AwsPolicy { name: arn.name(), arn: arn.clone(), attachable: true, version: None };
        let catalog = Catalog::live(vec![listed]);
        assert!(catalog.can_attach_again(&arn));
        assert!(!catalog.find(&"ReadOnlyAccess".into()).unwrap().attachable);
        let china = Arn::new("arn:aws-cn:iam::aws:policy/AdministratorAccess");
        let catalog =
            Catalog::live(vec![AwsPolicy { name: china.name(), arn: china, attachable: true, version: None }]);
        assert!(catalog.find(&"ReadOnlyAccess".into()).is_none());
    }

    #[test]
    fn policies_of_aws_that_deny_count_as_guards() {
        assert!(denies(&"AWSDenyAll".into()));
        assert!(!denies(&"AdministratorAccess".into()));
    }
}
