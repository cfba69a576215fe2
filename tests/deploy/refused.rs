//! What the chart refuses, and in which words.

use serde_json::Value;

use crate::rendered::{bare, chart, helm, path};

#[track_caller]
fn refused(example: &str, flags: &[&str], told: &str) {
    helm(&["template", "iamatrix"], example, flags).exits(1).says(told);
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
        ("operator.intervall=5m", "'/operator': additional properties 'intervall' not allowed"),
        ("operator.prune=perhaps", "'/operator/prune': got string"),
        ("operator.limits.removals.percent=200", "'/operator/limits/removals/percent'"),
        ("operator.groups.DBA=enforced", "'/operator/groups/DBA'"),
        ("matrix.configMap.name=x", "were given: [inline, configMap]"),
        ("matrix.inline.policies.a@b=text", "'a@b' does not match"),
        ("serviceAccount.create=false", "serviceAccount.name"),
    ] {
        refused("minimal", &["--set", flag], told);
    }
    refused("full", &["--set", "matrix.configMap.name="], "were given: []");
    refused("full", &["--set", "matrix.configMap=null,matrix.inline=null"], "were given: []");
}

#[test]
fn an_account_of_others_cannot_be_annotated_so_nothing_is_silently_left_out() {
    let others = "serviceAccount.create=false,serviceAccount.name=others";
    helm(&["template", "iamatrix"], "minimal", &["--set", others]).exits(0);
    let role = ["--set", others, "--set", "aws.roleArn=arn:aws:iam::123456789012:role/iamatrix"];
    refused("minimal", &role, "leave aws.roleArn and serviceAccount.annotations empty");
    refused("minimal", &["--set", others, "--set", "serviceAccount.annotations.a=b"], "annotate that service account");
}

#[test]
fn what_the_chart_itself_sets_cannot_be_set_twice() {
    for (example, place, key) in [
        ("git-sync", "podAnnotations", "eks.amazonaws.com/skip-containers"),
        ("minimal", "podAnnotations", "checksum/taken-at-start"),
        ("minimal", "podLabels", "app.kubernetes.io/instance"),
        ("minimal", "commonLabels", "app.kubernetes.io/name"),
        ("full", "serviceAccount.annotations", "eks.amazonaws.com/role-arn"),
        ("full", "prometheusRule.labels", "helm.sh/chart"),
        ("full", "serviceMonitor.labels", "app.kubernetes.io/version"),
    ] {
        let flag = format!("{place}.{}=x", key.replace('.', "\\."));
        refused(example, &["--set", &flag], &format!("{place}: the chart itself sets `{key}`; leave it out"));
    }
}

#[test]
fn a_repository_is_reached_by_https_or_ssh_and_its_address_holds_no_password() {
    let repo = |address: &str| format!("matrix.gitSync.repo={address}");
    for address in [
        "https://git.example.com/security/access.git",
        "https://git.example.com:8443/access",
        "https://[2001:db8::1]/access.git",
        "git@git.example.com:security/access.git",
        "ssh://git@git.example.com:2222/security/access.git",
    ] {
        chart("git-sync", &["--set", &repo(address)]);
    }
    for address in [
        "http://git.example.com/access.git",
        "file:///etc",
        "/srv/access.git",
        "git://git.example.com/access.git",
        "https://ann:secret@git.example.com/access.git",
        "https://token@git.example.com/access.git",
        "https://git.example.com",
        "ssh://git:secret@git.example.com/access.git",
        "ssh://-oProxyCommand=x/access.git",
        "-oProxyCommand=x@git.example.com:access.git",
        "git@-oProxyCommand=x:access.git",
        "ext::sh -c x",
    ] {
        refused("git-sync", &["--set", &repo(address)], "'/matrix/gitSync/repo'");
    }
}

#[test]
fn ssh_needs_a_key() {
    refused("git-sync", &["--set", "matrix.gitSync.existingSecret="], "which needs a key: name the Secret");
    let https = "matrix.gitSync.existingSecret=,matrix.gitSync.repo=https://git.example.com/access.git";
    chart("git-sync", &["--set", https]);
}

#[test]
fn the_folder_of_the_matrix_is_in_the_repository() {
    for path in ["..", "../../etc", "config/../../../etc", "config/.."] {
        let flag = format!("matrix.gitSync.path={path}");
        refused("git-sync", &["--set", &flag], &format!("`{path}` leads out of the repository"));
    }
    chart("git-sync", &["--set", "matrix.gitSync.path=config..d/a"]);
}

fn read(file: &str) -> String {
    std::fs::read_to_string(path(file)).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&read("deploy/helm/iamatrix/values.schema.json")).unwrap()
}

#[test]
fn every_value_is_described_by_the_schema_and_in_the_values_file() {
    let values = read("deploy/helm/iamatrix/values.yaml");
    for (name, property) in schema()["properties"].as_object().unwrap() {
        assert!(property["description"].is_string(), "{name}");
        let is_told = values.contains(&format!("\n{name}:")) || values.contains(&format!("\n#   {name} "));
        assert!(is_told || name == "global", "{name} is not in values.yaml");
    }
}

/// Which of them stand elsewhere in the values is told by the templates, in better words than a schema has.
#[test]
fn the_settings_are_judged_as_the_file_is() {
    let source: Value = serde_json::from_str(&read("config/schema/operator.schema.json")).unwrap();
    let copy = schema();
    for (ours, theirs) in [
        (&copy["$defs"], &source["$defs"]),
        (&copy["properties"]["operator"]["properties"], &source["properties"]),
        (&copy["properties"]["operator"]["additionalProperties"], &source["additionalProperties"]),
    ] {
        assert_eq!(
            ours, theirs,
            "copy `$defs` and `properties` of config/schema/operator.schema.json to `$defs` and \
                                  `properties.operator` of the chart's values.schema.json"
        );
    }
}
