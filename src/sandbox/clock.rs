//! The room's only reading of the clock.
//!
//! Handlers get the time as an argument; nothing but the edges (the listener and the loading of an
//! account file) calls this.

use jiff::Timestamp;

/// The time now, in whole seconds: IAM never shows more.
pub fn now() -> Timestamp {
    let now = crate::clock::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
