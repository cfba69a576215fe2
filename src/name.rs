//! Names as IAM understands them: compared without regard to case, shown as they were spelled.
//!
//! Owns: [`Name`], [`Arn`] and the rules of names and paths. Must not: know where a name is used.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc as Shared;

use serde::Serialize;

/// A user, group or policy name. Equality, order and hash ignore ASCII case, because IAM's do
/// (API reference, `CreateGroup`: names "are not distinguished by case").
/// Cheap to clone: a large account names the same group for thousands of people.
#[derive(Debug, Clone)]
pub struct Name(Shared<str>);

impl Name {
    /// A name in the given spelling; [`fault`] says whether IAM would take it.
    pub fn new(spelling: impl Into<String>) -> Self {
        Name(spelling.into().into())
    }

    /// The spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl utoipa::PartialSchema for Name {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

impl utoipa::ToSchema for Name {}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Name {
    fn from(spelling: &str) -> Self {
        Name::new(spelling)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|byte| state.write_u8(byte));
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 == other.0 {
            return Ordering::Equal; // the common case, and a quick one
        }
        // Names of one account begin alike: what is spelled the same need not be folded.
        let alike = self.0.bytes().zip(other.0.bytes()).take_while(|(mine, theirs)| mine == theirs).count();
        self.folded().skip(alike).cmp(other.folded().skip(alike))
    }
}

/// An ARN as AWS spells it; unlike names, ARNs are compared exactly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Arn(String);

impl Arn {
    /// An ARN in AWS's spelling.
    pub fn new(arn: impl Into<String>) -> Self {
        Arn(arn.into())
    }

    /// The ARN of a policy: `owner` is an account id, or `aws` for AWS's own.
    #[must_use]
    pub fn policy(partition: &str, owner: &str, path: &str, name: &str) -> Self {
        Arn(format!("arn:{partition}:iam::{owner}:policy{path}{name}"))
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last slash: the name of the thing.
    #[must_use]
    pub fn name(&self) -> Name {
        Name::new(self.0.rsplit('/').next().unwrap_or(&self.0))
    }

    /// The path between `policy` and the name, with its slashes.
    #[must_use]
    pub fn path(&self) -> &str {
        let from = self.0.find('/').unwrap_or(self.0.len());
        let to = self.0.rfind('/').map_or(from, |last| last + 1);
        self.0.get(from..to).unwrap_or_default()
    }

    /// Whether AWS owns the policy.
    #[must_use]
    pub fn is_aws_managed(&self) -> bool {
        self.0.split(':').nth(4) == Some("aws")
    }

    /// The account the ARN belongs to; empty or `aws` where there is none.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    /// Whether this is written as the ARN of a customer managed policy: `arn:PARTITION:iam::123456789012:policy/…`.
    #[must_use]
    pub fn is_customer_policy(&self) -> bool {
        let parts: Vec<&str> = self.0.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts[..] else { return false };
        arn == "arn"
            && partition.starts_with("aws")
            && service == "iam"
            && region.is_empty()
            && is_account(account)
            && resource
                .strip_prefix("policy/")
                .is_some_and(|rest| fault(self.name().as_str(), POLICY).is_none() && !rest.is_empty())
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Longest user name that IAM creates (API model, `userNameType`).
pub const USER: usize = 64;
/// Longest group name (API model, `groupNameType`).
pub const GROUP: usize = 128;
/// Longest policy name (API model, `policyNameType`).
pub const POLICY: usize = 128;

/// What IAM would refuse about a name of at most `longest` characters, if anything (API model: `[\w+=,.@-]+`).
#[must_use]
pub fn fault(name: &str, longest: usize) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".into());
    }
    let foreign: String =
        name.chars().filter(|c| !(c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c))).take(1).collect();
    if !foreign.is_empty() {
        return Some(format!("contains {foreign:?}; IAM allows letters, digits and _+=,.@-"));
    }
    let length = name.chars().count();
    (length > longest).then(|| format!("has {length} characters; IAM allows {longest}"))
}

/// Whether this is an account id: twelve digits.
#[must_use]
pub fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is wrong with a path that is to hold groups and policies alike, if anything
/// (API model, `policyPathType`, the stricter of the two).
#[must_use]
pub fn path_fault(path: &str) -> Option<&'static str> {
    if path == "/" {
        return Some("is the root path, which would put every group of the account in scope");
    }
    if !path.starts_with('/') || !path.ends_with('/') {
        return Some("must begin and end with a slash");
    }
    if path.len() > 512 {
        return Some("has more than 512 characters");
    }
    if path.starts_with("/aws-service-role/") {
        return Some("is reserved by AWS");
    }
    let inner = path.trim_matches('/');
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".,+@=_-".contains(c);
    if inner.split('/').any(|part| part.is_empty() || !part.chars().all(allowed)) {
        return Some("may hold only letters, digits and .,+@=_- between single slashes");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_by_case_are_one_name_in_their_own_spelling() {
        assert_eq!(Name::new("Developer"), Name::new("developer"));
        assert_eq!(Name::new("DBA").to_string(), "DBA");
        assert!(Name::new("admin") < Name::new("DBA"));
    }

    #[test]
    fn name_rules_are_those_of_the_api_model() {
        assert_eq!(fault("admin@demoasacode.io", USER), None);
        assert!(fault("no spaces", GROUP).unwrap().contains("\" \""));
        assert!(fault("개발자", GROUP).is_some());
        assert!(fault("", GROUP).is_some());
        assert!(fault(&"x".repeat(65), USER).unwrap().contains("64"));
    }

    #[test]
    fn paths_begin_and_end_with_a_slash_and_are_never_the_root() {
        assert_eq!(path_fault("/foundation/"), None);
        assert_eq!(path_fault("/a/b.c/"), None);
        for bad in ["/", "/foundation", "foundation/", "/a//b/", "/a*/", "/aws-service-role/", "//"] {
            assert!(path_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_customer_policy_arn_has_a_twelve_digit_account() {
        assert!(Arn::new("arn:aws:iam::123456789012:policy/team/TeamX").is_customer_policy());
        assert!(Arn::new("arn:aws-cn:iam::123456789012:policy/TeamX").is_customer_policy());
        for bad in
            ["arn:aws:iam::111111111:policy/X", "arn:aws:iam::aws:policy/X", "X", "arn:aws:iam::123456789012:role/X"]
        {
            assert!(!Arn::new(bad).is_customer_policy(), "{bad}");
        }
        let arn = Arn::new("arn:aws:iam::123456789012:policy/team/TeamX");
        assert_eq!((arn.path(), arn.name().as_str()), ("/team/", "TeamX"));
    }
}
