//! What a change of access comes to: which actions become possible, are no longer possible, or are possible under a
//! condition only. Users for whom the same happens are told together.
//!
//! Owns: [`Effect`] and [`effect`]. Must not: print; `render` makes text of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::reach::{self, Grip, Reach, Session, Sure};
use super::universe::{ActionName, Sensitive, Universe};
use super::{Access, Body, Held, PolicyId};
use crate::name::Name;
use crate::policy::{Cover, Document, Effect as Side, Statement};

/// What changes for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// One entry for all users for whom the same changes, by the first of them.
    pub changes: Vec<Shift>,
}

/// The same change for one or several users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shift {
    /// For whom.
    pub users: Vec<Name>,
    /// What changes, by what it is and whether MFA was used.
    pub moves: Vec<Move>,
}

/// Actions for which the same changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
}

/// What changes about an action. In the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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
    let mut groups: BTreeMap<(Held, Held), Vec<Name>> = BTreeMap::new();
    let nobody = Held { policies: BTreeSet::new(), boundary: None };
    for name in before.users.keys().chain(after.users.keys()).collect::<BTreeSet<_>>() {
        let held = |access: &Access| access.users.get(name).map_or_else(|| nobody.clone(), |user| access.held(user));
        groups.entry((held(before), held(after))).or_default().push(name.clone());
    }
    let (mut old, mut new) = (Tables::new(before, universe), Tables::new(after, universe));
    let mut merged: BTreeMap<Vec<Move>, Vec<Name>> = BTreeMap::new();
    for ((held_before, held_after), users) in groups {
        let mut moves = Vec::new();
        for mfa in Mfa::BOTH {
            let (was, is) = (old.reaches(&held_before, mfa), new.reaches(&held_after, mfa));
            moves.extend(moved(mfa, was.iter().zip(&is), universe));
        }
        if !moves.is_empty() {
            merged.entry(moves).or_default().extend(users);
        }
    }
    let sorted = |mut users: Vec<Name>| {
        users.sort();
        users
    };
    let mut changes: Vec<Shift> =
        merged.into_iter().map(|(moves, users)| Shift { users: sorted(users), moves }).collect();
    changes.sort_by(|a, b| a.users.cmp(&b.users));
    Effect { changes }
}

/// What changes, action by action in the order of the universe, gathered by kind.
fn moved<'r>(
    mfa: Mfa,
    reaches: impl Iterator<Item = (&'r Reach, &'r Reach)>,
    universe: &Universe,
) -> impl Iterator<Item = Move> {
    let mut moves: BTreeMap<MoveKind, Move> = BTreeMap::new();
    for (position, (was, is)) in reaches.enumerate() {
        let Some(kind) = MoveKind::of(*was, *is) else { continue };
        let Some(action) = universe.get(position).filter(|action| !action.is_always_allowed()) else { continue };
        let part = moves.entry(kind).or_insert_with(|| Move {
            kind,
            mfa,
            count: 0,
            sensitive: BTreeMap::new(),
            others: BTreeMap::new(),
        });
        part.count += 1;
        match action.sensitive {
            Some(kind) => part.sensitive.entry(kind).or_default().push(action.name.clone()),
            None => *part.others.entry(action.service().to_owned()).or_default() += 1,
        }
    }
    for names in moves.values_mut().flat_map(|part| part.sensitive.values_mut()) {
        // Those that decide over everything else come first.
        names
            .sort_by_key(|name| (!name.as_str().starts_with("iam:"), !name.as_str().starts_with("sts:"), name.clone()));
        names.shrink_to_fit();
    }
    moves.into_values()
}

/// What the statements of a policy do, for the sessions in which they may apply.
type Table = Vec<Row>;

/// A statement: its grip, and on which actions.
struct Row {
    grip: Grip,
    actions: Span,
}

/// Positions in the universe.
enum Span {
    /// These.
    Only(Vec<u32>),
    /// All but these.
    AllBut(BTreeSet<u32>),
}

