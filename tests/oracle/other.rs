//! The other evaluator: installed under `target/` by npm, asked over a pipe.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::node;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle");

/// What the oracle says to each case, in order.
pub fn answers(cases: &[Value]) -> Vec<String> {
    let mut child = Command::new("node")
        .arg(Path::new(FOLDER).join("ask.mjs"))
        .current_dir(node::packages("oracle"))
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
