//! Plain JSON, Terraform and `CloudFormation` say the same, whatever the settings: Terraform as Terraform itself works it
//! out, `CloudFormation` as moto does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::desk::policy;
use crate::support::program::Run;
use crate::support::python;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/iam");
/// Characters of a managed policy, white space not counted (IAM and STS quotas).
const LONGEST: usize = 6144;
const ACCOUNT: &str = "123456789012";
const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/Boundary";

/// What may be chosen.
#[derive(Clone, Copy)]
struct Settings {
    partition: &'static str,
    path: &'static str,
    policies: &'static [&'static str],
    attachable: &'static [&'static str],
    trust: &'static str,
}

const SETTINGS: [Settings; 4] = [
    Settings { partition: "aws", path: "/foundation/", policies: &["observe"], attachable: &[], trust: "none" },
    Settings {
        partition: "aws",
        path: "/foundation/",
        policies: &["enforce", "observe"],
        attachable: &[],
        trust: "ec2",
    },
    Settings {
        partition: "aws",
        path: "/people/access/",
        policies: &["attachable", "create-users", "enforce", "observe", "password-policy", "prune"],
        attachable: &["arn:aws:iam::aws:policy/foundation", "arn:aws:iam::aws:policy/job-function/*"],
        trust: "irsa",
    },
    Settings {
        partition: "aws-cn",
        path: "/x/",
        policies: &["enforce", "observe", "prune"],
        attachable: &[],
        trust: "pod-identity",
    },
];

impl Settings {
    fn has(&self, policy: &str) -> bool {
        self.policies.contains(&policy)
    }

    /// What stands for what in the trust documents.
    fn trusted(&self) -> BTreeMap<&str, &str> {
        BTreeMap::from([
            ("PARTITION", self.partition),
            ("DNS_SUFFIX", if self.partition == "aws" { "amazonaws.com" } else { "amazonaws.com.cn" }),
            ("ACCOUNT", ACCOUNT),
            ("OIDC_ISSUER", "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF"),
            ("AUDIENCE", "sts.example"),
            ("CLUSTER_ARN", "arn:aws:eks:eu-central-1:123456789012:cluster/main"),
            ("NAMESPACE", "security"),
            ("SERVICE_ACCOUNT", "keeper"),
        ])
    }

    /// The plain files, with these settings put in.
    fn plain(&self) -> Value {
        let policies: BTreeMap<&str, Value> = self.policies.iter().map(|name| (*name, self.document(name))).collect();
        json!({ "policies": policies, "trust": self.trust_document() })
    }

    fn document(&self, name: &str) -> Value {
        let mut document = policy(name);
        if name == "attachable" {
            let arns = &mut document["Statement"][0]["Condition"]["ArnNotLike"]["iam:PolicyARN"];
            let listed = std::iter::once(arns[0].clone()).chain(self.attachable.iter().map(|arn| json!(arn)));
            *arns = listed.collect();
        }
        let placed = document.to_string().replace("/foundation/", self.path);
        serde_json::from_str(&placed.replace("arn:aws:", &format!("arn:{}:", self.partition))).unwrap()
    }

    fn trust_document(&self) -> Value {
        let path = Path::new(FOLDER).join(format!("trust/{}.json", self.trust));
        let Ok(text) = fs::read_to_string(path) else { return Value::Null };
        let fill = |text: String, (name, value): (&str, &str)| text.replace(&format!("${{{name}}}"), value);
        serde_json::from_str(&self.trusted().into_iter().fold(text, fill)).unwrap()
    }

    fn for_terraform(&self) -> Value {
        json!({
            "path": self.path, "partition": self.partition, "attachable_policies": self.attachable,
            "enforce": self.has("enforce"), "prune": self.has("prune"), "password_policy": self.has("password-policy"),
            "create_users": self.has("create-users"), "trust": self.trust, "trust_values": self.trusted(),
        })
    }

