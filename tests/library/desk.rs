//! What the tests of the library are made of: its documents and pages, a person, and what the person is answered.

use std::fs;
use std::path::PathBuf;

use iamatrix::access::reach::Session;
use iamatrix::catalog::documents;
use iamatrix::name::Name;
use iamatrix::policy::Document;
use iamatrix::policy::context::{Context, Fact};
use iamatrix::policy::evaluate::{Decision, Request, evaluate};
use serde_json::Value;

/// Every document of the library.
pub const NAMES: [&str; 8] = [
    "DenyEC2StopAndTerminationMFAPolicy",
    "DenyIPAddressPolicy",
    "MFADeviceOnlyPolicy",
    "MFAEnforcePolicy",
    "MFAEnrolmentPolicy",
    "MFAFirstSignInPolicy",
    "MFAForcePolicy",
    "MFASelfManagePolicy",
];

/// Those that the example carries too.
pub const IN_THE_EXAMPLE: [&str; 3] = ["DenyEC2StopAndTerminationMFAPolicy", "DenyIPAddressPolicy", "MFAForcePolicy"];

pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

pub fn text(name: &str) -> String {
    fs::read_to_string(folder("library").join(format!("{name}.json"))).unwrap()
}

pub fn page(name: &str) -> String {
    fs::read_to_string(folder("library").join(format!("{name}.md"))).unwrap()
}

pub fn document(name: &str) -> Document {
    Document::parse(&text(name)).unwrap()
}

/// The document with something changed.
pub fn edited(name: &str, edit: impl FnOnce(&mut Value)) -> Document {
    let mut json: Value = serde_json::from_str(&text(name)).unwrap();
    edit(&mut json);
    Document::parse(&json.to_string()).unwrap()
}

/// The statement of that name.
pub fn statement<'j>(json: &'j mut Value, sid: &str) -> &'j mut Value {
    let statements = json["Statement"].as_array_mut().unwrap();
    let found = statements.iter_mut().find(|statement| statement["Sid"] == sid);
    found.unwrap_or_else(|| panic!("no statement {sid}"))
}

/// The list in that element of the statement.
pub fn list<'j>(json: &'j mut Value, sid: &str, element: &str) -> &'j mut Vec<Value> {
    statement(json, sid)[element].as_array_mut().unwrap()
}

/// Takes a value off that list, where it must be.
pub fn take(json: &mut Value, sid: &str, element: &str, value: &str) {
    let values = list(json, sid, element);
    let before = values.len();
    values.retain(|one| one != value);
    assert_eq!(values.len() + 1, before, "{value} in {sid}");
}

/// AWS's policy that allows everything.
pub fn administrator() -> Document {
    Document::parse(&documents::shipped(&Name::from("AdministratorAccess")).unwrap().text).unwrap()
}

/// What a person asks for: ann, whose device bears her name, under some path.
#[derive(Clone)]
pub struct Asked<'a> {
    pub action: &'a str,
    pub on: &'a str,
    pub session: Session,
    pub path: &'a str,
    pub facts: Vec<(&'a str, Fact)>,
}

/// Of oneself, under `/`, signed in without MFA.
pub fn asked<'a>(action: &'a str, on: &'a str) -> Asked<'a> {
    Asked { action, on, session: Session::WithoutMfa, path: "/", facts: Vec::new() }
}

impl<'a> Asked<'a> {
    pub fn in_session(mut self, session: Session) -> Self {
        self.session = session;
        self
    }

    pub fn under(mut self, path: &'a str) -> Self {
        self.path = path;
        self
    }

    pub fn with(mut self, key: &'a str, fact: Fact) -> Self {
        self.facts.push((key, fact));
        self
    }

    /// The resource, as the pages call it.
    fn resource(&self) -> String {
        let iam = |rest: &str| format!("arn:aws:iam::123456789012:{rest}");
        match self.on {
            "anything" => "*".to_owned(),
            "own user" => iam(&format!("user{}ann", self.path)),
            "another user" => iam(&format!("user{}bob", self.path)),
            "own device" => iam("mfa/ann"),
            "another's device" => iam("mfa/bob"),
            "a machine" => "arn:aws:ec2:eu-central-1:123456789012:instance/i-0a1b2c3d4e5f67890".to_owned(),
            other => panic!("the tests know no resource `{other}`"),
        }
    }

    fn context(&self) -> Context {
        let known = self.session.context().with("aws:username", Fact::text("ann"));
        self.facts.iter().fold(known, |context, (key, fact)| context.with(key, fact.clone()))
    }

    /// What those who hold the documents are answered.
    pub fn answered<'d>(&self, held: impl IntoIterator<Item = &'d Document>) -> Decision {
        let (resource, context) = (self.resource(), self.context());
        evaluate(held, &Request { action: self.action, resource: &resource, context: &context }).decision
    }
}

/// The decision as the pages write it.
pub fn written(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "yes",
        Decision::ExplicitlyDenied => "DENY",
        Decision::ImplicitlyDenied => "no",
    }
}
