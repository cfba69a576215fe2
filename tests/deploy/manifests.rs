//! Chart and overlays alike.

use std::collections::BTreeSet;

use crate::rendered::{VERSIONS, all, is_golden, judge, overlay, parsed, path, pod, the};

#[test]
fn everything_is_rendered_as_it_is_committed() {
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

#[test]
fn copies_are_like_what_they_are_copies_of() {
    for (original, copy) in [
        ("deploy/alerts/iamatrix.rules.yaml", "deploy/helm/iamatrix/files/iamatrix.rules.yaml"),
        ("config/policies/MFAForcePolicy.json", "deploy/kustomize/overlays/configmap/policies/MFAForcePolicy.json"),
    ] {
        let [ours, theirs] = [original, copy]
            .map(|file| std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}")));
        assert!(ours == theirs, "copy {original} to {copy}");
    }
}
