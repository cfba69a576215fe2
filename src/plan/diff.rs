//! Desired against live: what has to change, without any order.
//!
//! Must not: order the changes (`order` does).

use std::collections::BTreeMap;

use similar::TextDiff;

use super::order::{self, Draft};
use super::{Action, DriftClass, Phase, Plan, Totals};
use crate::desired::{Desired, DesiredDocument, DesiredGroup, Grants, Role};
use crate::files::Digest;
use crate::live::{Live, LiveGroup, LivePolicy, bypass};
use crate::name::{Arn, Name};

/// What turns `live` into `desired`, in a safe order. Pure: the same input gives the same plan.
///
/// Policies named by [`versions_needed`] should have their versions filled in; without them no version is pruned.
#[must_use]
pub fn diff(desired: &Desired, live: &Live) -> Plan {
    let renamed = live.with_renames(&desired.renames);
    let mut diff = Diff {
        desired,
        live: &renamed,
        drafts: Vec::new(),
        notes: desired.notes.clone(),
        protected: desired.protected.clone(),
    };
    diff.renames();
    diff.documents();
    for (name, group) in &desired.groups {
        diff.group(name, group);
    }
    diff.undeclared_groups();
    diff.users();
    diff.undeclared_documents();
    diff.password_policy();
    let ours = renamed.groups.values().filter(|group| desired.scope.owns_group(group));
    let mut totals = ours.fold(Totals::default(), |sum, group| Totals {
        memberships: sum.memberships + group.members.len(),
        attachments: sum.attachments + group.attached.len() + group.inline.len(),
        groups: sum.groups + 1,
        ..sum
    });
    totals.documents = renamed.policies.values().filter(|policy| desired.scope.owns_policy(policy)).count();
    let (mut notes, mut protected) = (diff.notes, diff.protected);
    notes.sort();
    protected.sort();
    let changes = order::order(diff.drafts, desired, &renamed);
    let one_way = changes.iter().enumerate().filter(|(_, change)| match &change.action {
        Action::Detach { policy, .. } => desired.one_way.contains(policy),
        _ => false,
    });
    let one_way = one_way.map(|(position, _)| position).collect();
    Plan {
        account: live.account.clone(),
        path: desired.scope.path.clone(),
        blocked: desired.blocked.clone(),
        one_way,
        changes,
        notes,
        bypasses: bypass::grants(&live.users),
        protected,
        live: totals,
    }
}

/// The policies whose versions have to be read before [`diff`] can plan for them: those with a new text, whose oldest
/// version may have to go, and those to be deleted.
#[must_use]
pub fn versions_needed(desired: &Desired, live: &Live) -> Vec<Arn> {
    let updated = desired.documents.iter().filter_map(|(name, wanted)| {
        live.policies.get(name).filter(|policy| differs(wanted, policy)).map(|policy| policy.arn.clone())
    });
    let deleted = live.policies.values().filter(|policy| is_undeclared(desired, policy) && desired.prune);
    updated.chain(deleted.map(|policy| policy.arn.clone())).collect()
}

fn differs(wanted: &DesiredDocument, policy: &LivePolicy) -> bool {
    !policy.document.means_the_same(&wanted.document, &wanted.text)
}

fn is_undeclared(desired: &Desired, policy: &LivePolicy) -> bool {
    desired.scope.owns_policy(policy) && !desired.documents.contains_key(&policy.name)
}

struct Diff<'a> {
    desired: &'a Desired,
    live: &'a Live,
    drafts: Vec<Draft>,
    notes: Vec<String>,
    protected: Vec<String>,
}

