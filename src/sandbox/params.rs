//! The parameters of a request: from the form's bytes to checked values.
//!
//! Knows the encoding and how IAM words a broken constraint, and nothing of what an action does.

use std::collections::{BTreeMap, btree_map::Entry};

use percent_encoding::percent_decode;

use super::{
    error::{Code, Error, shown},
    rules::{Otherwise, Text},
};

/// Broken constraints that one answer spells out; it counts them all.
const MOST_NAMED: usize = 100;

/// The decoded parameters of one request.
#[derive(Debug, Default, Clone)]
pub struct Params {
    values: BTreeMap<String, String>,
}

impl Params {
    /// Decodes a form body or a query string.
    pub fn parse(form: &[u8]) -> Result<Self, Error> {
        let mut values = BTreeMap::new();
        for pair in form.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|b| *b == b'=') {
                Some(at) => (pair.get(..at), pair.get(at + 1..)),
                None => (Some(pair), None),
            };
            let name = decode(name.unwrap_or_default())?;
            let value = decode(value.unwrap_or_default())?;
            match values.entry(name) {
                Entry::Vacant(place) => place.insert(value),
                Entry::Occupied(taken) => return Err(syntax_error("the parameter", taken.key(), "is given twice")),
            };
        }
        Ok(Self { values })
    }

    /// Parameters put together by hand: the account file's loader and tests do.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self { values: pairs.into_iter().map(own).collect() }
    }

    /// The value as sent, unchecked.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether a parameter or a part of it was sent.
    pub fn has(&self, name: &str) -> bool {
        let parts = format!("{name}.");
        self.values.keys().any(|sent| sent == name || sent.starts_with(&parts))
    }

    /// All of them, by name.
    pub fn into_values(self) -> BTreeMap<String, String> {
        self.values
    }

    /// Starts to read and check them.
    pub fn reader(&self) -> Reader<'_> {
        Reader { params: self, problems: Vec::new() }
    }
}

/// Undoes the form encoding; what is cut short or no UTF-8 is refused rather than guessed.
fn decode(part: &[u8]) -> Result<String, Error> {
    let hex = |digit: &u8| digit.is_ascii_hexdigit();
    let mut sequences = part.split(|b| *b == b'%').skip(1);
    if let Some(broken) = sequences.find(|rest| !rest.get(..2).is_some_and(|digits| digits.iter().all(hex))) {
        let broken = String::from_utf8_lossy(broken.get(..2).unwrap_or(broken));
        return Err(syntax_error("the percent sequence", &format!("%{broken}"), "is broken"));
    }
    let spaced: Vec<u8> = part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    percent_decode(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Error::new(Code::MalformedInput, "Invalid UTF-8 in the request."))
}

/// The code is that of the AWS Query APIs' list of common errors.
fn syntax_error(what: &str, text: &str, why: &str) -> Error {
    let message = format!("The query string contains a syntax error: {what} {} {why}.", shown(text));
    Error::new(Code::MalformedQueryString, message)
}

/// Reads parameters and collects what is wrong with them, so that one answer names everything.
#[derive(Debug)]
pub struct Reader<'p> {
    params: &'p Params,
    problems: Vec<Problem>,
}

#[derive(Debug)]
enum Problem {
    /// One of the constraints that IAM reports together.
    Constraint(String),
    /// A refusal with an answer of its own.
    Own(Error),
}

