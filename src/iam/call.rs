//! One call: its turn under the rate limit, its retries, its count.
//!
//! Must not: know what the call is for.

use std::collections::BTreeMap;
use std::future::Future;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::watch;

use super::error::{CallError, Class};

/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What was called and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallLabels {
    /// The operation, as in the API reference.
    pub operation: &'static str,
    /// `ok`, or the class of the error.
    pub outcome: &'static str,
}

/// Counts calls, every attempt. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    counts: Counts,
    /// The counts of which these are a part.
    whole: Option<Counts>,
    beat: Option<tokio::sync::watch::Sender<()>>,
}

type Counts = Arc<Mutex<BTreeMap<CallLabels, u64>>>;

impl Calls {
    /// Counts from zero for one part of the program, and into these besides.
    #[must_use]
    pub fn part(&self) -> Self {
        Calls { whole: Some(Arc::clone(&self.counts)), ..Calls::default() }
    }

    /// The same, with a sign of life on `beat` at every attempt.
    #[must_use]
    pub fn with_beat(self, beat: tokio::sync::watch::Sender<()>) -> Self {
        Calls { beat: Some(beat), ..self }
    }

    fn count(&self, operation: &'static str, outcome: &'static str) {
        for counts in [Some(&self.counts), self.whole.as_ref()].into_iter().flatten() {
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(CallLabels { operation, outcome }).or_default() += 1;
        }
        if let Some(beat) = &self.beat {
            beat.send_replace(());
        }
    }

    /// The counts so far.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<CallLabels, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All attempts so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.snapshot().values().sum()
    }
}

/// How a call is to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice does no harm.
    Freely,
    /// It names something that we created a moment ago, and doing it twice does no harm.
    UntilKnown,
    /// Doing it twice would leave something behind: only when IAM said that it did nothing.
    Carefully,
}

/// Makes calls. Clones share the rate limit and the counts.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    limiter: Arc<Mutex<Arc<DefaultDirectRateLimiter>>>,
    rate: Arc<Mutex<u32>>,
    calls: Calls,
    /// Where calls go, for messages.
    endpoint: Arc<str>,
    stop: watch::Receiver<bool>,
}

/// An answer and how many attempts it took.
#[derive(Debug)]
pub(super) struct Answered<T> {
    pub value: T,
    pub attempts: u32,
}

impl Caller {
    pub(super) fn new(calls: Calls, endpoint: String, stop: watch::Receiver<bool>) -> Self {
        let rate = 10;
        Caller {
            limiter: Arc::new(Mutex::new(Arc::new(limiter(rate)))),
            rate: Arc::new(Mutex::new(rate)),
            calls,
            endpoint: endpoint.into(),
            stop,
        }
    }

    pub(super) fn limit(&self, calls_per_second: u32) {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        if *rate != calls_per_second {
            *rate = calls_per_second;
            *self.limiter.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(limiter(calls_per_second));
        }
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The same, under the same rate limit, counting elsewhere.
    pub(super) fn counting(&self, calls: Calls) -> Self {
        Caller { calls, ..self.clone() }
    }

    /// Makes a call that reads.
    pub(super) async fn read<T, E, F>(&self, operation: &'static str, call: impl Fn() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
        SdkError<E>: RequestId,
    {
        self.call(operation, Repeat::Freely, call).await.map(|answered| answered.value).map_err(|failed| failed.value)
    }

    /// Makes a call, again and again as its errors deserve.
    pub(super) async fn call<T, E, F>(
        &self,
        operation: &'static str,
        repeat: Repeat,
        call: impl Fn() -> F,
    ) -> Result<Answered<T>, Answered<CallError>>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
        SdkError<E>: RequestId,
    {
        let mut attempts = 0;
        loop {
            self.turn().await;
            attempts += 1;
            let error = match call().await {
                Ok(value) => {
                    self.calls.count(operation, "ok");
                    return Ok(Answered { value, attempts });
                }
                Err(error) => CallError::from_sdk(operation, &self.endpoint, &error),
            };
            self.calls.count(operation, error.class.as_str());
            let (tries, base) = error.class.retries(repeat == Repeat::UntilKnown);
            let unsure = repeat == Repeat::Carefully && error.class == Class::Unavailable;
            if attempts >= tries || unsure || *self.stop.borrow() {
                return Err(Answered { value: error, attempts });
            }
            let wait = wait(base, attempts);
            tracing::debug!(operation, class = error.class.as_str(), attempts, ?wait, "trying again");
            self.sleep(wait).await;
        }
    }

    /// Waits, unless it is time to stop.
    pub(super) async fn sleep(&self, wait: Duration) {
        let mut stop = self.stop.clone();
        // Without a sender nobody can tell us to stop.
        let stopped = async {
            if stop.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopped => {}
        }
    }

    async fn turn(&self) {
        let limiter = Arc::clone(&self.limiter.lock().unwrap_or_else(PoisonError::into_inner));
        limiter.until_ready().await;
    }
}

fn limiter(calls_per_second: u32) -> DefaultDirectRateLimiter {
    RateLimiter::direct(Quota::per_second(NonZeroU32::new(calls_per_second).unwrap_or(NonZeroU32::MIN)))
}

/// Doubles with every attempt, up to a limit; then somewhere between half and all of it, so that several operators do
/// not fall into step.
fn wait(base: Duration, attempts: u32) -> Duration {
    let full = base.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(LONGEST_WAIT);
    full.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_below_the_limit() {
        let base = Duration::from_millis(200);
        for attempts in 1..20 {
            let wait = wait(base, attempts);
            assert!(wait >= base / 2 && wait <= LONGEST_WAIT, "{wait:?}");
        }
    }

    #[test]
    fn attempts_are_counted_by_operation_and_outcome() {
        let calls = Calls::default();
        calls.count("GetUser", "ok");
        calls.clone().count("GetUser", "ok");
        calls.count("GetUser", "throttled");
        assert_eq!(calls.total(), 3);
        let part = calls.part();
        part.count("GetGroup", "ok");
        assert_eq!((part.total(), calls.total()), (1, 4), "a part counts for itself and for the whole");
        assert_eq!(calls.snapshot()[&CallLabels { operation: "GetUser", outcome: "ok" }], 2);
    }
}
