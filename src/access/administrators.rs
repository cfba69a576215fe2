//! Who administers: for certain, where somebody must be left, and perhaps, where nobody may come to it unseen.
//!
//! Owns: the users. Must not: know what it is to administer; `administration` does.

use std::collections::{BTreeMap, BTreeSet};

use super::administration::{WAYS, can_repair, reaches_others};
use super::explain::reach_of;
use super::reach::{Grip, Question, Reach, Session};
use super::{Access, Body, Held, PolicyId};
use crate::name::Name;
use crate::policy::Effect;
use crate::policy::context::Context;

/// The users who may take back any change when they signed in with MFA, be it that a guard's own condition denies it at
/// times.
#[must_use]
pub fn holders(access: &Access) -> BTreeSet<Name> {
    let repairs = by_user(access, |held| can_repair(|question| reach_of(access, held, question)));
    repairs.into_iter().filter_map(|(user, repairs)| repairs.then_some(user)).collect()
}

/// The users who may come by every right in `after`, and could not, or less surely, in `before`.
#[must_use]
pub fn newly(before: &Access, after: &Access) -> BTreeSet<Name> {
    let (was, is) = (grades(before), grades(after));
    let more = |(user, grade): &(Name, Grade)| was.get(user).copied().unwrap_or_default() < *grade;
    is.into_iter().filter(more).map(|(user, _)| user).collect()
}

/// How surely somebody may come by every right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    #[default]
    No,
    /// On some resources, under a condition, or by a policy that is not known.
    Perhaps,
    Surely,
}

impl From<Reach> for Grade {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::None | Reach::Denied => Grade::No,
            Reach::Unknown | Reach::Limited => Grade::Perhaps,
            Reach::Guarded | Reach::Everywhere => Grade::Surely,
        }
    }
}

fn grades(access: &Access) -> BTreeMap<Name, Grade> {
    let grips = WayGrips::new(access);
    by_user(access, |held| grips.grade(held))
}

/// An answer for each user; users who hold the same are asked about once.
fn by_user<T: Copy>(access: &Access, answer: impl Fn(&Held) -> T) -> BTreeMap<Name, T> {
    let mut known: BTreeMap<Held, T> = BTreeMap::new();
    let mut of_user = |user| *known.entry(access.held(user)).or_insert_with_key(|held| answer(held));
    access.users.values().map(|user| (user.name.clone(), of_user(user))).collect()
}

