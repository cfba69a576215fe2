//! Since when each difference has been there, as far as this process saw, and whether a new configuration explains it.
//!
//! Must not: read a clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Status;
use crate::plan::{Action, Plan};

/// When each difference was first seen. A difference is known by the call that would end it, in words: a document that
/// differs in another way than yesterday still differs since yesterday.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Since(BTreeMap<String, Timestamp>);

impl Since {
    /// What is known once `plan` was made at `now`: what was seen before keeps its time, what is gone is forgotten.
    #[must_use]
    pub fn with(&self, plan: &Plan, now: Timestamp) -> Self {
        let changes = plan.changes.iter().map(|change| change.action.to_string());
        let seen = |what: String| {
            let at = self.0.get(&what).copied().unwrap_or(now);
            (what, at)
        };
        Since(changes.map(seen).collect())
    }

    /// Whether `plan` has a difference that was not seen before.
    fn lacks_some_of(&self, plan: &Plan) -> bool {
        plan.changes.iter().any(|change| !self.0.contains_key(&change.action.to_string()))
    }

    /// When the difference that this call would end was first seen.
    #[must_use]
    pub fn of(&self, action: &Action) -> Option<Timestamp> {
        self.0.get(&action.to_string()).copied()
    }
}

impl Status {
    /// Takes in since when the differences of a plan have been there. One that came up since the last look is somebody's
    /// doing, unless the configuration is another by now.
    pub fn see(&mut self, plan: &Plan, now: Timestamp) {
        let is_same = self.compared_with.is_some() && self.compared_with == self.config.digest;
        if is_same && self.since.lacks_some_of(plan) {
            self.by_hand += 1;
        }
        self.compared_with.clone_from(&self.config.digest);
        self.since = Arc::new(self.since.with(plan, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Live;
    use crate::testing::{ByHand as _, aws, checked, empty_account, plan};

    const MATRIX: &str =
        "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] } }\npolicies: { ReadOnlyAccess: [Dev] }\n";

    fn seen(live: &Live, before: &Since, second: i64) -> (Plan, Since) {
        let plan = plan(&checked(MATRIX, &[], ""), live);
        let since = before.with(&plan, Timestamp::from_second(second).unwrap());
        (plan, since)
    }

    #[test]
    fn a_difference_is_as_old_as_its_first_sight_and_begins_anew_after_it_was_gone() {
        let mut live = empty_account();
        live.user("ann").user("bob").group("/foundation/", "Dev", &[&aws("ReadOnlyAccess")], &["ann", "bob"]);
        let (first, since) = seen(&live, &Since::default(), 10);
        let stranger = &first.changes[0].action;
        assert_eq!(stranger.to_string(), "remove bob from Dev");
        let (_, later) = seen(&live, &since, 20);
        assert_eq!(later.of(stranger), Timestamp::from_second(10).ok());
        let mut mended = live.clone();
        crate::testing::model::apply(&mut mended, stranger).unwrap();
        let (_, gone) = seen(&mended, &later, 30);
        assert_eq!(gone, Since::default());
        let (_, again) = seen(&live, &gone, 40);
        assert_eq!(again.of(stranger), Timestamp::from_second(40).ok());
    }

    #[test]
    fn a_difference_is_made_by_hand_if_it_comes_up_between_two_looks_with_the_same_configuration() {
        const ADDED: &str = "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] }, bob: { groups: [Dev] } }\n\
             policies: { ReadOnlyAccess: [Dev] }\n";
        let mut live = empty_account();
        live.user("ann").user("bob").group("/foundation/", "Dev", &[&aws("ReadOnlyAccess")], &["ann"]);
        let mut status = Status::starting(Timestamp::UNIX_EPOCH);
        let mut look = |matrix: &str, live: &Live| {
            status.config.digest = Some(matrix.to_owned());
            status.see(&plan(&checked(matrix, &[], ""), live), Timestamp::UNIX_EPOCH);
            status.by_hand
        };
        let mut emptied = live.clone();
        emptied.group("/foundation/", "Dev", &[], &["ann"]);
        assert_eq!(look(MATRIX, &live), 0);
        assert_eq!(look(ADDED, &live), 0, "a commit");
        assert_eq!(look(ADDED, &live), 0, "it is still there");
        assert_eq!(look(ADDED, &emptied), 1, "somebody took the policy off");
        assert_eq!(look(ADDED, &emptied), 1, "once");
        assert_eq!(look(ADDED, &live), 1);
        assert_eq!(look(ADDED, &emptied), 2, "and again");
        assert_eq!(look(MATRIX, &emptied), 2, "nobody can tell");
    }
}
