//! Files on disk, as a channel: whoever holds the receiver sees every configuration that came to rest.
//!
//! Owns when to read again. Must not know what the files mean, and must not keep the last good configuration: an error
//! is published like any other news, and the engine decides.
//!
//! The file system's events only say *that* it may be worth to look. What counts is the content: it is read and
//! compared each time, and published if it differs. So a missed event costs time, never a change, and the touches of a
//! mounted `ConfigMap` (every minute or so) cost nothing downstream.

use std::sync::Arc;
use std::time::Duration;

use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

use crate::files::{Files, FilesError, Paths};
use bell::Bell;
use places::Places;

mod bell;
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
    /// A file that somebody writes is waited for until it is closed, or was left alone for so long.
    pub writing: Duration,
    /// Read so often without any event.
    pub poll: Duration,
    /// The same while the system gives no events, and after the poll has found what no event announced.
    pub poll_blind: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(500),
            longest: Duration::from_secs(5),
            writing: Duration::from_mins(1),
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
    let mut lookout = Lookout { paths, arm, bell: Arc::default(), armed: None, blind: false, told: false };
    let (news, receiver) = watch::channel(lookout.look());
    let (counter, reads) = watch::channel(0);
    let reload = Arc::new(Notify::new());
    let task = Task { settings, reload: Arc::clone(&reload), news, counter, doubtful: None };
    let task = tokio::spawn(task.run(lookout)).abort_handle();
    (WatchHandle { task, reload, reads }, receiver)
}

/// What made us look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Reload,
    Events,
    Poll,
}

/// The half that waits.
struct Task {
    settings: Settings,
    reload: Arc<Notify>,
    news: watch::Sender<Loaded>,
    counter: watch::Sender<u64>,
    /// What the poll found last, if that is no news yet.
    doubtful: Option<Loaded>,
}

impl Task {
    async fn run(mut self, mut lookout: Lookout) {
        while let Some(why) = self.wait(&lookout).await {
            let writes = lookout.bell.writes();
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
            // Who writes while we read may not be done; the bell has been rung for another look. Who says to read now has
            // said so all the same.
            if why == Why::Reload || lookout.bell.writes() == writes {
                self.weigh(loaded, why);
            }
            self.counter.send_modify(|reads| *reads += 1);
        }
    }

    /// Publishes what was read if it is news. What no event announced may be half of something, so it must be found twice.
    fn weigh(&mut self, loaded: Loaded, why: Why) {
        let before = self.doubtful.take();
        if *self.news.borrow() == loaded {
            return;
        }
        if why == Why::Poll && before.as_ref() != Some(&loaded) {
            self.doubtful = Some(loaded);
        } else {
            drop(self.news.send_replace(loaded));
        }
    }

    /// Until it is time to look; none if nobody wants to know any more.
    ///
    /// That is: when told to reload, when the poll is due, or when the events have ceased or gone on for long enough.
    /// But for a reload, a file that is being written is waited for: the half that is there may well look like a whole.
    async fn wait(&self, lookout: &Lookout) -> Option<Why> {
        let Settings { quiet, longest, writing, poll, poll_blind } = self.settings;
        let is_urgent = lookout.blind || self.doubtful.is_some();
        let mut until = Instant::now() + if is_urgent { poll_blind.min(poll) } else { poll };
        let (mut why, mut latest, mut begun) = (Why::Poll, None, None);
        loop {
            tokio::select! {
                () = self.news.closed() => return None,
                () = self.reload.notified() => return Some(Why::Reload),
                () = lookout.bell.rung() => {
                    why = Why::Events;
                    let now = Instant::now();
                    until = (now + quiet).min(*latest.get_or_insert(now + longest));
                }
                () = sleep_until(until) => {
                    let Some((path, last)) = lookout.bell.being_written(writing) else { return Some(why) };
                    let begun = begun.get_or_insert_with(Instant::now);
                    if begun.elapsed() >= writing {
                        tracing::warn!("{}: still being written; it is read when it is closed", path.display());
                        *begun = Instant::now();
                    }
                    (until, latest) = (last + writing, None);
                }
            }
        }
    }
}

/// The half that touches the disk.
struct Lookout {
    paths: Paths,
    arm: Arm,
    bell: Arc<Bell>,
    armed: Option<RecommendedWatcher>,
    /// No events come from some place, or from any.
    blind: bool,
    told: bool,
}

impl Lookout {
    /// Watches afresh, then reads, in this order: what changes in between is seen by the one or the other.
    ///
    /// Afresh each time, because the old watches may hang on directories that were moved or deleted meanwhile, even if
    /// others bear their names by now. They are let go only after that, so that nobody begins to write in between.
    fn look(&mut self) -> Loaded {
        let (armed, trouble) = (self.arm)(places::to_watch(&self.paths), &self.bell);
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
type Arm = fn(Places, &Arc<Bell>) -> (Option<RecommendedWatcher>, Option<notify::Error>);

fn arm(places: Places, bell: &Arc<Bell>) -> (Option<RecommendedWatcher>, Option<notify::Error>) {
    let Places { dirs, homes } = places;
    let heard = Arc::clone(bell);
    let handler = move |event: notify::Result<notify::Event>| match event {
        Ok(event) => heard.hear(&event, &homes),
        Err(_) => heard.ring(),
    };
    let mut watcher = match notify::recommended_watcher(handler) {
        Ok(watcher) => watcher,
        Err(error) => return (None, Some(error)),
    };
    let mut trouble = None;
    for dir in &dirs {
        match watcher.watch(dir, RecursiveMode::NonRecursive) {
            Ok(()) => {}
            // Gone since the walk: look once more.
            Err(error) if is_gone(&error) => bell.ring(),
            Err(error) => trouble = Some(error),
        }
    }
    (Some(watcher), trouble)
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}
