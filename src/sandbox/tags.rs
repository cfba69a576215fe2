//! Tags: read from a request, put on, taken off.
//!
//! A carrier's tags are kept in the order of their keys, as IAM lists them. Which carrier, and whether it is there, is
//! the actions' matter.

use std::collections::BTreeSet;

use super::{
    entities::Tags,
    error::{Code, Error},
    limits,
    params::Reader,
    rules,
};

/// Whether two keys that differ only by case are the same: so for users, not for policies and
/// devices (IAM user guide, tagging rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// They are the same.
    Ignored,
    /// They are two.
    Counts,
}

impl Case {
    fn fold(self, key: &str) -> String {
        match self {
            Self::Ignored => key.to_lowercase(),
            Self::Counts => key.to_owned(),
        }
    }
}

/// Reads the `Tags` parameter.
pub fn read(reader: &mut Reader<'_>, case: Case) -> Tags {
    let pairs = reader.pairs("Tags", &rules::TAG_KEY, &rules::TAG_VALUE);
    reader.at_most("Tags", pairs.len(), limits::TAGS);
    let mut seen = BTreeSet::new();
    for (key, _) in &pairs {
        if key.to_lowercase().starts_with("aws:") {
            reader
                .refuse(Error::new(Code::InvalidInput, format!("System tags cannot be added/updated by users: {key}")));
        }
        if !seen.insert(case.fold(key)) {
            reader.refuse(Error::new(Code::InvalidInput, duplicate(case)));
        }
    }
    let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let mut tags: Tags = pairs.into_iter().map(own).collect();
    tags.sort();
    tags
}

const fn duplicate(case: Case) -> &'static str {
    match case {
        Case::Ignored => "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        Case::Counts => "Duplicate tag keys found.",
    }
}

/// Puts tags on. Where there is one of the same key already, the new one takes its place.
pub fn put(tags: &mut Tags, new: Tags, case: Case) -> Result<(), Error> {
    let replaced: BTreeSet<_> = new.iter().map(|(key, _)| case.fold(key)).collect();
    let stays = |key: &str| !replaced.contains(&case.fold(key));
    if tags.iter().filter(|(key, _)| stays(key)).count() + new.len() > limits::TAGS {
        return Err(Error::new(Code::LimitExceeded, "The number of tags has reached the maximum limit."));
    }
    tags.retain(|(key, _)| stays(key));
    tags.extend(new);
    tags.sort();
    Ok(())
}

/// Takes tags off; keys that are not there are no mistake.
pub fn remove(tags: &mut Tags, keys: &[&str], case: Case) {
    let gone: BTreeSet<_> = keys.iter().map(|key| case.fold(key)).collect();
    tags.retain(|(key, _)| !gone.contains(&case.fold(key)));
}
