//! What a plan comes to under the ceiling: policies with a power that groups get, and what they get beyond it.
//!
//! Must not: know what a power is; `ceiling` does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Made, Rules, Stake, World};
use crate::catalog::documents;
use crate::ceiling::{Carried, Excess, Judge};
use crate::matrix::part_number;
use crate::name::{Arn, Name};
use crate::plan::Action;
use crate::policy::Document;

pub(super) fn stakes(made: Made<'_>, worlds: [World<'_>; 2], rules: Rules<'_>) -> (Stake, BTreeSet<Excess>) {
    let named = Named::new(worlds);
    let judge = Judge::new(&rules.operator.ceiling, |name| named.document(name));
    let [was, is] = worlds.map(|world| excesses(&judge, world, rules));
    (given(made, &judge, worlds), is.difference(&was).cloned().collect())
}

/// Policies with a power that groups get: attached, or by a new text on each group that carries it.
fn given(made: Made<'_>, judge: &Judge, [before, after]: [World<'_>; 2]) -> Stake {
    let [had, has] = [before, after].map(|world| powerful(judge, world));
    let attached = before.groups(&made.plan.path).flat_map(|group| &group.attached);
    let live = attached.filter(|arn| had.contains(arn)).count();
    let mut changes = BTreeSet::new();
    for change in made.changes() {
        match &change.action {
            Action::Attach { policy, .. } if !change.moved && has.contains(policy) => {
                changes.insert(change.action.to_string());
            }
            Action::UpdateDocument { policy, .. } if has.contains(policy) && !had.contains(policy) => {
                changes.extend(made.rewritings(&change.action, policy, before));
            }
            _ => {}
        }
    }
    Stake { changes, live }
}

/// The policies on groups that give a power.
fn powerful<'a>(judge: &Judge, world: World<'a>) -> BTreeSet<&'a Arn> {
    let attached: BTreeSet<&Arn> = world.live.groups.values().flat_map(|group| &group.attached).collect();
    let gives = |arn: &&Arn| judge.power_of(&arn.name(), world.document(arn)).is_some();
    attached.into_iter().filter(gives).collect()
}

/// What policies say, by name: AWS's come first, because no name of AWS means another policy.
struct Named<'a> {
    worlds: [World<'a>; 2],
    aws: BTreeMap<Name, &'a Document>,
}

impl<'a> Named<'a> {
    fn new(worlds: [World<'a>; 2]) -> Self {
        let of = |world: World<'a>| {
            let attached = world.live.attached().filter(|arn| arn.is_aws_managed());
            attached.filter_map(move |arn| Some((arn.name(), world.document(arn)?)))
        };
        Named { worlds, aws: worlds.into_iter().flat_map(of).collect() }
    }

    fn document(&self, name: &Name) -> Option<Cow<'a, Document>> {
        let shipped = || Document::parse(&documents::shipped(name)?.text).ok();
        let ours = || self.worlds.iter().rev().find_map(|world| world.live.policies.get(name)?.document.known());
        let of_aws = self.aws.get(name).copied().map(Cow::Borrowed).or_else(|| shipped().map(Cow::Owned));
        of_aws.or_else(|| ours().map(Cow::Borrowed))
    }
}

/// What groups get beyond the ceiling: each with all its parts, and with what the baseline gives to who is in it.
fn excesses(judge: &Judge, world: World<'_>, rules: Rules<'_>) -> BTreeSet<Excess> {
    let attached = world
        .groups(&rules.operator.path)
        .flat_map(|group| group.attached.iter().map(move |arn| (&group.name, arn.name(), world.document(arn))));
    let attached: Vec<(&Name, Name, Option<&Document>)> = attached.collect();
    let mut columns: BTreeMap<Name, Vec<Carried<'_>>> = BTreeMap::new();
    for (group, policy, document) in &attached {
        columns.entry(whole(group)).or_default().push(Carried { group, policy, document: *document });
    }
    let baseline = columns.get(rules.baseline).map(Vec::as_slice).unwrap_or_default();
    let of_column = |(name, column): (&Name, &Vec<Carried<'_>>)| {
        let beside = if name == rules.baseline { &[] } else { baseline };
        let mut found = judge.excesses(column, beside);
        found.extend(judge.unread(column));
        found
    };
    columns.iter().flat_map(of_column).collect()
}

/// The group that an IAM group is a part of, by its name.
fn whole(group: &Name) -> Name {
    let stem = group.as_str().rsplit_once('-').map(|(stem, _)| Name::new(stem));
    stem.filter(|stem| part_number(stem, group).is_some()).unwrap_or_else(|| group.clone())
}
