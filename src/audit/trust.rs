//! The row about roles that people may assume: a guard on people ends where a role begins.
//!
//! A role's session carries no MFA, and is judged by the role's own policies. Only the role's trust policy can ask for
//! MFA, of the call by which it is assumed (IAM user guide, "Configuring MFA-protected API access").

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::enforcement;
use super::evidence::{Answer, Role};
use super::inspection::{Inspection, counted};
use super::report::Judged;
use crate::access::explain::reach_of;
use crate::access::reach::{Grip, Question, Reach, Session};
use crate::access::standing::Required;
use crate::access::{Access, Held, User};
use crate::name::Name;
use crate::policy::Document;
use crate::policy::context::{Context, Fact};

/// What assumes a role, in lower case.
const ASSUME: &str = "sts:assumerole";
/// So many roles are named in a finding.
const SHOWN: usize = 5;

/// A role's trust policy, as far as it is about people of an account.
#[derive(Debug, Default)]
struct Trust(Vec<Clause>);

/// A statement of a trust policy.
#[derive(Debug)]
struct Clause {
    /// Who is meant, as written: ARNs, ids of accounts, or `*`.
    principals: BTreeSet<String>,
    /// The statement without its principal, which identity policies do not know.
    document: Document,
}

impl Trust {
    /// Reads a trust policy; nothing when it cannot be understood. What is about services and federations is left out.
    fn read(text: &str) -> Option<Self> {
        let mut policy: Value = serde_json::from_str(text).ok()?;
        let statements = match policy.get_mut("Statement")?.take() {
            Value::Array(statements) => statements,
            one => vec![one],
        };
        let mut trust = Trust::default();
        for mut statement in statements {
            let fields = statement.as_object_mut()?;
            let principals = principals(&fields.remove("Principal")?)?;
            if !principals.is_empty() {
                fields.insert("Resource".to_owned(), json!("*"));
                *policy.get_mut("Statement")? = statement;
                trust.0.push(Clause { principals, document: Document::parse(&policy.to_string()).ok()? });
            }
        }
        Some(trust)
    }

    /// Whether it lets the user assume the role without MFA, as far as it goes.
    fn is_open_to(&self, person: &Person<'_>, role: &Role) -> bool {
        let clauses: Vec<&Clause> = self.0.iter().filter(|clause| clause.means(person)).collect();
        Session::UNPROVED.into_iter().any(|session| {
            let context = person.context(session);
            let question = Question { action: ASSUME, resource: Some(role.arn.as_str()), session, context: &context };
            let whole = clauses.iter().fold(Grip::default(), |whole, it| whole.and(Grip::of(&it.document, &question)));
            whole.reach().is_possible()
        })
    }

    /// Whether it names the user, who then needs no policy that allows to assume the role (STS API reference,
    /// `AssumeRole`).
    fn names(&self, person: &Person<'_>) -> bool {
        self.0.iter().any(|clause| clause.principals.contains(&person.arn))
    }
}

impl Clause {
    fn means(&self, person: &Person<'_>) -> bool {
        let is_meant = |principal: &String| *principal == person.arn || person.everybody.contains(principal);
        self.principals.iter().any(is_meant)
    }
}

/// The principals that may be people: `*`, or what stands under `AWS`.
fn principals(principal: &Value) -> Option<BTreeSet<String>> {
    let listed = match principal {
        Value::Object(kinds) => match kinds.get("AWS") {
            Some(listed) => listed,
            None => return Some(BTreeSet::new()),
        },
        everybody => everybody,
    };
    match listed {
        Value::String(one) => Some([one.clone()].into()),
        Value::Array(many) => many.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A user as trust policies mean users.
struct Person<'a> {
    user: &'a User,
    arn: String,
    /// How they mean everybody of the account.
    everybody: &'a [String],
    account: &'a str,
}

impl Person<'_> {
    fn context(&self, session: Session) -> Context {
        session
            .context()
            .with("aws:username", Fact::text(self.user.name.as_str()))
            .with("aws:PrincipalAccount", Fact::text(self.account))
            .with("aws:PrincipalArn", Fact::Arn(self.arn.clone()))
    }

    /// How far the user's own policies reach for assuming a role, or any.
    fn reach(&self, access: &Access, held: &Held, role: Option<&Role>) -> Reach {
        let session = Session::WithMfa;
        let context = self.context(session);
        let resource = role.map(|role| role.arn.as_str());
        reach_of(access, held, &Question { action: ASSUME, resource, session, context: &context })
    }

    /// Whether the user can assume the role once MFA was used; for a trust that names the user no deny is enough.
    fn may_assume(&self, access: &Access, held: &Held, (role, trust): (&Role, &Trust)) -> bool {
        match self.reach(access, held, Some(role)) {
            Reach::Denied => false,
            reach => reach.is_possible() || trust.names(self) && held.boundary.is_none(),
        }
    }
}

/// MFA is required of people and enforced, and a role that they may assume does not ask for it.
pub(super) fn roles_ask_for_mfa(inspection: &Inspection<'_>) -> Answer<Judged> {
    let standings = inspection.standings().ok_or_else(enforcement::nobody_says)?;
    let (evidence, entities, access) = (inspection.evidence, inspection.evidence.entities()?, inspection.access()?);
    let mut unread = Vec::new();
    let mut roles: Vec<(&Role, Trust)> = Vec::new();
    for role in entities.roles.values() {
        match role.trust.as_deref().and_then(Trust::read) {
            Some(trust) if trust.0.is_empty() => {}
            Some(trust) => roles.push((role, trust)),
            None => unread.push(format!("the trust policy of role {} cannot be read, and was not judged", role.name)),
        }
    }
    let arns = format!("arn:{}:iam::{}", evidence.partition, evidence.account);
    let everybody = [format!("{arns}:root"), evidence.account.clone(), "*".to_owned()];
    let guarded = standings.iter().filter(|it| it.required == Required::Yes && it.enforced.is_yes());
    let mut judged = Judged { examined: entities.roles.len(), ..Judged::default() };
    for user in guarded.filter_map(|standing| access.users.get(&standing.user)) {
        let arn = format!("{arns}:user{}{}", user.path.as_deref().unwrap_or("/"), user.name);
        let person = Person { user, arn, everybody: &everybody, account: &evidence.account };
        let open = open_to(&person, access, &roles);
        if !open.is_empty() {
            judged.findings.push(inspection.of_user(&user.name, told(&open), REMEDY));
        }
    }
    Ok(judged.noting(unread))
}

const REMEDY: &str =
    "add `\"Bool\": { \"aws:MultiFactorAuthPresent\": \"true\" }` to the condition of the role's trust policy";

/// The roles that a user can assume and that do not ask for MFA.
fn open_to<'r>(person: &Person<'_>, access: &Access, roles: &'r [(&Role, Trust)]) -> Vec<&'r Name> {
    let held = access.held(person.user);
    let may_any = person.reach(access, &held, None).is_possible();
    let open = roles.iter().filter(|(role, trust)| {
        (may_any || trust.names(person))
            && trust.is_open_to(person, role)
            && person.may_assume(access, &held, (role, trust))
    });
    open.map(|(role, _)| &role.name).collect()
}

fn told(roles: &[&Name]) -> Vec<String> {
    let mut facts: Vec<String> =
        roles.iter().take(SHOWN).map(|role| format!("may assume role {role}, which does not ask for MFA")).collect();
    let more = roles.len().saturating_sub(SHOWN);
    facts.extend((more > 0).then(|| format!("and {} more", counted(more, "role", "roles"))));
    facts
}
