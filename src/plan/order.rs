//! The order of a plan: which change must have succeeded before which, and a safe line through all of them.
//!
//! Two rules make it safe. Phases put guards before allows and allows before members, and take them off the other way
//! round. Prerequisites say the same for single changes, so that a failure stops only what depends on it; they also
//! make room before a full group or a full user takes something new, by letting go of allows, never of guards.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Change, DriftClass, Entity, Phase};
use crate::desired::{Desired, Role};
use crate::live::Live;
use crate::name::{Arn, Name};

/// A change without its place.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub action: Action,
    pub phase: Phase,
    pub drift: DriftClass,
    pub reason: String,
    pub details: Vec<String>,
    pub before: Option<String>,
    pub moved: bool,
}

/// Puts the drafts into a line in which every prerequisite comes first, and otherwise phase by phase.
pub(super) fn order(mut drafts: Vec<Draft>, desired: &Desired, live: &Live) -> Vec<Change> {
    drafts.sort_by_key(|a| (a.phase, sort_key(&a.action)));
    let index = Index::new(&drafts, desired, live);
    let prerequisites: Vec<BTreeSet<usize>> =
        drafts.iter().enumerate().map(|(at, draft)| index.prerequisites(at, draft)).collect();
    let sequence = sequence(&prerequisites);
    let place: BTreeMap<usize, usize> = sequence.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let changes = sequence.iter().filter_map(|at| {
        let draft = drafts.get(*at)?.clone();
        let after: BTreeSet<usize> =
            prerequisites.get(*at)?.iter().filter_map(|before| place.get(before).copied()).collect();
        Some(Change {
            action: draft.action,
            phase: draft.phase,
            drift: draft.drift,
            reason: draft.reason,
            details: draft.details,
            before: draft.before,
            after: after.into_iter().collect(),
            moved: draft.moved,
        })
    });
    changes.collect()
}

/// Again and again the first draft, in phase order, that waits for nothing. A cycle cannot arise from the rules below; if
/// one did, its first draft would stand before its prerequisite, and apply skips and tells such a change.
fn sequence(prerequisites: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut waits: Vec<usize> = prerequisites.iter().map(BTreeSet::len).collect();
    let mut followers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, before) in prerequisites.iter().enumerate() {
        for before in before {
            followers.entry(*before).or_default().push(at);
        }
    }
    let mut open: BTreeSet<usize> = (0..prerequisites.len()).collect();
    let mut ready: BTreeSet<usize> = open.iter().copied().filter(|at| waits.get(*at) == Some(&0)).collect();
    let mut sequence = Vec::with_capacity(prerequisites.len());
    while let Some(next) = ready.pop_first().or_else(|| open.first().copied()) {
        open.remove(&next);
        for follower in followers.get(&next).into_iter().flatten() {
            let Some(wait) = waits.get_mut(*follower) else { continue };
            *wait = wait.saturating_sub(1);
            if *wait == 0 && open.contains(follower) {
                ready.insert(*follower);
            }
        }
        sequence.push(next);
    }
    sequence
}

/// What a draft is sorted by inside its phase: what it is about, then whom it is about, then the kind of call
/// (an old version is deleted before its policy gets a new one, and before the policy itself goes).
fn sort_key(action: &Action) -> (Name, String, u8) {
    let text = |text: &str| text.to_ascii_lowercase();
    match action {
        Action::CreateDocument { name, .. } => (name.clone(), String::new(), 0),
        Action::DeleteVersion { policy, version } => (policy.name(), format!("{version:>9}"), 1),
        Action::UpdateDocument { policy, .. } | Action::DeleteDocument { policy } => (policy.name(), "~".to_owned(), 2),
        Action::CreateGroup { group, .. } | Action::RenameGroup { group, .. } => (group.clone(), String::new(), 0),
        Action::DeleteGroup { group } => (group.clone(), "~".to_owned(), 9),
        Action::CreateUser { user, .. } => (user.clone(), String::new(), 0),
        Action::Attach { group, policy } | Action::Detach { group, policy } => {
            (group.clone(), text(policy.name().as_str()), 3)
        }
        Action::DeleteInline { group, name } => (group.clone(), text(name), 4),
        Action::AddMember { group, user } | Action::RemoveMember { group, user } => {
            (group.clone(), text(user.as_str()), 5)
        }
        Action::SetPasswordPolicy { .. } => (Name::new(""), String::new(), 0),
    }
}

