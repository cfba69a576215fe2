//! The other evaluator: installed under `target/` by npm, asked over a pipe.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle");

/// What the oracle says to each case, in order.
pub fn answers(cases: &[Value]) -> Vec<String> {
    let mut child = Command::new("node")
        .arg(Path::new(FOLDER).join("ask.mjs"))
        .current_dir(installed())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut ask = child.stdin.take().unwrap();
    let lines = cases.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let writer = std::thread::spawn(move || ask.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().expect("the oracle reads to the end");
    assert!(output.status.success(), "the oracle has failed; its words are above");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The packages of the lock file, installed once whatever the number of test processes.
fn installed() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("oracle");
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
    assert!(npm.status.success(), "npm must reach a registry for the packages of tests/oracle: {words}");
    fs::write(done, wanted).unwrap();
    home
}

fn lock_file() -> PathBuf {
    Path::new(FOLDER).join("package-lock.json")
}
