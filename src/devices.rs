//! MFA devices: what they are, and what is known of a user's.
//!
//! Owns: [`Device`], and [`Devices`], which puts together what the three calls of IAM tell, each with its age.
//! Must not: call IAM, or know who must have a device.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::name::Name;

/// What a device is. Read off its serial number, which is an ARN for all but hardware tokens (API reference,
/// `MFADevice`; IAM user guide, FIDO security keys have ARNs of type `u2f`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceKind)]
pub enum Kind {
    /// An app that shows codes.
    Virtual,
    /// A passkey or security key. It cannot be used with `GetSessionToken` (IAM user guide, MFA-protected API access).
    Fido,
    /// A token that shows codes.
    Hardware,
    /// Codes by text message, which AWS no longer offers.
    Message,
}

impl Kind {
    /// The kind of the device with that serial number.
    #[must_use]
    pub fn of(serial: &str) -> Self {
        let Some(resource) = serial.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(4)) else {
            return Kind::Hardware;
        };
        match resource.split('/').next() {
            Some("u2f") => Kind::Fido,
            Some("sms-mfa") => Kind::Message,
            _ => Kind::Virtual,
        }
    }

    /// The kind, in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Virtual => "virtual device",
            Kind::Fido => "FIDO security key",
            Kind::Hardware => "hardware token",
            Kind::Message => "text messages",
        }
    }
}

/// A device that a user has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Its serial number, or ARN.
    pub serial: String,
    /// What it is.
    pub kind: Kind,
    /// When it was enabled, if IAM says so.
    pub since: Option<Timestamp>,
}

impl Device {
    /// The device with that serial number.
    #[must_use]
    pub fn new(serial: &str, since: Option<Timestamp>) -> Self {
        Device { serial: serial.to_owned(), kind: Kind::of(serial), since }
    }

    /// Its name: what stands behind the last slash.
    #[must_use]
    pub fn name(&self) -> &str {
        self.serial.rsplit('/').next().unwrap_or(&self.serial)
    }
}

/// A device of `ListVirtualMFADevices`. Hardware and FIDO devices are never among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualDevice {
    /// The device.
    pub device: Device,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose a virtual device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's: it was made and never enabled.
    Nobody,
    /// The account's root user's.
    Root,
    /// A user's.
    User(Name),
}

/// What is known of every user's devices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Devices {
    /// Users' virtual devices, and when they were listed.
    pub listed: Option<(BTreeMap<Name, Vec<Device>>, Timestamp)>,
    /// Whether the credential report says that a user has any device, and when the report was made.
    pub reported: Option<(BTreeMap<Name, bool>, Timestamp)>,
    /// Users who were asked about one by one, and when.
    pub asked: BTreeMap<Name, (Vec<Device>, Timestamp)>,
}

/// What a user has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", tag = "answer")]
#[schema(as = HeldDevices)]
pub enum Held {
    /// These devices.
    Devices {
        /// Which.
        devices: Vec<Device>,
        /// When IAM was asked.
        seen: Timestamp,
    },
    /// A device of a kind that is not listed: FIDO or hardware. The user was not asked about alone.
    Unlisted {
        /// When the credential report was made.
        seen: Timestamp,
    },
    /// No device.
    #[serde(rename = "none")]
    Nothing {
        /// When IAM was asked.
        seen: Timestamp,
    },
    /// Nobody has been asked yet, or IAM did not answer.
    Unknown,
}

impl Devices {
    /// Whether anything was looked at yet.
    #[must_use]
    pub fn are_known(&self) -> bool {
        self.listed.is_some() || self.reported.is_some()
    }

    /// What that user has. A device that was seen goes before the mere word of a report; of virtual devices the later
    /// answer counts.
    #[must_use]
    pub fn of(&self, user: &Name) -> Held {
        let (mut devices, mut seen) = (Vec::new(), None);
        if let Some((by_user, listed)) = &self.listed {
            devices = by_user.get(user).cloned().unwrap_or_default();
            seen = Some(*listed);
        }
        let asked = self.asked.get(user);
        if let Some((answer, at)) = asked {
            let outdated = seen.is_some_and(|listed| listed > *at);
            let unlisted = answer.iter().filter(|device| !outdated || device.kind != Kind::Virtual);
            devices = if outdated { devices.into_iter().chain(unlisted.cloned()).collect() } else { answer.clone() };
            seen = if outdated && devices.iter().any(|device| device.kind == Kind::Virtual) { seen } else { Some(*at) };
        }
        let reported = self.reported.as_ref().and_then(|(by_user, at)| Some((*by_user.get(user)?, *at)));
        match (seen, reported) {
            (Some(seen), _) if !devices.is_empty() => Held::Devices { devices, seen },
            (Some(seen), _) if asked.is_some() => Held::Nothing { seen },
            (_, Some((true, seen))) => Held::Unlisted { seen },
            (Some(listed), Some((false, reported))) => Held::Nothing { seen: listed.min(reported) },
            (None, Some((false, seen))) => Held::Nothing { seen },
            (_, None) => Held::Unknown,
        }
    }

