//! Whether a plan may be applied. The only maker of [`Approved`], and so the only way to the writer.
//!
//! Owns: the thresholds, releases, and what a hold says. Must not: plan, or apply.
//!
//! Nothing else can make an approved plan:
//! ```compile_fail,E0451
//! # fn forged(plan: iamatrix::plan::Plan, acting: iamatrix::matrix::Acting) -> iamatrix::guard::Approved {
//! iamatrix::guard::Approved { plan, acting, withheld: Default::default() }
//! # }
//! ```
//! And observe mode has no writer, because a writer takes an acting mode, which observe is not:
//! ```compile_fail,E0308
//! # fn observed(session: &iamatrix::iam::Session) -> iamatrix::iam::Writer {
//! session.writer(iamatrix::matrix::Mode::Observe)
//! # }
//! ```

mod holds;

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use holds::{Hold, HoldReason};

use crate::files::Digest;
use crate::matrix::{Acting, Checked, Operator};
use crate::plan::{Change, Plan};
use crate::stakes::Stakes;
use crate::withheld::Withheld;

/// What became of a plan.
#[derive(Debug, Clone)]
pub enum Review {
    /// Observe mode, or suspended: the plan is shown, and nothing can be done with it. What another mode would meet.
    Observed(Held),
    /// It may be applied.
    Approved(Approved),
    /// It is held, as a whole.
    Held(Held),
}

impl Review {
    /// Why the plan is held, or would be; empty where it is not.
    #[must_use]
    pub fn held(&self) -> Held {
        match self {
            Review::Observed(held) | Review::Held(held) => held.clone(),
            Review::Approved(_) => Held::default(),
        }
    }
}

/// Why a plan is held, and what releases it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Every reason.
    pub holds: Vec<Hold>,
    /// The digest over the matrix and the guarded changes: whoever gives it back has seen them. None where a reason is
    /// one that nobody can release, or there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
}

/// What is known around a plan when it is reviewed.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The platform team's settings.
    pub operator: &'a Operator,
    /// What the plan puts at stake, without what is withheld.
    pub stakes: &'a Stakes,
    /// What is left undone, and why.
    pub withheld: &'a Withheld,
    /// SHA-256 of the matrix and its documents.
    pub matrix: &'a str,
    /// The same of the matrix that was approved last, as long as the program runs: what somebody rewrote of that one is
    /// only put back.
    pub approved: Option<&'a str>,
    /// Whether anything was removed since the mode was raised.
    pub trust: Trust,
    /// What was released elsewhere than in operator.yaml.
    pub releases: &'a Releases,
    /// The day, in UTC.
    pub today: Date,
}

/// Whether the first plan with removals in this mode was seen by a person. The greater is the more careful.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// It was, or the mode was not raised while the operator ran.
    #[default]
    Earned,
    /// The mode was raised, and no removal was released since.
    Raised,
}

/// Plans that a person released: on the command line, or over HTTP; and the one that is being carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Releases {
    digests: BTreeSet<String>,
    granted: Option<Grant>,
}

/// What was let through.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    /// SHA-256 of the matrix.
    matrix: String,
    /// The guarded changes that may be made for it.
    changes: BTreeSet<String>,
    /// The digest in operator.yaml that let them through; none where it was released elsewhere.
    in_git: Option<String>,
}

impl Grant {
    fn covers(&self, case: &Circumstances<'_>) -> bool {
        self.matrix == case.matrix
            && self.is_agreed_to(case.operator, case.today)
            && case.stakes.guarded().into_iter().all(|change| self.changes.contains(change))
    }

    /// What was agreed to in git is agreed to as long as it stands there.
    fn is_agreed_to(&self, operator: &Operator, today: Date) -> bool {
        self.in_git.as_ref().is_none_or(|digest| is_in_git(digest, operator, today))
    }
}

impl Releases {
    /// Releases the plan of that digest.
    pub fn release(&mut self, digest: &str) {
        self.digests.insert(digest.to_ascii_lowercase());
    }

    /// Remembers what a released plan is about to do, so that what is left of it after a failed call, or a stop, is
    /// not held anew.
    pub fn grant(&mut self, checked: &Checked, stakes: &Stakes, by: By) {
        let changes = stakes.guarded().into_iter().map(str::to_owned).collect();
        let approval = checked.operator().approve.as_ref().filter(|_| by == By::Git);
        let in_git = approval.map(|approval| approval.digest.value.clone());
        self.granted = Some(Grant { matrix: checked.matrix_digest().to_owned(), changes, in_git });
        self.digests.clear();
    }

