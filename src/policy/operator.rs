//! The condition operators: their names, and what each name says.
//!
//! Source: IAM user guide, "Condition operators" and "Multivalued context keys". Must not: compare values.

/// A condition operator, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// How the values of the request are counted.
    pub quantifier: Quantifier,
    /// How a value of the request is compared with one of the document.
    pub test: Test,
    /// Whether the condition holds when no value of the document fits (`…Not…`).
    pub negated: bool,
    /// Whether a key that is absent fulfils it (`…IfExists`).
    pub if_exists: bool,
}

/// How many values of the request must fulfil a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// No prefix: the key has one value.
    Single,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// Text, case counts.
    Text,
    /// Text, case does not count.
    TextIgnoringCase,
    /// Text against a pattern.
    TextPattern,
    /// Numbers.
    Number(Order),
    /// Moments.
    Time(Order),
    /// Truth values.
    Bool,
    /// Bytes, in base64.
    Binary,
    /// An address in a network.
    Address,
    /// ARNs, part by part, each a pattern.
    Arn,
    /// Whether the key is absent.
    Null,
}

/// How the request's value stands to the document's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The same.
    Equal,
    /// Less.
    Less,
    /// Less or the same.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or the same.
    GreaterOrEqual,
}

impl Order {
    /// Whether an ordering is of this kind.
    #[must_use]
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Order::Equal => ordering.is_eq(),
            Order::Less => ordering.is_lt(),
            Order::LessOrEqual => ordering.is_le(),
            Order::Greater => ordering.is_gt(),
            Order::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// Name in lower case without prefix and `IfExists`, test, negated.
const OPERATORS: [(&str, Test, bool); 28] = [
    ("stringequals", Test::Text, false),
    ("stringnotequals", Test::Text, true),
    ("stringequalsignorecase", Test::TextIgnoringCase, false),
    ("stringnotequalsignorecase", Test::TextIgnoringCase, true),
    ("stringlike", Test::TextPattern, false),
    ("stringnotlike", Test::TextPattern, true),
    ("numericequals", Test::Number(Order::Equal), false),
    ("numericnotequals", Test::Number(Order::Equal), true),
    ("numericlessthan", Test::Number(Order::Less), false),
    ("numericlessthanequals", Test::Number(Order::LessOrEqual), false),
    ("numericgreaterthan", Test::Number(Order::Greater), false),
    ("numericgreaterthanequals", Test::Number(Order::GreaterOrEqual), false),
    ("dateequals", Test::Time(Order::Equal), false),
    ("datenotequals", Test::Time(Order::Equal), true),
    ("datelessthan", Test::Time(Order::Less), false),
    ("datelessthanequals", Test::Time(Order::LessOrEqual), false),
    ("dategreaterthan", Test::Time(Order::Greater), false),
    ("dategreaterthanequals", Test::Time(Order::GreaterOrEqual), false),
    ("bool", Test::Bool, false),
    ("binaryequals", Test::Binary, false),
    ("binarynotequals", Test::Binary, true),
    ("ipaddress", Test::Address, false),
    ("notipaddress", Test::Address, true),
    ("arnequals", Test::Arn, false),
    ("arnlike", Test::Arn, false),
    ("arnnotequals", Test::Arn, true),
    ("arnnotlike", Test::Arn, true),
    ("null", Test::Null, false),
];

impl Operator {
    /// The operator of this name, in any case. `None` when there is none of the name.
    #[must_use]
    pub fn named(name: &str) -> Option<Operator> {
        let name = name.to_ascii_lowercase();
        let (quantifier, bare) = match name.split_once(':') {
            None => (Quantifier::Single, name.as_str()),
            Some(("forallvalues", bare)) => (Quantifier::All, bare),
            Some(("foranyvalue", bare)) => (Quantifier::Any, bare),
            Some(_) => return None,
        };
        let (bare, if_exists) = bare.strip_suffix("ifexists").map_or((bare, false), |bare| (bare, true));
        let (_, test, negated) = OPERATORS.iter().find(|(known, ..)| *known == bare)?;
        // "any condition operator name except the Null condition" takes IfExists.
        (*test != Test::Null || !if_exists).then_some(Operator {
            quantifier,
            test: *test,
            negated: *negated,
            if_exists,
        })
    }
}
