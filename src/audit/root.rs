//! Rows about the root user, from the account summary and the credential report.

use super::credential_report::Credentials;
use super::evidence::{Answer, Root};
use super::inspection::Inspection;
use super::report::{Finding, Judged};

/// The root user, as findings name it.
const ROOT: &str = "root user";
/// Use within so many days is told: the time between two audits.
const USED_DAYS: i64 = 90;

/// What the account summary says. Where nobody can sign in as root, as an organization can arrange, there is nothing
/// to find fault with.
fn judged(inspection: &Inspection<'_>, finding: impl Fn(&Root) -> Answer<Option<Finding>>) -> Answer<Judged> {
    let root = inspection.evidence.root.as_ref().map_err(Clone::clone)?;
    if !root.password && !root.keys {
        return Ok(Judged::one(None).noting(["the root user has no credentials at all".to_owned()]));
    }
    let central = matches!(inspection.evidence.central_root, Ok(true))
        .then(|| "the organization manages root users: take this one's credentials away altogether".to_owned());
    Ok(Judged::one(finding(root)?).noting(central))
}

/// The root user can do everything, whatever a policy says.
pub(super) fn has_mfa(inspection: &Inspection<'_>) -> Answer<Judged> {
    judged(inspection, |root| {
        let evidence = vec!["GetAccountSummary: AccountMFAEnabled is 0".to_owned()];
        let remedy = "sign in as root and register a device under Security credentials";
        Ok((!root.mfa).then(|| Finding::new(ROOT, evidence, remedy)))
    })
}

/// Hardware and FIDO devices are not among the virtual ones, so a root user with MFA and without a virtual device has
/// one of them.
pub(super) fn has_hardware_mfa(inspection: &Inspection<'_>) -> Answer<Judged> {
    judged(inspection, |root| {
        let device = inspection.evidence.root_virtual_device()?;
        let evidence = match device {
            Some(device) => format!("has the virtual device {}", device.serial),
            None if !root.mfa => "has no MFA device".to_owned(),
            None => return Ok(None),
        };
        let remedy = "sign in as root, register a security key, and take the virtual device off";
        Ok(Some(Finding::new(ROOT, vec![evidence], remedy)))
    })
}

/// A key of the root user cannot be limited by any policy.
pub(super) fn has_no_keys(inspection: &Inspection<'_>) -> Answer<Judged> {
    let keys = inspection.evidence.report().ok().and_then(|report| report.root.as_ref());
    judged(inspection, |root| {
        let ages = keys.into_iter().flat_map(Credentials::active_keys);
        let ages = ages.filter_map(|(number, key)| Some(format!("key {number} made {}", inspection.told(key.made?))));
        let evidence = ["GetAccountSummary: AccountAccessKeysPresent is not 0".to_owned()].into_iter().chain(ages);
        let remedy = "sign in as root and delete its access keys; use a role for what they did";
        Ok(root.keys.then(|| Finding::new(ROOT, evidence.collect(), remedy)))
    })
}

/// Root is for the few things that only root can do.
pub(super) fn is_unused(inspection: &Inspection<'_>) -> Answer<Judged> {
    let Some(root) = &inspection.evidence.report()?.root else {
        return Ok(Judged::one(None).noting(["the credential report has no line for the root user".to_owned()]));
    };
    let used = root.last_used();
    let lately = used.filter(|at| inspection.days(*at) < USED_DAYS);
    let finding = lately.map(|at| {
        let remedy = "find out in CloudTrail what was done; do it with a role from now on";
        Finding::new(ROOT, vec![format!("last used {}", inspection.told(at))], remedy)
    });
    let note = used.filter(|_| lately.is_none()).map(|at| format!("last used {}", inspection.told(at)));
    Ok(Judged::one(finding).noting(note))
}

/// Credentials that the organization keeps from being made at all.
pub(super) fn is_managed_centrally(inspection: &Inspection<'_>) -> Answer<Judged> {
    let central = inspection.evidence.central_root.as_ref().map_err(Clone::clone)?;
    let evidence = vec!["ListOrganizationsFeatures does not name RootCredentialsManagement".to_owned()];
    let remedy = "switch it on: `aws iam enable-organizations-root-credentials-management`";
    let account = inspection.evidence.account.as_str();
    Ok(Judged::one((!central).then(|| Finding::new(account, evidence, remedy))))
}
