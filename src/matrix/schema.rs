//! The JSON Schemas of both files, for editors and reviewers.
//!
//! Owns: the shape of the files as types. The decoders are written by hand for the sake of their messages; a test
//! holds both against each other. Must not: read anything.

// The fields are read by the schema generator only.
#![allow(dead_code)]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Mode;

/// Which file a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// `matrix.yaml`
    Matrix,
    /// `operator.yaml`
    Operator,
}

/// The JSON Schema (draft 2020-12) of a file.
#[must_use]
pub fn schema(which: Which) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let root = match which {
        Which::Matrix => generator.into_root_schema_for::<MatrixFile>(),
        Which::Operator => generator.into_root_schema_for::<OperatorFile>(),
    };
    root.to_value()
}

/// Who is in which group, and which policies each group carries.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct MatrixFile {
    /// The version of this format.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// The columns of both matrices.
    groups: BTreeMap<String, Option<GroupSettings>>,
    /// The IAM group that carries the baseline; `Baseline` unless said otherwise.
    baseline_group: Option<String>,
    /// Policies for every user of the matrix.
    baseline: Option<Vec<String>>,
    /// The user matrix: a row a user.
    users: BTreeMap<String, Option<UserSettings>>,
    /// The policy matrix: a row a policy, with the groups that carry it.
    policies: BTreeMap<String, Option<Vec<String>>>,
    /// The folder with our own policy documents, NAME.json each, relative to this file.
    documents: Option<String>,
    /// Policies of others that a row may name: name and ARN.
    external: Option<BTreeMap<String, String>>,
    /// The account's password policy. IAM replaces it as a whole: a field left out goes back to IAM's default.
    password_policy: Option<PasswordSettings>,
    /// Findings of `iamatrix check` that are agreed to.
    waivers: Option<Vec<WaiverSettings>>,
}

/// Silences one rule on one object.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct WaiverSettings {
    /// The rule: the code that `iamatrix check` shows in brackets.
    rule: String,
    /// The policy, user or group that the finding is about.
    on: String,
    /// Why the finding is agreed to.
    because: String,
    /// The last day on which the waiver counts, in UTC.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    until: String,
}

/// A group.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct GroupSettings {
    /// The name this group had before: its IAM groups are renamed in place and keep members and policies.
    renamed_from: Option<String>,
}

/// A user.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct UserSettings {
    /// The groups the user is in.
    groups: Option<Vec<String>>,
    /// Whether the user must have MFA; `required` unless said otherwise.
    mfa: Option<MfaSetting>,
    /// Why the user is exempt from MFA.
    because: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum MfaSetting {
    Required,
    Exempt,
}

/// The account's password policy.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // they are IAM's own switches
struct PasswordSettings {
    /// Shortest password.
    #[schemars(range(min = 6, max = 128))]
    minimum_length: Option<u32>,
    /// At least one capital letter.
    require_uppercase: Option<bool>,
    /// At least one small letter.
    require_lowercase: Option<bool>,
    /// At least one digit.
    require_numbers: Option<bool>,
    /// At least one symbol.
    require_symbols: Option<bool>,
    /// Whether users may change their own password.
    allow_users_to_change_password: Option<bool>,
    /// Days until a password expires; left out: never.
    #[schemars(range(min = 1, max = 1095))]
    max_age_days: Option<u32>,
    /// How many former passwords may not be used again; left out: no such rule.
    #[schemars(range(min = 1, max = 24))]
    reuse_prevention: Option<u32>,
    /// Whether an expired password can only be reset by an administrator.
    hard_expiry: Option<bool>,
}

/// How the operator runs.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct OperatorFile {
    /// The only account that may be changed; required unless mode is observe.
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    account: Option<String>,
    /// The path in scope; `/foundation/` unless said otherwise.
    path: Option<String>,
    /// How far the operator may go.
    mode: Mode,
    /// Time between two reconciles, such as 60s or 5m; 60s unless said otherwise.
    interval: Option<String>,
    /// Whether undeclared groups and documents under the path are deleted once they are empty.
    prune: Option<bool>,
    /// What to do about users.
    users: Option<UsersPolicy>,
    /// Change nothing for now, whatever the mode; plans are still made and shown.
    suspend: Option<bool>,
    /// Groups that are held back: how far each may be taken. One that may go further than `mode` goes no further.
    groups: Option<BTreeMap<String, Mode>>,
    /// What the matrix may grant at most: a policy's name or an action (`iam:*`), and the only groups that may have it.
    ceiling: Option<BTreeMap<String, Vec<String>>>,
    /// Names that are never touched; `*` at the end covers all that begin so.
    protect: Option<ProtectSettings>,
    /// How much one plan may do, and how fast.
    limits: Option<LimitSettings>,
    /// Releases the held plan that bears this digest.
    approve: Option<ApprovalSettings>,
    /// Where to serve status; 127.0.0.1:8080 unless said otherwise.
    listen: Option<String>,
    /// The file that holds the bearer token, needed to read names when listening beyond loopback.
    token_file: Option<String>,
}