impl Diff<'_> {
    fn push(&mut self, phase: Phase, drift: DriftClass, reason: impl Into<String>, action: Action) {
        let (reason, details) = (reason.into(), Vec::new());
        self.drafts.push(Draft { action, phase, drift, reason, details, before: None, moved: false });
    }

    fn renames(&mut self) {
        for (from, group) in &self.desired.renames {
            let action = Action::RenameGroup { from: from.clone(), group: group.clone() };
            self.push(Phase::Groups, DriftClass::Different, "renamedFrom in the matrix", action);
        }
    }

    fn documents(&mut self) {
        let (desired, live) = (self.desired, self.live);
        for (name, wanted) in &desired.documents {
            match live.policies.get(name) {
                None => {
                    let text = wanted.text.to_string();
                    let action = Action::CreateDocument { name: name.clone(), path: desired.scope.path.clone(), text };
                    self.push(Phase::NewDocuments, DriftClass::Missing, "no such policy in the account", action);
                }
                Some(policy) if differs(wanted, policy) => self.update(wanted, policy),
                Some(_) => {}
            }
        }
    }

    fn update(&mut self, wanted: &DesiredDocument, policy: &LivePolicy) {
        let restricts = policy.document.restricted_by(&wanted.document);
        let phase = if restricts { Phase::Restrict } else { Phase::UpdateDocuments };
        let versions = policy.versions.as_deref().unwrap_or_default();
        if versions.len() >= self.live.quotas.versions_per_policy {
            let oldest = versions.iter().filter(|version| !version.is_default).min_by_key(|version| version.number());
            if let Some(oldest) = oldest {
                let action = Action::DeleteVersion { policy: policy.arn.clone(), version: oldest.id.clone() };
                let reason = format!("makes room: IAM keeps {} versions", self.live.quotas.versions_per_policy);
                self.push(phase, DriftClass::Different, reason, action);
            }
        }
        let reason =
            if restricts { "its text differs; the new one only takes access away" } else { "its text differs" };
        let action = Action::UpdateDocument { policy: policy.arn.clone(), text: wanted.text.to_string() };
        self.push(phase, DriftClass::Different, reason, action);
        if let Some(draft) = self.drafts.last_mut() {
            draft.details = text_difference(policy.document.text(), &wanted.text);
            draft.before = Some(as_it_is(policy));
        }
    }

    fn group(&mut self, name: &Name, wanted: &DesiredGroup) {
        let live = self.live.groups.get(name);
        if wanted.grants == Grants::Open {
            // AWS's spelling where the group exists: a difference of case is no change.
            let name = live.map_or(name, |live| &live.name);
            self.create_group(name, wanted, live);
            self.attach(name, wanted, live);
            self.add_members(name, wanted, live);
        }
        if let Some(live) = live {
            self.remove_extra_members(live, wanted);
            self.detach(live, wanted);
            self.remove_inline(live, wanted.grants, "the matrix knows no inline policies");
        }
    }

    fn create_group(&mut self, name: &Name, wanted: &DesiredGroup, live: Option<&LiveGroup>) {
        if live.is_some() {
            return;
        }
        let action = Action::CreateGroup { group: name.clone(), path: self.desired.scope.path.clone() };
        let reason = match wanted.role {
            Role::Baseline => "it carries the baseline".to_owned(),
            Role::Column if *name == wanted.of => "it is a column of the matrix".to_owned(),
            Role::Column => {
                format!(
                    "{} needs another part: IAM allows {} policies a group",
                    wanted.of, self.live.quotas.policies_per_group
                )
            }
        };
        self.push(Phase::Groups, DriftClass::Missing, reason, action);
    }

    fn attach(&mut self, name: &Name, wanted: &DesiredGroup, live: Option<&LiveGroup>) {
        let lacks = |arn: &&Arn| live.is_none_or(|live| !live.attached.contains(*arn));
        for policy in wanted.guards.iter().filter(lacks) {
            let action = Action::Attach { group: name.clone(), policy: policy.clone() };
            self.push(Phase::AttachGuards, DriftClass::Missing, format!("guard of {}", wanted.of), action);
        }
        for policy in wanted.allows.iter().filter(lacks) {
            let action = Action::Attach { group: name.clone(), policy: policy.clone() };
            self.push(Phase::AttachAllows, DriftClass::Missing, format!("row of the matrix for {}", wanted.of), action);
        }
    }

    fn add_members(&mut self, name: &Name, wanted: &DesiredGroup, live: Option<&LiveGroup>) {
        let phase = match wanted.role {
            Role::Baseline => Phase::Baseline,
            Role::Column => Phase::AddMembers,
        };
        for user in wanted.members.iter().filter(|user| live.is_none_or(|live| !live.members.contains(*user))) {
            let action = Action::AddMember { group: name.clone(), user: user.clone() };
            let reason = match wanted.role {
                Role::Baseline => "every user of the matrix has the baseline".to_owned(),
                Role::Column => format!("row of the matrix for {}", wanted.of),
            };
            self.push(phase, DriftClass::Missing, reason, action);
        }
    }

    fn remove_extra_members(&mut self, live: &LiveGroup, wanted: &DesiredGroup) {
        for user in live.members.iter().filter(|user| !wanted.members.contains(*user)) {
            let action = Action::RemoveMember { group: live.name.clone(), user: user.clone() };
            let reason = format!("no row of the matrix puts this user into {}", wanted.of);
            self.push(Phase::RemoveMembers, DriftClass::Extra, reason, action);
        }
    }

    fn detach(&mut self, live: &LiveGroup, wanted: &DesiredGroup) {
        let kept =
            |arn: &Arn| wanted.guards.contains(arn) || wanted.allows.contains(arn) || wanted.spared.contains(arn);
        for policy in live.attached.iter().filter(|arn| !kept(arn)) {
            if self.desired.scope.protects_policy(&policy.name()) {
                let (policy, group) = (policy.name(), &live.name);
                self.protected.push(format!("policy {policy} is attached to {group}, and no row says so"));
                continue;
            }
            let home =
                self.desired.groups.iter().find(|(_, group)| group.of == wanted.of && group.allows.contains(policy));
            if wanted.grants == Grants::Closed && (self.desired.guards.contains(policy) || home.is_some()) {
                continue;
            }
            let reason = home.map_or_else(
                || format!("no row of the matrix gives it to {}", wanted.of),
                |(home, _)| format!("its place is on {home}"),
            );
            self.push_detach(&live.name, policy, reason);
            if let (Some(draft), Some(_)) = (self.drafts.last_mut(), home) {
                draft.moved = true;
            }
        }
    }

    fn push_detach(&mut self, group: &Name, policy: &Arn, reason: String) {
        let guard = self.desired.guards.contains(policy);
        let phase = if guard { Phase::DetachGuards } else { Phase::DetachAllows };
        self.push(phase, DriftClass::Extra, reason, Action::Detach { group: group.clone(), policy: policy.clone() });
    }

    fn remove_inline(&mut self, live: &LiveGroup, grants: Grants, reason: &str) {
        for (name, document) in
            live.inline.iter().filter(|(_, document)| grants == Grants::Open || !document.may_deny())
        {
            let phase = if document.may_deny() { Phase::DetachGuards } else { Phase::DetachAllows };
            self.push(
                phase,
                DriftClass::Extra,
                reason,
                Action::DeleteInline { group: live.name.clone(), name: name.clone() },
            );
        }
    }

    /// Groups under the path that no column explains: their members leave; the empty group goes if pruning is on.
    fn undeclared_groups(&mut self) {
        let (desired, live) = (self.desired, self.live);
        let protected = live.groups.values().filter(|group| {
            desired.scope.holds(&group.path)
                && desired.scope.protects_group(&group.name)
                && !desired.frozen.contains(&group.name)
        });
        for group in protected {
            self.protected.push(format!("group {} lies under the path, and no column says so", group.name));
        }
        let undeclared = live.groups.values().filter(|group| {
            desired.scope.owns_group(group)
                && !desired.groups.contains_key(&group.name)
                && !desired.frozen.contains(&group.name)
                && !desired.is_part_of_closed(&group.name)
        });
        for group in undeclared {
            let (stay, leave): (Vec<&Name>, Vec<&Name>) =
                group.members.iter().partition(|user| desired.scope.protects_user(user));
            for user in &stay {
                let group = &group.name;
                self.protected.push(format!("user {user} is a member of {group}, which the matrix does not declare"));
            }
            for user in leave {
                let action = Action::RemoveMember { group: group.name.clone(), user: user.clone() };
                self.push(Phase::RemoveMembers, DriftClass::Extra, "the matrix declares no such group", action);
            }
            let spared = group.attached.iter().any(|policy| desired.scope.protects_policy(&policy.name()));
            if !desired.prune {
                self.notes
                    .push(format!("group {} is not declared; it stays, without members (prune is off)", group.name));
            } else if !stay.is_empty() || spared {
                self.notes.push(format!(
                    "group {} is not declared; it stays, because something protected is in it",
                    group.name
                ));
            } else {
                for policy in &group.attached {
                    self.push_detach(&group.name, policy, "its group is not declared".to_owned());
                }
                self.remove_inline(group, Grants::Open, "its group is not declared");
                let action = Action::DeleteGroup { group: group.name.clone() };
                self.push(Phase::Delete, DriftClass::Extra, "the matrix declares no such group", action);
            }
        }
    }

    fn users(&mut self) {
        for user in &self.desired.new_users {
            let action = Action::CreateUser { user: user.clone(), path: self.desired.scope.path.clone() };
            self.push(Phase::Users, DriftClass::Missing, "no such user in the account", action);
        }
    }

    /// Documents under the path that the matrix does not own. One that anything else uses is never deleted.
    fn undeclared_documents(&mut self) {
        let (desired, live) = (self.desired, self.live);
        let protected = live.policies.values().filter(|policy| {
            let name = &policy.name;
            let declared = desired.documents.contains_key(name);
            desired.scope.holds(&policy.path) && desired.scope.protects_policy(name) && !declared
        });
        for policy in protected {
            self.protected
                .push(format!("document {} lies under the path, and the matrix has none of that name", policy.name));
        }
        for policy in live.policies.values().filter(|policy| is_undeclared(desired, policy)) {
            let detached = self
                .drafts
                .iter()
                .filter(|draft| matches!(&draft.action, Action::Detach { policy: arn, .. } if *arn == policy.arn));
            let detached = detached.count();
            let name = &policy.name;
            if policy.boundaries > 0 || policy.attachments > detached {
                self.notes.push(format!(
                    "document {name} is not declared; it stays, because it is in use: {}",
                    used_by(live, policy)
                ));
            } else if !desired.prune {
                self.notes.push(format!("document {name} is not declared; it stays (prune is off)"));
            } else {
                for version in policy.versions.iter().flatten().filter(|version| !version.is_default) {
                    let action = Action::DeleteVersion { policy: policy.arn.clone(), version: version.id.clone() };
                    self.push(Phase::Delete, DriftClass::Extra, "the matrix has no such document", action);
                }
                let action = Action::DeleteDocument { policy: policy.arn.clone() };
                self.push(Phase::Delete, DriftClass::Extra, "the matrix has no such document", action);
                if let Some(draft) = self.drafts.last_mut() {
                    draft.before = Some(as_it_is(policy));
                }
            }
        }
    }

    fn password_policy(&mut self) {
        let Some(wanted) = &self.desired.password_policy else { return };
        let live = self.live.password_policy.as_ref();
        if live == Some(wanted) {
            return;
        }
        let drift = if live.is_some() { DriftClass::Different } else { DriftClass::Missing };
        let reason = if live.is_some() { "fields differ" } else { "the account has none" };
        let action = Action::SetPasswordPolicy { policy: wanted.clone() };
        self.push(Phase::PasswordPolicy, drift, reason, action);
        if let Some(draft) = self.drafts.last_mut() {
            draft.details = wanted.differences(live);
            draft.before = live.and_then(|live| serde_json::to_string(live).ok());
        }
    }
}

