//! The account as it is, and as it is seen while writes are still on their way.
//!
//! IAM is eventually consistent: for a time after a write, reads show the account as it was, and a write that refers to
//! what has not arrived is refused. Without propagation there is one state, and nothing here costs anything.

use std::{collections::VecDeque, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    actions::{Answer, Call, Effect, Handler},
    caller::Caller,
    clock,
    error::{Code, Error},
    ids::Ids,
    params::Params,
    state::State,
};

/// The account, with the writes that are not seen everywhere yet.
#[derive(Debug)]
pub struct Ledger {
    head: State,
    behind: Option<Behind>,
}

/// The account as it was, and the writes on their way to it.
#[derive(Debug)]
struct Behind {
    seen: State,
    writes: VecDeque<Write>,
}

/// A write that the account has taken.
#[derive(Debug)]
struct Write {
    handler: Handler,
    params: Params,
    caller: Caller,
    at: Timestamp,
    /// As they stood before it, so that it gives out the same again.
    ids: Ids,
}

/// What is to be done.
#[derive(Debug)]
pub struct Job<'a> {
    /// The code of the action.
    pub handler: Handler,
    /// Whether it writes.
    pub effect: Effect,
    /// Its parameters.
    pub params: &'a Params,
    /// Who asks.
    pub caller: &'a Caller,
    /// When.
    pub now: Timestamp,
}

impl Job<'_> {
    fn run(&self, state: &mut State) -> Answer {
        let now = clock::whole(self.now);
        (self.handler)(&mut Call { state, params: self.params, caller: self.caller, now })
    }
}

impl Ledger {
    /// An account without anything on its way.
    pub fn new(state: State) -> Self {
        Self { head: state, behind: None }
    }

    /// The account as it is.
    pub fn head(&self) -> &State {
        &self.head
    }

    /// The same, to note who called.
    pub fn head_mut(&mut self) -> &mut State {
        &mut self.head
    }

    /// Does a job; writes take as long as `propagation` says to be seen.
    pub fn act(&mut self, job: &Job<'_>, propagation: Option<Duration>) -> Answer {
        self.catch_up(propagation, job.now);
        match (job.effect, propagation) {
            (Effect::Reads, _) => job.run(self.behind.as_mut().map_or(&mut self.head, |behind| &mut behind.seen)),
            (Effect::Writes, None) => job.run(&mut self.head),
            (Effect::Writes, Some(_)) => self.write(job),
        }
    }

    /// Lets arrive what has been on its way long enough.
    fn catch_up(&mut self, propagation: Option<Duration>, now: Timestamp) {
        let Some(span) = propagation else {
            self.behind = None;
            return;
        };
        let Some(behind) = &mut self.behind else { return };
        let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        while let Some(write) = behind.writes.pop_front_if(|write| now.duration_since(write.at) >= span) {
            write.arrive(&mut behind.seen);
        }
        if behind.writes.is_empty() {
            self.behind = None;
        }
    }

    fn write(&mut self, job: &Job<'_>) -> Answer {
        self.check_against_seen(job)?;
        let before = self.behind.is_none().then(|| self.head.clone());
        let ids = self.head.ids.clone();
        let reply = job.run(&mut self.head)?;
        let write =
            Write { handler: job.handler, params: job.params.clone(), caller: job.caller.clone(), at: job.now, ids };
        match (&mut self.behind, before) {
            (Some(behind), _) => behind.writes.push_back(write),
            (behind @ None, Some(seen)) => *behind = Some(Behind { seen, writes: VecDeque::from([write]) }),
            (None, None) => {}
        }
        Ok(reply)
    }

    /// Refuses what real IAM refuses because it refers to something that has not arrived: `NoSuchEntity` for what was
    /// just made (Terraform's AWS provider, issues 2449 and 18458), `DeleteConflict` for what was just taken away (its
    /// pull request 49260), `EntityTemporarilyUnmodifiable` for a name that was just free again (API model).
    fn check_against_seen(&self, job: &Job<'_>) -> Result<(), Error> {
        let Some(behind) = &self.behind else { return Ok(()) };
        let Err(error) = job.run(&mut behind.seen.clone()) else { return Ok(()) };
        match error.code {
            Code::NoSuchEntity | Code::DeleteConflict => Err(error),
            Code::EntityAlreadyExists => {
                job.run(&mut self.head.clone())?;
                Err(Error::deleted_and_made_anew(&error))
            }
            _ => Ok(()),
        }
    }
}

