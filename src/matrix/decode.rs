//! The located tree of `matrix.yaml` → [`Matrix`]: shape only, every problem collected.
//!
//! Owns: the keys of the file. Must not: judge names, quotas or policies; that is [`super::check`].

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{BASELINE_GROUP, External, Group, Matrix, Mfa, PolicyRow, UserRow, Waiver};
use crate::decoder::Decoder;
use crate::diagnostic::Diagnostic;
use crate::located::{Located, Node, Value};
use crate::name::{Arn, Name};
use crate::password_policy::PasswordPolicy;

/// A matrix without its documents, and the folder that holds them.
pub(super) struct Decoded {
    pub matrix: Matrix,
    pub documents: Option<Located<String>>,
}

pub(super) fn matrix(decoder: &mut Decoder, node: &Node) -> Decoded {
    let mut fields = decoder.fields(node, "the matrix", "{ version: 1, groups: {…}, users: {…}, policies: {…} }");
    let version = fields.required("version", "add `version: 1` as the first line");
    let groups = fields.required("groups", "declare the columns, for instance `groups: { Admin: {}, Viewer: {} }`");
    let users = fields.required("users", "add the user matrix, a row a user: `name: { groups: [Viewer] }`");
    let policies = fields.required("policies", "add the policy matrix, a row a policy: `ReadOnlyAccess: [Viewer]`");
    let baseline_group = fields.optional("baselineGroup");
    let baseline = fields.optional("baseline");
    let documents = fields.optional("documents");
    let external = fields.optional("external");
    let password_policy = fields.optional("passwordPolicy");
    let waivers = fields.optional("waivers");
    fields.finish(decoder);
    if let Some(version) = version {
        read_version(decoder, version);
    }
    for (what, section) in [("groups", groups), ("users", users), ("policies", policies)] {
        refuse_empty(decoder, section, what);
    }
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
        waivers: waivers.map(|node| read_waivers(decoder, node)).unwrap_or_default(),
    };
    Decoded { matrix, documents: documents.and_then(|node| decoder.text(node, "documents")) }
}

