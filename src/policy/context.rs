//! What is known of a request beside action and resource: condition keys and their values, with their types.
//!
//! Owns: [`Fact`] and [`Context`]. Must not: know an operator.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

/// The value of a condition key, with its type (Service Authorization Reference: the key's type).
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// `Bool`.
    Bool(bool),
    /// `String`, and whatever has no type of its own.
    Text(String),
    /// `Numeric`.
    Number(f64),
    /// `Date`.
    Time(Timestamp),
    /// `IPAddress`.
    Address(IpAddr),
    /// `ARN`.
    Arn(String),
    /// `Binary`, decoded.
    Binary(Vec<u8>),
    /// `ArrayOf…`: a key with several values, or with none.
    List(Vec<Fact>),
}

impl Fact {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Fact::Text(text.into())
    }

    /// The single values: those of a list, or the value itself.
    #[must_use]
    pub fn values(&self) -> &[Fact] {
        match self {
            Fact::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The value as text, as string operators and policy variables see it. A list has none.
    #[must_use]
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Fact::Text(text) | Fact::Arn(text) => Cow::Borrowed(text),
            Fact::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Fact::Number(number) => Cow::Owned(number.to_string()),
            Fact::Time(time) => Cow::Owned(time.to_string()),
            Fact::Address(address) => Cow::Owned(address.to_string()),
            Fact::Binary(bytes) => Cow::Owned(data_encoding::BASE64.encode(bytes)),
            Fact::List(_) => return None,
        })
    }
}

/// The condition keys of a request. Their names fold case, as IAM's do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context(BTreeMap<String, Fact>);

impl Context {
    /// The same with this key.
    #[must_use]
    pub fn with(mut self, key: &str, fact: Fact) -> Self {
        self.0.insert(key.to_ascii_lowercase(), fact);
        self
    }

    /// The same without this key.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.remove(&key.to_ascii_lowercase());
        self
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Fact> {
        self.0.get(key).or_else(|| self.0.get(&key.to_ascii_lowercase()))
    }

    /// All keys, in lower case and in the order of the alphabet, with their values.
    pub fn facts(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(key, fact)| (key.as_str(), fact))
    }
}
