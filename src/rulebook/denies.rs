//! Pages of the lints about denies that reach too far, or nowhere.

use super::{Example, Object, Page, lint};
use crate::diagnostic::Severity;

pub(super) const PAGES: &[Page] = &[
    Page {
        finds: "A network in a condition on `aws:SourceIp` that lies within one reserved for documentation, for private \
                use, or for a single link or machine.",
        why: "The key holds the public address that AWS sees, so such a network matches nothing. In a Deny with \
              `NotIpAddress` that means: everybody is denied everything.",
        mend: "Write the public networks that your people come from. For private ones there is `aws:VpcSourceIp`.",
        example: in_document!(
            r#"{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*", "Condition": { "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } } }"#,
            r#"{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*", "Condition": { "IpAddress": { "aws:SourceIp": "52.94.76.0/24" } } }"#,
        ),
        source: "RFC 1918, 3849, 4193, 5737, 6598, 9637; IAM user guide, `aws:SourceIp`.",
        ..lint("L01", Severity::Error, Object::Policy, "no request comes from that network")
    },
    Page {
        finds: "A Deny with `NotIpAddress` on `aws:SourceIp` that names IPv4 networks only.",
        why: "IAM, STS and more answer over IPv6. Such an address lies in no IPv4 network, so whoever comes over IPv6 \
              is denied.",
        mend: "Add your IPv6 networks, or keep clients to endpoints that have IPv4 only.",
        example: in_document!(
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": "52.94.76.0/24" }, "StringNotEqualsIfExists": { "aws:SourceVpc": "vpc-0a1b2c3d4e5f60718" } } }"#,
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": ["52.94.76.0/24", "2600:1f00::/40"] }, "StringNotEqualsIfExists": { "aws:SourceVpc": "vpc-0a1b2c3d4e5f60718" } } }"#,
        ),
        source: "IAM user guide, dual-stack endpoint support.",
        ..lint("L02", Severity::Warning, Object::Policy, "whoever comes over IPv6 is denied")
    },
    Page {
        finds: "A Deny with `NotIpAddress` on `aws:SourceIp` whose conditions say nothing of VPC endpoints: none of \
                `aws:SourceVpc`, `aws:SourceVpce`, `aws:VpcSourceIp`, and no `Null` that demands a source address.",
        why: "Behind a VPC endpoint the source address is absent, and a negated operator is fulfilled where its key is \
              absent. So such requests are denied, wherever they come from.",
        mend: "Name your VPCs beside it, with `StringNotEqualsIfExists` on `aws:SourceVpc`.",
        example: in_document!(
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": ["52.94.76.0/24", "2600:1f00::/40"] } } }"#,
            r#"{ "Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": ["52.94.76.0/24", "2600:1f00::/40"] }, "StringNotEqualsIfExists": { "aws:SourceVpc": "vpc-0a1b2c3d4e5f60718" } } }"#,
        ),
        source: "IAM user guide, `aws:SourceIp` and condition operators.",
        ..lint("L03", Severity::Warning, Object::Policy, "requests through a VPC endpoint are denied")
    },
    Page {
        aliases: &["V19"],
        finds: "Denies on every resource that together cover what takes a deny back (`iam:DetachGroupPolicy`, \
                `iam:CreatePolicyVersion`), without a condition or with one that using MFA does not meet, be they of one \
                statement or of several policies, while they reach every member of every group that could do so, and \
                `protect.users` names nobody.",
        why: "When its condition is met by everyone, or turns out to be wrong, nobody of the matrix can mend it; root is \
              left.",
        mend: "Keep one user with rights outside the matrix and name it under `protect.users`, or leave the policy off \
               one administrator.",
        example: Some(Example {
            fails: &[
                ("policies/OfficeOnly.json", OFFICE_ONLY),
                (
                    "matrix.yaml",
                    "policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], OfficeOnly: [Admin, Staff] }",
                ),
                ("operator.yaml", "protect: { users: [] }"),
            ],
            passes: &[
                ("policies/OfficeOnly.json", OFFICE_ONLY),
                (
                    "matrix.yaml",
                    "policies: { AdministratorAccess: [Admin], ReadOnlyAccess: [Staff], OfficeOnly: [Admin, Staff] }",
                ),
                ("operator.yaml", "protect: { users: [break-glass] }"),
            ],
        }),
        source: "",
        ..lint("L04", Severity::Error, Object::Policy, "everybody who could take the deny back is denied")
    },
];

const OFFICE_ONLY: &str = document!(
    r#"{ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": ["52.94.76.0/24", "2600:1f00::/40"] }, "StringNotEqualsIfExists": { "aws:SourceVpc": "vpc-0a1b2c3d4e5f60718" } } }"#
);
