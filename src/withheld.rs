//! What of a plan is left undone, whatever the guards say: what the mode does not do, what is held back, what is
//! contended, and whatever depends on that.
//!
//! Owns: [`Withheld`]. Must not: know a threshold, or decide about the plan as a whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::live::Live;
use crate::matrix::{Acting, Mode, Operator, part_number};
use crate::name::{Arn, Name};
use crate::plan::{Action, Plan};

/// Why a change is left undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The mode only adds.
    Mode,
    /// operator.yaml holds its group back.
    Group,
    /// Somebody keeps undoing it.
    Contended,
    /// A change that must be made before is left undone.
    Follows,
}

impl Why {
    /// The reason in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Mode => "this mode only adds",
            Why::Group => "operator.yaml holds its group back",
            Why::Contended => "somebody keeps undoing it",
            Why::Follows => "what must be done before is left undone",
        }
    }
}

/// The changes of a plan that are left undone, by position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withheld(BTreeMap<usize, Why>);

impl Withheld {
    /// What is left undone of a plan for `live`. In observe mode that is what enforce would leave: the guards tell what it
    /// would meet. `contended`: changes, in words, that somebody keeps undoing, and whose time has not come.
    #[must_use]
    pub fn of(plan: &Plan, live: &Live, operator: &Operator, contended: &BTreeSet<String>) -> Self {
        let mode = if operator.mode.value == Mode::Additive { Acting::Additive } else { Acting::Enforce };
        let mut withheld = BTreeMap::new();
        for (position, change) in plan.changes.iter().enumerate() {
            let why = if mode == Acting::Additive && !change.action.only_adds() {
                Why::Mode
            } else if is_held_back(&change.action, plan, live, operator) {
                Why::Group
            } else if contended.contains(&change.action.to_string()) {
                Why::Contended
            } else if change.after.iter().any(|before| withheld.contains_key(before)) {
                Why::Follows
            } else {
                continue;
            };
            withheld.insert(position, why);
        }
        Withheld(withheld)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether everything is done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the change at that position is left undone.
    #[must_use]
    pub fn contains(&self, position: usize) -> bool {
        self.0.contains_key(&position)
    }

    /// Why the change at that position is left undone, if it is.
    #[must_use]
    pub fn why(&self, position: usize) -> Option<Why> {
        self.0.get(&position).copied()
    }

    /// How many are left undone for each reason.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Why, usize> {
        self.0.values().fold(BTreeMap::new(), |mut counts, why| {
            *counts.entry(*why).or_default() += 1;
            counts
        })
    }
}

/// Whether an action is on an IAM group that operator.yaml holds back further than that, or on a document that nothing
/// else carries.
fn is_held_back(action: &Action, plan: &Plan, live: &Live, operator: &Operator) -> bool {
    let held = |group: &Name| holds_back(operator, group, action);
    match action {
        Action::UpdateDocument { policy, .. }
        | Action::DeleteVersion { policy, .. }
        | Action::DeleteDocument { policy } => is_carried_only_by(policy, held, plan, live),
        _ => groups_of(action).into_iter().any(held),
    }
}

/// Whether an IAM group is held back further than that.
fn holds_back(operator: &Operator, group: &Name, action: &Action) -> bool {
    operator.held_back.iter().any(|(held, mode)| {
        let allows = match mode.value {
            Mode::Observe => false,
            Mode::Additive => action.only_adds(),
            Mode::Enforce => true,
        };
        !allows && part_number(held, group).is_some()
    })
}

/// Whether groups under the path carry a policy, and all that do or that the plan attaches it to are held back.
fn is_carried_only_by(policy: &Arn, held: impl Fn(&Name) -> bool, plan: &Plan, live: &Live) -> bool {
    let renamed = |name: &Name| {
        plan.changes
            .iter()
            .any(|it| matches!(&it.action, Action::RenameGroup { from, group } if from == name && held(group)))
    };
    let ours = live.groups.values().filter(|group| group.path.starts_with(&plan.path));
    let mut carriers = ours.filter(|group| group.attached.contains(policy)).map(|group| &group.name).peekable();
    let is_attached = carriers.peek().is_some();
    let mut added = plan.changes.iter().filter_map(|change| match &change.action {
        Action::Attach { group, policy: added } if added == policy => Some(group),
        _ => None,
    });
    is_attached && carriers.all(|group| held(group) || renamed(group)) && added.all(held)
}

fn groups_of(action: &Action) -> Vec<&Name> {
    match action {
        Action::CreateGroup { group, .. }
        | Action::DeleteGroup { group }
        | Action::Attach { group, .. }
        | Action::Detach { group, .. }
        | Action::DeleteInline { group, .. }
        | Action::AddMember { group, .. }
        | Action::RemoveMember { group, .. } => vec![group],
        Action::RenameGroup { from, group } => vec![from, group],
        Action::CreateDocument { .. }
        | Action::UpdateDocument { .. }
        | Action::DeleteVersion { .. }
        | Action::DeleteDocument { .. }
        | Action::CreateUser { .. }
        | Action::SetPasswordPolicy { .. } => Vec::new(),
    }
}
