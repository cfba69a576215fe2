//! Every quota and size of the sandbox, with the values of a new AWS account.
//!
//! Numbers only: who checks them and what the refusal says is elsewhere.

use std::{ops::RangeInclusive, time::Duration};

/// Users in the account.
pub const USERS: usize = 5_000;
/// Groups in the account.
pub const GROUPS: usize = 300;
/// Roles in the account.
pub const ROLES: usize = 1_000;
/// Customer managed policies in the account.
pub const POLICIES: usize = 1_500;
/// Versions of all customer managed policies together.
pub const POLICY_VERSIONS_IN_USE: usize = 10_000;
/// Versions kept of one managed policy.
pub const VERSIONS_PER_POLICY: usize = 5;
/// Groups that one user may be in.
pub const GROUPS_PER_USER: usize = 10;
/// Managed policies attached to one group, user or role.
pub const ATTACHED_PER_ENTITY: usize = 10;
/// Characters of a managed policy, white space not counted.
pub const POLICY_SIZE: usize = 6_144;
/// Characters of a document as sent, white space counted.
pub const DOCUMENT_LENGTH: usize = 131_072;
/// Characters of all inline policies of a user together, white space not counted.
pub const USER_INLINE_SIZE: usize = 2_048;
/// Characters of all inline policies of a group together, white space not counted.
pub const GROUP_INLINE_SIZE: usize = 5_120;
/// Characters of all inline policies of a role together, white space not counted.
pub const ROLE_INLINE_SIZE: usize = 10_240;
/// Characters of a role's trust policy.
pub const TRUST_POLICY_SIZE: usize = 2_048;
/// Access keys of one user.
pub const ACCESS_KEYS_PER_USER: usize = 2;
/// MFA devices of one user.
pub const MFA_DEVICES_PER_USER: usize = 8;
/// Virtual MFA devices in the account: as many as users.
pub const MFA_DEVICES: usize = USERS;
/// Steps of 30 seconds that the first of the two codes that enable a device may be from the present one: more before it,
/// for people who type slowly. AWS names no figure; the same goes for the next two.
pub const MFA_ENABLE_STEPS: RangeInclusive<i64> = -3..=1;
/// Steps that a device's clock may be wrong to be synchronized: an hour each way.
pub const MFA_RESYNC_STEPS: RangeInclusive<i64> = -120..=120;
/// Steps from the present one, each way, that a code for temporary credentials may be.
pub const MFA_STEPS: i64 = 1;
/// Characters of a password, as a password policy may ask for: at least, at most (API model).
pub const PASSWORD_LENGTH: (i64, i64) = (6, 128);
/// Characters of a password at least while there is no password policy (IAM user guide, default password policy).
pub const PASSWORD_LENGTH_DEFAULT: i64 = 8;
/// Former passwords that may not be used again: at least, at most (API model).
pub const PASSWORD_REUSE: (i64, i64) = (1, 24);
/// Days that a password may last: at least, at most (API model).
pub const PASSWORD_DAYS: (i64, i64) = (1, 1_095);
/// Tags of one user, policy or device.
pub const TAGS: usize = 50;
/// Seconds that temporary credentials of a user last: at least, at most.
pub const SESSION_SECONDS: (i64, i64) = (900, 129_600);
/// Seconds that temporary credentials of a user last unless said otherwise.
pub const SESSION_SECONDS_DEFAULT: i64 = 43_200;
/// Hours for which a credential report is good: until then no other is made (IAM user guide, credential reports).
pub const REPORT_HOURS: i64 = 4;
/// Seconds that the making of a credential report takes. AWS names no figure; this one shows every state and keeps
/// nobody waiting.
pub const REPORT_SECONDS: i64 = 1;
/// Signing certificates of one user (reported only).
pub const SIGNING_CERTIFICATES_PER_USER: usize = 2;
/// Server certificates in the account (reported only).
pub const SERVER_CERTIFICATES: usize = 20;
/// Instance profiles in the account (reported only).
pub const INSTANCE_PROFILES: usize = 1_000;

/// Items of a page when the caller names no number.
pub const PAGE_DEFAULT: usize = 100;
/// Items of a page at most.
pub const PAGE_MAX: usize = 1_000;
/// Bytes of a request body: the largest document, percent-encoded, and room for the rest.
pub const BODY: usize = 1024 * 1024;
/// Bytes of a request body that is read at once, whatever else is being read: twice the longest that IAM's own tools send.
pub const SMALL_BODY: usize = 32 * 1024;
/// Bytes of the longer request bodies that are being read together; the next waits until there is room.
pub const BODIES: usize = 64 * 1024 * 1024;
/// Connections served at a time. An SDK opens some dozens; this is room for many clients. At some 20 KB each, and with
/// small bodies half-sent on every one, they need about as much memory as a full account does. One more is refused,
/// cleanly.
pub const CONNECTIONS: usize = 2_048;
/// How long a connection may be without a request.
pub const QUIET: Duration = Duration::from_mins(1);
/// Bytes of the head of a request: forms may stand in the URL.
pub const REQUEST_HEAD: usize = 400 * 1024;
/// Connections that may wait to be let in or refused; the system may allow fewer.
pub const QUEUED_CONNECTIONS: u32 = 4_096;
/// Calls that the journal keeps.
pub const JOURNAL_CALLS: usize = 10_000;
/// Bytes that the journal's calls may take together: documents are kept, and can be long.
pub const JOURNAL_SIZE: usize = 16 * 1024 * 1024;
