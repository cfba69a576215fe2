//! Who administers: who may change what others may do, and so take back any change.

use std::collections::{BTreeMap, BTreeSet};

use super::explain::reach_of;
use super::reach::{Question, Reach, Session};
use super::{Access, Held};
use crate::ceiling::ADMINISTRATION;
use crate::name::Name;

/// The users who administer when they signed in with MFA, be it that a guard's own condition denies it at times.
#[must_use]
pub fn holders(access: &Access) -> BTreeSet<Name> {
    let mut known: BTreeMap<Held, bool> = BTreeMap::new();
    let mut holders = BTreeSet::new();
    for user in access.users.values() {
        let held = access.held(user);
        let administers = known.entry(held).or_insert_with_key(|held| administers(access, held));
        if *administers {
            holders.insert(user.name.clone());
        }
    }
    holders
}

fn administers(access: &Access, held: &Held) -> bool {
    let (session, context) = (Session::WithMfa, Session::WithMfa.context());
    let may = |action| {
        let question = Question { action, resource: None, session, context: &context };
        reach_of(access, held, &question) >= Reach::Guarded
    };
    ADMINISTRATION.into_iter().all(may)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::aws::AwsDocuments;
    use crate::testing::{ByHand as _, empty_account};

    const ALL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    const ONE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:CreatePolicyVersion","iam:Detach*"],"Resource":"*"}}"#;
    const READ: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}}"#;
    const NEVER: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:*","Resource":"*"}}"#;

    #[test]
    fn who_may_take_back_any_change_administers_unless_it_is_always_denied() {
        let mut live = empty_account();
        for (name, text) in [("All", ALL), ("One", ONE), ("Read", READ), ("Never", NEVER)] {
            live.user(name).document("/foundation/", name, text, 1).group("/foundation/", name, &[], &[name]);
            let arn = live.policies[&name.into()].arn.clone();
            live.groups.get_mut(&name.into()).unwrap().attached.insert(arn);
        }
        live.user("both");
        for group in ["All", "Never"] {
            live.users.get_mut(&"both".into()).unwrap().groups.insert(group.into());
        }
        let access = Access::of_live(&live, &AwsDocuments::default());
        assert_eq!(holders(&access), BTreeSet::from(["All".into(), "One".into()]));
    }
}
