//! Random matrices and random accounts for property tests. Names come from small pools, so that both meet often;
//! quotas are small, so that everything is soon full.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{ALLOW, ByHand as _, GUARD, aws, checked, empty_account, ours};
use crate::live::Live;
use crate::matrix::Checked;
use crate::name::{Arn, Name};
use crate::policy::LiveDocument;

const GROUPS: [&str; 4] = ["Admin", "Dev", "Ops", "View"];
const USERS: [&str; 6] = ["ann", "bob", "cid", "dot", "eve", "fay"];
const ALLOWS: [&str; 6] = [
    "AdministratorAccess",
    "AmazonS3FullAccess",
    "AmazonEC2FullAccess",
    "ReadOnlyAccess",
    "AmazonSQSFullAccess",
    "AmazonSNSFullAccess",
];
const GUARDS: [&str; 3] = ["GuardOne", "GuardTwo", "GuardThree"];
const OWN_ALLOW: &str = "OwnAllow";
/// Denies less than [`GUARD`] does: what somebody may have made of a guard by hand.
const WEAKENED: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"datapipeline:Delete*","Resource":"*"},{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}"#;

/// A matrix and an account that never met.
pub struct Case {
    /// The configuration.
    pub checked: Checked,
    /// Its text, for the report of a failure.
    pub text: String,
    /// The account.
    pub live: Live,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}\n{}", self.text, self.live.told())
    }
}

/// Random configurations with random accounts.
pub fn case() -> impl Strategy<Value = Case> {
    (matrix(), account(), any::<(bool, bool)>(), protect()).prop_map(|(text, live, (prune, create), protect)| {
        let operator = format!("prune: {prune}\nusers: {{ create: {create} }}\nprotect: {protect}");
        let documents: Vec<(&str, &str)> =
            GUARDS.iter().map(|name| (*name, GUARD)).chain([(OWN_ALLOW, ALLOW)]).collect();
        Case { checked: checked(&text, &documents, &operator), text: format!("{text}{operator}"), live }
    })
}

fn protect() -> impl Strategy<Value = String> {
    let none = Just("{}".to_owned());
    let some = (
        select(USERS.to_vec()),
        select(vec!["Ops", "Stray", "Dev-2"]),
        select(vec!["GuardThree", "AmazonSNSFullAccess"]),
    )
        .prop_map(|(user, group, policy)| format!("{{ users: [{user}], groups: [{group}], policies: [{policy}] }}"));
    prop_oneof![4 => none, 1 => some]
}

fn matrix() -> impl Strategy<Value = String> {
    let groups = subsequence(GROUPS.to_vec(), 1..=4);
    groups
        .prop_flat_map(|groups| {
            let cells = subsequence(groups.clone(), 0..=groups.len());
            let row = || subsequence(groups.clone(), 0..=groups.len());
            let users = vec((row(), any::<bool>()), USERS.len());
            let allows = vec(row(), ALLOWS.len() + 1);
            let guards = vec(cells, GUARDS.len());
            let baseline = subsequence(vec!["GuardOne", "GuardTwo", "ReadOnlyAccess"], 0..=2);
            (Just(groups), users, allows, guards, baseline, any::<bool>())
        })
        .prop_map(|(groups, users, allows, guards, baseline, rename)| {
            let mut text = "version: 1\ngroups:\n".to_owned();
            for group in &groups {
                let settings = if rename && *group == "Admin" { "{ renamedFrom: OldAdmin }" } else { "{}" };
                let _ = writeln!(text, "  {group}: {settings}");
            }
            let _ = writeln!(text, "baseline: [{}]\nusers:", baseline.join(", "));
            let mut any = false;
            for (user, (row, present)) in USERS.iter().zip(users) {
                if present || !any {
                    any = true;
                    let _ = writeln!(text, "  {user}: {{ groups: [{}] }}", row.join(", "));
                }
            }
            text += "policies:\n";
            for (policy, row) in ALLOWS.iter().chain([&OWN_ALLOW]).zip(allows).chain(GUARDS.iter().zip(guards)) {
                let _ = writeln!(text, "  {policy}: [{}]", row.join(", "));
            }
            text + "documents: policies/\npasswordPolicy: { minimumLength: 14 }\n"
        })
}