/// Where each change stands, found by what it does.
struct Index<'a> {
    desired: &'a Desired,
    live: &'a Live,
    created_documents: BTreeMap<Name, usize>,
    versions: BTreeMap<Arn, Vec<usize>>,
    groups: BTreeMap<Name, usize>,
    users: BTreeMap<Name, usize>,
    guards: BTreeMap<Name, Vec<usize>>,
    allows: BTreeMap<Name, Vec<(Arn, usize)>>,
    adds: BTreeMap<Name, Vec<(Name, usize)>>,
    removes: BTreeMap<Name, Vec<(Name, usize)>>,
    /// The groups that a user enters, and leaves.
    enters: BTreeMap<Name, Vec<(Name, usize)>>,
    leaves: BTreeMap<Name, Vec<(Name, usize)>>,
    detaches: BTreeMap<Name, Vec<(Arn, usize)>>,
    takes_off_allow: BTreeMap<Name, Vec<usize>>,
    takes_off_any: BTreeMap<Name, Vec<usize>>,
    /// Change that takes a place → change that gives it free first.
    releases: BTreeMap<usize, usize>,
}

impl<'a> Index<'a> {
    fn new(drafts: &[Draft], desired: &'a Desired, live: &'a Live) -> Self {
        let mut index = Index {
            desired,
            live,
            created_documents: BTreeMap::new(),
            versions: BTreeMap::new(),
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            guards: BTreeMap::new(),
            allows: BTreeMap::new(),
            adds: BTreeMap::new(),
            removes: BTreeMap::new(),
            enters: BTreeMap::new(),
            leaves: BTreeMap::new(),
            detaches: BTreeMap::new(),
            takes_off_allow: BTreeMap::new(),
            takes_off_any: BTreeMap::new(),
            releases: BTreeMap::new(),
        };
        drafts.iter().enumerate().for_each(|(at, draft)| index.note(at, draft));
        index.release_group_places(drafts);
        index.release_user_places();
        index
    }

    fn note(&mut self, at: usize, draft: &Draft) {
        match &draft.action {
            Action::CreateDocument { name, .. } => {
                self.created_documents.insert(name.clone(), at);
            }
            Action::DeleteVersion { policy, .. } => self.versions.entry(policy.clone()).or_default().push(at),
            Action::CreateGroup { group, .. } | Action::RenameGroup { group, .. } => {
                self.groups.insert(group.clone(), at);
            }
            Action::CreateUser { user, .. } => {
                self.users.insert(user.clone(), at);
            }
            Action::Attach { group, .. } if draft.phase == Phase::AttachGuards => {
                self.guards.entry(group.clone()).or_default().push(at);
            }
            Action::Attach { group, policy } => {
                self.allows.entry(group.clone()).or_default().push((policy.clone(), at));
            }
            Action::AddMember { group, user } => {
                self.adds.entry(group.clone()).or_default().push((user.clone(), at));
                self.enters.entry(user.clone()).or_default().push((group.clone(), at));
            }
            Action::RemoveMember { group, user } => {
                self.removes.entry(group.clone()).or_default().push((user.clone(), at));
                self.leaves.entry(user.clone()).or_default().push((group.clone(), at));
            }
            Action::Detach { group, policy } => {
                self.detaches.entry(group.clone()).or_default().push((policy.clone(), at));
                self.note_off(group, at, draft.phase);
            }
            Action::DeleteInline { group, .. } => self.note_off(group, at, draft.phase),
            Action::UpdateDocument { .. }
            | Action::DeleteDocument { .. }
            | Action::DeleteGroup { .. }
            | Action::SetPasswordPolicy { .. } => {}
        }
    }

