//! Policies and requests made of bytes: each byte chooses a word of a small vocabulary, so that much nearly matches.
//!
//! Must not: judge what comes of them.

use serde_json::{Value, json};

use crate::policy::context::{Context, Fact};
use crate::policy::evaluate::Request;
use crate::policy::{Document, Effect};

const ACTIONS: [&str; 8] =
    ["*", "s3:*", "s3:Get*", "S3:GetObject", "s3:?etObject", "sts:*", "sts:GetSessionToken", "iam:*Device*"];
const RESOURCES: [&str; 10] = [
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/?",
    "arn:aws:s3:::b/${aws:username}",
    "arn:aws:s3:::b/${*}",
    "arn:aws:s3:::b/${none}",
    "arn:aws:s3:::b/${none, 'x'}",
    "arn:aws:s3:::**?",
    "arn:aws:s3",
    "arn:aws:s3:::b/${aws:username",
];
const OPERATORS: [&str; 16] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericLessThan",
    "NumericNotEquals",
    "DateGreaterThanEquals",
    "DateNotEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnLike",
    "ArnNotEquals",
    "Null",
];
const VALUES: [&str; 14] = [
    "x",
    "X",
    "*",
    "?",
    "true",
    "false",
    "1",
    "2026-03",
    "eA==",
    "203.0.113.0/24",
    "::/0",
    "arn:aws:s3:::b/x",
    "${aws:username}",
    "${none}",
];

/// Bytes that are used up choice by choice; behind the end, the first choice is always taken.
pub struct Choices<'b> {
    bytes: std::slice::Iter<'b, u8>,
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Choices { bytes: bytes.iter() }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.bytes.next().map_or(0, |byte| usize::from(*byte) % end)
    }

    fn word(&mut self, words: &[&'static str]) -> &'static str {
        let at = self.below(words.len());
        words.get(at).copied().unwrap_or_default()
    }

    fn words(&mut self, words: &[&'static str]) -> Vec<&'static str> {
        (0..=self.below(3)).map(|_| self.word(words)).collect()
    }

    /// A document of up to three statements.
    pub fn document(&mut self) -> Document {
        let version = self.word(&["2012-10-17", "2008-10-17"]);
        let statements: Vec<Value> = (0..=self.below(3)).map(|_| self.statement()).collect();
        read(&json!({ "Version": version, "Statement": statements }))
    }

    fn statement(&mut self) -> Value {
        let effect = self.word(&["Allow", "Deny"]);
        let (action, resource) = (self.word(&["Action", "NotAction"]), self.word(&["Resource", "NotResource"]));
        let mut statement = json!({ "Effect": effect, action: self.words(&ACTIONS), resource: self.words(&RESOURCES) });
        let conditions: serde_json::Map<String, Value> = (0..self.below(3))
            .map(|_| {
                let set = self.word(&["", "ForAllValues:", "ForAnyValue:"]);
                let operator = self.word(&OPERATORS);
                let if_exists = if operator == "Null" { "" } else { self.word(&["", "IfExists"]) };
                let test = json!({ self.word(&["k", "aws:username"]): self.words(&VALUES) });
                (format!("{set}{operator}{if_exists}"), test)
            })
            .collect();
        if let Some(fields) = statement.as_object_mut() {
            fields.insert("Condition".to_owned(), conditions.into());
        }
        statement
    }

    /// A request.
    pub fn asked(&mut self) -> Asked {
        let action = self.word(&["s3:GetObject", "S3:getobject", "s3:PutObject", "sts:GetSessionToken", "sts:X"]);
        let resource = self.word(&["arn:aws:s3:::b/x", "arn:aws:s3:::b/*", "*", "arn:aws:s3:::b/${none}", ""]);
        let mut context = Context::default();
        for key in ["k", "aws:username"] {
            if let Some(fact) = self.fact() {
                context = context.with(key, fact);
            }
        }
        Asked { action, resource, context }
    }

    fn fact(&mut self) -> Option<Fact> {
        Some(match self.below(9) {
            0 => return None,
            1 => Fact::Bool(self.below(2) == 0),
            2 => Fact::Number([0.0, 1.0, f64::NAN, -0.0].get(self.below(4)).copied()?),
            3 => Fact::Time(jiff::Timestamp::UNIX_EPOCH),
            4 => Fact::Address(self.word(&["203.0.113.9", "::1"]).parse().ok()?),
            5 => Fact::Arn(self.word(&VALUES).to_owned()),
            6 => Fact::Binary(b"x".to_vec()),
            7 => Fact::List((0..self.below(3)).filter_map(|_| self.fact()).collect()),
            _ => Fact::text(self.word(&VALUES)),
        })
    }
}

/// A request that owns its context.
#[derive(Debug)]
pub struct Asked {
    action: &'static str,
    resource: &'static str,
    context: Context,
}

impl Asked {
    pub fn request(&self) -> Request<'_> {
        Request { action: self.action, resource: self.resource, context: &self.context }
    }

    /// Whether this is a call that needs no permission.
    pub fn is_free(&self) -> bool {
        self.action == "sts:GetSessionToken"
    }
}

/// A document that says this of everything.
pub fn everything(effect: Effect) -> Document {
    let effect = if effect == Effect::Allow { "Allow" } else { "Deny" };
    read(&json!({ "Version": "2012-10-17", "Statement": { "Effect": effect, "Action": "*", "Resource": "*" } }))
}

#[allow(clippy::panic, reason = "the vocabulary makes documents that can be read")]
fn read(document: &Value) -> Document {
    Document::parse(&document.to_string()).unwrap_or_else(|problems| panic!("{document} {problems:?}"))
}
