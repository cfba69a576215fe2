//! Pages of the lints about MFA.

use super::{Example, Object, Page, lint};
use crate::diagnostic::Severity;

pub(super) const PAGES: &[Page] = &[
    Page {
        finds: "A Deny whose condition is `Bool … aws:MultiFactorAuthPresent false`, or `Null … true`, without the other \
                half beside it.",
        why: "A request signed with a long-term access key does not carry the key at all, and a console session without \
              MFA carries it as false. `Bool` misses the first, `Null` the second; the guard looks as if it guarded.",
        mend: "Write `BoolIfExists`: it is fulfilled by false and by absence.",
        example: in_document!(
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } } }"#,
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }"#,
        ),
        source: "IAM user guide, AWS global condition context keys, `aws:MultiFactorAuthPresent`.",
        ..lint("M01", Severity::Error, Object::Policy, "the deny uses Bool instead of BoolIfExists")
    },
    Page {
        finds: "A Deny that demands MFA of everything but a list (`NotAction`), and the list names, or a pattern of it \
                matches, `iam:DeactivateMFADevice` or `iam:DeleteVirtualMFADevice`.",
        why: "Whoever steals a password or a key could take the device away and enrol another. Since April 2023 the \
              service refuses some of this for the caller's own devices; that does not cover other users, nor devices \
              that nobody enabled.",
        mend: "Take both out of the list. People who lost a device need an administrator.",
        example: in_document!(all_but_enrolment_and!("iam:DeactivateMFADevice"), all_but_enrolment_and!(),),
        source: "IAM user guide, MFA: permission to remove a device is not to be given without MFA; AWS security bulletin AWS-2023-001.",
        ..lint("M02", Severity::Error, Object::Policy, "without MFA one may remove an MFA device")
    },
    Page {
        finds: "A Deny that demands MFA of everything but a list, and the list holds more than enrolment needs: \
                CreateVirtualMFADevice, EnableMFADevice, ResyncMFADevice, GetMFADevice, ListMFADevices, \
                ListVirtualMFADevices, GetUser, GetAccountPasswordPolicy, and STS's GetSessionToken and \
                GetCallerIdentity. What writes is an error; what reads, `iam:ChangePassword` and `sts:AssumeRole` are \
                warnings.",
        why: "Whatever is on the list can be done with a stolen password or key.",
        mend: "List the actions of enrolment, each by its name. Where a new user must change the password at the first \
               sign-in, `iam:ChangePassword` may have to stay: waive it with that reason.",
        example: in_document!(all_but_enrolment_and!("iam:CreateAccessKey"), all_but_enrolment_and!(),),
        source: "IAM user guide, example policies by which users manage their own MFA devices; Service Authorization Reference (access levels).",
        ..lint("M03", Severity::Error, Object::Policy, "without MFA one may do more than enrol a device")
    },
    Page {
        finds: "Users whose guard denies, or whose policies together do not allow, one of the actions that enrolment in \
                the console takes before there is a device: CreateVirtualMFADevice on a device, EnableMFADevice, GetUser \
                and ListMFADevices on the own user, ListVirtualMFADevices. It stands at the deny that is in the way or, where \
                only the allow is missing, at the guard's Allow that should speak of it.",
        why: "Whoever has no device can then never get one alone: exempt from a deny is not the same as allowed.",
        mend: "Allow them, and exempt them from the deny; `config/library` has documents that do both.",
        example: in_document!(
            r#"{ "Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices", "iam:ResyncMFADevice"], "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }"#,
            all_but_enrolment_and!(),
        ),
        source: "IAM user guide, example policies by which users manage their own MFA devices.",
        ..lint("M04", Severity::Error, Object::Policy, "people cannot enrol their first device")
    },
    Page {
        finds: "The same for what enrolment can do without: GetMFADevice and ResyncMFADevice on the own user.",
        why: "An exemption of what nothing allows is dead, and so is an allow of what a deny takes back. The console shows \
              errors, and a device whose clock went astray cannot be brought back.",
        mend: "Allow them and exempt them, or do neither.",
        example: in_document!(
            r#"{ "Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices", "iam:ListVirtualMFADevices", "iam:ResyncMFADevice"], "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }"#,
            all_but_enrolment_and!(),
        ),
        source: "IAM user guide, example policies by which users manage their own MFA devices, which differ among themselves.",
        ..lint(
            "M05",
            Severity::Warning,
            Object::Policy,
            "enrolment is exempt and not allowed, or allowed and not exempt",
        )
    },
    Page {
        finds: "A statement that names actions and resources, and an action acts on none of them (error), or a resource \
                is acted on by none of the actions (warning). Actions that the catalogue in the program does not know \
                are passed over.",
        why: "The statement never applies: what is meant to be allowed is not, and what is meant to be denied is not \
              either. An action without resource types is judged on `*` alone.",
        mend: "Name the resources that the action acts on, or split the statement.",
        example: in_document!(
            r#"{ "Effect": "Allow", "Action": "iam:DeleteVirtualMFADevice", "Resource": "arn:aws:iam::*:user/${aws:username}" }"#,
            r#"{ "Effect": "Allow", "Action": "iam:DeleteVirtualMFADevice", "Resource": "arn:aws:iam::*:mfa/*" }"#,
        ),
        source: "Service Authorization Reference, resource types of each action.",
        ..lint("M06", Severity::Error, Object::Policy, "the action does not act on the statement's resources")
    },
    Page {
        finds: "A statement that means the user's own entity, `user/${aws:username}`, while a user is known to lie under \
                a path that it does not match. `check` knows of one path: that under which `users.create` makes users. \
                `audit` knows them all.",
        why: "The path is a part of the user's ARN, so people under it cannot enrol a device.",
        mend: "Add `arn:aws:iam::*:user/*/${aws:username}`.",
        example: Some(Example {
            fails: &[
                (
                    "policies/Example.json",
                    document!(
                        r#"{ "Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}" }"#
                    ),
                ),
                ("operator.yaml", "users: { create: true }"),
            ],
            passes: &[
                (
                    "policies/Example.json",
                    document!(
                        r#"{ "Effect": "Allow", "Action": "iam:ChangePassword", "Resource": ["arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:user/*/${aws:username}"] }"#
                    ),
                ),
                ("operator.yaml", "users: { create: true }"),
            ],
        }),
        source: "IAM user guide, IAM identifiers.",
        ..lint("M08", Severity::Warning, Object::Policy, "users under a path are not meant by user/${aws:username}")
    },
    Page {
        finds: "A statement that lets people make devices, and means `mfa/${aws:username}` alone.",
        why: "A user may have eight devices, and names them freely; the second cannot bear the same name. AWS's own \
              examples moved to `mfa/*` in 2022.",
        mend: "Write `arn:aws:iam::*:mfa/*`. Enabling a device is still bound to the user's own ARN.",
        example: in_document!(
            r#"{ "Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::*:mfa/${aws:username}" }"#,
            r#"{ "Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::*:mfa/*" }"#,
        ),
        source: "IAM quotas: eight MFA devices a user; IAM user guide, document history, November 2022.",
        ..lint("M09", Severity::Warning, Object::Policy, "only a device named as its user is meant")
    },
    Page {
        finds: "Users who may, without MFA, enable a device for somebody else, signed in in the console or with a \
                long-term access key: the guard exempts `iam:EnableMFADevice` on every resource, or misses such keys, and another policy, AdministratorAccess for one, allows it there, be it on the users \
                that it names.",
        why: "Whoever steals an administrator's key can give any user without a device one, and become that user with MFA.",
        mend: "Add a second Deny, of EnableMFADevice and ResyncMFADevice with NotResource the own user, under the same \
               condition.",
        example: Some(Example {
            fails: &[
                ("matrix.yaml", "baseline: [Example]\npolicies: { AdministratorAccess: [Admin], RequireMFA: [Staff] }"),
                ("policies/Example.json", document!(all_but_enrolment_and!())),
            ],
            passes: &[
                ("matrix.yaml", "baseline: [Example]\npolicies: { AdministratorAccess: [Admin], RequireMFA: [Staff] }"),
                (
                    "policies/Example.json",
                    document!(concat!(
                        "[\n    ",
                        all_but_enrolment_and!(),
                        r#",
    { "Effect": "Deny", "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice"], "NotResource": ["arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:user/*/${aws:username}"], "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }
  ]"#
                    )),
                ),
            ],
        }),
        source: "Found with the evaluator; Service Authorization Reference, resource types of EnableMFADevice.",
        ..lint("M10", Severity::Error, Object::Policy, "without MFA one may enable a device for somebody else")
    },
    Page {
        finds: "A Deny that demands MFA of everything but a list without `sts:GetSessionToken`.",
        why: "No policy has an effect on that call, so nobody is locked out of it; several simulators say otherwise.",
        mend: "Nothing needs to be done. Listing it spares readers the doubt.",
        example: in_document!(all_but_enrolment_and!(), all_but_enrolment_and!("sts:GetSessionToken"),),
        source: "IAM user guide, permissions for GetSessionToken.",
        ..lint("M11", Severity::Info, Object::Policy, "GetSessionToken is not listed, which has no effect")
    },
    Page {
        finds: "Passwords run out (`maxAgeDays`), and a guard denies `iam:ChangePassword` or \
                `iam:GetAccountPasswordPolicy` without MFA.",
        why: "Whoever has no device when the password runs out, or must be changed at the first sign-in, can neither \
              change it nor get in to enrol one.",
        mend: "Exempt both from the deny, which AWS describes and does not recommend; or see to it that everybody enrols a \
               device in time, and waive this.",
        example: in_matrix!(
            "passwordPolicy: { minimumLength: 14, maxAgeDays: 90 }",
            "passwordPolicy: { minimumLength: 14 }"
        ),
        source: "IAM user guide, example policy by which users manage their own credentials (its note on first sign-in).",
        ..lint("M12", Severity::Warning, Object::Policy, "a password that runs out can be a dead end")
    },
    Page {
        finds: "A user of whom MFA is required, and whose policies together do not deny everything but enrolment without \
                it, for the console and for long-term access keys. The finding names an action that slips through, its \
                help the guard's statement and why it does not count; it \
                stands for all who hold the same guards but those whom a waiver of this rule names. Where no policy of \
                the matrix demands MFA at all, it is a warning.",
        why: "`mfa: required` is a claim about people; only a policy makes it true.",
        mend: "Give the guard to the baseline, mend it, or write `mfa: exempt` with a reason.",
        example: in_matrix!(
            "baseline: []\npolicies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], RequireMFA: [Staff] }",
            "policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], RequireMFA: [Staff] }",
        ),
        source: "",
        ..lint("M13", Severity::Error, Object::User, "MFA is required and nothing enforces it")
    },
    Page {
        finds: "A document that demands MFA and nowhere looks at `aws:MultiFactorAuthAge`.",
        why: "A session that was opened with MFA counts as such as long as it lives: 12 hours by default, up to 36.",
        mend: "To bound it, deny with `NumericGreaterThan` on `aws:MultiFactorAuthAge`, in seconds.",
        example: in_document!(
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }"#,
            r#"[
    { "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } },
    { "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "NumericGreaterThan": { "aws:MultiFactorAuthAge": "28800" } } }
  ]"#,
        ),
        source: "AWS STS API reference, GetSessionToken: 15 minutes to 36 hours, 12 by default.",
        ..lint("M15", Severity::Info, Object::Policy, "nothing bounds how long ago MFA was used")
    },
    Page {
        finds: "A document of ours that only denies, each of whose statements lies within a statement of one other policy \
                that reaches the same people: of the baseline, or of every group that carries it.",
        why: "It changes nothing, and a reader may believe that it does.",
        mend: "Keep it for people whom the other does not reach, or remove it.",
        example: in_document!(
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }"#,
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": { "StringNotEquals": { "aws:ResourceTag/stage": "test" } } }"#,
        ),
        source: "",
        ..lint("M16", Severity::Info, Object::Policy, "another guard denies all of this already")
    },
];
