//! What it is to administer: to take back any change, or to come by every right.
//!
//! Two readings, and each has its place. Where somebody must be left who can mend things, only what is certain counts
//! ([`REPAIR`]). Where nobody may come to administer unseen, every known way counts ([`WAYS`]), under whatever condition
//! and on whatever resource but the caller's own credentials.
//!
//! Owns: both lists, and what a document says to them. Must not: know who holds a policy; `administrators` does.

use super::reach::{Grip, Question, Reach, Session};
use crate::policy::{Cover, Document, Effect, Statement};

/// What takes a deny back: off a group, or out of a document; whoever may do both can mend everything. In lower case.
pub const REPAIR: [&str; 2] = ["iam:createpolicyversion", "iam:detachgrouppolicy"];

/// Sets of actions of IAM that each lead to every right, in AWS's spelling. What goes through a role that another
/// service runs with is not among them: that depends on the roles there are.
///
/// Collected as the ways in `audit::escalation`, which adds those.
pub const WAYS: &[&[&str]] = &[
    // Rights are written anew.
    &["iam:CreatePolicyVersion"],
    &["iam:SetDefaultPolicyVersion"],
    &["iam:AttachUserPolicy"],
    &["iam:AttachGroupPolicy"],
    &["iam:AttachRolePolicy"],
    &["iam:PutUserPolicy"],
    &["iam:PutGroupPolicy"],
    &["iam:PutRolePolicy"],
    &["iam:AddUserToGroup"],
    &["iam:UpdateAssumeRolePolicy"],
    &["iam:DeleteUserPermissionsBoundary"],
    &["iam:DeleteRolePermissionsBoundary", "sts:AssumeRole"],
    // Somebody else's credentials.
    &["iam:CreateAccessKey"],
    &["iam:CreateLoginProfile"],
    &["iam:UpdateLoginProfile"],
];

/// What people may do with their own credentials without gaining a right. In lower case. To read is no gain either.
const OF_ONESELF: [&str; 22] = [
    "iam:changepassword",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:createservicespecificcredential",
    "iam:createvirtualmfadevice",
    "iam:deactivatemfadevice",
    "iam:deleteaccesskey",
    "iam:deleteloginprofile",
    "iam:deleteservicespecificcredential",
    "iam:deletesigningcertificate",
    "iam:deletesshpublickey",
    "iam:deletevirtualmfadevice",
    "iam:enablemfadevice",
    "iam:resetservicespecificcredential",
    "iam:resyncmfadevice",
    "iam:updateaccesskey",
    "iam:updateloginprofile",
    "iam:updateservicespecificcredential",
    "iam:updatesigningcertificate",
    "iam:updatesshpublickey",
    "iam:uploadsigningcertificate",
    "iam:uploadsshpublickey",
];

const READS: [&str; 2] = ["iam:get", "iam:list"];

/// Whether a statement speaks of that action, in lower case, and of more than the caller's own credentials.
#[must_use]
pub fn reaches_others(statement: &Statement, action: &str) -> bool {
    let is_personal = || OF_ONESELF.contains(&action) || READS.iter().any(|read| action.starts_with(read));
    statement.actions.includes_action(action) && !(is_personal() && is_of_oneself(&statement.resources))
}

/// Whether the resources are the caller alone, or the devices that bear the caller's name.
fn is_of_oneself(resources: &Cover) -> bool {
    let own = |arn: &String| {
        let entity = arn.splitn(6, ':').nth(5).and_then(|entity| entity.split_once('/'));
        entity.is_some_and(|(kind, path)| {
            let name = path.rsplit('/').next().unwrap_or_default();
            arn.starts_with("arn:") && ["user", "mfa"].contains(&kind) && name.eq_ignore_ascii_case("${aws:username}")
        })
    };
    matches!(resources, Cover::Only(arns) if arns.iter().all(own))
}

/// Whether a document allows the action, in lower case, on more than the caller's own credentials, under whatever
/// condition and whatever it denies.
#[must_use]
pub fn allows_to_others(document: &Document, action: &str) -> bool {
    document.statements().any(|it| it.effect == Effect::Allow && reaches_others(it, action))
}

