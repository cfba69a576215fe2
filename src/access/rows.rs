//! How far everybody reaches, over all actions at once.
//!
//! Statements that do the same to the same actions are one [`Row`], whatever their resources: the many policies that
//! differ in those alone, and the people who hold them, are worked out once. Owns: [`Rows`], [`Shape`]. Must not: know
//! what changes.

use std::collections::{BTreeMap, BTreeSet};

use super::grips::document;
use super::reach::{self, Grip, Question, Reach, Session, Sure};
use super::universe::Universe;
use super::{Access, PolicyId};
use crate::name::Name;
use crate::policy::{Cover, Document, Effect, Statement};

/// What somebody's policies come to: rows by session, in the order of [`Session::ALL`]. Who has the same shape may do
/// the same to the same actions.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape(BTreeMap<Session, (BTreeSet<usize>, Option<BTreeSet<usize>>)>);

/// What statements do to actions.
struct Row {
    grip: Grip,
    actions: Span,
}

/// Positions in the universe.
enum Span {
    /// These.
    Only(BTreeSet<usize>),
    /// All but these.
    AllBut(BTreeSet<usize>),
}

impl Span {
    fn of(cover: &Cover, universe: &Universe) -> Self {
        let named = |patterns: &BTreeSet<String>| -> BTreeSet<usize> {
            patterns.iter().flat_map(|pattern| universe.matching(pattern)).map(|(position, _)| position).collect()
        };
        match cover {
            Cover::Only(patterns) if patterns.contains("*") => Span::AllBut(BTreeSet::new()),
            Cover::Only(patterns) => Span::Only(named(patterns)),
            Cover::AllBut(patterns) => Span::AllBut(named(patterns)),
        }
    }

    fn each(&self, universe: &Universe, visit: impl FnMut(usize)) {
        match self {
            Span::Only(positions) => positions.iter().copied().for_each(visit),
            Span::AllBut(exempt) => (0..universe.len()).filter(|position| !exempt.contains(position)).for_each(visit),
        }
    }
}

/// All rows, each made once.
pub(super) struct Rows<'a> {
    universe: &'a Universe,
    made: Vec<Row>,
    /// The places of rows, by what their statements do and to which actions.
    known: BTreeMap<(Effect, Sure), BTreeMap<&'a Cover, usize>>,
}

/// The place of the row of policies whose documents are not known.
const UNKNOWN: usize = 0;

impl<'a> Rows<'a> {
    pub(super) fn new(universe: &'a Universe) -> Self {
        let unknown = Row { grip: Grip::unknown(), actions: Span::AllBut(BTreeSet::new()) };
        Rows { universe, made: vec![unknown], known: BTreeMap::new() }
    }

    /// The rows of a document's statements that may apply in a session.
    fn of(&mut self, document: &'a Document, session: Session) -> Vec<usize> {
        let context = session.context();
        let question = Question { action: "", resource: None, session, context: &context };
        let mut found = Vec::new();
        for statement in document.statements() {
            let sure = reach::resources(statement, document.version(), &question).min(reach::conditions(
                statement,
                document.version(),
                session,
                &context,
            ));
            if sure > Sure::Never {
                found.push(self.row(statement, sure));
            }
        }
        found
    }

    fn row(&mut self, statement: &'a Statement, sure: Sure) -> usize {
        let alike = self.known.entry((statement.effect, sure)).or_default();
        *alike.entry(&statement.actions).or_insert_with(|| {
            let grip = match statement.effect {
                Effect::Allow => Grip { allow: sure, ..Grip::default() },
                Effect::Deny => Grip { deny: sure, ..Grip::default() },
            };
            self.made.push(Row { grip, actions: Span::of(&statement.actions, self.universe) });
            self.made.len() - 1
        })
    }

