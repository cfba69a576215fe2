//! An account on the sandbox or on moto, a person with boto3 in it, and the program that is to keep it.

use std::cell::{RefCell, RefMut};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::program::{Process, Run, clear, iamatrix};
use super::python::{self, Hand};
use super::wire::Wire;
use super::{Config, USERS};

/// Who plays IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Our own, which is strict.
    Sandbox,
    /// One written by others, which is not, but knows nothing of us.
    Moto,
}

pub struct Account {
    pub config: Config,
    pub wire: Wire,
    pub id: String,
    endpoint: String,
    hand: RefCell<Hand>,
    _sandbox: Option<Process>,
}

impl Account {
    /// An account that holds nothing.
    pub fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sandbox => {
                let mut sandbox = Process::start(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0"]));
                let endpoint = format!("http://{}", sandbox.address_after("http://"));
                Account::at(&endpoint, Config::example(), Some(sandbox))
            }
            Backend::Moto => {
                static NEXT: AtomicU64 = AtomicU64::new(200_000_000_001);
                let id = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
                let config = Config::example();
                config.edit("operator.yaml", "account: \"123456789012\"", &format!("account: \"{id}\""));
                Account::at(python::moto(), config, None)
            }
        }
    }

    /// An account that holds the eleven users, on a sandbox under conditions, in YAML.
    pub fn in_conditions(conditions: &str) -> Self {
        Account::with_first("{}", conditions)
    }

    /// The same, where the first of the users has what an account file says, such as what nobody could be given by hand.
    pub fn with_first(first: &str, conditions: &str) -> Self {
        let config = Config::example();
        let users = USERS.map(|user| format!("{user}: {}", if user == USERS[0] { first } else { "{}" })).join(", ");
        config.write("users.yaml", &format!("account: \"{}\"\nusers: {{ {users} }}", config.account()));
        config.write("conditions.yaml", conditions);
        let mut command = iamatrix();
        command.args(["sandbox", "--listen", "127.0.0.1:0"]);
        command.arg("--account").arg(config.file("users.yaml")).arg("--conditions").arg(config.file("conditions.yaml"));
        let mut sandbox = Process::start(&mut command);
        let endpoint = format!("http://{}", sandbox.address_after("http://"));
        Account::at(&endpoint, config, Some(sandbox))
    }

    /// The account that is served there already.
    pub fn at(endpoint: &str, config: Config, sandbox: Option<Process>) -> Self {
        let id = config.account();
        Account {
            config,
            wire: Wire::to(endpoint),
            endpoint: endpoint.to_owned(),
            hand: RefCell::new(Hand::new(endpoint, &id)),
            id,
            _sandbox: sandbox,
        }
    }

    /// An account that holds the eleven users and nothing else.
    pub fn with_users(backend: Backend) -> Self {
        let account = Account::empty(backend);
        for user in USERS {
            account.by_hand("create_user", json!({ "UserName": user }));
        }
        account
    }

    /// An account that is equal to the matrix.
    pub fn converged(backend: Backend) -> Self {
        let account = Account::with_users(backend);
        account.apply().exits(0);
        account.wire.take();
        account
    }

    fn hand(&self) -> RefMut<'_, Hand> {
        self.hand.borrow_mut()
    }

    /// Something that a person does with boto3, past the program.
    #[track_caller]
    pub fn by_hand(&self, operation: &str, parameters: Value) -> Value {
        let done = self.hand().call(operation, parameters);
        done.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Whether IAM knows of it.
    pub fn knows(&self, operation: &str, parameters: Value) -> bool {
        self.hand().call(operation, parameters).is_ok()
    }

    /// Everything in the account, as boto3 shows it.
    pub fn look(&self) -> Value {
        self.hand().ask(&json!({ "request": "look" })).unwrap()
    }

    /// What the witness, who works with boto3 and logic of its own, thinks of the account.
    pub fn judged(&self) -> Value {
        self.hand().ask(&json!({ "request": "judge", "config": self.config.path() })).unwrap()
    }

    /// Whom the witness finds with an allow of a group and without the guards that belong to it: sentences.
    pub fn unguarded(&self) -> Value {
        self.hand().ask(&json!({ "request": "unguarded", "config": self.config.path() })).unwrap()
    }

    /// The witness finds nothing that differs from the matrix.
    #[track_caller]
    pub fn is_equal(&self) {
        assert_eq!(self.judged()["differences"], json!([]), "the witness disagrees");
    }

    /// The ARN of a policy under our path.
    pub fn document(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:policy/foundation/{name}", self.id)
    }

    /// The AWS CLI in this account.
    pub fn aws(&self, args: &[&str]) -> Value {
        let mut command = python::program("aws");
        let run =
            Run::of(self.environment(clear(&mut command).args(args)).env("AWS_ENDPOINT_URL", &self.endpoint)).exits(0);
        if run.stdout.is_empty() { Value::Null } else { serde_json::from_str(&run.stdout).unwrap() }
    }

    /// The program with that command line, on the wire to this account.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = iamatrix();
        self.environment(&mut command).args(args);
        if !matches!(args.first(), Some(&("schema" | "catalog" | "sandbox"))) {
            command.arg("--config").arg(self.config.path());
        }
        command
    }

    /// What a command needs to find the account: the wire, and the credentials.
    pub fn environment<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.envs(self.hand().credentials.iter().map(|(name, value)| (name, value))).envs([
            ("AWS_ENDPOINT_URL", self.wire.endpoint.as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ])
    }

    pub fn iamatrix(&self, args: &[&str]) -> Run {
        Run::of(&mut self.command(args))
    }

    pub fn plan(&self) -> Run {
        self.iamatrix(&["plan", "--mode", "enforce", "--detailed-exitcode"])
    }

    pub fn apply(&self) -> Run {
        self.iamatrix(&["apply", "--yes", "--mode", "enforce"])
    }

    /// The plan is these lines and no others; apply makes one call a line; then the account is equal to the matrix,
    /// and there is nothing left to do.
    #[track_caller]
    pub fn is_repaired_by(&self, lines: &[&str]) {
        self.is_changed_by(lines);
        self.is_equal();
        self.plan().exits(0).says("is equal to the matrix");
    }

    /// The plan that apply shows is these lines and no others, and it makes one call a line.
    #[track_caller]
    pub fn is_changed_by(&self, lines: &[&str]) {
        self.wire.take();
        let applied = self.apply().exits(0);
        let writes = self.wire.take_writes();
        assert_eq!(applied.planned(), sorted(lines), "the plan\n{}", applied.stdout);
        assert_eq!(writes.len(), lines.len(), "one call a line: {writes:?}");
        assert_eq!(applied.done(), lines.len(), "{}", applied.stdout);
    }
}

impl Run {
    /// The lines of the plan, sorted, without their reasons: `+ add NAME to GROUP`.
    pub fn planned(&self) -> Vec<String> {
        let is_change = |line: &&str| ["  + ", "  ~ ", "  - "].iter().any(|sign| line.starts_with(sign));
        let change = |line: &str| line.split("  # ").next().unwrap_or_default().trim().to_owned();
        let mut lines: Vec<String> = self.stdout.lines().filter(is_change).map(change).collect();
        lines.sort();
        lines
    }

    /// How many calls apply says it made: its lines `[n/N] …` without an ending.
    pub fn done(&self) -> usize {
        let done: Vec<&str> = self.stdout.lines().filter(|line| line.starts_with('[')).collect();
        assert!(done.iter().all(|line| !line.contains(": failed") && !line.contains(": skipped")), "{}", self.stdout);
        done.len()
    }
}

fn sorted(lines: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}
