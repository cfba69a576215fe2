//! The story of a plan: an account that is right, one mistake made by hand, and the lines that mend it.

use super::text;
use crate::live::Live;
use crate::matrix::Checked;
use crate::name::{Arn, Name};
use crate::policy::LiveDocument;
use crate::testing::{ALLOW, ByHand as _, GUARD, aws, checked, empty_account, model, ours, plan};

const MATRIX: &str = "
version: 1
groups: { Dev: {}, View: {} }
baseline: [Mfa]
users:
  ann: { groups: [Dev] }
  bob: { groups: [View] }
  cid: { groups: [] }
policies:
  AmazonS3FullAccess: [Dev]
  ReadOnlyAccess: [View]
  Guard: [Dev, View]
documents: policies/
passwordPolicy: { minimumLength: 14 }
";

fn config(operator: &str) -> Checked {
    checked(MATRIX, &[("Mfa", GUARD), ("Guard", GUARD)], operator)
}

/// The account once the matrix has been applied to one that holds only the three users.
fn converged() -> Live {
    let mut live = empty_account();
    live.user("ann").user("bob").user("cid");
    let plan = plan(&config(""), &live);
    plan.changes.iter().for_each(|change| model::apply(&mut live, &change.action).unwrap());
    live
}

/// The lines of the plan that mends `live`.
fn lines(config: &Checked, live: &Live) -> String {
    text(&plan(config, live))
}

/// The lines of the plan after one mistake on a converged account.
fn after(mistake: impl FnOnce(&mut Live)) -> String {
    let mut live = converged();
    mistake(&mut live);
    model::recount(&mut live);
    lines(&config(""), &live)
}

fn join(live: &mut Live, user: &str, group: &str) {
    live.groups.get_mut(&Name::from(group)).unwrap().members.insert(user.into());
    live.users.get_mut(&Name::from(user)).unwrap().groups.insert(group.into());
}

fn leave(live: &mut Live, user: &str, group: &str) {
    live.groups.get_mut(&Name::from(group)).unwrap().members.remove(&Name::from(user));
    live.users.get_mut(&Name::from(user)).unwrap().groups.remove(&Name::from(group));
}

fn group<'l>(live: &'l mut Live, name: &str) -> &'l mut crate::live::LiveGroup {
    live.groups.get_mut(&Name::from(name)).unwrap()
}

