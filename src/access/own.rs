//! Whether a plan would shut iamatrix itself out. (Rule L05.)
//!
//! Most often it runs under a role, which no group reaches; then there is nothing to ask. Under an IAM user, a guard that
//! demands MFA of everybody ends the operator together with its repairs, and so does a policy that comes off it.

use super::explain::reach_of;
use super::reach::{Question, Reach, Session};
use super::{Access, User};
use crate::name::Name;

/// What it takes to look at an account and to take a change back. In lower case.
const NEEDED: [&str; 4] =
    ["iam:getaccountauthorizationdetails", "iam:attachgrouppolicy", "iam:createpolicyversion", "iam:detachgrouppolicy"];

/// What the user that iamatrix runs as would lose, in words: what may be possible now, and is not any more.
#[must_use]
pub fn lost(before: &Access, after: &Access, name: &Name) -> Option<String> {
    let reach_in = |access: &Access, action: &str| access.users.get(name).map(|user| reach(access, user, action));
    let is_possible = |reach: Option<Reach>| reach.is_some_and(|reach| reach >= Reach::Unknown);
    let lost = |action: &str| is_possible(reach_in(before, action)) && !is_possible(reach_in(after, action));
    let action = NEEDED.into_iter().find(|action| lost(action))?;
    let (verb, preposition) =
        if reach_in(after, action) == Some(Reach::Denied) { ("deny", "to") } else { ("take", "from") };
    Some(format!("{verb} {action} {preposition} {name}, the user whose credentials iamatrix runs with"))
}

fn reach(access: &Access, user: &User, action: &str) -> Reach {
    let context = Session::AccessKey.context();
    let question = Question { action, resource: None, session: Session::AccessKey, context: &context };
    reach_of(access, &access.held(user), &question)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::aws::AwsDocuments;
    use crate::live::Live;
    use crate::testing::{ByHand as _, empty_account, ours};

    fn access(live: &Live) -> Access {
        Access::of_live(live, &AwsDocuments::default())
    }

    /// An account in which Base, with these policies on it, has robot as its member.
    fn account(attached: &[&str]) -> Live {
        let guard = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}}"#;
        let works =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:*"}}"#;
        let mut live = empty_account();
        live.user("robot").user("ann").document("/foundation/", "Guard", guard, 1).document(
            "/foundation/",
            "Works",
            works,
            1,
        );
        let attached: Vec<String> = attached.iter().map(|name| ours(name)).collect();
        let attached: Vec<&str> = attached.iter().map(String::as_str).collect();
        live.group("/foundation/", "Base", &attached, &["robot"]);
        live
    }

    #[test]
    fn what_the_operators_own_user_could_do_and_can_no_more_is_told_however_it_is_lost() {
        let robot = Name::from("robot");
        let (works, denied, nothing) =
            (access(&account(&["Works"])), access(&account(&["Works", "Guard"])), access(&account(&[])));
        insta::assert_snapshot!(lost(&works, &denied, &robot).unwrap(), @"deny iam:getaccountauthorizationdetails to robot, the user whose credentials iamatrix runs with");
        insta::assert_snapshot!(lost(&works, &nothing, &robot).unwrap(), @"take iam:getaccountauthorizationdetails from robot, the user whose credentials iamatrix runs with");
        assert_eq!(lost(&denied, &denied, &robot), None, "nothing changes for the worse");
        assert_eq!(lost(&nothing, &denied, &robot), None, "there was nothing to lose");
        assert_eq!(lost(&works, &denied, &"ann".into()), None);
    }
}
