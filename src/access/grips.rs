//! What policies do for an action: each policy is looked at once, however many people hold it.
//!
//! Owns: [`Grips`]. Must not: know what comes of several policies together.

use std::collections::BTreeMap;

use super::reach::{Grip, Question, Session, Sure};
use super::{Access, Body, PolicyId, USERNAME};
use crate::policy::{Document, Statement};

/// The grips of all policies on whatever is asked, always of the same resource.
#[derive(Debug)]
pub(super) struct Grips<'a> {
    access: &'a Access,
    /// By the policies' places: whether what a policy says depends on who asks.
    personal: Vec<bool>,
    /// By session and action, and then by the policies' places.
    known: BTreeMap<Session, BTreeMap<String, Vec<Option<Grip>>>>,
}

impl<'a> Grips<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        let is_personal = |body: &Body| match body {
            Body::Known(document) => document.statements().any(names_the_user),
            Body::Unreadable | Body::Unknown => false,
        };
        let personal = access.policies.iter().map(|policy| is_personal(&policy.body)).collect();
        Grips { access, personal, known: BTreeMap::new() }
    }

    /// What each of the policies does for what is asked.
    pub(super) fn of(
        &mut self,
        policies: impl IntoIterator<Item = PolicyId>,
        question: &Question<'_>,
    ) -> Vec<(PolicyId, Grip)> {
        let of_session = self.known.entry(question.session).or_default();
        if !of_session.contains_key(question.action) {
            of_session.insert(question.action.to_owned(), vec![None; self.access.policies.len()]);
        }
        let mut known = of_session.get_mut(question.action);
        let mut look = |id: PolicyId| {
            let kept = known.as_mut().and_then(|known| known.get_mut(id.0));
            match kept.filter(|_| self.personal.get(id.0) == Some(&false)) {
                Some(kept) => *kept.get_or_insert_with(|| grip(self.access, id, question)),
                None => grip(self.access, id, question),
            }
        };
        policies.into_iter().map(|id| (id, look(id))).collect()
    }

    /// Whether any policy of all allows what is asked, be it on some resources only, or may.
    pub(super) fn is_allowed_by_any(&mut self, question: &Question<'_>) -> bool {
        self.of(self.access.ids(), question).iter().any(|(_, grip)| grip.allow > Sure::Never || grip.unknown)
    }
}

/// Whether a statement says something else to each user: by a variable, or by a condition on the name.
fn names_the_user(statement: &Statement) -> bool {
    hangs_on_the_user(statement) || statement.resources.patterns().iter().any(|text| text.contains("${"))
}

/// Whether the conditions of a statement say something else to each user.
pub(super) fn hangs_on_the_user(statement: &Statement) -> bool {
    let mut keys = statement.conditions.values().flatten();
    keys.any(|(key, values)| key == USERNAME || values.iter().any(|text| text.contains("${")))
}

/// What a policy does for what is asked.
pub(super) fn grip(access: &Access, id: PolicyId, question: &Question<'_>) -> Grip {
    match document(access, id) {
        Some(document) => Grip::of(document, question),
        None => Grip::unknown(),
    }
}

/// What a policy says, if it is known.
pub(super) fn document(access: &Access, id: PolicyId) -> Option<&Document> {
    match &access.policy(id)?.body {
        Body::Known(document) => Some(document),
        Body::Unreadable | Body::Unknown => None,
    }
}