    fn note_off(&mut self, group: &Name, at: usize, phase: Phase) {
        self.takes_off_any.entry(group.clone()).or_default().push(at);
        if phase == Phase::DetachAllows {
            self.takes_off_allow.entry(group.clone()).or_default().push(at);
        }
    }

    /// A full group lets go of an allow before it takes a policy: first of what nobody wants, then of what moves.
    fn release_group_places(&mut self, drafts: &[Draft]) {
        for group in self.desired.groups.keys() {
            let held = self.live.groups.get(group).map_or(0, |live| live.attached.len());
            let free = self.live.quotas.policies_per_group.saturating_sub(held);
            let mut gives: Vec<(bool, usize)> = self
                .detaches
                .get(group)
                .into_iter()
                .flatten()
                .filter_map(|(_, at)| drafts.get(*at).map(|draft| (draft, *at)))
                .filter(|(draft, _)| draft.phase == Phase::DetachAllows)
                .map(|(draft, at)| (draft.moved, at))
                .collect();
            gives.sort_unstable();
            let guards = self.guards.get(group).into_iter().flatten().copied();
            let allows = self.allows.get(group).into_iter().flatten().map(|(_, at)| *at);
            let takes: Vec<usize> = guards.chain(allows).skip(free).collect();
            self.releases.extend(takes.into_iter().zip(gives.into_iter().map(|(_, at)| at)));
        }
    }

    /// A user in as many groups as IAM allows leaves one before entering another.
    fn release_user_places(&mut self) {
        for user in self.live.users.values() {
            let free = self.live.quotas.groups_per_user.saturating_sub(user.groups.len());
            let enters = self.enters.get(&user.name).into_iter().flatten();
            let mut takes: Vec<(bool, usize)> = enters.map(|(group, at)| (!self.is_baseline(group), *at)).collect();
            takes.sort_unstable();
            let leaves = self.leaves.get(&user.name).into_iter().flatten();
            let mut gives: Vec<&(Name, usize)> = leaves.filter(|(group, _)| !self.is_baseline(group)).collect();
            gives.sort_unstable();
            let gives = gives.into_iter().map(|(_, at)| *at);
            self.releases.extend(takes.into_iter().map(|(_, at)| at).skip(free).zip(gives));
        }
    }

    /// Positions of the changes that must have succeeded before the draft at `at`.
    fn prerequisites(&self, at: usize, draft: &Draft) -> BTreeSet<usize> {
        let mut before: BTreeSet<usize> = self.releases.get(&at).copied().into_iter().collect();
        before.extend(self.comes_to_be(&draft.action));
        match &draft.action {
            Action::UpdateDocument { policy, .. } => before.extend(self.versions.get(policy).into_iter().flatten()),
            Action::Attach { group, .. } if draft.phase == Phase::AttachAllows => {
                before.extend(self.before_granting(group));
            }
            Action::AddMember { group, user } => before.extend(self.before_entering(group, user)),
            Action::RemoveMember { group, user } => before.extend(self.before_leaving(group, user)),
            Action::Detach { group, .. } | Action::DeleteInline { group, .. } if draft.phase == Phase::DetachGuards => {
                before.extend(self.before_unguarding(group));
            }
            Action::Detach { group, policy } if draft.moved => before.extend(self.new_home(group, policy)),
            Action::DeleteGroup { group } => {
                before.extend(self.takes_off_any.get(group).into_iter().flatten());
                before.extend(self.removes.get(group).into_iter().flatten().map(|(_, at)| *at));
            }
            Action::DeleteDocument { policy } => {
                before.extend(self.versions.get(policy).into_iter().flatten());
                let everywhere = self.detaches.values().flatten().filter(|(arn, _)| arn == policy);
                before.extend(everywhere.map(|(_, at)| *at));
            }
            _ => {}
        }
        before.remove(&at);
        before
    }

    /// The changes by which what the action names comes to be, or gets the name that the action uses.
    fn comes_to_be(&self, action: &Action) -> BTreeSet<usize> {
        let mut before = BTreeSet::new();
        for entity in action.touches() {
            match entity {
                Entity::Group(name) => before.extend(self.groups.get(&name)),
                Entity::User(name) => before.extend(self.users.get(&name)),
                Entity::Policy(_) | Entity::PasswordPolicy => {}
            }
        }
        if let Action::Attach { policy, .. } = action {
            before.extend(self.created_documents.get(&policy.name()).filter(|_| !policy.is_aws_managed()));
        }
        before
    }

