//! The story of a grid: an account that is right, one thing done by hand, and the cells that say so.

use std::collections::BTreeSet;

use super::{Grid, Holding, Mark, Row, State};
use crate::live::Live;
use crate::matrix::Checked;
use crate::name::{Arn, Name};
use crate::policy::LiveDocument;
use crate::testing::{ALLOW, ByHand as _, GUARD, aws, checked, empty_account, model, ours, plan};
use crate::withheld::Withheld;

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
";

fn config(operator: &str) -> Checked {
    checked(MATRIX, &[("Mfa", GUARD), ("Guard", GUARD)], operator)
}

fn converged(config: &Checked) -> Live {
    let mut live = empty_account();
    live.user("ann").user("bob").user("cid").user("eve");
    plan(config, &live).changes.iter().for_each(|change| model::apply(&mut live, &change.action).unwrap());
    live
}

fn grid(config: &Checked, live: &Live) -> Grid {
    let plan = plan(config, live);
    Grid::of(config, live, (&plan, &Withheld::of(&plan, live, config.operator(), &BTreeSet::new())))
}

/// The grid of an account in which something was done by hand, a line a row and column that is not in sync.
fn after(operator: &str, by_hand: impl FnOnce(&mut Live)) -> String {
    let config = config(operator);
    let mut live = converged(&self::config(""));
    by_hand(&mut live);
    model::recount(&mut live);
    drift(&grid(&config, &live), Holding::Nothing)
}

/// What is not in sync, be it on purpose: columns, then rows with their cells.
fn drift(grid: &Grid, holding: Holding) -> String {
    let mut lines = Vec::new();
    for column in grid.columns.iter().filter(|column| column.mark != Mark::IN_SYNC) {
        lines.push(format!("group {}: {}", column.name, told(column.mark, holding)));
    }
    let left = |row: &Row| {
        let cells = row.cells.iter().map(|cell| cell.mark);
        std::iter::once(row.mark).chain(cells).any(|mark| mark.found == State::Left)
    };
    for row in grid.users.iter().chain(&grid.policies).filter(|row| row.has_drift() || left(row)) {
        lines.push(format!("{}: {}", row.name, cells(grid, row, holding)));
    }
    lines.join("\n")
}

fn cells(grid: &Grid, row: &Row, holding: Holding) -> String {
    let name = |column: u32| grid.columns[column as usize].name.as_str();
    let cells = row.cells.iter().map(|cell| format!("{} {}", name(cell.column), told(cell.mark, holding)));
    std::iter::once(format!("itself {}", told(row.mark, holding))).chain(cells).collect::<Vec<_>>().join(", ")
}

fn told(mark: Mark, holding: Holding) -> String {
    let partly = if mark.partly { " in part" } else { "" };
    format!("{}{partly}", mark.state(holding).as_str())
}

fn group<'l>(live: &'l mut Live, name: &str) -> &'l mut crate::live::LiveGroup {
    live.groups.get_mut(&Name::from(name)).unwrap()
}

fn join(live: &mut Live, user: &str, name: &str) {
    group(live, name).members.insert(user.into());
    live.users.get_mut(&Name::from(user)).unwrap().groups.insert(name.into());
}

fn leave(live: &mut Live, user: &str, name: &str) {
    group(live, name).members.remove(&Name::from(user));
    live.users.get_mut(&Name::from(user)).unwrap().groups.remove(&Name::from(name));
}

#[test]
fn an_account_that_is_right_is_in_sync_cell_by_cell() {
    let config = config("");
    let grid = grid(&config, &converged(&config));
    assert_eq!(drift(&grid, Holding::Nothing), "");
    let columns: Vec<_> = grid.columns.iter().map(|column| (column.name.as_str(), column.parts)).collect();
    assert_eq!(columns, [("Dev", 1), ("View", 1), ("Baseline", 1)]);
    let rows: Vec<_> = grid.users.iter().map(|row| cells(&grid, row, Holding::Nothing)).collect();
    assert_eq!(
        rows,
        [
            "itself in sync, Dev in sync, Baseline in sync",
            "itself in sync, View in sync, Baseline in sync",
            "itself in sync, Baseline in sync"
        ],
        "whoever is in no group of ours and has no row is not there"
    );
    let policies: Vec<_> = grid.policies.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(policies, ["AmazonS3FullAccess", "ReadOnlyAccess", "Guard", "Mfa"]);
}

