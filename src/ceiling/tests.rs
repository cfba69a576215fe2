//! What counts as a power, told by examples.

use super::*;
use crate::catalog::documents;
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

fn carried<'a>(group: &'a Name, names: &'a [Name], policies: &[(&str, &'a Document)]) -> Vec<Carried<'a>> {
    let documents = policies.iter().map(|(_, document)| Some(*document));
    names.iter().zip(documents).map(|(policy, document)| Carried { group, policy, document }).collect()
}

/// What a group gets beyond a ceiling on `power`, for Admin only, where the baseline gives everybody these policies.
fn beside(baseline: &[(&str, &Document)], power: &str, group: &str, policies: &[(&str, &Document)]) -> Vec<String> {
    let judge = Judge::new(&ceiling(&[(power, &["Admin"])]), |name| shipped(name).map(Cow::Owned));
    let names_of =
        |policies: &[(&str, &Document)]| policies.iter().map(|(name, _)| Name::from(*name)).collect::<Vec<_>>();
    let (names, shared) = (names_of(policies), names_of(baseline));
    let (group, everybody) = (Name::from(group), Name::from("Baseline"));
    let excesses = judge.excesses(&carried(&group, &names, policies), &carried(&everybody, &shared, baseline));
    excesses.iter().map(ToString::to_string).collect()
}

fn shipped(name: &Name) -> Option<Document> {
    Some(Document::parse(&documents::shipped(name)?.text).unwrap())
}

fn beyond(power: &str, group: &str, policies: &[(&str, &Document)]) -> Vec<String> {
    beside(&[], power, group, policies)
}

