//! A real Chromium, driven by Playwright: installed under `target/` by npm, asked by a script beside this file.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page");
const REMEDY: &str = "the tests of the page need Chromium: `apt-get install chromium`, or what your system calls it, or the \
                      path of any Chromium in the environment variable CHROMIUM";

/// Runs a check of browse.mjs to its end. `parameters` go to it as they are.
#[track_caller]
pub fn check(name: &str, parameters: &[&str]) {
    check_with(name, parameters, |event| panic!("nobody waits for `{event}`"));
}

/// The same for a check that asks for something to happen meanwhile: `happens` hears what, and makes it so.
#[track_caller]
pub fn check_with(name: &str, parameters: &[&str], happens: impl FnMut(&str)) {
    let mut child = Command::new("node")
        .arg(Path::new(FOLDER).join("browse.mjs"))
        .arg(name)
        .args(parameters)
        .current_dir(installed())
        .env("CHROMIUM", chromium())
        .env("NODE_MODULES", installed())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node starts");
    let (ask, hear) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut errors = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text)
    });
    answer(ask, hear, happens);
    let (status, words) = (child.wait().unwrap(), errors.join().unwrap().unwrap());
    assert!(status.success(), "{name}: {words}");
}

/// Every line that the check writes is something that should happen now; a line back says that it has.
fn answer(mut ask: ChildStdin, hear: ChildStdout, mut happens: impl FnMut(&str)) {
    for line in BufReader::new(hear).lines().map_while(Result::ok) {
        happens(&line);
        // A check that has ended waits for nothing.
        let _ = writeln!(ask, "done");
    }
}

fn chromium() -> PathBuf {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut places = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    named.or_else(|| places.find(|place| place.is_file())).expect(REMEDY)
}

/// The packages of the lock file, installed once whatever the number of test processes.
fn installed() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("page");
    fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("install.lock")).unwrap();
    lock.lock().unwrap();
    let (done, wanted) = (home.join("done.json"), fs::read_to_string(lock_file()).unwrap());
    if fs::read_to_string(&done).is_ok_and(|made| made == wanted) {
        return home;
    }
    for name in ["package.json", "package-lock.json"] {
        fs::copy(Path::new(FOLDER).join(name), home.join(name)).unwrap();
    }
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&home)
        .stdin(Stdio::null())
        .output()
        .expect("the tests need Node 20 or newer with npm: install nodejs and npm, or what your system calls them");
    let words = String::from_utf8_lossy(&npm.stderr);
    assert!(npm.status.success(), "npm must reach a registry for the packages of tests/page: {words}");
    fs::write(done, wanted).unwrap();
    home
}

fn lock_file() -> PathBuf {
    Path::new(FOLDER).join("package-lock.json")
}