    /// How far each action reaches; the farthest of several sessions.
    pub(super) fn reaches(&self, shape: &Shape, sessions: &[Session]) -> Vec<Reach> {
        let mut farthest = vec![Reach::None; self.universe.len()];
        for (identity, boundary) in sessions.iter().filter_map(|session| shape.0.get(session)) {
            let boundary = boundary.as_ref().map(|boundary| self.grips(boundary));
            for (position, (grip, farthest)) in self.grips(identity).iter().zip(&mut farthest).enumerate() {
                let limit = boundary.as_ref().and_then(|boundary| boundary.get(position));
                let reach = limit.map_or(grip.reach(), |limit| grip.reach().within(limit.reach()));
                *farthest = (*farthest).max(reach);
            }
        }
        farthest
    }

    fn grips(&self, places: &BTreeSet<usize>) -> Vec<Grip> {
        let mut grips = vec![Grip::default(); self.universe.len()];
        for row in places.iter().filter_map(|place| self.made.get(*place)) {
            row.actions.each(self.universe, |position| {
                if let Some(whole) = grips.get_mut(position) {
                    *whole = whole.and(row.grip);
                }
            });
        }
        grips
    }
}

/// The shapes of one state's people.
pub(super) struct Shapes<'a> {
    access: &'a Access,
    of_policy: BTreeMap<(Session, PolicyId), Vec<usize>>,
}

impl<'a> Shapes<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Shapes { access, of_policy: BTreeMap::new() }
    }

    /// The shape of what a user holds; nothing, when there is no such user.
    pub(super) fn of(&mut self, user: &Name, rows: &mut Rows<'a>) -> Shape {
        let Some(user) = self.access.users.get(user) else { return Shape::default() };
        let held = self.access.held(user);
        let mut shape = Shape::default();
        for session in Session::ALL {
            let mut identity = BTreeSet::new();
            for id in &held.policies {
                identity.extend(self.rows_of(*id, session, rows));
            }
            let boundary = held.boundary.map(|id| self.rows_of(id, session, rows).iter().copied().collect());
            shape.0.insert(session, (identity, boundary));
        }
        shape
    }

    fn rows_of(&mut self, id: PolicyId, session: Session, rows: &mut Rows<'a>) -> &[usize] {
        self.of_policy.entry((session, id)).or_insert_with(|| match document(self.access, id) {
            Some(document) => rows.of(document, session),
            None => vec![UNKNOWN],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::aws::AwsDocuments;
    use crate::access::explain::reach_of;
    use crate::policy::LiveDocument;
    use crate::testing::{ByHand as _, empty_account};

    #[test]
    fn all_actions_at_once_come_out_as_each_by_itself() {
        let texts = [
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
                {"Effect":"Deny","NotAction":["iam:Get*","sts:*"],"Resource":"*",
                 "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","sqs:?end*"],"Resource":"arn:aws:s3:::one"},
                {"Effect":"Deny","Action":"s3:Delete*","Resource":"arn:aws:s3:::two"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*",
                "Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}"#,
            "not JSON",
        ];
        let universe = Universe::load();
        for set in 1..1_usize << texts.len() {
            let mut live = empty_account();
            live.user("ann");
            let inline = &mut live.users.get_mut(&"ann".into()).unwrap().inline;
            for (number, text) in texts.iter().enumerate().filter(|(number, _)| set & (1 << number) != 0) {
                inline.insert(format!("P{number}"), LiveDocument::read(text));
            }
            let access = Access::of_live(&live, &AwsDocuments::default());
            let mut rows = Rows::new(&universe);
            let shape = Shapes::new(&access).of(&"ann".into(), &mut rows);
            let held = access.held(&access.users[&"ann".into()]);
            for session in Session::ALL {
                let context = session.context();
                let reaches = rows.reaches(&shape, &[session]);
                // Every action would take minutes without optimization.
                for (position, reach) in reaches.iter().enumerate().step_by(97) {
                    let Some(action) = universe.get(position).filter(|action| !action.is_always_allowed()) else {
                        continue;
                    };
                    let question = Question { action: action.folded(), resource: None, session, context: &context };
                    assert_eq!(*reach, reach_of(&access, &held, &question), "{set} {session:?} {}", action.folded());
                }
            }
        }
    }
}
