//! Virtual MFA devices: made unassigned, enabled with two codes in a row, deactivated, deleted.

use data_encoding::BASE64;

use super::{Answer, Call, Reply, page_of, result};
use crate::sandbox::{
    entities::{Device, Folded},
    error::{Code, Error},
    limits,
    paging::Page,
    rules, shapes,
    shapes::Detail,
    tags::{self, Case},
    totp,
};

/// Makes a device that is nobody's yet. The QR image is left out; the seed says the same.
pub fn create(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("VirtualMFADeviceName", &rules::DEVICE_NAME);
    let path = reader.optional("Path", &rules::PATH).unwrap_or("/");
    let tags = tags::read(&mut reader, Case::Counts);
    reader.finish()?;
    let state = &mut *call.state;
    let serial = state.entity_arn("mfa", path, name);
    if state.device_mut(&serial).is_some() {
        let message = "MFADevice entity at the same path and name already exists.";
        return Err(Error::new(Code::EntityAlreadyExists, message));
    }
    if state.devices.len() >= limits::MFA_DEVICES {
        return Err(Error::quota("MFADevicesPerAccount", limits::MFA_DEVICES));
    }
    let device = Device { serial, seed: state.ids.mfa_seed(), owner: None, tags };
    let answer = result(|xml| {
        xml.within("VirtualMFADevice", |xml| {
            xml.text("SerialNumber", &device.serial);
            xml.text("Base32StringSeed", &BASE64.encode(device.seed.as_bytes()));
            if !device.tags.is_empty() {
                shapes::tags(xml, &device.tags);
            }
        });
    });
    let number = state.ids.number();
    state.devices.insert(number, device);
    answer
}

/// Gives a device to a user who can read two codes in a row from it.
pub fn enable(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.required("UserName", &rules::EXISTING_USER_NAME);
    let serial = reader.required("SerialNumber", &rules::SERIAL_NUMBER);
    let first = reader.required("AuthenticationCode1", &rules::MFA_CODE);
    let second = reader.required("AuthenticationCode2", &rules::MFA_CODE);
    reader.finish()?;
    call.state.user(name)?;
    let (user, now) = (Folded::of(name), call.now);
    let held = held_by(call, &user);
    let device = call.state.device_mut(serial).ok_or_else(|| none(serial))?;
    if device.owner.is_some() {
        let message = "MFA Device is already in use.";
        return Err(Error::new(Code::EntityAlreadyExists, message));
    }
    if held >= limits::MFA_DEVICES_PER_USER {
        return Err(Error::quota("MFADevicesPerUser", limits::MFA_DEVICES_PER_USER));
    }
    if !totp::are_consecutive(&device.seed, first, second, now) {
        let message = "Authentication code for device is not valid.";
        return Err(Error::new(Code::InvalidAuthentication, message));
    }
    device.owner = Some((user, now));
    Ok(Reply::Done)
}

fn held_by(call: &Call<'_>, user: &Folded) -> usize {
    let owners = call.state.devices.values().filter_map(|d| d.owner.as_ref());
    owners.filter(|(owner, _)| owner == user).count()
}

/// Lists virtual devices, whosever they are.
pub fn list_virtual(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let status = reader.optional("AssignmentStatus", &rules::ASSIGNMENT);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let state = &*call.state;
    let shown = state.devices.iter().filter(|(_, device)| match status {
        Some("Assigned") => device.owner.is_some(),
        Some("Unassigned") => device.owner.is_none(),
        _ => true,
    });
    let paged = page.take(shown.map(|(number, device)| (cursor(*number), device)));
    page_of("VirtualMFADevices", &paged, |xml, device| {
        xml.text("SerialNumber", &device.serial);
        if let Some((owner, since)) = &device.owner {
            if let Some(user) = state.users.get(owner) {
                xml.within("User", |xml| shapes::user(xml, state, user, Detail::Brief));
            }
            xml.time("EnableDate", *since);
        }
    })
}

/// Lists a user's devices.
pub fn list(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    let name = &call.state.user(user.as_ref())?.name;
    let held = call.state.devices.iter().filter_map(|(number, device)| {
        let (owner, since) = device.owner.as_ref()?;
        (*owner == user).then(|| (cursor(*number), (&device.serial, *since)))
    });
    let paged = page.take(held);
    page_of("MFADevices", &paged, |xml, (serial, since)| {
        xml.text("UserName", name);
        xml.text("SerialNumber", serial);
        xml.time("EnableDate", *since);
    })
}

fn cursor(number: u64) -> String {
    format!("{number:020}")
}

