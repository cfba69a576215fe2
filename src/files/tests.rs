#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at once")]

use std::cell::Cell;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

fn put(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn example() -> TempDir {
    let dir = TempDir::new().unwrap();
    put(dir.path(), "matrix.yaml", "version: 1\n");
    put(dir.path(), "operator.yaml", "mode: observe\n");
    put(dir.path(), "policies/B.json", "{}");
    put(dir.path(), "policies/A.json", "[]");
    dir
}

fn paths(dir: &Path) -> Paths {
    Paths { dir: dir.to_owned(), operator: None }
}

fn read(dir: &TempDir) -> Result<Files, FilesError> {
    Files::read(&paths(dir.path()))
}

/// What is wrong, with the path below the directory.
fn trouble(dir: &TempDir) -> (String, Problem) {
    let FilesError { path, problem, .. } = read(dir).unwrap_err();
    let root = format!("{}/", dir.path().display());
    (path.strip_prefix(&root).unwrap_or(&path).to_owned(), problem)
}

fn stems<'a>(files: &'a Files, dir: &'a str) -> Vec<&'a str> {
    files.document_dir(dir).map(File::stem).collect()
}

#[test]
fn every_file_is_read_with_the_name_that_people_know() {
    let dir = example();
    let files = read(&dir).unwrap();
    let root = dir.path().display();
    assert_eq!(files.matrix().text, "version: 1\n");
    assert_eq!(files.matrix().name, format!("{root}/matrix.yaml"));
    assert_eq!(files.operator().text, "mode: observe\n");
    let names: Vec<_> = files.document_dir("policies/").map(|file| file.name.clone()).collect();
    assert_eq!(names, [format!("{root}/policies/A.json"), format!("{root}/policies/B.json")]);
}

#[test]
fn the_operators_settings_may_lie_elsewhere() {
    let (dir, other) = (example(), TempDir::new().unwrap());
    put(other.path(), "settings.yaml", "mode: enforce\n");
    fs::remove_file(dir.path().join("operator.yaml")).unwrap();
    let operator = other.path().join("settings.yaml");
    let files = Files::read(&Paths { operator: Some(operator), ..paths(dir.path()) }).unwrap();
    assert_eq!(files.operator().text, "mode: enforce\n");
}

#[test]
fn the_settings_come_with_the_error_where_only_the_rest_cannot_be_read() {
    let dir = example();
    fs::remove_file(dir.path().join("matrix.yaml")).unwrap();
    assert_eq!(read(&dir).unwrap_err().operator.unwrap().text, "mode: observe\n");
    fs::remove_file(dir.path().join("operator.yaml")).unwrap();
    assert_eq!(read(&dir).unwrap_err().operator, None);
}

#[test]
fn a_directory_may_be_written_in_any_way_and_lists_only_what_lies_directly_in_it() {
    let dir = example();
    put(dir.path(), "policies/old/C.json", "{}");
    put(dir.path(), "policies/README.md", "not a document");
    let files = read(&dir).unwrap();
    for written in ["policies", "policies/", "./policies", "./policies/."] {
        assert_eq!(stems(&files, written), ["A", "B"], "{written}");
    }
    assert_eq!(stems(&files, "policies/old"), ["C"]);
    assert!(files.has_dir("policies/old/") && files.has_dir(".") && !files.has_dir("policy"));
    for outside in ["../policies", "/policies", "policies/../policies"] {
        assert!(stems(&files, outside).is_empty() && !files.has_dir(outside), "{outside}");
    }
}

#[test]
fn an_empty_directory_exists_and_is_a_change() {
    let dir = example();
    let before = read(&dir).unwrap();
    fs::create_dir(dir.path().join("empty")).unwrap();
    let after = read(&dir).unwrap();
    assert!(after.has_dir("empty") && stems(&after, "empty").is_empty());
    assert_ne!(before, after);
}

#[test]
fn hidden_names_and_other_endings_are_not_looked_at() {
    let dir = example();
    let before = read(&dir).unwrap();
    put(dir.path(), ".git/config.json", [0xff]);
    put(dir.path(), "policies/.A.json.swp", "x");
    put(dir.path(), "policies/A.json~", "x");
    put(dir.path(), "notes.txt", [0xff]);
    assert_eq!(read(&dir).unwrap(), before);
}

#[test]
fn the_digest_depends_on_names_and_contents_and_on_nothing_else() {
    let files =
        |documents: &[(&'static str, &'static str)]| *Files::from_memory("o", "m", documents.iter().copied()).digest();
    let base = files(&[("p/A.json", "1"), ("p/B.json", "2")]);
    assert_eq!(base, files(&[("p/B.json", "2"), ("p/A.json", "1")]));
    assert_ne!(base, files(&[("p/A.json", "2"), ("p/B.json", "1")]));
    assert_ne!(base, files(&[("p/A.json", "1")]));
    assert_ne!(base, files(&[("p/A.json", "1"), ("q/B.json", "2")]));
    assert_ne!(Files::from_memory("ab", "c", []).digest(), Files::from_memory("a", "bc", []).digest());
    assert_eq!(base.to_string().len(), 64);
    assert_eq!(base.short(), base.to_string()[..12]);
}

#[test]
fn memory_and_disk_give_the_same_files() {
    let documents = [("policies/A.json", "[]"), ("policies/B.json", "{}")];
    assert_eq!(read(&example()).unwrap(), Files::from_memory("mode: observe\n", "version: 1\n", documents));
}

#[test]
fn a_missing_file_or_directory_is_named() {
    let dir = example();
    fs::remove_file(dir.path().join("matrix.yaml")).unwrap();
    assert_eq!(trouble(&dir), ("matrix.yaml".to_owned(), Problem::Missing));
    let error = Files::read(&paths(Path::new("no/such/place"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no/such/place: does not exist, or is a link to something that does not; \
         create it, or name the directory that holds the configuration with --config"
    );
}

#[test]
fn what_is_not_utf8_is_named_with_the_byte() {
    let dir = example();
    put(dir.path(), "policies/A.json", b"{\"a\":\"\xe9\"}");
    assert_eq!(trouble(&dir), ("policies/A.json".to_owned(), Problem::NotUtf8(6)));
}

#[test]
fn a_directory_in_the_place_of_a_file_is_refused() {
    let dir = example();
    fs::remove_file(dir.path().join("matrix.yaml")).unwrap();
    fs::create_dir(dir.path().join("matrix.yaml")).unwrap();
    assert_eq!(trouble(&dir), ("matrix.yaml".to_owned(), Problem::NotAFile));
}

#[test]
fn too_many_files_are_refused() {
    let dir = example();
    for number in 0..MAX_ENTRIES {
        put(dir.path(), &format!("many/{number}.json"), "");
    }
    assert_eq!(trouble(&dir).1, Problem::TooMany);
}

#[test]
fn too_much_text_is_refused() {
    let dir = example();
    let half = vec![b' '; usize::try_from(MAX_BYTES / 2).unwrap()];
    put(dir.path(), "policies/A.json", &half);
    assert!(read(&dir).is_ok());
    put(dir.path(), "policies/B.json", &half);
    assert_eq!(trouble(&dir).1, Problem::TooLarge);
}

/// Serves the readings in turn, the last one for ever, and counts them.
fn served(readings: &[Result<Files, FilesError>]) -> (Result<Files, FilesError>, usize) {
    let count = Cell::new(0);
    let next = || {
        let reading = readings[count.get().min(readings.len() - 1)].clone();
        count.set(count.get() + 1);
        reading
    };
    (settled("config", next, || ()), count.get())
}

fn version(text: &str) -> Files {
    Files::from_memory("", text, [])
}

#[test]
fn files_that_are_swapped_while_they_are_read_are_read_until_two_reads_agree() {
    assert_eq!(served(&[Ok(version("1"))]), (Ok(version("1")), 2));
    assert_eq!(served(&[Ok(version("torn")), Ok(version("2"))]), (Ok(version("2")), 3));
}

#[test]
fn an_error_that_passes_is_not_reported_and_one_that_stays_is() {
    let gone = || Err(FilesError { path: "a".to_owned(), problem: Problem::Missing, operator: None });
    assert_eq!(served(&[gone(), Ok(version("2"))]), (Ok(version("2")), 3));
    assert_eq!(served(&[Ok(version("1")), gone()]), (gone(), 3));
}

#[test]
fn files_that_never_come_to_rest_are_an_error() {
    let readings: Vec<_> = ["1", "2", "1", "2", "1", "1"].map(|text| Ok(version(text))).into();
    let (result, reads) = served(&readings);
    assert_eq!(reads, MAX_READS);
    assert!(result.unwrap_err().to_string().contains("config: kept changing while it was read"));
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_to_files_and_directories_are_followed() {
        let dir = TempDir::new().unwrap();
        put(dir.path(), "..2030/matrix.yaml", "version: 1\n");
        put(dir.path(), "..2030/operator.yaml", "mode: observe\n");
        put(dir.path(), "..2030/policies/A.json", "[]");
        put(dir.path(), "..2030/policies/B.json", "{}");
        symlink("..2030", dir.path().join("..data")).unwrap();
        for name in ["matrix.yaml", "operator.yaml", "policies"] {
            symlink(format!("..data/{name}"), dir.path().join(name)).unwrap();
        }
        assert_eq!(read(&dir).unwrap(), read(&example()).unwrap());
    }

    #[test]
    fn two_links_to_one_directory_are_no_loop() {
        let dir = example();
        symlink("policies", dir.path().join("more")).unwrap();
        assert_eq!(stems(&read(&dir).unwrap(), "more"), ["A", "B"]);
    }

    #[test]
    fn a_directory_that_links_to_itself_is_refused() {
        let dir = example();
        symlink("..", dir.path().join("policies/up")).unwrap();
        assert_eq!(trouble(&dir), ("policies/up".to_owned(), Problem::Loop));
    }

    #[test]
    fn a_link_to_nothing_is_an_error_if_it_should_be_a_document_and_else_ignored() {
        let dir = example();
        symlink("nowhere", dir.path().join("policies/lock")).unwrap();
        assert!(read(&dir).is_ok());
        symlink("nowhere", dir.path().join("policies/C.json")).unwrap();
        assert_eq!(trouble(&dir), ("policies/C.json".to_owned(), Problem::Missing));
    }

    #[test]
    fn what_the_system_does_not_hand_out_is_an_error_with_its_reason() {
        let dir = example();
        fs::remove_file(dir.path().join("policies/A.json")).unwrap();
        // Not by permissions: root, who runs the tests in many images, may read everything.
        symlink("A.json", dir.path().join("policies/A.json")).unwrap();
        let (path, problem) = trouble(&dir);
        assert_eq!(path, "policies/A.json");
        assert!(matches!(problem, Problem::Unreadable(_)), "{problem}");
    }

    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let dir = example();
        let pipe = dir.path().join("policies/C.json");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if made.is_ok_and(|status| status.success()) {
            assert_eq!(trouble(&dir), ("policies/C.json".to_owned(), Problem::NotAFile));
        }
    }
}
