//! Decodes `operator.yaml`.
//!
//! Must not: judge what the settings mean beside the matrix; the rules do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::{Approval, Ceiling, Limits, Mode, Operator, Protect, Threshold, default_listen};
use crate::decoder::Decoder;
use crate::diagnostic::Diagnostic;
use crate::located::{Located, Node};
use crate::matrix::decode::read_day;
use crate::name;
use crate::name::Name;
use crate::nearest;

/// Reads the settings; what is wrong goes to the decoder. `None` when a required key is missing or unreadable.
pub(in crate::matrix) fn operator(decoder: &mut Decoder, node: &Node) -> Option<Operator> {
    let mut fields = decoder.fields(node, "operator.yaml", "{ mode: observe }");
    let mode = fields.required("mode", "say how far the operator may go: `mode: observe`, `additive` or `enforce`");
    let account = fields.optional("account");
    let path = fields.optional("path");
    let interval = fields.optional("interval");
    let prune = fields.optional("prune");
    let users = fields.optional("users");
    let suspend = fields.optional("suspend");
    let groups = fields.optional("groups");
    let ceiling = fields.optional("ceiling");
    let approve = fields.optional("approve");
    let protect = fields.optional("protect");
    let limits = fields.optional("limits");
    let listen = fields.optional("listen");
    let token_file = fields.optional("tokenFile");
    fields.finish(decoder);
    let mode = mode.and_then(|node| read_mode(decoder, node));
    // One that is wrong has been told, and is not missing on top.
    let account = account.map(|node| read_account(decoder, node).unwrap_or_default());
    let operator = Operator {
        account,
        path: path.and_then(|node| read_path(decoder, node)).unwrap_or_else(|| "/foundation/".to_owned()),
        mode_overridden: false,
        interval: interval.and_then(|node| read_interval(decoder, node)).unwrap_or(Duration::from_mins(1)),
        prune: prune.and_then(|node| decoder.flag(node, "prune")).unwrap_or_default(),
        create_users: users.is_some_and(|node| read_create_users(decoder, node)),
        suspend: suspend.and_then(|node| decoder.flag(node, "suspend")).unwrap_or_default(),
        held_back: groups.map(|node| read_held_back(decoder, node)).unwrap_or_default(),
        ceiling: ceiling.map(|node| read_ceiling(decoder, node)).unwrap_or_default(),
        approve: approve.and_then(|node| read_approval(decoder, node)),
        protect: protect.map(|node| read_protect(decoder, node)).unwrap_or_default(),
        limits: limits.map(|node| read_limits(decoder, node)).unwrap_or_default(),
        listen: listen.and_then(|node| read_listen(decoder, node)).unwrap_or_else(default_listen),
        token_file: token_file.and_then(|node| read_token_file(decoder, node)),
        // The last: without a mode the rest is read all the same, for what is wrong with it.
        mode: mode?,
    };
    Some(operator)
}

fn bad_value(decoder: &mut Decoder, at: &Located<String>, what: &str, help: impl Into<String>) {
    let message = format!("{what} `{}`", at.value);
    decoder.problems.push(Diagnostic::error("bad-value", &at.span, message).help(help));
}

fn read_mode(decoder: &mut Decoder, node: &Node) -> Option<Located<Mode>> {
    let written = decoder.word(node, "mode", "observe, additive or enforce")?;
    let modes = [Mode::Observe, Mode::Additive, Mode::Enforce];
    let found = modes.into_iter().find(|mode| mode.as_str() == written.value);
    if found.is_none() {
        let near = nearest::to(&written.value, modes.map(Mode::as_str), 1);
        let help = near
            .first()
            .map_or("write observe, additive or enforce".to_owned(), |near| format!("did you mean `{near}`?"));
        bad_value(decoder, &written, "there is no mode", help);
    }
    Some(Located::new(found?, written.span))
}

fn read_account(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let written = decoder.text(node, "account")?;
    if !name::is_account(&written.value) {
        bad_value(decoder, &written, "not an account id:", "write its twelve digits in quotes, without dashes");
    }
    Some(written.value)
}

fn read_path(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let written = decoder.text(node, "path")?;
    let Some(fault) = name::path_fault(&written.value) else { return Some(written.value) };
    let message = format!("path `{}` {fault}", written.value);
    let slashed = format!("/{}/", written.value.trim_matches('/'));
    let wanted = if name::path_fault(&slashed).is_none() { slashed } else { "/foundation/".to_owned() };
    decoder.problems.push(
        Diagnostic::error("bad-path", &written.span, message)
            .help(format!("write a path of the operator's own, such as {wanted}")),
    );
    None
}

fn read_interval(decoder: &mut Decoder, node: &Node) -> Option<Duration> {
    let written = decoder.word(node, "interval", "a time such as 60s")?;
    let parsed = written.value.parse::<jiff::SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
    let found = parsed.filter(|interval| *interval >= Duration::from_secs(1) && *interval <= Duration::from_hours(24));
    if found.is_none() {
        bad_value(decoder, &written, "interval is", "write a time from 1s to 24h, such as 60s or 5m");
    }
    found
}

fn read_create_users(decoder: &mut Decoder, node: &Node) -> bool {
    let mut fields = decoder.fields(node, "`users`", "{ create: false }");
    let create = fields.optional("create");
    fields.finish(decoder);
    create.and_then(|node| decoder.flag(node, "users.create")).unwrap_or_default()
}

