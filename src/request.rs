//! What a person may ask of the running operator, over HTTP.
//!
//! Must not: decide whether it is granted; that is the engine's.

use tokio::sync::mpsc;

/// Something asked of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Compare the account with the matrix now.
    Reconcile,
    /// Release the held plan that has this digest.
    Approve(String),
}

/// Requests that wait at the most; more are refused rather than piled up.
const WAITING: usize = 8;

/// A way to ask, and where the engine listens.
#[must_use]
pub fn channel() -> (mpsc::Sender<Request>, mpsc::Receiver<Request>) {
    mpsc::channel(WAITING)
}
