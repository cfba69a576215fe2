//! One reconcile: read the account, compile, compare, review, apply. The daemon and the command line both go this way,
//! so that `plan` prints what the daemon would do.
//!
//! Owns: the sequence, the account check and the cached list of AWS managed policies.
//! Must not: loop, log or print.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::access::aws::{AwsDocuments, Revision};
use crate::access::effect::{Effect, effect};
use crate::access::universe::Universe;
use crate::access::{Access, after::after};
use crate::apply::{self, Outcome, Report};
use crate::audit::Evidence;
use crate::catalog::Catalog;
use crate::desired;
use crate::grid::Grid;
use crate::guard::{Approved, Circumstances, Releases, Step, Trust};
use crate::iam::{CallError, Class, Identity, Reader, Session};
use crate::live::Live;
use crate::matrix::{Checked, Mode, Operator};
use crate::name::Arn;
use crate::plan::{self, Plan};
use crate::stakes::{Made, Rules, Stakes, World};
use crate::withheld::Withheld;

/// How long a list of AWS managed policies is good for.
const CATALOG_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Why an account could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The credentials are of another account.
    #[error(
        "the credentials are of account {found}, and operator.yaml allows only {allowed} (check AWS_PROFILE, or correct `account`)"
    )]
    Account {
        /// Whose credentials they are.
        found: String,
        /// What operator.yaml says.
        allowed: String,
    },
}

impl Error {
    /// The kind of error; bounded, so fit for a metric's label.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Error::Call(error) => error.class.as_str(),
            Error::Account { .. } => "account",
        }
    }

    /// What went wrong and the way out: the same words each time that the same goes wrong.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Error::Call(error) => error.words(),
            Error::Account { .. } => self.to_string(),
        }
    }

    /// AWS's request id, if it gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Error::Call(error) => error.request_id.as_deref(),
            Error::Account { .. } => None,
        }
    }
}

/// An account compared with the matrix.
#[derive(Debug)]
pub struct Compared {
    /// What would be done.
    pub plan: Plan,
    /// The matrices laid over the account.
    pub grid: Arc<Grid>,
    /// What of it is left undone, and why.
    pub withheld: Withheld,
    /// What the rest puts at stake.
    pub stakes: Stakes,
    /// Everybody's access now.
    pub before: Access,
    /// Everybody's access once the plan is applied.
    pub after: Access,
    /// AWS managed policies whose content AWS changed since the last look.
    pub revised: Vec<(Revision, Effect)>,
    /// Why a document of AWS could not be read; it is judged by the one at hand until the list is read again.
    pub unread: Option<CallError>,
}

impl Compared {
    /// The plan in its circumstances, for the guard. Whoever looks in observe mode sees what raising the mode will meet.
    #[must_use]
    pub fn circumstances<'a>(&'a self, checked: &'a Checked, releases: &'a Releases, today: Date) -> Circumstances<'a> {
        let (stakes, withheld) = (&self.stakes, &self.withheld);
        let (operator, matrix) = (checked.operator(), checked.matrix_digest());
        let trust = if operator.mode.value == Mode::Observe { Trust::Raised } else { Trust::Earned };
        Circumstances { operator, stakes, withheld, matrix, approved: None, trust, releases, today }
    }

    /// What the plan grants and takes away.
    #[must_use]
    pub fn effect(&self) -> Effect {
        if self.plan.changes.is_empty() {
            return Effect::default();
        }
        effect(&self.before, &self.after, &Universe::load())
    }

    /// That a document of AWS could not be read and so is judged by an older one, and why, if it is so.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        let error = self.unread.as_ref()?;
        Some(format!("a document of AWS is judged as it was when this program was built: {error}"))
    }
}

/// Reads and changes one account.
#[derive(Debug)]
pub struct Reconciler {
    session: Session,
    reader: Reader,
    identity: Option<Identity>,
    catalog: Option<(Catalog, Timestamp)>,
    aws: AwsDocuments,
    /// Whether documents of AWS are worth asking for; not again with the same list after one was refused.
    ask_documents: bool,
}

