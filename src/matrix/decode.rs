//! The located tree of `matrix.yaml` → [`Matrix`]: shape only, every problem collected.
//!
//! Owns: the keys of the file. Must not: judge names, quotas or policies; that is [`super::check`].

use std::collections::BTreeMap;

use super::{BASELINE_GROUP, External, Group, Matrix, Mfa, PolicyRow, UserRow};
use crate::diagnostic::Diagnostic;
use crate::located::{Decoder, Located, Node, Value};
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;

/// A matrix without its documents, and the folder that holds them.
pub(super) struct Decoded {
    pub matrix: Matrix,
    pub documents: Option<Located<String>>,
}

pub(super) fn matrix(decoder: &mut Decoder, node: &Node) -> Decoded {
    let mut fields = decoder.fields(node, "the matrix");
    if let Some(version) = fields.required(decoder, "version", "add `version: 1` as the first line") {
        read_version(decoder, version);
    }
    let groups =
        fields.required(decoder, "groups", "declare the columns, for instance `groups: { Admin: {}, Viewer: {} }`");
    let users = fields.required(decoder, "users", "add the user matrix, a row a user: `name: { groups: [Viewer] }`");
    let policies =
        fields.required(decoder, "policies", "add the policy matrix, a row a policy: `ReadOnlyAccess: [Viewer]`");
    let baseline_group = fields.optional("baselineGroup");
    let baseline = fields.optional("baseline");
    let documents = fields.optional("documents");
    let external = fields.optional("external");
    let password_policy = fields.optional("passwordPolicy");
    fields.finish(decoder);
    let matrix = Matrix {
        groups: groups.map(|node| read_groups(decoder, node)).unwrap_or_default(),
        baseline_group: baseline_group
            .and_then(|node| name(decoder, node, "baselineGroup"))
            .unwrap_or_else(|| Located::new(BASELINE_GROUP.into(), node.span.clone())),
        baseline: baseline.map(|node| names(decoder, node, "baseline")).unwrap_or_default(),
        users: users.map(|node| read_users(decoder, node)).unwrap_or_default(),
        policies: policies.map(|node| read_policies(decoder, node)).unwrap_or_default(),
        documents: BTreeMap::new(),
        external: external.map(|node| read_external(decoder, node)).unwrap_or_default(),
        password_policy: password_policy.map(|node| read_password_policy(decoder, node)),
    };
    Decoded { matrix, documents: documents.and_then(|node| decoder.text(node, "documents")) }
}

fn read_version(decoder: &mut Decoder, node: &Node) {
    let written = match &node.value {
        Value::Number(written) => written.as_str(),
        _ => node.kind(),
    };
    if written != "1" {
        let message = format!("this program reads version 1 of the matrix, not {written}");
        decoder.problems.push(Diagnostic::error("bad-version", &node.span, message).help("write `version: 1`"));
    }
}

