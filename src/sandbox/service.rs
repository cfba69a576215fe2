//! What becomes of a request's parameters: conditions, caller, action, conditions again, journal.
//!
//! Must not: know HTTP or XML, or wait while the account is held.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper::body::Bytes;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::{
    actions::{self, Api, Effect, Handler, Reply},
    caller::{Caller, Credential, Origin},
    clock,
    conditions::{Conditions, End, InForce, Script, Written},
    enforce::Wanted,
    error::{Code, Error},
    ids::Ids,
    journal::{Entry, Journal, Outcome},
    ledger::{Job, Ledger},
    params::Params,
    state::State,
};
use crate::doors::Cut;

/// The account, and what happens around it.
#[derive(Debug)]
pub struct Service {
    inner: Mutex<Inner>,
    /// Rings after a write.
    pub changed: Notify,
}

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    conditions: InForce,
    requests: Ids,
    /// What is kept only when somebody can ask for it.
    watched: Option<Watched>,
}

#[derive(Debug)]
struct Watched {
    journal: Journal,
    start: State,
    start_conditions: Conditions,
}

/// What was asked for.
#[derive(Debug)]
pub struct Asked {
    params: Params,
    api: Option<Api>,
    action: Result<Action, Error>,
}

/// An action of the table.
#[derive(Debug)]
struct Action {
    name: String,
    service: &'static str,
    effect: Effect,
    handler: Handler,
}

/// What is answered.
#[derive(Debug)]
pub struct Said {
    /// The id of the request.
    pub request_id: String,
    /// The API that speaks.
    pub api: Api,
    /// The action's name and reply, or the refusal.
    pub outcome: Result<(String, Reply), Error>,
}

/// What was done, and how long its answer is to wait.
#[derive(Debug)]
pub struct Done {
    /// The answer, if there is one.
    pub said: Result<Said, Cut>,
    /// Nothing when the action was refused: there is no time after an effect that was not had.
    pub delay: Duration,
}

impl Asked {
    /// Reads the form, and finds the action that it names.
    pub fn read(form: Result<Bytes, Error>) -> Self {
        let (params, read) = match form.and_then(|form| Params::parse(&form)) {
            Ok(params) => (params, Ok(())),
            Err(error) => (Params::default(), Err(error)),
        };
        let api = params.get("Version").and_then(actions::api);
        let action = read.and_then(|()| Action::find(&params, api));
        Self { params, api, action }
    }
}

impl Action {
    fn find(params: &Params, api: Option<Api>) -> Result<Self, Error> {
        let Some(name) = params.get("Action").filter(|name| !name.is_empty()) else {
            return Err(Error::new(Code::MissingAction, "The request must contain the parameter Action."));
        };
        let known = api.and_then(|api| Some((api.service, api.effect(name)?, api.handler(name)?)));
        let (service, effect, handler) = known.ok_or_else(|| Error::unknown_action(name, params.get("Version")))?;
        Ok(Self { name: name.to_owned(), service, effect, handler })
    }
}

impl Service {
    /// Serves an account.
    pub fn new(state: State, requests: Ids, conditions: Conditions) -> Self {
        let (ledger, conditions) = (Ledger::new(state), InForce::new(conditions));
        Self { inner: Mutex::new(Inner { ledger, conditions, requests, watched: None }), changed: Notify::new() }
    }

    /// Keeps a journal and what a reset goes back to: somebody can ask for them.
    pub fn watched(self) -> Self {
        {
            let mut inner = self.lock();
            let start = inner.ledger.head().clone();
            let start_conditions = inner.conditions.conditions().clone();
            inner.watched = Some(Watched { journal: Journal::default(), start, start_conditions });
        }
        self
    }

    /// Answers the parameters of one request.
    pub async fn answer(&self, form: Result<Bytes, Error>, origin: &Origin<'_>) -> Result<Said, Cut> {
        let asked = Asked::read(form);
        let script = self.script(&asked);
        pause(script.before.delay).await;
        let done = self.respond(asked, origin, &script, clock::exact());
        pause(done.delay).await;
        done.said
    }

    /// Counts a call, and says what the rules have in store for it.
    pub fn script(&self, asked: &Asked) -> Script {
        match &asked.action {
            Ok(action) => self.lock().conditions.script(&action.name),
            Err(_) => Script::default(),
        }
    }

