//! Guards that come off or are rewritten, one for each group that loses them or gets the new text.
//!
//! What counts is what the account has: a text that denies nothing any more was a guard all the same. A new text that is
//! shown to only restrict takes nothing off. Must not: know any limit.

use std::collections::BTreeSet;

use super::{Made, Stake, World};
use crate::live::LiveGroup;
use crate::name::Arn;
use crate::plan::{Action, Phase};
use crate::policy::{Document, LiveDocument};

/// What comes off, and what is rewritten.
pub(super) fn stakes(made: Made<'_>, before: World<'_>) -> [Stake; 2] {
    // What cannot be read may deny something.
    let is_guard = |arn: &Arn| before.document(arn).is_none_or(Document::is_guard);
    let of_group = |group: &LiveGroup| {
        let inline = group.inline.values().filter(|document| document.may_deny()).count();
        group.attached.iter().filter(|arn| is_guard(arn)).count() + inline
    };
    let live = before.groups(&made.plan.path).map(of_group).sum();
    let renamed = made.renamed();
    let (mut off, mut rewritten) = (BTreeSet::new(), BTreeSet::new());
    for change in made.changes().filter(|change| !change.moved) {
        match &change.action {
            Action::Detach { policy, .. } if is_guard(policy) => drop(off.insert(change.action.to_string())),
            Action::DeleteInline { group, name } => {
                let group = before.live.groups.get(renamed.get(group).copied().unwrap_or(group));
                let inline = group.and_then(|group| group.inline.get(name));
                if inline.is_none_or(LiveDocument::may_deny) {
                    off.insert(change.action.to_string());
                }
            }
            Action::UpdateDocument { policy, .. } if change.phase != Phase::Restrict && is_guard(policy) => {
                rewritten.extend(made.rewritings(&change.action, policy, before));
            }
            _ => {}
        }
    }
    [off, rewritten].map(|changes| Stake { changes, live })
}