impl<'p> Reader<'p> {
    /// A parameter that may be absent.
    pub fn optional(&mut self, name: &str, rule: &Text) -> Option<&'p str> {
        let value = self.params.get(name)?;
        self.check(&label(name), value, rule);
        Some(value)
    }

    /// A parameter that must be there; the empty text stands in until [`Self::finish`] refuses.
    pub fn required(&mut self, name: &str, rule: &Text) -> &'p str {
        self.present(&label(name), self.params.get(name), rule)
    }

    /// A switch: absent means `false`.
    pub fn flag(&mut self, name: &str) -> bool {
        self.optional_flag(name).unwrap_or_default()
    }

    /// A switch for which absence means something of its own.
    pub fn optional_flag(&mut self, name: &str) -> Option<bool> {
        let value = self.params.get(name)?;
        match value.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.malformed(name, value, "a boolean");
                None
            }
        }
    }

    /// A whole number of a range: at least, at most.
    pub fn number(&mut self, name: &str, (min, max): (i64, i64)) -> Option<i64> {
        let value = self.params.get(name)?;
        let Ok(number) = value.parse::<i64>() else {
            self.malformed(name, value, "an integer");
            return None;
        };
        let bound = if number < min {
            format!("greater than or equal to {min}")
        } else if number > max {
            format!("less than or equal to {max}")
        } else {
            return Some(number);
        };
        self.broken(&label(name), &format!("have value {bound}"));
        None
    }

    /// A list of texts: `Name.member.1`, `Name.member.2` and so on.
    pub fn list(&mut self, name: &str, rule: &Text) -> Vec<&'p str> {
        let params = self.params;
        let items = (1..).map_while(|n| params.get(&format!("{name}.member.{n}")));
        let items: Vec<_> = items.collect();
        if items.iter().any(|item| !rule.fits(item)) {
            // A list of texts is refused as a whole, with all that its items must be.
            let all = rule.constraints().map(|must| format!("Member must {must}"));
            let all = all.chain(["Member must not be null".to_owned()]).collect::<Vec<_>>().join(", ");
            self.broken(&label(name), &format!("satisfy constraint: [{all}]"));
        }
        items
    }

    /// Refuses when a list is left out; an empty list, which is sent as an empty text, is one that is there.
    pub fn required_list(&mut self, name: &str) {
        let items = format!("{name}.member.");
        if !self.params.values.keys().any(|key| key == name || key.starts_with(&items)) {
            self.broken(&label(name), "not be null");
        }
    }

    /// Refuses a list of more items than allowed.
    pub fn at_most(&mut self, name: &str, items: usize, max: usize) {
        if items > max {
            self.broken(&label(name), &format!("have length less than or equal to {max}"));
        }
    }

    /// A list of pairs: `Name.member.1.Key`, `Name.member.1.Value` and so on.
    pub fn pairs(&mut self, name: &str, keys: &Text, values: &Text) -> Vec<(&'p str, &'p str)> {
        let params = self.params;
        let mut pairs = Vec::new();
        for n in 1.. {
            let key = params.get(&format!("{name}.member.{n}.Key"));
            let value = params.get(&format!("{name}.member.{n}.Value"));
            if key.is_none() && value.is_none() {
                break;
            }
            let at = format!("{}.{n}.member", label(name));
            let key = self.present(&format!("{at}.key"), key, keys);
            pairs.push((key, self.present(&format!("{at}.value"), value, values)));
        }
        pairs
    }

    /// Refuses if anything was wrong.
    pub fn finish(self) -> Result<(), Error> {
        let mut constraints = Vec::new();
        let mut own = None;
        for problem in self.problems {
            match problem {
                Problem::Constraint(text) => constraints.push(text),
                Problem::Own(error) => own = own.or(Some(error)),
            }
        }
        let count = constraints.len();
        constraints.truncate(MOST_NAMED);
        match (count, own) {
            (0, None) => Ok(()),
            (0, Some(error)) => Err(error),
            _ => Err(Error::validation(format!(
                "{count} validation error{} detected: {}",
                if count == 1 { "" } else { "s" },
                constraints.join("; ")
            ))),
        }
    }

    /// Notes a refusal that only the action can see, to be reported in its turn.
    pub fn refuse(&mut self, error: Error) {
        self.problems.push(Problem::Own(error));
    }

    fn present(&mut self, label: &str, value: Option<&'p str>, rule: &Text) -> &'p str {
        match value {
            Some(value) => self.check(label, value, rule),
            None => self.broken(label, "not be null"),
        }
        value.unwrap_or_default()
    }

    fn check(&mut self, label: &str, value: &str, rule: &Text) {
        let length = value.chars().count();
        if length < rule.min {
            self.broken(label, &rule.at_least());
        }
        if length > rule.max {
            self.broken(label, &rule.at_most());
        }
        match rule.otherwise {
            Otherwise::OneOf(words) if !words.contains(&value) => self.broken(label, &one_of(words)),
            Otherwise::Pattern(pattern) if !(rule.allows)(value) => self.broken(label, &matching(pattern)),
            Otherwise::Says(sentence) if !(rule.allows)(value) => {
                self.refuse(Error::validation(format!("The specified value for {label} is invalid. {sentence}")));
            }
            _ => {}
        }
    }

    /// Notes a broken constraint. IAM names the place of the value, not the value.
    fn broken(&mut self, label: &str, must: &str) {
        let text = format!("Value at '{label}' failed to satisfy constraint: Member must {must}");
        self.problems.push(Problem::Constraint(text));
    }

    fn malformed(&mut self, name: &str, value: &str, kind: &str) {
        let message = format!("{} at '{}' is not {kind}", shown(value), label(name));
        self.refuse(Error::new(Code::MalformedInput, message));
    }
}

impl Text {
    fn at_least(&self) -> String {
        format!("have length greater than or equal to {}", self.min)
    }

    fn at_most(&self) -> String {
        format!("have length less than or equal to {}", self.max)
    }

    /// Whether a value keeps the whole rule.
    fn fits(&self, value: &str) -> bool {
        let among = !matches!(self.otherwise, Otherwise::OneOf(words) if !words.contains(&value));
        among && (self.min..=self.max).contains(&value.chars().count()) && (self.allows)(value)
    }

    /// What a value must do, as IAM words it.
    fn constraints(&self) -> impl Iterator<Item = String> {
        let lengths = [self.at_most(), self.at_least()];
        let (lengths, form) = match self.otherwise {
            Otherwise::OneOf(words) => (None, Some(one_of(words))),
            Otherwise::Pattern(pattern) => (Some(lengths), Some(matching(pattern))),
            Otherwise::Says(_) => (Some(lengths), None),
        };
        lengths.into_iter().flatten().chain(form)
    }
}

fn one_of(words: &[&str]) -> String {
    format!("satisfy enum value set: [{}]", words.join(", "))
}

fn matching(pattern: &str) -> String {
    format!("satisfy regular expression pattern: {pattern}")
}

/// IAM's messages begin a parameter's name with a small letter.
fn label(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
