//! What counts as a power, told by examples.

use super::*;
use crate::located::{Located, Span};

fn ceiling(entries: &[(&str, &[&str])]) -> Vec<Ceiling> {
    let at = Span::top("operator.yaml");
    let entry = |(power, groups): &(&str, &[&str])| Ceiling {
        power: Located::new((*power).to_owned(), at.clone()),
        groups: groups.iter().map(|group| Located::new(Name::from(*group), at.clone())).collect(),
    };
    entries.iter().map(entry).collect()
}

fn allow(actions: &str, resources: &str) -> Document {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}}}"#
    );
    Document::parse(&text).unwrap()
}

/// What a group gets beyond a ceiling on `power`, for Admin only.
fn beyond(power: &str, group: &str, policies: &[(&str, &Document)]) -> Vec<String> {
    let everything = allow(r#""*""#, r#""*""#);
    let judge = Judge::new(&ceiling(&[(power, &["Admin"])]), |name| {
        (*name == Name::from("AdministratorAccess")).then_some(&everything)
    });
    let names: Vec<Name> = policies.iter().map(|(name, _)| Name::from(*name)).collect();
    let carried: Vec<Carried<'_>> = names.iter().zip(policies).map(|(name, (_, it))| (name, Some(*it))).collect();
    judge.excesses(&group.into(), &carried).iter().map(ToString::to_string).collect()
}

#[test]
fn an_action_counts_on_whatever_resource_but_the_callers_own() {
    let table = [
        (r#""iam:AttachUserPolicy""#, r#""*""#, true),
        (r#""iam:Attach*""#, r#""arn:aws:iam::*:user/interns/*""#, true),
        (r#"["s3:*","iam:CreateAccessKey"]"#, r#"["arn:aws:iam::*:user/${aws:username}","*"]"#, true),
        (r#""iam:CreateAccessKey""#, r#""arn:aws:iam::*:user/${aws:username}""#, false),
        (r#""iam:FlyToTheMoon""#, r#""*""#, true),
        (r#"["iam:Get*","iam:List*"]"#, r#""*""#, false),
        (r#"["iam:PassRole","iam:CreateServiceLinkedRole"]"#, r#""*""#, false),
        (r#""iam:CreateVirtualMFADevice""#, r#""*""#, false),
        (r#""s3:*""#, r#""*""#, false),
    ];
    for (actions, resources, counts) in table {
        let document = allow(actions, resources);
        assert_eq!(!beyond("iam:*", "Staff", &[("Helper", &document)]).is_empty(), counts, "{actions} {resources}");
    }
}

#[test]
fn an_action_that_is_written_out_counts_as_such() {
    let document = allow(r#""iam:*""#, r#""*""#);
    for power in ["iam:PassRole", "iam:passrole", "iam:ListUsers"] {
        assert_eq!(beyond(power, "Staff", &[("Helper", &document)]).len(), 1, "{power}");
    }
}

#[test]
fn everything_but_a_little_is_no_way_around() {
    let text =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":["iam:GetUser","s3:*"],"Resource":"*"}}"#;
    let document = Document::parse(text).unwrap();
    for power in ["iam:*", "AdministratorAccess"] {
        assert_eq!(beyond(power, "Staff", &[("Helper", &document)]).len(), 1, "{power}");
    }
}

#[test]
fn a_policy_stands_for_what_it_allows_under_any_name_and_in_several_pieces() {
    let (all, one, two) = (
        allow(r#""*""#, r#""*""#),
        allow(r#""iam:CreatePolicyVersion""#, r#""*""#),
        allow(r#""iam:Detach*""#, r#""*""#),
    );
    let power = "AdministratorAccess";
    insta::assert_snapshot!(beyond(power, "Staff", &[("Helper", &all)]).join("\n"), @"Staff gets as much as AdministratorAccess by Helper; the ceiling grants `AdministratorAccess` to `Admin` only");
    insta::assert_snapshot!(beyond(power, "Staff", &[("One", &one), ("Two", &two)]).join("\n"), @"Staff gets administration, with others by Two; the ceiling grants `AdministratorAccess` to `Admin` only");
    assert_eq!(beyond(power, "Staff", &[("One", &one)]), Vec::<String>::new());
    assert_eq!(
        beyond(power, "Staff", &[("AdministratorAccess", &one)]).len(),
        1,
        "the policy itself, whatever it says"
    );
}

#[test]
fn whom_the_ceiling_names_may_have_it_in_every_part_of_the_group() {
    let all = allow(r#""*""#, r#""*""#);
    for group in ["Admin", "admin", "Admin-2"] {
        assert_eq!(beyond("iam:*", group, &[("Helper", &all)]), Vec::<String>::new(), "{group}");
    }
}
