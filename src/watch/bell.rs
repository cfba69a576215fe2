//! What the file system's events come to: a bell, and who is writing a file of the configuration just now.
//!
//! Must not touch the disk, nor decide when to read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::files::{is_document, is_hidden};

/// Rung by the file system. Rings add up to one, so a storm of events needs no room.
#[derive(Debug, Default)]
pub(super) struct Bell {
    notify: Notify,
    /// Files that were written to and not closed since, with the last write.
    open: Mutex<BTreeMap<PathBuf, Instant>>,
    writes: AtomicU64,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.notify.notify_one();
    }

    /// Waits for the bell.
    pub(super) async fn rung(&self) {
        self.notify.notified().await;
    }

    /// How many writes were heard.
    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// The file that was written to last and not closed since, and when. A writer who was silent for `patience` does not
    /// count: a file cut short by its name is never closed.
    pub(super) fn being_written(&self, patience: Duration) -> Option<(PathBuf, Instant)> {
        let mut open = self.open();
        open.retain(|_, last| last.elapsed() < patience);
        open.iter().max_by_key(|(_, last)| **last).map(|(path, last)| (path.clone(), *last))
    }

    /// Takes an event in. `homes` are the directories with files of the configuration.
    pub(super) fn hear(&self, event: &Event, homes: &BTreeSet<PathBuf>) {
        let ours = event.paths.iter().filter(|path| is_of_configuration(path, homes));
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_)) => {
                for path in ours {
                    self.writes.fetch_add(1, Ordering::Relaxed);
                    self.open().insert(path.clone(), Instant::now());
                }
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_)) => {
                let closed = ours.filter(|path| self.open().remove(*path).is_some()).count();
                if closed > 0 {
                    self.ring();
                }
            }
            _ => {}
        }
        // Our own reading makes `Access` events, so they must not lead to another reading.
        if event.need_rescan() || !matches!(event.kind, EventKind::Access(_)) {
            self.ring();
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Instant>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a file is one of those that are read, as far as its name tells.
fn is_of_configuration(path: &Path, homes: &BTreeSet<PathBuf>) -> bool {
    let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let is_named = path.file_name().is_some_and(|name| !is_hidden(name) && (is_yaml || is_document(name)));
    is_named && path.parent().is_some_and(|dir| homes.contains(dir))
}
