//! Whether a plan would shut iamatrix itself out. (Rule L05.)
//!
//! Most often it runs under a role, which no group reaches; then there is nothing to ask. Under an IAM user, a guard that
//! demands MFA of everybody ends the operator together with its repairs.

use super::explain::reach_of;
use super::reach::{Question, Reach, Session};
use super::{Access, User};
use crate::name::Name;

/// What it takes to look at an account and to take a change back. In lower case.
const NEEDED: [&str; 4] =
    ["iam:getaccountauthorizationdetails", "iam:attachgrouppolicy", "iam:createpolicyversion", "iam:detachgrouppolicy"];

/// What would be denied to the user that iamatrix runs as and is not now, in words.
#[must_use]
pub fn denied(before: &Access, after: &Access, name: &Name) -> Option<String> {
    let denied = |access: &Access, action: &str| {
        access.users.get(name).is_some_and(|user| reach(access, user, action) == Reach::Denied)
    };
    let action = NEEDED.iter().find(|action| denied(after, action) && !denied(before, action))?;
    Some(format!("deny {action} to {name}, the user whose credentials iamatrix runs with"))
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
    use crate::name::Arn;
    use crate::testing::{ByHand as _, empty_account};

    #[test]
    fn a_guard_that_reaches_the_operators_own_user_is_told_and_one_that_does_not_is_none() {
        let mut live = empty_account();
        let guard = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}}"#;
        live.user("robot").user("ann").document("/foundation/", "Guard", guard, 1);
        live.group("/foundation/", "Base", &[], &["robot"]);
        let access = |live: &Live| Access::of_live(live, &AwsDocuments::default());
        let before = access(&live);
        let arn = Arn::new("arn:aws:iam::123456789012:policy/foundation/Guard");
        live.groups.get_mut(&"Base".into()).unwrap().attached.insert(arn);
        let after = access(&live);
        let robot = Name::from("robot");
        insta::assert_snapshot!(denied(&before, &after, &robot).unwrap(), @"deny iam:getaccountauthorizationdetails to robot, the user whose credentials iamatrix runs with");
        assert_eq!(denied(&after, &after, &robot), None, "nothing changes for the worse");
        assert_eq!(denied(&before, &after, &"ann".into()), None);
    }
}
