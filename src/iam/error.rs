//! What can go wrong with a call, sorted by what to do about it.
//!
//! Owns: the classes, their retries and the words for people. Must not: wait or call.

use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;

/// Classes of errors by what to do about them. Bounded, so fit for a metric's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Too many calls: wait and try again.
    Throttled,
    /// Another call is changing the same thing: try again soon.
    Concurrent,
    /// The thing is settling, for minutes perhaps: try a few times, then leave it to the next cycle.
    Unmodifiable,
    /// There is no such thing; right after we made it, IAM may not know it everywhere yet.
    Missing,
    /// There is such a thing already.
    Exists,
    /// A quota is exhausted.
    Limit,
    /// Something still hangs on it.
    Conflict,
    /// IAM does not accept the request as it is.
    Invalid,
    /// The credentials are not allowed to do this.
    Denied,
    /// There are no usable credentials.
    Credentials,
    /// The network, a time-out, or IAM itself: try again.
    Unavailable,
    /// A read came back in pieces or with gaps, so it is not used.
    Incomplete,
    /// The credential report is not made yet, or too old: ask for one and come again.
    NotReady,
    /// Anything else.
    Other,
}

impl Class {
    /// Every class, for the documentation.
    pub const ALL: [Class; 14] = [
        Class::Throttled,
        Class::Concurrent,
        Class::Unmodifiable,
        Class::Missing,
        Class::Exists,
        Class::Limit,
        Class::Conflict,
        Class::Invalid,
        Class::Denied,
        Class::Credentials,
        Class::Unavailable,
        Class::Incomplete,
        Class::NotReady,
        Class::Other,
    ];

    /// The class as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Throttled => "throttled",
            Class::Concurrent => "concurrent",
            Class::Unmodifiable => "unmodifiable",
            Class::Missing => "missing",
            Class::Exists => "exists",
            Class::Limit => "limit",
            Class::Conflict => "conflict",
            Class::Invalid => "invalid",
            Class::Denied => "denied",
            Class::Credentials => "credentials",
            Class::Unavailable => "unavailable",
            Class::Incomplete => "incomplete",
            Class::NotReady => "notReady",
            Class::Other => "other",
        }
    }

    /// How often to try in all, and the base of the waits between tries, which double. `new`: the call names
    /// something that we created a moment ago, so that "no such entity" means "not everywhere yet".
    pub(super) fn retries(self, new: bool) -> (u32, Duration) {
        match self {
            Class::Throttled => (8, Duration::from_millis(500)),
            Class::Concurrent => (6, Duration::from_millis(200)),
            Class::Unmodifiable => (4, Duration::from_secs(1)),
            Class::Missing if new => (7, Duration::from_millis(300)),
            Class::Unavailable => (4, Duration::from_millis(300)),
            _ => (1, Duration::ZERO),
        }
    }

    fn of_code(code: &str, status: u16) -> Self {
        match code {
            "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequestsException" | "SlowDown" => {
                Class::Throttled
            }
            "ConcurrentModification" | "ConcurrentModificationException" => Class::Concurrent,
            "EntityTemporarilyUnmodifiable" => Class::Unmodifiable,
            "NoSuchEntity" => Class::Missing,
            "EntityAlreadyExists" => Class::Exists,
            "LimitExceeded" => Class::Limit,
            "DeleteConflict" => Class::Conflict,
            "MalformedPolicyDocument"
            | "InvalidInput"
            | "ValidationError"
            | "PolicyNotAttachable"
            | "UnmodifiableEntity" => Class::Invalid,
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Class::Denied,
            "InvalidClientTokenId"
            | "ExpiredToken"
            | "SignatureDoesNotMatch"
            | "MissingAuthenticationToken"
            | "IncompleteSignature"
            | "UnrecognizedClientException" => Class::Credentials,
            "ServiceFailure" | "InternalFailure" | "ServiceUnavailable" | "RequestTimeout" => Class::Unavailable,
            "ReportNotPresent" | "ReportInProgress" | "ReportExpired" => Class::NotReady,
            _ if status >= 500 => Class::Unavailable,
            _ => Class::Other,
        }
    }
}

/// A call that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", self.words(), self.request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default())]
pub struct CallError {
    /// The operation, as in the API reference.
    pub operation: &'static str,
    /// What to do about it.
    pub class: Class,
    /// AWS's code and words, or ours.
    pub message: String,
    /// AWS's request id, if it gave one. It differs each time, so it is no part of the words.
    pub request_id: Option<String>,
}

impl CallError {
    /// An error that we found ourselves.
    #[must_use]
    pub fn ours(operation: &'static str, class: Class, message: impl Into<String>) -> Self {
        CallError { operation, class, message: message.into(), request_id: None }
    }

    /// A read whose answer has a gap.
    pub(super) fn incomplete(operation: &'static str, message: impl Into<String>) -> Self {
        CallError::ours(operation, Class::Incomplete, message)
    }

