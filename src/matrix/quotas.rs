//! The quotas of IAM that decide whether a matrix can be realised.
//!
//! Owns: their names and AWS's defaults. The live account's own come from `GetAccountSummary`.

/// Quotas that a matrix must fit in. Defaults are AWS's (IAM and STS quotas; API `GetAccountSummary`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Managed policies on one group; AWS does not raise it.
    pub policies_per_group: usize,
    /// Groups one user can be in; AWS does not raise it.
    pub groups_per_user: usize,
    /// Groups in the account.
    pub groups: usize,
    /// Users in the account.
    pub users: usize,
    /// Customer managed policies in the account.
    pub policies: usize,
    /// Versions that IAM keeps of one policy.
    pub versions_per_policy: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Quotas {
            policies_per_group: 10,
            groups_per_user: 10,
            groups: 300,
            users: 5_000,
            policies: 1_500,
            versions_per_policy: 5,
        }
    }
}
