//! How alike two documents are, and whether one only restricts the other.
//!
//! Owns: [`Likeness`], and what covers what. Exact where it says yes: a doubt is told as a difference.
//! Must not: decide what follows from it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Cover, Document, Effect, Statement, pattern};

/// How alike two documents are, the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// The same text, byte for byte.
    Identical,
    /// The same statements. Only layout, order, repetition, case, scalar against list, or Sids differ.
    Structural,
    /// The same meaning: each statement of the one lies within a statement of the other.
    SameMeaning,
    /// Not shown to mean the same.
    Different,
}

/// Two sets of patterns are compared one with one only up to so many pairs; beyond, no covering is seen. Documents
/// within IAM's quotas stay far below.
const MOST_PAIRS: usize = 4_000_000;

impl Document {
    /// How alike two documents are in what they say; [`Likeness::Identical`] is for texts.
    #[must_use]
    pub fn likeness(&self, other: &Document) -> Likeness {
        if self.means_the_same(other) {
            return Likeness::Structural;
        }
        let within = |one: &Document, other: &Document| one.statements().all(|statement| other.covers(statement));
        let same = self.version == other.version && within(self, other) && within(other, self);
        if same { Likeness::SameMeaning } else { Likeness::Different }
    }

    /// Whether both say the same, statement by statement: nobody needs a new version. Repeated statements count once.
    #[must_use]
    pub fn means_the_same(&self, other: &Document) -> bool {
        let set = |document: &'_ Document| document.statements().cloned().collect::<BTreeSet<Statement>>();
        self.version == other.version && set(self) == set(other)
    }

    /// Whether replacing `old` by this can only take access away: every allow was covered by an allow before, and
    /// every deny from before is covered by a deny. Decided on single statements, so `false` may also mean "cannot be
    /// told".
    #[must_use]
    pub fn only_restricts(&self, old: &Document) -> bool {
        let all_within = |effect: Effect, of: &Document, within: &Document| {
            of.statements().filter(|statement| statement.effect == effect).all(|statement| within.covers(statement))
        };
        self.version == old.version && all_within(Effect::Allow, self, old) && all_within(Effect::Deny, old, self)
    }

    fn covers(&self, statement: &Statement) -> bool {
        self.statements().any(|other| other.covers(statement))
    }
}

impl Statement {
    /// Whether this applies wherever `other` applies, with the same effect.
    #[must_use]
    pub fn covers(&self, other: &Statement) -> bool {
        self.effect == other.effect
            && (self.conditions.is_empty() || self.conditions == other.conditions)
            && self.actions.covers(&other.actions)
            && self.resources.covers(&other.resources)
    }
}

impl Cover {
    /// Whether this speaks of everything that `other` speaks of. Certain where it says yes; a no may also mean that
    /// only several patterns together would do it.
    #[must_use]
    pub fn covers(&self, other: &Cover) -> bool {
        if self == other {
            return true;
        }
        match (self, other) {
            (Cover::Only(mine), Cover::Only(theirs)) => all_within(theirs, mine),
            (Cover::Only(mine), Cover::AllBut(_)) => mine.contains("*"),
            // An exception with a variable is not the same exception for everybody.
            (Cover::AllBut(mine), _) if mine.iter().any(|text| has_variable(text)) => false,
            (Cover::AllBut(mine), Cover::AllBut(theirs)) => all_within(mine, theirs),
            (Cover::AllBut(mine), Cover::Only(theirs)) => {
                mine.len() * theirs.len() <= MOST_PAIRS
                    && !mine
                        .iter()
                        .any(|excepted| theirs.iter().any(|text| pattern::overlaps(excepted, &loosened(text))))
            }
        }
    }
}

fn all_within(set: &BTreeSet<String>, within: &BTreeSet<String>) -> bool {
    // Only a pattern covers more than itself, and one with a variable stands for who knows what.
    let wider: Vec<&String> = within.iter().filter(|text| pattern::is_pattern(text) && !has_variable(text)).collect();
    let other: Vec<&String> = set.difference(within).collect();
    wider.len() * other.len() <= MOST_PAIRS
        && other.iter().all(|text| {
            let text = loosened(text);
            wider.iter().any(|by| pattern::covers(by, &text))
        })
}

fn has_variable(text: &str) -> bool {
    text.contains("${")
}

/// The text with a star for every variable: it matches all that the text may come to match.
#[must_use]
pub fn loosened(text: &str) -> Cow<'_, str> {
    if !has_variable(text) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split("${");
    let mut loose = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        loose.push('*');
        // One that is never closed is plain text; a star stands for that, too.
        loose.push_str(part.split_once('}').map_or("", |(_, behind)| behind));
    }
    Cow::Owned(loose)
}

#[cfg(test)]
mod tests;