/// The first way to every right that documents in the same hands open, under whatever condition and whatever they deny.
#[must_use]
pub fn opened_by(documents: &[&Document]) -> Option<&'static [&'static str]> {
    let allowed = |action: &&str| {
        let action = action.to_ascii_lowercase();
        documents.iter().any(|document| allows_to_others(document, &action))
    };
    WAYS.iter().copied().find(|way| way.iter().all(allowed))
}

/// Whether a document alone lets its holder take back any change, on every resource, when signed in with MFA.
#[must_use]
pub fn repairs(document: &Document) -> bool {
    can_repair(|question| Grip::of(document, question).reach())
}

/// Whether everything that it takes to mend is within reach, be it that a guard's own condition denies it at times.
pub(super) fn can_repair(reach: impl Fn(&Question<'_>) -> Reach) -> bool {
    let (session, context) = (Session::WithMfa, Session::WithMfa.context());
    let mut questions =
        REPAIR.into_iter().map(|action| Question { action, resource: None, session, context: &context });
    questions.all(|question| reach(&question) >= Reach::Guarded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(actions: &str, resources: &str) -> Document {
        let statement = format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#);
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)).unwrap()
    }

    #[test]
    fn nobody_gains_a_right_by_what_is_done_with_ones_own_credentials_and_by_nothing_else() {
        let table = [
            ("iam:CreateAccessKey", r#""arn:aws:iam::*:user/${aws:username}""#, false),
            (
                "iam:CreateAccessKey",
                r#"["arn:aws:iam::*:user/*/${aws:username}","arn:aws:iam::*:mfa/${aws:username}"]"#,
                false,
            ),
            ("iam:GetUser", r#""arn:aws:iam::*:user/${AWS:UserName}""#, false),
            ("iam:CreateAccessKey", r#"["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:user/ann"]"#, true),
            ("iam:CreateAccessKey", r#""arn:aws:iam::*:user/${aws:username}*""#, true),
            ("iam:CreateAccessKey", r#""arn:aws:iam::*:*${aws:username}*""#, true),
            ("iam:CreateAccessKey", r#""arn:aws:iam::*:*/${aws:username}""#, true),
            ("iam:CreateAccessKey", r#""*""#, true),
            ("iam:PutUserPolicy", r#""arn:aws:iam::*:user/${aws:username}""#, true),
            ("iam:AttachUserPolicy", r#""arn:aws:iam::*:user/${aws:username}""#, true),
            ("iam:DeleteUserPermissionsBoundary", r#""arn:aws:iam::*:user/${aws:username}""#, true),
            ("iam:AddUserToGroup", r#""arn:aws:iam::*:group/${aws:username}""#, true),
        ];
        for (action, resources, others) in table {
            let folded = action.to_ascii_lowercase();
            let document = allow(&format!("{action:?}"), resources);
            assert_eq!(allows_to_others(&document, &folded), others, "{action} {resources}");
            let document = allow(r#""*""#, resources);
            assert_eq!(allows_to_others(&document, &folded), others, "* {resources}");
        }
    }

    #[test]
    fn a_way_is_open_where_all_of_it_is_allowed_by_whichever_documents() {
        let (boundary, assume) =
            (allow(r#""iam:DeleteRole*""#, r#""*""#), allow(r#""sts:*""#, r#""arn:aws:iam::*:role/Boss""#));
        assert_eq!(opened_by(&[&boundary]), None);
        assert_eq!(opened_by(&[&assume]), None);
        assert_eq!(
            opened_by(&[&assume, &boundary]),
            Some(["iam:DeleteRolePermissionsBoundary", "sts:AssumeRole"].as_slice())
        );
    }

    #[test]
    fn to_repair_takes_both_on_everything_and_mfa_at_most() {
        let with = |condition: &str| {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{condition}}}}}"#
            );
            repairs(&Document::parse(&text).unwrap())
        };
        assert!(with("{}") && with(r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#));
        assert!(!with(r#"{"StringEquals":{"aws:PrincipalTag/team":"core"}}"#));
        assert!(!repairs(&allow(r#""iam:CreatePolicyVersion""#, r#""*""#)));
        assert!(!repairs(&allow(r#""*""#, r#""arn:*""#)));
    }
}
