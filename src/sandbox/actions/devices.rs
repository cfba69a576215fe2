//! Virtual MFA devices: made unassigned, listed whosever they are, deleted when nobody's.

use data_encoding::BASE64;

use super::{Answer, Call, Reply, page_of, result};
use crate::sandbox::{
    entities::{Device, Tags},
    error::{Code, Error},
    limits,
    paging::Page,
    qr, rules, shapes,
    shapes::Detail,
    tags::{self, Case},
};

/// Makes a device that is nobody's yet; its seed is shown this once, as text and as a QR code.
pub fn create(call: &mut Call<'_>) -> Answer {
    let (name, serial) = make(call)?;
    let device = call.state.device(&serial)?;
    let account = call.caller.user().and_then(|user| call.state.users.get(user)).map(|user| &user.name);
    let account = account.unwrap_or(&call.state.account_id);
    // As `QRCodePNG` of the API reference says.
    let image = qr::png(&format!("otpauth://totp/{name}@{account}?secret={}", device.seed));
    result(|xml| {
        xml.within("VirtualMFADevice", |xml| {
            xml.text("SerialNumber", &serial);
            xml.text("Base32StringSeed", &BASE64.encode(device.seed.as_bytes()));
            xml.maybe("QRCodePNG", image.map(|image| BASE64.encode(&image)).as_deref());
            if !device.tags.is_empty() {
                shapes::tags(xml, &device.tags);
            }
        });
    })
}

/// Makes a device without showing it, and gives its name and serial number.
pub fn make(call: &mut Call<'_>) -> Result<(String, String), Error> {
    let mut reader = call.params.reader();
    let name = reader.required("VirtualMFADeviceName", &rules::DEVICE_NAME);
    let path = reader.optional("Path", &rules::PATH).unwrap_or("/");
    let tags: Tags = tags::read(&mut reader, Case::Counts);
    reader.finish()?;
    let state = &mut *call.state;
    let serial = state.entity_arn("mfa", path, name);
    if state.devices.contains_key(&serial) {
        return Err(Error::new(Code::EntityAlreadyExists, "MFA device already exists."));
    }
    if state.devices.len() >= limits::MFA_DEVICES {
        return Err(Error::quota("MFADevicesPerAccount", limits::MFA_DEVICES));
    }
    let device = Device { seed: state.ids.mfa_seed(), owner: None, drift: 0, used: None, tags };
    state.devices.insert(serial.clone(), device);
    Ok((name.to_owned(), serial))
}

/// Lists virtual devices, whosever they are.
pub fn list(call: &mut Call<'_>) -> Answer {
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
    let paged = page.take(shown.map(|(serial, device)| (serial, (serial, device))));
    page_of("VirtualMFADevices", &paged, |xml, (serial, device)| {
        xml.text("SerialNumber", serial);
        if let Some((owner, since)) = &device.owner {
            if let Some(user) = state.users.get(owner) {
                xml.within("User", |xml| shapes::user(xml, state, user, Detail::Brief));
            }
            xml.time("EnableDate", *since);
        }
    })
}

/// Deletes a device that is nobody's.
pub fn delete(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let serial = reader.required("SerialNumber", &rules::SERIAL_NUMBER);
    reader.finish()?;
    if call.state.device(serial)?.owner.is_some() {
        let message = "MFA VirtualDevice in use. Must deactivate first.";
        return Err(Error::new(Code::DeleteConflict, message));
    }
    call.state.devices.remove(serial);
    Ok(Reply::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn a_device_is_named_by_its_path_and_name_and_shown_as_text_and_as_a_picture() {
        let mut account = Account::new();
        let pairs = [("VirtualMFADeviceName", "phone"), ("Path", "/staff/")];
        let xml = account.ok("CreateVirtualMFADevice", &pairs);
        assert!(xml.contains("<SerialNumber>arn:aws:iam::123456789012:mfa/staff/phone</SerialNumber>"));
        let decode = |element| BASE64.decode(Account::text(&xml, element).as_bytes()).unwrap();
        let seed = String::from_utf8(decode("Base32StringSeed")).unwrap();
        let uri = format!("otpauth://totp/phone@123456789012?secret={seed}");
        assert_eq!(decode("QRCodePNG"), qr::png(&uri).unwrap());
        let error = account.refused("CreateVirtualMFADevice", &pairs, "EntityAlreadyExists");
        assert_eq!(error, "MFA device already exists.");
        account.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]);
    }

    #[test]
    fn a_device_that_is_not_there_cannot_be_deleted() {
        let mut account = Account::new();
        let serial = ("SerialNumber", "arn:aws:iam::123456789012:mfa/none");
        let error = account.refused("DeleteVirtualMFADevice", &[serial], "NoSuchEntity");
        assert_eq!(error, format!("MFA Device with serial number {} does not exist.", serial.1));
    }

    #[test]
    fn listings_tell_assigned_from_unassigned() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        let used = account.device("used");
        account.device("spare");
        account.enable("u", &used).unwrap();
        let mut list = |status| account.ok("ListVirtualMFADevices", &[("AssignmentStatus", status)]);
        assert!(list("Assigned").contains("mfa/used") && !list("Assigned").contains("mfa/spare"));
        assert!(list("Unassigned").contains("mfa/spare"));
        assert_eq!(list("Any").matches("<SerialNumber>").count(), 2);
    }
}
