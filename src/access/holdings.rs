//! Who holds what: from the matrix alone, or from the live account.
//!
//! Must not: judge what a policy grants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc as Shared;

use super::aws::AwsDocuments;
use super::{Access, Body, Holding, Kind, Policy, PolicyId, Through, User};
use crate::catalog::Catalog;
use crate::live::{Live, LiveUser};
use crate::matrix::{Matrix, UserRow};
use crate::name::{Arn, Name};

/// Gathers policies, each once.
struct Gathered<K> {
    policies: Vec<Policy>,
    known: BTreeMap<K, PolicyId>,
}

impl<K: Ord> Gathered<K> {
    fn new() -> Self {
        Gathered { policies: Vec::new(), known: BTreeMap::new() }
    }

    fn add(&mut self, policy: Policy) -> PolicyId {
        self.policies.push(policy);
        PolicyId(self.policies.len() - 1)
    }

    fn once(&mut self, key: K, policy: impl FnOnce() -> Policy) -> PolicyId {
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.add(policy());
        self.known.insert(key, id);
        id
    }
}

impl Access {
    /// Everybody's access as the matrix would have it, with nothing of the live account.
    #[must_use]
    pub fn of_matrix(matrix: &Matrix, catalog: &Catalog, aws: &AwsDocuments) -> Self {
        let mut gathered = Gathered::new();
        let mut of_group: BTreeMap<&Name, Vec<PolicyId>> = BTreeMap::new();
        let body = |name: &Name| named(matrix, catalog, aws, name);
        for row in &matrix.policies {
            let id = gathered.once(row.name.value.clone(), || body(&row.name.value));
            for cell in &row.groups {
                of_group.entry(&cell.value).or_default().push(id);
            }
        }
        let baseline = matrix.baseline.iter().map(|name| gathered.once(name.value.clone(), || body(&name.value)));
        of_group.insert(&matrix.baseline_group.value, baseline.collect());
        for policies in of_group.values_mut() {
            policies.sort_unstable();
        }
        // In the order of holdings: by group, then by policy.
        let held = |row: &UserRow| {
            let cells = row.groups.iter().map(|cell| &cell.value);
            let groups: BTreeSet<&Name> = cells.chain([&matrix.baseline_group.value]).collect();
            let of_group = |group| of_group.get(group).into_iter().flatten().map(move |policy| (group, *policy));
            let holding = |(group, policy): (&Name, _)| Holding { through: Through::Group(group.clone()), policy };
            groups.into_iter().flat_map(of_group).map(holding).collect()
        };
        let users = matrix.users.iter().map(|row| {
            let name = row.name.value.clone();
            (name.clone(), User { name, path: None, holdings: held(row), boundary: None })
        });
        Access { users: users.collect(), policies: gathered.policies }
    }

    /// Everybody's access in the live account.
    #[must_use]
    pub fn of_live(live: &Live, aws: &AwsDocuments) -> Self {
        let mut gathered = Gathered::new();
        let mut of_group: BTreeMap<&Name, Vec<PolicyId>> = BTreeMap::new();
        for group in live.groups.values() {
            let attached = group.attached.iter().map(|arn| gathered.once(arn.clone(), || attached(live, aws, arn)));
            let mut held: Vec<PolicyId> = attached.collect();
            held.extend(group.inline.iter().map(|(name, document)| {
                gathered.add(Policy { name: name.as_str().into(), kind: Kind::Inline, body: Body::of(document) })
            }));
            of_group.insert(&group.name, held);
        }
        let mut users = BTreeMap::new();
        for user in live.users.values() {
            let mut holdings = own(&mut gathered, live, aws, user);
            for group in &user.groups {
                let held = of_group.get(group).into_iter().flatten();
                holdings.extend(held.map(|id| Holding { through: Through::Group(group.clone()), policy: *id }));
            }
            holdings.sort();
            let boundary =
                user.boundary.as_ref().map(|arn| gathered.once(arn.clone(), || self::attached(live, aws, arn)));
            let path = Some(user.path.clone());
            users.insert(user.name.clone(), User { name: user.name.clone(), path, holdings, boundary });
        }
        Access { policies: gathered.policies, users }
    }
}

/// What a user holds outside of groups.
fn own(gathered: &mut Gathered<Arn>, live: &Live, aws: &AwsDocuments, user: &LiveUser) -> Vec<Holding> {
    let mut holdings = Vec::new();
    for arn in &user.attached {
        let policy = gathered.once(arn.clone(), || attached(live, aws, arn));
        holdings.push(Holding { through: Through::Attached, policy });
    }
    for (name, document) in &user.inline {
        let policy = gathered.add(Policy { name: name.as_str().into(), kind: Kind::Inline, body: Body::of(document) });
        holdings.push(Holding { through: Through::Inline, policy });
    }
    holdings
}

/// The policy that a row of the matrix names.
fn named(matrix: &Matrix, catalog: &Catalog, aws: &AwsDocuments, name: &Name) -> Policy {
    if let Some(file) = matrix.documents.get(name) {
        let document = file.document.as_ref().map(|document| Body::Known(Shared::new(document.clone())));
        return Policy { name: file.name.clone(), kind: Kind::Customer, body: document.unwrap_or(Body::Unreadable) };
    }
    match catalog.find(name).filter(|_| !matrix.defines(name)) {
        Some(policy) => Policy { name: policy.name.clone(), kind: Kind::Aws, body: of_aws(aws, &policy.arn) },
        None => Policy { name: name.clone(), kind: Kind::Customer, body: Body::Unknown },
    }
}

/// The policy that is attached by that ARN.
fn attached(live: &Live, aws: &AwsDocuments, arn: &Arn) -> Policy {
    if arn.is_aws_managed() {
        return Policy { name: arn.name(), kind: Kind::Aws, body: of_aws(aws, arn) };
    }
    let body = live.policy(arn).map_or(Body::Unknown, |policy| Body::of(&policy.document));
    Policy { name: arn.name(), kind: Kind::Customer, body }
}

fn of_aws(aws: &AwsDocuments, arn: &Arn) -> Body {
    match aws.get(arn) {
        Some(known) => known.document.clone().map_or(Body::Unreadable, Body::Known),
        None => Body::Unknown,
    }
}
