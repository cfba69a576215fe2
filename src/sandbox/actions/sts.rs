//! STS: who asks, and temporary credentials for users.

use jiff::SignedDuration;

use super::{Answer, Call, result};
use crate::sandbox::{
    caller::{Caller, Identity, SESSION_KEY},
    entities::{Folded, Session},
    error::{Code, Error},
    limits, rules, totp,
};

/// Shows who asks.
pub fn get_caller_identity(call: &mut Call<'_>) -> Answer {
    result(|xml| {
        xml.text("Arn", &call.caller.arn(call.state));
        xml.text("UserId", &call.caller.id());
        xml.text("Account", &call.state.account_id);
    })
}

/// Gives a user temporary credentials. No permission is needed for it; a code of one of the user's MFA devices is what
/// makes them worth more than the key they were asked for with.
pub fn get_session_token(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let seconds = reader.number("DurationSeconds", limits::SESSION_SECONDS);
    let seconds = seconds.unwrap_or(limits::SESSION_SECONDS_DEFAULT);
    let serial = reader.optional("SerialNumber", &rules::MFA_SERIAL);
    let code = reader.optional("TokenCode", &rules::TOKEN_CODE);
    reader.finish()?;
    let Caller::User(Identity { name: user, .. }) = call.caller else {
        return Err(Error::new(Code::AccessDenied, "Cannot call GetSessionToken with session credentials"));
    };
    let mfa = match (serial, code) {
        (None, None) => false,
        (serial, code) => {
            use_code(call, user, serial.unwrap_or_default(), code.unwrap_or_default())?;
            true
        }
    };
    let user_id = call.state.user(user.as_ref())?.id.clone();
    call.state.end_sessions(call.now);
    let expires = call.now + SignedDuration::from_secs(seconds);
    let ids = &mut call.state.ids;
    let (id, secret, token) = (ids.access_key(SESSION_KEY), ids.secret(), ids.session_token());
    let answer = result(|xml| {
        xml.within("Credentials", |xml| {
            xml.text("AccessKeyId", &id);
            xml.text("SecretAccessKey", &secret);
            xml.text("SessionToken", &token);
            xml.time("Expiration", expires);
        });
    });
    let session = Session { user: user.clone(), user_id, mfa, token: Some(token), issued: Some(call.now), expires };
    call.state.sessions.insert(id, session);
    answer
}