impl Span {
    fn of(cover: &Cover, universe: &Universe) -> Self {
        let named = |patterns: &BTreeSet<String>| -> BTreeSet<u32> {
            let positions = patterns.iter().flat_map(|pattern| universe.matching(pattern));
            positions.filter_map(|(position, _)| u32::try_from(position).ok()).collect()
        };
        match cover {
            Cover::Only(patterns) if patterns.contains("*") => Span::AllBut(BTreeSet::new()),
            Cover::Only(patterns) => Span::Only(named(patterns).into_iter().collect()),
            Cover::AllBut(patterns) => Span::AllBut(named(patterns)),
        }
    }

    fn each(&self, universe: &Universe, mut visit: impl FnMut(usize)) {
        let position = |position: &u32| usize::try_from(*position).unwrap_or(usize::MAX);
        match self {
            Span::Only(positions) => positions.iter().map(position).for_each(visit),
            Span::AllBut(exempt) => {
                let exempt: BTreeSet<usize> = exempt.iter().map(position).collect();
                (0..universe.len()).filter(|position| !exempt.contains(position)).for_each(&mut visit);
            }
        }
    }
}

/// The tables of the policies of one state, each made once.
struct Tables<'a> {
    access: &'a Access,
    universe: &'a Universe,
    made: BTreeMap<(PolicyId, Session), Table>,
}

impl<'a> Tables<'a> {
    fn new(access: &'a Access, universe: &'a Universe) -> Self {
        Tables { access, universe, made: BTreeMap::new() }
    }

    /// How far each action reaches; without MFA, the farther of console and key.
    fn reaches(&mut self, held: &Held, mfa: Mfa) -> Vec<Reach> {
        let mut farthest = vec![Reach::None; self.universe.len()];
        for session in mfa.sessions() {
            let identity = self.grips(held.policies.iter(), *session);
            let boundary = held.boundary.map(|boundary| self.grips(std::iter::once(&boundary), *session));
            for (position, (grip, farthest)) in identity.iter().zip(&mut farthest).enumerate() {
                let limit = boundary.as_ref().and_then(|boundary| boundary.get(position));
                let reach = limit.map_or(grip.reach(), |limit| grip.reach().within(limit.reach()));
                *farthest = (*farthest).max(reach);
            }
        }
        farthest
    }

    fn grips<'p>(&mut self, policies: impl Iterator<Item = &'p PolicyId>, session: Session) -> Vec<Grip> {
        let universe = self.universe;
        let mut grips = vec![Grip::default(); universe.len()];
        let mut add = |position: usize, grip: Grip| {
            if let Some(whole) = grips.get_mut(position) {
                *whole = whole.and(grip);
            }
        };
        for id in policies {
            let Some(Body::Known(document)) = self.access.policy(*id).map(|policy| &policy.body) else {
                (0..universe.len()).for_each(|position| add(position, Grip::unknown()));
                continue;
            };
            let table = self.made.entry((*id, session)).or_insert_with(|| table(document, session, universe));
            for row in table {
                row.actions.each(universe, |position| add(position, row.grip));
            }
        }
        grips
    }
}

fn table(document: &Document, session: Session, universe: &Universe) -> Table {
    let context = session.context();
    let question = reach::Question { action: "", resource: None, session, context: &context };
    let row = |statement: &Statement| {
        let sure = reach::resources(statement, document.version(), &question).min(reach::conditions(
            statement,
            document.version(),
            session,
            &context,
        ));
        let grip = match statement.effect {
            _ if sure == Sure::Never => return None,
            Side::Allow => Grip { allow: sure, ..Grip::default() },
            Side::Deny => Grip { deny: sure, ..Grip::default() },
        };
        Some(Row { grip, actions: Span::of(&statement.actions, universe) })
    };
    document.statements().filter_map(row).collect()
}