    fn for_cloudformation(&self) -> Value {
        let (said, trusted) = (|name| self.has(name).to_string(), self.trusted());
        json!({
            "Path": self.path, "AttachablePolicies": self.attachable.join(","), "Enforce": said("enforce"),
            "Prune": said("prune"), "PasswordPolicy": said("password-policy"), "CreateUsers": said("create-users"),
            "Trust": self.trust, "PermissionsBoundary": BOUNDARY, "OidcIssuer": trusted["OIDC_ISSUER"],
            "Audience": trusted["AUDIENCE"], "ClusterArn": trusted["CLUSTER_ARN"],
            "Namespace": trusted["NAMESPACE"], "ServiceAccount": trusted["SERVICE_ACCOUNT"],
        })
    }
}

fn script(name: &str) -> String {
    format!("{}/tests/permissions/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The documents in these are text.
fn read(output: &Value) -> Value {
    let text = |value: &Value| value.as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    let policies = output["policies"].as_object().unwrap();
    let policies: BTreeMap<&String, Value> = policies.iter().map(|(name, value)| (name, text(value))).collect();
    json!({ "policies": policies, "trust": text(&output["trust"]) })
}

#[test]
fn terraform_gives_what_the_plain_files_say() {
    let settings = SETTINGS.iter().map(|settings| settings.for_terraform().to_string());
    let mut command = python::terraform(Path::new(&script("module.py")));
    let run = Run::of(command.arg(FOLDER).args(settings)).exits(0);
    let outputs: Vec<Value> = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(outputs.len(), SETTINGS.len());
    for (settings, output) in SETTINGS.iter().zip(&outputs) {
        assert_eq!(read(output), settings.plain(), "{} {}", settings.trust, settings.path);
    }
}

#[test]
fn cloudformation_gives_what_the_plain_files_say() {
    let template = format!("{FOLDER}/cloudformation.yaml");
    assert!(!fs::read_to_string(&template).unwrap().contains("arn:aws:iam"), "the partition is nowhere fixed");
    for settings in SETTINGS {
        // Moto knows one partition only.
        let settings = Settings { partition: "aws", ..settings };
        let mut command = python::program("python");
        let args = [&script("stack.py"), &template, &settings.for_cloudformation().to_string()];
        let made: Value = serde_json::from_str(&Run::of(command.arg("-B").args(args)).exits(0).stdout).unwrap();
        let role = &made["role"];
        let said = json!({ "policies": made["policies"], "trust": role["trust"] });
        assert_eq!(said, settings.plain(), "{} {}", settings.trust, settings.path);
        if settings.trust != "none" {
            let arn = format!("arn:aws:iam::{ACCOUNT}:role/iamatrix/iamatrix");
            let profiles = usize::from(settings.trust == "ec2");
            let expected = json!({ "arn": arn, "trust": role["trust"], "attached": settings.policies, "boundary": BOUNDARY, "profiles": profiles });
            assert_eq!(*role, expected);
        }
    }
}

/// What lies below `/iamatrix/` the enforcing policy lets nobody attach, so a document there would never be of use.
#[test]
fn a_path_that_reaches_the_roles_own_policies_is_refused_by_both_forms() {
    const PATHS: [(&str, bool); 9] = [
        ("/foundation/", true),
        ("/people/access/", true),
        ("/iamatrix2/", true),
        ("/people/iamatrix/", true),
        ("/iamatrix/", false),
        ("/iamatrix/people/", false),
        ("/", false),
        ("foundation/", false),
        ("/a b/", false),
    ];
    let (paths, taken): (Vec<&str>, Vec<bool>) = PATHS.into_iter().unzip();
    let mut command = python::terraform(Path::new(&script("paths.py")));
    let run = Run::of(command.arg(FOLDER).args(paths)).exits(0);
    let said: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(said, json!({ "terraform": taken, "cloudformation": taken }));
}

#[test]
fn the_linter_of_cloudformation_finds_nothing() {
    let run = Run::of(python::program("cfn-lint").arg(format!("{FOLDER}/cloudformation.yaml")));
    assert_eq!(run.exits(0).stdout, "");
}

#[test]
fn each_policy_fits_into_what_iam_takes_and_is_compared_above() {
    let names: Vec<String> = fs::read_dir(format!("{FOLDER}/policies"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), SETTINGS[2].policies.len(), "the settings have all of {names:?}");
    for name in names {
        let length = policy(&name).to_string().len();
        assert!(length < LONGEST, "{name}: {length} of {LONGEST}");
    }
}
