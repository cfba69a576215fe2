//! The AWS managed policies of the sandbox: the names and paths of the embedded catalogue, and of those that AWS has
//! deprecated.
//!
//! Their documents are not embedded: `AdministratorAccess` has its real text, every other one a
//! document without statements.

use std::sync::LazyLock;

use super::ids;

/// One AWS managed policy.
#[derive(Debug, Clone, Copy)]
pub struct Managed {
    /// Its name.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What may be done with it.
    pub standing: Standing,
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

/// When the sandbox says that an AWS managed policy was made and last changed.
pub const CREATED: &str = "2015-02-06T18:39:46Z";

/// The only version that the sandbox knows of an AWS managed policy.
pub const VERSION: u32 = 1;

static ALL: LazyLock<Vec<Managed>> = LazyLock::new(|| {
    let current = rows(crate::catalog::EMBEDDED).map(|(name, path)| {
        let linked = path.starts_with("/aws-service-role/");
        Managed { name, path, standing: if linked { Standing::ServiceLinked } else { Standing::Attachable } }
    });
    let deprecated = rows(DEPRECATED).map(|(name, path)| Managed { name, path, standing: Standing::Deprecated });
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
    pub fn document(&self) -> &'static str {
        if self.name == "AdministratorAccess" {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        } else {
            r#"{"Version":"2012-10-17","Statement":[]}"#
        }
    }
}

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
    fn no_policy_that_aws_lists_is_called_deprecated() {
        let listed: std::collections::BTreeSet<_> = rows(crate::catalog::EMBEDDED).map(|(name, _)| name).collect();
        let deprecated: Vec<_> = rows(DEPRECATED).map(|(name, _)| name).collect();
        assert!(deprecated.contains(&"AWSLambdaFullAccess"));
        assert!(deprecated.iter().all(|name| !listed.contains(name)), "{deprecated:?}");
        assert!(deprecated.is_sorted(), "{deprecated:?}");
    }
}
