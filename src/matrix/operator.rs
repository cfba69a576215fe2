//! `operator.yaml`: what the platform team decides, out of the matrix owners' reach.
//!
//! Owns: the settings, their shape and their rules. Must not: hold anything about who may do what.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::decoder::Decoder;
use crate::diagnostic::Diagnostic;
use crate::located::{Located, Node};
use crate::name::{self, Name};
use crate::nearest;

/// How far the operator may go.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    schemars::JsonSchema,
    clap::ValueEnum,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Plans and reports; there is no writer at all.
    Observe,
    /// Creates, attaches and adds; never removes, nor changes a document or the password policy.
    Additive,
    /// Does everything the plan says.
    Enforce,
}

impl Mode {
    /// The mode as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Observe => "observe",
            Mode::Additive => "additive",
            Mode::Enforce => "enforce",
        }
    }
}

/// The modes that change the account. Observe has none, so nothing that needs one can be had in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acting {
    /// Only adds.
    Additive,
    /// Does everything.
    Enforce,
}

impl Mode {
    /// How this mode changes the account, if it does.
    #[must_use]
    pub fn acting(self) -> Option<Acting> {
        match self {
            Mode::Observe => None,
            Mode::Additive => Some(Acting::Additive),
            Mode::Enforce => Some(Acting::Enforce),
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The operator's settings.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The only account that may be changed; may be absent in observe mode.
    pub account: Option<String>,
    /// The path that is in scope.
    pub path: String,
    /// How far to go.
    pub mode: Located<Mode>,
    /// Whether the command line or the environment gave another mode than the file, where [`Operator::mode`] stands.
    pub mode_overridden: bool,
    /// Time between two reconciles.
    pub interval: Duration,
    /// Whether undeclared empty groups and undeclared documents under the path are deleted.
    pub prune: bool,
    /// Whether users that do not exist are created, under the path.
    pub create_users: bool,
    /// What is never touched.
    pub protect: Protect,
    /// How much one plan may do, and how fast.
    pub limits: Limits,
    /// Where to serve status.
    pub listen: SocketAddr,
    /// The file that holds the bearer token for what names people or policies.
    pub token_file: Option<PathBuf>,
}

/// Names that are never touched, whatever the matrix says. `*` at the end of a name covers all that begin so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protect {
    /// Users.
    pub users: Vec<String>,
    /// IAM groups.
    pub groups: Vec<String>,
    /// Policies, by name.
    pub policies: Vec<String>,
}

impl Protect {
    /// Whether `patterns`, one of the three lists, covers `name`.
    #[must_use]
    pub fn covers(patterns: &[String], name: &Name) -> bool {
        let name = name.as_str().to_ascii_lowercase();
        patterns
            .iter()
            .map(|pattern| pattern.to_ascii_lowercase())
            .any(|pattern| pattern.strip_suffix('*').map_or(name == pattern, |prefix| name.starts_with(prefix)))
    }
}

/// How much one plan may do, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A plan that removes more memberships, or more attachments, than this is held.
    pub removals: Threshold,
    /// API calls a second, all together.
    pub calls_per_second: u32,
}

/// A count and a share of what is live; the larger of the two counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// At least so many are allowed.
    pub count: u32,
    /// Per cent of what is live.
    pub percent: u32,
}

impl Threshold {
    /// How many of `live` may go: the larger of the count and the share, rounded down.
    #[must_use]
    pub fn allowed(self, live: usize) -> usize {
        let share = live.saturating_mul(usize::try_from(self.percent).unwrap_or(usize::MAX)) / 100;
        share.max(usize::try_from(self.count).unwrap_or(usize::MAX))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits { removals: Threshold { count: 5, percent: 20 }, calls_per_second: 10 }
    }
}

/// Where status is served unless said otherwise.
#[must_use]
pub fn default_listen() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 8080).into()
}

/// Reads the settings; what is wrong goes to the decoder. `None` when a required key is missing or unreadable.
pub(super) fn operator(decoder: &mut Decoder, node: &Node) -> Option<Operator> {
    let mut fields = decoder.fields(node, "operator.yaml", "{ mode: observe }");
    let mode = fields.required("mode", "say how far the operator may go: `mode: observe`, `additive` or `enforce`");
    let account = fields.optional("account");
    let path = fields.optional("path");
    let interval = fields.optional("interval");
    let prune = fields.optional("prune");
    let users = fields.optional("users");
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
        protect: protect.map(|node| read_protect(decoder, node)).unwrap_or_default(),
        limits: limits.map(|node| read_limits(decoder, node)).unwrap_or_default(),
        listen: listen.and_then(|node| read_listen(decoder, node)).unwrap_or_else(default_listen),
        token_file: token_file.and_then(|node| read_token_file(decoder, node)),
        // The last: without a mode the rest is read all the same, for what is wrong with it.
        mode: mode?,
    };
    Some(operator)
}

impl Operator {
    /// The mode, and where it comes from if it is not the file's, in words.
    #[must_use]
    pub fn mode_told(&self) -> String {
        let from = if self.mode_overridden { " (by `--mode` or IAMATRIX_MODE, in place of the one here)" } else { "" };
        format!("{}{from}", self.mode.value)
    }
}

/// The rule that ties `account` to the mode; `mode` may come from the command line, so it is checked apart.
#[must_use]
pub fn account_missing(operator: &Operator) -> Option<Diagnostic> {
    let needed = operator.account.is_none() && operator.mode.value != Mode::Observe;
    needed.then(|| {
        let message = format!("mode {} needs `account`", operator.mode_told());
        Diagnostic::error("missing-key", &operator.mode.span, message)
            .help("name the one account that may be changed, in quotes: `account: \"123456789012\"`")
    })
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
    let calls = fields.optional("callsPerSecond");
    fields.finish(decoder);
    if let Some(node) = removals {
        let mut fields = decoder.fields(node, "`removals`", "{ count: 5, percent: 20 }");
        let (count, percent) = (fields.optional("count"), fields.optional("percent"));
        fields.finish(decoder);
        let default = limits.removals;
        limits.removals = Threshold {
            count: count.and_then(|node| decoder.number(node, "count", 0..=1_000_000)).unwrap_or(default.count),
            percent: percent.and_then(|node| decoder.number(node, "percent", 0..=100)).unwrap_or(default.percent),
        };
    }
    if let Some(calls) = calls.and_then(|node| decoder.number(node, "callsPerSecond", 1..=1_000)) {
        limits.calls_per_second = calls;
    }
    limits
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_of_count_and_share_may_go() {
        let threshold = Threshold { count: 5, percent: 20 };
        assert_eq!([0, 5, 26, 100].map(|live| threshold.allowed(live)), [5, 5, 5, 20]);
    }

    #[test]
    fn protected_names_match_without_case_and_by_prefix() {
        let patterns = vec!["break-glass".to_owned(), "svc-*".to_owned()];
        assert!(Protect::covers(&patterns, &"Break-Glass".into()));
        assert!(Protect::covers(&patterns, &"svc-backup".into()));
        assert!(!Protect::covers(&patterns, &"break-glass-2".into()));
    }
}
