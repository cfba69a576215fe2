//! What a change of access comes to: which actions become possible, are no longer possible, or are possible under a
//! condition only. Users for whom the same happens are told together.
//!
//! Owns: [`Effect`] and [`effect`]. Must not: print; `render` makes text of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::reach::{self, Grip, Reach, Session, Sure};
use super::universe::{Known, Sensitive, Universe};
use super::{Access, Body, Held, PolicyId};
use crate::name::Name;
use crate::policy::{Cover, Document, Effect as Side};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// What changes.
    pub kind: MoveKind,
    /// Whether it is about requests with MFA or without.
    pub mfa: Mfa,
    /// How many actions.
    pub count: usize,
    /// The sensitive ones among them, the gravest kind first.
    pub sensitive: BTreeMap<Sensitive, Vec<String>>,
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
    let nobody = Held { policies: std::collections::BTreeSet::new(), boundary: None };
    for name in before.users.keys().chain(after.users.keys()).collect::<std::collections::BTreeSet<_>>() {
        let held = |access: &Access| access.users.get(name).map_or_else(|| nobody.clone(), |user| access.held(user));
        groups.entry((held(before), held(after))).or_default().push(name.clone());
    }
    let (mut old, mut new) = (Tables::new(before, universe), Tables::new(after, universe));
    let mut merged: BTreeMap<Vec<Found>, Vec<Name>> = BTreeMap::new();
    for ((held_before, held_after), users) in groups {
        let mut found = Vec::new();
        for mfa in Mfa::BOTH {
            let (was, is) = (old.reaches(&held_before, mfa), new.reaches(&held_after, mfa));
            let free = |action: &usize| universe.get(*action).is_some_and(Known::is_always_allowed);
            let moved = was.iter().zip(&is).enumerate().filter(|(action, _)| !free(action));
            found.extend(moved.filter_map(|(action, (was, is))| {
                let (kind, action) = (MoveKind::of(*was, *is)?, u32::try_from(action).ok()?);
                Some(Found { mfa, kind, action })
            }));
        }
        if !found.is_empty() {
            merged.entry(found).or_default().extend(users);
        }
    }
    let mut changes: Vec<Shift> = merged.into_iter().map(|(found, users)| shift(&found, users, universe)).collect();
    changes.sort_by(|a, b| a.users.cmp(&b.users));
    Effect { changes }
}

/// An action for which something changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    mfa: Mfa,
    kind: MoveKind,
    /// A position in the universe, kept small: there may be millions of these.
    action: u32,
}

fn shift(found: &[Found], mut users: Vec<Name>, universe: &Universe) -> Shift {
    users.sort();
    let mut moves: BTreeMap<(Mfa, MoveKind), Move> = BTreeMap::new();
    for Found { mfa, kind, action } in found {
        let Some(action) = usize::try_from(*action).ok().and_then(|action| universe.get(action)) else { continue };
        let entry = moves.entry((*mfa, *kind)).or_insert_with(|| Move {
            kind: *kind,
            mfa: *mfa,
            count: 0,
            sensitive: BTreeMap::new(),
            others: BTreeMap::new(),
        });
        entry.count += 1;
        match action.sensitive {
            Some(kind) => entry.sensitive.entry(kind).or_default().push(action.name.clone()),
            None => *entry.others.entry(action.service().to_owned()).or_default() += 1,
        }
    }
    for part in moves.values_mut() {
        for names in part.sensitive.values_mut() {
            // Those that decide over everything else come first.
            names.sort_by_key(|name| (!name.starts_with("iam:"), !name.starts_with("sts:"), name.clone()));
        }
    }
    Shift { users, moves: moves.into_values().collect() }
}

/// A policy's grip on the actions that it names: position in the universe and grip, in order. Most policies name few.
type Table = Vec<(usize, Grip)>;

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
            for (position, grip) in identity.iter().enumerate() {
                let limit = boundary.as_ref().and_then(|boundary| boundary.get(position));
                let reach = limit.map_or(grip.reach(), |limit| grip.reach().within(limit.reach()));
                if let Some(farthest) = farthest.get_mut(position) {
                    *farthest = farther(*farthest, reach);
                }
            }
        }
        farthest
    }

    fn grips<'p>(&mut self, policies: impl Iterator<Item = &'p PolicyId>, session: Session) -> Vec<Grip> {
        let mut grips = vec![Grip::default(); self.universe.len()];
        for id in policies {
            let body = self.access.policy(*id).map(|policy| &policy.body);
            let Some(Body::Known(document)) = body else {
                for grip in &mut grips {
                    *grip = grip.and(Grip::unknown());
                }
                continue;
            };
            let table = self.made.entry((*id, session)).or_insert_with(|| table(document, session, self.universe));
            for (position, grip) in table {
                if let Some(whole) = grips.get_mut(*position) {
                    *whole = whole.and(*grip);
                }
            }
        }
        grips
    }
}

/// The farther of two; what is denied in one session and not allowed in the other is not possible in either.
fn farther(one: Reach, other: Reach) -> Reach {
    one.max(other)
}

fn table(document: &Document, session: Session, universe: &Universe) -> Table {
    let context = session.context();
    let question = reach::Question { action: "", resource: None, session, context: &context };
    let mut grips: BTreeMap<usize, Grip> = BTreeMap::new();
    for statement in document.statements() {
        let sure = reach::resources(statement, document.version(), &question).min(reach::conditions(
            statement,
            document.version(),
            session,
            &context,
        ));
        if sure == Sure::Never {
            continue;
        }
        let grip = match statement.effect {
            Side::Allow => Grip { allow: sure, ..Grip::default() },
            Side::Deny => Grip { deny: sure, ..Grip::default() },
        };
        for position in positions(&statement.actions, universe) {
            let whole = grips.entry(position).or_default();
            *whole = whole.and(grip);
        }
    }
    grips.into_iter().collect()
}

/// The actions that a statement is about.
fn positions(cover: &Cover, universe: &Universe) -> Vec<usize> {
    let named = |patterns: &std::collections::BTreeSet<String>| -> std::collections::BTreeSet<usize> {
        patterns.iter().flat_map(|pattern| universe.matching(pattern).map(|(position, _)| position)).collect()
    };
    match cover {
        Cover::Only(patterns) => named(patterns).into_iter().collect(),
        Cover::AllBut(patterns) => {
            let exempt = named(patterns);
            (0..universe.len()).filter(|position| !exempt.contains(position)).collect()
        }
    }
}
