//! Answers that are shared: what is the same for everybody who asks is written once and kept, so that a large one does not
//! cost its size again for each slow reader.
//!
//! Must not: know what is written, or who may read it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::body::Bytes;
use serde_json::Result;

use crate::status::Status;

/// The last answers of the views that may be large.
#[derive(Debug, Default)]
pub(super) struct Views {
    pub drift: Kept,
    pub plan: Kept,
    pub audit: Kept,
    pub history: Kept,
}

/// The last answer of a view.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    /// What it was written from. It keeps no status alive, and while it is there no other status takes the same place in
    /// memory.
    of: Weak<Status>,
    body: Bytes,
}

impl Kept {
    /// The answer that depends on the status alone: written once for each that is published.
    pub(super) fn of(&self, status: &Arc<Status>, write: impl FnOnce(&Status) -> Result<String>) -> Result<Bytes> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::ptr::eq(last.of.as_ptr(), Arc::as_ptr(status)) {
            last.take(write(status)?);
            last.of = Arc::downgrade(status);
        }
        Ok(last.body.clone())
    }

    /// An answer that depends on more: shared while it is the same.
    pub(super) fn share(&self, text: Result<String>) -> Result<Bytes> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.take(text?);
        Ok(last.body.clone())
    }
}

impl Last {
    fn take(&mut self, text: String) {
        if self.body != text {
            self.body = Bytes::from(text.into_bytes().into_boxed_slice());
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn is_shared(one: &Bytes, other: &Bytes) -> bool {
        std::ptr::eq(one.as_ptr(), other.as_ptr())
    }

    #[test]
    fn one_status_is_written_once_and_the_next_anew_but_what_is_equal_is_shared() {
        let (kept, mut written) = (Kept::default(), 0);
        let mut ask = |status: &Arc<Status>| {
            let write = |status: &Status| {
                written += 1;
                Ok(format!("by hand: {}", status.by_hand))
            };
            (kept.of(status, write).unwrap(), written)
        };
        let mut status = Arc::new(Status::starting(Timestamp::UNIX_EPOCH));
        let (first, _) = ask(&status);
        let (again, times) = ask(&status);
        assert!(is_shared(&first, &again) && times == 1);
        Arc::make_mut(&mut status).suspended = true;
        let (equal, times) = ask(&status);
        assert!(is_shared(&first, &equal) && times == 2);
        Arc::make_mut(&mut status).by_hand = 7;
        assert_eq!(ask(&status), (Bytes::from("by hand: 7"), 3));
    }

    #[test]
    fn what_depends_on_the_time_is_shared_while_it_is_the_same() {
        let kept = Kept::default();
        let [first, again, later] = ["1 s", "1 s", "2 s"].map(|text| kept.share(Ok(text.to_owned())).unwrap());
        assert!(is_shared(&first, &again) && later == "2 s");
    }
}