    /// Takes in what `ListVirtualMFADevices` answered.
    pub fn list(&mut self, devices: &[VirtualDevice], now: Timestamp) {
        self.listed = Some((by_owner(devices), now));
    }
}

/// Users' virtual devices.
#[must_use]
pub fn by_owner(devices: &[VirtualDevice]) -> BTreeMap<Name, Vec<Device>> {
    let mut by_user: BTreeMap<Name, Vec<Device>> = BTreeMap::new();
    for VirtualDevice { device, owner } in devices {
        if let Owner::User(name) = owner {
            by_user.entry(name.clone()).or_default().push(device.clone());
        }
    }
    by_user
}

impl Held {
    /// Whether there is a device; nothing when that is not known.
    #[must_use]
    pub fn any(&self) -> Option<bool> {
        match self {
            Held::Devices { .. } | Held::Unlisted { .. } => Some(true),
            Held::Nothing { .. } => Some(false),
            Held::Unknown => None,
        }
    }

    /// How old the answer is.
    #[must_use]
    pub fn seen(&self) -> Option<Timestamp> {
        match self {
            Held::Devices { seen, .. } | Held::Unlisted { seen } | Held::Nothing { seen } => Some(*seen),
            Held::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "arn:aws:iam::123456789012:mfa/ann";
    const KEY: &str = "arn:aws:iam::123456789012:u2f/user/ann/key-ABC";

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap()
    }

    #[test]
    fn a_serial_number_tells_what_a_device_is() {
        let table = [
            (PHONE, Kind::Virtual),
            ("arn:aws-cn:iam::123456789012:mfa/team/ann", Kind::Virtual),
            (KEY, Kind::Fido),
            ("arn:aws:iam::123456789012:sms-mfa/ann", Kind::Message),
            ("GAHT12345678", Kind::Hardware),
        ];
        for (serial, kind) in table {
            assert_eq!(Kind::of(serial), kind, "{serial}");
        }
    }

    fn listed(owner: &str) -> Devices {
        let mut devices = Devices::default();
        let device = Device::new(PHONE, None);
        devices.list(&[VirtualDevice { device, owner: Owner::User(owner.into()) }], at(4));
        devices
    }

    #[test]
    fn what_a_user_has_is_told_by_the_best_answer() {
        let ann = Name::from("ann");
        let reported = |any, hour| Some(([(ann.clone(), any)].into(), at(hour)));
        let key = Device::new(KEY, None);
        let table = [
            ("nobody was asked", Devices::default(), Held::Unknown),
            ("only the list, which cannot know of security keys", listed("bob"), Held::Unknown),
            (
                "the list has a device, and an older report has none",
                Devices { reported: reported(false, 1), ..listed("ann") },
                Held::Devices { devices: vec![Device::new(PHONE, None)], seen: at(4) },
            ),
            (
                "the report has one that the list does not",
                Devices { reported: reported(true, 1), ..listed("bob") },
                Held::Unlisted { seen: at(1) },
            ),
            (
                "neither has one",
                Devices { reported: reported(false, 1), ..listed("bob") },
                Held::Nothing { seen: at(1) },
            ),
            (
                "asked alone: a security key",
                Devices { asked: [(ann.clone(), (vec![key.clone()], at(2)))].into(), ..listed("bob") },
                Held::Devices { devices: vec![key], seen: at(2) },
            ),
            (
                "a phone that was asked about, and is gone from a later list",
                Devices { asked: [(ann.clone(), (vec![Device::new(PHONE, None)], at(2)))].into(), ..listed("bob") },
                Held::Nothing { seen: at(2) },
            ),
            (
                "asked alone: none, whatever an old report says",
                Devices {
                    asked: [(ann.clone(), (vec![], at(5)))].into(),
                    reported: reported(true, 1),
                    ..listed("bob")
                },
                Held::Nothing { seen: at(5) },
            ),
        ];
        for (what, devices, held) in table {
            assert_eq!(devices.of(&ann), held, "{what}");
        }
    }
}
