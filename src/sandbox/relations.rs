//! Who is a member of what, and which keys and devices belong to whom.
//!
//! Each of these is kept at both ends, because every action asks from one end or the other and none may scan 5,000
//! users for it. This is the only place that writes either end.

use jiff::Timestamp;

use super::{
    entities::{AccessKey, Device, Folded},
    state::State,
};

impl State {
    /// Makes a user a member of a group.
    pub fn join(&mut self, user: &Folded, group: &Folded) {
        if let (Some(user_there), Some(group_there)) = (self.users.get_mut(user), self.groups.get_mut(group)) {
            user_there.groups.insert(group.clone());
            group_there.members.insert(user.clone());
        }
    }

    /// Takes a user out of a group.
    pub fn leave(&mut self, user: &Folded, group: &Folded) {
        if let (Some(user_there), Some(group_there)) = (self.users.get_mut(user), self.groups.get_mut(group)) {
            user_there.groups.remove(group);
            group_there.members.remove(user);
        }
    }

    /// Gives a user a new access key.
    pub fn add_key(&mut self, id: String, key: AccessKey) {
        if let Some(user) = self.users.get_mut(&key.user) {
            user.keys.push(id.clone());
            self.keys.insert(id, key);
        }
    }

    /// Takes an access key away for good.
    pub fn retire_key(&mut self, id: &str) {
        let owner = self.keys.remove(id).and_then(|key| self.users.get_mut(&key.user));
        if let Some(user) = owner {
            user.keys.retain(|key| key != id);
            self.retired_keys.insert(id.to_owned());
        }
    }

    /// Lets go of temporary credentials that have ended; their keys never work again.
    pub fn end_sessions(&mut self, now: Timestamp) {
        let ended = self.sessions.extract_if(.., |_, session| session.expires <= now);
        self.retired_keys.extend(ended.map(|(id, _)| id));
    }

    /// Gives a device to a user.
    pub fn assign(&mut self, serial: &str, user: &Folded, now: Timestamp) {
        if let (Some(device), Some(owner)) = (self.devices.get_mut(serial), self.users.get_mut(user)) {
            device.owner = Some((user.clone(), now));
            owner.devices.insert(serial.to_owned());
        }
    }

    /// Takes a device from its user.
    pub fn unassign(&mut self, serial: &str) {
        let owner = self.devices.get_mut(serial).and_then(|device| device.owner.take());
        if let Some(user) = owner.and_then(|(user, _)| self.users.get_mut(&user)) {
            user.devices.remove(serial);
        }
    }

    /// The devices of a user, by serial number.
    pub fn devices_of(&self, user: &Folded) -> impl Iterator<Item = (&String, &Device)> {
        let serials = self.users.get(user).map(|user| &user.devices).into_iter().flatten();
        serials.filter_map(|serial| self.devices.get_key_value(serial))
    }

    /// Gives a user another name; whatever belongs to the user goes with it.
    pub fn rename_user(&mut self, old: &Folded, new: &Folded) {
        let Some(user) = self.users.remove(old) else { return };
        for group in &user.groups {
            if let Some(group) = self.groups.get_mut(group) {
                group.members.remove(old);
                group.members.insert(new.clone());
            }
        }
        for id in &user.keys {
            if let Some(key) = self.keys.get_mut(id) {
                key.user.clone_from(new);
            }
        }
        for serial in &user.devices {
            if let Some((owner, _)) = self.devices.get_mut(serial).and_then(|device| device.owner.as_mut()) {
                owner.clone_from(new);
            }
        }
        for session in self.sessions.values_mut().filter(|session| session.user_id == user.id) {
            session.user.clone_from(new);
        }
        self.users.insert(new.clone(), user);
    }

    /// Gives a group another name; its members stay.
    pub fn rename_group(&mut self, old: &Folded, new: &Folded) {
        let Some(group) = self.groups.remove(old) else { return };
        for member in &group.members {
            if let Some(user) = self.users.get_mut(member) {
                user.groups.remove(old);
                user.groups.insert(new.clone());
            }
        }
        self.groups.insert(new.clone(), group);
    }
}