    /// Forgets what was done, and what is no longer agreed to: the same changes, weeks later, are for a person to see
    /// again. `stakes` are those of the plan for `checked` now.
    pub fn forget_what_is_over(&mut self, checked: &Checked, stakes: &Stakes, today: Date) {
        let left = stakes.guarded();
        if left.is_empty() {
            self.digests.clear();
        }
        self.granted.take_if(|grant| {
            let is_left = left.iter().any(|change| grant.changes.contains(*change));
            !is_left || grant.matrix != checked.matrix_digest() || !grant.is_agreed_to(checked.operator(), today)
        });
    }

    fn of(&self, digest: &str, case: &Circumstances<'_>) -> Option<By> {
        if self.granted.as_ref().is_some_and(|grant| grant.covers(case)) {
            return Some(By::Earlier);
        }
        if is_in_git(digest, case.operator, case.today) {
            return Some(By::Git);
        }
        self.digests.contains(digest).then_some(By::Order)
    }
}

fn is_in_git(digest: &str, operator: &Operator, today: Date) -> bool {
    operator.approve.as_ref().is_some_and(|approval| approval.digest.value == digest && !approval.is_over(today))
}

/// What released a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The digest that releases it.
    pub digest: String,
    /// How it was released.
    pub by: By,
}

/// How a plan was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By operator.yaml.
    Git,
    /// By an order to the running program: over HTTP, or on the command line.
    Order,
    /// It is what is left of one that was released before.
    Earlier,
}

/// A plan that may be applied, and how much of it. Only [`review`] makes one.
#[derive(Debug, Clone)]
pub struct Approved {
    /// On the heap, so that a review is small to pass on.
    plan: Box<Plan>,
    acting: Acting,
    /// What is not applied, itself or for want of a prerequisite.
    withheld: Withheld,
    /// How it was released, where it would have been held.
    release: Option<Release>,
}

/// One change that may be applied now. Only an [`Approved`] plan has any.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    position: usize,
    change: &'a Change,
}

impl<'a> Step<'a> {
    /// The change's position in the plan, from 0.
    #[must_use]
    pub fn position(self) -> usize {
        self.position
    }

    /// The change.
    #[must_use]
    pub fn change(self) -> &'a Change {
        self.change
    }
}

impl Approved {
    /// The whole plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How the account is changed.
    #[must_use]
    pub fn acting(&self) -> Acting {
        self.acting
    }

    /// The changes that are left undone, by position, and why.
    #[must_use]
    pub fn withheld(&self) -> &Withheld {
        &self.withheld
    }

    /// How a person released it, where it would have been held.
    #[must_use]
    pub fn release(&self) -> Option<&Release> {
        self.release.as_ref()
    }

    /// The steps, in runs of one phase: a run is finished before the next begins.
    #[must_use]
    pub fn stages(&self) -> Vec<Vec<Step<'_>>> {
        let mut stages: Vec<Vec<Step<'_>>> = Vec::new();
        for (position, change) in self.plan.changes.iter().enumerate().filter(|(at, _)| !self.withheld.contains(*at)) {
            let step = Step { position, change };
            match stages.last_mut().filter(|stage| stage.last().is_some_and(|last| last.change.phase == change.phase)) {
                Some(stage) => stage.push(step),
                None => stages.push(vec![step]),
            }
        }
        stages
    }
}

/// Decides over a plan. Pure: the same plan and circumstances give the same answer.
#[must_use]
pub fn review(plan: Plan, case: &Circumstances<'_>) -> Review {
    let holds = holds::of(&plan, case);
    let can_release = !holds.is_empty() && holds.iter().all(|hold| hold.reason.can_be_released());
    let release = can_release.then(|| digest(&plan, case));
    let Some(acting) = case.operator.acting() else { return Review::Observed(Held { holds, release }) };
    let released = release.as_deref().and_then(|digest| {
        let by = case.releases.of(digest, case)?;
        Some(Release { digest: digest.to_owned(), by })
    });
    if !holds.is_empty() && released.is_none() {
        return Review::Held(Held { holds, release });
    }
    let withheld = case.withheld.clone();
    Review::Approved(Approved { plan: Box::new(plan), acting, withheld, release: released })
}

/// The digest that releases a plan: over the account, the matrix and every guarded change. Drift of other kinds leaves
/// it as it is.
fn digest(plan: &Plan, case: &Circumstances<'_>) -> String {
    // Serialising texts and lists of them cannot fail.
    let bytes = serde_json::to_vec(&(&plan.account, &plan.path, case.matrix, case.stakes.guarded()));
    Digest(Sha256::digest(bytes.unwrap_or_default()).into()).to_string()
}

#[cfg(test)]
mod tests;