impl Reconciler {
    /// Works through `session`.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Reconciler {
            reader: session.reader(),
            session,
            identity: None,
            catalog: None,
            aws: AwsDocuments::default(),
            ask_documents: true,
        }
    }

    /// The connection in use.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Who we are, and AWS's managed policies; read once, and the list again daily.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn prepare(&mut self, now: Timestamp) -> Result<&Catalog, CallError> {
        if self.identity.is_none() {
            self.identity = Some(self.reader.identity().await?);
        }
        let fresh = self.catalog.as_ref().is_some_and(|(_, read)| now.duration_since(*read) < CATALOG_AGE);
        if !fresh {
            match self.reader.catalog().await {
                Ok(catalog) => {
                    self.catalog = Some((catalog, now));
                    self.ask_documents = true;
                }
                // An older list still serves; it is read again in the next cycle.
                Err(_) if self.catalog.is_some() => {}
                Err(error) => return Err(error),
            }
        }
        self.catalog().ok_or_else(|| missing("ListPolicies", "no list was read"))
    }

    /// The list of AWS managed policies, if it has been read.
    #[must_use]
    pub fn catalog(&self) -> Option<&Catalog> {
        self.catalog.as_ref().map(|(catalog, _)| catalog)
    }

    /// When that list was read.
    #[must_use]
    pub fn catalog_read_at(&self) -> Option<Timestamp> {
        self.catalog.as_ref().map(|(_, read)| *read)
    }

    /// The account in use, once it is known.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Forgets who we are, so that changed credentials are noticed.
    pub fn forget_identity(&mut self) {
        self.identity = None;
    }

    /// Calls so far, every attempt.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.session.calls().total()
    }

    /// Everything that an audit of the account asks for. Only reads. `operator`: the settings, if there are any.
    ///
    /// # Errors
    /// When IAM cannot be asked at all, or the account is not the allowed one.
    pub async fn evidence(&mut self, operator: Option<&Operator>) -> Result<Evidence, Error> {
        let identity = self.reader.identity().await?;
        if let Some(operator) = operator {
            self.session.limit(operator.limits.calls_per_second);
            right_account(&identity, operator)?;
        }
        Ok(self.reader.evidence(&identity).await?)
    }

    /// Compares an account, as it was looked at, with the matrix, and everybody's access before with that after. Only
    /// reads. `contended`: changes, in words, that are left undone because somebody keeps undoing them.
    ///
    /// # Errors
    /// When anything cannot be read completely.
    pub async fn compare(
        &mut self,
        checked: &Checked,
        live: &Live,
        contended: &BTreeSet<String>,
    ) -> Result<Compared, Error> {
        let plan = self.plan(checked, live).await?;
        let withheld = Withheld::of(&plan, live, checked.operator(), contended);
        let end = after(live, plan.changes.iter());
        let mut revisions = Vec::new();
        let unread = self.read_documents(&[live, &end], &mut revisions).await.err();
        let (before, after) = (Access::of_live(live, &self.aws), Access::of_live(&end, &self.aws));
        let (made, aws) = (Made { plan: &plan, withheld: &withheld }, &self.aws);
        let worlds = [World { live, access: &before, aws }, World { live: &end, access: &after, aws }];
        let stakes = Stakes::weighed(made, worlds, Rules::of(checked));
        let revised = self.effects_of(revisions, live, &before);
        let grid = Arc::new(Grid::of(checked, live, (&plan, &withheld)));
        Ok(Compared { plan, grid, withheld, stakes, before, after, revised, unread })
    }

    /// Reads the documents of AWS managed policies that these states attach, where the account has another version
    /// than the one at hand.
    async fn read_documents(&mut self, states: &[&Live], revisions: &mut Vec<Revision>) -> Result<(), CallError> {
        let attached: BTreeSet<&Arn> = states.iter().flat_map(|live| live.attached()).collect();
        let Some((catalog, _)) = &self.catalog else { return Ok(()) };
        let policies =
            attached.into_iter().filter_map(|arn| catalog.find(&arn.name()).filter(|policy| policy.arn == *arn));
        for policy in self.aws.missing(policies) {
            let Some(version) = policy.version.clone().filter(|_| self.ask_documents) else { continue };
            match self.reader.document(&policy.arn, &version).await {
                Ok(document) => revisions.extend(self.aws.take(policy, version, document)),
                Err(error) => {
                    self.ask_documents = false;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// What each of AWS's changes came to for the people of this account.
    fn effects_of(&self, revisions: Vec<Revision>, live: &Live, now: &Access) -> Vec<(Revision, Effect)> {
        if revisions.is_empty() {
            return Vec::new();
        }
        let universe = Universe::load();
        let told = |revision: Revision| {
            let was = Access::of_live(live, &self.aws.before(&revision));
            let effect = effect(&was, now, &universe);
            (revision, effect)
        };
        revisions.into_iter().map(told).collect()
    }

    /// Looks at the account. Only reads.
    ///
    /// # Errors
    /// When anything cannot be read completely, or the account is not the allowed one.
    pub async fn look(&mut self, operator: &Operator, now: Timestamp) -> Result<Live, Error> {
        self.session.limit(operator.limits.calls_per_second);
        self.prepare(now).await?;
        let identity = self.identity.as_ref().ok_or_else(|| missing("GetCallerIdentity", "no identity"))?;
        right_account(identity, operator)?;
        Ok(self.reader.snapshot(identity).await?)
    }

    /// What makes the account, as it was looked at, equal to the matrix. Only reads.
    ///
    /// # Errors
    /// When anything cannot be read completely.
    pub async fn plan(&self, checked: &Checked, live: &Live) -> Result<Plan, Error> {
        let catalog = self.catalog().ok_or_else(|| missing("ListPolicies", "no list was read"))?;
        let desired = desired::compile(checked, catalog, live);
        let needed = plan::versions_needed(&desired, live);
        if needed.is_empty() {
            return Ok(plan::diff(&desired, live));
        }
        let mut live = live.clone();
        self.reader.fill_versions(&mut live, &needed).await?;
        Ok(plan::diff(&desired, &live))
    }

    /// Applies a plan that the guard approved.
    pub async fn apply(
        &self,
        approved: &Approved,
        stop: &watch::Receiver<bool>,
        on_done: impl Fn(Step<'_>, &Outcome) + Send + Sync,
    ) -> Report {
        let writer = self.session.writer(approved.acting());
        apply::apply(approved, &writer, stop, on_done).await
    }
}

fn missing(operation: &'static str, what: &str) -> CallError {
    CallError::ours(operation, Class::Incomplete, what)
}

fn right_account(identity: &Identity, operator: &Operator) -> Result<(), Error> {
    match &operator.account {
        Some(allowed) if *allowed != identity.account => {
            Err(Error::Account { found: identity.account.clone(), allowed: allowed.clone() })
        }
        _ => Ok(()),
    }
}