#[test]
fn a_fresh_account_lacks_all_but_the_users() {
    let mut live = empty_account();
    live.user("ann").user("bob");
    insta::assert_snapshot!(drift(&grid(&config(""), &live), Holding::Nothing), @r"
    group Dev: missing
    group View: missing
    group Baseline: missing
    ann: itself in sync, Dev missing, Baseline missing
    bob: itself in sync, View missing, Baseline missing
    cid: itself missing, Baseline missing
    AmazonS3FullAccess: itself in sync, Dev missing
    ReadOnlyAccess: itself in sync, View missing
    Guard: itself missing, Dev missing, View missing
    Mfa: itself missing, Baseline missing
    ");
}

#[test]
fn who_was_taken_out_is_missing_and_a_stranger_is_extra() {
    let by_hand = |live: &mut Live| {
        leave(live, "ann", "Dev");
        join(live, "bob", "Dev");
        join(live, "eve", "View");
    };
    insta::assert_snapshot!(after("", by_hand), @r"
    ann: itself in sync, Dev missing, Baseline in sync
    bob: itself in sync, Dev extra, View in sync, Baseline in sync
    eve: itself extra, View extra
    ");
}

#[test]
fn a_group_that_nobody_declared_is_a_column_of_its_own() {
    let by_hand = |live: &mut Live| {
        live.group("/foundation/", "Rogue", &[&aws("IAMFullAccess")], &["bob"]);
        live.group("/teams/", "Foreign", &[&aws("IAMFullAccess")], &["bob"]);
    };
    insta::assert_snapshot!(after("prune: true", by_hand), @r"
    group Rogue: extra
    bob: itself in sync, View in sync, Baseline in sync, Rogue extra
    IAMFullAccess: itself extra, Rogue extra
    ");
}

#[test]
fn what_hangs_on_a_group_by_hand_gets_a_row_be_it_inline() {
    let by_hand = |live: &mut Live| {
        group(live, "Dev").attached.insert(Arn::new(aws("IAMFullAccess")));
        group(live, "Dev").attached.remove(&Arn::new(ours("Guard")));
        group(live, "View").inline.insert("a<b".to_owned(), LiveDocument::read(ALLOW));
    };
    insta::assert_snapshot!(after("", by_hand), @r"
    Guard: itself in sync, Dev missing, View in sync
    IAMFullAccess: itself extra, Dev extra
    a<b: itself extra, View extra
    ");
}

#[test]
fn a_policy_of_a_customer_that_bears_the_name_of_awss_is_another_row() {
    let by_hand = |live: &mut Live| {
        live.document("/other/", "ReadOnlyAccess", ALLOW, 1);
        let view = group(live, "View");
        view.attached.remove(&Arn::new(aws("ReadOnlyAccess")));
        view.attached.insert(Arn::new("arn:aws:iam::123456789012:policy/other/ReadOnlyAccess"));
    };
    insta::assert_snapshot!(after("", by_hand), @r"
    ReadOnlyAccess: itself in sync, View missing
    ReadOnlyAccess: itself extra, View extra
    ");
}

#[test]
fn a_document_that_was_edited_differs_and_one_that_nobody_declared_is_extra() {
    let by_hand = |live: &mut Live| {
        live.document("/foundation/", "Mfa", ALLOW, 1);
        live.document("/foundation/", "Forgotten", ALLOW, 1);
    };
    insta::assert_snapshot!(after("prune: true", by_hand), @r"
    Mfa: itself differs, Baseline in sync
    Forgotten: itself extra
    ");
}

#[test]
fn what_the_plan_leaves_though_no_row_says_so_is_left_alone_and_no_drift() {
    let by_hand = |live: &mut Live| {
        live.group("/foundation/", "Rogue", &[&aws("IAMFullAccess"), &aws("ReadOnlyAccess")], &["bob"]);
        live.document("/foundation/", "Forgotten", ALLOW, 1);
    };
    insta::assert_snapshot!(after("", by_hand), @r"
    group Rogue: left alone
    bob: itself in sync, View in sync, Baseline in sync, Rogue extra
    ReadOnlyAccess: itself in sync, View in sync, Rogue left alone
    IAMFullAccess: itself left alone, Rogue left alone
    Forgotten: itself left alone
    ");
    let mut live = converged(&config(""));
    by_hand(&mut live);
    leave(&mut live, "bob", "Rogue");
    let grid = grid(&config(""), &live);
    assert!(!grid.users.iter().chain(&grid.policies).any(Row::has_drift));
    let marks = grid.marks().filter(|mark| mark.found != State::InSync).map(|mark| (mark.found, mark.planned));
    assert_eq!(marks.collect::<Vec<_>>(), [(State::Left, false); 5], "two cells, two rows, a column");
}

#[test]
fn the_user_that_iamatrix_runs_as_is_protected() {
    let by_hand = |live: &mut Live| {
        join(live, "eve", "View");
        live.own_user = Some("eve".into());
    };
    insta::assert_snapshot!(after("", by_hand), @"eve: itself protected, View protected");
}

#[test]
fn the_parts_of_a_declared_group_are_its_own() {
    let mut live = converged(&config(""));
    live.group("/foundation/", "Rogue-2", &[], &[]);
    let grid = grid(&config(""), &live);
    let is_part = |column: &str, group: &str| {
        let at = grid.columns.iter().position(|of| of.name.as_str() == column).unwrap();
        grid.is_part(at, &group.into())
    };
    assert!(is_part("Dev", "dev") && is_part("Dev", "Dev-12") && is_part("Baseline", "Baseline"));
    assert!(!is_part("Dev", "View") && !is_part("Dev", "Dev-x") && !is_part("Dev", "Dev-1"));
    assert!(is_part("Rogue-2", "Rogue-2") && !is_part("Rogue-2", "Rogue-2-2"));
}

#[test]
fn what_is_protected_is_told_and_left() {
    let by_hand = |live: &mut Live| {
        join(live, "bob", "Dev");
        leave(live, "cid", "Baseline");
        live.group("/foundation/", "Rogue", &[], &["bob"]);
        group(live, "View").attached.insert(Arn::new(aws("IAMFullAccess")));
    };
    let operator = "protect: { users: [bob, cid], groups: [Rogue], policies: [IAMFull*] }";
    insta::assert_snapshot!(after(operator, by_hand), @r"
    group Rogue: protected
    bob: itself protected, Dev protected, View in sync, Baseline in sync, Rogue protected
    cid: itself protected, Baseline protected
    IAMFullAccess: itself protected, View protected
    ");
}

#[test]
fn a_user_who_does_not_exist_is_missing_and_so_is_every_cell() {
    let by_hand = |live: &mut Live| {
        leave(live, "ann", "Dev");
        leave(live, "ann", "Baseline");
        live.users.remove(&Name::from("ann"));
    };
    insta::assert_snapshot!(after("", by_hand), @"ann: itself missing, Dev missing, Baseline missing");
}

/// More allows than a group carries, so that there are two parts.
fn in_parts() -> Checked {
    let names = [
        "AmazonS3FullAccess",
        "AmazonS3ReadOnlyAccess",
        "AmazonEC2FullAccess",
        "AmazonEC2ReadOnlyAccess",
        "AmazonRDSFullAccess",
        "AmazonRDSReadOnlyAccess",
        "AmazonSQSFullAccess",
        "AmazonSQSReadOnlyAccess",
        "AmazonSNSFullAccess",
        "AmazonSNSReadOnlyAccess",
        "CloudWatchReadOnlyAccess",
    ];
    let rows = names.map(|name| format!("  {name}: [Dev]\n")).concat();
    let matrix = format!(
        "version: 1\ngroups: {{ Dev: {{}} }}\nusers: {{ ann: {{ groups: [Dev] }} }}\npolicies:\n{rows}  Guard: [Dev]\ndocuments: policies/\n"
    );
    checked(&matrix, &[("Guard", GUARD)], "")
}

#[test]
fn a_cell_is_in_sync_only_if_every_part_of_the_group_agrees() {
    let config = in_parts();
    let mut live = converged(&config);
    assert_eq!(grid(&config, &live).columns[0].parts, 2);
    assert_eq!(drift(&grid(&config, &live), Holding::Nothing), "");
    leave(&mut live, "ann", "Dev-2");
    group(&mut live, "Dev-2").attached.remove(&Arn::new(ours("Guard")));
    group(&mut live, "Dev").attached.insert(Arn::new(aws("CloudWatchReadOnlyAccess")));
    insta::assert_snapshot!(drift(&grid(&config, &live), Holding::Nothing), @r"
    ann: itself in sync, Dev missing in part
    CloudWatchReadOnlyAccess: itself in sync, Dev extra in part
    Guard: itself in sync, Dev missing in part
    ");
}

#[test]
fn held_is_what_the_guard_keeps_from_being_done_and_nothing_else_does() {
    let mut live = converged(&config(""));
    leave(&mut live, "ann", "Dev");
    join(&mut live, "bob", "Dev");
    let states = |operator: &str, holding| {
        let grid = grid(&config(operator), &live);
        let (ann, bob) = (0, 1);
        [ann, bob].map(|user| grid.users[user].cell(0).unwrap().mark.state(holding))
    };
    assert_eq!(states("", Holding::Nothing), [State::Missing, State::Extra]);
    assert_eq!(states("", Holding::Plan), [State::Held, State::Held]);
    assert_eq!(states("groups: { Dev: additive }", Holding::Plan), [State::Held, State::Extra]);
    assert_eq!(states("groups: { Dev: observe }", Holding::Plan), [State::Missing, State::Extra]);
}

#[test]
fn a_group_that_is_renamed_keeps_its_cells() {
    let config = config("");
    let live = converged(&config);
    let matrix = MATRIX.replace("Dev: {}", "Make: { renamedFrom: Dev }").replace("[Dev", "[Make");
    let renamed = checked(&matrix, &[("Mfa", GUARD), ("Guard", GUARD)], "");
    assert_eq!(drift(&grid(&renamed, &live), Holding::Nothing), "group Make: differs");
}
