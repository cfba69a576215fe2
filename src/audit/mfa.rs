//! Rows about MFA devices of users.
//!
//! `ListVirtualMFADevices` shows virtual devices only, so whether there is *any* device comes from the credential
//! report and, where the two differ, from `ListMFADevices` of that user.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Answer, Entities, known};
use super::inspection::Inspection;
use super::policies::allows_everything;
use super::report::Judged;
use crate::devices::{Device, Kind, Owner, VirtualDevice};
use crate::name::{Arn, Name};
use crate::policy::LiveDocument;

/// A password without a second factor.
pub(super) fn on_consoles(inspection: &Inspection<'_>) -> Answer<Judged> {
    let evidence = inspection.evidence;
    let mut judged = Judged::default();
    for (name, user) in evidence.users()? {
        judged.examined += 1;
        if user.password && !evidence.has_mfa(name, user)? {
            let used = user.password_used.map(|at| format!("password last used {}", inspection.told(at)));
            let facts = ["has a password and no MFA device".to_owned()].into_iter().chain(used).collect();
            let remedy = "have the user register a device, or take the password away; a deny of everything else \
                          without MFA makes them do so";
            judged.findings.push(inspection.of_user(name, facts, remedy));
        }
    }
    Ok(judged)
}

/// Whoever is allowed everything is worth stealing from first.
pub(super) fn of_administrators(inspection: &Inspection<'_>) -> Answer<Judged> {
    let (evidence, entities) = (inspection.evidence, inspection.evidence.entities()?);
    let users = evidence.users()?;
    let mut judged = Judged::default();
    for (name, ways) in administrators(entities) {
        judged.examined += 1;
        let Some(user) = users.get(&name) else { continue };
        if !evidence.has_mfa(&name, user)? {
            let facts = ["has no MFA device".to_owned()].into_iter().chain(ways).collect();
            let remedy = "have the user register a device before anything else, or take the policy away until then";
            judged.findings.push(inspection.of_user(&name, facts, remedy));
        }
    }
    Ok(judged)
}

/// Users who are allowed everything, or may be for all that can be read, and through what.
fn administrators(entities: &Entities) -> BTreeMap<Name, BTreeSet<String>> {
    let mut users: BTreeMap<Name, BTreeSet<String>> = BTreeMap::new();
    for user in entities.users.values() {
        let own = all_allowing(entities, &user.attached, &user.inline).map(|policy| format!("carries {policy}"));
        let groups = user.groups.iter().filter_map(|group| entities.groups.get(group));
        let through = groups.flat_map(|group| {
            let policies = all_allowing(entities, &group.attached, &group.inline);
            policies.map(|policy| format!("through group {}: {policy}", group.name))
        });
        let ways: BTreeSet<_> = own.chain(through).collect();
        if !ways.is_empty() {
            users.insert(user.name.clone(), ways);
        }
    }
    users
}

/// Those that allow everything, and those that cannot be read: they may.
fn all_allowing<'e>(
    entities: &'e Entities,
    attached: &'e BTreeSet<Arn>,
    inline: &'e BTreeMap<String, LiveDocument>,
) -> impl Iterator<Item = String> + use<'e> {
    let attached = attached.iter().map(|arn| (arn.name().to_string(), entities.document(arn)));
    let inline = inline.iter().map(|(name, live)| (format!("the inline policy {name}"), known(live)));
    attached.chain(inline).filter_map(|(policy, document)| match document {
        Some(document) => allows_everything(document).map(|_| policy),
        None => Some(format!("{policy}, which cannot be read")),
    })
}

/// Codes can be phished; FIDO and hardware are harder to.
pub(super) fn is_hardware(inspection: &Inspection<'_>) -> Answer<Judged> {
    let (entities, devices) = (inspection.evidence.entities()?, inspection.evidence.devices()?);
    let soft = |device: &&Device| matches!(device.kind, Kind::Virtual | Kind::Message);
    let judged = Judged::each(entities.users.keys(), |name| {
        let held = devices.get(name).map_or(&[][..], Vec::as_slice);
        let soft: Vec<_> =
            held.iter().filter(soft).map(|device| format!("{}: {}", device.kind.as_str(), device.name())).collect();
        let facts = if held.is_empty() { vec!["has no MFA device".to_owned()] } else { soft };
        let remedy = "register a FIDO security key or passkey; who needs MFA on the command line keeps a second device \
                      that shows codes";
        (!facts.is_empty()).then(|| inspection.of_user(name, facts, remedy))
    });
    let unlisted = devices.iter().filter(|(_, devices)| devices.iter().any(|device| !soft(&device)));
    let unlisted = unlisted.map(|(name, _)| format!("{name} has a device that ListVirtualMFADevices does not show"));
    Ok(judged.noting(unlisted))
}

