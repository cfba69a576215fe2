#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at once")]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::*;
use crate::files::Problem;

#[cfg(unix)]
mod links;
mod writing;

/// Quick to react, and without the poll, so that what is seen was seen by its event.
const EVENTS: Settings = Settings {
    quiet: Duration::from_millis(30),
    longest: Duration::from_millis(300),
    writing: Duration::from_hours(1),
    poll: Duration::from_hours(1),
    poll_blind: Duration::from_hours(1),
};
/// Far more than anything here takes; it only ends a test that failed.
const ENOUGH: Duration = Duration::from_secs(20);

/// A watched directory.
struct Watched {
    temp: TempDir,
    handle: WatchHandle,
    news: watch::Receiver<Loaded>,
}

impl Watched {
    /// Makes the files and watches `below` of the directory that they are in.
    fn over(below: &str, make: impl FnOnce(&Path)) -> Self {
        let temp = TempDir::new().unwrap();
        make(temp.path());
        let paths = Paths { dir: temp.path().join(below), operator: None };
        let (handle, news) = spawn(paths, EVENTS);
        Self { temp, handle, news }
    }

    fn plain() -> Self {
        Self::over("config", |root| config(&root.join("config"), "1"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    /// Waits until this is the matrix.
    async fn sees(&mut self, text: &str) {
        let wanted = |loaded: &Loaded| loaded.as_ref().is_ok_and(|files| files.matrix().text == text);
        let seen = timeout(ENOUGH, self.news.wait_for(wanted)).await.is_ok();
        assert!(seen, "never saw {text:?}, but {:?}", self.news.borrow());
    }

    /// Waits until the files cannot be read.
    async fn sees_trouble(&mut self) -> Problem {
        let loaded = timeout(ENOUGH, self.news.wait_for(Result::is_err)).await.expect("no error came").unwrap();
        loaded.as_ref().unwrap_err().problem.clone()
    }

    /// Waits until the files were read once more, and says whether that was news.
    async fn reads_after(&mut self, change: impl FnOnce(&Self)) -> bool {
        let mut reads = self.handle.reads();
        reads.mark_unchanged();
        self.news.mark_unchanged();
        change(self);
        timeout(ENOUGH, reads.changed()).await.expect("nothing was read").unwrap();
        self.news.has_changed().unwrap()
    }
}

fn config(dir: &Path, text: &str) {
    fs::create_dir_all(dir.join("policies")).unwrap();
    fs::write(dir.join("operator.yaml"), "").unwrap();
    fs::write(dir.join("policies/A.json"), "{}").unwrap();
    fs::write(dir.join("matrix.yaml"), text).unwrap();
}

#[tokio::test]
async fn the_first_reading_is_there_at_once() {
    let watched = Watched::plain();
    assert_eq!(watched.news.borrow().as_ref().unwrap().matrix().text, "1");
}

#[tokio::test]
async fn a_changed_new_or_deleted_document_is_seen() {
    let mut watched = Watched::plain();
    for (name, text) in [("A", Some("[]")), ("B", Some("{}")), ("A", None)] {
        let path = watched.path("config/policies").join(name).with_extension("json");
        match text {
            Some(text) => fs::write(path, text).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let wanted = |loaded: &Loaded| {
            let found =
                loaded.as_ref().ok().and_then(|files| files.document_dir("policies").find(|file| file.stem() == name));
            found.map(|file| file.text.as_str()) == text
        };
        timeout(ENOUGH, watched.news.wait_for(wanted)).await.expect("never seen").unwrap();
    }
}

#[tokio::test]
async fn a_document_in_a_directory_made_later_is_seen() {
    let mut watched = Watched::plain();
    fs::create_dir(watched.path("config/more")).unwrap();
    timeout(ENOUGH, watched.news.changed()).await.unwrap().unwrap();
    fs::write(watched.path("config/more/B.json"), "{}").unwrap();
    let wanted = |loaded: &Loaded| loaded.as_ref().is_ok_and(|files| files.document_dir("more").count() == 1);
    timeout(ENOUGH, watched.news.wait_for(wanted)).await.expect("never seen").unwrap();
}

#[tokio::test]
async fn a_touch_is_looked_at_and_is_no_news() {
    let mut watched = Watched::plain();
    let touched = watched.reads_after(|at| {
        let file = fs::File::options().append(true).open(at.path("config/matrix.yaml")).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    });
    assert!(!touched.await);
    // Beside it first: to write over a file empties it for a moment, which would be news.
    fs::write(watched.path("config/.A.json.new"), "{}").unwrap();
    let rewritten = watched.reads_after(|at| {
        fs::rename(at.path("config/.A.json.new"), at.path("config/policies/A.json")).unwrap();
    });
    assert!(!rewritten.await);
}

#[tokio::test]
async fn to_read_the_files_leads_to_no_further_reading() {
    let mut watched = Watched::plain();
    fs::write(watched.path("config/matrix.yaml"), "2").unwrap();
    watched.sees("2").await;
    let mut reads = watched.handle.reads();
    let before = *reads.borrow();
    // The reading that saw it may not be counted yet, and an event of the write may still be on its way.
    let again = timeout(EVENTS.longest * 3, reads.wait_for(|reads| *reads > before + 2));
    assert!(again.await.is_err(), "a reading was followed by another, and another");
}

#[tokio::test]
async fn an_editor_that_saves_by_renaming_is_seen_every_time() {
    let mut watched = Watched::plain();
    for text in ["2", "3", "4"] {
        fs::write(watched.path("config/.matrix.yaml.new"), text).unwrap();
        fs::rename(watched.path("config/.matrix.yaml.new"), watched.path("config/matrix.yaml")).unwrap();
        watched.sees(text).await;
    }
}

#[tokio::test]
async fn a_file_that_goes_is_an_error_and_its_return_is_seen() {
    let mut watched = Watched::plain();
    for text in ["2", "3"] {
        fs::remove_file(watched.path("config/matrix.yaml")).unwrap();
        assert_eq!(watched.sees_trouble().await, Problem::Missing);
        fs::write(watched.path("config/matrix.yaml"), text).unwrap();
        watched.sees(text).await;
    }
}

#[tokio::test]
async fn a_directory_that_is_replaced_is_seen_every_time() {
    let mut watched = Watched::plain();
    for text in ["2", "3", "4"] {
        config(&watched.path("next"), text);
        fs::rename(watched.path("config"), watched.path(&format!("before-{text}"))).unwrap();
        fs::rename(watched.path("next"), watched.path("config")).unwrap();
        watched.sees(text).await;
    }
}

#[tokio::test]
async fn a_directory_that_is_deleted_with_its_parent_is_seen_when_both_return() {
    let mut watched = Watched::over("a/b/config", |root| config(&root.join("a/b/config"), "1"));
    for text in ["2", "3"] {
        fs::remove_dir_all(watched.path("a")).unwrap();
        assert_eq!(watched.sees_trouble().await, Problem::Missing);
        config(&watched.path("a/b/config"), text);
        watched.sees(text).await;
    }
}

#[tokio::test]
async fn a_file_that_is_no_text_is_an_error_until_it_is_mended() {
    let mut watched = Watched::plain();
    fs::write(watched.path("config/policies/A.json"), [b'"', 0xff]).unwrap();
    assert_eq!(watched.sees_trouble().await, Problem::NotUtf8(1));
    fs::write(watched.path("config/policies/A.json"), "{}").unwrap();
    watched.sees("1").await;
}

#[tokio::test]
async fn an_error_that_stays_is_told_once_and_another_one_again() {
    let mut watched = Watched::plain();
    fs::write(watched.path("config/policies/A.json"), [0xff]).unwrap();
    assert_eq!(watched.sees_trouble().await, Problem::NotUtf8(0));
    assert!(!watched.reads_after(|at| at.handle.reload()).await);
    fs::write(watched.path("config/policies/A.json"), [b' ', 0xff]).unwrap();
    let other = |loaded: &Loaded| loaded.as_ref().is_err_and(|error| error.problem == Problem::NotUtf8(1));
    timeout(ENOUGH, watched.news.wait_for(other)).await.expect("the other error never came").unwrap();
}

#[tokio::test]
async fn a_reload_reads_at_once() {
    let temp = TempDir::new().unwrap();
    config(temp.path(), "1");
    let forever = Duration::from_hours(1);
    let settings = Settings { quiet: forever, longest: forever, writing: forever, poll: forever, poll_blind: forever };
    let (handle, news) = spawn(Paths { dir: temp.path().to_owned(), operator: None }, settings);
    let mut watched = Watched { temp, handle, news };
    fs::write(watched.path("matrix.yaml"), "2").unwrap();
    watched.handle.reload();
    watched.sees("2").await;
}

#[tokio::test]
async fn without_events_the_files_are_polled() {
    let temp = TempDir::new().unwrap();
    config(temp.path(), "1");
    let settings = Settings { poll_blind: Duration::from_millis(20), ..EVENTS };
    let paths = Paths { dir: temp.path().to_owned(), operator: None };
    let (handle, news) = start(paths, settings, |_, _| (None, Some(notify::Error::new(ErrorKind::MaxFilesWatch))));
    let mut watched = Watched { temp, handle, news };
    for text in ["2", "3"] {
        fs::write(watched.path("matrix.yaml"), text).unwrap();
        watched.sees(text).await;
    }
}

#[tokio::test]
async fn what_makes_no_event_is_found_by_the_poll() {
    let temp = TempDir::new().unwrap();
    config(temp.path(), "1");
    let settings = Settings { poll: Duration::from_millis(20), ..EVENTS };
    let paths = Paths { dir: temp.path().to_owned(), operator: None };
    let (handle, news) = start(paths, settings, |_, _| (None, None));
    let mut watched = Watched { temp, handle, news };
    fs::write(watched.path("matrix.yaml"), "2").unwrap();
    watched.sees("2").await;
}

#[tokio::test]
async fn changes_without_a_pause_are_read_all_the_same() {
    let mut watched = Watched::plain();
    let path = watched.path("config/.busy");
    let busy = tokio::spawn(async move {
        loop {
            fs::write(&path, "").unwrap();
            sleep(EVENTS.quiet / 6).await;
        }
    });
    fs::write(watched.path("config/matrix.yaml"), "2").unwrap();
    watched.sees("2").await;
    busy.abort();
}

#[tokio::test]
async fn the_watch_ends_with_its_handle() {
    let Watched { handle, mut news, temp: _temp } = Watched::plain();
    drop(handle);
    assert!(timeout(ENOUGH, news.changed()).await.expect("still watched").is_err());
}

#[tokio::test]
async fn the_watch_ends_with_its_last_receiver() {
    let Watched { handle, news, temp: _temp } = Watched::plain();
    drop(news);
    assert!(timeout(ENOUGH, handle.reads().changed()).await.expect("still watched").is_err());
}