    /// Does what was asked for, all but the waiting.
    pub fn respond(&self, asked: Asked, origin: &Origin<'_>, script: &Script, now: Timestamp) -> Done {
        let mut inner = self.lock();
        let mut doing =
            Doing { asked: &asked, origin, script, now, caller: None, effect: false, delay: Duration::ZERO };
        let end = doing.run(&mut inner);
        let Doing { caller, effect, delay, .. } = doing;
        let (request_id, api) = (inner.requests.request(), asked.api.unwrap_or(actions::IAM));
        if let Some(watched) = &mut inner.watched {
            let (action, parameters) = Journal::parameters(asked.params);
            let (request_id, outcome) = (request_id.clone(), Outcome::of(&end));
            watched.journal.record(Entry {
                sequence: 0,
                time: now,
                request_id,
                caller,
                action,
                parameters,
                outcome,
                effect,
            });
        }
        drop(inner);
        if effect {
            self.changed.notify_one();
        }
        let said = |outcome| Ok(Said { request_id, api, outcome });
        let said = match end {
            Ok(reply) => said(asked.action.map(|action| (action.name, reply))),
            Err(End::Refused(error)) => said(Err(error)),
            Err(End::Cut) => Err(Cut),
        };
        Done { said, delay }
    }

    /// The journal behind a place, of one action or of all.
    pub fn journal(&self, after: u64, action: Option<&str>) -> Vec<Entry> {
        self.lock().watched.as_ref().map(|watched| watched.journal.read(after, action)).unwrap_or_default()
    }

    /// Empties the journal.
    pub fn clear_journal(&self) {
        if let Some(watched) = &mut self.lock().watched {
            watched.journal.clear();
        }
    }

    /// The conditions in force.
    pub fn conditions(&self) -> Conditions {
        self.lock().conditions.conditions().clone()
    }

    /// Puts other conditions in force; they begin to count anew.
    pub fn set_conditions(&self, conditions: Conditions) {
        self.lock().conditions = InForce::new(conditions);
    }

