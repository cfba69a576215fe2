//! Pages of the rules that hold operator.yaml and the matrix against each other.

use super::structure::structure;
use super::{Example, Page};
use crate::diagnostic::Severity;

const CEILING: &str = "ceiling: { AdministratorAccess: [Admin], \"iam:*\": [Admin] }\n";

pub(super) const PAGES: &[Page] = &[
    Page {
        why: "The ceiling is the platform team's word on what the owners of the matrix may grant at most. It is judged on what the policies say, not on what they are called, cannot be waived, and counts in every mode.",
        example: Some(Example {
            fails: &[
                ("operator.yaml", CEILING),
                (
                    "policies/Helper.json",
                    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"arn:aws:iam::*:user/interns/*"}}"#,
                ),
            ],
            passes: &[
                ("operator.yaml", CEILING),
                (
                    "policies/Helper.json",
                    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}}"#,
                ),
            ],
        }),
        ..structure(
            "beyond-ceiling",
            "a group would get more than the ceiling grants it",
            "A row that gives a group an action of `ceiling`, or as much as a policy named there, by itself or together with the baseline, while that entry does not name the group. A policy that administers stands for every known way to every right by IAM alone; any other for nine tenths of what it changes. An action with `*` stands for every action of that name that changes something, except iam:PassRole and iam:CreateServiceLinkedRole, which count where they are written out. Conditions and denies are left out, and what people may do with their own credentials (`user/${aws:username}`).",
            "Take the policy off the row, narrow the document, or ask the owners of operator.yaml to raise `ceiling`.",
        )
    },
    Page {
        severity: Severity::Warning,
        example: Some(Example {
            fails: &[("operator.yaml", "groups: { Stafff: observe }\n")],
            passes: &[("operator.yaml", "groups: { Staff: observe }\n")],
        }),
        ..structure(
            "settings-group",
            "operator.yaml names a group that the matrix does not have",
            "A name under `groups` or `ceiling` that is no column and not the baseline's group.",
            "Correct the name, or remove it. A group that left the matrix may stay under `groups` to be left as it is.",
        )
    },
    Page {
        severity: Severity::Warning,
        example: Some(Example {
            fails: &[("operator.yaml", "ceiling: { AdminAccess: [Admin] }\n")],
            passes: &[("operator.yaml", "ceiling: { AdministratorAccess: [Admin] }\n")],
        }),
        ..structure(
            "unknown-power",
            "the ceiling names a policy that nobody knows",
            "A name under `ceiling` that neither AWS nor the matrix has: only a policy of exactly that name would count.",
            "Write the policy as AWS or the matrix names it, or an action such as `iam:*`.",
        )
    },
    Page {
        severity: Severity::Warning,
        ..structure(
            "approval-over",
            "the release of a held plan has ended",
            "An `approve` in operator.yaml whose last day, in UTC, is over.",
            "Remove it; if the plan is still held, release it anew.",
        )
    },
];
