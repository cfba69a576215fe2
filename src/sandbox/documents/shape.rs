//! The shape of a document: which elements there are and of which type each is.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

/// Condition operators, in small letters, without set prefix and `IfExists` (IAM user guide, condition operators).
const OPERATORS: [&str; 28] = [
    "arnequals",
    "arnlike",
    "arnnotequals",
    "arnnotlike",
    "binaryequals",
    "binarynotequals",
    "bool",
    "dateequals",
    "dategreaterthan",
    "dategreaterthanequals",
    "datelessthan",
    "datelessthanequals",
    "datenotequals",
    "ipaddress",
    "notipaddress",
    "null",
    "numericequals",
    "numericgreaterthan",
    "numericgreaterthanequals",
    "numericlessthan",
    "numericlessthanequals",
    "numericnotequals",
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "stringnotequals",
    "stringnotequalsignorecase",
    "stringnotlike",
];

/// A document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Document {
    version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<Statement>,
}

/// A statement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Statement {
    sid: Option<String>,
    effect: String,
    action: Option<Texts>,
    not_action: Option<Texts>,
    resource: Option<Texts>,
    not_resource: Option<Texts>,
    principal: Option<IgnoredAny>,
    not_principal: Option<IgnoredAny>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>,
}

/// One text or a list of them.
pub type Texts = OneOrMany<String>;

/// A value alone or in a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// Alone.
    One(T),
    /// In a list.
    Many(Vec<T>),
}

/// A value of a condition.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Truth(bool),
    Number(serde_json::Number),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }

    /// Whether it is a list of nothing.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

impl Texts {
    /// Each text.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.as_slice().iter().map(String::as_str)
    }
}

impl Document {
    /// Reads a document, if it has the right shape.
    pub fn read(text: &str) -> Option<Self> {
        let document: Self = serde_json::from_str(text).ok()?;
        let versions = [None, Some("2008-10-17"), Some("2012-10-17")];
        let fits = versions.contains(&document.version.as_deref())
            && !document.statement.is_empty()
            && document.statements().iter().all(Statement::fits);
        fits.then_some(document)
    }

    /// Whether it is written in the present version of the language.
    pub fn is_current(&self) -> bool {
        self.version.as_deref() == Some("2012-10-17")
    }

    /// Its statements.
    pub fn statements(&self) -> &[Statement] {
        self.statement.as_slice()
    }
}

impl Statement {
    /// What the types alone do not say.
    fn fits(&self) -> bool {
        let known = self.condition.iter().all(|(operator, tests)| tests.is_empty() || is_operator(operator));
        known
            && ["allow", "deny"].contains(&self.effect.to_ascii_lowercase().as_str())
            && !(self.action.is_some() && self.not_action.is_some())
            && !(self.resource.is_some() && self.not_resource.is_some())
    }

    /// Whether `Effect` is written as it must be.
    pub fn effect_is_exact(&self) -> bool {
        ["Allow", "Deny"].contains(&self.effect.as_str())
    }

    /// Its id, empty when there is none.
    pub fn sid(&self) -> &str {
        self.sid.as_deref().unwrap_or_default()
    }

    /// Whether it says to whom it applies, which an identity's policy must not.
    pub fn names_a_principal(&self) -> bool {
        self.principal.is_some() || self.not_principal.is_some()
    }

    /// `Action` or `NotAction`.
    pub fn actions(&self) -> impl Iterator<Item = &Texts> {
        self.action.iter().chain(&self.not_action)
    }

    /// `Resource` or `NotResource`.
    pub fn resources(&self) -> impl Iterator<Item = &Texts> {
        self.resource.iter().chain(&self.not_resource)
    }

    /// The values that are compared as dates.
    pub fn dates(&self) -> impl Iterator<Item = String> {
        let of_dates = self.condition.iter().filter(|(operator, _)| bare(operator).starts_with("date"));
        let values = of_dates.flat_map(|(_, tests)| tests.values()).flat_map(OneOrMany::as_slice);
        values.map(|value| match value {
            Scalar::Text(text) => text.clone(),
            Scalar::Truth(flag) => flag.to_string(),
            Scalar::Number(number) => number.to_string(),
        })
    }
}

fn is_operator(operator: &str) -> bool {
    OPERATORS.contains(&bare(operator).as_str())
}

/// The operator without what is said of sets and of keys that are not there.
fn bare(operator: &str) -> String {
    let folded = operator.to_ascii_lowercase();
    let of_sets = ["forallvalues:", "foranyvalue:"].iter().find_map(|prefix| folded.strip_prefix(prefix));
    let bare = of_sets.unwrap_or(&folded);
    bare.strip_suffix("ifexists").unwrap_or(bare).to_owned()
}
