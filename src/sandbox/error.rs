//! The refusals of IAM: every code with its HTTP status, and the wordings that are shared.
//!
//! Codes and statuses are those of IAM's published API model. What several actions refuse has a constructor here; a
//! handler that refuses something of its own names the code and the sentence, and never a status.

/// A refusal as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct Error {
    /// What kind of refusal it is.
    pub code: Code,
    /// The sentence for people.
    pub message: String,
}

macro_rules! codes {
    ($($variant:ident => $name:literal, $status:literal;)*) => {
        /// The error codes that the sandbox answers with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = concat!("`", $name, "`, HTTP ", stringify!($status), ".")] $variant,)*
        }

        impl Code {
            /// Every one, by name.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as it stands in the answer.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

codes! {
    AccessDenied => "AccessDenied", 403;
    ConcurrentModification => "ConcurrentModification", 409;
    DeleteConflict => "DeleteConflict", 409;
    EntityAlreadyExists => "EntityAlreadyExists", 409;
    EntityTemporarilyUnmodifiable => "EntityTemporarilyUnmodifiable", 409;
    ExpiredToken => "ExpiredToken", 403;
    IncompleteSignature => "IncompleteSignature", 400;
    InternalFailure => "InternalFailure", 500;
    InvalidAction => "InvalidAction", 400;
    InvalidAuthentication => "InvalidAuthenticationCode", 403;
    InvalidClientTokenId => "InvalidClientTokenId", 403;
    InvalidInput => "InvalidInput", 400;
    LimitExceeded => "LimitExceeded", 409;
    MalformedInput => "MalformedInput", 400;
    MalformedPolicyDocument => "MalformedPolicyDocument", 400;
    MalformedQueryString => "MalformedQueryString", 404;
    MethodNotAllowed => "MethodNotAllowed", 405;
    MissingAction => "MissingAction", 400;
    MissingAuthenticationToken => "MissingAuthenticationToken", 403;
    NoSuchEntity => "NoSuchEntity", 404;
    OrganizationNotFound => "OrganizationNotFoundException", 400;
    PasswordPolicyViolation => "PasswordPolicyViolation", 400;
    PolicyEvaluation => "PolicyEvaluation", 500;
    PolicyNotAttachable => "PolicyNotAttachable", 400;
    ReportExpired => "ReportExpired", 410;
    ReportInProgress => "ReportInProgress", 404;
    ReportNotPresent => "ReportNotPresent", 410;
    RequestEntityTooLarge => "RequestEntityTooLarge", 413;
    RequestTimeout => "RequestTimeout", 408;
    ServiceFailure => "ServiceFailure", 500;
    ServiceUnavailable => "ServiceUnavailable", 503;
    Throttling => "Throttling", 400;
    UnknownOperation => "UnknownOperationException", 404;
    Validation => "ValidationError", 400;
}

impl Error {
    /// A refusal with a sentence of its own.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// `what` (a user, a group, …) of that name is not there.
    pub fn no_such(what: &str, name: &str) -> Self {
        let message = format!("The {what} with name {name} cannot be found.");
        Self::new(Code::NoSuchEntity, message)
    }

    /// No policy has this ARN, or it is not attached where it should be detached.
    pub fn no_such_policy(arn: &str) -> Self {
        Self::new(Code::NoSuchEntity, format!("Policy {arn} was not found."))
    }

    /// The policy has no version of this id.
    pub fn no_such_version(arn: &str, version: &str) -> Self {
        let message = format!("Policy {arn} version {version} does not exist or is not attachable.");
        Self::new(Code::NoSuchEntity, message)
    }

    /// No MFA device has this serial number.
    pub fn no_such_device(serial: &str) -> Self {
        Self::new(Code::NoSuchEntity, format!("MFA Device with serial number {serial} does not exist."))
    }

    /// The caller is not allowed to do `action` (of IAM) on `resource`.
    pub fn not_authorized(caller: &str, action: &str, resource: &str) -> Self {
        let message = format!("User: {caller} is not authorized to perform: iam:{action} on resource: {resource}");
        Self::new(Code::AccessDenied, message)
    }

    /// `what` of that name is there already.
    pub fn exists(what: &str, name: &str) -> Self {
        Self::new(Code::EntityAlreadyExists, format!("{what} with name {name} already exists."))
    }

    /// One more would exceed a quota.
    pub fn quota(quota: &str, limit: usize) -> Self {
        Self::new(Code::LimitExceeded, format!("Cannot exceed quota for {quota}: {limit}"))
    }

    /// Refuses to delete an entity on which something still hangs: each conflict with whether it is there, and with
    /// what to do about it.
    pub fn delete_conflict(conflicts: &[(bool, &str)]) -> Result<(), Self> {
        conflicts.iter().find(|(there, _)| *there).map_or(Ok(()), |(_, first)| {
            Err(Self::new(Code::DeleteConflict, format!("Cannot delete entity, must {first} first.")))
        })
    }

    /// A parameter breaks a rule of its shape.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(Code::Validation, message)
    }

    /// The call leaves the user out and the caller is none.
    pub fn user_name_needed() -> Self {
        Self::validation("Must specify userName when calling with non-User credentials")
    }

    /// The action, in this version of the API, is not one that the sandbox knows.
    pub fn unknown_action(action: &str, version: Option<&str>) -> Self {
        let (action, version) = (shown(action), shown(version.unwrap_or("NO_VERSION_SPECIFIED")));
        Self::new(Code::InvalidAction, format!("Could not find operation {action} for version {version}"))
    }

    /// The name was deleted and is used anew before that is known everywhere; `taken` is what is still known.
    pub fn deleted_and_made_anew(taken: &Self) -> Self {
        let message = format!("{} Its deletion is still under way; try again later.", taken.message);
        Self::new(Code::EntityTemporarilyUnmodifiable, message)
    }

    /// A rule asks for it.
    pub fn on_request(code: Code) -> Self {
        let message = match code {
            Code::Throttling => "Rate exceeded",
            _ => "A rule of the sandbox asks for this error.",
        };
        Self::new(code, message)
    }

    /// Whose fault it is, in IAM's word. Failures are reported on request only.
    pub const fn kind(&self) -> &'static str {
        if self.code.status() < 500 { "Sender" } else { "Receiver" }
    }
}

/// What a message repeats of a text that somebody sent: a message must not grow with it.
pub fn shown(text: &str) -> &str {
    const MOST: usize = 256;
    text.char_indices().nth(MOST).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}
