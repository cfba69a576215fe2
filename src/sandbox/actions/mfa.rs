//! The MFA devices of users: enabled and synchronized with two codes in a row, listed, deactivated.

use std::ops::RangeInclusive;

use super::{Answer, Call, Reply, page_of};
use crate::sandbox::{
    entities::{Device, Folded},
    error::{Code, Error},
    limits,
    paging::Page,
    params::Params,
    rules, totp,
};

/// What a request with two codes says.
struct Shown<'p> {
    user: &'p str,
    serial: &'p str,
    codes: [&'p str; 2],
}

impl<'p> Shown<'p> {
    fn read(params: &'p Params) -> Result<Self, Error> {
        let mut reader = params.reader();
        let shown = Self {
            user: reader.required("UserName", &rules::EXISTING_USER_NAME),
            serial: reader.required("SerialNumber", &rules::SERIAL_NUMBER),
            codes: ["AuthenticationCode1", "AuthenticationCode2"].map(|name| reader.required(name, &rules::MFA_CODE)),
        };
        reader.finish()?;
        Ok(shown)
    }

    /// The first code's step, counted from `now`, when the device shows the codes in a row.
    fn offset(&self, device: &Device, now: i64, steps: &RangeInclusive<i64>) -> Result<i64, Error> {
        let [first, second] = self.codes;
        let found = totp::find_two(&device.seed, first, second, now + steps.start()..=now + steps.end());
        found.map(|step| step - now).ok_or_else(|| {
            let message = "Authentication code for device is not valid.";
            Error::new(Code::InvalidAuthentication, message)
        })
    }
}

/// Gives a device to a user who can read two codes in a row from it.
pub fn enable(call: &mut Call<'_>) -> Answer {
    let shown = Shown::read(call.params)?;
    let held = call.state.user(shown.user)?.devices.len();
    let device = call.state.device_mut(shown.serial)?;
    if device.owner.is_some() {
        let message = "MFA Device is already in use.";
        return Err(Error::new(Code::EntityAlreadyExists, message));
    }
    if held >= limits::MFA_DEVICES_PER_USER {
        return Err(Error::quota("MFADevicesPerUser", limits::MFA_DEVICES_PER_USER));
    }
    let now = totp::step(call.now);
    let offset = shown.offset(device, now, &limits::MFA_ENABLE_STEPS)?;
    (device.drift, device.used) = (0, Some(now + offset + 1));
    call.state.assign(shown.serial, &Folded::of(shown.user), call.now);
    Ok(Reply::Done)
}

/// Finds out how far the clock of a user's device is from ours.
pub fn resync(call: &mut Call<'_>) -> Answer {
    let shown = Shown::read(call.params)?;
    call.state.user(shown.user)?;
    let device = owned(call, &Folded::of(shown.user), shown.serial)?;
    let now = totp::step(call.now);
    let offset = shown.offset(device, now, &limits::MFA_RESYNC_STEPS)?;
    let device = call.state.device_mut(shown.serial)?;
    // The second code is the one that the device shows now.
    (device.drift, device.used) = (offset + 1, Some(now + offset + 1));
    Ok(Reply::Done)
}

/// The device, if it is the user's.
fn owned<'c>(call: &'c Call<'_>, user: &Folded, serial: &str) -> Result<&'c Device, Error> {
    let device = call.state.device(serial)?;
    if device.owner.as_ref().is_none_or(|(owner, _)| owner != user) {
        return Err(Error::new(Code::NoSuchEntity, "MFA Device invalid for user."));
    }
    Ok(device)
}

/// Lists a user's devices.
pub fn list(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    let name = &call.state.user(user.as_ref())?.name;
    let held = call.state.devices_of(&user);
    let held = held.filter_map(|(serial, device)| Some((serial, (serial, device.owner.as_ref()?.1))));
    let paged = page.take(held);
    page_of("MFADevices", &paged, |xml, (serial, since)| {
        xml.text("UserName", name);
        xml.text("SerialNumber", serial);
        xml.time("EnableDate", *since);
    })
}