/// A document as it is: the version in force, where the versions were read, and the digest of its text.
fn as_it_is(policy: &LivePolicy) -> String {
    let version = policy.versions.iter().flatten().find(|version| version.is_default);
    let digest = format!("sha256:{}", Digest::of(policy.document.text()));
    version.map_or_else(|| digest.clone(), |version| format!("{} {digest}", version.id))
}

/// Who uses a policy, as far as the sweep tells: users and groups by name, roles and boundaries only as such.
fn used_by(live: &Live, policy: &LivePolicy) -> String {
    let users = live
        .users
        .values()
        .filter(|user| user.attached.contains(&policy.arn))
        .map(|user| format!("user {}", user.name));
    let groups = live
        .groups
        .values()
        .filter(|group| group.attached.contains(&policy.arn))
        .map(|group| format!("group {}", group.name));
    let mut found: Vec<String> = groups.chain(users).collect();
    let roles = policy.attachments.saturating_sub(found.len());
    if roles > 0 {
        found.push(format!("{roles} role(s)"));
    }
    if policy.boundaries > 0 {
        found.push(format!("{} permissions boundaries", policy.boundaries));
    }
    found.join(", ")
}

/// The lines that differ, both texts laid out alike first so that only meaning shows.
fn text_difference(old: &str, new: &str) -> Vec<String> {
    let pretty = |text: &str| {
        let value: Result<BTreeMap<String, serde_json::Value>, _> = serde_json::from_str(text);
        value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.to_owned())
    };
    let (old, new) = (pretty(old), pretty(new));
    let diff = TextDiff::from_lines(&old, &new);
    diff.unified_diff().context_radius(1).to_string().lines().map(str::to_owned).collect()
}
