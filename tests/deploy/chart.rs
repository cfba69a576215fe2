//! What the chart says and refuses.

use crate::rendered::{EXAMPLES, bare, chart, helm, parsed, pod, the};

#[test]
fn lint_finds_nothing() {
    for example in EXAMPLES {
        let run = helm(&["lint", "--strict"], example, &[]).exits(0);
        assert!(!run.stdout.contains("WARNING") && !run.stdout.contains("ERROR"), "{}", run.stdout);
    }
}

#[test]
fn without_a_mode_and_an_account_there_is_no_release() {
    bare(&[]).exits(1).says("missing properties 'mode', 'account'");
    bare(&["--set", "mode=observe"]).exits(1).says("missing property 'account'");
    bare(&["--set-string", "account=123456789012"]).exits(1).says("missing property 'mode'");
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    for (flag, told) in [
        ("mode=enforced", "'/mode': value must be one of 'observe', 'additive', 'enforce'"),
        ("account=123456789012", "'/account': got number, want string"),
        ("image.repository=", "'/image/repository'"),
        ("image.digest=latest", "'/image/digest'"),
        ("replicas=2", "additional properties 'replicas' not allowed"),
        ("matrix.gitsync.repo=x", "'/matrix': additional properties 'gitsync' not allowed"),
        ("aws.roleArn=iamatrix", "'/aws/roleArn'"),
        ("prometheusRule.runbookBaseUrl=docs", "'/prometheusRule/runbookBaseUrl'"),
        ("operator.mode=enforce", "`mode` and `account` stand at the top"),
        ("operator.listen=x", "listenAddress"),
        ("matrix.configMap.name=x", "were given: [inline, configMap]"),
        ("matrix.inline.policies.a@b=text", "'a@b' does not match"),
        ("serviceAccount.create=false", "serviceAccount.name"),
    ] {
        helm(&["template", "iamatrix"], "minimal", &["--set", flag]).exits(1).says(told);
    }
    helm(&["template", "iamatrix"], "full", &["--set", "matrix.configMap.name="]).exits(1).says("were given: []");
}

#[test]
fn every_value_is_described_by_the_schema_and_in_the_values_file() {
    let read =
        |file: &str| std::fs::read_to_string(crate::rendered::path(&format!("deploy/helm/iamatrix/{file}"))).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&read("values.schema.json")).unwrap();
    let values = read("values.yaml");
    for (name, property) in schema["properties"].as_object().unwrap() {
        assert!(property["description"].is_string(), "{name}");
        let is_told = values.contains(&format!("\n{name}:")) || values.contains(&format!("\n#   {name} "));
        assert!(is_told || name == "global", "{name} is not in values.yaml");
    }
}

#[test]
fn the_notes_say_the_mode_and_what_is_still_to_do() {
    let install = |example, flags: &[&str]| {
        helm(&["install", "iamatrix", "--dry-run=client"], example, flags).exits(0).says("account 123456789012")
    };
    install("minimal", &[])
        .says("mode observe: it shows")
        .says("There is no token")
        .says("The NetworkPolicy lets nobody in");
    install("git-sync", &[]).says("mode additive: it adds").says("create-pod-identity-association");
    let full = install("full", &[]).says("mode enforce: it makes").says("ConfigMap people-and-policies");
    assert!(!full.stdout.contains("There is no token") && !full.stdout.contains("pod-identity"), "{}", full.stdout);
}

#[test]
fn every_runbook_is_found_where_the_repository_is_kept() {
    let runbooks = |flags: &[&str]| -> Vec<String> {
        let manifests = parsed(&chart("full", flags));
        let rules = the(&manifests, "PrometheusRule")["spec"]["groups"][0]["rules"].as_array().unwrap().clone();
        rules.iter().map(|rule| rule["annotations"]["runbook_url"].as_str().unwrap().to_owned()).collect()
    };
    let (kept, bare) = (runbooks(&[]), runbooks(&["--set", "prometheusRule.runbookBaseUrl="]));
    assert!(bare.len() > 15 && bare.iter().all(|url| url.starts_with("docs/operating.md#iamatrix")), "{bare:?}");
    let before = "https://git.example.com/platform/iamatrix/blob/main/";
    assert_eq!(kept, bare.iter().map(|url| format!("{before}{url}")).collect::<Vec<_>>());
}

#[test]
fn a_new_matrix_a_new_mode_and_new_limits_leave_the_pod_alone() {
    let before = pod(&chart("minimal", &[]));
    for flag in [
        "mode=enforce",
        "operator.interval=5m",
        "matrix.inline.matrix=other",
        "matrix.inline.policies.MFAForcePolicy=other",
    ] {
        assert_eq!(pod(&chart("minimal", &["--set", flag])), before, "{flag}");
    }
}

#[test]
fn another_account_or_path_makes_a_new_pod_because_both_are_taken_at_start() {
    let before = pod(&chart("minimal", &[]));
    for flag in ["account=210987654321", "operator.path=/other/"] {
        assert_ne!(pod(&chart("minimal", &["--set-string", flag])), before, "{flag}");
    }
}

#[test]
fn the_platform_may_choose_the_user_but_never_root() {
    let pod = pod(&chart("git-sync", &["--set", "runAsUser=null"]));
    assert!(!pod.to_string().contains("runAsUser"), "{pod}");
    assert_eq!(pod["spec"]["securityContext"]["runAsNonRoot"], true);
    helm(&["template", "iamatrix"], "minimal", &["--set", "runAsUser=0"]).exits(1).says("'/runAsUser'");
}

#[test]
fn git_is_reached_by_the_port_it_needs() {
    let ports = |flags: &[&str]| {
        let manifests = parsed(&chart("git-sync", flags));
        the(&manifests, "NetworkPolicy")["spec"]["egress"].to_string().contains("22")
    };
    assert!(ports(&[]));
    assert!(!ports(&["--set", "matrix.gitSync.repo=https://git.example.com/access.git"]));
}

#[test]
fn a_config_map_without_named_documents_lies_flat_so_that_new_documents_need_no_new_pod() {
    let pod = pod(&chart("full", &["--set-json", "matrix.configMap.policies=[]"]));
    let volume = &pod["spec"]["volumes"][0]["configMap"];
    assert_eq!((&volume["name"], volume.get("items")), (&"people-and-policies".into(), None));
}
