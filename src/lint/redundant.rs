//! What people are given twice: guards within guards, the same policy through two groups, reading beside everything.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::matrix::PolicyRow;
use crate::name::Name;
use crate::nearest;
use crate::policy::{Document, Effect};

/// How many names a message spells out.
const SHOWN: usize = 3;

/// The first names, and how many more there are.
pub(super) fn some<'n>(names: impl IntoIterator<Item = &'n Name>) -> String {
    let all: Vec<&str> = names.into_iter().map(Name::as_str).collect();
    let shown = nearest::quoted(&all.iter().take(SHOWN).collect::<Vec<_>>());
    if all.len() > SHOWN { format!("{shown} and {} more", all.len() - SHOWN) } else { shown }
}

/// M16: a guard whose every statement lies within a statement of another guard of the same people. Documents of another
/// version are passed over: the same text means something else in them.
pub(super) fn subsumed_guard(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    for file in facts.matrix.documents.values().filter(|file| !facts.in_baseline(&file.name)) {
        let Some(guard) = file.document.as_ref().filter(|document| only_denies(document)) else { continue };
        let rows = facts.matrix.policies.iter().filter(|row| row.name.value == file.name);
        let groups: Vec<&Name> = rows.flat_map(|row| &row.groups).map(|cell| &cell.value).collect();
        let within = |other: &&&Located<Name>| {
            let document =
                facts.document(&other.value).filter(|it| other.value != file.name && it.version() == guard.version());
            document
                .is_some_and(|document| guard.statements().all(|mine| document.statements().any(|s| s.covers(mine))))
        };
        let mut around: Vec<&Located<Name>> = facts.matrix.baseline.iter().collect();
        if let Some((first, rest)) = groups.split_first() {
            let everywhere = |name: &&&Located<Name>| {
                rest.iter().all(|group| facts.carried_by(group).iter().any(|other| other.value == name.value))
            };
            around.extend(facts.carried_by(first).iter().filter(everywhere));
        }
        // Of two that say the same the first by name stays.
        let Some(by) = around
            .iter()
            .find(within)
            .filter(|by| facts.in_baseline(&by.value) || !mutual(facts, guard, by, &file.name))
        else {
            continue;
        };
        let message =
            format!("all that `{}` denies is denied by `{}` already, to the same people", file.name, by.value);
        found.push(
            Diagnostic::info("M16", &file.span, message)
                .on(&file.name)
                .help("keep it for people whom the other does not reach, or remove it"),
        );
    }
}

fn only_denies(document: &Document) -> bool {
    document.statements().all(|statement| statement.effect == Effect::Deny)
}

fn mutual(facts: &Facts<'_>, guard: &Document, by: &Located<Name>, name: &Name) -> bool {
    let same = facts.document(&by.value).is_some_and(|other| other.means_the_same(guard));
    same && *name < by.value
}

/// V07: a policy of AWS that reads, beside the one of the same service that does everything.
pub(super) fn full_and_read_only(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let rows = facts.matrix.policies.iter().filter(|row| !row.groups.is_empty()).map(|row| &row.name);
    for policy in rows.chain(&facts.matrix.baseline) {
        let Some(full) = full_twin(&policy.value).filter(|full| facts.in_baseline(full)) else { continue };
        let message = format!("`{}` adds nothing beside `{full}`, which the baseline gives to everybody", policy.value);
        found.push(
            Diagnostic::warning("V07", &policy.span, message)
                .on(&policy.value)
                .help("decide which of the two is meant, and take the other off"),
        );
    }
    for row in &facts.matrix.policies {
        let Some(full) = full_twin(&row.name.value).filter(|full| !facts.in_baseline(full)) else { continue };
        let Some(twin) = facts.matrix.policies.iter().find(|other| other.name.value == full) else { continue };
        found.extend(same_group(row, twin));
        found.extend(same_user(facts, row, twin));
    }
}

fn same_group(row: &PolicyRow, twin: &PolicyRow) -> Option<Diagnostic> {
    let both: Vec<&Name> = shared_groups(row, twin).collect();
    let message =
        format!("`{}` adds nothing beside `{}` in {}", row.name.value, twin.name.value, some(both.iter().copied()));
    let finding = Diagnostic::warning("V07", &row.name.span, message).on(&row.name.value);
    (!both.is_empty()).then(|| finding.help("decide which of the two is meant, and take the other off"))
}

fn shared_groups<'m>(row: &'m PolicyRow, twin: &'m PolicyRow) -> impl Iterator<Item = &'m Name> {
    let of_twin: BTreeSet<&Name> = twin.groups.iter().map(|cell| &cell.value).collect();
    row.groups.iter().map(|cell| &cell.value).filter(move |group| of_twin.contains(group))
}

/// Through two groups the pair may be meant: each is right by itself. But the restriction of the one group is void.
fn same_user(facts: &Facts<'_>, row: &PolicyRow, twin: &PolicyRow) -> Option<Diagnostic> {
    let both: BTreeSet<&Name> = shared_groups(row, twin).collect();
    let members = |row: &PolicyRow| -> BTreeSet<&Name> {
        let groups = row.groups.iter().map(|cell| &cell.value).filter(|group| !both.contains(group));
        groups.flat_map(|group| facts.members_of(group)).map(|user| &user.name.value).collect()
    };
    let (reading, doing) = (members(row), members(twin));
    let users: Vec<&Name> = reading.intersection(&doing).copied().collect();
    let message = format!(
        "{} may do everything by `{}` of another group, so `{}` restricts nothing",
        some(users.iter().copied()),
        twin.name.value,
        row.name.value
    );
    let finding = Diagnostic::info("V07", &row.name.span, message).on(&row.name.value);
    (!users.is_empty()).then(|| finding.help("if reading only is meant for them, take them out of the other group"))
}

/// The name of the policy that does everything where this one only reads, as AWS names such pairs.
pub(super) fn full_twin(name: &Name) -> Option<Name> {
    const READS: &str = "readonly";
    let at = name.as_str().to_ascii_lowercase().find(READS)?;
    let (before, rest) = name.as_str().split_at_checked(at)?;
    Some(Name::new(format!("{before}Full{}", rest.get(READS.len()..)?)))
}

/// V09: the same allow reaches a user through several groups, so taking the user out of one of them takes nothing away.
/// Guards are meant to.
pub(super) fn reached_twice(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    for row in facts.matrix.policies.iter().filter(|row| row.groups.len() > 1 || facts.in_baseline(&row.name.value)) {
        if facts.document(&row.name.value).is_some_and(Document::is_guard) {
            continue;
        }
        let from_baseline = usize::from(facts.in_baseline(&row.name.value));
        // By place, which tells users apart sooner than names do.
        let mut times: BTreeMap<usize, (usize, &Name)> = BTreeMap::new();
        for user in row.groups.iter().flat_map(|cell| facts.members_of(&cell.value)) {
            times.entry(user.name.span.start).or_insert((from_baseline, &user.name.value)).0 += 1;
        }
        let mut several: Vec<&Name> =
            times.into_values().filter(|(times, _)| *times > 1).map(|(_, user)| user).collect();
        if several.is_empty() {
            continue;
        }
        several.sort_unstable();
        let message = format!("{} hold `{}` through more than one group", some(several), row.name.value);
        found.push(Diagnostic::info("V09", &row.name.span, message).on(&row.name.value).help(
            "who leaves one of the groups keeps it; move it to one group, or to the baseline, if that is not meant",
        ));
    }
}
