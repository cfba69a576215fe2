//! The journal: every call, in the order in which the account took them; a delayed answer goes out later than its place.
//!
//! Must not: keep what is secret, or more than a bounded part of the past.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;

use super::{conditions::End, error::shown, limits, params::Params};

/// Parameters whose names hold one of these, whatever the case, carry secrets: so do the ones of actions unknown here.
const SECRET: [&str; 7] = ["password", "token", "secret", "privatekey", "code", "assertion", "signature"];
/// Parameters that only speak of passwords.
const HARMLESS: [&str; 5] = [
    "AllowUsersToChangePassword",
    "MaxPasswordAge",
    "MinimumPasswordLength",
    "PasswordResetRequired",
    "PasswordReusePrevention",
];
/// What stands in their place.
const REDACTED: &str = "(redacted)";
/// Bytes that a parameter takes besides its name and value, roughly: two allocations and its place in a map.
const PARAMETER: usize = 128;

/// One call.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its place in the order of all calls, from one.
    pub sequence: u64,
    /// When it was done.
    pub time: Timestamp,
    /// The id that its answer bore.
    pub request_id: String,
    /// The ARN of who asked; nothing when that was not known.
    pub caller: Option<String>,
    /// The action as asked for; nothing when none was.
    pub action: Option<String>,
    /// The other parameters; secrets are not shown.
    pub parameters: BTreeMap<String, String>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Whether it changed the account.
    pub effect: bool,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum Outcome {
    /// It was answered.
    Ok {
        /// The HTTP status.
        status: u16,
    },
    /// It was refused.
    Refused {
        /// The HTTP status.
        status: u16,
        /// IAM's code.
        code: &'static str,
        /// The sentence for people.
        message: String,
    },
    /// The connection was cut.
    Cut,
}

impl Outcome {
    /// Of a reply or an end.
    pub fn of<T>(end: &Result<T, End>) -> Self {
        match end {
            Ok(_) => Self::Ok { status: 200 },
            Err(End::Refused(error)) => {
                Self::Refused { status: error.code.status(), code: error.code.name(), message: error.message.clone() }
            }
            Err(End::Cut) => Self::Cut,
        }
    }

    fn message(&self) -> Option<&str> {
        match self {
            Self::Refused { message, .. } => Some(message),
            Self::Ok { .. } | Self::Cut => None,
        }
    }
}

impl Entry {
    fn size(&self) -> usize {
        let parameters = self.parameters.iter().map(|(name, value)| name.len() + value.len() + PARAMETER);
        let texts = [self.action.as_deref(), self.caller.as_deref(), Some(&self.request_id), self.outcome.message()];
        let texts = texts.into_iter().flatten().map(str::len);
        parameters.chain(texts).sum::<usize>() + size_of::<Self>()
    }
}

/// The last calls.
#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    size: usize,
    last: u64,
}

impl Journal {
    /// Takes the parameters of a call into an entry's form.
    pub fn parameters(params: Params) -> (Option<String>, BTreeMap<String, String>) {
        let mut values = params.into_values();
        values.remove("Version");
        let action = values.remove("Action").map(|action| shown(&action).to_owned());
        for (_, value) in values.iter_mut().filter(|(name, _)| is_secret(name)) {
            // Another text, not the same one emptied: that would keep the room of a long secret.
            *value = String::from(REDACTED);
        }
        (action, values)
    }

    /// Writes a call down; the oldest go when there is no room.
    pub fn record(&mut self, mut entry: Entry) {
        self.last += 1;
        entry.sequence = self.last;
        self.size += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > limits::JOURNAL_CALLS || self.size > limits::JOURNAL_SIZE {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.size -= oldest.size();
        }
    }

    /// Forgets the calls. Numbers go on, so that whoever asks for what came later misses nothing.
    pub fn clear(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }

    /// The calls behind a place, of one action or of all.
    pub fn read(&self, after: u64, action: Option<&str>) -> Vec<Entry> {
        let later = self.entries.iter().filter(|entry| entry.sequence > after);
        later.filter(|entry| action.is_none() || entry.action.as_deref() == action).cloned().collect()
    }
}

