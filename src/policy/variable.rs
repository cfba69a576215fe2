//! Policy variables: `${aws:username}`, `${key, 'default'}`, and the characters `${*}`, `${?}`, `${$}`.
//!
//! Source: IAM user guide, "Policy variables". Must not: compare.

use std::borrow::Cow;

use super::context::{Context, Fact};

/// Stand for a literal `*` or `?` in a pattern: Unicode's noncharacters, which no policy and no name can hold. The
/// text that is matched gets them in place of its own, see [`Filled::matches`].
const LITERAL_STAR: char = '\u{FDD0}';
const LITERAL_ANY: char = '\u{FDD1}';

/// A text of a document with its variables replaced.
#[derive(Debug, PartialEq, Eq)]
pub struct Filled<'t> {
    text: Cow<'t, str>,
    /// Whether the text came out of replacing.
    has_literals: bool,
}

impl Filled<'_> {
    /// Whether the pattern matches. Wildcards that a value brought with it are plain characters.
    pub fn matches(&self, text: &str) -> bool {
        if self.has_literals && text.contains(['*', '?']) {
            return super::pattern::matches(&self.text, &masked(text));
        }
        super::pattern::matches(&self.text, text)
    }

    /// The text itself, for comparisons that know no wildcards.
    pub fn plain(&self) -> Cow<'_, str> {
        if !self.has_literals {
            return Cow::Borrowed(&self.text);
        }
        Cow::Owned(self.text.replace(LITERAL_STAR, "*").replace(LITERAL_ANY, "?"))
    }

    /// The parts of an ARN, each to be matched by itself.
    pub fn arn_parts(&self) -> Vec<Filled<'_>> {
        let part = |text| Filled { text: Cow::Borrowed(text), has_literals: self.has_literals };
        self.text.splitn(6, ':').map(part).collect()
    }
}

fn masked(text: &str) -> String {
    text.replace('*', LITERAL_STAR.encode_utf8(&mut [0; 4])).replace('?', LITERAL_ANY.encode_utf8(&mut [0; 4]))
}

/// The text with its variables replaced; `None` when one has neither a value nor a default. A key with several values
/// has none for a variable.
pub fn fill<'t>(text: &'t str, context: &Context) -> Option<Filled<'t>> {
    let Some(mut at) = text.find("${") else { return Some(plain(text)) };
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (before, from) = rest.split_at_checked(at)?;
        filled.push_str(before);
        let Some((name, behind)) = from.strip_prefix("${").and_then(|inner| inner.split_once('}')) else {
            // Never closed: plain text.
            filled.push_str(from);
            break;
        };
        filled.push_str(&masked(&value(name, context)?));
        rest = behind;
        let Some(next) = rest.find("${") else {
            filled.push_str(rest);
            break;
        };
        at = next;
    }
    Some(Filled { text: Cow::Owned(filled), has_literals: true })
}

/// A variable of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable<'t> {
    /// Stands for the value of a condition key, or for the default where the key is absent.
    Key {
        /// The key; empty in `${}`.
        key: &'t str,
        /// What follows the comma, with its quotes.
        default: Option<&'t str>,
    },
    /// Stands for a character: `${*}`, `${?}`, `${$}`.
    Character(&'t str),
    /// Never closed, and so plain text up to the end.
    Open,
}

impl<'t> Variable<'t> {
    /// What stands between the braces.
    fn of(inner: &'t str) -> Self {
        if matches!(inner, "*" | "?" | "$") {
            return Variable::Character(inner);
        }
        let (key, default) = inner.split_once(',').map_or((inner, None), |(key, default)| (key, Some(default.trim())));
        Variable::Key { key: key.trim(), default }
    }
}

/// The variables of a text, in order.
pub fn variables(text: &str) -> impl Iterator<Item = Variable<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (_, from) = rest?.split_once("${")?;
        let closed = from.split_once('}');
        rest = closed.map(|(_, behind)| behind);
        Some(closed.map_or(Variable::Open, |(inner, _)| Variable::of(inner)))
    })
}

/// A text without variables, or one of a version that has none.
pub fn plain(text: &str) -> Filled<'_> {
    Filled { text: Cow::Borrowed(text), has_literals: false }
}

fn value<'c>(inner: &'c str, context: &'c Context) -> Option<Cow<'c, str>> {
    match Variable::of(inner) {
        Variable::Character(character) => Some(Cow::Borrowed(character)),
        Variable::Key { key, default } => {
            let known = context.get(key).and_then(Fact::as_text);
            known.or_else(|| default?.strip_prefix('\'')?.strip_suffix('\'').map(Cow::Borrowed))
        }
        Variable::Open => None,
    }
}
