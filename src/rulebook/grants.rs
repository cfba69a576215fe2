//! Pages of the lints about what groups and their members hold.

use super::{Object, Page, lint};
use crate::diagnostic::Severity;

pub(super) const PAGES: &[Page] = &[
    Page {
        finds: "A policy of AWS under the path `/service-role/` on a group.",
        why: "It holds what a service needs to act by itself. `AWSBatchServiceRole` lets its holder pass any role to \
              machines, start them and terminate every one there is.",
        mend: "Give people the policy that is meant for them, such as `AWSBatchFullAccess`, and this one to the \
               service's role.",
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], AWSLambdaBasicExecutionRole: [Staff] }",
            "policies: { AdministratorAccess: [Admin], AWSBatchFullAccess: [Staff] }",
        ),
        source: "IAM user guide, policies for services; the documents of AWS's policies.",
        ..lint("V05", Severity::Warning, Object::Policy, "a policy for a service's role is given to people")
    },
    Page {
        finds: "A group that may pass any role to a service and start there what runs under it: an instance, a function, a \
                task, a stack; or groups that give this together to somebody who is in all of them, told at the first. \
                Groups and people that administrate are passed over.",
        why: "Whoever is in the group can become every role that trusts the service, the mightiest among them.",
        mend: "Allow `iam:PassRole` on the roles that are meant, by their ARNs.",
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], AWSLambda_FullAccess: [Staff] }",
            "policies: { AdministratorAccess: [Admin], AWSLambda_ReadOnlyAccess: [Staff] }",
        ),
        source: "IAM user guide, granting a user permissions to pass a role to a service.",
        ..lint("V06", Severity::Warning, Object::Group, "a group can become any role")
    },
    Page {
        finds: "A policy of AWS that only reads beside the one of the same service that does everything: on one group, \
                or where that one is in the baseline (warning), or for one user through two groups (info).",
        why: "The one that reads restricts nothing, and a reader of its row may believe that it does.",
        mend: "Decide which of the two is meant.",
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], AmazonEC2ReadOnlyAccess: [Staff], AmazonEC2FullAccess: [Staff] }",
            "policies: { AdministratorAccess: [Admin], AmazonEC2ReadOnlyAccess: [Staff] }",
        ),
        source: "",
        ..lint("V07", Severity::Warning, Object::Policy, "full and read-only access to the same service")
    },
    Page {
        finds: "A policy all of whose actions another policy allows without condition and on every resource, on the \
                same group or for somebody who is in the groups of both; by the catalogue of actions and the documents \
                of AWS in the program.",
        why: "It takes one of ten places, and taking it away changes nothing.",
        mend: "Take it off the group, or the people out of the other group, if less is meant for them.",
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], AmazonRoute53FullAccess: [Admin], ReadOnlyAccess: [Staff] }",
            "policies: { AdministratorAccess: [Admin], AmazonRoute53FullAccess: [Staff] }",
        ),
        source: "",
        ..lint("V08", Severity::Info, Object::Policy, "another policy allows all of this")
    },
    Page {
        finds: "A policy without a Deny that reaches a user through more than one group, the baseline among them.",
        why: "Who leaves one of the groups keeps what it was left for.",
        mend: "Move the policy to one group, or to the baseline.",
        example: in_matrix!(
            "users: { ann: { groups: [Admin, Staff] }, bob: { groups: [Admin] } }\npolicies: { AdministratorAccess: [Admin], AWSSupportAccess: [Admin, Staff] }",
            "users: { ann: { groups: [Admin, Staff] }, bob: { groups: [Admin] } }\npolicies: { AdministratorAccess: [Admin], AWSSupportAccess: [Staff] }",
        ),
        source: "",
        ..lint("V09", Severity::Info, Object::Policy, "a policy reaches a user through several groups")
    },
    Page {
        finds: "A column of the matrix that no user is in.",
        why: "",
        mend: "Name it in a row of `users`, or remove it.",
        example: in_matrix!(
            "groups: { Admin: {}, Staff: {}, Auditors: {} }\npolicies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff, Auditors] }",
            "groups: { Admin: {}, Staff: {} }",
        ),
        source: "AWS Config, `iam-group-has-users-check`.",
        ..lint("V11", Severity::Info, Object::Group, "nobody is in the group")
    },
    Page {
        finds: "A group that carries a policy which, by itself, lets its holder change what others may do \
                (`iam:CreatePolicyVersion` and `iam:DetachGroupPolicy` on everything), where all such groups together \
                have a single member.",
        why: "One lost device, and only root can help.",
        mend: "Name a second person.",
        example: in_matrix!(
            "users: { ann: { groups: [Admin] }, cat: { groups: [Staff] } }",
            "users: { ann: { groups: [Admin] }, bob: { groups: [Admin] }, cat: { groups: [Staff] } }",
        ),
        source: "",
        ..lint("V12", Severity::Warning, Object::Group, "one person alone administrates the account")
    },
    Page {
        finds: "A policy of AWS for which AWS recommends another one: CloudWatchFullAccess and the two policies of EMR's \
                first edition.",
        why: "The later edition is narrower: CloudWatchFullAccess carries every action of SNS. A policy that AWS \
              deprecates cannot be attached anew.",
        mend: "Compare what both grant, and write the other in its place.",
        example: in_matrix!(
            "policies: { AdministratorAccess: [Admin], CloudWatchFullAccess: [Staff] }",
            "policies: { AdministratorAccess: [Admin], CloudWatchFullAccessV2: [Staff] }",
        ),
        source: "Amazon CloudWatch user guide, AWS managed policies for CloudWatch; Amazon EMR management guide, Amazon EMR managed policies.",
        ..lint("V20", Severity::Warning, Object::Policy, "AWS has a successor to the policy")
    },
    Page {
        finds: "A condition on a key that AWS does not document, or a variable of such a key, as `${aws:user}`: neither a \
                global one nor one of its service. Also a variable that is empty or not closed. Keys of identity \
                providers and of services that are not known here are passed over. An error in a Deny, a warning in an \
                Allow and where a variable has a default.",
        why: "No request carries such a key, so the condition holds for every request or for none, and a text with such a \
              variable is compared with nothing: a guard guards nothing, or locks out everybody.",
        mend: "Write the key as AWS does; its case does not count.",
        example: in_document!(
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultifactorAuthPresentt": "false" } } }"#,
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }"#,
        ),
        source: "IAM user guide, AWS global condition context keys, policy variables; Service Authorization Reference.",
        ..lint("V21", Severity::Error, Object::Policy, "no request carries that key")
    },
    Page {
        finds: "An action, or a pattern of actions, that matches none which AWS documents. An error among what a guard \
                exempts from MFA, a warning anywhere else.",
        why: "A misspelt action allows or denies nothing, and what was meant is left as it was. In a `NotAction` it is \
              exempt from the guard on the day on which AWS uses the name.",
        mend: "Write the action as AWS does, or remove it. Where it is newer than the catalogue, waive the rule.",
        example: in_document!(all_but_enrolment_and!("iam:CreateVirtualMfaDevise"), all_but_enrolment_and!(),),
        source: "Service Authorization Reference.",
        ..lint("V22", Severity::Error, Object::Policy, "AWS has no such action")
    },
    Page {
        finds: "A value of a condition that its operator cannot read, as `no` under `Bool`, `8.8.8.0/33` under `IpAddress` \
                or `tomorrow` under `DateLessThan`; and an operator other than `IpAddress`, `NotIpAddress` and `Null` on a \
                key that holds an address, or one of these two on another key. An error in a Deny, a warning in an Allow.",
        why: "What was meant is never compared. A Deny is then for everybody or for nobody, an Allow for nobody.",
        mend: "Write a value and an operator of the key's type.",
        example: in_document!(
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "StringNotEquals": { "aws:SourceIp": "52.94.76.0/24" } } }"#,
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "52.94.76.0/24" } } }"#,
        ),
        source: "IAM user guide, condition operators; IAM Access Analyzer policy check reference.",
        ..lint("V23", Severity::Error, Object::Policy, "the condition compares what cannot be compared")
    },
];
