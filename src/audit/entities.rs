//! Rows about users and groups, and where people come from.

use super::evidence::Answer;
use super::inspection::{IN_MATRIX, Inspection, NOT_IN_MATRIX, counted};
use super::report::{Finding, Judged};

/// Whoever is in no group gets no permissions through the matrix, and none of its guards either.
pub(super) fn users_are_in_groups(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    let report = inspection.evidence.users().ok();
    Ok(Judged::each(entities.users.values(), |user| {
        user.groups.is_empty().then(|| {
            let created = report.and_then(|report| report.get(&user.name)?.created);
            let mut evidence = vec!["is in no group".to_owned()];
            evidence.extend(created.map(|at| format!("created {}", inspection.told(at))));
            let direct = user.attached.len() + user.inline.len();
            evidence
                .extend((direct > 0).then(|| format!("carries {} directly", counted(direct, "policy", "policies"))));
            let remedy = if inspection.wanted().is_some_and(|wanted| wanted.grouped.contains(&user.name)) {
                IN_MATRIX
            } else {
                "give the user a row with groups in matrix.yaml, or delete the user"
            };
            inspection.of_user(&user.name, evidence, remedy)
        })
    }))
}

/// A group without users grants nothing, until somebody is put into it without a thought.
pub(super) fn groups_have_users(inspection: &Inspection<'_>) -> Answer<Judged> {
    let entities = inspection.evidence.entities()?;
    Ok(Judged::each(entities.groups.values(), |group| {
        group.members.is_empty().then(|| {
            let remedy = match inspection.wanted().map(|wanted| wanted.whole(&group.name)) {
                _ if !inspection.is_ours(&group.path) => "delete the group, or ask whose it is",
                Some(None) => NOT_IN_MATRIX,
                Some(Some((_, users))) if users > 0 => IN_MATRIX,
                None | Some(Some(_)) => {
                    "remove the column from matrix.yaml and let `prune` delete the group, or put somebody into it"
                }
            };
            let evidence = vec![
                format!("path {}", group.path),
                format!("carries {}", counted(group.attached.len(), "policy", "policies")),
            ];
            Finding::new(group.name.as_str(), evidence, remedy)
        })
    }))
}

/// One directory, from which people come and in which they are switched off.
pub(super) fn identity_is_central(inspection: &Inspection<'_>) -> Answer<Judged> {
    let saml = inspection.evidence.saml_providers.as_ref();
    let oidc = inspection.evidence.oidc_providers.as_ref();
    let providers: Vec<_> = saml.into_iter().flatten().chain(oidc.into_iter().flatten()).collect();
    if !providers.is_empty() {
        let names = providers.iter().map(|provider| format!("provider {provider}"));
        return Ok(Judged { examined: providers.len(), ..Judged::default() }.noting(names));
    }
    saml.and(oidc).map_err(Clone::clone)?;
    let evidence = vec!["neither a SAML nor an OpenID Connect provider".to_owned()];
    let remedy = "use IAM Identity Center or a SAML provider for people, and keep IAM users for what cannot; \
                  where the account is entered from another one, that one has the provider";
    Ok(Judged::one(Some(Finding::new(inspection.evidence.account.as_str(), evidence, remedy))))
}