    /// Goes back to the account and the conditions of the start, with an empty journal and counters at nothing. A key
    /// that a user was given since then is a stranger again, and so the operator's.
    pub fn reset(&self) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        if let Some(watched) = &mut inner.watched {
            watched.journal.clear();
            inner.ledger = Ledger::new(watched.start.clone());
            inner.conditions = InForce::new(watched.start_conditions.clone());
        }
        self.changed.notify_one();
    }

    /// The account as it is, and what numbers the requests.
    pub fn snapshot(&self) -> (State, Ids) {
        let inner = self.lock();
        (inner.ledger.head().clone(), inner.requests.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits, without giving up the turn when there is nothing to wait for.
async fn pause(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

/// A call on its way through the service, with what the journal wants to know of it.
struct Doing<'a> {
    asked: &'a Asked,
    origin: &'a Origin<'a>,
    script: &'a Script,
    now: Timestamp,
    caller: Option<String>,
    effect: bool,
    delay: Duration,
}

impl Doing<'_> {
    fn run(&mut self, inner: &mut Inner) -> Result<Reply, End> {
        let action = self.asked.action.as_ref().map_err(Error::clone)?;
        self.script.before.play()?;
        inner.conditions.throttle(&action.name, self.now)?;
        let caller = self.identify(inner, action)?;
        let params = &self.asked.params;
        let propagation = inner.conditions.conditions().propagation.map(|span| span.0);
        if inner.conditions.conditions().enforce {
            let (state, now) = (inner.ledger.seen(propagation, self.now), self.now);
            let (service, name, origin) = (action.service, &action.name, self.origin);
            Wanted { state, service, action: name, params, caller: &caller, origin, now }.judge()?;
        }
        let written = Written { action: &action.name, params, caller: &caller };
        let writes = action.effect == Effect::Writes;
        if writes {
            inner.conditions.check_busy(&written, self.now)?;
        }
        let job = Job { handler: action.handler, effect: action.effect, params, caller: &caller, now: self.now };
        let reply = inner.ledger.act(&job, propagation)?;
        if writes {
            self.effect = true;
            inner.conditions.wrote(&written, self.now);
        }
        self.delay = self.script.after.delay;
        self.script.after.play()?;
        Ok(reply)
    }

    fn identify(&mut self, inner: &mut Inner, action: &Action) -> Result<Caller, Error> {
        let credential = Credential::read(self.origin)?;
        let caller = inner.ledger.identify(&credential, action.service, self.now)?;
        if inner.watched.is_some() {
            self.caller = Some(caller.arn(inner.ledger.head()));
        }
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{account::Account, caller::tests::signed};

    const KEY: Option<&str> = Some("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request");

    fn under(conditions: &str) -> Service {
        let (state, requests) = Account::empty("123456789012").into_parts();
        Service::new(state, requests, Conditions::from_yaml(conditions).unwrap()).watched()
    }

    /// Asks without waiting for anything.
    fn ask(service: &Service, form: &str) -> Result<Said, Cut> {
        let asked = Asked::read(Ok(Bytes::from(format!("Version=2010-05-08&Action={form}"))));
        let script = service.script(&asked);
        service.respond(asked, &signed(KEY), &script, Timestamp::from_second(1_790_000_000).unwrap()).said
    }

    fn code(said: Result<Said, Cut>) -> &'static str {
        said.unwrap().outcome.err().map_or("", |error| error.code.name())
    }

    #[test]
    fn a_rule_before_the_effect_prevents_it_and_one_after_it_only_hides_it() {
        let service = under(
            "rules:
- { action: CreateUser, then: { fail: ServiceFailure } }
- { action: CreateUser, nth: 2, when: after, then: cut }",
        );
        assert_eq!(code(ask(&service, "CreateUser&UserName=lamp")), "ServiceFailure");
        assert_eq!(code(ask(&service, "GetUser&UserName=lamp")), "NoSuchEntity");
        ask(&service, "CreateUser&UserName=lamp").unwrap_err();
        assert_eq!(code(ask(&service, "GetUser&UserName=lamp")), "");
        let effects: Vec<_> =
            service.journal(0, Some("CreateUser")).into_iter().map(|e| (e.effect, e.outcome)).collect();
        let failed = Outcome::of::<()>(&Err(Error::on_request(Code::ServiceFailure).into()));
        assert_eq!(effects, [(false, failed), (true, Outcome::Cut)]);
    }

    #[test]
    fn a_refused_action_has_no_time_after_its_effect() {
        let service = under("rules: [{ action: '*', times: 9, when: after, then: { delay: 1h } }]");
        let delay = |form: &str| {
            let asked = Asked::read(Ok(Bytes::from(format!("Version=2010-05-08&Action={form}"))));
            let script = service.script(&asked);
            service.respond(asked, &signed(KEY), &script, Timestamp::UNIX_EPOCH).delay
        };
        assert_eq!(delay("GetUser&UserName=lamp"), Duration::ZERO);
        assert_eq!(delay("CreateUser&UserName=lamp"), Duration::from_hours(1));
    }

    #[test]
    fn a_reset_brings_back_the_conditions_of_the_start() {
        let service = under("busy: 1s");
        let start = service.conditions();
        service.set_conditions(Conditions::from_yaml("propagation: 1h").unwrap());
        service.reset();
        assert_eq!(service.conditions(), start);
    }

    #[test]
    fn the_journal_bears_the_id_of_the_answer_and_what_never_was_an_action_too() {
        let service = under("{}");
        let said = ask(&service, "Nothing&Password=x").unwrap();
        let [entry] = &service.journal(0, None)[..] else { panic!("one call") };
        assert_eq!(entry.request_id, said.request_id);
        assert_eq!((entry.action.as_deref(), entry.caller.as_deref()), (Some("Nothing"), None));
        assert!(matches!(entry.outcome, Outcome::Refused { status: 400, code: "InvalidAction", .. }));
    }

    #[test]
    fn throttling_and_what_is_busy_are_refused_before_anything_is_done() {
        let service = under("{ busy: 1s, throttling: { actions: { CreateUser: { perSecond: 1 } } } }");
        assert_eq!(code(ask(&service, "CreateUser&UserName=lamp")), "");
        assert_eq!(code(ask(&service, "CreateUser&UserName=car")), "Throttling");
        assert_eq!(code(ask(&service, "DeleteUser&UserName=lamp")), "ConcurrentModification");
        assert_eq!(code(ask(&service, "GetUser&UserName=lamp")), "");
    }

    #[test]
    fn other_conditions_begin_to_count_anew() {
        let service = under("rules: [{ action: GetUser, then: cut }]");
        ask(&service, "GetUser&UserName=lamp").unwrap_err();
        ask(&service, "GetUser&UserName=lamp").unwrap();
        service.set_conditions(service.conditions());
        ask(&service, "GetUser&UserName=lamp").unwrap_err();
        service.reset();
        ask(&service, "GetUser&UserName=lamp").unwrap_err();
        assert_eq!(service.journal(0, None).len(), 1);
    }

    #[test]
    fn a_write_is_seen_late_when_it_takes_its_time() {
        let service = under("propagation: 1h");
        assert_eq!(code(ask(&service, "CreateUser&UserName=lamp")), "");
        assert_eq!(code(ask(&service, "GetUser&UserName=lamp")), "NoSuchEntity");
        assert!(service.snapshot().0.user("lamp").is_ok(), "it is saved all the same");
        service.set_conditions(Conditions::default());
        assert_eq!(code(ask(&service, "GetUser&UserName=lamp")), "");
    }

    #[tokio::test]
    async fn only_an_effect_rings() {
        let service = under("{}");
        ask(&service, "DeleteUser&UserName=lamp").unwrap();
        ask(&service, "ListUsers").unwrap();
        let rings = || async { tokio::time::timeout(Duration::ZERO, service.changed.notified()).await.is_ok() };
        assert!(!rings().await);
        ask(&service, "CreateUser&UserName=lamp").unwrap();
        assert!(rings().await);
    }
}
