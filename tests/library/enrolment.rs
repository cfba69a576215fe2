//! A person on a sandbox that enforces policies: denied with the key, enrolled, and let in with a code.

use serde_json::{Value, json};

use super::desk::text;
use super::held::BASELINES;
use super::support::program::{Process, Run, iamatrix};
use super::support::python::{Hand, script};

const EXPECTED: [(&str, &str); 13] = [
    ("see all users", "AccessDenied"),
    ("see oneself", "done"),
    ("make a device for bob", "done"),
    ("enrol it for bob", "AccessDenied"),
    ("make a device", "done"),
    ("enrol it", "done"),
    ("see it", "done"),
    ("take it off with the key", "AccessDenied"),
    ("open a session", "done"),
    ("see all users with MFA", "done"),
    ("take it off with MFA", "done"),
    ("delete bob's", "AccessDenied"),
    ("delete it", "done"),
];

/// A person under `/staff/` in a group that may read everything and carries the baseline; and the person's key.
fn hired(operator: &mut Hand, person: &str, baseline: &[&str]) -> Value {
    let mut call = |operation: &str, parameters: Value| operator.call(operation, parameters).unwrap();
    let group = format!("Staff-with-{person}");
    call("create_group", json!({ "GroupName": group }));
    let mut arns = vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()];
    for name in baseline {
        let document: Value = serde_json::from_str(&text(name)).unwrap();
        let made = call("create_policy", json!({ "PolicyName": name, "PolicyDocument": document }));
        arns.push(made["Policy"]["Arn"].as_str().unwrap().to_owned());
    }
    for arn in arns {
        call("attach_group_policy", json!({ "GroupName": group, "PolicyArn": arn }));
    }
    call("create_user", json!({ "UserName": person, "Path": "/staff/" }));
    call("add_user_to_group", json!({ "GroupName": group, "UserName": person }));
    call("create_access_key", json!({ "UserName": person }))["AccessKey"].take()
}

#[test]
fn a_person_with_nothing_but_a_key_enrols_and_is_then_let_in() {
    let mut sandbox = Process::start(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0", "--enforce"]));
    let endpoint = format!("http://{}", sandbox.address_after("A local IAM is at http://"));
    let mut operator = Hand::new(&endpoint, "123456789012");
    operator.call("create_user", json!({ "UserName": "bob" })).unwrap();
    for (number, baseline) in BASELINES.into_iter().enumerate() {
        let person = format!("ann{number}");
        let key = hired(&mut operator, &person, baseline);
        let [id, secret] = ["AccessKeyId", "SecretAccessKey"].map(|part| key[part].as_str().unwrap());
        let said = Run::of(script("enrol.py").args([&endpoint, &person, id, secret])).exits(0).stdout;
        let steps: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(steps, json!(EXPECTED), "{baseline:?}");
    }
}
