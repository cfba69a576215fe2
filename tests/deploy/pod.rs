//! The pod that is made, whichever way.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::rendered::{all, chart, containers, overlay, parsed, path, pod, the};
use crate::support::program::{Process, Run, iamatrix};

#[test]
fn every_container_is_within_the_restricted_standard_and_cannot_write_its_root() {
    for (name, rendering) in all() {
        let pod = pod(&rendering);
        let spec = &pod["spec"];
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true, "{name}");
        assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(spec["automountServiceAccountToken"], false, "{name}");
        assert_eq!(the(&parsed(&rendering), "ServiceAccount")["automountServiceAccountToken"], false, "{name}");
        for host in ["hostNetwork", "hostPID", "hostIPC"] {
            assert!(spec[host].is_null(), "{name}: {host}");
        }
        for container in containers(&pod) {
            let name = format!("{name}: {}", container["name"]);
            let security = &container["securityContext"];
            assert_eq!(security["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(security["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(security["capabilities"], json!({ "drop": ["ALL"] }), "{name}");
            assert!(security["runAsUser"].is_null() || security["runAsUser"].as_u64() > Some(0), "{name}");
            assert!(container["resources"]["limits"]["memory"].is_string(), "{name}");
        }
    }
}

#[test]
fn there_is_one_operator_and_never_two_at_a_time() {
    for (name, rendering) in all() {
        let manifests = parsed(&rendering);
        let spec = &the(&manifests, "Deployment")["spec"];
        assert_eq!((&spec["replicas"], &spec["strategy"]), (&json!(1), &json!({ "type": "Recreate" })), "{name}");
        assert!(
            spec["template"]["spec"]["terminationGracePeriodSeconds"].as_u64() > Some(20),
            "{name}: a call under way"
        );
    }
}

#[test]
fn what_is_mounted_follows_when_it_changes() {
    for (name, rendering) in all() {
        for container in containers(&pod(&rendering)) {
            for mount in container["volumeMounts"].as_array().unwrap() {
                assert!(mount["subPath"].is_null(), "{name}: {mount}: a subPath stands still");
            }
        }
    }
}

#[test]
fn the_matrix_and_the_settings_lie_in_two_places_with_two_owners() {
    for (name, rendering) in all() {
        let pod = pod(&rendering);
        let operator = &pod["spec"]["containers"][0];
        let value = |variable: &str| {
            let found = operator["env"].as_array().unwrap().iter().find(|env| env["name"] == variable);
            found.unwrap()["value"].as_str().unwrap().to_owned()
        };
        let (matrix, settings) = (value("IAMATRIX_CONFIG"), value("IAMATRIX_OPERATOR"));
        let volume = |path: &str| {
            let mounts = operator["volumeMounts"].as_array().unwrap().iter();
            mounts.into_iter().find(|mount| Path::new(path).starts_with(mount["mountPath"].as_str().unwrap())).unwrap()
                ["name"]
                .clone()
        };
        assert_ne!(volume(&matrix), volume(&settings), "{name}");
    }
}

#[test]
fn both_ways_to_deploy_make_the_same_pod() {
    for (example, other) in [("minimal", "configmap"), ("git-sync", "git-sync")] {
        let (ours, theirs) =
            (pod(&chart(example, &["--set", "token.existingSecret=iamatrix-token"])), pod(&overlay(other)));
        let same = |field: &str| {
            let of = |pod: &Value| containers(pod).map(|container| container[field].clone()).collect::<Vec<_>>();
            assert_eq!(of(&ours), of(&theirs), "{example}: {field}");
        };
        for field in
            ["securityContext", "startupProbe", "readinessProbe", "livenessProbe", "ports", "resources", "volumeMounts"]
        {
            same(field);
        }
        assert_eq!(ours["spec"]["containers"][0]["env"], theirs["spec"]["containers"][0]["env"], "{example}");
        for field in ["securityContext", "terminationGracePeriodSeconds", "enableServiceLinks", "nodeSelector"] {
            assert_eq!(ours["spec"][field], theirs["spec"][field], "{example}: {field}");
        }
    }
}

#[test]
fn git_sync_gets_no_credentials_of_aws() {
    for rendering in [chart("git-sync", &[]), overlay("git-sync")] {
        assert_eq!(pod(&rendering)["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"], "git-sync");
    }
}

/// The settings all; the matrix where it is rendered too, the example's where it comes from elsewhere.
#[test]
fn the_program_accepts_what_is_mounted() {
    for (name, rendering) in all() {
        let manifests = parsed(&rendering);
        let folder = tempfile::TempDir::new().unwrap();
        for volume in the(&manifests, "Deployment")["spec"]["template"]["spec"]["volumes"].as_array().unwrap() {
            if let Some(data) = config_map(&manifests, &volume["configMap"]["name"]) {
                mount(&volume["configMap"], data, &folder.path().join(volume["name"].as_str().unwrap()));
            }
        }
        let matrix = Some(folder.path().join("matrix")).filter(|folder| folder.exists());
        let mut command = iamatrix();
        command.arg("check").arg("--config").arg(matrix.unwrap_or_else(|| path("config")));
        command.arg("--operator").arg(folder.path().join("operator/operator.yaml"));
        let run = Run::of(&mut command).exits(0);
        let told = run.stdout + &run.stderr;
        assert!(!told.contains("unused-document"), "{name}: the documents are where the matrix looks: {told}");
        assert!(!told.contains("operator.yaml:"), "{name}: nothing in the settings is odd: {told}");
    }
}

#[test]
fn whoever_copies_an_example_that_may_change_something_has_a_ceiling_and_limits() {
    for (name, rendering) in all() {
        let manifests = parsed(&rendering);
        let settings = config_map(&manifests, &json!("iamatrix-operator")).unwrap()["operator.yaml"].as_str().unwrap();
        let is_limited = settings.contains("ceiling:") && settings.contains("grants:");
        assert!(is_limited || name == "helm-minimal" && settings.contains("mode: observe"), "{name}: {settings}");
    }
}

#[test]
fn the_program_goes_by_the_proxy_that_the_pod_is_given() {
    let pod = pod(&chart("full", &[]));
    let env = pod["spec"]["containers"][0]["env"].as_array().unwrap();
    let proxy = env.iter().find(|env| env["name"] == "HTTPS_PROXY").unwrap();
    assert!(proxy["value"].as_str().unwrap().starts_with("http://"));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = iamatrix();
    command.args(["plan", "--config"]).arg(path("config"));
    command.envs([("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_REGION", "eu-central-1")]);
    command.env(proxy["name"].as_str().unwrap(), format!("http://{}", listener.local_addr().unwrap()));
    let _running = Process::start(&mut command);
    let mut asked = String::new();
    BufReader::new(listener.accept().unwrap().0).read_line(&mut asked).unwrap();
    assert_eq!(asked.trim_end(), "CONNECT sts.eu-central-1.amazonaws.com:443 HTTP/1.1");
}

/// What is in the `ConfigMap` of that name, if it is rendered.
fn config_map<'m>(manifests: &'m [Value], name: &Value) -> Option<&'m Map<String, Value>> {
    let mut maps = manifests.iter().filter(|manifest| manifest["kind"] == "ConfigMap");
    maps.find(|manifest| manifest["metadata"]["name"] == *name)?["data"].as_object()
}

/// Lays the keys of a `ConfigMap` into a folder, as the kubelet does.
fn mount(volume: &Value, data: &Map<String, Value>, at: &Path) {
    let all = || data.keys().map(|key| json!({ "key": key, "path": key })).collect();
    for item in volume["items"].as_array().cloned().unwrap_or_else(all) {
        let file = at.join(item["path"].as_str().unwrap());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, data[item["key"].as_str().unwrap()].as_str().unwrap()).unwrap();
    }
}
