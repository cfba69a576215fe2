//! Pages of the rules that look at the live account.

use super::{Kind, Object, Page, lint};
use crate::diagnostic::Severity;

pub(super) const PAGES: &[Page] = &[
    Page {
        kind: Kind::Live,
        finds: "A policy variable such as `${aws:username}` in a document whose version is absent or `2008-10-17`. In a \
            document of ours `document-version` tells it; an inline policy, or a policy of long ago, can be so.",
        why: "In that version a variable is plain text: the statement means nobody, and says nothing of it.",
        mend: "Write `\"Version\": \"2012-10-17\"` at the top of the document.",
        example: Some(super::Example {
            fails: &[(
                "policies/Example.json",
                r#"{
  "Statement": { "Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}" }
}"#,
            )],
            passes: &[(
                "policies/Example.json",
                document!(
                    r#"{ "Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}" }"#
                ),
            )],
        }),
        source: "IAM user guide, policy variables.",
        ..lint("M07", Severity::Error, Object::Policy, "a policy variable is plain text in this version")
    },
    Page {
        kind: Kind::Live,
        finds: "A plan after which the IAM user whose credentials iamatrix runs with may do no more what it takes to look at \
                the account and to take a change back, because a policy denies it or none allows it any more. `plan` and \
                the daemon hold such a plan.",
        why: "The operator would end its own work, and with it every repair.",
        mend: "Run it under a role, which no group reaches; or take the user out of the matrix.",
        source: "",
        ..lint("L05", Severity::Error, Object::User, "the plan shuts the operator's own user out")
    },
    Page {
        kind: Kind::Live,
        finds: "A user of whom MFA is required and enforced, and who may assume a role whose trust policy lets in people \
                without MFA: row `role-trust-mfa` of `iamatrix audit`.",
        why: "A guard on people ends where a role begins: the role's session carries no MFA, and the role's own policies \
              judge it. The guard is then all that keeps a stolen key from the role; the day it is loosened for a user, or \
              does not deny `sts:AssumeRole`, the role is open.",
        mend: "Ask for MFA in the role's trust policy: `\"Bool\": { \"aws:MultiFactorAuthPresent\": \"true\" }`, which a \
               session without MFA and a long-term key both fail.",
        source: "IAM user guide, configuring MFA-protected API access; STS API reference, AssumeRole.",
        ..lint("M14", Severity::Warning, Object::User, "people may assume a role that does not ask for MFA")
    },
    Page {
        kind: Kind::Live,
        finds: "A virtual device that nobody enabled, under a user's name: row `device-in-the-way` of `iamatrix audit`.",
        why: "An enrolment that was broken off leaves it behind, and the user's next one fails, for the name is taken. To \
              delete it takes an administrator: nobody should be able to without MFA.",
        mend: "`aws iam delete-virtual-mfa-device --serial-number ARN`, as an administrator.",
        source: "IAM user guide, troubleshooting: I am not authorized to perform iam:DeleteVirtualMFADevice.",
        ..lint("M18", Severity::Warning, Object::User, "an unassigned device blocks a user's enrolment")
    },
    Page {
        kind: Kind::Live,
        finds: "A user with access keys whose devices are all FIDO: row `fido-only-with-keys` of `iamatrix audit`.",
        why: "GetSessionToken takes codes only, so the user's keys can never show MFA: under a guard they are dead, and \
              without one they are open.",
        mend: "Add a virtual device, or take the keys away.",
        source: "IAM user guide, configuring MFA-protected API access.",
        ..lint("M19", Severity::Warning, Object::User, "only FIDO devices, and access keys beside them")
    },
    Page {
        kind: Kind::Live,
        finds: "Nothing by itself: it says where devices are looked for. `iamatrix audit` and the daemon put together \
                ListVirtualMFADevices, the credential report and ListMFADevices, and show the age of each answer.",
        why: "ListVirtualMFADevices leaves FIDO and hardware devices out; alone it would call safe users unsafe.",
        mend: "Nothing needs to be done.",
        source: "IAM API reference, ListVirtualMFADevices and ListMFADevices.",
        ..lint("M20", Severity::Info, Object::User, "where MFA devices are looked for")
    },
];
