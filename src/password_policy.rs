//! The account's password policy, as wanted and as it is.
//!
//! Owns: [`PasswordPolicy`] and IAM's ranges and defaults. Must not: call IAM.

use serde::Serialize;

/// Every field of the account password policy. IAM replaces the policy as a whole: a field left out of the matrix
/// goes back to IAM's default (API reference, `UpdateAccountPasswordPolicy`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // they are IAM's own switches, each with a name
pub struct PasswordPolicy {
    /// Shortest password, 6 to 128.
    pub minimum_length: u32,
    /// At least one capital letter.
    pub require_uppercase: bool,
    /// At least one small letter.
    pub require_lowercase: bool,
    /// At least one digit.
    pub require_numbers: bool,
    /// At least one symbol.
    pub require_symbols: bool,
    /// Whether users may change their own password.
    pub allow_users_to_change_password: bool,
    /// Days until a password expires, 1 to 1095; none: never.
    pub max_age_days: Option<u32>,
    /// How many former passwords may not be used again, 1 to 24; none: no such rule.
    pub reuse_prevention: Option<u32>,
    /// Whether an expired password can only be reset by an administrator.
    pub hard_expiry: bool,
}

impl Default for PasswordPolicy {
    /// The values IAM takes for fields that a request leaves out.
    fn default() -> Self {
        PasswordPolicy {
            minimum_length: 6,
            require_uppercase: false,
            require_lowercase: false,
            require_numbers: false,
            require_symbols: false,
            allow_users_to_change_password: false,
            max_age_days: None,
            reuse_prevention: None,
            hard_expiry: false,
        }
    }
}

impl PasswordPolicy {
    /// The fields that differ from `old`, as `field: old → new`; all fields when there was no policy.
    #[must_use]
    pub fn differences(&self, old: Option<&PasswordPolicy>) -> Vec<String> {
        let fields = |policy: &PasswordPolicy| -> Vec<(&'static str, String)> {
            let days = |value: Option<u32>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
            vec![
                ("minimumLength", policy.minimum_length.to_string()),
                ("requireUppercase", policy.require_uppercase.to_string()),
                ("requireLowercase", policy.require_lowercase.to_string()),
                ("requireNumbers", policy.require_numbers.to_string()),
                ("requireSymbols", policy.require_symbols.to_string()),
                ("allowUsersToChangePassword", policy.allow_users_to_change_password.to_string()),
                ("maxAgeDays", days(policy.max_age_days)),
                ("reusePrevention", days(policy.reuse_prevention)),
                ("hardExpiry", policy.hard_expiry.to_string()),
            ]
        };
        let new = fields(self);
        match old.map(fields) {
            None => new.into_iter().map(|(field, value)| format!("{field}: {value}")).collect(),
            Some(old) => new
                .into_iter()
                .zip(old)
                .filter(|(new, old)| new.1 != old.1)
                .map(|((field, new), (_, old))| format!("{field}: {old} → {new}"))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_name_each_changed_field() {
        let old = PasswordPolicy { minimum_length: 8, ..PasswordPolicy::default() };
        let new = PasswordPolicy { minimum_length: 14, max_age_days: Some(90), ..PasswordPolicy::default() };
        assert_eq!(new.differences(Some(&old)), ["minimumLength: 8 → 14", "maxAgeDays: none → 90"]);
        assert_eq!(new.differences(None).len(), 9);
    }
}
