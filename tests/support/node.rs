//! Packages of npm for programs beside the tests, installed under `target/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::tell;

/// The folder with the packages that the lock file of `tests/{name}` names, installed once whatever the number of test
/// processes.
pub fn packages(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join(name);
    fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("install.lock")).unwrap();
    lock.lock().unwrap();
    let (done, wanted) = (home.join("done.json"), fs::read_to_string(folder.join("package-lock.json")).unwrap());
    if fs::read_to_string(&done).is_ok_and(|made| made == wanted) {
        return home;
    }
    tell(&format!("installing packages of npm in {} for the tests, once", home.display()));
    for file in ["package.json", "package-lock.json"] {
        fs::copy(folder.join(file), home.join(file)).unwrap();
    }
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&home)
        .stdin(Stdio::null())
        .output()
        .expect("the tests need Node 20 or newer with npm: install nodejs and npm, or what your system calls them");
    let words = String::from_utf8_lossy(&npm.stderr);
    assert!(npm.status.success(), "npm must reach a registry for the packages of tests/{name}: {words}");
    fs::write(done, wanted).unwrap();
    home
}
