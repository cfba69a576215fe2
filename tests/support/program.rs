//! The program, as a process: run to its end, or kept running and listened to.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};

use super::eventually;

/// The program with nothing of the machine's AWS settings in sight.
pub fn iamatrix() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamatrix"));
    clear(&mut command);
    command
}

/// Leaves a command only what it needs to run at all.
pub fn clear(command: &mut Command) -> &mut Command {
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", "/nonexistent"), ("AWS_EC2_METADATA_DISABLED", "true")])
        .stdin(Stdio::null())
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    pub fn of(command: &mut Command) -> Self {
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")).into()
    }

    /// The same, if it ended so.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The same, if it said so.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        let said = self.stdout.contains(words) || self.stderr.contains(words);
        assert!(said, "nobody said `{words}`\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }
}

/// A process that runs until it is told to end; at the latest when this is dropped.
pub struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Arc::default();
        listen(child.stdout.take().unwrap(), &lines);
        listen(child.stderr.take().unwrap(), &lines);
        Process { child, lines }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it has said so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// The address after `words`, as soon as the process has said it.
    pub fn address_after(&mut self, words: &str) -> String {
        eventually(words, || {
            let lines = self.lines();
            let line = lines.iter().find_map(|line| line.split_once(words));
            assert!(line.is_some() || self.ended().is_none(), "it has ended\n{}", lines.join("\n"));
            let rest = line?.1;
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').unwrap_or(rest.len());
            Some(rest[..end].trim_end_matches('.').to_owned())
        })
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.id().to_string()]).status().unwrap().success());
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end.
    pub fn exit_code(&mut self) -> Option<i32> {
        eventually("the process ends", || self.ended()).code()
    }
}

fn listen(stream: impl Read + Send + 'static, lines: &Arc<Mutex<Vec<String>>>) {
    let lines = Arc::clone(lines);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    });
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
