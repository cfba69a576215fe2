//! What the operator made lately, to tell a stale read from drift, and drift from a tug of war.
//!
//! A change that was made a moment ago and is wanted again may only not be visible yet. One that was made several times
//! and is wanted again is contended: somebody, or some other tool, keeps undoing it. Contended grants stop, so that
//! nobody is given access in turns; what takes access away, or guards it, goes on with ever longer pauses.
//!
//! Owns: [`Contest`]. Must not: apply or hold anything; the guard is told what waits.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::plan::{Action, Change, Phase, Plan};
use crate::policy::LiveDocument;

/// A change that is not wanted again for so long is no longer remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// The pause before a contended change is made once more; it doubles each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The longest such pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// A change that the operator made several times, and that somebody undid each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contended {
    /// The change, in words: `add ann to Admin`.
    pub change: String,
    /// The action's kind, bounded.
    pub kind: &'static str,
    /// How often the operator made it.
    pub times: u32,
    /// When it made it last.
    pub last_at: Timestamp,
    /// When it will be made again; never for a grant, until a person says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
}

impl std::fmt::Display for Contended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Contended { change, times, .. } = self;
        let next = self.next_at.map_or("it is not made again".to_owned(), |at| format!("the next time is {at:.0}"));
        write!(f, "somebody undid \"{change}\" {times} times; {next}")
    }
}

/// The changes that were made lately.
#[derive(Debug, Clone, Default)]
pub struct Contest {
    made: BTreeMap<String, Made>,
}

#[derive(Debug, Clone, Copy)]
struct Made {
    kind: &'static str,
    grants: bool,
    times: u32,
    last_at: Timestamp,
    /// When it was wanted last, were it only to wait.
    wanted_at: Timestamp,
}

impl Made {
    fn next_at(self, reverts: u32) -> Option<Timestamp> {
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.times.saturating_sub(reverts).min(10));
        (!self.grants).then(|| self.last_at.saturating_add(doubled.min(LONGEST_PAUSE)).unwrap_or(self.last_at))
    }

    fn waits(self, now: Timestamp, reverts: u32) -> bool {
        self.times >= reverts && self.next_at(reverts).is_none_or(|next| now < next)
    }
}

impl Contest {
    /// Takes note that a change was made.
    pub fn note(&mut self, change: &Change, now: Timestamp) {
        let (kind, grants) = (change.action.kind(), grants(change));
        let first = Made { kind, grants, times: 0, last_at: now, wanted_at: now };
        let made = self.made.entry(change.action.to_string()).or_insert(first);
        (made.times, made.last_at, made.wanted_at) = (made.times.saturating_add(1), now, now);
    }

    /// Takes note of what a plan wants, and forgets what has not been wanted for long.
    pub fn want(&mut self, plan: &Plan, now: Timestamp) {
        for change in &plan.changes {
            if let Some(made) = self.made.get_mut(&change.action.to_string()) {
                made.wanted_at = now;
            }
        }
        self.made.retain(|_, made| now.duration_since(made.wanted_at) < REMEMBERED);
    }

    /// Counts anew: the matrix changed, or a person asked to try again. When each change was made last is kept, or it
    /// would be made once more on a stale read.
    pub fn reset(&mut self) {
        self.made.values_mut().for_each(|made| made.times = 0);
    }

    /// Until when a plan has to wait because it wants again what was made less than `settling` ago.
    #[must_use]
    pub fn settled_at(&self, plan: &Plan, now: Timestamp, settling: SignedDuration) -> Option<Timestamp> {
        let made = plan.changes.iter().filter_map(|change| self.made.get(&change.action.to_string()));
        let until = made.filter_map(|made| made.last_at.checked_add(settling).ok());
        until.filter(|until| now < *until).max()
    }

    /// The changes, in words, that are not made now. `reverts`: how often one is made again before it is contended.
    #[must_use]
    pub fn waiting(&self, now: Timestamp, reverts: u32) -> BTreeSet<String> {
        let waiting = self.made.iter().filter(|(_, made)| made.waits(now, reverts));
        waiting.map(|(change, _)| change.clone()).collect()
    }

    /// What of these plans is contended, sorted.
    #[must_use]
    pub fn contended(&self, plans: &[&Plan], reverts: u32) -> Vec<Contended> {
        let changes = plans.iter().flat_map(|plan| &plan.changes);
        let wanted: BTreeSet<String> = changes.map(|change| change.action.to_string()).collect();
        let contended = self.made.iter().filter(|(change, made)| made.times >= reverts && wanted.contains(*change));
        let told = |(change, made): (&String, &Made)| Contended {
            change: change.clone(),
            kind: made.kind,
            times: made.times,
            last_at: made.last_at,
            next_at: made.next_at(reverts),
        };
        contended.map(told).collect()
    }
}

