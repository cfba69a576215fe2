//! What everybody holds, and the row that needs a matrix: whether MFA is enforced for everybody who must have it. A device alone enforces
//! nothing, and other audits ask for no more than a device.

use super::evidence::{Answer, Evidence, Unanswered, inline_name, placed};
use super::inspection::Inspection;
use super::report::Judged;
use crate::access::Access;
use crate::access::aws::AwsDocuments;
use crate::access::mfa::Enforced;
use crate::access::standing::{self, Required, Standing};
use crate::catalog::AwsPolicy;
use crate::live::Live;
use crate::matrix::{Matrix, Quotas};

/// So many actions that slip through are named.
const SHOWN: usize = 3;

/// What everybody of the account holds, each document with its places in the live text; an inline policy is named with its
/// holder.
///
/// # Errors
/// When users and policies are not known.
pub fn access(evidence: &Evidence) -> Answer<Access> {
    let entities = evidence.entities()?;
    let mut documents = AwsDocuments::default();
    for (arn, document) in &entities.aws {
        let policy = AwsPolicy { name: arn.name(), arn: arn.clone(), attachable: true, version: None };
        documents.take(&policy, "in force".to_owned(), placed(arn.name().as_str(), document));
    }
    let (mut groups, mut users, mut policies) =
        (entities.groups.clone(), entities.users.clone(), entities.policies.clone());
    let inline = groups.values_mut().map(|group| (&group.name, &mut group.inline));
    for (of, inline) in inline.chain(users.values_mut().map(|user| (&user.name, &mut user.inline))) {
        let named = inline.iter().map(|(name, document)| (inline_name(of, name), document));
        *inline = named.map(|(name, document)| (name.clone(), placed(&name, document))).collect();
    }
    for policy in policies.values_mut() {
        policy.document = placed(policy.name.as_str(), &policy.document);
    }
    let live = Live {
        account: evidence.account.clone(),
        partition: evidence.partition.clone(),
        own_user: None,
        quotas: Quotas::default(),
        groups,
        users,
        policies,
        password_policy: None,
    };
    Ok(Access::of_live(&live, &documents))
}

/// Where everybody of the account stands with MFA, as the matrix requires it and the live policies enforce it.
///
/// # Errors
/// When users and policies are not known.
pub fn standings(evidence: &Evidence, matrix: &Matrix) -> Answer<Vec<Standing>> {
    Ok(standing::standings(&access(evidence)?, matrix))
}

/// Why a row that needs a matrix has no answer without one.
pub(super) fn nobody_says() -> Unanswered {
    Unanswered::Elsewhere("no matrix says who must have MFA; name its folder with --config".to_owned())
}

/// Required, and nothing makes it so.
pub(super) fn is_enforced(inspection: &Inspection<'_>) -> Answer<Judged> {
    let standings = inspection.standings().ok_or_else(nobody_says)?;
    let required = standings.iter().filter(|standing| standing.required == Required::Yes);
    Ok(Judged::each(required, |standing| {
        let Enforced::No { slips } = &standing.enforced else { return None };
        let facts = slips.iter().take(SHOWN).map(ToString::to_string);
        let remedy =
            "give the user's groups, or the baseline, a policy that denies everything but enrolment without MFA";
        Some(inspection.of_user(&standing.user, facts.collect(), remedy))
    }))
}
