//! What was just written is busy for a time.
//!
//! IAM refuses a second change of the same thing while the first is under way with `ConcurrentModification`, and
//! changes of a password that is still being made with `EntityTemporarilyUnmodifiable`.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use crate::sandbox::{
    actions::IAM,
    caller::Caller,
    error::{Code, Error},
    params::Params,
};

/// The actions whose errors in IAM's API model include `ConcurrentModification`, as far as the sandbox has them.
const MAY_CLASH: [&str; 17] = [
    "CreateAccountAlias",
    "CreatePolicy",
    "CreateUser",
    "CreateVirtualMFADevice",
    "DeactivateMFADevice",
    "DeleteAccountAlias",
    "DeleteUser",
    "DeleteVirtualMFADevice",
    "EnableMFADevice",
    "ResyncMFADevice",
    "TagMFADevice",
    "TagPolicy",
    "TagUser",
    "UntagMFADevice",
    "UntagPolicy",
    "UntagUser",
    "UpdateUser",
];
/// The actions on a user that IAM refuses while the user's password is being made; all of them declare
/// `EntityTemporarilyUnmodifiable` in the API model.
const NEEDS_LOGIN: [&str; 3] = ["DeleteLoginProfile", "EnableMFADevice", "UpdateLoginProfile"];

/// What was written when.
#[derive(Debug, Default)]
pub struct Busy {
    since: BTreeMap<String, Timestamp>,
    /// The same in the order of the writes, so that what is no longer busy is found without a search.
    order: VecDeque<(String, Timestamp)>,
}

impl Busy {
    /// Refuses a write on what is still busy.
    pub fn check(&self, span: Duration, call: &Written<'_>, now: Timestamp) -> Result<(), Error> {
        let is_busy = |thing: &str| self.since.get(thing).is_some_and(|since| still(*since, span, now));
        if NEEDS_LOGIN.contains(&call.action) && call.login().is_some_and(|login| is_busy(&login)) {
            return Err(call.login_in_making());
        }
        if MAY_CLASH.contains(&call.action) && call.thing().is_some_and(|thing| is_busy(&thing)) {
            // IAM says nothing more, as seen in reports of Terraform's AWS provider (issue 42079).
            return Err(Error::new(Code::ConcurrentModification, ""));
        }
        Ok(())
    }

    /// Notes a write that took place. Those of STS change nothing that IAM could find busy.
    pub fn wrote(&mut self, span: Duration, call: &Written<'_>, now: Timestamp) {
        if IAM.effect(call.action).is_none() {
            return;
        }
        self.forget(span, now);
        let login = (call.action == "CreateLoginProfile").then(|| call.login()).flatten();
        let renamed = call.params.get("NewUserName").map(|name| of("user", name));
        for thing in [call.thing(), login, renamed].into_iter().flatten() {
            self.order.push_back((thing.clone(), now));
            self.since.insert(thing, now);
        }
    }

    fn forget(&mut self, span: Duration, now: Timestamp) {
        while let Some((thing, since)) = self.order.pop_front_if(|(_, since)| !still(*since, span, now)) {
            // What was written again since then stays.
            if self.since.get(&thing) == Some(&since) {
                self.since.remove(&thing);
            }
        }
    }
}

fn still(since: Timestamp, span: Duration, now: Timestamp) -> bool {
    now.duration_since(since) < SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}

/// A write, as far as it says what it changes.
#[derive(Debug)]
pub struct Written<'a> {
    /// The action.
    pub action: &'a str,
    /// Its parameters.
    pub params: &'a Params,
    /// Who asks.
    pub caller: &'a Caller,
}

impl Written<'_> {
    /// The one thing that the call changes: whoever holds a policy or a device, not the policy or the device.
    fn thing(&self) -> Option<String> {
        let last = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
        let named = |kind, parameter| self.params.get(parameter).map(|name| of(kind, &last(name)));
        named("user", "UserName")
            .or_else(|| named("group", "GroupName"))
            .or_else(|| named("role", "RoleName"))
            .or_else(|| named("policy", "PolicyArn"))
            .or_else(|| named("policy", "PolicyName"))
            .or_else(|| named("device", "VirtualMFADeviceName"))
            .or_else(|| named("device", "SerialNumber"))
            .or_else(|| named("alias", "AccountAlias"))
    }

    fn login(&self) -> Option<String> {
        Some(of("login", self.user()?))
    }

    /// The user named or, without a name, the user who asks.
    fn user(&self) -> Option<&str> {
        self.params.get("UserName").or_else(|| self.caller.user().map(AsRef::as_ref))
    }

    /// The wordings are those that Terraform's AWS provider (pull request 4143) and cloud-nuke (issue 255) met.
    fn login_in_making(&self) -> Error {
        let user = self.user().unwrap_or_default();
        let message = if self.action == "EnableMFADevice" {
            format!("MFA cannot be enabled while the Login Profile for User {user} is being created.")
        } else {
            format!("Login Profile for User {user} cannot be modified while login profile is being created.")
        };
        Error::new(Code::EntityTemporarilyUnmodifiable, message)
    }
}

