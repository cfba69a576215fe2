//! The room's only reading of the clock.
//!
//! Handlers get the time as an argument; nothing but the edges (the listener and the loading of an
//! account file) calls this.

use jiff::Timestamp;

/// The time now, in whole seconds: IAM never shows more.
pub fn now() -> Timestamp {
    whole(exact())
}

/// The time now, as exactly as the machine knows it: for what is measured, never for what is shown.
pub fn exact() -> Timestamp {
    crate::clock::now()
}

/// A time in whole seconds.
pub fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