#[test]
fn a_fresh_account_gets_documents_then_guards_then_allows_then_members() {
    let mut live = empty_account();
    live.user("ann").user("bob").user("cid");
    insta::assert_snapshot!(lines(&config(""), &live), @r"
      + create document Guard             # no such policy in the account
      + create document Mfa               # no such policy in the account
      + create group Baseline             # it carries the baseline
      + create group Dev                  # it is a column of the matrix
      + create group View                 # it is a column of the matrix
      + attach Mfa to Baseline            # guard of Baseline
      + attach Guard to Dev               # guard of Dev
      + attach Guard to View              # guard of View
      + add ann to Baseline               # every user of the matrix has the baseline
      + add bob to Baseline               # every user of the matrix has the baseline
      + add cid to Baseline               # every user of the matrix has the baseline
      + attach AmazonS3FullAccess to Dev  # row of the matrix for Dev
      + attach ReadOnlyAccess to View     # row of the matrix for View
      + add ann to Dev                    # row of the matrix for Dev
      + add bob to View                   # row of the matrix for View
      ~ set the password policy           # the account has none
          minimumLength: 14
          requireUppercase: false
          requireLowercase: false
          requireNumbers: false
          requireSymbols: false
          allowUsersToChangePassword: false
          maxAgeDays: none
          reusePrevention: none
          hardExpiry: false

    account 123456789012 under /foundation/: 16 calls to make: 15 to add, 1 to change, 0 to remove.
    ");
}

#[test]
fn an_account_that_is_right_needs_nothing() {
    insta::assert_snapshot!(after(|_| ()), @"account 123456789012 under /foundation/ is equal to the matrix.");
}

#[test]
fn a_stranger_is_taken_out() {
    insta::assert_snapshot!(after(|live| join(live, "bob", "Dev")), @r"
      - remove bob from Dev  # no row of the matrix puts this user into Dev

    account 123456789012 under /foundation/: 1 call to make: 0 to add, 0 to change, 1 to remove.
    ");
}

#[test]
fn a_member_who_was_taken_out_comes_back() {
    insta::assert_snapshot!(after(|live| leave(live, "ann", "Dev")), @r"
      + add ann to Dev  # row of the matrix for Dev

    account 123456789012 under /foundation/: 1 call to make: 1 to add, 0 to change, 0 to remove.
    ");
}

#[test]
fn a_guard_that_was_taken_off_is_put_back_and_an_extra_policy_taken_off() {
    let story = after(|live| {
        group(live, "Dev").attached.remove(&Arn::new(ours("Guard")));
        group(live, "Dev").attached.insert(Arn::new(aws("PowerUserAccess")));
    });
    insta::assert_snapshot!(story, @r"
      + attach Guard to Dev              # guard of Dev
      - detach PowerUserAccess from Dev  # no row of the matrix gives it to Dev

    account 123456789012 under /foundation/: 2 calls to make: 1 to add, 0 to change, 1 to remove.
    ");
}

#[test]
fn inline_policies_go_and_those_that_deny_go_last() {
    let story = after(|live| {
        group(live, "View").inline.insert("Denies".into(), LiveDocument::read(GUARD));
        group(live, "View").inline.insert("Allows".into(), LiveDocument::read(ALLOW));
    });
    insta::assert_snapshot!(story, @r"
      - delete inline policy Allows of View  # the matrix knows no inline policies
      - delete inline policy Denies of View  # the matrix knows no inline policies

    account 123456789012 under /foundation/: 2 calls to make: 0 to add, 0 to change, 2 to remove.
    ");
}

#[test]
fn a_changed_text_is_put_right_and_the_oldest_version_makes_room() {
    let story = after(|live| _ = live.document("/foundation/", "Guard", ALLOW, 5));
    insta::assert_snapshot!(story, @r#"
      - delete version v1 of Guard  # makes room: IAM keeps 5 versions
      ~ update document Guard       # its text differs; the new one only takes access away
          @@ -2,4 +2,4 @@
             "Statement": {
          -    "Action": "s3:GetObject",
          -    "Effect": "Allow",
          +    "Action": "datapipeline:*",
          +    "Effect": "Deny",
               "Resource": "*"

    account 123456789012 under /foundation/: 2 calls to make: 0 to add, 1 to change, 1 to remove.
    "#);
}

#[test]
fn a_guard_that_was_weakened_is_restored_before_anything_is_granted() {
    let story = after(|live| {
        let weaker = GUARD.replace("datapipeline:*", "datapipeline:Delete*");
        live.document("/foundation/", "Guard", &weaker, 1);
        leave(live, "ann", "Dev");
    });
    insta::assert_snapshot!(story, @r#"
      ~ update document Guard  # its text differs; the new one only takes access away
          @@ -2,3 +2,3 @@
             "Statement": {
          -    "Action": "datapipeline:Delete*",
          +    "Action": "datapipeline:*",
               "Effect": "Deny",
      + add ann to Dev         # row of the matrix for Dev

    account 123456789012 under /foundation/: 2 calls to make: 1 to add, 1 to change, 0 to remove.
    "#);
}

#[test]
fn a_cosmetic_difference_of_a_text_is_no_change() {
    let story = after(|live| {
        let cosmetic = r#"{"Statement":[{"Sid":"Other","Resource":["*"],"Action":["DATAPIPELINE:*"],"Effect":"Deny"}],"Version":"2012-10-17"}"#;
        live.document("/foundation/", "Guard", cosmetic, 3);
    });
    insta::assert_snapshot!(story, @"account 123456789012 under /foundation/ is equal to the matrix.");
}

#[test]
fn an_undeclared_group_loses_its_members_and_stays_unless_pruning_is_on() {
    let mut live = converged();
    live.group("/foundation/", "Interns", &[&aws("ReadOnlyAccess"), &ours("Guard")], &["bob"]);
    insta::assert_snapshot!(lines(&config(""), &live), @r"
      - remove bob from Interns  # the matrix declares no such group

    Worth knowing, nothing is done about it:
      i group Interns is not declared; it stays, without members (prune is off)

    account 123456789012 under /foundation/: 1 call to make: 0 to add, 0 to change, 1 to remove.
    ");
    insta::assert_snapshot!(lines(&config("prune: true"), &live), @r"
      - remove bob from Interns             # the matrix declares no such group
      - detach ReadOnlyAccess from Interns  # its group is not declared
      - detach Guard from Interns           # its group is not declared
      - delete group Interns                # the matrix declares no such group

    account 123456789012 under /foundation/: 4 calls to make: 0 to add, 0 to change, 4 to remove.
    ");
}

#[test]
fn an_undeclared_document_stays_unless_pruning_is_on_and_always_while_it_is_in_use() {
    let mut live = converged();
    live.document("/foundation/", "Unused", ALLOW, 2).document("/foundation/", "Used", ALLOW, 1);
    live.users.get_mut(&Name::from("bob")).unwrap().attached.insert(Arn::new(ours("Used")));
    model::recount(&mut live);
    insta::assert_snapshot!(lines(&config("prune: true"), &live), @r"
      - delete version v1 of Unused  # the matrix has no such document
      - delete document Unused       # the matrix has no such document

    Worth knowing, nothing is done about it:
      i document Used is not declared; it stays, because it is in use: user bob

    Past the matrix: users who carry a policy without a group. It is not taken off for you:
      i bob has Used, attached to the user
          give the user a group that carries it, then `aws iam detach-user-policy --user-name bob --policy-arn arn:aws:iam::123456789012:policy/foundation/Used`

    account 123456789012 under /foundation/: 2 calls to make: 0 to add, 0 to change, 2 to remove.
    ");
}

#[test]
fn what_lies_outside_the_path_is_left_alone() {
    let story = after(|live| {
        live.group("/teams/", "Finance", &[&aws("AdministratorAccess")], &["ann", "bob"]);
        live.document("/teams/", "TheirPolicy", ALLOW, 2);
    });
    insta::assert_snapshot!(story, @"account 123456789012 under /foundation/ is equal to the matrix.");
}

#[test]
fn a_name_in_use_outside_the_path_blocks_its_rows_only() {
    let mut live = empty_account();
    live.user("ann").user("bob").user("cid");
    live.group("/teams/", "dev", &[], &[]).document("/", "Guard", GUARD, 1);
    insta::assert_snapshot!(lines(&config(""), &live), @r"
      + create document Mfa      # no such policy in the account
      + create group Baseline    # it carries the baseline
      + attach Mfa to Baseline   # guard of Baseline
      + add ann to Baseline      # every user of the matrix has the baseline
      + add bob to Baseline      # every user of the matrix has the baseline
      + add cid to Baseline      # every user of the matrix has the baseline
      ~ set the password policy  # the account has none
          minimumLength: 14
          requireUppercase: false
          requireLowercase: false
          requireNumbers: false
          requireSymbols: false
          allowUsersToChangePassword: false
          maxAgeDays: none
          reusePrevention: none
          hardExpiry: false

    Rows that cannot be realised in this account:
      ! matrix.yaml:12:3: policy `Guard` exists outside /foundation/, as arn:aws:iam::123456789012:policy/Guard; policy names are unique in an account
          give our document another name and change its row; once the new one is attached, detach the old one
      ! matrix.yaml:3:11: group `dev` exists outside /foundation/, under /teams/; group names are unique in an account
          to bring it in, with its members and policies: aws iam update-group --group-name dev --new-path /foundation/
      ! matrix.yaml:3:20: group `View` grants nothing new while its guard `Guard` cannot be attached
          mend the guard's row first

    account 123456789012 under /foundation/: 7 calls to make: 6 to add, 1 to change, 0 to remove; 3 rows cannot be realised.
    ");
}

#[test]
fn a_missing_user_blocks_one_row_or_is_created_where_the_platform_team_allows_it() {
    let mut live = converged();
    leave(&mut live, "cid", "Baseline");
    live.users.remove(&Name::from("cid"));
    insta::assert_snapshot!(lines(&config(""), &live), @r"
    Rows that cannot be realised in this account:
      ! matrix.yaml:8:3: there is no IAM user `cid`
          create the user, correct the name, or let the operator create it: `users: { create: true }` in operator.yaml

    account 123456789012 under /foundation/ needs no change that can be made; 1 row cannot be realised.
    ");
    insta::assert_snapshot!(lines(&config("users: { create: true }"), &live), @r"
      + create user cid      # no such user in the account
      + add cid to Baseline  # every user of the matrix has the baseline

    account 123456789012 under /foundation/: 2 calls to make: 2 to add, 0 to change, 0 to remove.
    ");
}

#[test]
fn whoever_lost_their_row_leaves_but_keeps_the_baseline_while_other_access_remains() {
    let mut live = converged();
    live.user("eve").user("fay");
    for user in ["eve", "fay"] {
        join(&mut live, user, "Dev");
        join(&mut live, user, "Baseline");
    }
    live.users.get_mut(&Name::from("eve")).unwrap().attached.insert(Arn::new(aws("ReadOnlyAccess")));
    insta::assert_snapshot!(lines(&config(""), &live), @r"
      - remove eve from Dev       # no row of the matrix puts this user into Dev
      - remove fay from Dev       # no row of the matrix puts this user into Dev
      - remove fay from Baseline  # no row of the matrix puts this user into Baseline

    Worth knowing, nothing is done about it:
      i user eve has no row and stays in the baseline, because access remains through policy ReadOnlyAccess

    Past the matrix: users who carry a policy without a group. It is not taken off for you:
      i eve has ReadOnlyAccess, attached to the user
          give the user a group that carries it, then `aws iam detach-user-policy --user-name eve --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess`

    account 123456789012 under /foundation/: 3 calls to make: 0 to add, 0 to change, 3 to remove.
    ");
}

#[test]
fn a_renamed_group_keeps_its_members_and_policies() {
    let renamed = MATRIX
        .replace("Dev: {}", "Build: { renamedFrom: Dev }")
        .replace("[Dev]", "[Build]")
        .replace("[Dev,", "[Build,");
    let config = checked(&renamed, &[("Mfa", GUARD), ("Guard", GUARD)], "");
    insta::assert_snapshot!(lines(&config, &converged()), @r"
      ~ rename group Dev to Build  # renamedFrom in the matrix

    account 123456789012 under /foundation/: 1 call to make: 0 to add, 1 to change, 0 to remove.
    ");
}

#[test]
fn a_case_only_difference_is_no_change_and_calls_use_the_spelling_of_aws() {
    let shouting = MATRIX.replace("Dev", "DEV").replace("ann:", "Ann:");
    let config = checked(&shouting, &[("Mfa", GUARD), ("Guard", GUARD)], "");
    let mut live = converged();
    insta::assert_snapshot!(lines(&config, &live), @"account 123456789012 under /foundation/ is equal to the matrix.");
    leave(&mut live, "ann", "Dev");
    insta::assert_snapshot!(lines(&config, &live), @r"
      + add ann to Dev  # row of the matrix for DEV

    account 123456789012 under /foundation/: 1 call to make: 1 to add, 0 to change, 0 to remove.
    ");
}

#[test]
fn the_password_policy_is_replaced_as_a_whole() {
    let story = after(|live| live.password_policy.as_mut().unwrap().minimum_length = 8);
    insta::assert_snapshot!(story, @r"
      ~ set the password policy  # fields differ
          minimumLength: 8 → 14

    account 123456789012 under /foundation/: 1 call to make: 0 to add, 1 to change, 0 to remove.
    ");
}

#[test]
fn protected_names_are_left_alone_and_reported() {
    let config = config("protect: { users: [bob], policies: [PowerUser*] }");
    let mut live = converged();
    join(&mut live, "bob", "Dev");
    leave(&mut live, "bob", "Baseline");
    group(&mut live, "Dev").attached.insert(Arn::new(aws("PowerUserAccess")));
    insta::assert_snapshot!(lines(&config, &live), @r"
    Rows that cannot be realised in this account:
      ! matrix.yaml:7:3: user `bob` is protected in operator.yaml, so memberships are not changed
          remove the row, or ask the platform team to lift the protection

    Not wanted, and protected, so left as it is:
      ! policy PowerUserAccess is attached to Dev, and no row says so
      ! user bob is a member of Dev, which no row of the matrix says

    account 123456789012 under /foundation/ needs no change that can be made; 1 row cannot be realised.
    ");
}

/// Ten policies a group: a new guard on a full group moves one allow to a new part before the guard goes on.
#[test]
fn a_guard_on_a_full_group_moves_one_allow_and_never_leaves_it_unguarded() {
    let names = [
        "AmazonS3FullAccess",
        "AmazonEC2FullAccess",
        "AmazonSQSFullAccess",
        "AmazonSNSFullAccess",
        "AmazonVPCFullAccess",
    ];
    let names = names.into_iter().chain([
        "AmazonRDSFullAccess",
        "AWSLambda_FullAccess",
        "AmazonMQFullAccess",
        "AmazonEC2ReadOnlyAccess",
    ]);
    let rows: String = names.clone().map(|name| format!("  {name}: [Dev]\n")).collect::<Vec<_>>().concat();
    let matrix = format!(
        "version: 1\ngroups: {{ Dev: {{}} }}\nusers: {{ ann: {{ groups: [Dev] }} }}\npolicies:\n{rows}  Old: [Dev]\n  New: [Dev]\ndocuments: policies/\n"
    );
    let config = checked(&matrix, &[("Old", GUARD), ("New", GUARD)], "");
    let mut live = empty_account();
    live.user("ann").document("/foundation/", "Old", GUARD, 1).document("/foundation/", "New", GUARD, 1);
    let attached: Vec<String> = names.map(aws).chain([ours("Old")]).collect();
    let attached: Vec<&str> = attached.iter().map(String::as_str).collect();
    live.group("/foundation/", "Dev", &attached, &["ann"]);
    insta::assert_snapshot!(lines(&config, &live), @r"
      + create group Dev-2                   # Dev needs another part: IAM allows 10 policies a group
      + attach New to Dev-2                  # guard of Dev
      + attach Old to Dev-2                  # guard of Dev
      + attach AmazonVPCFullAccess to Dev-2  # row of the matrix for Dev
      + add ann to Dev-2                     # row of the matrix for Dev
      - detach AmazonVPCFullAccess from Dev  # its place is on Dev-2
      + attach New to Dev                    # guard of Dev

    account 123456789012 under /foundation/: 7 calls to make: 6 to add, 0 to change, 1 to remove.
    ");
}

/// A user in ten groups leaves one that is not wanted before entering another.
#[test]
fn a_user_in_ten_groups_leaves_one_before_entering_another() {
    let mut live = converged();
    leave(&mut live, "ann", "Dev");
    live.group("/foundation/", "Old", &[], &["ann"]);
    for number in 1..=8 {
        live.group("/teams/", &format!("Team{number}"), &[], &["ann"]);
    }
    insta::assert_snapshot!(lines(&config(""), &live), @r"
      - remove ann from Old  # the matrix declares no such group
      + add ann to Dev       # row of the matrix for Dev

    Worth knowing, nothing is done about it:
      i group Old is not declared; it stays, without members (prune is off)

    account 123456789012 under /foundation/: 2 calls to make: 1 to add, 0 to change, 1 to remove.
    ");
    live.group("/teams/", "Team9", &[], &["bob"]);
    leave(&mut live, "ann", "Old");
    join(&mut live, "ann", "Team9");
    insta::assert_snapshot!(lines(&config(""), &live), @r"
    Rows that cannot be realised in this account:
      ! matrix.yaml:6:3: user `ann` would be in 11 groups and IAM allows 10: 2 of the matrix, 9 that are not ours (Team1, Team2, Team3, Team4, Team5, Team6, Team7, Team8, Team9)
          take the user out of a group; until it fits, this row stands still, and so do new grants of its groups if the baseline does not reach the user

    Worth knowing, nothing is done about it:
      i group Old is not declared; it stays, without members (prune is off)

    account 123456789012 under /foundation/ needs no change that can be made; 1 row cannot be realised.
    ");
}
