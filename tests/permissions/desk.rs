//! The policies of `deploy/iam/policies/`, and an account whose operator is an IAM user that carries some of them and
//! nothing else. The sandbox has no role that it could hold to policies; IAM judges a user's no differently.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::http::{Answer, Client, encoded};
use crate::support::program::Run;
use crate::support::{Account, Config};

/// What is needed to keep an account equal to the example's matrix.
pub const ENFORCING: [&str; 3] = ["observe", "enforce", "password-policy"];
/// What only some settings need.
pub const OPTIONS: [&str; 2] = ["prune", "create-users"];
/// The condition under which a sandbox holds users to their policies.
pub const ENFORCED: &str = "enforce: true\n";
/// The operator, outside the path.
pub const OPERATOR: &str = "iamatrix";

/// One of the policies.
pub fn policy(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("deploy/iam/policies/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// One value, or a list of them, as a list.
pub fn several(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().map(|value| value.as_str().unwrap()).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// The statements of a policy that have that effect.
pub fn statements<'p>(policy: &'p Value, effect: &str) -> impl Iterator<Item = &'p Value> {
    policy["Statement"].as_array().unwrap().iter().filter(move |statement| statement["Effect"] == effect)
}

/// Every action that a policy allows.
pub fn allowed(policy: &Value) -> BTreeSet<&str> {
    statements(policy, "Allow").flat_map(|statement| several(&statement["Action"])).collect()
}

/// The policy with that action in no Allow; none when nothing is left of it.
pub fn without(policy: &Value, action: &str) -> Option<Value> {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut().filter(|statement| statement["Effect"] == "Allow") {
        let left: Vec<&str> = several(&statement["Action"]).into_iter().filter(|other| *other != action).collect();
        statement["Action"] = json!(left);
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    (!statements.is_empty()).then_some(policy)
}

/// An account that enforces policies, and an operator in it.
pub struct Operated {
    pub account: Account,
    key: [String; 2],
    client: RefCell<Client>,
}

impl Operated {
    /// The eleven users, and an operator with these policies.
    pub fn with(policies: &[&str]) -> Self {
        Operated::of(Account::in_conditions(ENFORCED), policies)
    }

    /// An operator with these policies in an account that enforces them.
    pub fn of(account: Account, policies: &[&str]) -> Self {
        account.by_hand("create_user", json!({ "UserName": OPERATOR, "Path": "/iamatrix/" }));
        let made = account.by_hand("create_access_key", json!({ "UserName": OPERATOR }))["AccessKey"].take();
        let key = ["AccessKeyId", "SecretAccessKey"].map(|part| made[part].as_str().unwrap().to_owned());
        let address = account.wire.endpoint.trim_start_matches("http://").parse().unwrap();
        let operated = Operated { account, key, client: RefCell::new(Client::of(address)) };
        operated.give_all(policies);
        operated
    }

    /// The same when the account is equal to the matrix, made so by the operator.
    pub fn converged() -> Self {
        let operated = Operated::with(&ENFORCING);
        operated.applies().exits(0);
        operated
    }

    pub fn arn(name: &str) -> String {
        format!("arn:aws:iam::123456789012:policy/iamatrix/iamatrix-{name}")
    }

    pub fn give_all(&self, policies: &[&str]) {
        for name in policies {
            self.give(name, &policy(name));
        }
    }

    pub fn give(&self, name: &str, document: &Value) {
        let policy =
            json!({ "PolicyName": format!("iamatrix-{name}"), "Path": "/iamatrix/", "PolicyDocument": document });
        self.account.by_hand("create_policy", policy);
        self.account.by_hand("attach_user_policy", json!({ "UserName": OPERATOR, "PolicyArn": Self::arn(name) }));
    }

    pub fn take(&self, name: &str) {
        self.account.by_hand("detach_user_policy", json!({ "UserName": OPERATOR, "PolicyArn": Self::arn(name) }));
        self.account.by_hand("delete_policy", json!({ "PolicyArn": Self::arn(name) }));
    }

    /// Does something while a policy of the operator is without an action.
    pub fn deprived<T>(&self, name: &str, action: &str, doing: impl FnOnce() -> T) -> T {
        self.take(name);
        let rest = without(&policy(name), action);
        if let Some(rest) = &rest {
            self.give(name, rest);
        }
        let done = doing();
        if rest.is_some() {
            self.take(name);
        }
        self.give(name, &policy(name));
        done
    }

    /// The program with the operator's key.
    pub fn runs(&self, args: &[&str]) -> Run {
        Run::of(&mut self.command(args))
    }

    pub fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.account.command(args);
        command.envs([("AWS_ACCESS_KEY_ID", &self.key[0]), ("AWS_SECRET_ACCESS_KEY", &self.key[1])]);
        command
    }

    pub fn applies(&self) -> Run {
        self.runs(&["apply", "--yes", "--mode", "enforce"])
    }

    /// A call with the operator's key, past the program.
    pub fn asks(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let form: Vec<String> = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value))).collect();
        self.client.borrow_mut().ask_as(&self.key[0], action, &form.concat())
    }
}

/// The settings of an example that deletes and creates.
pub fn with_options(config: &Config) {
    config.edit("operator.yaml", "prune: false", "prune: true");
    config.edit("operator.yaml", "users: { create: false }", "users: { create: true }");
}

/// IAM's refusal of an action, as everybody words it.
pub fn refusal(action: &str) -> String {
    format!("is not authorized to perform: {action} on resource")
}