/// Checks a code of a device of the user, which works once.
fn use_code(call: &mut Call<'_>, user: &Folded, serial: &str, code: &str) -> Result<(), Error> {
    let refused = |message| Error::new(Code::AccessDenied, message);
    let device = call.state.devices.get_mut(serial);
    let owned = device.filter(|device| device.owner.as_ref().is_some_and(|(owner, _)| owner == user));
    let device = owned.ok_or_else(|| {
        refused(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is \
             valid and associated with this user.",
        )
    })?;
    let shown = totp::step(call.now).saturating_add(device.drift);
    let steps = shown.saturating_sub(limits::MFA_STEPS)..=shown.saturating_add(limits::MFA_STEPS);
    let step = totp::find(&device.seed, code, steps);
    let unused = step.filter(|step| device.used.is_none_or(|used| used < *step));
    if unused.is_none() {
        return Err(refused("MultiFactorAuthentication failed with invalid MFA one time pass code. "));
    }
    device.used = unused;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::sandbox::{actions::testing::Account, caller::Caller, totp};

    fn account() -> (Account, String) {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        let key = account.key_of("u");
        (account, key)
    }

    #[test]
    fn a_code_works_once_and_makes_a_session_that_may_call_iam() {
        let (mut account, key) = account();
        let device = account.device("phone");
        account.enable("u", &device).unwrap();
        let now = totp::step(account.now);
        let used = account.get_session_token(&key, &device, now).unwrap_err();
        assert_eq!(used.message, "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
        let xml = account.get_session_token(&key, &device, now + 1).unwrap();
        account.get_session_token(&key, &device, now + 1).unwrap_err();
        let session = Account::text(&xml, "AccessKeyId");
        assert!(session.starts_with("ASIA") && session.len() == 20);
        assert!(matches!(account.identify(&session, "iam"), Ok(Caller::Session(..))));
        let [seconds, shown] = [12 * 3600, 0].map(SignedDuration::from_secs);
        let expires = account.now + seconds + shown;
        assert_eq!(Account::text(&xml, "Expiration"), expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }

    #[test]
    fn a_session_without_mfa_may_call_sts_and_not_iam() {
        let (mut account, key) = account();
        let xml = account.as_key(&key, "GetSessionToken", &[]).unwrap();
        let session = Account::text(&xml, "AccessKeyId");
        let error = account.identify(&session, "iam").unwrap_err();
        assert_eq!(error.code.name(), "InvalidClientTokenId");
        let identity = account.as_key(&session, "GetCallerIdentity", &[]).unwrap();
        assert_eq!(Account::text(&identity, "Arn"), "arn:aws:iam::123456789012:user/u");
        let error = account.as_key(&session, "GetSessionToken", &[]).unwrap_err();
        assert_eq!(error.to_string(), "AccessDenied: Cannot call GetSessionToken with session credentials");
    }

    #[test]
    fn the_operator_is_a_session_itself() {
        let (mut account, _) = account();
        let error = account.as_key("test", "GetSessionToken", &[]).unwrap_err();
        assert_eq!(error.to_string(), "AccessDenied: Cannot call GetSessionToken with session credentials");
    }

    #[test]
    fn a_clock_that_is_wrong_beyond_all_time_only_shows_wrong_codes() {
        let (mut account, key) = account();
        let device = account.device("phone");
        account.enable("u", &device).unwrap();
        let next = totp::step(account.now) + 1;
        for drift in [i64::MIN, i64::MAX] {
            account.state.devices.values_mut().for_each(|device| device.drift = drift);
            let error = account.get_session_token(&key, &device, next).unwrap_err();
            assert_eq!(error.code.name(), "AccessDenied");
        }
    }

    #[test]
    fn a_session_ends_with_its_time_and_with_its_user() {
        let (mut account, key) = account();
        let begin = |account: &mut Account| {
            let xml = account.as_key(&key, "GetSessionToken", &[("DurationSeconds", "900")]).unwrap();
            Account::text(&xml, "AccessKeyId")
        };
        let (first, second) = (begin(&mut account), begin(&mut account));
        account.now += SignedDuration::from_secs(900);
        let third = begin(&mut account);
        assert_eq!(account.identify(&first, "sts").unwrap_err().code.name(), "ExpiredToken");
        assert_eq!(account.state.sessions.keys().collect::<Vec<_>>(), [&third], "what has ended is not kept");
        account.ok("DeleteAccessKey", &[("UserName", "u"), ("AccessKeyId", &key)]);
        assert!(account.identify(&third, "sts").is_ok());
        account.ok("DeleteUser", &[("UserName", "u")]);
        account.ok("CreateUser", &[("UserName", "u")]);
        assert_eq!(account.identify(&third, "sts").unwrap_err().code.name(), "InvalidClientTokenId");
        assert_ne!(second, third);
    }

    #[test]
    fn a_device_must_be_the_callers_and_the_duration_within_its_range() {
        let (mut account, key) = account();
        account.ok("CreateUser", &[("UserName", "v")]);
        let device = account.device("phone");
        account.enable("v", &device).unwrap();
        let error = account.get_session_token(&key, &device, totp::step(account.now) + 1).unwrap_err();
        assert!(error.message.starts_with("MultiFactorAuthentication failed, unable to validate MFA code.  Please"));
        let alone = [("SerialNumber", device.serial.as_str())];
        assert_eq!(account.as_key(&key, "GetSessionToken", &alone).unwrap_err().code.name(), "AccessDenied");
        for seconds in ["899", "129601"] {
            let error = account.as_key(&key, "GetSessionToken", &[("DurationSeconds", seconds)]).unwrap_err();
            assert_eq!(error.code.name(), "ValidationError");
        }
    }
}