/// What to do about users.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct UsersPolicy {
    /// Whether a user that does not exist is created, under the path.
    create: Option<bool>,
}

/// Names that are never touched.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct ProtectSettings {
    /// Users.
    users: Option<Vec<String>>,
    /// IAM groups.
    groups: Option<Vec<String>>,
    /// Policies.
    policies: Option<Vec<String>>,
}

/// How much one plan may do, and how fast.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct LimitSettings {
    /// A plan that removes more memberships, attachments, documents or groups than this is held.
    removals: Option<ThresholdSettings>,
    /// A plan that widens access more than this is held: new administrators, guards taken off, policies of the ceiling
    /// attached. Left out, the first convergence of an account is not limited.
    grants: Option<ThresholdSettings>,
    /// How often a change is made again after somebody undid it, before it counts as contended; 3 unless said otherwise.
    #[schemars(range(min = 1, max = 100))]
    reverts: Option<u32>,
    /// API calls a second, all together; 10 unless said otherwise.
    #[schemars(range(min = 1, max = 1000))]
    calls_per_second: Option<u32>,
}

/// The release of a held plan.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct ApprovalSettings {
    /// The digest that the hold tells.
    #[schemars(regex(pattern = r"^[0-9A-Fa-f]{64}$"))]
    digest: String,
    /// The last day on which it counts, in UTC.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    until: String,
}

/// A count and a share of what is live; the larger of the two counts.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
struct ThresholdSettings {
    /// At least so many are allowed; 5 unless said otherwise.
    count: Option<u32>,
    /// Per cent of what is live; 20 unless said otherwise.
    #[schemars(range(max = 100))]
    percent: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Files;
    use crate::matrix::load;

    /// Every path of keys in a schema, with `*` for the keys of maps.
    fn paths(schema: &Value, defs: &Value, at: &str, out: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            return paths(&defs[reference.rsplit('/').next().unwrap()], defs, at, out);
        }
        for option in schema["anyOf"].as_array().into_iter().flatten() {
            paths(option, defs, at, out);
        }
        if schema["additionalProperties"].is_object() {
            paths(&schema["additionalProperties"], defs, &format!("{at}/*"), out);
        }
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            out.push(format!("{at}/{key}"));
            paths(inner, defs, &format!("{at}/{key}"), out);
        }
    }

    /// The YAML that reaches a key: `/a/*/b` → `a: { x: { b: {} } }`.
    fn yaml_for(path: &str) -> String {
        let keys: Vec<&str> =
            path.trim_start_matches('/').split('/').map(|key| if key == "*" { "x" } else { key }).collect();
        let open = keys.iter().fold(String::new(), |open, key| open + "{ " + key + ": ");
        format!("{open}{{}}{}", " }".repeat(keys.len()))
    }

    #[test]
    fn every_key_of_the_schemas_is_known_to_the_decoders() {
        for which in [Which::Matrix, Which::Operator] {
            let schema = schema(which);
            let mut all = Vec::new();
            paths(&schema, &schema["$defs"], "", &mut all);
            assert!(all.len() > 15, "{all:?}");
            for path in all {
                let (yaml, other) = (yaml_for(&path), "{ mode: observe }".to_owned());
                let (matrix, operator) = if which == Which::Matrix { (yaml, other) } else { (other.clone(), yaml) };
                let loaded = load(&Files::from_memory(&operator, &matrix, []));
                let last = path.rsplit('/').next().unwrap();
                let unknown = loaded
                    .problems
                    .iter()
                    .find(|p| p.code == "unknown-key" && p.message.contains(&format!("`{last}`")));
                assert!(unknown.is_none() || last == "mode", "{path}: {unknown:?}");
            }
        }
    }

    #[test]
    fn every_key_the_decoders_know_is_in_the_schemas() {
        // A key nobody knows makes the decoder list those it does know.
        for (which, file) in [(Which::Matrix, "matrix.yaml"), (Which::Operator, "operator.yaml")] {
            let loaded = load(&Files::from_memory("zzzzzzzz: 1", "zzzzzzzz: 1", []));
            let problem =
                loaded.problems.iter().find(|p| p.code == "unknown-key" && p.span.file.contains(file)).unwrap();
            let schema = schema(which);
            let known = problem.help.split('`').skip(1).step_by(2);
            assert!(known.clone().count() > 5);
            for key in known {
                assert!(schema["properties"][key].is_object(), "{key} is missing in the schema of {file}");
            }
        }
    }
}