/// A section with nothing in it would take everybody's access away; it is always a mistake.
fn refuse_empty(decoder: &mut Decoder, section: Option<&Node>, what: &str) {
    let Some(node) = section else { return };
    let nothing = match &node.value {
        Value::Null => true,
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    if nothing {
        decoder.problems.push(super::check::empty_section(&node.span, what));
    }
}

fn read_version(decoder: &mut Decoder, node: &Node) {
    if node.value != Value::Number("1".to_owned()) {
        let message = format!("this program reads version 1 of the matrix, found {}", node.shown());
        decoder.problems.push(Diagnostic::error("bad-version", &node.span, message).help("write `version: 1`"));
    }
}

fn name(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Located<Name>> {
    decoder.text(node, what).map(|text| Located::new(Name::new(text.value), text.span))
}

fn names(decoder: &mut Decoder, node: &Node, what: &str) -> Vec<Located<Name>> {
    decoder.list(node, what).iter().filter_map(|item| name(decoder, item, what)).collect()
}

/// The groups of a row. People who come from a table write its marks; they get the names to write instead.
fn cells(decoder: &mut Decoder, node: &Node, what: &str) -> Vec<Located<Name>> {
    let marked: Vec<&str> = match &node.value {
        Value::Map(entries) => {
            entries.iter().filter(|(_, mark)| is_yes(mark)).map(|(key, _)| key.value.as_str()).collect()
        }
        _ if is_mark(node) => Vec::new(),
        _ => return names(decoder, node, what),
    };
    let example = if marked.is_empty() { "Admin, Viewer".to_owned() } else { marked.join(", ") };
    let help = format!("write the groups' names instead of marks: [{example}]; who is not named does not have it");
    decoder.wrong_type_help(node, what, "a list of groups", help);
    Vec::new()
}

fn is_yes(node: &Node) -> bool {
    node.word().is_some_and(|word| ["y", "yes", "x", "true", "1", "o"].contains(&word.to_ascii_lowercase().as_str()))
}

fn is_mark(node: &Node) -> bool {
    let no = |word: String| ["n", "no", "-", "false", "0"].contains(&word.to_ascii_lowercase().as_str());
    is_yes(node) || node.word().is_some_and(no)
}

fn key_name(key: &Located<String>) -> Located<Name> {
    Located::new(Name::new(key.value.as_str()), key.span.clone())
}

fn read_groups(decoder: &mut Decoder, node: &Node) -> Vec<Group> {
    let mut groups = Vec::new();
    for (key, settings) in decoder.map(node, "groups", "{ Admin: {}, Viewer: {} }") {
        let what = format!("group `{}`", key.value);
        let mut fields = decoder.fields(settings, &what, "{} or { renamedFrom: OldName }");
        let renamed_from = fields.optional("renamedFrom");
        fields.finish(decoder);
        let renamed_from = renamed_from.and_then(|node| name(decoder, node, "renamedFrom"));
        groups.push(Group { name: key_name(key), renamed_from });
    }
    groups
}

fn read_users(decoder: &mut Decoder, node: &Node) -> Vec<UserRow> {
    let mut users = Vec::new();
    for (key, row) in decoder.map(node, "users", "{ name: { groups: [Viewer] } }") {
        let what = format!("user `{}`", key.value);
        let mut fields = decoder.fields(row, &what, "{ groups: [Viewer] }");
        let groups = fields.optional("groups");
        let mfa = fields.optional("mfa");
        let because = fields.optional("because");
        fields.finish(decoder);
        let groups = groups.map(|node| cells(decoder, node, "groups")).unwrap_or_default();
        let mfa = read_mfa(decoder, mfa, because);
        users.push(UserRow { name: key_name(key), groups, mfa });
    }
    users
}

fn read_mfa(decoder: &mut Decoder, mfa: Option<&Node>, because: Option<&Node>) -> Mfa {
    let written = mfa.and_then(|node| decoder.word(node, "mfa", "required or exempt"));
    let reason = because.and_then(|node| decoder.text(node, "because"));
    match written {
        Some(mfa) if mfa.value == "exempt" => {
            // A reason that could not be read has been told.
            if because.is_none() || reason.as_ref().is_some_and(|text| text.value.trim().is_empty()) {
                let problem = Diagnostic::error("missing-reason", &mfa.span, "`mfa: exempt` has no reason");
                decoder.problems.push(problem.help("add `because: \"…\"`, so that a reviewer can judge it"));
            }
            Mfa::Exempt { because: reason.map(|text| text.value).unwrap_or_default() }
        }
        Some(mfa) if mfa.value != "required" => {
            let message = format!("mfa is `{}`", mfa.value);
            decoder.problems.push(
                Diagnostic::error("bad-value", &mfa.span, message)
                    .help("write `required`, or `exempt` with a `because`"),
            );
            Mfa::Required
        }
        _ => {
            if let Some(reason) = reason {
                let message = format!("a reason, `{}`, and no `mfa: exempt` that it is for", reason.value);
                decoder.problems.push(
                    Diagnostic::error("missing-key", &reason.span, message)
                        .help("add `mfa: exempt`, or remove `because`; as it stands MFA is required"),
                );
            }
            Mfa::Required
        }
    }
}

fn read_policies(decoder: &mut Decoder, node: &Node) -> Vec<PolicyRow> {
    let mut policies = Vec::new();
    for (key, groups) in decoder.map(node, "policies", "{ ReadOnlyAccess: [Viewer] }") {
        let groups = cells(decoder, groups, &format!("policy `{}`", key.value));
        policies.push(PolicyRow { name: key_name(key), groups });
    }
    policies
}

fn read_external(decoder: &mut Decoder, node: &Node) -> Vec<External> {
    let mut external = Vec::new();
    for (key, arn) in decoder.map(node, "external", "{ TeamX: \"arn:aws:iam::123456789012:policy/TeamX\" }") {
        if let Some(arn) = decoder.text(arn, "an external policy") {
            external.push(External { name: key_name(key), arn: Located::new(Arn::new(arn.value), arn.span) });
        }
    }
    external
}

const WAIVER: &str = "{ rule: L01, on: DenyIPAddressPolicy, because: \"…\", until: 2027-06-30 }";

fn read_waivers(decoder: &mut Decoder, node: &Node) -> Vec<Waiver> {
    let items = decoder.list(node, "waivers");
    items.iter().filter_map(|item| read_waiver(decoder, item)).collect()
}

fn read_waiver(decoder: &mut Decoder, node: &Node) -> Option<Waiver> {
    let mut fields = decoder.fields(node, "a waiver", WAIVER);
    let rule = fields.required("rule", "name the rule: the code that `iamatrix check` shows in brackets");
    let on = fields.required("on", "name the policy, user or group that the finding is about");
    let because = fields.required("because", "add `because: \"…\"`, so that a reviewer can judge it");
    let until = fields.required("until", "add the last day on which it counts: `until: 2027-06-30`");
    fields.finish(decoder);
    let rule = rule.and_then(|node| decoder.word(node, "rule", "the code of a rule"));
    let on = on.and_then(|node| name(decoder, node, "on"));
    let reason = because.and_then(|node| decoder.text(node, "because"));
    let until = until.and_then(|node| read_day(decoder, node));
    let (rule, on, reason, until) = (rule?, on?, reason?, until?);
    if reason.value.trim().is_empty() {
        let problem = Diagnostic::error("missing-reason", &reason.span, "the waiver has no reason");
        decoder.problems.push(problem.help("say why the finding is agreed to, so that a reviewer can judge it"));
    }
    Some(Waiver { rule, on, because: reason.value, until })
}

pub(super) fn read_day(decoder: &mut Decoder, node: &Node) -> Option<Located<Date>> {
    let written = decoder.word(node, "until", "a day such as 2027-06-30")?;
    let Ok(day) = Date::strptime("%Y-%m-%d", &written.value) else {
        let message = format!("`{}` is no day", written.value);
        let help = "write the year, the month and the day: 2027-06-30";
        decoder.problems.push(Diagnostic::error("bad-value", &written.span, message).help(help));
        return None;
    };
    Some(Located::new(day, written.span))
}

fn read_password_policy(decoder: &mut Decoder, node: &Node) -> PasswordPolicy {
    let mut fields = decoder.fields(node, "the password policy", "{ minimumLength: 14, maxAgeDays: 90 }");
    if node.value == Value::Null || node.value == Value::Map(Vec::new()) {
        let message = "`passwordPolicy` is empty, which would put IAM's weak defaults in place of the account's rules";
        decoder.problems.push(
            Diagnostic::error("missing-key", &node.span, message)
                .help("write all fields, for instance `minimumLength: 14`, or remove `passwordPolicy`"),
        );
    }
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
