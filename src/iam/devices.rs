//! Reads of MFA devices: all virtual ones, and all of one user.
//!
//! Must not: know who must have one.

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::VirtualMfaDevice;
use jiff::Timestamp;

use super::error::CallError;
use super::read::{PAGE, Reader, next_marker};
use crate::devices::{Device, Owner, VirtualDevice};
use crate::name::Name;

impl Reader {
    /// Every virtual device of the account, those of nobody too, by serial number.
    ///
    /// # Errors
    /// When any page cannot be read.
    pub async fn virtual_devices(&self) -> Result<Vec<VirtualDevice>, CallError> {
        let operation = "ListVirtualMFADevices";
        let (mut devices, mut marker) = (Vec::new(), None::<String>);
        loop {
            let list = || self.session.iam.list_virtual_mfa_devices().max_items(PAGE).set_marker(marker.clone()).send();
            let page = self.caller().read(operation, list).await?;
            marker = next_marker(operation, page.is_truncated, page.marker, marker.as_deref())?;
            devices.extend(page.virtual_mfa_devices.iter().map(virtual_device));
            if marker.is_none() {
                devices.sort_by(|a, b| a.device.cmp(&b.device));
                return Ok(devices);
            }
        }
    }

    /// Every device of one user, whatever its kind. A user who is gone has none.
    ///
    /// # Errors
    /// When any page cannot be read.
    pub async fn devices_of(&self, user: &Name) -> Result<Vec<Device>, CallError> {
        let operation = "ListMFADevices";
        let (mut devices, mut marker) = (Vec::new(), None::<String>);
        loop {
            let list = || {
                let iam = &self.session.iam;
                iam.list_mfa_devices().user_name(user.as_str()).max_items(PAGE).set_marker(marker.clone()).send()
            };
            let page = match self.caller().read(operation, list).await {
                Err(error) if error.class == super::Class::Missing => return Ok(Vec::new()),
                page => page?,
            };
            marker = next_marker(operation, page.is_truncated, page.marker, marker.as_deref())?;
            let since = |at: &DateTime| Timestamp::from_second(at.secs()).ok();
            devices.extend(page.mfa_devices.iter().map(|it| Device::new(&it.serial_number, since(&it.enable_date))));
            if marker.is_none() {
                devices.sort();
                return Ok(devices);
            }
        }
    }
}

fn virtual_device(device: &VirtualMfaDevice) -> VirtualDevice {
    let since = device.enable_date().and_then(|at| Timestamp::from_second(at.secs()).ok());
    // The root user comes as a user whose ARN ends in `:root` and whose name may be missing or the account's alias.
    let owner = match device.user() {
        None => Owner::Nobody,
        Some(user) if user.arn().ends_with(":root") => Owner::Root,
        Some(user) => Owner::User(Name::new(user.user_name())),
    };
    VirtualDevice { device: Device::new(device.serial_number(), since), owner }
}