impl Write {
    fn arrive(self, seen: &mut State) {
        seen.ids = self.ids;
        let job = Job {
            handler: self.handler,
            effect: Effect::Writes,
            params: &self.params,
            caller: &self.caller,
            now: self.at,
        };
        // What the account has taken is not refused here: the same writes arrive in the same order.
        let _ = job.run(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::actions::{IAM, Reply};

    const SPAN: Duration = Duration::from_secs(2);
    const LAMP: (&str, &str) = ("UserName", "lamp");

    struct Slow(Ledger);

    impl Slow {
        fn new() -> Self {
            Self(Ledger::new(State::new("123456789012")))
        }

        /// Does an action at a time, and gives its result or the code of its refusal.
        fn at(&mut self, millis: i64, action: &str, pairs: &[(&str, &str)]) -> Result<String, &'static str> {
            let job = Job {
                handler: IAM.handler(action).unwrap(),
                effect: IAM.effect(action).unwrap(),
                params: &Params::of(pairs.iter().copied()),
                caller: &Caller::Operator,
                now: Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap(),
            };
            match self.0.act(&job, Some(SPAN)) {
                Ok(Reply::Result(xml)) => Ok(xml.into_string()),
                Ok(Reply::Done) => Ok(String::new()),
                Err(error) => Err(error.code.name()),
            }
        }
    }

    #[test]
    fn reads_show_the_account_as_it_was_until_the_write_has_arrived() {
        let mut iam = Slow::new();
        iam.at(0, "CreateUser", &[LAMP]).unwrap();
        assert_eq!(iam.at(1_999, "GetUser", &[LAMP]), Err("NoSuchEntity"));
        assert!(!iam.at(1_999, "ListUsers", &[]).unwrap().contains("lamp"));
        assert!(iam.at(2_000, "GetUser", &[LAMP]).unwrap().contains("lamp"));
        assert!(iam.0.behind.is_none(), "nothing is on its way any more");
    }

    #[test]
    fn a_write_on_what_has_not_arrived_is_refused_and_does_nothing() {
        let mut iam = Slow::new();
        iam.at(0, "CreateUser", &[LAMP]).unwrap();
        let attach = [LAMP, ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
        assert_eq!(iam.at(1_000, "AttachUserPolicy", &attach), Err("NoSuchEntity"));
        iam.at(2_000, "AttachUserPolicy", &attach).unwrap();
        let attached = |iam: &mut Slow, millis| iam.at(millis, "ListAttachedUserPolicies", &[LAMP]).unwrap();
        assert!(!attached(&mut iam, 3_999).contains("ReadOnlyAccess"));
        assert!(attached(&mut iam, 4_000).contains("ReadOnlyAccess"));
    }

    #[test]
    fn a_name_that_was_just_deleted_cannot_be_used_anew_at_once() {
        let mut iam = Slow::new();
        iam.at(0, "CreateUser", &[LAMP]).unwrap();
        assert_eq!(iam.at(3_000, "CreateUser", &[LAMP]), Err("EntityAlreadyExists"));
        iam.at(3_000, "DeleteUser", &[LAMP]).unwrap();
        assert!(iam.at(4_999, "GetUser", &[LAMP]).is_ok());
        assert_eq!(iam.at(4_999, "CreateUser", &[LAMP]), Err("EntityTemporarilyUnmodifiable"));
        iam.at(5_000, "CreateUser", &[LAMP]).unwrap();
    }

    #[test]
    fn what_was_just_taken_away_still_holds_back_a_deletion() {
        let mut iam = Slow::new();
        let group = ("GroupName", "G");
        iam.at(0, "CreateUser", &[LAMP]).unwrap();
        iam.at(0, "CreateGroup", &[group]).unwrap();
        iam.at(2_000, "AddUserToGroup", &[LAMP, group]).unwrap();
        iam.at(4_000, "RemoveUserFromGroup", &[LAMP, group]).unwrap();
        assert_eq!(iam.at(4_001, "DeleteGroup", &[group]), Err("DeleteConflict"));
        iam.at(6_000, "DeleteGroup", &[group]).unwrap();
    }

    #[test]
    fn what_arrives_is_what_was_made() {
        let mut iam = Slow::new();
        let made = iam.at(0, "CreateUser", &[LAMP]).unwrap();
        iam.at(500, "CreateUser", &[("UserName", "car")]).unwrap();
        let seen = iam.at(2_000, "GetUser", &[LAMP]).unwrap();
        assert!(iam.0.behind.is_some(), "car is on its way");
        assert_eq!(made, seen, "the same id and time");
    }

    #[test]
    fn without_propagation_everything_is_seen_at_once() {
        let mut iam = Slow::new();
        iam.at(0, "CreateUser", &[LAMP]).unwrap();
        iam.0.catch_up(None, Timestamp::UNIX_EPOCH);
        assert!(iam.0.behind.is_none());
    }
}
