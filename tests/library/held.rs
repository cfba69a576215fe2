//! People who carry the library: `check` finds nothing that its pages do not tell, and MFA is proved for everybody.

use std::collections::BTreeSet;

use iamatrix::access::Access;
use iamatrix::access::aws::AwsDocuments;
use iamatrix::access::mfa::{Enforced, Prover};
use iamatrix::catalog::Catalog;
use iamatrix::files::Files;
use iamatrix::matrix::{Checked, check, load};
use iamatrix::name::Name;

use super::desk::text;

const OPERATOR: &str = "\
account: \"123456789012\"
mode: observe
protect: { users: [break-glass] }
";

/// What the pages tell that `check` will say: which rule, of which document.
const TOLD: [(&str, &str); 2] = [("L01", "DenyIPAddressPolicy"), ("M03", "MFAFirstSignInPolicy")];

/// Each way to demand MFA: the documents of a baseline, the first of which enforces.
pub const BASELINES: [&[&str]; 5] = [
    &["MFAForcePolicy"],
    &["MFAFirstSignInPolicy"],
    &["MFASelfManagePolicy"],
    &["MFADeviceOnlyPolicy"],
    &["MFAEnforcePolicy", "MFAEnrolmentPolicy"],
];

/// Administrators and readers, with that baseline and with guards in the groups.
fn matrix(baseline: &[&str], guards: &[&str]) -> Checked {
    let rows: Vec<String> = guards.iter().map(|guard| format!("{guard}: [Admin, Staff], ")).collect();
    let matrix = format!(
        "version: 1\ngroups: {{ Admin: {{}}, Staff: {{}} }}\nbaseline: [{}]\n\
         users: {{ ann: {{ groups: [Admin] }}, bob: {{ groups: [Admin] }}, cat: {{ groups: [Staff] }}, dan: {{ groups: [] }} }}\n\
         policies: {{ {}AdministratorAccess: [Admin], ReadOnlyAccess: [Staff] }}\ndocuments: policies/\n",
        baseline.join(", "),
        rows.concat()
    );
    let texts: Vec<(String, String)> =
        baseline.iter().chain(guards).map(|name| (format!("policies/{name}.json"), text(name))).collect();
    let documents = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let files = Files::from_memory(OPERATOR, &matrix, documents);
    let today = jiff::civil::date(2026, 11, 22);
    check(load(&files), &Catalog::embedded("aws"), today).unwrap_or_else(|found| panic!("{found:#?}"))
}

fn proofs(checked: &Checked) -> Vec<(Name, Enforced)> {
    let (matrix, catalog) = (checked.matrix(), Catalog::embedded("aws"));
    let named: Vec<&Name> = matrix.policies.iter().map(|row| &row.name.value).collect();
    let access = Access::of_matrix(matrix, &catalog, &AwsDocuments::shipped(&catalog, named));
    let mut prover = Prover::new(&access);
    access.users.values().map(|user| (user.name.clone(), prover.prove(user).clone())).collect()
}

#[test]
fn check_says_nothing_of_the_library_but_what_its_pages_tell() {
    let guards = ["DenyIPAddressPolicy", "DenyEC2StopAndTerminationMFAPolicy"];
    for baseline in BASELINES {
        let checked = matrix(baseline, &guards);
        for problem in checked.problems() {
            let told = TOLD.iter().any(|(rule, on)| problem.code == *rule && problem.object == Some(Name::from(*on)));
            assert!(told, "{baseline:?}: {problem}");
        }
    }
}

#[test]
fn each_way_to_demand_mfa_is_proved_for_everybody_by_the_document_that_denies() {
    for baseline in BASELINES {
        let proofs = proofs(&matrix(baseline, &[]));
        assert_eq!(proofs.len(), 4);
        for (user, enforced) in proofs {
            let by = BTreeSet::from([Name::from(baseline[0])]);
            assert_eq!(enforced, Enforced::Yes { by }, "{user}");
        }
    }
}

#[test]
fn neither_half_nor_a_guard_is_taken_for_enforcement() {
    for document in ["MFAEnrolmentPolicy", "DenyEC2StopAndTerminationMFAPolicy", "DenyIPAddressPolicy"] {
        let proofs = proofs(&matrix(&[document], &[]));
        assert!(proofs.iter().all(|(_, enforced)| !enforced.is_yes()), "{document}");
    }
}