fn name(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Located<Name>> {
    decoder.text(node, what).map(|text| Located::new(Name::new(text.value), text.span))
}

fn names(decoder: &mut Decoder, node: &Node, what: &str) -> Vec<Located<Name>> {
    decoder.list(node, what).iter().filter_map(|item| name(decoder, item, what)).collect()
}

fn key_name(key: &Located<String>) -> Located<Name> {
    Located::new(Name::new(key.value.as_str()), key.span.clone())
}

fn read_groups(decoder: &mut Decoder, node: &Node) -> Vec<Group> {
    let mut groups = Vec::new();
    for (key, settings) in decoder.map(node, "groups") {
        let what = format!("group `{}`", key.value);
        let mut fields = decoder.fields(settings, &what);
        let renamed_from = fields.optional("renamedFrom");
        fields.finish(decoder);
        let renamed_from = renamed_from.and_then(|node| name(decoder, node, "renamedFrom"));
        groups.push(Group { name: key_name(key), renamed_from });
    }
    groups
}

fn read_users(decoder: &mut Decoder, node: &Node) -> Vec<UserRow> {
    let mut users = Vec::new();
    for (key, row) in decoder.map(node, "users") {
        let what = format!("user `{}`", key.value);
        if matches!(row.value, Value::List(_)) {
            decoder.wrong_type(row, &what, "a map such as { groups: [Viewer] }");
            continue;
        }
        let mut fields = decoder.fields(row, &what);
        let groups = fields.optional("groups");
        let mfa = fields.optional("mfa");
        let because = fields.optional("because");
        fields.finish(decoder);
        let groups = groups.map(|node| names(decoder, node, "groups")).unwrap_or_default();
        let mfa = read_mfa(decoder, mfa, because);
        users.push(UserRow { name: key_name(key), groups, mfa });
    }
    users
}

fn read_mfa(decoder: &mut Decoder, mfa: Option<&Node>, because: Option<&Node>) -> Mfa {
    let written = mfa.and_then(|node| decoder.text(node, "mfa"));
    let because = because.and_then(|node| decoder.text(node, "because"));
    match written {
        Some(mfa) if mfa.value == "exempt" => {
            if because.is_none() {
                let problem = Diagnostic::error("missing-reason", &mfa.span, "`mfa: exempt` has no reason");
                decoder.problems.push(problem.help("add `because: \"…\"`, so that a reviewer can judge it"));
            }
            Mfa::Exempt { because: because.map(|text| text.value).unwrap_or_default() }
        }
        Some(mfa) if mfa.value != "required" => {
            let message = format!("mfa is `{}`", mfa.value);
            decoder.problems.push(
                Diagnostic::error("bad-value", &mfa.span, message)
                    .help("write `required`, or `exempt` with a `because`"),
            );
            Mfa::Required
        }
        _ => Mfa::Required,
    }
}

fn read_policies(decoder: &mut Decoder, node: &Node) -> Vec<PolicyRow> {
    let mut policies = Vec::new();
    for (key, groups) in decoder.map(node, "policies") {
        let groups = names(decoder, groups, &format!("policy `{}`", key.value));
        policies.push(PolicyRow { name: key_name(key), groups });
    }
    policies
}

fn read_external(decoder: &mut Decoder, node: &Node) -> Vec<External> {
    let mut external = Vec::new();
    for (key, arn) in decoder.map(node, "external") {
        if let Some(arn) = decoder.text(arn, "an external policy") {
            external.push(External { name: key_name(key), arn: Located::new(Arn::new(arn.value), arn.span) });
        }
    }
    external
}

fn read_password_policy(decoder: &mut Decoder, node: &Node) -> PasswordPolicy {
    let mut fields = decoder.fields(node, "the password policy");
    let minimum_length = fields.optional("minimumLength");
    let [upper, lower, numbers, symbols, change, hard] = [
        "requireUppercase",
        "requireLowercase",
        "requireNumbers",
        "requireSymbols",
        "allowUsersToChangePassword",
        "hardExpiry",
    ]
    .map(|key| (key, fields.optional(key)));
    let max_age = fields.optional("maxAgeDays");
    let reuse = fields.optional("reusePrevention");
    fields.finish(decoder);
    let mut flag =
        |(key, node): (&str, Option<&Node>)| node.and_then(|node| decoder.flag(node, key)).unwrap_or_default();
    let mut policy = PasswordPolicy {
        require_uppercase: flag(upper),
        require_lowercase: flag(lower),
        require_numbers: flag(numbers),
        require_symbols: flag(symbols),
        allow_users_to_change_password: flag(change),
        hard_expiry: flag(hard),
        ..PasswordPolicy::default()
    };
    if let Some(length) = minimum_length.and_then(|node| decoder.number(node, "minimumLength", 6..=128)) {
        policy.minimum_length = length;
    }
    policy.max_age_days = max_age.and_then(|node| decoder.number(node, "maxAgeDays", 1..=1095));
    policy.reuse_prevention = reuse.and_then(|node| decoder.number(node, "reusePrevention", 1..=24));
    policy
}