/// What each policy does for the actions of the ways, beyond what people may do with their own credentials. Most do
/// nothing, and are not here.
struct WayGrips(BTreeMap<PolicyId, BTreeMap<(Session, &'static str), Grip>>);

/// An action of a way in a session.
struct Asked {
    session: Session,
    action: &'static str,
    folded: String,
    context: Context,
}

impl Asked {
    fn all() -> Vec<Asked> {
        let of = |session: Session, action: &'static str| {
            let (folded, context) = (action.to_ascii_lowercase(), session.context());
            Asked { session, action, folded, context }
        };
        let actions = || WAYS.iter().copied().flatten().copied();
        Session::ALL.into_iter().flat_map(|session| actions().map(move |action| of(session, action))).collect()
    }

    fn of(&self, body: &Body) -> Grip {
        let (action, session, context) = (self.folded.as_str(), self.session, &self.context);
        let Body::Known(document) = body else { return Grip::unknown() };
        let question = Question { action, resource: None, session, context };
        let counts = document.statements().filter(|it| it.effect == Effect::Deny || reaches_others(it, action));
        Grip::of_statements(counts, document.version(), &question)
    }
}

impl WayGrips {
    fn new(access: &Access) -> Self {
        let asked = Asked::all();
        let of_body = |body: &Body| -> BTreeMap<(Session, &'static str), Grip> {
            let grips = asked.iter().map(|asked| ((asked.session, asked.action), asked.of(body)));
            grips.filter(|(_, grip)| *grip != Grip::default()).collect()
        };
        let of_policy = |id: PolicyId| Some((id, of_body(&access.policy(id)?.body)));
        WayGrips(access.ids().filter_map(of_policy).filter(|(_, grips)| !grips.is_empty()).collect())
    }

    fn grade(&self, held: &Held) -> Grade {
        let of_way = |session: Session, way: &[&'static str]| {
            way.iter().map(|action| Grade::from(self.reach(held, (session, action)))).min().unwrap_or_default()
        };
        let of_session = |session| WAYS.iter().map(move |way| of_way(session, way));
        Session::ALL.into_iter().flat_map(of_session).max().unwrap_or_default()
    }

    fn reach(&self, held: &Held, asked: (Session, &'static str)) -> Reach {
        let grip = |id: &PolicyId| self.0.get(id).and_then(|grips| grips.get(&asked)).copied();
        let reach = held.policies.iter().filter_map(grip).fold(Grip::default(), Grip::and).reach();
        held.boundary.map_or(reach, |boundary| reach.within(grip(&boundary).unwrap_or_default().reach()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::aws::AwsDocuments;
    use crate::catalog::Catalog;
    use crate::live::Live;
    use crate::testing::{ByHand as _, checked, empty_account, ours};

    fn statement(rest: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":{{{rest}}}}}"#)
    }

    /// An account with a user, a group and a policy for each of these texts.
    fn account(policies: &[(&str, &str)]) -> Live {
        let mut live = empty_account();
        for (name, rest) in policies {
            live.user(name).document("/foundation/", name, &statement(rest), 1);
            live.group("/foundation/", name, &[&ours(name)], &[name]);
        }
        live
    }

    fn access(live: &Live) -> Access {
        Access::of_live(live, &AwsDocuments::default())
    }

    fn join(live: &mut Live, user: &str, group: &str) {
        live.users.get_mut(&user.into()).unwrap().groups.insert(group.into());
    }

    #[test]
    fn who_may_take_back_any_change_administers_unless_it_is_always_denied() {
        let mut live = account(&[
            ("All", r#""Effect":"Allow","Action":"*","Resource":"*""#),
            ("One", r#""Effect":"Allow","Action":["iam:CreatePolicyVersion","iam:Detach*"],"Resource":"*""#),
            ("Half", r#""Effect":"Allow","Action":"iam:Attach*","Resource":"*""#),
            ("Wide", r#""Effect":"Allow","Action":"*","Resource":"arn:*""#),
            ("Never", r#""Effect":"Deny","Action":"iam:*","Resource":"*""#),
        ]);
        live.user("both");
        join(&mut live, "both", "All");
        join(&mut live, "both", "Never");
        assert_eq!(holders(&access(&live)), BTreeSet::from(["All".into(), "One".into()]));
    }

    #[test]
    fn whoever_may_come_by_every_right_is_new_among_the_administrators_in_doubt_too() {
        let table = [
            ("Everything", r#""Effect":"Allow","Action":"*","Resource":"arn:*""#, true),
            (
                "InHours",
                r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}"#,
                true,
            ),
            (
                "WithoutMfa",
                r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#,
                true,
            ),
            ("Attaches", r#""Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*""#, true),
            (
                "ToOneself",
                r#""Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"arn:aws:iam::*:user/${aws:username}""#,
                true,
            ),
            ("AllButOne", r#""Effect":"Allow","NotAction":"iam:DetachGroupPolicy","Resource":"*""#, true),
            (
                "OwnKeys",
                r#""Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::*:user/${aws:username}""#,
                false,
            ),
            (
                "PowerUser",
                r#""Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*""#,
                false,
            ),
            (
                "Passes",
                r#""Effect":"Allow","Action":["iam:PassRole","ec2:*","iam:Get*","iam:List*"],"Resource":"*""#,
                false,
            ),
            ("Guard", r#""Effect":"Deny","Action":"*","Resource":"*""#, false),
        ];
        let live = account(&table.map(|(name, rest, _)| (name, rest)));
        let mut before = live.clone();
        before.groups.values_mut().for_each(|group| group.attached.clear());
        let expected: BTreeSet<Name> = table.iter().filter(|row| row.2).map(|row| row.0.into()).collect();
        assert_eq!(newly(&access(&before), &access(&live)), expected);
        assert_eq!(newly(&access(&live), &access(&live)), BTreeSet::new());
    }

    #[test]
    fn what_is_not_known_counts_and_a_boundary_or_a_deny_that_holds_always_ends_it() {
        let mut live = account(&[
            ("All", r#""Effect":"Allow","Action":"*","Resource":"*""#),
            ("Never", r#""Effect":"Deny","Action":["iam:*","sts:*"],"Resource":"*""#),
            ("Odd", r#""Effect":"Allow","Nonsense":1"#),
            ("Reads", r#""Effect":"Allow","Action":"iam:Get*","Resource":"*""#),
        ]);
        live.user("denied").user("bound");
        join(&mut live, "denied", "All");
        join(&mut live, "denied", "Never");
        join(&mut live, "bound", "All");
        live.users.get_mut(&"bound".into()).unwrap().boundary = Some(live.policies[&"Reads".into()].arn.clone());
        let nobody = access(&empty_account());
        assert_eq!(newly(&nobody, &access(&live)), BTreeSet::from(["All".into(), "Odd".into()]));
    }

    #[test]
    fn to_reach_more_of_the_same_is_new_as_well() {
        let interns = r#""Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"arn:aws:iam::*:user/interns/*""#;
        let all = r#""Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*""#;
        let [few, many] = [interns, all].map(|rest| access(&account(&[("Helper", rest)])));
        assert_eq!(newly(&few, &many), BTreeSet::from(["Helper".into()]));
        assert_eq!(newly(&many, &few), BTreeSet::new());
    }

    #[test]
    fn in_the_example_only_the_administrator_administers() {
        let documents = [
            (
                "AmazonAPIGatewayReadOnlyAccess",
                include_str!("../../config/policies/AmazonAPIGatewayReadOnlyAccess.json"),
            ),
            ("DenyDataPipelinePolicy", include_str!("../../config/policies/DenyDataPipelinePolicy.json")),
            ("DenyIPAddressPolicy", include_str!("../../config/policies/DenyIPAddressPolicy.json")),
            ("DenyRDSLargeCreationPolicy", include_str!("../../config/policies/DenyRDSLargeCreationPolicy.json")),
            ("MFAForcePolicy", include_str!("../../config/policies/MFAForcePolicy.json")),
        ];
        let example = checked(include_str!("../../config/matrix.yaml"), &documents, "");
        let (matrix, catalog) = (example.matrix(), Catalog::embedded("aws"));
        let named = matrix.policies.iter().map(|row| &row.name.value).filter(|name| !matrix.defines(name));
        let access = Access::of_matrix(matrix, &catalog, &AwsDocuments::shipped(&catalog, named));
        let administrator = BTreeSet::from(["admin@demoasacode.io".into()]);
        assert_eq!(newly(&self::access(&empty_account()), &access), administrator);
        assert_eq!(holders(&access), administrator);
    }
}