#[test]
fn an_action_counts_on_whatever_resource_but_the_callers_own() {
    let table = [
        (r#""iam:AttachUserPolicy""#, r#""*""#, true),
        (r#""iam:Attach*""#, r#""arn:aws:iam::*:user/interns/*""#, true),
        (r#"["s3:*","iam:CreateAccessKey"]"#, r#"["arn:aws:iam::*:user/${aws:username}","*"]"#, true),
        (r#""iam:CreateAccessKey""#, r#""arn:aws:iam::*:user/${aws:username}""#, false),
        (r#""iam:PutUserPolicy""#, r#""arn:aws:iam::*:user/${aws:username}""#, true),
        (r#""iam:*""#, r#""arn:aws:iam::*:user/${aws:username}""#, true),
        (r#""*""#, r#""arn:aws:iam::*:*${aws:username}*""#, true),
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
    for little in [r#"["iam:GetUser","s3:*"]"#, r#""iam:DetachGroupPolicy""#, r#"["iam:Create*","iam:Detach*"]"#] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","NotAction":{little},"Resource":"*"}}}}"#
        );
        let document = Document::parse(&text).unwrap();
        for power in ["iam:*", "AdministratorAccess"] {
            assert_eq!(beyond(power, "Staff", &[("Helper", &document)]).len(), 1, "{power} {little}");
        }
    }
}

#[test]
fn what_leads_to_every_right_is_administration_under_any_name_and_condition() {
    let admin = "AdministratorAccess";
    let table = [
        (r#""*""#, r#""*""#),
        (r#""*""#, r#""arn:aws:iam::*:*${aws:username}*""#),
        (r#""iam:AttachUserPolicy""#, r#""*""#),
        (r#""iam:Put*""#, r#""arn:aws:iam::*:user/${aws:username}""#),
        (r#""iam:AddUserToGroup""#, r#""arn:aws:iam::*:group/Admin""#),
    ];
    for (actions, resources) in table {
        assert_eq!(beyond(admin, "Staff", &[("Helper", &allow(actions, resources))]).len(), 1, "{actions} {resources}");
    }
    let harmless = ["PowerUserAccess", "ReadOnlyAccess", "AWSBatchServiceRole", "AmazonEC2FullAccess", "SecurityAudit"];
    for name in harmless {
        assert_eq!(beyond(admin, "Staff", &[(name, &shipped(&name.into()).unwrap())]), Vec::<String>::new(), "{name}");
    }
    let one = allow(r#""iam:CreatePolicyVersion""#, r#""*""#);
    insta::assert_snapshot!(beyond(admin, "Staff", &[("Helper", &one)]).join("\n"), @"Staff gets administration (iam:CreatePolicyVersion) by Helper; the ceiling grants `AdministratorAccess` to `Admin` only");
    assert_eq!(
        beyond(admin, "Staff", &[(admin, &allow(r#""s3:*""#, r#""*""#))]).len(),
        1,
        "the policy itself, whatever it says"
    );
}

#[test]
fn what_a_group_has_only_together_counts_with_the_baseline_too() {
    let (boundary, assume) =
        (allow(r#""iam:DeleteRolePermissionsBoundary""#, r#""*""#), allow(r#""sts:AssumeRole""#, r#""*""#));
    let (admin, none) = ("AdministratorAccess", Vec::<String>::new());
    insta::assert_snapshot!(beyond(admin, "Staff", &[("One", &boundary), ("Two", &assume)]).join("\n"), @"Staff gets administration (iam:DeleteRolePermissionsBoundary and sts:AssumeRole), with others, by Two; the ceiling grants `AdministratorAccess` to `Admin` only");
    insta::assert_snapshot!(beside(&[("One", &boundary)], admin, "Staff", &[("Two", &assume)]).join("\n"), @"Staff gets administration (iam:DeleteRolePermissionsBoundary and sts:AssumeRole), with others, by Two; the ceiling grants `AdministratorAccess` to `Admin` only");
    assert_eq!(
        beside(&[("One", &boundary), ("Two", &assume)], admin, "Staff", &[("Three", &assume)]),
        none,
        "the baseline's own"
    );
    assert_eq!(beyond(admin, "Staff", &[("Two", &assume)]), none);
    assert_eq!(beside(&[("One", &boundary)], admin, "Admin", &[("Two", &assume)]), none);
}

#[test]
fn as_much_as_a_policy_is_nine_tenths_of_what_it_changes_however_it_is_written() {
    const BIG: &str = r#""ec2:*","sagemaker:*","connect:*","chime:*","glue:*","quicksight:*","iot:*","datazone:*""#;
    let power_user = |without: &str, rest: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","NotAction":["iam:*","organizations:*",{without}],{rest}}}}}"#
        );
        Document::parse(&text).unwrap()
    };
    let (power, none) = ("PowerUserAccess", Vec::<String>::new());
    let alone = |document: &Document| beyond(power, "Staff", &[("Helper", document)]);
    let little = r#""account:*","glacier:AddTagsToVault""#;
    insta::assert_snapshot!(alone(&power_user(little, r#""Resource":"*""#)).join("\n"), @"Staff gets as much as PowerUserAccess by Helper; the ceiling grants `PowerUserAccess` to `Admin` only");
    let condition = r#""Resource":"*","Condition":{"StringLike":{"aws:UserAgent":"*"}}"#;
    for rest in [r#""Resource":"arn:*""#, r#""Resource":["arn:aws:*:*:*:*","arn:aws:s3:::team"]"#, condition] {
        assert_eq!(alone(&power_user(little, rest)).len(), 1, "{rest}");
    }
    assert_eq!(alone(&power_user(little, r#""Resource":"arn:aws:s3:::team/*""#)), none, "not as widely");
    let (few, big) = (power_user(BIG, r#""Resource":"*""#), allow(&format!("[{BIG}]"), r#""*""#));
    assert_eq!(alone(&few), none, "not as much");
    insta::assert_snapshot!(beyond(power, "Staff", &[("Few", &few), ("Big", &big)]).join("\n"), @"Staff gets as much as PowerUserAccess, with others, by Big; the ceiling grants `PowerUserAccess` to `Admin` only");
    assert_eq!(beside(&[("Few", &few)], power, "Staff", &[("Big", &big)]).len(), 1);
    for name in ["ReadOnlyAccess", "AmazonEC2FullAccess", "SystemAdministrator"] {
        assert_eq!(beyond(power, "Staff", &[(name, &shipped(&name.into()).unwrap())]), none, "{name}");
    }
}

#[test]
fn a_policy_that_only_reads_stands_for_what_it_reads_where_it_reads_it() {
    let (same, most, elsewhere) = (
        allow(r#"["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"]"#, r#""*""#),
        allow(r#"["s3:Get*"]"#, r#""*""#),
        allow(r#""s3:*""#, r#""arn:aws:s3:::team/*""#),
    );
    for (document, counts) in [(&same, true), (&most, false), (&elsewhere, false)] {
        assert_eq!(
            !beyond("AmazonS3ReadOnlyAccess", "Staff", &[("Helper", document)]).is_empty(),
            counts,
            "{document:?}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_told_of_groups_that_may_not_have_everything_and_may_give_any_power() {
    let judge = Judge::new(&ceiling(&[("iam:*", &["Admin", "Staff"]), ("s3:*", &["Admin"])]), |_| None);
    let (odd, unread) = (Name::from("Odd"), |group: &str| {
        let (group, policy) = (Name::from(group), Name::from("Odd"));
        judge.unread(&[Carried { group: &group, policy: &policy, document: None }])
    });
    insta::assert_snapshot!(unread("Staff").iter().map(ToString::to_string).collect::<String>(), @"Staff gets what cannot be read by Odd; the ceiling grants `s3:*` to `Admin` only");
    assert_eq!(unread("Admin"), BTreeSet::new());
    assert_eq!(judge.power_of(&odd, None), Some("iam:*"));
}

#[test]
fn whom_the_ceiling_names_may_have_it_in_every_part_of_the_group() {
    let all = allow(r#""*""#, r#""*""#);
    for group in ["Admin", "admin", "Admin-2"] {
        assert_eq!(beyond("iam:*", group, &[("Helper", &all)]), Vec::<String>::new(), "{group}");
    }
}