/// What may lie under the path or outside it already.
fn account() -> impl Strategy<Value = Live> {
    let names = vec![
        "Admin",
        "Dev",
        "Dev-2",
        "Dev-3",
        "Ops",
        "View",
        "View-2",
        "Baseline",
        "Baseline-2",
        "OldAdmin",
        "Stray",
        "Finance",
    ];
    let policies: Vec<String> = ALLOWS
        .iter()
        .map(|name| aws(name))
        .chain(GUARDS.iter().chain([&OWN_ALLOW, &"Stranger"]).map(|name| ours(name)))
        .collect();
    let group = (btree_set(select(policies), 0..=4), btree_set(select(USERS.to_vec()), 0..=4), any::<u8>());
    let groups = proptest::collection::btree_map(select(names), group, 0..=7);
    let documents = vec(0..4u8, GUARDS.len() + 2);
    (groups, documents, subsequence(USERS.to_vec(), 3..=6), 1..=5u64, vec(any::<u8>(), USERS.len())).prop_map(
        |(groups, documents, users, versions, extras)| {
            let mut live = empty_account();
            (live.quotas.policies_per_group, live.quotas.groups_per_user) = (5, 7);
            for user in &users {
                live.user(user);
            }
            for (name, kind) in GUARDS.iter().chain([&OWN_ALLOW, &"Stranger"]).zip(documents) {
                let text = if *name == OWN_ALLOW { ALLOW } else { GUARD };
                match kind {
                    0 => _ = live.document("/foundation/", name, text, versions),
                    1 => _ = live.document("/foundation/", name, WEAKENED, versions),
                    2 if *name == "GuardThree" => _ = live.document("/elsewhere/", name, text, 1),
                    _ => {}
                }
            }
            for (name, (attached, members, extra)) in groups {
                put_group(&mut live, name, &attached, &members, extra);
            }
            direct_grants(&mut live, &extras);
            super::model::recount(&mut live);
            live
        },
    )
}

fn put_group(live: &mut Live, name: &str, attached: &BTreeSet<String>, members: &BTreeSet<&str>, extra: u8) {
    let path = if name == "Finance" || extra.is_multiple_of(31) { "/teams/" } else { "/foundation/" };
    let exists = |arn: &&str| arn.contains("::aws:") || live.policy(&Arn::new((*arn).to_owned())).is_some();
    let attached: Vec<&str> = attached.iter().map(String::as_str).filter(exists).collect();
    let room = |user: &&str| {
        live.users.get(&Name::from(*user)).is_some_and(|user| user.groups.len() < live.quotas.groups_per_user)
    };
    let members: Vec<&str> = members.iter().copied().filter(room).collect();
    live.group(path, name, &attached, &members);
    if let Some(group) = live.groups.get_mut(&Name::from(name)) {
        if extra & 1 == 1 {
            group.inline.insert("ByHand".to_owned(), LiveDocument::read(ALLOW));
        }
        if extra & 6 == 6 {
            group.inline.insert("Denies".to_owned(), LiveDocument::read(GUARD));
        }
    }
}

fn direct_grants(live: &mut Live, extras: &[u8]) {
    for (user, extra) in live.users.values_mut().zip(extras) {
        if extra & 7 == 7 {
            user.attached.insert(Arn::new(aws("ReadOnlyAccess")));
        }
        if extra & 0x18 == 0x18 && live.policies.contains_key(&Name::from("Stranger")) {
            user.attached.insert(Arn::new(ours("Stranger")));
        }
    }
}
