//! Pages of the rules that look at the live account.

use super::{Kind, Object, Page, lint};
use crate::diagnostic::Severity;

pub(super) const PAGES: &[Page] = &[Page {
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
}];
