//! What stakes are weighed by: a plan and how much of it is made, the account before and after.
//!
//! Must not: weigh anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::Access;
use crate::access::aws::AwsDocuments;
use crate::live::{Live, LiveGroup};
use crate::name::{Arn, Name};
use crate::plan::{Action, Change, Plan};
use crate::policy::Document;
use crate::withheld::Withheld;

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
    pub(super) fn document(&self, arn: &Arn) -> Option<&'a Document> {
        if arn.is_aws_managed() {
            return self.aws.get(arn)?.document.as_deref();
        }
        self.live.policy(arn)?.document.known()
    }

    pub(super) fn groups<'p>(&self, path: &'p str) -> impl Iterator<Item = &'a LiveGroup> + use<'a, 'p> {
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

    /// What a new text of a policy comes to, in words: a change on each group that carries it and keeps it, whatever its
    /// path; or one for all where only users and roles do.
    pub(super) fn rewritings(self, action: &Action, policy: &Arn, before: World<'_>) -> BTreeSet<String> {
        let carriers: Vec<&Name> =
            before.live.groups.values().filter(|it| it.attached.contains(policy)).map(|it| &it.name).collect();
        if carriers.is_empty() {
            let is_used = before.live.policy(policy).is_some_and(|policy| policy.attachments > 0);
            return is_used.then(|| action.to_string()).into_iter().collect();
        }
        let renamed = self.renamed();
        let detached: BTreeSet<&Name> = self
            .changes()
            .filter_map(|change| match &change.action {
                Action::Detach { group, policy: off } if off == policy => {
                    Some(renamed.get(group).copied().unwrap_or(group))
                }
                _ => None,
            })
            .collect();
        carriers.iter().filter(|group| !detached.contains(*group)).map(|group| format!("{action} on {group}")).collect()
    }

    /// Groups that get another name, by that name: the one that they have.
    pub(super) fn renamed(self) -> BTreeMap<&'a Name, &'a Name> {
        let renames = self.changes().filter_map(|change| match &change.action {
            Action::RenameGroup { from, group } => Some((group, from)),
            _ => None,
        });
        renames.collect()
    }
}
