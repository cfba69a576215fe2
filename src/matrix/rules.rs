//! The rules of [`super::check`], by what they are about. Each is one documented function that reports all it finds.

pub(super) mod documents;
pub(super) mod names;
pub(in crate::matrix) mod quotas;
pub(super) mod references;
pub(super) mod settings;
pub(super) mod waivers;

use jiff::civil::Date;

use super::Matrix;
use crate::catalog::{self, Catalog};
use crate::diagnostic::Diagnostic;
use crate::name::Name;

/// What a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The matrix.
    pub matrix: &'a Matrix,
    /// AWS managed policies.
    pub catalog: &'a Catalog,
    /// The day, in UTC.
    pub today: Date,
}

/// A rule looks at the facts and adds what it finds.
pub type Rule = fn(Facts<'_>, &mut Vec<Diagnostic>);

/// The name of the `number`th IAM group (from 1) that realises a group of the matrix: `Name`, `Name-2`, `Name-3` …
#[must_use]
pub fn part(group: &Name, number: usize) -> Name {
    if number <= 1 { group.clone() } else { Name::new(format!("{group}-{number}")) }
}

/// Which part of `group` the IAM group `name` is, if any; counted from 1.
#[must_use]
pub fn part_number(group: &Name, name: &Name) -> Option<usize> {
    if name == group {
        return Some(1);
    }
    let (stem, number) = name.as_str().rsplit_once('-')?;
    let number_written: usize = number.parse().ok().filter(|number| *number >= 2)?;
    (Name::new(stem) == *group && number == number_written.to_string()).then_some(number_written)
}

/// Whether the policy counts as a guard, as far as that can be told without the live account.
pub(super) fn is_guard(matrix: &Matrix, policy: &Name) -> bool {
    match matrix.documents.get(policy) {
        Some(file) => file.document.as_ref().is_some_and(crate::policy::Document::is_guard),
        None => catalog::denies(policy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered_from_the_second_on() {
        let group = Name::new("Developer");
        assert_eq!([1, 2, 3].map(|n| part(&group, n).to_string()), ["Developer", "Developer-2", "Developer-3"]);
        let table = [("developer", Some(1)), ("Developer-2", Some(2)), ("Developer-12", Some(12))];
        for (name, number) in table {
            assert_eq!(part_number(&group, &name.into()), number, "{name}");
        }
        for name in ["Developer-1", "Developer-02", "Developer-x", "Developers", "Dev-2", "Developer-"] {
            assert_eq!(part_number(&group, &name.into()), None, "{name}");
        }
    }
}