    /// What went wrong and the way out: the same words each time that the same goes wrong.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{}: {}{}", self.operation, self.message, hint(self.class))
    }

    /// What the SDK says, sorted.
    pub(super) fn from_sdk<E>(operation: &'static str, endpoint: &str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        SdkError<E>: RequestId,
    {
        let (class, message) = match error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                match service.err().code() {
                    Some(code) => {
                        let words = service.err().message().unwrap_or("no message");
                        (Class::of_code(code, status), format!("{code}: {words}"))
                    }
                    None => (Class::Unavailable, format!("HTTP {status}, and no answer that IAM would give")),
                }
            }
            SdkError::TimeoutError(_) => (Class::Unavailable, format!("{endpoint} gave no answer in time")),
            SdkError::ResponseError(_) => {
                (Class::Unavailable, format!("the answer could not be read: {}", chain(error)))
            }
            SdkError::DispatchFailure(_) => match credentials(error) {
                Some(story) => (Class::Credentials, search(&story)),
                None => (Class::Unavailable, format!("{endpoint} cannot be reached: {}", root(error))),
            },
            _ => (Class::Other, chain(error)),
        };
        CallError { operation, class, message, request_id: error.request_id().map(str::to_owned) }
    }
}

/// The way out, where the class alone tells it.
fn hint(class: Class) -> &'static str {
    match class {
        Class::Credentials => {
            " (set AWS_PROFILE, or the environment variables of your credentials; or try --sandbox, which needs none)"
        }
        Class::Denied => " (add this action to the operator's own permissions; `plan` needs only the reading ones)",
        Class::Unavailable => " (check the network, and AWS_ENDPOINT_URL if it is set)",
        Class::Unmodifiable => " (IAM is still settling an earlier change; try again in some minutes)",
        _ => "",
    }
}

/// An error with its causes, without repetition.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = next.source();
    }
    words
}

/// The innermost cause: the one that a person can mend.
fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Why no credentials were found, if that is what went wrong: the SDK calls it a failure to send like any other.
fn credentials(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut causes = std::iter::successors(Some(error), |cause| cause.source());
    causes.find(|cause| cause.is::<CredentialsError>()).map(root)
}

/// What the search for credentials met on its way, without the places that are simply not set up.
fn search(story: &str) -> String {
    let lines = story.lines().map(str::trim).filter(|line| !line.contains("not enabled"));
    lines.collect::<Vec<_>>().join(" ").trim_end_matches(" Attempted:").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_what_to_do_about_them() {
        let table = [
            ("Throttling", 400, Class::Throttled),
            ("ConcurrentModification", 409, Class::Concurrent),
            ("EntityTemporarilyUnmodifiable", 409, Class::Unmodifiable),
            ("NoSuchEntity", 404, Class::Missing),
            ("LimitExceeded", 409, Class::Limit),
            ("AccessDenied", 403, Class::Denied),
            ("ExpiredToken", 403, Class::Credentials),
            ("Whatever", 503, Class::Unavailable),
            ("Whatever", 400, Class::Other),
        ];
        for (code, status, class) in table {
            assert_eq!(Class::of_code(code, status), class, "{code}");
        }
    }

    #[test]
    fn every_class_is_among_all_of_them_in_its_order() {
        assert!(Class::ALL.iter().enumerate().all(|(position, class)| *class as usize == position));
        assert_eq!(Class::ALL.len(), Class::Other as usize + 1);
    }

    #[test]
    fn the_id_of_a_request_stands_behind_the_words_and_is_no_part_of_them() {
        let error = |id: &str| CallError {
            request_id: Some(id.to_owned()),
            ..CallError::ours("GetGroup", Class::Other, "Odd: it is")
        };
        assert_eq!(error("r1").words(), error("r2").words());
        assert_eq!(error("r1").to_string(), "GetGroup: Odd: it is, request r1");
        assert_eq!(CallError::ours("GetGroup", Class::Other, "odd").to_string(), "GetGroup: odd");
    }

    #[test]
    fn the_search_for_credentials_is_told_without_what_is_not_set_up() {
        let none = "no credentials found in chain. Attempted:\n  Environment: the provider was not enabled: x";
        assert_eq!(search(none), "no credentials found in chain.");
        let expired = format!("{none}\n  Profile: the SSO session has expired");
        assert_eq!(search(&expired), "no credentials found in chain. Attempted: Profile: the SSO session has expired");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let tries = |class: Class, new| class.retries(new).0;
        assert!(tries(Class::Throttled, false) > 1 && tries(Class::Missing, true) > 1);
        for class in [Class::Missing, Class::Limit, Class::Invalid, Class::Denied, Class::Credentials, Class::Exists] {
            assert_eq!(tries(class, false), 1, "{class:?}");
        }
    }
}
