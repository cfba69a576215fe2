//! Rows about the password policy.

use super::evidence::Answer;
use super::inspection::{IN_MATRIX, Inspection};
use super::report::{Finding, Judged};
use crate::password_policy::PasswordPolicy;

/// CIS 1.8 of version 3.0.
const LENGTH: u32 = 14;
/// CIS 1.9 of version 3.0; 24 is also the most that IAM allows.
const REUSE: u32 = 24;
/// CIS 1.11 of version 1.2, which later editions dropped.
const AGE_DAYS: u32 = 90;

/// What stands in matrix.yaml, and what the account has instead.
struct Wanted {
    field: &'static str,
    value: String,
    found: String,
    holds: bool,
}

/// One field of the policy. Without a policy of its own AWS's default stands: eight characters of three classes, which
/// never expire and may be used again (IAM user guide, default password policy).
fn field(inspection: &Inspection<'_>, wanted: impl Fn(&PasswordPolicy) -> Wanted) -> Answer<Judged> {
    let policy = inspection.evidence.password_policy.as_ref().map_err(Clone::clone)?;
    let Wanted { field, value, found, holds } = wanted(policy.as_ref().unwrap_or(&PasswordPolicy::default()));
    let evidence = match policy {
        Some(_) => format!("{field} is {found}"),
        None => "the account has no password policy of its own, so AWS's default stands".to_owned(),
    };
    let wrong = policy.is_none() || !holds;
    let remedy = match inspection.wanted().and_then(|wanted| wanted.password_policy.as_ref()) {
        Some(asked) if wanted(asked).holds => IN_MATRIX.to_owned(),
        _ => format!("set `passwordPolicy: {{ {field}: {value} }}` in matrix.yaml, beside its other fields"),
    };
    Ok(Judged::one(wrong.then(|| Finding::new("password policy", vec![evidence], remedy))))
}

fn flag(inspection: &Inspection<'_>, name: &'static str, value: impl Fn(&PasswordPolicy) -> bool) -> Answer<Judged> {
    field(inspection, |policy| Wanted {
        field: name,
        value: "true".to_owned(),
        found: value(policy).to_string(),
        holds: value(policy),
    })
}

fn or_none(value: Option<u32>) -> String {
    value.map_or_else(|| "not set".to_owned(), |value| value.to_string())
}

/// At least 14 characters.
pub(super) fn is_long(inspection: &Inspection<'_>) -> Answer<Judged> {
    field(inspection, |policy| Wanted {
        field: "minimumLength",
        value: LENGTH.to_string(),
        found: policy.minimum_length.to_string(),
        holds: policy.minimum_length >= LENGTH,
    })
}

/// None of the last 24.
pub(super) fn is_new(inspection: &Inspection<'_>) -> Answer<Judged> {
    field(inspection, |policy| Wanted {
        field: "reusePrevention",
        value: REUSE.to_string(),
        found: or_none(policy.reuse_prevention),
        holds: policy.reuse_prevention.is_some_and(|count| count >= REUSE),
    })
}

/// No older than 90 days.
pub(super) fn expires(inspection: &Inspection<'_>) -> Answer<Judged> {
    let note = "later editions of CIS, and NIST SP 800-63B, no longer ask for expiry; where MFA denies ChangePassword, \
                an expired password cannot be changed without an administrator";
    let judged = field(inspection, |policy| Wanted {
        field: "maxAgeDays",
        value: AGE_DAYS.to_string(),
        found: or_none(policy.max_age_days),
        holds: policy.max_age_days.is_some_and(|days| days <= AGE_DAYS),
    })?;
    Ok(judged.noting([note.to_owned()]))
}

/// A capital letter.
pub(super) fn has_uppercase(inspection: &Inspection<'_>) -> Answer<Judged> {
    flag(inspection, "requireUppercase", |policy| policy.require_uppercase)
}

/// A small letter.
pub(super) fn has_lowercase(inspection: &Inspection<'_>) -> Answer<Judged> {
    flag(inspection, "requireLowercase", |policy| policy.require_lowercase)
}

/// A digit.
pub(super) fn has_number(inspection: &Inspection<'_>) -> Answer<Judged> {
    flag(inspection, "requireNumbers", |policy| policy.require_numbers)
}

/// A symbol.
pub(super) fn has_symbol(inspection: &Inspection<'_>) -> Answer<Judged> {
    flag(inspection, "requireSymbols", |policy| policy.require_symbols)
}
