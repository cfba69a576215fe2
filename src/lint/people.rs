//! Who is in which group, and policies that are not for people.

use std::collections::BTreeSet;

use super::Facts;
use super::lockout::administrating;
use crate::diagnostic::Diagnostic;
use crate::matrix::{Group, PolicyRow};
use crate::name::Name;
use crate::nearest;

/// AWS's path for policies that a service's role needs.
const SERVICE_ROLE: &str = "/service-role/";

/// AWS managed policies that have a successor, which AWS recommends.
///
/// Sources: Amazon `CloudWatch` user guide, "AWS managed (predefined) policies for `CloudWatch`"; Amazon EMR management
/// guide, "Amazon EMR managed policies".
const SUCCESSORS: [(&str, &str); 3] = [
    ("CloudWatchFullAccess", "CloudWatchFullAccessV2"),
    ("AmazonElasticMapReduceFullAccess", "AmazonEMRFullAccessPolicy_v2"),
    ("AmazonElasticMapReduceReadOnlyAccess", "AmazonEMRReadOnlyAccessPolicy_v2"),
];

/// V05: a policy under `/service-role/` is what a service needs to act by itself, roles to pass and machines to start
/// among it.
pub(super) fn policy_of_a_service(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let of_group = |row: &PolicyRow| {
        let groups: Vec<&str> = row.groups.iter().map(|cell| cell.value.as_str()).collect();
        format!("the people of {}", nearest::quoted(&groups))
    };
    let rows = facts.matrix.policies.iter().filter(|row| !row.groups.is_empty());
    let rows = rows.map(|row| (&row.name, of_group(row)));
    let baseline = facts.matrix.baseline.iter().map(|name| (name, "everybody, by the baseline".to_owned()));
    for (policy, whom) in rows.chain(baseline).filter(|(policy, _)| !facts.matrix.defines(&policy.value)) {
        if facts.catalog.find(&policy.value).is_none_or(|listed| listed.arn.path() != SERVICE_ROLE) {
            continue;
        }
        let message = format!("`{}` is for a role of a service, and is given to {whom}", policy.value);
        found.push(
            Diagnostic::warning("V05", &policy.span, message)
                .on(&policy.value)
                .help("give people the policy that is meant for them, and this one to the service's role"),
        );
    }
}

/// V11: a group in which nobody is.
pub(super) fn group_without_members(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    for group in facts.matrix.groups.iter().filter(|group| facts.members_of(&group.name.value).is_empty()) {
        let name = &group.name;
        found.push(
            Diagnostic::info("V11", &name.span, format!("nobody is in group `{}`", name.value))
                .on(&name.value)
                .help("name it in a row of `users`, or remove it"),
        );
    }
}

/// V12: one person alone can change what people may do, be it through one group or through several.
pub(super) fn single_administrator(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let groups: Vec<&Group> = administrating(facts).collect();
    let members = |group: &&Group| facts.members_of(&group.name.value).iter().map(|row| &row.name.value);
    let people: BTreeSet<&Name> = groups.iter().flat_map(members).collect();
    let Some(only) = people.first().filter(|_| people.len() == 1) else { return };
    for name in groups.iter().filter(|group| members(group).next().is_some()).map(|group| &group.name) {
        let message = format!("`{only}` alone administrates the account, as the one member of group `{}`", name.value);
        found.push(
            Diagnostic::warning("V12", &name.span, message)
                .on(&name.value)
                .help("name a second person, so that one who is ill or leaves does not lock the account"),
        );
    }
}

/// V20: AWS has a later edition of the policy under another name, with narrower rights.
pub(super) fn succeeded(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let named = facts.matrix.policies.iter().map(|row| &row.name).chain(&facts.matrix.baseline);
    for policy in named.filter(|policy| !facts.matrix.defines(&policy.value)) {
        let Some((_, successor)) = SUCCESSORS.iter().find(|(old, _)| policy.value == Name::from(*old)) else {
            continue;
        };
        let message = format!("AWS recommends `{successor}` instead of `{}`", policy.value);
        found.push(
            Diagnostic::warning("V20", &policy.span, message)
                .on(&policy.value)
                .help(format!("compare what both grant, then write `{successor}` in its place")),
        );
    }
}
