//! The room's only reading of the clock.
//!
//! Handlers get the time as an argument; nothing but the edges (the listener and the loading of an
//! account file) calls this.

use jiff::Timestamp;

/// The time now, in whole seconds: IAM never shows more.
#[allow(clippy::disallowed_methods, reason = "the one place of the sandbox that reads the clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
