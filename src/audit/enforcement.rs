//! The row that needs a matrix: whether MFA is enforced for everybody who must have it. A device alone enforces
//! nothing, and other audits ask for no more than a device.

use super::evidence::{Answer, Evidence, Unanswered};
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

/// Where everybody of the account stands with MFA, as the matrix requires it and the live policies enforce it.
///
/// # Errors
/// When users and policies are not known.
pub fn standings(evidence: &Evidence, matrix: &Matrix) -> Answer<Vec<Standing>> {
    let entities = evidence.entities()?;
    let mut documents = AwsDocuments::default();
    for (arn, document) in &entities.aws {
        let policy = AwsPolicy { name: arn.name(), arn: arn.clone(), attachable: true, version: None };
        documents.take(&policy, "in force".to_owned(), document.clone());
    }
    let live = Live {
        account: evidence.account.clone(),
        partition: evidence.partition.clone(),
        quotas: Quotas::default(),
        groups: entities.groups.clone(),
        users: entities.users.clone(),
        policies: entities.policies.clone(),
        password_policy: None,
    };
    Ok(standing::standings(&Access::of_live(&live, &documents), matrix))
}

/// Required, and nothing makes it so.
pub(super) fn is_enforced(inspection: &Inspection<'_>) -> Answer<Judged> {
    let unknown =
        || Unanswered::Elsewhere("no matrix says who must have MFA; name its folder with --config".to_owned());
    let standings = inspection.standings().ok_or_else(unknown)?;
    let required = standings.iter().filter(|standing| standing.required == Required::Yes);
    Ok(Judged::each(required, |standing| {
        let Enforced::No { slips } = &standing.enforced else { return None };
        let facts = slips.iter().take(SHOWN).map(ToString::to_string);
        let remedy =
            "give the user's groups, or the baseline, a policy that denies everything but enrolment without MFA";
        Some(inspection.of_user(&standing.user, facts.collect(), remedy))
    }))
}
