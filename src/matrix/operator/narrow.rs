//! Settings beside newer ones: which go further, and what is left where the newer ones do not count as a whole.
//!
//! Owns: what of newer settings counts at once, and what waits. Must not: know why they do not count as a whole.

use super::{Mode, Operator, Protect};
use crate::name::Name;

impl Operator {
    /// These settings, narrowed by newer ones that are held, or stand beside a matrix that cannot be used. How far to go
    /// and what is spared is the stricter of the two: a brake counts at once, and what widens waits.
    ///
    /// All else is the newer ones': the ceiling, releases, the pace. The limits too, raised or lowered: what they weigh here
    /// is a matrix that was approved before, so that a raised limit lets only more of the account's drift be repaired. What
    /// only a restart changes stays.
    #[must_use]
    pub fn narrowed_by(&self, newer: &Operator) -> Operator {
        let how_far = if self.mode.value < newer.mode.value { self } else { newer };
        let mut held_back = newer.held_back.clone();
        for (group, mode) in &self.held_back {
            if held_back.get(group).is_none_or(|newer| mode.value < newer.value) {
                held_back.insert(group.clone(), mode.clone());
            }
        }
        Operator {
            mode: how_far.mode.clone(),
            mode_overridden: how_far.mode_overridden,
            suspend: self.suspend || newer.suspend,
            prune: self.prune && newer.prune,
            create_users: self.create_users && newer.create_users,
            held_back,
            protect: newer.protect.and(&self.protect),
            interval: newer.interval,
            ceiling: newer.ceiling.clone(),
            limits: newer.limits,
            approve: newer.approve.clone(),
            account: self.account.clone(),
            path: self.path.clone(),
            listen: self.listen,
            token_file: self.token_file.clone(),
        }
    }

    /// Whether both go equally far and spare the same: all that [`Operator::narrowed_by`] weighs.
    #[must_use]
    pub fn goes_as_far_as(&self, other: &Operator) -> bool {
        let switches = |it: &Operator| (it.mode.value, it.suspend, it.prune, it.create_users);
        let held_back = |it: &Operator| it.held_back.iter().map(|(group, mode)| (group.clone(), mode.value)).collect();
        let (ours, theirs): (Vec<_>, Vec<_>) = (held_back(self), held_back(other));
        switches(self) == switches(other) && ours == theirs && self.protect == other.protect
    }

    /// Whether the mode is higher than before: the operator's, or that of a group that was held back.
    #[must_use]
    pub fn is_raised_over(&self, before: &Operator) -> bool {
        let is_raised = |group| self.mode_of(group) > before.mode_of(group);
        self.mode.value > before.mode.value || before.held_back.keys().any(is_raised)
    }

    /// How far a group may be taken.
    fn mode_of(&self, group: &Name) -> Mode {
        self.held_back.get(group).map_or(self.mode.value, |held| held.value.min(self.mode.value))
    }
}

impl Protect {
    /// What either of the two protects.
    fn and(&self, other: &Protect) -> Protect {
        let both = |ours: &[String], theirs: &[String]| {
            let more = theirs.iter().filter(|name| !ours.contains(name));
            ours.iter().chain(more).cloned().collect()
        };
        Protect {
            users: both(&self.users, &other.users),
            groups: both(&self.groups, &other.groups),
            policies: both(&self.policies, &other.policies),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::checked;

    const MATRIX: &str =
        "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] } }\npolicies: { AmazonS3FullAccess: [Dev] }\n";

    fn settings(lines: &str) -> Operator {
        checked(MATRIX, &[], lines).operator().clone()
    }

    fn in_mode(mode: Mode, lines: &str) -> Operator {
        let mut settings = settings(lines);
        settings.mode.value = mode;
        settings
    }

    #[test]
    fn what_narrows_counts_at_once_and_what_widens_waits_whichever_is_newer() {
        let wide = settings("prune: true\nusers: { create: true }");
        let mut narrow = settings(
            "suspend: true\ngroups: { Dev: observe, Ops: additive }\nprotect: { users: [root*], policies: [Old] }",
        );
        narrow.mode.value = Mode::Additive;
        for (old, new) in [(&wide, &narrow), (&narrow, &wide)] {
            let both = old.narrowed_by(new);
            assert!(both.goes_as_far_as(&narrow), "{both:?}");
            assert!(!both.goes_as_far_as(&wide));
        }
    }

    #[test]
    fn of_two_ways_to_hold_a_group_back_the_stricter_counts_and_protected_names_add_up() {
        let old = settings("groups: { Dev: observe, Ops: additive }\nprotect: { groups: [A, B] }");
        let new = settings("groups: { Dev: additive, Ops: observe, Web: observe }\nprotect: { groups: [B, C] }");
        let both = old.narrowed_by(&new);
        assert!(both.held_back.values().all(|mode| mode.value == Mode::Observe) && both.held_back.len() == 3);
        assert_eq!(both.protect.groups, ["B", "C", "A"]);
    }

    #[test]
    fn the_pace_the_limits_and_the_ceiling_are_the_newer_ones_and_what_takes_a_restart_stays() {
        let old = settings("interval: 30s");
        let mut new = settings("interval: 5s\nceiling: { \"iam:*\": [Dev] }\nlisten: 0.0.0.0:1\ntokenFile: /t");
        (new.limits.reverts, new.path, new.account) = (7, "/other/".to_owned(), None);
        let both = old.narrowed_by(&new);
        assert_eq!((both.interval, both.limits, both.ceiling.len()), (new.interval, new.limits, 1));
        let fixed = |it: &Operator| (it.account.clone(), it.path.clone(), it.listen, it.token_file.clone());
        assert_eq!(fixed(&both), fixed(&old));
        assert!(both.goes_as_far_as(&new), "nothing of that widens or narrows");
    }

    #[test]
    fn a_group_that_is_no_longer_held_back_is_a_raised_mode_and_an_end_of_suspension_is_none() {
        let held = |mode: &str| settings(&format!("groups: {{ Dev: {mode} }}"));
        let free = settings("");
        assert!(free.is_raised_over(&held("observe")) && held("additive").is_raised_over(&held("observe")));
        assert!(!held("observe").is_raised_over(&free) && !free.is_raised_over(&held("enforce")));
        assert!(free.is_raised_over(&in_mode(Mode::Additive, "")));
        let lowered = in_mode(Mode::Observe, "");
        assert!(!lowered.is_raised_over(&held("observe")), "free to be observed like the others");
        assert!(!free.is_raised_over(&settings("suspend: true")));
    }
}
