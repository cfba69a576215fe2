//! The pod that is made, whichever way.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::rendered::{all, chart, containers, overlay, parsed, pod, the};
use crate::support::program::{Run, iamatrix};

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

#[test]
fn the_program_accepts_what_is_mounted() {
    for rendering in [chart("minimal", &[]), overlay("configmap")] {
        let manifests = parsed(&rendering);
        let folder = tempfile::TempDir::new().unwrap();
        for volume in the(&manifests, "Deployment")["spec"]["template"]["spec"]["volumes"].as_array().unwrap() {
            if volume["configMap"].is_object() {
                mount(&volume["configMap"], &manifests, &folder.path().join(volume["name"].as_str().unwrap()));
            }
        }
        let mut command = iamatrix();
        command.arg("check").arg("--config").arg(folder.path().join("matrix"));
        let run = Run::of(command.arg("--operator").arg(folder.path().join("operator/operator.yaml"))).exits(0);
        assert!(!run.stdout.contains("unused-document"), "the documents are where the matrix looks: {}", run.stdout);
    }
}

/// Lays the keys of a `ConfigMap` into a folder, as the kubelet does.
fn mount(volume: &Value, manifests: &[Value], at: &Path) {
    let name = &volume["name"];
    let found =
        manifests.iter().find(|manifest| manifest["kind"] == "ConfigMap" && manifest["metadata"]["name"] == *name);
    let data = found.unwrap_or_else(|| panic!("no ConfigMap {name}"))["data"].as_object().unwrap();
    let all = || data.keys().map(|key| json!({ "key": key, "path": key })).collect();
    for item in volume["items"].as_array().cloned().unwrap_or_else(all) {
        let file = at.join(item["path"].as_str().unwrap());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, data[item["key"].as_str().unwrap()].as_str().unwrap()).unwrap();
    }
}
