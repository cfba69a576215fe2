//! What a change of access comes to: which actions become possible, are no longer possible, or are possible under a
//! condition only. Users for whom the same happens are told together.
//!
//! Owns: [`Effect`] and [`effect`]. Must not: print; `render` makes text of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Access;
use super::reach::{Reach, Session};
use super::rows::{Rows, Shape, Shapes};
use super::universe::{ActionName, Known, Sensitive, Universe};
use crate::name::Name;

/// What changes for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// One entry for all users for whom the same changes, by the first of them.
    pub changes: Vec<Shift>,
}

/// The same change for one or several users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shift {
    /// For whom.
    pub users: Vec<Name>,
    /// What changes, by what it is and whether MFA was used.
    pub moves: Vec<Move>,
}

/// Actions for which the same changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// What changes.
    pub kind: MoveKind,
    /// Whether it is about requests with MFA or without.
    pub mfa: Mfa,
    /// How many actions.
    pub count: usize,
    /// The sensitive ones among them, the gravest kind first.
    pub sensitive: BTreeMap<Sensitive, Vec<ActionName>>,
    /// How many of the others, by service.
    pub others: BTreeMap<String, usize>,
    /// The others by name, when they are few; empty when they are many.
    pub named: Vec<ActionName>,
}

/// How many actions that are not sensitive are still told by name.
const NAMED: usize = 8;

impl Move {
    /// Adds an action that is not sensitive.
    fn add(&mut self, action: &Known) {
        match self.others.get_mut(action.service()) {
            Some(count) => *count += 1,
            None => drop(self.others.insert(action.service().to_owned(), 1)),
        }
        if self.named.len() <= NAMED {
            self.named.push(action.name().clone());
        }
    }
}

/// What changes about an action. In the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MoveKind {
    /// It could not be done, and now can, on every resource; a guard may still have conditions of its own.
    NewlyPossible,
    /// It could not be done, and now can, on some resources or under a condition.
    NewlyLimited,
    /// It could be done, and now on more resources or under fewer conditions.
    Widened,
    /// It can still be done, on fewer resources or under more conditions.
    Narrowed,
    /// A policy came whose document is not known: what could be done may now be denied, and the other way round.
    CannotBeTold,
    /// It could be done, and now cannot.
    NoLongerPossible,
}

impl MoveKind {
    /// The kind in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MoveKind::NewlyPossible => "newly possible",
            MoveKind::NewlyLimited => "newly possible on some resources or under a condition",
            MoveKind::Widened => "possible with fewer limits",
            MoveKind::Narrowed => "possible with more limits",
            MoveKind::CannotBeTold => "cannot be told, a policy's document is not known",
            MoveKind::NoLongerPossible => "no longer possible",
        }
    }

    /// Whether somebody can do more than before.
    #[must_use]
    pub fn is_gain(self) -> bool {
        matches!(self, MoveKind::NewlyPossible | MoveKind::NewlyLimited | MoveKind::Widened)
    }

    fn of(before: Reach, after: Reach) -> Option<Self> {
        Some(match (before, after) {
            (was, is) if was == is => return None,
            (_, Reach::Unknown) => MoveKind::CannotBeTold,
            (was, is) if was.is_possible() && is.is_possible() => {
                if was < is {
                    MoveKind::Widened
                } else {
                    MoveKind::Narrowed
                }
            }
            (was, _) if was.is_possible() => MoveKind::NoLongerPossible,
            (_, Reach::Limited) => MoveKind::NewlyLimited,
            (_, is) if is.is_possible() => MoveKind::NewlyPossible,
            _ => return None,
        })
    }
}

/// Whether MFA was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mfa {
    /// With MFA.
    With,
    /// Without, be it in the console or with an access key.
    Without,
}

impl Mfa {
    /// Both, with MFA first: it is how people work.
    pub const BOTH: [Mfa; 2] = [Mfa::With, Mfa::Without];

    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mfa::With => "with MFA",
            Mfa::Without => "without MFA",
        }
    }

    fn sessions(self) -> &'static [Session] {
        match self {
            Mfa::With => &[Session::WithMfa],
            Mfa::Without => &Session::UNPROVED,
        }
    }
}

impl Effect {
    /// Whether nothing changes for anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What changes between two states of the same account's access.
#[must_use]
pub fn effect(before: &Access, after: &Access, universe: &Universe) -> Effect {
    let mut rows = Rows::new(universe);
    let (mut old, mut new) = (Shapes::new(before), Shapes::new(after));
    let mut groups: BTreeMap<Shape, BTreeMap<Shape, Vec<Name>>> = BTreeMap::new();
    for name in before.users.keys().chain(after.users.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (old.of(name, &mut rows), new.of(name, &mut rows));
        if was != is {
            groups.entry(was).or_default().entry(is).or_default().push(name.clone());
        }
    }
    let mut merged: BTreeMap<Vec<Move>, Vec<Name>> = BTreeMap::new();
    for (was, groups) in groups {
        let was = Mfa::BOTH.map(|mfa| (mfa, rows.reaches(&was, mfa.sessions())));
        for (is, users) in groups {
            let moves = was.iter().flat_map(|(mfa, was)| {
                let is = rows.reaches(&is, mfa.sessions());
                moved(*mfa, was.iter().copied().zip(is), universe)
            });
            merged.entry(moves.collect()).or_default().extend(users);
        }
    }
    let sorted = |mut users: Vec<Name>| {
        users.sort();
        users
    };
    let told = merged.into_iter().filter(|(moves, _)| !moves.is_empty());
    let mut changes: Vec<Shift> = told.map(|(moves, users)| Shift { users: sorted(users), moves }).collect();
    changes.sort_by(|a, b| a.users.cmp(&b.users));
    Effect { changes }
}

/// What changes, action by action in the order of the universe, gathered by kind.
fn moved(mfa: Mfa, reaches: impl Iterator<Item = (Reach, Reach)>, universe: &Universe) -> Vec<Move> {
    let mut moves: BTreeMap<MoveKind, Move> = BTreeMap::new();
    for (position, (was, is)) in reaches.enumerate() {
        let Some(kind) = MoveKind::of(was, is) else { continue };
        let Some(action) = universe.get(position).filter(|action| !action.is_always_allowed()) else { continue };
        let part = moves.entry(kind).or_insert_with(|| Move {
            kind,
            mfa,
            count: 0,
            sensitive: BTreeMap::new(),
            others: BTreeMap::new(),
            named: Vec::new(),
        });
        part.count += 1;
        match action.sensitive {
            Some(kind) => part.sensitive.entry(kind).or_default().push(action.name().clone()),
            None => part.add(action),
        }
    }
    for part in moves.values_mut().filter(|part| part.named.len() > NAMED) {
        part.named = Vec::new();
    }
    for names in moves.values_mut().flat_map(|part| part.sensitive.values_mut()) {
        // Those that decide over everything else come first.
        names
            .sort_by_key(|name| (!name.as_str().starts_with("iam:"), !name.as_str().starts_with("sts:"), name.clone()));
        names.shrink_to_fit();
    }
    moves.into_values().collect()
}
