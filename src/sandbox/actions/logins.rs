//! Login profiles: the passwords that users sign in to the console with.

use super::{Answer, Call, Reply, password_policy, result};
use crate::sandbox::{
    entities::{Folded, Login, User},
    error::{Code, Error},
    rules,
};

/// Gives a user a password.
pub fn create(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::USER_NAME);
    let password = reader.required("Password", &rules::PASSWORD);
    let reset_required = reader.flag("PasswordResetRequired");
    reader.finish()?;
    let key = call.user_or_caller(name)?;
    let user = call.state.user(key.as_ref())?;
    if user.login.is_some() {
        let message = format!("Login Profile for user {} already exists.", user.name);
        return Err(Error::new(Code::EntityAlreadyExists, message));
    }
    password_policy::check(call.state, &user.name, password)?;
    let login = Login { created: call.now, changed: call.now, reset_required };
    call.state.user_mut(key.as_ref())?.login = Some(login);
    one(call, &key)
}

/// Shows that a user has a password, not which.
pub fn get(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::USER_NAME);
    reader.finish()?;
    let key = call.user_or_caller(name)?;
    one(call, &key)
}

fn one(call: &Call<'_>, key: &Folded) -> Answer {
    let user = call.state.user(key.as_ref())?;
    let login = user.login.as_ref().ok_or_else(|| none(user))?;
    result(|xml| {
        xml.within("LoginProfile", |xml| {
            xml.text("UserName", &user.name);
            xml.time("CreateDate", login.created);
            xml.plain("PasswordResetRequired", login.reset_required);
        });
    })
}

/// Changes a password or whether it must be changed.
pub fn update(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("UserName", &rules::USER_NAME);
    let password = reader.optional("Password", &rules::PASSWORD);
    let reset_required = reader.optional_flag("PasswordResetRequired");
    reader.finish()?;
    let user = call.state.user(name)?;
    if user.login.is_none() {
        return Err(none(user));
    }
    if let Some(password) = password {
        password_policy::check(call.state, &user.name, password)?;
    }
    let now = call.now;
    if let Some(login) = &mut call.state.user_mut(name)?.login {
        login.reset_required = reset_required.unwrap_or(login.reset_required);
        login.changed = if password.is_some() { now } else { login.changed };
    }
    Ok(Reply::Done)
}

/// Takes a user's password away.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::USER_NAME);
    reader.finish()?;
    let key = call.user_or_caller(name)?;
    let user = call.state.user_mut(key.as_ref())?;
    match user.login.take() {
        Some(_) => Ok(Reply::Done),
        None => Err(none(user)),
    }
}

fn none(user: &User) -> Error {
    let message = format!("Login Profile for User {} cannot be found.", user.name);
    Error::new(Code::NoSuchEntity, message)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn a_password_must_satisfy_the_policy_in_force() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        let with = |password| [("UserName", "u"), ("Password", password)];
        account.refused("CreateLoginProfile", &with("short1A"), "PasswordPolicyViolation");
        let error = account.refused("CreateLoginProfile", &with("smalland1"), "PasswordPolicyViolation");
        assert_eq!(
            error,
            "Password should meet 1 more of the following requirements: Password should have at least one uppercase \
             letter, Password should have at least one symbol"
        );
        account.ok("UpdateAccountPasswordPolicy", &[("MinimumPasswordLength", "14")]);
        account.refused("CreateLoginProfile", &with("Abcdefg1!"), "PasswordPolicyViolation");
        account.ok("CreateLoginProfile", &with("fourteenletters"));
        account.refused("CreateLoginProfile", &with("fourteenletters"), "EntityAlreadyExists");
    }

    #[test]
    fn a_profile_can_be_changed_and_deleted_once() {
        let mut account = Account::new();
        let user = [("UserName", "u")];
        account.ok("CreateUser", &user);
        account.refused("GetLoginProfile", &user, "NoSuchEntity");
        account.ok("CreateLoginProfile", &[user[0], ("Password", "Abcdefg1!")]);
        account.ok("UpdateLoginProfile", &[user[0], ("PasswordResetRequired", "true")]);
        let xml = account.ok("GetLoginProfile", &user);
        assert!(xml.contains("<PasswordResetRequired>true<"));
        account.ok("DeleteLoginProfile", &user);
        account.refused("DeleteLoginProfile", &user, "NoSuchEntity");
    }
}
