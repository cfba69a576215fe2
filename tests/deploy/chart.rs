//! What the chart says, and what it makes of values.

use serde_json::{Value, json};

use crate::rendered::{EXAMPLES, chart, helm, judge, parsed, path, pod, the};

#[test]
fn lint_finds_nothing() {
    for example in EXAMPLES {
        let run = helm(&["lint", "--strict"], example, &[]).exits(0);
        assert!(!run.stdout.contains("WARNING") && !run.stdout.contains("ERROR"), "{}", run.stdout);
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
fn a_large_number_of_a_user_stays_a_number() {
    let pod = self::pod(&chart("minimal", &["--set-json", "runAsUser=1000680000"]));
    assert_eq!(pod["spec"]["securityContext"]["runAsUser"], 1_000_680_000);
}

/// The rules for what goes out, by their ports: to whom.
fn egress(example: &str, flags: &[&str]) -> Vec<(u64, Value)> {
    let manifests = parsed(&chart(example, flags));
    let rules = the(&manifests, "NetworkPolicy")["spec"]["egress"].as_array().unwrap().clone();
    rules.into_iter().map(|rule| (rule["ports"][0]["port"].as_u64().unwrap(), rule["to"].clone())).collect()
}

#[test]
fn git_is_reached_by_the_port_it_needs_wherever_aws_is() {
    let cidr = |cidr: &str| json!([{ "ipBlock": { "cidr": cidr } }]);
    let (aws, git) = (cidr("192.0.2.0/24"), cidr("198.51.100.7/32"));
    let (aws_to, git_to) = (format!("networkPolicy.awsTo={aws}"), format!("networkPolicy.gitTo={git}"));
    let https = ["--set", "matrix.gitSync.repo=https://git.example.com/access.git", "--set-json", &aws_to];
    let open = egress("git-sync", &https);
    assert!(open.contains(&(443, aws.clone())) && open.contains(&(443, Value::Null)), "{open:?}");
    let narrow = egress("git-sync", &[&https[..], &["--set-json", &git_to]].concat());
    assert!(narrow.contains(&(443, aws)) && narrow.contains(&(443, git.clone())), "{narrow:?}");
    assert!(!narrow.contains(&(443, Value::Null)) && narrow.iter().all(|(port, _)| *port != 22), "{narrow:?}");
    assert!(egress("git-sync", &["--set-json", &git_to]).contains(&(22, git)));
    assert!(egress("minimal", &["--set-json", &git_to]).iter().all(|(port, _)| *port != 22));
}

#[test]
fn the_role_of_the_node_is_in_reach_only_where_it_may_be_used() {
    let metadata =
        json!([{ "ipBlock": { "cidr": "169.254.169.254/32" } }, { "ipBlock": { "cidr": "fd00:ec2::254/128" } }]);
    let is_open = |flags: &[&str]| egress("minimal", flags).contains(&(80, metadata.clone()));
    let is_off = |flags: &[&str]| pod(&chart("minimal", flags)).to_string().contains("AWS_EC2_METADATA_DISABLED");
    let allowed = ["--set", "aws.nodeRole=true"];
    assert_eq!((is_open(&[]), is_off(&[])), (false, true));
    assert_eq!((is_open(&allowed), is_off(&allowed)), (true, false));
}

#[test]
fn labels_of_the_user_are_laid_over_each_other_the_more_particular_on_top() {
    let flags = ["--set", "commonLabels.team=a,podLabels.team=b,prometheusRule.labels.team=c"];
    let manifests = parsed(&chart("full", &flags));
    let team = |kind: &str| the(&manifests, kind)["metadata"]["labels"]["team"].clone();
    assert_eq!((team("Service"), team("PrometheusRule"), team("ServiceMonitor")), ("a".into(), "c".into(), "a".into()));
    assert_eq!(pod(&chart("full", &flags))["metadata"]["labels"]["team"], "b");
}

#[test]
fn a_text_is_mounted_as_it_is_however_its_first_line_begins() {
    let folder = tempfile::TempDir::new().unwrap();
    for text in ["  version: 1\n  users: {}\n", "\n\n    # far in\nversion: 1\n", "version: 1", "# tab\t\n - a\n"] {
        let file = folder.path().join("matrix.yaml");
        std::fs::write(&file, text).unwrap();
        let file = file.display();
        let (matrix, document) = (format!("matrix.inline.matrix={file}"), format!("matrix.inline.policies.Odd={file}"));
        let manifests = parsed(&chart("minimal", &["--set-file", &matrix, "--set-file", &document]));
        let map = manifests.iter().find(|manifest| manifest["metadata"]["name"] == "iamatrix-matrix").unwrap();
        for key in ["matrix.yaml", "Odd.json"] {
            assert_eq!(map["data"][key].as_str().unwrap().trim_end(), text.trim_end(), "{key}");
        }
    }
}

/// Kubernetes takes no number where it wants a name.
#[test]
fn a_name_that_looks_like_a_number_stays_a_name() {
    for (example, names) in [
        ("minimal", "token.existingSecret=123,token.key=1,aws.region=0x10,priorityClassName=1e3,fullnameOverride=123"),
        ("minimal", "serviceAccount.create=false,serviceAccount.name=123,image.repository=1,image.tag=2"),
        ("full", "matrix.configMap.name=123,serviceMonitor.interval=30,podLabels.a=1,nameOverride=7"),
        ("git-sync", "matrix.gitSync.existingSecret=123,matrix.gitSync.ref=1e3,matrix.gitSync.path=2"),
    ] {
        let flags = names.split(',').flat_map(|name| {
            let flag = if name == "serviceAccount.create=false" { "--set" } else { "--set-string" };
            [flag, name]
        });
        let run = judge(&chart(example, &flags.collect::<Vec<_>>()), &["1.34"]);
        assert_eq!(run.code, 0, "{names}: {}", run.stderr);
    }
}

/// `null` takes a default away. What is left is rendered, or what is missing is named.
#[test]
fn no_value_that_is_taken_away_ends_in_an_error_of_the_templates() {
    let schema = std::fs::read_to_string(path("deploy/helm/iamatrix/values.schema.json")).unwrap();
    let mut names = Vec::new();
    places(&serde_json::from_str(&schema).unwrap(), "", &mut names);
    names.retain(|name| !name.starts_with("operator."));
    for example in ["full", "git-sync"] {
        let mut rendered = String::new();
        for name in &names {
            let run = helm(&["template", "iamatrix"], example, &["--set", &format!("{name}=null")]);
            let is_told =
                run.stderr.contains("execution error at") || run.stderr.contains("specifications of the schema");
            assert!(run.code == 0 || is_told, "{example}, {name}: {}", run.stderr);
            rendered += &run.stdout;
        }
        let run = judge(&rendered, &["1.34"]);
        assert_eq!(run.code, 0, "{example}: {}", run.stderr);
    }
}

/// The places of all values, as `--set` names them.
fn places(schema: &Value, above: &str, names: &mut Vec<String>) {
    for (name, value) in schema["properties"].as_object().into_iter().flatten() {
        names.push(format!("{above}{name}"));
        places(value, &format!("{above}{name}."), names);
    }
}

#[test]
fn a_config_map_without_named_documents_lies_flat_so_that_new_documents_need_no_new_pod() {
    let pod = pod(&chart("full", &["--set-json", "matrix.configMap.policies=[]"]));
    let volume = &pod["spec"]["volumes"][0]["configMap"];
    assert_eq!((&volume["name"], volume.get("items")), (&"people-and-policies".into(), None));
}
