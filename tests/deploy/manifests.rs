//! Chart and overlays alike.

use std::collections::BTreeSet;

use std::fs;

use serde_json::json;

use crate::rendered::{VERSIONS, all, is_golden, judge, monitored, overlay, parsed, path, pod, the};

#[test]
fn everything_is_rendered_as_it_is_committed() {
    is_golden_rule(); // which is rendered too
    for (name, rendering) in all() {
        is_golden(&name, &rendering);
    }
}

#[test]
fn kubernetes_knows_everything_that_is_rendered() {
    for (name, rendering) in all() {
        let run = judge(&rendering, &VERSIONS);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
    }
}

#[test]
fn a_mistake_in_a_manifest_is_seen() {
    let good = overlay("configmap");
    for (right, wrong, told) in [
        ("startupProbe:", "startProbe:", "startProbe"),
        ("replicas: 1", "replicas: one", "replicas"),
        ("kind: Deployment", "kind: Deploiment", "kind Deploiment"),
        ("type: Recreate", "type: Recreate\n    type: Recreate", "twice"),
    ] {
        judge(&good.replacen(right, wrong, 1), &VERSIONS).exits(1).says(told);
    }
}

#[test]
fn the_overlay_lays_every_document_of_its_config_map_into_its_place() {
    let manifests = parsed(&overlay("configmap"));
    let keys = manifests.iter().find(|manifest| manifest["metadata"]["name"] == "iamatrix-matrix").unwrap()["data"]
        .as_object()
        .unwrap()
        .keys();
    let volume = &the(&manifests, "Deployment")["spec"]["template"]["spec"]["volumes"][0]["configMap"];
    let items = volume["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap());
    assert_eq!(items.collect::<BTreeSet<_>>(), keys.map(String::as_str).collect());
}

#[test]
fn a_new_content_does_not_change_the_name_of_its_config_map_so_the_pod_goes_on() {
    let pod = pod(&overlay("configmap"));
    let names: Vec<_> = pod["spec"]["volumes"].as_array().unwrap().iter().map(|v| &v["configMap"]["name"]).collect();
    assert_eq!(names[..2], ["iamatrix-matrix", "iamatrix-operator"]);
}

/// By which it is deleted when the namespace is to stay (docs/operating.md).
#[test]
fn everything_bears_the_label_of_the_operator() {
    for (name, rendering) in all() {
        for manifest in parsed(&rendering).iter().filter(|manifest| manifest["kind"] != "Namespace") {
            let of = &manifest["metadata"];
            assert_eq!(of["labels"]["app.kubernetes.io/name"], "iamatrix", "{name}: {}", of["name"]);
        }
    }
}

#[test]
fn copies_are_like_what_they_are_copies_of() {
    for (original, copy) in [
        ("deploy/alerts/iamatrix.rules.yaml", "deploy/helm/iamatrix/files/iamatrix.rules.yaml"),
        ("config/policies/MFAForcePolicy.json", "deploy/kustomize/overlays/configmap/policies/MFAForcePolicy.json"),
    ] {
        let [ours, theirs] = [original, copy]
            .map(|file| fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}")));
        assert!(ours == theirs, "copy {original} to {copy}");
    }
}

#[test]
fn the_component_for_prometheus_carries_the_alerts_as_they_are_tested() {
    is_golden_rule();
}

/// Kustomize cannot put the content of a file into a manifest, so the component's rule has the alerts once more.
fn is_golden_rule() {
    let alerts = fs::read_to_string(path("deploy/alerts/iamatrix.rules.yaml")).unwrap();
    let (_, groups) = alerts.split_once("groups:\n").unwrap();
    let indented = |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("  {line}") };
    let indented: String = groups.split_inclusive('\n').map(indented).collect();
    let file = path("deploy/kustomize/components/monitoring/prometheusrule.yaml");
    let committed = fs::read_to_string(&file).unwrap();
    let (head, _) = committed.split_once("  groups:\n").unwrap();
    let rule = format!("{head}  groups:\n{indented}");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, rule).unwrap();
        return;
    }
    assert!(committed == rule, "the alerts have changed: BLESS=1 cargo test --test deploy");
}

#[test]
fn the_component_for_prometheus_lets_prometheus_in_and_nobody_else() {
    let manifests = parsed(&monitored());
    let from = json!([{ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "monitoring" } } }]);
    let ingress = json!([{ "from": from, "ports": [{ "protocol": "TCP", "port": "http" }] }]);
    assert_eq!(the(&manifests, "NetworkPolicy")["spec"]["ingress"], ingress);
    for kind in ["ServiceMonitor", "PrometheusRule"] {
        let of = &the(&manifests, kind)["metadata"];
        assert_eq!((&of["namespace"], &of["name"]), (&json!("iamatrix"), &json!("iamatrix")), "{kind}");
    }
    let labels = &the(&manifests, "Service")["metadata"]["labels"];
    let selected = &the(&manifests, "ServiceMonitor")["spec"]["selector"]["matchLabels"];
    assert_eq!(labels["app.kubernetes.io/name"], selected["app.kubernetes.io/name"]);
}
