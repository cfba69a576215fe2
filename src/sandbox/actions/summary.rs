//! `GetAccountSummary`: what there is, and how much there may be.

use super::{Answer, Call, result};
use crate::sandbox::{limits, state::State};

/// Shows counts and quotas.
pub fn get(call: &mut Call<'_>) -> Answer {
    let state = &*call.state;
    result(|xml| {
        xml.within("SummaryMap", |xml| {
            for (key, value) in counts(state).into_iter().chain(QUOTAS.iter().copied()) {
                xml.within("entry", |xml| {
                    xml.text("key", key);
                    xml.plain("value", value);
                });
            }
        });
    })
}

fn counts(state: &State) -> Vec<(&'static str, usize)> {
    let versions = state.policies.values().map(|policy| policy.versions.len());
    let in_use = state.devices.values().filter(|device| device.owner.is_some());
    vec![
        ("Users", state.users.len()),
        ("Groups", state.groups.len()),
        ("Roles", state.roles.len()),
        ("Policies", state.policies.len()),
        ("PolicyVersionsInUse", versions.sum()),
        ("MFADevices", state.devices.len()),
        ("MFADevicesInUse", in_use.count()),
    ]
}

/// Quotas, and what this sandbox never has or always has: a root user with a password and an MFA
/// device but no keys.
const QUOTAS: &[(&str, usize)] = &[
    ("UsersQuota", limits::USERS),
    ("GroupsQuota", limits::GROUPS),
    ("RolesQuota", limits::ROLES),
    ("PoliciesQuota", limits::POLICIES),
    ("GroupsPerUserQuota", limits::GROUPS_PER_USER),
    ("AttachedPoliciesPerGroupQuota", limits::ATTACHED_PER_ENTITY),
    ("AttachedPoliciesPerUserQuota", limits::ATTACHED_PER_ENTITY),
    ("AttachedPoliciesPerRoleQuota", limits::ATTACHED_PER_ENTITY),
    ("PolicySizeQuota", limits::POLICY_SIZE),
    ("UserPolicySizeQuota", limits::USER_INLINE_SIZE),
    ("GroupPolicySizeQuota", limits::GROUP_INLINE_SIZE),
    ("RolePolicySizeQuota", limits::ROLE_INLINE_SIZE),
    ("AssumeRolePolicySizeQuota", limits::TRUST_POLICY_SIZE),
    ("VersionsPerPolicyQuota", limits::VERSIONS_PER_POLICY),
    ("PolicyVersionsInUseQuota", limits::POLICY_VERSIONS_IN_USE),
    ("AccessKeysPerUserQuota", limits::ACCESS_KEYS_PER_USER),
    ("SigningCertificatesPerUserQuota", limits::SIGNING_CERTIFICATES_PER_USER),
    ("ServerCertificates", 0),
    ("ServerCertificatesQuota", limits::SERVER_CERTIFICATES),
    ("InstanceProfiles", 0),
    ("InstanceProfilesQuota", limits::INSTANCE_PROFILES),
    ("Providers", 0),
    ("AccountMFAEnabled", 1),
    ("AccountPasswordPresent", 1),
    ("AccountAccessKeysPresent", 0),
    ("AccountSigningCertificatesPresent", 0),
    ("GlobalEndpointTokenVersion", 1),
];

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn counts_are_true_and_every_key_of_the_model_is_there() {
        let mut account = Account::new();
        account.ok("CreateUser", &[("UserName", "u")]);
        account.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "d")]);
        let xml = account.ok("GetAccountSummary", &[]);
        assert!(xml.contains("<key>Users</key><value>1</value>"));
        assert!(xml.contains("<key>MFADevices</key><value>1</value>"));
        assert!(xml.contains("<key>MFADevicesInUse</key><value>0</value>"));
        assert!(xml.contains("<key>AttachedPoliciesPerGroupQuota</key><value>10</value>"));
        assert_eq!(xml.matches("<entry>").count(), 34);
    }
}
