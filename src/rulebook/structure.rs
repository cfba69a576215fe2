//! Pages of the rules of [`crate::matrix::check`]: whether the matrix makes sense.

use super::{Example, Kind, Object, Page};
use crate::diagnostic::Severity;

pub(super) const PAGES: &[Page] = &[
    structure(
        "empty-matrix",
        "the matrix is empty",
        "No users, no groups or no policies: everybody's access would be taken away.",
        "Restore the rows; to stop managing an account, stop the operator.",
    ),
    Page {
        source: "IAM API reference: names match `[\\w+=,.@-]+`; users have at most 64 characters, policies 128.",
        example: in_matrix!(
            "users: { \"ann smith\": { groups: [Staff] } }",
            "users: { ann.smith: { groups: [Staff] } }",
        ),
        ..structure(
            "bad-name",
            "IAM would refuse the name",
            "A name with other characters than letters, digits and `_+=,.@-`, or one that is too long.",
            "Write the name as IAM shows it, or choose another.",
        )
    },
    Page {
        aliases: &["V13"],
        source: "IAM API reference, CreateGroup: names are not distinguished by case.",
        example: in_matrix!(
            "users:\n  ann: { groups: [Staff] }\n  Ann: { groups: [Staff] }",
            "users:\n  ann: { groups: [Staff] }",
        ),
        ..structure(
            "case-collision",
            "two names differ only by case",
            "Two rows, columns or documents that IAM takes for one.",
            "Keep one of the two.",
        )
    },
    Page {
        source: "IAM quotas: ten managed policies a group, not adjustable.",
        example: in_matrix!(
            "groups: { Admin: {}, Staff: {}, Staff-2: {} }\npolicies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], AmazonEC2FullAccess: [Staff-2] }",
            "groups: { Admin: {}, Staff: {} }"
        ),
        ..structure(
            "part-name",
            "a group bears the name of another one's part",
            "A column such as `Staff-2` beside `Staff`: what does not fit on one IAM group goes to `Staff-2`.",
            "Choose another name.",
        )
    },
    Page {
        example: in_matrix!(
            "groups: { Admin: {}, Staff: {}, Baseline: {} }\npolicies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], AmazonEC2FullAccess: [Baseline] }",
            "groups: { Admin: {}, Staff: {} }"
        ),
        ..structure(
            "reserved-name",
            "a group bears the name of the baseline's group",
            "The operator keeps that IAM group for itself.",
            "Rename the column, or set `baselineGroup`.",
        )
    },
    Page {
        example: in_matrix!(
            "groups: { Admin: {}, Staff: { renamedFrom: Admin } }",
            "groups: { Admin: {}, Staff: { renamedFrom: People } }"
        ),
        ..structure(
            "bad-rename",
            "a group cannot be renamed from that name",
            "`renamedFrom` names a group that is still declared, or that another one is renamed from.",
            "Name the group's former name, or remove the key.",
        )
    },
    Page {
        aliases: &["V14"],
        why: "Columns are found by their name, never by their place, so two tables whose columns stand in another \
              order cannot hand one group's policies to another; a name that only one of them knows is told here.",
        example: in_matrix!("users: { ann: { groups: [Stuff] } }", "users: { ann: { groups: [Staff] } }",),
        ..structure(
            "undeclared-group",
            "a row names a group that is no column",
            "A cell with a name that `groups` does not declare.",
            "Correct the name, or declare the group.",
        )
    },
    Page {
        example: in_matrix!("users: { ann: { groups: [Staff, Staff] } }", "users: { ann: { groups: [Staff] } }",),
        ..structure(
            "repeated-group",
            "a row names a group twice",
            "The same name twice in one list.",
            "Keep one of the two.",
        )
    },
    Page {
        aliases: &["V03", "V04", "M17"],
        why: "A policy that is named and not there guards nobody and grants nothing. The ARN of a policy of AWS is \
              taken from AWS's list, so its path need not be known: `AWSBatchServiceRole` lies under `/service-role/`.",
        source: "IAM, ListPolicies.",
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], ReadOnlyAcess: [Staff] }",
            "policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff] }",
        ),
        ..structure(
            "unknown-policy",
            "there is no such policy",
            "A row names neither a document, nor an external policy, nor a policy of AWS; the nearest names are told.",
            "Correct the name, or write the document.",
        )
    },
    Page {
        object: Some(Object::Policy),
        why: "A reviewer would take one for the other. A name that AWS added after this program was built is only a \
              warning, so that AWS cannot stop the operator.",
        example: Some(Example {
            fails: &[("policies/AmazonEC2FullAccess.json", ALLOW)],
            passes: &[("policies/OurEC2Access.json", ALLOW)],
        }),
        ..structure(
            "shadowed-policy",
            "a policy of ours bears the name of one of AWS's",
            "A document or an external policy named as an AWS managed policy is.",
            "Rename ours.",
        )
    },
    Page {
        object: Some(Object::Policy),
        why: "IAM answers `PolicyNotAttachable`. A deprecated policy is only a warning: it stays where it is attached, \
              and once detached it cannot come back.",
        source: "IAM user guide, deprecated AWS managed policies; API reference, AttachGroupPolicy.",
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], AWSSupportServiceRolePolicy: [Staff] }",
            "policies: { AdministratorAccess: [Admin], AWSSupportAccess: [Staff] }",
        ),
        ..structure(
            "not-attachable",
            "AWS does not let the policy be attached",
            "A policy of a service-linked role, or a deprecated one.",
            "Remove the row, or plan the policy's replacement.",
        )
    },
    Page {
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], TeamX: [Staff] }\nexternal: { TeamX: \"arn:aws:iam::123456789:policy/TeamX\" }",
            "policies: { AdministratorAccess: [Admin], TeamX: [Staff] }\nexternal: { TeamX: \"arn:aws:iam::123456789012:policy/TeamX\" }",
        ),
        ..structure(
            "bad-external",
            "an external policy cannot be used",
            "Not the ARN of a customer managed policy, one of another account, another name than the policy's own, or a \
             name that a document has too.",
            "Write it as `arn:aws:iam::123456789012:policy/PATH/NAME`, under its own name.",
        )
    },
    Page {
        aliases: &["M17"],
        object: Some(Object::Policy),
        severity: Severity::Warning,
        example: Some(Example {
            fails: &[
                ("policies/Reports.json", ALLOW),
                ("matrix.yaml", "policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff] }"),
            ],
            passes: &[
                ("policies/Reports.json", ALLOW),
                ("matrix.yaml", "policies: { AdministratorAccess: [Admin], Reports: [Staff] }"),
            ],
        }),
        ..structure(
            "unused-document",
            "a document is attached to no group",
            "A document that neither a row nor the baseline names. It is created, and reaches nobody.",
            "Give it a row, or delete the file.",
        )
    },
    Page {
        object: Some(Object::Policy),
        severity: Severity::Warning,
        example: in_matrix!(
            "external: { TeamX: \"arn:aws:iam::123456789012:policy/TeamX\" }",
            "policies: { AdministratorAccess: [Admin], TeamX: [Staff] }\nexternal: { TeamX: \"arn:aws:iam::123456789012:policy/TeamX\" }",
        ),
        ..structure(
            "unused-external",
            "an external policy is named by no row",
            "An entry of `external` that has no effect.",
            "Give it a row, or remove it.",
        )
    },
    Page {
        object: Some(Object::Policy),
        severity: Severity::Warning,
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], AmazonEC2FullAccess: [] }",
            "policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff] }",
        ),
        ..structure(
            "idle-row",
            "a policy row names no group",
            "A row with an empty list: it grants nothing.",
            "Name a group, or delete the row.",
        )
    },
    Page {
        object: Some(Object::Group),
        why: "Its members get nothing. A column named `MFA` is an error: it comes from a table in which it was no group \
              but a claim, and people in it would be believed to be guarded.",
        example: in_matrix!(
            "groups: { Admin: {}, Staff: {}, MFA: {} }\nusers: { ann: { groups: [Staff, MFA] } }",
            "groups: { Admin: {}, Staff: {} }\nusers: { ann: { groups: [Staff] } }",
        ),
        ..structure(
            "idle-group",
            "a group carries no policy",
            "A column that no row of `policies` names.",
            "Name it in a row, or remove it.",
        )
    },
    Page {
        aliases: &["V10"],
        object: Some(Object::User),
        severity: Severity::Warning,
        why: "An identity that may sign in and that no guard reaches.",
        source: "AWS Config, `iam-user-group-membership-check`.",
        example: in_matrix!(
            "baseline: []\npolicies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], RequireMFA: [Admin, Staff] }\nusers: { tiger: { groups: [], mfa: exempt, because: dormant } }",
            "users: { tiger: { groups: [] } }",
        ),
        ..structure(
            "uncovered-user",
            "a user is in no group, and there is no baseline",
            "A row without groups in a matrix without a `baseline`.",
            "Add a `baseline` with your MFA policy, or delete the row.",
        )
    },
    Page {
        aliases: &["V15"],
        source: "IAM API reference, `policyDocumentType`: tab, line feed, carriage return and U+0020 to U+00FF.",
        example: Some(Example {
            fails: &[(
                "policies/Buckets.json",
                r#"{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::보고서/*" }
}"#,
            )],
            passes: &[(
                "policies/Buckets.json",
                r#"{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*" }
}"#,
            )],
        }),
        ..structure(
            "document-characters",
            "the document holds characters that IAM refuses",
            "A character beyond Latin-1, anywhere in the file.",
            "Use Latin-1 characters only.",
        )
    },
    Page {
        aliases: &["V16"],
        source: "IAM quotas: 6,144 characters a managed policy, white space not counted; API reference: 131,072 with it.",
        ..structure(
            "document-size",
            "the document is too large",
            "More than 6,144 characters without white space, or 131,072 with it.",
            "Split it into two documents, or shorten its lists with wildcards.",
        )
    },
    Page {
        source: "IAM answers `MalformedPolicyDocument` to a managed policy of another version.",
        example: Some(Example {
            fails: &[(
                "policies/Reports.json",
                r#"{ "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" } }"#,
            )],
            passes: &[("policies/Reports.json", ALLOW)],
        }),
        ..structure(
            "document-version",
            "the document is of an old version of the language",
            "`Version` is absent or `2008-10-17`. In a policy that IAM took before, M07 tells what that does.",
            "Write `\"Version\": \"2012-10-17\"`.",
        )
    },
    Page {
        aliases: &["V01"],
        why: "A group with more policies than one IAM group holds is realised by several, and each carries all guards, \
              so that nobody is ever without them.",
        source: "IAM quotas: ten managed policies a group, not adjustable.",
        ..structure(
            "too-many-guards",
            "a group's guards leave no room for its allows",
            "Ten guards or more on one group.",
            "Merge guards, or move those for everybody into the baseline.",
        )
    },
    Page {
        aliases: &["V02"],
        source: "IAM quotas: ten groups a user, not adjustable.",
        ..structure(
            "too-many-groups",
            "a user would be in more IAM groups than IAM allows",
            "The parts of the user's groups and the baseline, added up, are more than ten; the sum is spelled out.",
            "Take the user out of a group, or merge policies so that a group needs fewer parts.",
        )
    },
    Page {
        source: "IAM quotas: 5,000 users an account, not adjustable.",
        ..structure(
            "too-many-users",
            "the matrix has more users than an account holds",
            "More than 5,000 rows.",
            "Use AWS IAM Identity Center for more people.",
        )
    },
    Page {
        example: in_matrix!(
            "waivers: [{ rule: V99, on: ReadOnlyAccess, because: it is agreed, until: 2999-12-31 }]",
            "waivers: []",
        ),
        ..structure(
            "waiver-rule",
            "a waiver names a rule that does not exist",
            "A `rule` that is neither a code nor a number of this book.",
            "Correct the code, or remove the waiver.",
        )
    },
    Page {
        example: in_matrix!(
            "waivers: [{ rule: unknown-policy, on: ReadOnlyAccess, because: it is agreed, until: 2999-12-31 }]",
            "waivers: []",
        ),
        ..structure(
            "waiver-refused",
            "a waiver for a rule that cannot be waived",
            "Errors of shape and structure, and findings about waivers, cannot be silenced.",
            "Mend what is reported, and remove the waiver.",
        )
    },
    Page {
        severity: Severity::Warning,
        example: in_matrix!(
            "waivers: [{ rule: idle-row, on: AmazonEC2FulAccess, because: it is agreed, until: 2999-12-31 }]",
            "waivers: []",
        ),
        ..structure(
            "waiver-object",
            "a waiver is for something that the matrix does not have",
            "An `on` that names no policy, user or group of the matrix, whichever the rule is about.",
            "Correct the name, or remove the waiver.",
        )
    },
    Page {
        severity: Severity::Warning,
        why: "What it silenced is reported again, so an exception cannot become a habit unnoticed.",
        example: in_matrix!(
            "waivers: [{ rule: idle-row, on: ReadOnlyAccess, because: it is agreed, until: 2020-01-31 }]",
            "waivers: []",
        ),
        ..structure(
            "waiver-expired",
            "a waiver has ended",
            "A waiver whose last day, in UTC, is over.",
            "Mend what it silenced and remove it, or agree on another day.",
        )
    },
    Page {
        severity: Severity::Warning,
        why: "It would silence the finding when it comes back, and nobody would have agreed to that.",
        example: in_matrix!(
            "waivers: [{ rule: idle-row, on: ReadOnlyAccess, because: it is agreed, until: 2999-12-31 }]",
            "waivers: []",
        ),
        ..structure(
            "waiver-unused",
            "a waiver silences nothing",
            "A waiver whose rule reports nothing about that object, or only what another waiver silences already.",
            "Remove it.",
        )
    },
    structure(
        "unmended-lints",
        "mode is enforce, and lints report errors",
        "`mode: enforce` with at least one error of a lint that is not waived.",
        "Mend them, waive them with a reason and an end, or stay in observe.",
    ),
];

const ALLOW: &str = r#"{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*" }
}"#;

pub(super) const fn structure(
    code: &'static str,
    title: &'static str,
    finds: &'static str,
    mend: &'static str,
) -> Page {
    Page {
        code,
        aliases: &[],
        kind: Kind::Structure,
        severity: Severity::Error,
        object: None,
        title,
        finds,
        why: "",
        mend,
        example: None,
        source: "",
    }
}