/// Takes a device from its user.
pub fn deactivate(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let name = reader.optional("UserName", &rules::EXISTING_USER_NAME);
    let serial = reader.required("SerialNumber", &rules::SERIAL_NUMBER);
    reader.finish()?;
    let user = call.user_or_caller(name)?;
    let device = call.state.device_mut(serial).ok_or_else(|| none(serial))?;
    if device.owner.take_if(|(owner, _)| *owner == user).is_none() {
        let message = "MFA Device invalid for user.";
        return Err(Error::new(Code::NoSuchEntity, message));
    }
    Ok(Reply::Done)
}

/// Deletes a device that is nobody's.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let serial = reader.required("SerialNumber", &rules::SERIAL_NUMBER);
    reader.finish()?;
    let device = call.state.device_mut(serial).ok_or_else(|| none(serial))?;
    if device.owner.is_some() {
        let message = "MFA VirtualDevice in use. Must deactivate first.";
        return Err(Error::new(Code::DeleteConflict, message));
    }
    call.state.devices.retain(|_, device| device.serial != serial);
    Ok(Reply::Done)
}

fn none(serial: &str) -> Error {
    let message = format!("VirtualMFADevice with serial number {serial} doesn't exist.");
    Error::new(Code::NoSuchEntity, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::actions::testing::Account;

    fn made(account: &mut Account, name: &str) -> (String, String) {
        let xml = account.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)]);
        let seed = Account::text(&xml, "Base32StringSeed");
        let seed = BASE64.decode(seed.as_bytes()).unwrap();
        (Account::text(&xml, "SerialNumber"), String::from_utf8(seed).unwrap())
    }

    fn codes(account: &Account, seed: &str) -> (String, String) {
        let before = account.now - jiff::SignedDuration::from_secs(totp::STEP);
        let code = |at| totp::code(seed, at).unwrap();
        (code(before), code(account.now))
    }

    fn enable(account: &mut Account, user: &str, serial: &str, seed: &str) -> Result<String, Error> {
        let (first, second) = codes(account, seed);
        let codes = [("AuthenticationCode1", &*first), ("AuthenticationCode2", &*second)];
        let who = [("UserName", user), ("SerialNumber", serial)];
        account.call("EnableMFADevice", &[who, codes].concat())
    }

    #[test]
    fn a_device_is_enabled_with_two_codes_in_a_row_and_only_once() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        let (serial, seed) = made(&mut account, "phone");
        assert_eq!(serial, "arn:aws:iam::123456789012:mfa/phone");
        let wrong = [
            ("UserName", "u"),
            ("SerialNumber", &*serial),
            ("AuthenticationCode1", "000000"),
            ("AuthenticationCode2", "000000"),
        ];
        account.refused("EnableMFADevice", &wrong, "InvalidAuthenticationCode");
        enable(&mut account, "u", &serial, &seed).unwrap();
        let again = enable(&mut account, "u", &serial, &seed).unwrap_err();
        assert_eq!(again.code, Code::EntityAlreadyExists);
        let xml = account.ok("ListMFADevices", &[("UserName", "u")]);
        assert!(xml.contains(&serial));
    }

    #[test]
    fn an_enabled_device_must_be_deactivated_before_it_is_deleted() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        account.ok("CreateUser", &[("UserName", "v")]);
        let (serial, seed) = made(&mut account, "phone");
        enable(&mut account, "u", &serial, &seed).unwrap();
        let device = ("SerialNumber", &*serial);
        account.refused("DeleteVirtualMFADevice", &[device], "DeleteConflict");
        account.refused("DeleteUser", &[("UserName", "u")], "DeleteConflict");
        account.refused("DeactivateMFADevice", &[device, ("UserName", "v")], "NoSuchEntity");
        account.ok("DeactivateMFADevice", &[device, ("UserName", "u")]);
        account.ok("DeleteVirtualMFADevice", &[device]);
        account.refused("DeleteVirtualMFADevice", &[device], "NoSuchEntity");
    }

    #[test]
    fn a_user_has_eight_devices_at_most() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        for n in 0..9 {
            let (serial, seed) = made(&mut account, &format!("d{n}"));
            let enabled = enable(&mut account, "u", &serial, &seed);
            let refused = enabled.err().map(|error| error.message);
            let expected = (n == 8).then(|| "Cannot exceed quota for MFADevicesPerUser: 8".to_owned());
            assert_eq!(refused, expected);
        }
    }

    #[test]
    fn listings_tell_assigned_from_unassigned() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        let (serial, seed) = made(&mut account, "used");
        made(&mut account, "spare");
        enable(&mut account, "u", &serial, &seed).unwrap();
        let mut list = |status| account.ok("ListVirtualMFADevices", &[("AssignmentStatus", status)]);
        assert!(list("Assigned").contains("mfa/used") && !list("Assigned").contains("mfa/spare"));
        assert!(list("Unassigned").contains("mfa/spare"));
        assert_eq!(list("Any").matches("<SerialNumber>").count(), 2);
    }
}