/// Takes a device from its user.
pub fn deactivate(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    let serial = reader.required("SerialNumber", &rules::SERIAL_NUMBER);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    owned(call, &user, serial)?;
    call.state.unassign(serial);
    Ok(Reply::Done)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::{actions::testing::Account, totp};

    fn account() -> Account {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        account.ok("CreateUser", &[("UserName", "v")]);
        account
    }

    #[test]
    fn a_device_is_enabled_with_two_codes_in_a_row_and_only_once() {
        let mut account = account();
        let device = account.device("phone");
        let now = totp::step(account.now);
        for steps in [[now, now], [now, now - 1], [now - 2, now], [now - 9, now - 8]] {
            let pairs = device.shows("u", steps);
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let error = account.refused("EnableMFADevice", &pairs, "InvalidAuthenticationCode");
            assert_eq!(error, "Authentication code for device is not valid.");
        }
        account.enable("u", &device).unwrap();
        let again = account.enable("u", &device).unwrap_err();
        assert_eq!(again.to_string(), "EntityAlreadyExists: MFA Device is already in use.");
        assert!(account.ok("ListMFADevices", &[("UserName", "u")]).contains(&device.serial));
    }

    #[test]
    fn an_enabled_device_must_be_deactivated_before_it_is_deleted() {
        let mut account = account();
        let device = account.device("phone");
        account.enable("u", &device).unwrap();
        let serial = ("SerialNumber", device.serial.as_str());
        account.refused("DeleteVirtualMFADevice", &[serial], "DeleteConflict");
        account.refused("DeleteUser", &[("UserName", "u")], "DeleteConflict");
        account.refused("DeactivateMFADevice", &[serial, ("UserName", "v")], "NoSuchEntity");
        account.ok("DeactivateMFADevice", &[serial, ("UserName", "u")]);
        account.ok("DeleteVirtualMFADevice", &[serial]);
        account.refused("DeleteVirtualMFADevice", &[serial], "NoSuchEntity");
        account.ok("DeleteUser", &[("UserName", "u")]);
    }

    #[test]
    fn a_device_whose_clock_is_wrong_works_again_once_it_is_synchronized() {
        let mut account = account();
        let device = account.device("watch");
        account.enable("u", &device).unwrap();
        let wrong = totp::step(account.now) - 20;
        let key = account.key_of("u");
        account.get_session_token(&key, &device, wrong).unwrap_err();
        account.call_with("ResyncMFADevice", &device.shows("v", [wrong - 1, wrong])).unwrap_err();
        let error = account.call_with("ResyncMFADevice", &device.shows("u", [wrong, wrong])).unwrap_err();
        assert_eq!(error.code.name(), "InvalidAuthenticationCode");
        account.call_with("ResyncMFADevice", &device.shows("u", [wrong - 1, wrong])).unwrap();
        account.get_session_token(&key, &device, wrong + 1).unwrap();
    }

    #[test]
    fn a_user_has_eight_devices_at_most() {
        let mut account = account();
        for n in 0..9 {
            let device = account.device(&format!("d{n}"));
            let refused = account.enable("u", &device).err().map(|error| error.message);
            let expected = (n == 8).then(|| "Cannot exceed quota for MFADevicesPerUser: 8".to_owned());
            assert_eq!(refused, expected);
        }
    }

    #[test]
    fn devices_go_with_the_name_of_their_user() {
        let mut account = account();
        let device = account.device("phone");
        account.enable("u", &device).unwrap();
        account.ok("UpdateUser", &[("UserName", "u"), ("NewUserName", "w")]);
        assert!(account.ok("ListMFADevices", &[("UserName", "w")]).contains("<UserName>w</UserName>"));
        account.ok("DeactivateMFADevice", &[("SerialNumber", &device.serial), ("UserName", "w")]);
    }
}
