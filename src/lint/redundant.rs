//! Policies that add nothing to what else their holders have.
//!
//! Only what is certain is told: what is allowed without condition and on every resource covers what it names.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::matrix::PolicyRow;
use crate::name::Name;
use crate::nearest;
use crate::policy::{Cover, Document, Effect};

/// How many names a message spells out.
const SHOWN: usize = 3;

fn some<'n>(names: impl IntoIterator<Item = &'n Name>) -> String {
    let all: Vec<&str> = names.into_iter().map(Name::as_str).collect();
    let shown = nearest::quoted(&all.iter().take(SHOWN).collect::<Vec<_>>());
    if all.len() > SHOWN { format!("{shown} and {} more", all.len() - SHOWN) } else { shown }
}

/// M16: a guard whose every statement lies within a statement of another guard of the same people.
pub(super) fn subsumed_guard(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    for file in facts.matrix.documents.values().filter(|file| !facts.in_baseline(&file.name)) {
        let Some(guard) = file.document.as_ref().filter(|document| only_denies(document)) else { continue };
        let rows = facts.matrix.policies.iter().filter(|row| row.name.value == file.name);
        let groups: Vec<&Name> = rows.flat_map(|row| &row.groups).map(|cell| &cell.value).collect();
        let within = |other: &&&Located<Name>| {
            let document = facts.document(&other.value).filter(|_| other.value != file.name);
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
        let span = guard.written().next().map_or(&file.span, |written| written.place.statement());
        let message =
            format!("all that `{}` denies is denied by `{}` already, to the same people", file.name, by.value);
        found.push(
            Diagnostic::info("M16", span, message)
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
    for row in &facts.matrix.policies {
        let name = row.name.value.as_str();
        let Some(at) = name.to_ascii_lowercase().find("readonly") else { continue };
        let (before, after) =
            (name.get(..at).unwrap_or_default(), name.get(at + "readonly".len()..).unwrap_or_default());
        let full = Name::new(format!("{before}Full{after}"));
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

/// What a document allows without condition and on every resource.
struct Broad<'d> {
    only: Vec<&'d str>,
    all_but: Vec<&'d BTreeSet<String>>,
}

impl<'d> Broad<'d> {
    fn of(document: &'d Document) -> Self {
        let mut broad = Broad { only: Vec::new(), all_but: Vec::new() };
        let allows = document.statements().filter(|statement| {
            let everywhere = matches!(&statement.resources, Cover::Only(resources) if resources.contains("*"));
            statement.effect == Effect::Allow && statement.conditions.is_empty() && everywhere
        });
        for statement in allows {
            match &statement.actions {
                Cover::Only(patterns) => broad.only.extend(patterns.iter().map(String::as_str)),
                Cover::AllBut(patterns) => broad.all_but.push(patterns),
            }
        }
        broad
    }

    fn is_empty(&self) -> bool {
        self.only.is_empty() && self.all_but.is_empty()
    }

    fn allows(&self, pattern: &str) -> bool {
        use crate::policy::pattern::{covers, overlaps};
        self.only.iter().any(|own| covers(own, pattern))
            || self.all_but.iter().any(|excepted| !excepted.iter().any(|own| overlaps(own, pattern)))
    }
}

/// What the patterns of actions stand for, each expanded once.
type Expanded<'d> = BTreeMap<&'d str, Vec<String>>;

/// Whether the policy grants nothing that `broad` does not.
fn is_covered<'d>(facts: &'d Facts<'_>, policy: &'d Document, broad: &Broad<'_>, expanded: &mut Expanded<'d>) -> bool {
    policy.statements().all(|statement| match &statement.actions {
        Cover::Only(patterns) => patterns.iter().all(|pattern| {
            broad.allows(pattern) || {
                let expand =
                    || facts.known().catalogue.matching(pattern).map(|a| a.name.to_ascii_lowercase()).collect();
                let actions: &Vec<String> = expanded.entry(pattern).or_insert_with(expand);
                !actions.is_empty() && actions.iter().all(|action| broad.allows(action))
            }
        }),
        Cover::AllBut(_) => broad.allows("*"),
    })
}

/// V08: a policy all of whose actions another one of the same group allows without condition and on every resource.
pub(super) fn covered_by_another(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut broads: BTreeMap<&Name, Broad<'_>> = BTreeMap::new();
    for row in &facts.matrix.policies {
        let broad = facts.document(&row.name.value).map(Broad::of).filter(|broad| !broad.is_empty());
        broads.extend(broad.map(|broad| (&row.name.value, broad)));
    }
    let (mut expanded, mut known) = (Expanded::new(), BTreeMap::new());
    for row in &facts.matrix.policies {
        let name = &row.name.value;
        let Some(policy) = facts.document(name).filter(|document| !document.is_guard()) else { continue };
        let mut covered: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
        for group in row.groups.iter().map(|cell| &cell.value) {
            let others = facts.carried_by(group).iter().map(|other| &other.value).filter(|other| *other != name);
            let by = others.filter_map(|other| Some((other, broads.get(other)?))).find(|(other, broad)| {
                *known.entry((name, *other)).or_insert_with(|| is_covered(facts, policy, broad, &mut expanded))
            });
            if let Some((other, _)) = by {
                covered.entry(other).or_default().push(group);
            }
        }
        for (by, groups) in covered {
            let message = format!("`{name}` adds nothing to `{by}` in {}", some(groups));
            found.push(
                Diagnostic::info("V08", &row.name.span, message)
                    .on(name)
                    .help("take it off there, unless the other is to be narrowed soon"),
            );
        }
    }
}

/// V09: the same allow reaches a user through several groups, so taking the user out of one of them takes nothing away.
/// Guards are meant to.
pub(super) fn reached_twice(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    for row in facts.matrix.policies.iter().filter(|row| row.groups.len() > 1 || facts.in_baseline(&row.name.value)) {
        if facts.document(&row.name.value).is_some_and(Document::is_guard) {
            continue;
        }
        let from_baseline = usize::from(facts.in_baseline(&row.name.value));
        let mut times: BTreeMap<&Name, usize> = BTreeMap::new();
        for user in row.groups.iter().flat_map(|cell| facts.members_of(&cell.value)) {
            *times.entry(&user.name.value).or_insert(from_baseline) += 1;
        }
        let several: Vec<&Name> = times.into_iter().filter(|(_, times)| *times > 1).map(|(user, _)| user).collect();
        if several.is_empty() {
            continue;
        }
        let message = format!("{} hold `{}` through more than one group", some(several), row.name.value);
        found.push(Diagnostic::info("V09", &row.name.span, message).on(&row.name.value).help(
            "who leaves one of the groups keeps it; move it to one group, or to the baseline, if that is not meant",
        ));
    }
}
