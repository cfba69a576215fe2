//! What a plan puts at stake: what it takes away, and how it widens access. Numbers and names for the guard to weigh.
//!
//! Owns: [`Stakes`]. Must not: know any limit, or decide.

mod guards;
mod powers;
mod world;

use std::collections::BTreeSet;

use crate::access::after::after;
use crate::access::{Access, administrators, own};
use crate::ceiling::Excess;
use crate::matrix::{Checked, Operator};
use crate::name::Name;
use crate::plan::{Action, Change};

pub use world::{Made, World};

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
    /// Users who may come to administer after it and cannot now, or less surely.
    pub administrators: Stake,
    /// Guards that it takes off groups.
    pub guards_off: Stake,
    /// Guards that it rewrites on groups.
    pub guards_rewritten: Stake,
    /// Policies with a power of the ceiling that it attaches to groups, or rewrites on them to have one.
    pub powers: Stake,
    /// The users who administer now, where nobody does after it.
    pub last_administrators: BTreeSet<Name>,
    /// What groups get beyond the ceiling.
    pub beyond_ceiling: BTreeSet<Excess>,
    /// What would be lost to the user whose credentials iamatrix runs with.
    pub lost_to_us: Option<String>,
}

/// What there is to go by beside the account.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The platform team's settings.
    pub operator: &'a Operator,
    /// The group that carries the baseline.
    pub baseline: &'a Name,
}

impl<'a> Rules<'a> {
    /// The rules of a configuration.
    #[must_use]
    pub fn of(checked: &'a Checked) -> Self {
        Rules { operator: checked.operator(), baseline: &checked.matrix().baseline_group.value }
    }
}

impl Stakes {
    /// What the plan itself tells: removals.
    #[must_use]
    pub fn of(made: Made<'_>) -> Self {
        let live = made.plan.live;
        let stake = |live: usize, test: fn(&Change) -> bool| {
            let changes = made.changes().filter(|change| test(change)).map(|change| change.action.to_string());
            Stake { changes: changes.collect(), live }
        };
        let takes_off = |change: &Change| {
            matches!(change.action, Action::Detach { .. } | Action::DeleteInline { .. }) && !change.moved
        };
        Stakes {
            memberships: stake(live.memberships, |it| matches!(it.action, Action::RemoveMember { .. })),
            attachments: stake(live.attachments, takes_off),
            documents: stake(live.documents, |it| matches!(it.action, Action::DeleteDocument { .. })),
            groups: stake(live.groups, |it| matches!(it.action, Action::DeleteGroup { .. })),
            ..Stakes::default()
        }
    }

    /// The same with what access before and after tells. `worlds`: the account now, and once the whole plan is made.
    #[must_use]
    pub fn weighed(made: Made<'_>, worlds: [World<'_>; 2], rules: Rules<'_>) -> Self {
        let stakes = Stakes::of(made);
        if made.plan.changes.is_empty() {
            return stakes;
        }
        if made.withheld.is_empty() {
            return stakes.with_access(made, worlds, rules);
        }
        let [now, World { aws, .. }] = worlds;
        let live = after(now.live, made.changes());
        let access = Access::of_live(&live, aws);
        stakes.with_access(made, [now, World { live: &live, access: &access, aws }], rules)
    }

    fn with_access(mut self, made: Made<'_>, worlds: [World<'_>; 2], rules: Rules<'_>) -> Self {
        let [before, after] = worlds;
        let (had, have) = (administrators::holders(before.access), administrators::holders(after.access));
        let new = administrators::newly(before.access, after.access);
        self.administrators = Stake {
            changes: new.iter().map(|user| format!("{user} may come to administer")).collect(),
            live: had.len(),
        };
        if have.is_empty() {
            self.last_administrators = had;
        }
        [self.guards_off, self.guards_rewritten] = guards::stakes(made, before);
        if !rules.operator.ceiling.is_empty() {
            (self.powers, self.beyond_ceiling) = powers::stakes(made, worlds, rules);
        }
        let us = before.live.own_user.as_ref();
        self.lost_to_us = us.and_then(|us| own::lost(before.access, after.access, us));
        self
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
        let kinds = [&self.administrators, &self.guards_off, &self.guards_rewritten, &self.powers];
        let widens = kinds.into_iter().flat_map(|stake| &stake.changes).map(String::as_str);
        let last = self.last_administrators.iter().map(Name::as_str);
        widens.chain(last).chain(self.removals()).collect()
    }
}
