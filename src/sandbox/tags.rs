//! Tags that are given when something is made.

use std::collections::BTreeSet;

use super::{
    entities::Tags,
    error::{Code, Error},
    limits,
    params::Reader,
    rules,
};

/// Whether two keys that differ only by case are the same: so for users, not for policies and
/// devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// They are the same.
    Ignored,
    /// They are two.
    Counts,
}

/// Reads the `Tags` parameter.
pub fn read(reader: &mut Reader<'_>, case: Case) -> Tags {
    let pairs = reader.pairs("Tags", &rules::TAG_KEY, &rules::TAG_VALUE);
    if pairs.len() > limits::TAGS {
        reader.refuse(Error::validation(format!(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member \
             must have length less than or equal to {}",
            limits::TAGS
        )));
    }
    let mut seen = BTreeSet::new();
    for (key, _) in &pairs {
        let folded = match case {
            Case::Ignored => key.to_lowercase(),
            Case::Counts => (*key).to_owned(),
        };
        if key.to_lowercase().starts_with("aws:") {
            reader
                .refuse(Error::new(Code::InvalidInput, format!("System tags cannot be added/updated by users: {key}")));
        }
        if !seen.insert(folded) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            reader.refuse(Error::new(Code::InvalidInput, message));
        }
    }
    let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    pairs.into_iter().map(own).collect()
}