/// Whether a change gives access. A guard that goes on, or is put right, and a baseline that is joined take it away.
fn grants(change: &Change) -> bool {
    match &change.action {
        Action::UpdateDocument { text, .. } => {
            change.phase == Phase::UpdateDocuments && !LiveDocument::read(text).may_deny()
        }
        _ => matches!(change.phase, Phase::AttachAllows | Phase::AddMembers | Phase::Users | Phase::DetachGuards),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ALLOW, ByHand as _, GUARD, checked, empty_account, plan};

    const MATRIX: &str = "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] }, bob: { groups: [] } }\npolicies: { AmazonS3FullAccess: [Dev] }\n";
    const SETTLING: SignedDuration = SignedDuration::from_secs(10);

    /// An account in which ann has to come into Dev, and bob has to leave it.
    fn wanted() -> Plan {
        let mut live = empty_account();
        live.user("ann").user("bob").group("/foundation/", "Dev", &[], &["bob"]);
        let mut plan = plan(&checked(MATRIX, &[], ""), &live);
        plan.changes.retain(|change| matches!(change.phase, Phase::AddMembers | Phase::RemoveMembers));
        plan
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// The plan made so many times, each a minute after the one before; the last at 0.
    fn made(times: i64) -> Contest {
        let mut contest = Contest::default();
        for round in 0..times {
            wanted().changes.iter().for_each(|change| contest.note(change, at(60 * (round + 1 - times))));
        }
        contest
    }

    #[test]
    fn what_was_made_a_moment_ago_is_not_wanted_again_on_one_stale_read() {
        let contest = made(1);
        assert_eq!(contest.settled_at(&wanted(), at(3), SETTLING), Some(at(10)));
        assert_eq!(contest.settled_at(&wanted(), at(10), SETTLING), None, "by now it is drift");
        let mut other = wanted();
        other.changes.clear();
        assert_eq!(contest.settled_at(&other, at(3), SETTLING), None, "nothing of it is wanted again");
    }

    #[test]
    fn a_change_undone_as_often_as_allowed_is_contended_and_no_sooner() {
        assert!(made(2).contended(&[&wanted()], 3).is_empty() && made(2).waiting(at(60), 3).is_empty());
        let told: Vec<String> = made(3).contended(&[&wanted()], 3).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        somebody undid "add ann to Dev" 3 times; it is not made again
        somebody undid "remove bob from Dev" 3 times; the next time is 2027-01-15T08:01:00Z
        "#);
    }

    #[test]
    fn contended_grants_stop_and_contended_removals_go_on_with_longer_and_longer_pauses() {
        let table =
            [(3, 59, true), (3, 60, false), (4, 119, true), (4, 120, false), (12, 3599, true), (12, 3600, false)];
        for (times, seconds, waits) in table {
            let waiting = made(times).waiting(at(seconds), 3);
            assert!(waiting.contains("add ann to Dev"), "{times} {seconds}");
            assert_eq!(waiting.contains("remove bob from Dev"), waits, "{times} {seconds}");
        }
    }

    #[test]
    fn a_day_without_being_wanted_again_ends_the_contest() {
        let (mut contest, mut other) = (made(5), wanted());
        other.changes.clear();
        contest.want(&other, at(24 * 3600 - 1));
        assert_eq!(contest.contended(&[&wanted()], 3).len(), 2);
        contest.want(&other, at(24 * 3600));
        assert!(contest.waiting(at(24 * 3600), 3).is_empty() && contest.contended(&[&wanted()], 3).is_empty());
    }

    #[test]
    fn a_contended_grant_is_not_made_again_however_long_it_is_wanted() {
        let mut contest = made(3);
        for hour in 1..=72 {
            contest.want(&wanted(), at(hour * 3600));
            assert!(contest.waiting(at(hour * 3600), 3).contains("add ann to Dev"), "{hour}");
        }
    }

    #[test]
    fn a_person_who_asks_to_try_again_ends_the_contest_and_not_the_settling() {
        let mut contest = made(5);
        contest.reset();
        assert!(contest.waiting(at(1), 3).is_empty() && contest.contended(&[&wanted()], 3).is_empty());
        assert_eq!(contest.settled_at(&wanted(), at(3), SETTLING), Some(at(10)), "it was made three seconds ago");
    }

    #[test]
    fn what_is_contended_of_any_plan_is_told_once() {
        let (mut one, other) = (wanted(), wanted());
        one.changes.truncate(1);
        assert_eq!(made(3).contended(&[&one], 3).len(), 1);
        assert_eq!(made(3).contended(&[&one, &other], 3).len(), 2);
    }

    #[test]
    fn a_text_that_allows_more_is_a_grant_and_one_that_guards_or_only_restricts_is_none() {
        const MORE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
        let stops = |live_text: &str, text: &str| {
            let matrix = MATRIX.replace("AmazonS3FullAccess", "Ours") + "documents: policies/\n";
            let mut live = empty_account();
            live.user("ann").user("bob").document("/foundation/", "Ours", live_text, 1);
            let plan = plan(&checked(&matrix, &[("Ours", text)], ""), &live);
            let change = plan.changes.iter().find(|change| matches!(change.action, Action::UpdateDocument { .. }));
            let mut contest = Contest::default();
            (0..3).for_each(|second| contest.note(change.unwrap(), at(second)));
            contest.waiting(at(1_000_000), 3).len() == 1
        };
        assert!(stops(ALLOW, MORE));
        assert!(!stops(MORE, ALLOW), "it only restricts");
        assert!(!stops(ALLOW, GUARD) && !stops(&GUARD.replace("datapipeline", "glue"), GUARD), "a guard is put right");
    }
}
