//! Whether a saved account is one that a sandbox could have written: the actions rely on what they themselves keep true.
//!
//! Must not: mend anything, or check what IAM would say of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::sandbox::{
    entities::{Folded, Policy, PolicyKey},
    limits,
    state::State,
};

type Checked = Result<(), String>;

/// Finds what is wrong with an account, if anything is.
pub fn check(state: &State) -> Checked {
    if state.account_id.len() != 12 || !state.account_id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{} is no account id", state.account_id));
    }
    names("user", &state.users, |user| &user.name)?;
    names("group", &state.groups, |group| &group.name)?;
    names("role", &state.roles, |role| &role.name)?;
    names("policy", &state.policies, |policy| &policy.name)?;
    members(state)?;
    keys(state)?;
    devices(state)?;
    policies_in_use(state)?;
    state.policies.values().try_for_each(versions)?;
    password_policy(state)
}

/// Whatever has a name is found by it.
fn names<T>(kind: &str, things: &BTreeMap<Folded, T>, name: fn(&T) -> &String) -> Checked {
    let strayed = things.iter().find(|(key, thing)| Folded::of(name(thing)) != **key);
    strayed.map_or(Ok(()), |(key, thing)| Err(format!("{kind} {} is kept as {}", name(thing), key.as_ref())))
}

fn members(state: &State) -> Checked {
    let of_users = state.users.iter().flat_map(|(user, there)| there.groups.iter().map(move |group| (user, group)));
    let of_groups = state.groups.iter().flat_map(|(group, there)| there.members.iter().map(move |user| (user, group)));
    same(of_users, of_groups)
        .map_err(|(user, group)| format!("user {} and group {} do not agree", user.as_ref(), group.as_ref()))
}

fn keys(state: &State) -> Checked {
    let of_users = state.users.iter().flat_map(|(user, there)| there.keys.iter().map(move |id| (user, id)));
    let of_keys = state.keys.iter().map(|(id, key)| (&key.user, id));
    same(of_users, of_keys).map_err(|(user, id)| format!("user {} and access key {id} do not agree", user.as_ref()))?;
    if state.users.values().map(|user| user.keys.len()).sum::<usize>() != state.keys.len() {
        return Err("a user has an access key twice".to_owned());
    }
    let retired = state.keys.keys().find(|id| state.retired_keys.contains(*id));
    retired.map_or(Ok(()), |id| Err(format!("access key {id} is there and deleted")))
}

fn devices(state: &State) -> Checked {
    let of_users = state.users.iter().flat_map(|(user, there)| there.devices.iter().map(move |serial| (user, serial)));
    let owned = state.devices.iter().filter_map(|(serial, device)| Some((&device.owner.as_ref()?.0, serial)));
    same(of_users, owned)
        .map_err(|(user, serial)| format!("user {} and device {serial} do not agree", user.as_ref()))?;
    // In steps of half a minute: a century, and no sum of them leaves its type.
    let sane = -100_000_000..=10_000_000_000;
    let strange = |device: &&String| {
        let device = state.devices.get(*device);
        device.is_some_and(|device| {
            !sane.contains(&device.drift) || device.used.is_some_and(|used| !sane.contains(&used))
        })
    };
    let strange = state.devices.keys().find(strange);
    strange.map_or(Ok(()), |serial| Err(format!("the clock of device {serial} is out of all bounds")))
}

/// Every policy of the account's own that is attached, or is a boundary, is there. Those of AWS are found on reading.
fn policies_in_use(state: &State) -> Checked {
    let missing = state.usages().into_keys().find_map(|key| match key {
        PolicyKey::Customer(name) => (!state.policies.contains_key(name)).then(|| name.as_ref().to_owned()),
        PolicyKey::Aws(_) => None,
    });
    missing.map_or(Ok(()), |name| Err(format!("policy {name} is in use and not there")))
}

fn versions(policy: &Policy) -> Checked {
    let name = &policy.name;
    if !policy.versions.contains_key(&policy.default_version) {
        return Err(format!("policy {name} has no version {}, its default", policy.default_version));
    }
    let highest = policy.versions.keys().next_back().copied().unwrap_or_default();
    if policy.versions.contains_key(&0) || policy.last_version < highest || policy.last_version == u32::MAX {
        return Err(format!("policy {name} has version {highest}, and {} was the last given", policy.last_version));
    }
    Ok(())
}

