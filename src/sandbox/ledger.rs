//! The account as it is, and as it is seen while writes are still on their way.
//!
//! IAM is eventually consistent: for a time after a write, reads show the account as it was, and a write that refers to
//! what has not arrived is refused. Without propagation there is one state, and nothing here costs anything.

use std::{collections::VecDeque, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    actions::{Answer, Call, Effect, Handler},
    caller::{Caller, Credential},
    clock,
    entities::Use,
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
    news: VecDeque<News>,
}

/// What the account knows and is not seen everywhere yet.
#[derive(Debug)]
struct News {
    at: Timestamp,
    what: What,
}

#[derive(Debug)]
enum What {
    Written(Write),
    /// The access key of this id was used.
    Used(String, Option<Use>),
}

/// A write that the account has taken.
#[derive(Debug)]
struct Write {
    handler: Handler,
    params: Params,
    caller: Caller,
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

    /// The account as it is seen while writes are on their way for so long.
    pub fn seen(&mut self, propagation: Option<Duration>, now: Timestamp) -> &State {
        self.catch_up(propagation, now);
        self.behind.as_ref().map_or(&self.head, |behind| &behind.seen)
    }

    /// Finds the caller of `service` in the account as it is; that a key was used is seen as late as a write.
    pub fn identify(&mut self, credential: &Credential<'_>, service: &str, now: Timestamp) -> Result<Caller, Error> {
        let id = credential.key;
        let used = |state: &State| state.keys.get(id).and_then(|key| key.last_used.clone());
        let before = self.behind.is_some().then(|| used(&self.head));
        let caller = Caller::identify(&mut self.head, credential, service, clock::whole(now))?;
        if let (Some(behind), Some(before)) = (&mut self.behind, before) {
            let after = used(&self.head);
            if after != before {
                behind.news.push_back(News { at: now, what: What::Used(id.to_owned(), after) });
            }
        }
        Ok(caller)
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
        while let Some(news) = behind.news.pop_front_if(|news| now.duration_since(news.at) >= span) {
            news.arrive(&mut behind.seen);
        }
        if behind.news.is_empty() {
            self.behind = None;
        }
    }

    fn write(&mut self, job: &Job<'_>) -> Answer {
        self.check_against_seen(job)?;
        let before = self.behind.is_none().then(|| self.head.clone());
        let ids = self.head.ids.clone();
        let reply = job.run(&mut self.head)?;
        let write = Write { handler: job.handler, params: job.params.clone(), caller: job.caller.clone(), ids };
        let news = News { at: job.now, what: What::Written(write) };
        match (&mut self.behind, before) {
            (Some(behind), _) => behind.news.push_back(news),
            (behind @ None, Some(seen)) => *behind = Some(Behind { seen, news: VecDeque::from([news]) }),
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

impl News {
    fn arrive(self, seen: &mut State) {
        match self.what {
            What::Written(write) => write.arrive(self.at, seen),
            What::Used(id, used) => {
                if let Some(key) = seen.keys.get_mut(&id) {
                    key.last_used = used;
                }
            }
        }
    }
}

impl Write {
    fn arrive(self, at: Timestamp, seen: &mut State) {
        seen.ids = self.ids;
        let job =
            Job { handler: self.handler, effect: Effect::Writes, params: &self.params, caller: &self.caller, now: at };
        // What the account has taken is not refused here: the same writes arrive in the same order.
        let _ = job.run(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::actions::{IAM, Reply, STS, testing::Account};

    const SPAN: Duration = Duration::from_secs(2);
    const LAMP: (&str, &str) = ("UserName", "lamp");

    /// An account and who calls.
    struct Slow(Ledger, Caller);

    fn time(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap()
    }

    impl Slow {
        fn new() -> Self {
            Self(Ledger::new(State::new("123456789012")), Caller::Operator)
        }

        /// Does an action at a time, and gives its result or the code of its refusal.
        fn at(&mut self, millis: i64, action: &str, pairs: &[(&str, &str)]) -> Result<String, &'static str> {
            let job = Job {
                handler: IAM.handler(action).or(STS.handler(action)).unwrap(),
                effect: IAM.effect(action).or(STS.effect(action)).unwrap(),
                params: &Params::of(pairs.iter().copied()),
                caller: &self.1,
                now: time(millis),
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

    /// An account whose user lamp has a key, which is used later.
    fn with_a_key() -> (Slow, String) {
        let mut iam = Slow::new();
        iam.at(0, "CreateUser", &[LAMP]).unwrap();
        let xml = iam.at(2_000, "CreateAccessKey", &[LAMP]).unwrap();
        (iam, Account::text(&xml, "AccessKeyId"))
    }

    impl Slow {
        fn uses(&mut self, millis: i64, key: &str) {
            let credential = Credential { key, region: "us-east-1", token: None };
            self.1 = self.0.identify(&credential, "iam", time(millis)).unwrap();
        }
    }

    #[test]
    fn that_a_key_was_used_is_seen_while_writes_go_on() {
        let (mut iam, key) = with_a_key();
        iam.uses(3_000, &key);
        let mut last_used = |millis: i64| {
            iam.at(millis - 1, "CreateGroup", &[("GroupName", &format!("g{millis}"))]).unwrap();
            iam.at(millis, "GetAccessKeyLastUsed", &[("AccessKeyId", &key)]).unwrap().contains("<LastUsedDate>")
        };
        assert!(!last_used(4_999));
        assert!(last_used(5_000));
    }

    #[test]
    fn a_report_that_arrives_holds_what_the_account_holds() {
        let (mut iam, key) = with_a_key();
        iam.uses(3_000, &key);
        iam.at(3_500, "GenerateCredentialReport", &[]).unwrap();
        iam.uses(4_500, &key);
        iam.at(4_800, "CreateGroup", &[("GroupName", "g")]).unwrap();
        iam.at(5_500, "ListUsers", &[]).unwrap();
        let seen = &iam.0.behind.as_ref().unwrap().seen;
        let csv = |state: &State| state.report.as_ref().map(|report| report.csv.clone());
        assert!(csv(seen).is_some_and(|csv| csv.contains("us-east-1")));
        assert_eq!(csv(seen), csv(iam.0.head()));
    }

    #[test]
    fn who_was_just_renamed_is_told_the_new_name_at_once() {
        let (mut iam, key) = with_a_key();
        iam.at(5_000, "UpdateUser", &[LAMP, ("NewUserName", "light")]).unwrap();
        iam.uses(5_001, &key);
        let xml = iam.at(5_001, "GetCallerIdentity", &[]).unwrap();
        assert_eq!(Account::text(&xml, "Arn"), "arn:aws:iam::123456789012:user/light");
        assert!(Account::text(&xml, "UserId").starts_with("AIDA"));
    }

    #[test]
    fn without_propagation_everything_is_seen_at_once() {
        let mut iam = Slow::new();
        iam.at(0, "CreateUser", &[LAMP]).unwrap();
        iam.0.catch_up(None, Timestamp::UNIX_EPOCH);
        assert!(iam.0.behind.is_none());
    }
}