fn read_protect(decoder: &mut Decoder, node: &Node) -> Protect {
    let mut fields = decoder.fields(node, "`protect`", "{ users: [break-glass] }");
    let [users, groups, policies] = ["users", "groups", "policies"].map(|key| fields.optional(key));
    fields.finish(decoder);
    let mut list = |node: Option<&Node>| -> Vec<String> {
        let Some(node) = node else { return Vec::new() };
        let items = decoder.list(node, "a list of protected names");
        items.iter().filter_map(|item| read_pattern(decoder, item)).collect()
    };
    Protect { users: list(users), groups: list(groups), policies: list(policies) }
}

/// A pattern that can match no name protects nobody, while its author sleeps well.
fn read_pattern(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let written = decoder.text(node, "a protected name")?;
    let stem = written.value.strip_suffix('*').unwrap_or(&written.value);
    let is_all = stem.is_empty() && !written.value.is_empty();
    if !is_all && name::fault(stem, name::GROUP).is_some() {
        bad_value(
            decoder,
            &written,
            "no name can match",
            "write a name of IAM, or how it begins with one `*` at the end",
        );
    }
    Some(written.value)
}

fn read_limits(decoder: &mut Decoder, node: &Node) -> Limits {
    let mut limits = Limits::default();
    let mut fields = decoder.fields(node, "`limits`", "{ callsPerSecond: 10 }");
    let removals = fields.optional("removals");
    let grants = fields.optional("grants");
    let reverts = fields.optional("reverts");
    let calls = fields.optional("callsPerSecond");
    fields.finish(decoder);
    if let Some(node) = removals {
        limits.removals = read_threshold(decoder, node, "`removals`");
    }
    limits.grants = grants.map(|node| read_threshold(decoder, node, "`grants`"));
    if let Some(reverts) = reverts.and_then(|node| decoder.number(node, "reverts", 1..=100)) {
        limits.reverts = reverts;
    }
    if let Some(calls) = calls.and_then(|node| decoder.number(node, "callsPerSecond", 1..=1_000)) {
        limits.calls_per_second = calls;
    }
    limits
}

fn read_threshold(decoder: &mut Decoder, node: &Node, what: &str) -> Threshold {
    let mut fields = decoder.fields(node, what, "{ count: 5, percent: 20 }");
    let (count, percent) = (fields.optional("count"), fields.optional("percent"));
    fields.finish(decoder);
    let default = Threshold::default();
    Threshold {
        count: count.and_then(|node| decoder.number(node, "count", 0..=1_000_000)).unwrap_or(default.count),
        percent: percent.and_then(|node| decoder.number(node, "percent", 0..=100)).unwrap_or(default.percent),
    }
}

/// A group may be held back, never pushed ahead: where its mode is wider than the operator's, that counts.
fn read_held_back(decoder: &mut Decoder, node: &Node) -> BTreeMap<Name, Located<Mode>> {
    let entries = decoder.map(node, "`groups`", "{ DBA: observe }");
    let mut held_back: BTreeMap<Name, Located<Mode>> = BTreeMap::new();
    for (name, node) in entries {
        let Some(mode) = read_mode(decoder, node) else { continue };
        let group = Name::new(name.value.as_str());
        // Written twice in different case, the more careful counts.
        let mode = held_back.get(&group).map_or(mode.value, |known| known.value.min(mode.value));
        held_back.insert(group, Located::new(mode, name.span.clone()));
    }
    held_back
}

fn read_ceiling(decoder: &mut Decoder, node: &Node) -> Vec<Ceiling> {
    let entries = decoder.map(node, "`ceiling`", "{ AdministratorAccess: [Admin] }");
    let mut ceiling = Vec::new();
    for (power, node) in entries {
        let items = decoder.list(node, "the groups that may have it");
        let groups = items.iter().filter_map(|item| decoder.text(item, "a group"));
        let groups = groups.map(|group| Located::new(Name::new(group.value), group.span)).collect();
        ceiling.push(Ceiling { power: power.clone(), groups });
    }
    ceiling
}

fn read_approval(decoder: &mut Decoder, node: &Node) -> Option<Approval> {
    let mut fields = decoder.fields(node, "`approve`", "{ digest: 3f0c…, until: 2027-06-30 }");
    let digest = fields.required("digest", "copy the digest from the hold: `iamatrix plan` and /plan show it");
    let until = fields.required("until", "add the last day on which it counts: `until: 2027-06-30`");
    fields.finish(decoder);
    let digest = digest.and_then(|node| read_digest(decoder, node));
    let until = until.and_then(|node| read_day(decoder, node));
    Some(Approval { digest: digest?, until: until? })
}

fn read_digest(decoder: &mut Decoder, node: &Node) -> Option<Located<String>> {
    let written = decoder.text(node, "digest")?;
    if written.value.len() == 64 && written.value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(Located::new(written.value.to_ascii_lowercase(), written.span));
    }
    bad_value(decoder, &written, "not a digest:", "copy all 64 characters that the hold tells, in quotes");
    None
}

fn read_token_file(decoder: &mut Decoder, node: &Node) -> Option<PathBuf> {
    let written = decoder.text(node, "tokenFile")?;
    if written.value.trim().is_empty() {
        bad_value(decoder, &written, "there is no file", "name the file with the token, or remove `tokenFile`");
    }
    Some(written.value.into())
}

fn read_listen(decoder: &mut Decoder, node: &Node) -> Option<SocketAddr> {
    let written = decoder.word(node, "listen", "an address and a port")?;
    let parsed = written.value.parse().ok();
    if parsed.is_none() {
        bad_value(decoder, &written, "cannot listen on", "write an IP address and a port, such as 127.0.0.1:8080");
    }
    parsed
}
