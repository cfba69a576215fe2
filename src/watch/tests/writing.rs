//! Files that are written in place and slowly. What is there in the meantime may well look like a whole.

use std::io::Write as _;

use super::*;

/// Begins to write the matrix over, as a slow copy does, and waits until that was heard.
async fn begin(watched: &Watched, text: &str) -> fs::File {
    let mut file = fs::File::create(watched.path("config/matrix.yaml")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    // Many times the quiet after which files are read.
    sleep(EVENTS.longest * 2).await;
    file
}

#[tokio::test]
async fn a_file_that_is_written_slowly_is_read_when_it_is_closed() {
    let mut watched = Watched::plain();
    let mut file = begin(&watched, "2").await;
    for part in ["3", "4"] {
        file.write_all(part.as_bytes()).unwrap();
        sleep(EVENTS.longest * 2).await;
    }
    assert_eq!(*watched.handle.reads().borrow(), 0, "nothing was read meanwhile");
    drop(file);
    timeout(ENOUGH, watched.news.changed()).await.expect("never seen").unwrap();
    assert_eq!(watched.news.borrow().as_ref().unwrap().matrix().text, "234");
}

#[tokio::test]
async fn a_new_document_is_read_when_it_is_closed() {
    let mut watched = Watched::plain();
    let mut file = fs::File::create(watched.path("config/policies/B.json")).unwrap();
    file.write_all(b"{").unwrap();
    sleep(EVENTS.longest * 2).await;
    file.write_all(b"}").unwrap();
    drop(file);
    timeout(ENOUGH, watched.news.changed()).await.expect("never seen").unwrap();
    let loaded = watched.news.borrow().clone().unwrap();
    assert_eq!(loaded.document_dir("policies").map(|file| file.text.as_str()).collect::<Vec<_>>(), ["{}", "{}"]);
}

#[tokio::test]
async fn a_reload_waits_for_no_writer() {
    let mut watched = Watched::plain();
    let _file = begin(&watched, "2").await;
    watched.handle.reload();
    watched.sees("2").await;
}

#[tokio::test]
async fn a_writer_that_falls_silent_is_not_waited_for_for_ever() {
    let temp = TempDir::new().unwrap();
    config(&temp.path().join("config"), "1");
    let settings = Settings { writing: EVENTS.longest, ..EVENTS };
    let (handle, news) = spawn(Paths { dir: temp.path().join("config"), operator: None }, settings);
    let mut watched = Watched { temp, handle, news };
    let _file = begin(&watched, "2").await;
    watched.sees("2").await;
}

#[tokio::test]
async fn a_file_that_goes_while_it_is_written_is_not_waited_for() {
    let mut watched = Watched::plain();
    let _file = begin(&watched, "2").await;
    fs::remove_file(watched.path("config/matrix.yaml")).unwrap();
    assert_eq!(watched.sees_trouble().await, Problem::Missing);
}

#[tokio::test]
async fn a_file_that_is_replaced_while_it_is_written_is_not_waited_for() {
    let mut watched = Watched::plain();
    let _file = begin(&watched, "2").await;
    fs::write(watched.path("config/.next"), "3").unwrap();
    fs::rename(watched.path("config/.next"), watched.path("config/matrix.yaml")).unwrap();
    watched.sees("3").await;
}

#[cfg(unix)]
#[tokio::test]
async fn what_others_write_beside_the_configuration_is_not_waited_for() {
    // The directory above is watched too, because the link lies in it.
    let mut watched = Watched::over("config", |root| {
        config(&root.join("real"), "1");
        std::os::unix::fs::symlink("real", root.join("config")).unwrap();
    });
    let mut beside = fs::File::create(watched.path("other.json")).unwrap();
    let mut within = fs::File::create(watched.path("config/notes.txt")).unwrap();
    beside.write_all(b"{").unwrap();
    within.write_all(b"not ours").unwrap();
    fs::write(watched.path("config/matrix.yaml"), "2").unwrap();
    watched.sees("2").await;
}

#[tokio::test]
async fn what_only_the_poll_finds_counts_when_it_is_found_twice() {
    let temp = TempDir::new().unwrap();
    config(temp.path(), "1");
    let settings = Settings { poll: EVENTS.longest, ..EVENTS };
    let (handle, news) = start(Paths { dir: temp.path().to_owned(), operator: None }, settings, |_, _| (None, None));
    let mut watched = Watched { temp, handle, news };
    for text in ["2", "3"] {
        let is_news = watched.reads_after(|at| fs::write(at.path("matrix.yaml"), text).unwrap());
        assert!(!is_news.await, "{text} was found once");
    }
    watched.sees("3").await;
}
