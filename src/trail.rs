//! The audit trail: one line in the log, with the target `audit`, for everything that was done to the account or decided
//! about what is done. `docs/audit-trail.md` describes the lines.
//!
//! Must not: decide anything, or make a change.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use crate::apply::Outcome;
use crate::clock;
use crate::files::Digest;
use crate::guard::{Approved, By, Release, Step};
use crate::matrix::{Checked, Operator};
use crate::plan::{Action, Change, Plan};
use crate::request::Request;
use crate::status::history::{ChangeOutcome, PastChange};

const ABSENT: &str = "absent";
const PRESENT: &str = "present";

/// The trail of one plan.
#[derive(Debug)]
pub struct Trail {
    plan: String,
    revision: Option<String>,
    made: Mutex<Vec<PastChange>>,
}

impl Trail {
    /// The trail of this plan for that configuration, with nothing in it.
    #[must_use]
    pub fn of(plan: &Plan, checked: &Checked) -> Self {
        Trail { plan: plan.digest(), revision: checked.revision().map(str::to_owned), made: Mutex::default() }
    }

    /// Takes in what became of a step: `change`.
    pub fn tell(&self, step: Step<'_>, outcome: &Outcome) {
        let change = step.change();
        let (kind, reason) = (change.action.kind(), change.reason.as_str());
        let (plan, revision) = (self.plan.as_str(), self.revision.as_deref());
        let (action, (before, after)) = (change.action.to_string(), states(change));
        let (event, became) = ("change", outcome.as_str());
        match outcome {
            Outcome::Done(receipt) => {
                let (request_id, attempts) = (receipt.request_id.as_deref(), receipt.attempts);
                tracing::info!(target: "audit", event, kind, reason, outcome = became, before, after, request_id, attempts, plan, revision, "{action}");
            }
            Outcome::Failed(failure) => {
                let (class, request_id, attempts) = (failure.class, failure.request_id.as_deref(), failure.attempts);
                let why = &failure.message;
                tracing::error!(target: "audit", event, kind, reason, outcome = became, before, class, request_id, attempts, plan, revision, "{action}: {why}");
            }
            Outcome::Skipped { because } => {
                tracing::warn!(target: "audit", event, kind, reason, outcome = became, before, plan, revision, "{action}: skipped, {because}");
            }
            Outcome::Stopped => {
                tracing::warn!(target: "audit", event, kind, reason, outcome = became, before, plan, revision, "{action}: not begun, the operator is stopping");
            }
            Outcome::Withheld => {}
        }
        self.keep(change, outcome);
    }

    /// For the history: what was tried, not what had to wait.
    fn keep(&self, change: &Change, outcome: &Outcome) {
        let (outcome, error, request_id) = match outcome {
            Outcome::Done(receipt) => (ChangeOutcome::Done, None, receipt.request_id.clone()),
            Outcome::Failed(failure) => {
                (ChangeOutcome::Failed, Some(failure.message.clone()), failure.request_id.clone())
            }
            Outcome::Skipped { .. } | Outcome::Stopped | Outcome::Withheld => return,
        };
        let made = PastChange {
            at: clock::now(),
            action: change.action.to_string(),
            kind: change.action.kind(),
            reason: change.reason.clone(),
            outcome,
            error,
            times: 1,
            request_id,
            plan: self.plan.clone(),
            revision: self.revision.clone(),
        };
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(made);
    }