fn is_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    !HARMLESS.contains(&name) && SECRET.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, pairs: &[(&str, &str)]) -> Entry {
        let all = [&[("Action", action), ("Version", "2010-05-08")], pairs].concat();
        let (action, parameters) = Journal::parameters(Params::of(all));
        Entry {
            sequence: 0,
            time: Timestamp::UNIX_EPOCH,
            request_id: "r".to_owned(),
            caller: None,
            action,
            parameters,
            outcome: Outcome::Ok { status: 200 },
            effect: true,
        }
    }

    #[test]
    fn a_call_reads_as_one_flat_object_without_its_secrets() {
        let mut journal = Journal::default();
        journal.record(entry("CreateLoginProfile", &[("UserName", "lamp"), ("Password", "Abcdefg1!")]));
        let json = serde_json::to_string(&journal.read(0, None)).unwrap();
        let expected = r#"[{"sequence":1,"time":"1970-01-01T00:00:00Z","requestId":"r","caller":null,"action":"CreateLoginProfile","parameters":{"Password":"(redacted)","UserName":"lamp"},"outcome":"ok","status":200,"effect":true}]"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_secret_is_known_by_its_name_in_actions_that_the_sandbox_lacks_too() {
        let secrets = [
            "NewPassword",
            "password",
            "PrivateKey",
            "AddPrivateKey",
            "AuthenticationCode2",
            "SAMLAssertion",
            "WebIdentityToken",
            "TradeInToken",
            "X-Amz-Signature",
            "x-amz-security-token",
            "Key.member.1.SecretValue",
        ];
        let plain = ["AccessKeyId", "TagKeys.member.1", "SerialNumber", "Marker", "PasswordResetRequired"];
        let kept = |name: &str| entry("AssumeAnything", &[(name, "v")]).parameters[name] == "v";
        assert_eq!(secrets.into_iter().find(|name| kept(name)), None);
        assert_eq!(plain.into_iter().find(|name| !kept(name)), None);
    }

    #[test]
    fn all_that_a_call_makes_the_journal_hold_counts() {
        let plain = entry("GetUser", &[]);
        let refused = |message: String| Outcome::Refused { status: 400, code: "ValidationError", message };
        let grown = [
            Entry { caller: Some("x".repeat(1_000)), ..plain.clone() },
            Entry { outcome: refused("x".repeat(1_000)), ..plain.clone() },
            entry("GetUser", &[("UserName", &"x".repeat(1_000))]),
            Entry { parameters: (0..10).map(|n| (n.to_string(), String::new())).collect(), ..plain.clone() },
        ];
        for grown in grown {
            assert!(grown.size() >= plain.size() + 1_000, "{grown:?}");
        }
        let endless = entry(&"A".repeat(1_000_000), &[]);
        assert_eq!(endless.action.map(|action| action.len()), Some(256));
    }

    #[test]
    fn an_emptied_journal_goes_on_counting() {
        let mut journal = Journal::default();
        journal.record(entry("GetUser", &[]));
        journal.clear();
        assert!(journal.read(0, None).is_empty() && journal.size == 0);
        journal.record(entry("GetUser", &[]));
        assert_eq!(journal.read(1, None).len(), 1);
    }

    #[test]
    fn one_can_ask_for_what_came_later_and_for_one_action() {
        let mut journal = Journal::default();
        for action in ["GetUser", "ListUsers", "GetUser"] {
            journal.record(entry(action, &[]));
        }
        let sequences = |after, action| -> Vec<u64> {
            journal.read(after, action).into_iter().map(|entry| entry.sequence).collect()
        };
        assert_eq!(sequences(0, Some("GetUser")), [1, 3]);
        assert_eq!(sequences(1, None), [2, 3]);
    }

    #[test]
    fn it_keeps_the_latest_within_its_bounds() {
        let mut journal = Journal::default();
        for _ in 0..=limits::JOURNAL_CALLS {
            journal.record(entry("GetUser", &[]));
        }
        assert_eq!((journal.entries.len(), journal.read(0, None)[0].sequence), (limits::JOURNAL_CALLS, 2));
        let large = "x".repeat(limits::JOURNAL_SIZE / 2);
        for _ in 0..3 {
            journal.record(entry("PutUserPolicy", &[("PolicyDocument", &large)]));
        }
        assert_eq!(journal.entries.len(), 1);
        assert!(journal.size <= limits::JOURNAL_SIZE);
    }
}