/// An enrolment that was broken off leaves a device of nobody's. It keeps its name, so the next enrolment under that
/// name fails, and the user may not delete it (IAM user guide, troubleshooting: `EntityAlreadyExists`).
pub(super) fn nothing_in_the_way(inspection: &Inspection<'_>) -> Answer<Judged> {
    let (entities, devices) = (inspection.evidence.entities()?, inspection.evidence.virtual_devices()?);
    let owners = crate::devices::by_owner(devices);
    let unassigned = devices.iter().filter(|device| device.owner == Owner::Nobody);
    let (named, others): (Vec<&VirtualDevice>, Vec<_>) =
        unassigned.partition(|device| entities.users.contains_key(&Name::from(device.device.name())));
    let judged = Judged::each(named, |VirtualDevice { device, .. }| {
        let user = Name::from(device.name());
        let has = if owners.contains_key(&user) {
            "has another device"
        } else {
            "has no virtual device and cannot enrol under this name"
        };
        let remedy = format!("delete it: `aws iam delete-virtual-mfa-device --serial-number {}`", device.serial);
        Some(inspection.of_user(
            &user,
            vec![format!("{} belongs to nobody", device.serial), format!("the user {has}")],
            remedy,
        ))
    });
    let examined = devices.len();
    let note = others.into_iter().map(|device| format!("{} belongs to nobody either", device.device.serial));
    Ok(Judged { examined, ..judged }.noting(note))
}

/// Policies that speak of `mfa/${aws:username}` cover only devices that bear the user's name.
pub(super) fn names_match(inspection: &Inspection<'_>) -> Answer<Judged> {
    let devices = inspection.evidence.virtual_devices()?;
    Ok(Judged::each(devices, |VirtualDevice { device, owner }| {
        let Owner::User(user) = owner else { return None };
        let matches = bears(device.name(), user.as_str());
        (!matches).then(|| {
            let since = device.since.map(|at| format!("enabled {}", inspection.told(at)));
            let facts = [format!("has the device {}", device.serial)].into_iter().chain(since).collect();
            let remedy = "enrol again under the user's own name, or let the policies speak of `mfa/*` as AWS's do now";
            inspection.of_user(user, facts, remedy)
        })
    }))
}

/// The user's name, or that with something behind it, for who has several devices.
fn bears(device: &str, user: &str) -> bool {
    let rest = device.get(..user.len()).filter(|start| start.eq_ignore_ascii_case(user)).and(device.get(user.len()..));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.', '+', '=']))
}

/// A FIDO device gives no session to a command line: `GetSessionToken` takes codes only (IAM user guide, MFA-protected
/// API access). Whoever has keys and nothing else either works without MFA or not at all.
pub(super) fn keys_can_use_mfa(inspection: &Inspection<'_>) -> Answer<Judged> {
    let (users, devices) = (inspection.evidence.users()?, inspection.evidence.devices()?);
    let asked = inspection.evidence.asked.as_ref().map_err(Clone::clone)?;
    let keyed = users.iter().filter(|(_, user)| user.active_keys().next().is_some());
    Ok(Judged::each(keyed, |(name, user)| {
        let held = devices.get(name).or_else(|| asked.get(name))?;
        let fido_only = !held.is_empty() && held.iter().all(|device| device.kind == Kind::Fido);
        fido_only.then(|| {
            let keys = user.active_keys().map(|(number, _)| number.to_string()).collect::<Vec<_>>().join(" and ");
            let facts = vec![format!("has only FIDO devices ({})", held.len()), format!("has access key {keys}")];
            let remedy = "register a device that shows codes as well, or delete the keys and use IAM Identity Center";
            inspection.of_user(name, facts, remedy)
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::bears;

    #[test]
    fn a_device_bears_its_users_name_alone_or_with_something_behind_it() {
        for (device, bears_it) in
            [("ann", true), ("Ann", true), ("ann-2", true), ("anna", false), ("phone", false), ("", false)]
        {
            assert_eq!(bears(device, "ann"), bears_it, "{device}");
        }
    }
}
