//! A real Chromium, driven by Playwright: installed under `target/` by npm, asked by a script beside this file.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use crate::support::node;

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
    let packages = node::packages("page");
    let mut child = Command::new("node")
        .arg(Path::new(FOLDER).join("browse.mjs"))
        .arg(name)
        .args(parameters)
        .current_dir(&packages)
        .env("CHROMIUM", chromium())
        .env("NODE_MODULES", &packages)
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
    let told = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut places = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    told.or_else(|| places.find(|place| place.is_file())).expect(REMEDY)
}
