//! Files on disk, as a channel: whoever holds the receiver sees every configuration that came to rest.
//!
//! Owns when to read again. Must not know what the files mean, and must not keep the last good configuration: an error
//! is published like any other news, and the engine decides.
//!
//! The file system's events only say *that* it may be worth to look. What counts is the content: it is read and
//! compared each time, and published if it differs. So a missed event costs time, never a change, and the touches of a
//! mounted `ConfigMap` (every minute or so) cost nothing downstream.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::files::{Files, FilesError, Paths};

mod places;
#[cfg(test)]
mod tests;

/// The configuration as it was found last, or why there is none.
pub type Loaded = Result<Arc<Files>, Arc<FilesError>>;

/// How patient the watch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// After an event, read when nothing happened for so long.
    pub quiet: Duration,
    /// Read so long after the first event at the latest, quiet or not.
    pub longest: Duration,
    /// Read so often without any event.
    pub poll: Duration,
    /// The same while the system gives no events.
    pub poll_blind: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(500),
            longest: Duration::from_secs(5),
            poll: Duration::from_secs(30),
            poll_blind: Duration::from_secs(5),
        }
    }
}

/// Keeps the watch going; to drop it ends the watch.
#[derive(Debug)]
pub struct WatchHandle {
    task: AbortHandle,
    reload: Arc<Notify>,
    reads: watch::Receiver<u64>,
}

impl WatchHandle {
    /// Reads again now. News arrive on the channel as ever: only if something changed.
    pub fn reload(&self) {
        self.reload.notify_one();
    }

    /// How often the files were read since the first time, changed or not.
    #[must_use]
    pub fn reads(&self) -> watch::Receiver<u64> {
        self.reads.clone()
    }
}

impl Drop for WatchHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads the configuration, and watches it from then on. The receiver holds the first reading when this returns.
///
/// Must be called inside a tokio runtime. The watch ends with its handle, or with the last receiver.
#[must_use]
pub fn spawn(paths: Paths, settings: Settings) -> (WatchHandle, watch::Receiver<Loaded>) {
    start(paths, settings, arm)
}

fn start(paths: Paths, settings: Settings, arm: Arm) -> (WatchHandle, watch::Receiver<Loaded>) {
    let mut lookout = Lookout { paths, arm, events: Arc::new(Notify::new()), armed: None, blind: false, told: false };
    let (news, receiver) = watch::channel(lookout.look());
    let (counter, reads) = watch::channel(0);
    let reload = Arc::new(Notify::new());
    let task = Task { settings, reload: Arc::clone(&reload), news, counter };
    let task = tokio::spawn(task.run(lookout)).abort_handle();
    (WatchHandle { task, reload, reads }, receiver)
}

/// The half that waits.
struct Task {
    settings: Settings,
    reload: Arc<Notify>,
    news: watch::Sender<Loaded>,
    counter: watch::Sender<u64>,
}

impl Task {
    async fn run(self, mut lookout: Lookout) {
        while self.wait(&lookout).await {
            // Elsewhere, because disks may be slow: a hung network mount must not hold up a worker of the runtime.
            let looked = tokio::task::spawn_blocking(move || {
                let loaded = lookout.look();
                (lookout, loaded)
            });
            let loaded;
            match looked.await {
                Ok(done) => (lookout, loaded) = done,
                Err(error) if error.is_cancelled() => return,
                Err(error) => return tracing::error!(%error, "the configuration is no longer watched"),
            }
            self.news.send_if_modified(|known| {
                let changed = *known != loaded;
                *known = loaded;
                changed
            });
            self.counter.send_modify(|reads| *reads += 1);
        }
    }

    /// Until it is time to look; false if nobody wants to know any more.
    async fn wait(&self, lookout: &Lookout) -> bool {
        let poll = if lookout.blind { self.settings.poll_blind } else { self.settings.poll };
        tokio::select! {
            () = self.news.closed() => return false,
            () = self.reload.notified() => {}
            () = sleep(poll) => {}
            () = lookout.events.notified() => self.calm(&lookout.events).await,
        }
        true
    }

    /// Until the events cease, or have gone on for long enough.
    async fn calm(&self, events: &Notify) {
        let latest = Instant::now() + self.settings.longest;
        while Instant::now() < latest {
            let quiet = latest.min(Instant::now() + self.settings.quiet);
            tokio::select! {
                () = events.notified() => {}
                () = self.reload.notified() => return,
                () = sleep_until(quiet) => return,
            }
        }
    }
}

/// The half that touches the disk.
struct Lookout {
    paths: Paths,
    arm: Arm,
    /// Rung by the file system. Rings add up to one, so a storm of events needs no room.
    events: Arc<Notify>,
    armed: Option<RecommendedWatcher>,
    /// No events come from some place, or from any.
    blind: bool,
    told: bool,
}

impl Lookout {
    /// Watches afresh, then reads, in this order: what changes in between is seen by the one or the other.
    ///
    /// Afresh each time, because the old watches may hang on directories that were moved or deleted meanwhile, even if
    /// others bear their names by now.
    fn look(&mut self) -> Loaded {
        self.armed = None;
        let (armed, trouble) = (self.arm)(&places::to_watch(&self.paths), &self.events);
        self.armed = armed;
        self.blind = trouble.is_some();
        if let Some(error) = trouble.filter(|_| !self.told) {
            self.told = true;
            tracing::warn!(%error, "the system gives no events for the configuration, so it is polled");
        }
        Files::read(&self.paths).map(Arc::new).map_err(Arc::new)
    }
}

/// Watches directories and rings for their events. What could be watched comes with what could not.
type Arm = fn(&BTreeSet<PathBuf>, &Arc<Notify>) -> (Option<RecommendedWatcher>, Option<notify::Error>);

fn arm(dirs: &BTreeSet<PathBuf>, events: &Arc<Notify>) -> (Option<RecommendedWatcher>, Option<notify::Error>) {
    let ring = Arc::clone(events);
    let handler = move |event: notify::Result<Event>| {
        if event.as_ref().map_or(true, is_change) {
            ring.notify_one();
        }
    };
    let mut watcher = match notify::recommended_watcher(handler) {
        Ok(watcher) => watcher,
        Err(error) => return (None, Some(error)),
    };
    let mut trouble = None;
    for dir in dirs {
        match watcher.watch(dir, RecursiveMode::NonRecursive) {
            Ok(()) => {}
            // Gone since the walk: look once more.
            Err(error) if is_gone(&error) => events.notify_one(),
            Err(error) => trouble = Some(error),
        }
    }
    (Some(watcher), trouble)
}

/// Our own reading makes `Access` events, so they must not lead to another reading.
fn is_change(event: &Event) -> bool {
    event.need_rescan() || !matches!(event.kind, EventKind::Access(_))
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}