fn of(kind: &str, name: &str) -> String {
    format!("{kind} {}", name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(3);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap()
    }

    /// The code that `second` is refused with, so many milliseconds after `first`.
    fn clash(first: (&str, &[(&str, &str)]), second: (&str, &[(&str, &str)]), millis: i64) -> Option<&'static str> {
        let mut busy = Busy::default();
        let params = [first, second].map(|(_, pairs)| Params::of(pairs.iter().copied()));
        let call = |n: usize, action| Written { action, params: &params[n], caller: &Caller::Operator };
        busy.wrote(SPAN, &call(0, first.0), at(0));
        busy.check(SPAN, &call(1, second.0), at(millis)).err().map(|error| error.code.name())
    }

    const LAMP: (&str, &str) = ("UserName", "Lamp");

    #[test]
    fn every_action_that_may_be_refused_is_there_and_writes() {
        use crate::sandbox::actions::{Effect, IAM};
        for action in MAY_CLASH.iter().chain(&NEEDS_LOGIN) {
            assert_eq!(IAM.effect(action), Some(Effect::Writes), "{action}");
        }
    }

    #[test]
    fn a_second_write_on_the_same_thing_is_refused_for_a_time() {
        let (create, tag) = (("CreateUser", &[LAMP][..]), ("TagUser", &[("UserName", "LAMP")][..]));
        assert_eq!(clash(create, tag, 2_999), Some("ConcurrentModification"));
        assert_eq!(clash(create, tag, 3_000), None);
        assert_eq!(clash(create, ("TagUser", &[("UserName", "car")]), 0), None);
    }

    #[test]
    fn what_is_busy_no_more_is_forgotten_with_the_next_write_and_what_was_written_again_is_not() {
        let mut busy = Busy::default();
        for (name, millis) in [("lamp", 0), ("car", 0), ("lamp", 1_000), ("bulb", 3_000)] {
            let params = Params::of([("UserName", name)]);
            busy.wrote(SPAN, &Written { action: "TagUser", params: &params, caller: &Caller::Operator }, at(millis));
        }
        assert_eq!(busy.since.keys().collect::<Vec<_>>(), ["user bulb", "user lamp"]);
        assert_eq!(busy.order.len(), 2);
    }

    #[test]
    fn a_session_makes_nothing_busy() {
        let device = [("SerialNumber", "arn:aws:iam::123456789012:mfa/phone")];
        assert_eq!(clash(("GetSessionToken", &device), ("DeactivateMFADevice", &device), 0), None);
        assert_eq!(
            clash(("EnableMFADevice", &device), ("DeactivateMFADevice", &device), 0),
            Some("ConcurrentModification")
        );
    }

    #[test]
    fn an_action_that_never_answers_so_in_iam_is_not_refused() {
        let attach = ("AttachUserPolicy", &[LAMP, ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")][..]);
        assert_eq!(clash(("CreateUser", &[LAMP]), attach, 0), None);
        assert_eq!(clash(attach, ("TagUser", &[LAMP]), 0), Some("ConcurrentModification"));
    }

    #[test]
    fn a_policy_is_the_same_by_name_and_by_arn_and_a_user_by_both_names() {
        let arn = ("PolicyArn", "arn:aws:iam::123456789012:policy/x/P");
        let tag = ("TagPolicy", &[arn][..]);
        assert_eq!(clash(("CreatePolicy", &[("PolicyName", "P")]), tag, 0), Some("ConcurrentModification"));
        let renamed = ("UpdateUser", &[LAMP, ("NewUserName", "bulb")][..]);
        assert_eq!(clash(renamed, ("TagUser", &[("UserName", "bulb")]), 0), Some("ConcurrentModification"));
    }

    #[test]
    fn a_password_that_was_just_made_can_not_be_changed_yet() {
        let create = ("CreateLoginProfile", &[LAMP][..]);
        for action in NEEDS_LOGIN {
            assert_eq!(clash(create, (action, &[LAMP]), 0), Some("EntityTemporarilyUnmodifiable"), "{action}");
            assert_eq!(clash(create, (action, &[LAMP]), 3_000), None);
            assert_ne!(clash(("CreateUser", &[LAMP]), (action, &[LAMP]), 0), Some("EntityTemporarilyUnmodifiable"));
        }
    }
}