    /// What was tried, in the order in which it ended.
    #[must_use]
    pub fn made(self) -> Vec<PastChange> {
        self.made.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was there before a change and what is there after it: for a text its digest, otherwise whether it is there.
fn states(change: &Change) -> (String, String) {
    let was = || change.before.clone().unwrap_or_else(|| PRESENT.to_owned());
    match &change.action {
        Action::CreateDocument { text, .. } => (ABSENT.to_owned(), digest(text)),
        Action::UpdateDocument { text, .. } => (was(), digest(text)),
        Action::RenameGroup { from, group } => (from.to_string(), group.to_string()),
        Action::SetPasswordPolicy { policy } => {
            let before = change.before.clone().unwrap_or_else(|| ABSENT.to_owned());
            (before, serde_json::to_string(policy).unwrap_or_default())
        }
        Action::CreateGroup { .. } | Action::CreateUser { .. } | Action::Attach { .. } | Action::AddMember { .. } => {
            (ABSENT.to_owned(), PRESENT.to_owned())
        }
        Action::DeleteVersion { .. }
        | Action::DeleteDocument { .. }
        | Action::DeleteGroup { .. }
        | Action::Detach { .. }
        | Action::DeleteInline { .. }
        | Action::RemoveMember { .. } => (was(), ABSENT.to_owned()),
    }
}

/// A text in the trail: the digest of its bytes, as `sha256sum` gives it for the file.
fn digest(text: &str) -> String {
    format!("sha256:{}", Digest::of(text))
}

/// Somebody asked for something over HTTP, with the token: `asked`.
pub fn asked(request: &Request, from: SocketAddr) {
    let event = "asked";
    match request {
        Request::Reconcile => {
            tracing::info!(target: "audit", event, asked = "reconcile", %from, "asked over HTTP to reconcile now");
        }
        Request::Approve(release) => {
            tracing::warn!(target: "audit", event, asked = "approve", release, %from, "asked over HTTP to release the held plan");
        }
    }
}

/// A held plan was released and is carried out: `released`.
pub fn released(approved: &Approved, checked: &Checked) {
    let Some(Release { digest: release, by }) = approved.release() else { return };
    let (event, plan, revision) = ("released", approved.plan().digest(), checked.revision());
    let by = match by {
        By::Git => "git",
        // The trail is the daemon's, which takes orders over HTTP alone.
        By::Order => "http",
        By::Earlier => "earlier",
    };
    tracing::warn!(target: "audit", event, release, by, plan, revision, "released: a plan that was held is carried out");
}

/// A configuration was taken into use: `config`; and what it changes of the operator's freedom: `mode`, `suspend`.
pub fn configured(before: Option<&Checked>, checked: &Checked, config: &str) {
    let (operator, revision) = (checked.operator(), checked.revision());
    let (event, mode) = ("config", operator.mode.value.as_str());
    tracing::info!(target: "audit", event, config, revision, mode, "configuration in use");
    let before = before.map(Checked::operator);
    settings(before, operator, revision);
}

/// Newer settings narrow the configuration in force: `mode`, `suspend`.
pub fn narrowed(before: &Checked, narrowed: &Checked) {
    settings(Some(before.operator()), narrowed.operator(), narrowed.revision());
}

fn settings(before: Option<&Operator>, now: &Operator, revision: Option<&str>) {
    let Some(before) = before else { return };
    let (from, to) = (before.mode.value.as_str(), now.mode.value.as_str());
    if from != to {
        let event = "mode";
        tracing::warn!(target: "audit", event, before = from, after = to, revision, "the mode is {to} now, it was {from}");
    }
    let event = "suspend";
    match (before.suspend, now.suspend) {
        (false, true) => {
            tracing::warn!(target: "audit", event, before = "running", after = "suspended", revision, "suspended: plans are made and shown, and nothing is changed");
        }
        (true, false) => {
            tracing::warn!(target: "audit", event, before = "suspended", after = "running", revision, "no longer suspended");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::Failure;
    use crate::guard::Review;
    use crate::matrix::Threshold;
    use crate::testing::{ByHand as _, aws, checked, empty_account, plan, review};

    #[test]
    fn every_change_says_what_was_there_and_what_is_there_then() {
        const MATRIX: &str = "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] }, bob: { groups: [] } }\n\
             policies: { Mine: [Dev] }\ndocuments: policies\n";
        const TEXT: &str = crate::testing::ALLOW;
        let mut live = empty_account();
        live.user("ann").user("bob").group("/foundation/", "Dev", &[], &["bob"]);
        let plan = plan(&checked(MATRIX, &[("Mine", TEXT)], ""), &live);
        let told: Vec<String> = plan
            .changes
            .iter()
            .map(|change| {
                let (before, after) = states(change);
                format!("{}: {before} -> {after}", change.action)
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        create document Mine: absent -> sha256:8a9ed848f261c4a4deecf9e7ad55438216a42545a0f9bbd86753f5b4fa23b61c
        attach Mine to Dev: absent -> present
        add ann to Dev: absent -> present
        remove bob from Dev: present -> absent
        ");
    }

    #[test]
    fn a_text_that_is_replaced_is_named_by_its_version_and_digest_before_and_its_digest_after() {
        const MATRIX: &str = "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] } }\n\
             policies: { Mine: [Dev] }\ndocuments: policies\npasswordPolicy: { minimumLength: 14 }\n";
        let mut live = empty_account();
        live.user("ann").group("/foundation/", "Dev", &[], &["ann"]);
        live.document("/foundation/", "Mine", crate::testing::GUARD, 3);
        let plan = plan(&checked(MATRIX, &[("Mine", crate::testing::ALLOW)], ""), &live);
        let of = |kind: &str| states(plan.changes.iter().find(|change| change.action.kind() == kind).unwrap());
        let (before, after) = of("updateDocument");
        assert_eq!(before, format!("v3 {}", digest(crate::testing::GUARD)));
        assert_eq!(after, digest(crate::testing::ALLOW));
        let (before, after) = of("setPasswordPolicy");
        assert!(before == ABSENT && after.contains("\"minimumLength\":14"), "{before} {after}");
    }

    const STRANGER: &str = "version: 1\ngroups: { Dev: {} }\nusers: { ann: { groups: [Dev] }, bob: { groups: [] } }\n\
         policies: { ReadOnlyAccess: [Dev] }\n";

    /// The plan that removes bob, under settings with these lines and a limit that holds it.
    fn reviewed(lines: &str) -> (Checked, Review) {
        let checked = checked(STRANGER, &[], lines);
        let mut live = empty_account();
        live.user("ann").user("bob").group("/foundation/", "Dev", &[&aws("ReadOnlyAccess")], &["ann", "bob"]);
        let mut operator = checked.operator().clone();
        operator.limits.removals = Threshold { count: 0, percent: 0 };
        let review = review(plan(&checked, &live), &live, &operator);
        (checked, review)
    }

    fn released_in_git() -> (Checked, Approved, String) {
        let digest = reviewed("").1.held().release.unwrap();
        let lines = format!("approve: {{ digest: \"{digest}\", until: 2026-12-31 }}");
        let (checked, Review::Approved(approved)) = reviewed(&lines) else { panic!("it is released") };
        (checked, approved, digest)
    }

    /// The line of the log that this writes.
    fn line(tell: impl FnOnce()) -> serde_json::Value {
        let (reader, writer) = std::io::pipe().unwrap();
        let log = tracing_subscriber::fmt().json().flatten_event(true).with_writer(Mutex::new(writer)).finish();
        tracing::subscriber::with_default(log, tell);
        serde_json::from_reader(reader).unwrap()
    }

    #[test]
    fn a_change_that_failed_tells_its_request_and_its_attempts_beside_words_that_stay_the_same() {
        let (checked, approved, _) = released_in_git();
        let trail = Trail::of(approved.plan(), &checked);
        let message = "RemoveUserFromGroup: ServiceFailure: no".to_owned();
        let request_id = Some("r1".to_owned());
        let failed =
            Outcome::Failed(Failure { class: "unavailable", message: message.clone(), request_id, attempts: 4 });
        let line = line(|| trail.tell(approved.stages()[0][0], &failed));
        let told = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            (told("request_id"), told("class"), &line["attempts"]),
            ("r1".into(), "unavailable".into(), &4.into())
        );
        assert_eq!(told("message"), format!("remove bob from Dev: {message}"));
        let past = trail.made().remove(0);
        assert_eq!((past.error, past.request_id.as_deref()), (Some(message), Some("r1")));
    }

    #[test]
    fn a_release_is_told_with_its_digest_its_plan_and_by_whom() {
        let (checked, approved, digest) = released_in_git();
        let line = line(|| released(&approved, &checked));
        assert_eq!((&line["event"], &line["by"]), (&"released".into(), &"git".into()));
        assert_eq!(
            (line["release"].as_str(), line["plan"].as_str()),
            (Some(&*digest), Some(&*approved.plan().digest()))
        );
    }

    #[test]
    fn a_digest_is_that_of_sha256sum() {
        assert_eq!(digest(""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
