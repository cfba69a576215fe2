//! The account's password policy, and whether a password satisfies it.

use super::{Answer, Call, Reply, result};
use crate::sandbox::{
    entities::PasswordPolicy,
    error::{Code, Error},
    limits,
    state::State,
};

const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// Replaces the whole policy: what is left out goes back to its default.
pub fn update(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let policy = PasswordPolicy {
        minimum_length: reader
            .number("MinimumPasswordLength", limits::PASSWORD_LENGTH)
            .unwrap_or(limits::PASSWORD_LENGTH.0),
        symbols: reader.flag("RequireSymbols"),
        numbers: reader.flag("RequireNumbers"),
        uppercase: reader.flag("RequireUppercaseCharacters"),
        lowercase: reader.flag("RequireLowercaseCharacters"),
        users_may_change: reader.flag("AllowUsersToChangePassword"),
        reuse_prevention: reader.number("PasswordReusePrevention", limits::PASSWORD_REUSE),
        max_age: reader.number("MaxPasswordAge", limits::PASSWORD_DAYS),
        hard_expiry: reader.optional_flag("HardExpiry"),
    };
    reader.finish()?;
    call.state.password_policy = Some(policy);
    Ok(Reply::Done)
}

/// Shows the policy, if one was set.
pub fn get(call: &mut Call<'_>) -> Answer {
    let policy = call.state.password_policy.as_ref();
    let policy = policy.ok_or_else(|| none(call.state))?;
    result(|xml| {
        xml.within("PasswordPolicy", |xml| {
            xml.plain("MinimumPasswordLength", policy.minimum_length);
            xml.plain("RequireSymbols", policy.symbols);
            xml.plain("RequireNumbers", policy.numbers);
            xml.plain("RequireUppercaseCharacters", policy.uppercase);
            xml.plain("RequireLowercaseCharacters", policy.lowercase);
            xml.plain("AllowUsersToChangePassword", policy.users_may_change);
            xml.plain("ExpirePasswords", policy.max_age.is_some());
            if let Some(days) = policy.max_age {
                xml.plain("MaxPasswordAge", days);
            }
            if let Some(count) = policy.reuse_prevention {
                xml.plain("PasswordReusePrevention", count);
            }
            if let Some(hard) = policy.hard_expiry {
                xml.plain("HardExpiry", hard);
            }
        });
    })
}

/// Takes the policy off: AWS's default holds again.
pub fn delete(call: &mut Call<'_>) -> Answer {
    match call.state.password_policy.take() {
        Some(_) => Ok(Reply::Done),
        None => Err(Error::no_such("account policy", "PasswordPolicy")),
    }
}

fn none(state: &State) -> Error {
    let message = format!("The Password Policy with domain name {} cannot be found.", state.account_id);
    Error::new(Code::NoSuchEntity, message)
}

/// Refuses a password that the policy does not allow; without a policy AWS's default holds.
pub fn check(state: &State, user: &str, password: &str) -> Result<(), Error> {
    let length = i64::try_from(password.chars().count()).unwrap_or(i64::MAX);
    let lacks = |there: fn(char) -> bool| !password.chars().any(there);
    let classes = [
        (lacks(|c| c.is_ascii_uppercase()), "Password should have at least one uppercase letter"),
        (lacks(|c| c.is_ascii_lowercase()), "Password should have at least one lowercase letter"),
        (lacks(|c| c.is_ascii_digit()), "Password should have at least one number"),
        (lacks(|c| SYMBOLS.contains(c)), "Password should have at least one symbol"),
    ];
    let least = state.password_policy.as_ref().map_or(limits::PASSWORD_LENGTH_DEFAULT, |policy| policy.minimum_length);
    let broken = if length < least {
        Some(format!("Password should have a minimum length of {least}"))
    } else if let Some(policy) = &state.password_policy {
        let wanted = [policy.uppercase, policy.lowercase, policy.numbers, policy.symbols];
        let lacking = classes.iter().zip(wanted).find(|((lacks, _), wanted)| *lacks && *wanted);
        lacking.map(|((_, sentence), _)| (*sentence).to_owned())
    } else {
        by_default(&classes).or_else(|| {
            let told = password == user || password == state.account_id;
            told.then(|| "Password should not be the name of the user or the account".to_owned())
        })
    };
    broken.map_or(Ok(()), |how| Err(Error::new(Code::PasswordPolicyViolation, how)))
}

/// AWS's default asks for three classes of the four (IAM user guide, default password policy).
fn by_default(classes: &[(bool, &str)]) -> Option<String> {
    let lacking: Vec<_> = classes.iter().filter(|(lacks, _)| *lacks).map(|(_, sentence)| *sentence).collect();
    let more = lacking.len().checked_sub(1).filter(|more| *more > 0)?;
    Some(format!("Password should meet {more} more of the following requirements: {}", lacking.join(", ")))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn an_update_replaces_the_whole_policy() {
        let mut account = Account::new();
        let full = [("MinimumPasswordLength", "14"), ("MaxPasswordAge", "90")];
        account.ok("UpdateAccountPasswordPolicy", &full);
        let xml = account.ok("GetAccountPasswordPolicy", &[]);
        assert!(xml.contains("<ExpirePasswords>true</ExpirePasswords>"));
        account.ok("UpdateAccountPasswordPolicy", &[("RequireSymbols", "true")]);
        let xml = account.ok("GetAccountPasswordPolicy", &[]);
        assert!(xml.contains("<MinimumPasswordLength>6<"));
        assert!(xml.contains("<RequireSymbols>true<"));
        assert!(!xml.contains("MaxPasswordAge"));
    }

    #[test]
    fn numbers_out_of_range_are_refused_even_where_they_mean_the_default() {
        let mut account = Account::new();
        for pair in [
            ("MinimumPasswordLength", "5"),
            ("MinimumPasswordLength", "129"),
            ("MaxPasswordAge", "0"),
            ("PasswordReusePrevention", "25"),
        ] {
            account.refused("UpdateAccountPasswordPolicy", &[pair], "ValidationError");
        }
        let all = [("MinimumPasswordLength", "200"), ("PasswordReusePrevention", "25"), ("MaxPasswordAge", "1096")];
        let error = account.refused("UpdateAccountPasswordPolicy", &all, "ValidationError");
        assert_eq!(
            error,
            "3 validation errors detected: Value at 'minimumPasswordLength' failed to satisfy constraint: Member must \
             have value less than or equal to 128; Value at 'passwordReusePrevention' failed to satisfy constraint: \
             Member must have value less than or equal to 24; Value at 'maxPasswordAge' failed to satisfy constraint: \
             Member must have value less than or equal to 1095"
        );
        let odd = [("RequireSymbols", "maybe")];
        account.refused("UpdateAccountPasswordPolicy", &odd, "MalformedInput");
    }

    #[test]
    fn a_policy_that_was_never_set_is_no_such_entity() {
        let mut account = Account::new();
        account.refused("GetAccountPasswordPolicy", &[], "NoSuchEntity");
        let error = account.refused("DeleteAccountPasswordPolicy", &[], "NoSuchEntity");
        assert_eq!(error, "The account policy with name PasswordPolicy cannot be found.");
    }
}