    /// Whoever enters a group finds its guards there, and for a column has the baseline already.
    fn before_entering(&self, group: &Name, user: &Name) -> BTreeSet<usize> {
        let mut before: BTreeSet<usize> = self.guards.get(group).into_iter().flatten().copied().collect();
        if !self.is_baseline(group) {
            before.extend(self.baseline_guards());
            before.extend(self.baseline_entries(user));
        }
        before
    }

    fn is_baseline(&self, group: &Name) -> bool {
        self.desired.groups.get(group).is_some_and(|group| group.role == Role::Baseline)
    }

    fn baseline_guards(&self) -> impl Iterator<Item = usize> {
        self.guards.iter().filter(|(group, _)| self.is_baseline(group)).flat_map(|(_, guards)| guards.iter().copied())
    }

    /// The changes by which the user enters the baseline.
    fn baseline_entries(&self, user: &Name) -> impl Iterator<Item = usize> {
        let enters = self.enters.get(user).into_iter().flatten();
        enters.filter(|(group, _)| self.is_baseline(group)).map(|(_, at)| *at)
    }

    /// No guard, no allow: the group's own guards, and for a column the baseline's, for everybody who is in it already
    /// and stays.
    fn before_granting(&self, group: &Name) -> BTreeSet<usize> {
        let mut before: BTreeSet<usize> = self.guards.get(group).into_iter().flatten().copied().collect();
        if !self.is_baseline(group) {
            before.extend(self.baseline_guards());
            before.extend(self.unguarded_strangers(group));
            let members = self.live.groups.get(group).into_iter().flat_map(|live| &live.members);
            before.extend(members.flat_map(|user| self.baseline_entries(user)));
        }
        before
    }

    /// The baseline is left last, so that it guards whatever the user still has.
    fn before_leaving(&self, group: &Name, user: &Name) -> BTreeSet<usize> {
        if !self.is_baseline(group) {
            return BTreeSet::new();
        }
        let leaves = self.leaves.get(user).into_iter().flatten();
        leaves.filter(|(other, _)| !self.is_baseline(other)).map(|(_, at)| *at).collect()
    }

    /// Strangers without the baseline who leave the group: they get nothing new on their way out.
    fn unguarded_strangers(&self, group: &Name) -> impl Iterator<Item = usize> {
        let baseline: Vec<&Name> = self.desired.groups.keys().filter(|name| self.is_baseline(name)).collect();
        let guarded = move |user: &Name| {
            let groups = self.live.users.get(user).map(|user| &user.groups);
            groups.is_some_and(|groups| baseline.iter().all(|name| groups.contains(*name)))
        };
        self.removes.get(group).into_iter().flatten().filter(move |(user, _)| !guarded(user)).map(|(_, at)| *at)
    }

    /// An allow that moves is on its new part, and everybody is in that, before it comes off the old one.
    fn new_home(&self, group: &Name, policy: &Arn) -> BTreeSet<usize> {
        let of = self.desired.groups.get(group).map(|group| &group.of);
        let home = self.desired.groups.iter().find(|(_, other)| Some(&other.of) == of && other.allows.contains(policy));
        let Some((home, _)) = home else { return BTreeSet::new() };
        let attached = self.allows.get(home).into_iter().flatten().filter(|(arn, _)| arn == policy).map(|(_, at)| *at);
        let entered = self.adds.get(home).into_iter().flatten().map(|(_, at)| *at);
        attached.chain(entered).collect()
    }

    /// A guard comes off when its successors are on, the baseline's among them, and everything it guards is off.
    fn before_unguarding(&self, group: &Name) -> BTreeSet<usize> {
        let mut before = self.before_granting(group);
        before.extend(self.takes_off_allow.get(group).into_iter().flatten());
        before.extend(self.removes.get(group).into_iter().flatten().map(|(_, at)| *at));
        before
    }
}
