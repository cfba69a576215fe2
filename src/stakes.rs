//! What a plan puts at stake: what it takes away, and how it widens access. Numbers and names for the guard to weigh.
//!
//! Owns: [`Stakes`]. Must not: know any limit, or decide.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::aws::AwsDocuments;
use crate::access::{Access, administration, own};
use crate::ceiling::{Carried, Excess, Judge};
use crate::live::{Live, LiveGroup};
use crate::matrix::Operator;
use crate::name::{Arn, Name};
use crate::plan::{Action, Change, Phase, Plan};
use crate::policy::Document;
use crate::withheld::Withheld;

/// Guarded changes of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stake {
    /// The changes, in words.
    pub changes: BTreeSet<String>,
    /// How much of the kind is live now.
    pub live: usize,
}

/// What a plan puts at stake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stakes {
    /// Memberships that it removes.
    pub memberships: Stake,
    /// Attached and inline policies that it takes off groups for good.
    pub attachments: Stake,
    /// Documents that it deletes.
    pub documents: Stake,
    /// IAM groups that it deletes.
    pub groups: Stake,
    /// Users who administer after it and do not now.
    pub administrators: Stake,
    /// Guards that it takes off or rewrites.
    pub guards: Stake,
    /// Policies with a power of the ceiling that it attaches, or rewrites to have one.
    pub powers: Stake,
    /// The users who administer now, where nobody does after it.
    pub last_administrators: BTreeSet<Name>,
    /// What groups get beyond the ceiling.
    pub beyond_ceiling: BTreeSet<Excess>,
    /// What would be denied to the user whose credentials iamatrix runs with.
    pub denied_to_us: Option<String>,
}

/// The account at one moment, with what everybody may do in it.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// The account.
    pub live: &'a Live,
    /// Everybody's access.
    pub access: &'a Access,
    /// What AWS managed policies say.
    pub aws: &'a AwsDocuments,
}

impl<'a> World<'a> {
    fn document(&self, arn: &Arn) -> Option<&'a Document> {
        if arn.is_aws_managed() {
            return self.aws.get(arn)?.document.as_deref();
        }
        self.live.policy(arn)?.document.known()
    }

    fn groups<'p>(&self, path: &'p str) -> impl Iterator<Item = &'a LiveGroup> + use<'a, 'p> {
        self.live.groups.values().filter(move |group| group.path.starts_with(path))
    }
}

/// A plan, and which of its changes are made.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What is left undone.
    pub withheld: &'a Withheld,
}

impl<'a> Made<'a> {
    /// The changes that are made.
    pub fn changes(self) -> impl Iterator<Item = &'a Change> {
        let done = self.plan.changes.iter().enumerate().filter(move |(at, _)| !self.withheld.contains(*at));
        done.map(|(_, change)| change)
    }

    fn stake(self, live: usize, test: impl Fn(&Change) -> bool) -> Stake {
        Stake { changes: self.changes().filter(|change| test(change)).map(|it| it.action.to_string()).collect(), live }
    }
}

impl Stakes {
    /// What the plan itself tells: removals.
    #[must_use]
    pub fn of(made: Made<'_>) -> Self {
        let live = made.plan.live;
        let takes_off = |change: &Change| {
            matches!(change.action, Action::Detach { .. } | Action::DeleteInline { .. }) && !change.moved
        };
        Stakes {
            memberships: made.stake(live.memberships, |it| matches!(it.action, Action::RemoveMember { .. })),
            attachments: made.stake(live.attachments, takes_off),
            documents: made.stake(live.documents, |it| matches!(it.action, Action::DeleteDocument { .. })),
            groups: made.stake(live.groups, |it| matches!(it.action, Action::DeleteGroup { .. })),
            ..Stakes::default()
        }
    }

    /// The same with what access before and after the plan tells.
    #[must_use]
    pub fn with_access(mut self, made: Made<'_>, worlds: [World<'_>; 2], operator: &Operator) -> Self {
        let [before, after] = worlds;
        let (had, have) = (administration::holders(before.access), administration::holders(after.access));
        self.administrators.live = had.len();
        self.administrators.changes = have.difference(&had).map(|user| format!("{user} administers")).collect();
        if have.is_empty() {
            self.last_administrators = had;
        }
        self.guards = guards(made, before);
        if !operator.ceiling.is_empty() {
            self.weigh_powers(made, worlds, operator);
        }
        let us = before.live.own_user.as_ref();
        self.denied_to_us = us.and_then(|us| own::denied(before.access, after.access, us));
        self
    }

    fn weigh_powers(&mut self, made: Made<'_>, [before, after]: [World<'_>; 2], operator: &Operator) {
        let named: BTreeMap<Name, &Document> = documents_of(before).chain(documents_of(after)).collect();
        let judge = Judge::new(&operator.ceiling, |name| named.get(name).copied());
        let has_power = |world: World<'_>, arn: &Arn| judge.power_of((&arn.name(), world.document(arn))).is_some();
        let attached = before.groups(&operator.path).flat_map(|group| &group.attached);
        self.powers =
            made.stake(attached.filter(|arn| has_power(before, arn)).count(), |change| match &change.action {
                Action::Attach { policy, .. } => !change.moved && has_power(after, policy),
                Action::UpdateDocument { policy, .. } => has_power(after, policy) && !has_power(before, policy),
                _ => false,
            });
        let (was, is) = (excesses(&judge, before, operator), excesses(&judge, after, operator));
        self.beyond_ceiling = is.difference(&was).cloned().collect();
    }

    /// Every removal.
    #[must_use]
    pub fn removals(&self) -> BTreeSet<&str> {
        let kinds = [&self.memberships, &self.attachments, &self.documents, &self.groups];
        kinds.into_iter().flat_map(|stake| &stake.changes).map(String::as_str).collect()
    }

    /// Every guarded change: removals, what widens access, and who administers no more where nobody else does.
    #[must_use]
    pub fn guarded(&self) -> BTreeSet<&str> {
        let kinds = [&self.administrators, &self.guards, &self.powers];
        let widens = kinds.into_iter().flat_map(|stake| &stake.changes).map(String::as_str);
        let last = self.last_administrators.iter().map(Name::as_str);
        widens.chain(last).chain(self.removals()).collect()
    }
}

/// Guards that come off or are rewritten. A rewriting that is shown to only restrict takes nothing off.
fn guards(made: Made<'_>, before: World<'_>) -> Stake {
    let is_guard = |arn: &&Arn| before.document(arn).is_some_and(Document::is_guard);
    let groups = before.groups(&made.plan.path);
    let live = groups.map(|group| group.attached.iter().filter(is_guard).count()).sum();
    made.stake(live, |change| match &change.action {
        Action::Detach { .. } | Action::DeleteInline { .. } => change.phase == Phase::DetachGuards && !change.moved,
        Action::UpdateDocument { policy, .. } => change.phase != Phase::Restrict && is_guard(&policy),
        _ => false,
    })
}

fn documents_of(world: World<'_>) -> impl Iterator<Item = (Name, &Document)> {
    world.live.attached().filter_map(move |arn| Some((arn.name(), world.document(arn)?)))
}

fn excesses(judge: &Judge, world: World<'_>, operator: &Operator) -> BTreeSet<Excess> {
    let of_group = |group: &LiveGroup| {
        let names: Vec<(Name, Option<&Document>)> =
            group.attached.iter().map(|arn| (arn.name(), world.document(arn))).collect();
        let carried: Vec<Carried<'_>> = names.iter().map(|(name, document)| (name, *document)).collect();
        judge.excesses(&group.name, &carried)
    };
    world.groups(&operator.path).flat_map(of_group).collect()
}
