//! Where people may come from: identity providers and the organization. The sandbox has neither.

use super::{Answer, Call, result};
use crate::sandbox::error::{Code, Error};

/// Lists SAML providers.
pub fn list_saml(call: &mut Call<'_>) -> Answer {
    call.params.reader().finish()?;
    result(|xml| xml.texts("SAMLProviderList", [""; 0]))
}

/// Lists `OpenID` Connect providers.
pub fn list_oidc(call: &mut Call<'_>) -> Answer {
    call.params.reader().finish()?;
    result(|xml| xml.texts("OpenIDConnectProviderList", [""; 0]))
}

/// Shows what an organization manages centrally, of an account that is in one. The sentence is ours: AWS documents none.
pub fn organizations_features(call: &mut Call<'_>) -> Answer {
    call.params.reader().finish()?;
    Err(Error::new(Code::OrganizationNotFound, "The account is not a member of an organization."))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn there_are_no_providers_and_there_is_no_organization() {
        let mut account = Account::new();
        assert!(account.ok("ListSAMLProviders", &[]).contains("SAMLProviderList"));
        assert!(account.ok("ListOpenIDConnectProviders", &[]).contains("OpenIDConnectProviderList"));
        account.refused("ListOrganizationsFeatures", &[], "OrganizationNotFoundException");
    }
}