fn password_policy(state: &State) -> Checked {
    let Some(policy) = &state.password_policy else { return Ok(()) };
    let within = |(least, most): (i64, i64), figure: i64| (least..=most).contains(&figure);
    let fits = within(limits::PASSWORD_LENGTH, policy.minimum_length)
        && policy.max_age.is_none_or(|days| within(limits::PASSWORD_DAYS, days))
        && policy.reuse_prevention.is_none_or(|count| within(limits::PASSWORD_REUSE, count));
    if fits { Ok(()) } else { Err("the password policy holds a number out of its range".to_owned()) }
}

/// What is kept at two ends is the same at both; otherwise the first pair that only one end knows.
fn same<T: Ord + Clone>(one: impl Iterator<Item = T>, other: impl Iterator<Item = T>) -> Result<(), T> {
    let (one, other): (BTreeSet<T>, BTreeSet<T>) = (one.collect(), other.collect());
    one.symmetric_difference(&other).next().cloned().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::sandbox::{
        account::Account,
        entities::{AccessKey, Device},
    };

    /// An account with something of each kind.
    fn account() -> State {
        let text = "account: \"123456789012\"
policies: {P: {document: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Action: \"*\", Resource: \"*\"}]}}}
groups: {G: {policies: [P]}}
users: {lamp: {groups: [G], accessKeys: 1}, car: {}}";
        let (mut state, _) = Account::from_yaml(text).unwrap().into_parts();
        let device = Device { seed: String::new(), owner: None, drift: 0, used: None, tags: Vec::new() };
        state.devices.insert("phone".to_owned(), device);
        state.assign("phone", &Folded::of("lamp"), Timestamp::UNIX_EPOCH);
        state
    }

    /// What is said of the account after this has been done to it.
    fn after(damage: impl FnOnce(&mut State)) -> String {
        let mut state = account();
        damage(&mut state);
        check(&state).err().unwrap_or_default()
    }

    fn policy(state: &mut State) -> &mut Policy {
        state.policies.get_mut(&Folded::of("P")).unwrap()
    }

    #[test]
    fn what_is_kept_at_two_ends_is_compared_in_both_directions() {
        assert_eq!(after(|_| ()), "");
        let (lamp, car, group) = (Folded::of("lamp"), Folded::of("car"), Folded::of("G"));
        let said = after(|state| _ = state.groups.get_mut(&group).unwrap().members.insert(car.clone()));
        assert_eq!(said, "user car and group g do not agree");
        let said = after(|state| state.users.get_mut(&lamp).unwrap().groups.clear());
        assert_eq!(said, "user lamp and group g do not agree");
        let key = AccessKey { user: car.clone(), active: true, created: Timestamp::UNIX_EPOCH, last_used: None };
        assert_eq!(
            after(|state| _ = state.keys.insert("AKIA".into(), key)),
            "user car and access key AKIA do not agree"
        );
        assert!(after(|state| state.keys.clear()).starts_with("user lamp and access key AKIA"));
        let twice = |state: &mut State| {
            let keys = &mut state.users.get_mut(&lamp).unwrap().keys;
            keys.extend(keys.clone());
        };
        assert_eq!(after(twice), "a user has an access key twice");
        let said = after(|state| state.devices.get_mut("phone").unwrap().owner = None);
        assert_eq!(said, "user lamp and device phone do not agree");
        let said = after(|state| state.users.get_mut(&lamp).unwrap().devices.clear());
        assert_eq!(said, "user lamp and device phone do not agree");
    }

    #[test]
    fn a_policy_in_use_is_there_with_a_default_version_and_room_for_more() {
        assert_eq!(after(|state| state.policies.clear()), "policy p is in use and not there");
        assert_eq!(after(|state| policy(state).default_version = 2), "policy P has no version 2, its default");
        for last in [0, u32::MAX] {
            let said = after(|state| policy(state).last_version = last);
            assert_eq!(said, format!("policy P has version 1, and {last} was the last given"));
        }
        assert_eq!(after(|state| policy(state).last_version = u32::MAX - 1), "");
    }

    #[test]
    fn names_numbers_and_retired_keys_make_sense() {
        assert_eq!(after(|state| state.account_id = "12".into()), "12 is no account id");
        assert_eq!(after(|state| policy(state).name = "Q".into()), "policy Q is kept as p");
        let far = after(|state| state.devices.get_mut("phone").unwrap().drift = i64::MIN);
        assert_eq!(far, "the clock of device phone is out of all bounds");
        assert!(after(|state| state.retired_keys.extend(state.keys.keys().cloned())).ends_with("is there and deleted"));
    }
}
