//! The AWS managed policies of the sandbox: the names and paths of the embedded catalogue, and of those that AWS has
//! deprecated.
//!
//! Their documents are those that ship with the program, with their version and dates; each is unpacked when it is
//! asked for. Those of deprecated policies are not shipped: they show a document without statements.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::ids;
use crate::catalog::documents::{self, Edition};

/// One AWS managed policy.
#[derive(Debug, Clone, Copy)]
pub struct Managed {
    /// Its name.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What may be done with it.
    pub standing: Standing,
    /// The number of the only version that the sandbox knows of it.
    pub version: u32,
    /// When AWS made it.
    pub created: Timestamp,
    /// When AWS made that version.
    pub updated: Timestamp,
}

/// What may be done with an AWS managed policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can be attached.
    Attachable,
    /// It belongs to a service-linked role and can be attached to nothing else.
    ServiceLinked,
    /// It stays where it is attached, and is not there for anyone else (IAM user guide, deprecated AWS managed
    /// policies).
    Deprecated,
}

/// The policies that AWS has deprecated.
const DEPRECATED: &str = include_str!("../catalog/aws-deprecated.tsv");

/// When the first AWS managed policies were made, and deprecated ones by what the sandbox says.
const FIRST: Timestamp = Timestamp::constant(1_423_247_986, 0);

static ALL: LazyLock<Vec<Managed>> = LazyLock::new(|| {
    let editions = documents::editions();
    let current = rows(crate::catalog::EMBEDDED).map(|(name, path)| {
        let linked = path.starts_with("/aws-service-role/");
        let standing = if linked { Standing::ServiceLinked } else { Standing::Attachable };
        let edition = editions.binary_search_by_key(&name, |edition| &edition.name);
        Managed::new(name, path, standing, edition.ok().and_then(|at| editions.get(at)))
    });
    let deprecated = rows(DEPRECATED).map(|(name, path)| Managed::new(name, path, Standing::Deprecated, None));
    let mut all: Vec<_> = current.chain(deprecated).collect();
    all.sort_by_key(|policy| policy.name);
    all.dedup_by_key(|policy| policy.name);
    all
});

/// The rows of a list as `(name, path)`.
fn rows(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    list.lines().filter(|line| !line.starts_with('#')).filter_map(|row| row.split_once('\t'))
}

/// All of them, deprecated ones too, in the order of their names.
pub fn all() -> impl Iterator<Item = (usize, &'static Managed)> {
    ALL.iter().enumerate()
}

/// The place of the policy of that name.
pub fn find(name: &str) -> Option<usize> {
    ALL.binary_search_by_key(&name, |policy| policy.name).ok()
}

/// The policy at a place.
pub fn get(index: usize) -> Option<&'static Managed> {
    ALL.get(index)
}

impl Managed {
    fn new(name: &'static str, path: &'static str, standing: Standing, edition: Option<&Edition>) -> Self {
        let number = edition.and_then(|edition| edition.version.strip_prefix('v')?.parse().ok());
        let (created, updated) = edition.map_or((FIRST, FIRST), |edition| (edition.created, edition.updated));
        Self { name, path, standing, version: number.unwrap_or(1), created, updated }
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path, self.name)
    }

    /// Its unique id.
    pub fn id(&self) -> String {
        ids::of_aws_policy(&self.arn())
    }

    /// Whether it can be attached.
    pub fn is_attachable(&self) -> bool {
        self.standing == Standing::Attachable
    }

    /// Its document, as far as the sandbox knows it.
    pub fn document(&self) -> String {
        let shipped = documents::shipped(&self.name.into());
        shipped.map_or_else(|| WITHOUT_STATEMENTS.to_owned(), |shipped| shipped.text)
    }
}

/// What stands for a document that is not shipped.
const WITHOUT_STATEMENTS: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_found_by_its_name_with_the_path_it_really_has() {
        let policy = get(find("AWSBatchServiceRole").unwrap()).unwrap();
        assert_eq!(policy.arn(), "arn:aws:iam::aws:policy/service-role/AWSBatchServiceRole");
        assert!(policy.is_attachable());
        assert!(find("AmazonAPIGatewayReadOnlyAccess").is_none());
    }

    #[test]
    fn documents_are_the_real_ones_with_their_versions_and_dates() {
        let of = |name| get(find(name).unwrap()).unwrap();
        let read_only = of("ReadOnlyAccess");
        assert!(read_only.version >= 190 && read_only.updated > read_only.created);
        assert!(read_only.document().contains("\"s3:Get*\""));
        assert_eq!(of("AdministratorAccess").created, FIRST);
        let gone = of("AWSLambdaFullAccess");
        assert_eq!((gone.version, gone.document().as_str()), (1, WITHOUT_STATEMENTS));
        assert!(all().all(|(_, policy)| policy.standing == Standing::Deprecated || policy.version > 0));
    }

    #[test]
    fn no_policy_that_aws_lists_is_called_deprecated() {
        let listed: std::collections::BTreeSet<_> = rows(crate::catalog::EMBEDDED).map(|(name, _)| name).collect();
        let deprecated: Vec<_> = rows(DEPRECATED).map(|(name, _)| name).collect();
        assert!(deprecated.contains(&"AWSLambdaFullAccess"));
        assert!(deprecated.iter().all(|name| !listed.contains(name)), "{deprecated:?}");
        assert!(deprecated.is_sorted(), "{deprecated:?}");
    }
}
