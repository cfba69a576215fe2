//! The documents of the AWS managed policies, as they were when this program was built; for work without an account.
//!
//! Owns: [`Shipped`]. Must not: be asked where a live account can answer: AWS changes its policies every week.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::embedded_lines;
use super::packed::Packed;
use crate::name::Name;

static PACKED: LazyLock<Packed> = LazyLock::new(|| Packed::open(include_bytes!("documents.zip")));

/// The document of an AWS managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    /// The version that was in force, as `v190`.
    pub version: String,
    /// The document, without white space.
    pub text: String,
}

/// Which version of an AWS managed policy is shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The policy's name in AWS's spelling.
    pub name: String,
    /// The version that was in force, as `v190`.
    pub version: String,
    /// When AWS made the policy.
    pub created: Timestamp,
    /// When AWS made that version.
    pub updated: Timestamp,
}

/// The document of the AWS managed policy of that name. It is unpacked at each call: who asks twice should keep it.
#[must_use]
pub fn shipped(name: &Name) -> Option<Shipped> {
    let (spelled, _) = embedded_lines().find(|(known, _)| known.eq_ignore_ascii_case(name.as_str()))?;
    let entry = PACKED.entry(&format!("{spelled}.json"))?;
    let Edition { version, .. } = Edition::read(spelled, &entry.comment)?;
    Some(Shipped { version, text: entry.text })
}

/// Which versions are shipped, by name; nothing is unpacked.
#[must_use]
pub fn editions() -> Vec<Edition> {
    let noted = PACKED.comments();
    noted.iter().filter_map(|(name, note)| Edition::read(name.strip_suffix(".json")?, note)).collect()
}

impl Edition {
    /// From what is noted beside a document: version, creation of the policy, creation of the version.
    fn read(name: &str, note: &str) -> Option<Self> {
        let mut words = note.split(' ');
        let version = words.next()?.to_owned();
        let mut time = || words.next()?.parse().ok();
        Some(Edition { name: name.to_owned(), version, created: time()?, updated: time()? })
    }
}

/// Source, date and licence of the documents.
#[must_use]
pub fn about() -> String {
    PACKED.about()
}

#[cfg(test)]
mod tests {
    use super::super::{DENYING, EMBEDDED, denies};
    use super::*;
    use crate::policy::Document;

    #[test]
    fn a_document_is_found_in_any_case_with_its_version() {
        let shipped = shipped(&"readonlyaccess".into()).unwrap();
        assert!(shipped.version.strip_prefix('v').unwrap().parse::<u32>().unwrap() >= 190, "{}", shipped.version);
        assert!(shipped.text.starts_with("{\"") && shipped.text.contains("\"s3:Get*\""));
        assert!(super::shipped(&"AmazonAPIGatewayReadOnlyAccess".into()).is_none());
    }

    #[test]
    fn there_is_a_document_for_each_listed_policy_and_for_no_other() {
        let shipped: Vec<String> = editions().into_iter().map(|edition| edition.name).collect();
        let listed: Vec<&str> = embedded_lines().map(|(name, _)| name).collect();
        assert_eq!(shipped, listed);
        assert_eq!(PACKED.names().count(), listed.len());
    }

    #[test]
    fn versions_are_told_with_their_dates_without_unpacking() {
        let editions = editions();
        let admin = editions.iter().find(|edition| edition.name == "AdministratorAccess").unwrap();
        assert_eq!((admin.version.as_str(), admin.created), ("v1", "2015-02-06T18:39:46Z".parse().unwrap()));
        assert!(editions.iter().all(|edition| edition.created <= edition.updated));
        for edition in editions.iter().step_by(100) {
            assert_eq!(shipped(&edition.name.as_str().into()).unwrap().version, edition.version);
        }
    }

    #[test]
    fn every_document_is_understood_and_those_that_deny_are_listed() {
        let mut denying = Vec::new();
        for (name, _) in embedded_lines() {
            let shipped = shipped(&name.into()).unwrap();
            let document = Document::parse(&shipped.text).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
            if document.is_guard() {
                denying.push(name);
            }
            assert_eq!(denies(&name.into()), document.is_guard(), "{name}");
        }
        assert_eq!(denying, DENYING.lines().collect::<Vec<_>>());
    }

    #[test]
    fn source_date_and_licence_are_told_here_as_in_the_list_and_the_notice() {
        let about = about();
        let told = about.strip_prefix("AWS managed policies of ").unwrap();
        let (date, source) = told.split_once(", from ").unwrap();
        let notice = include_str!("../../NOTICE");
        assert!(EMBEDDED.contains(&format!("Data of {date} (")) && EMBEDDED.contains(source), "{about}");
        let (source, licence) = source.split_once(" (").unwrap();
        for part in [date, source, licence.trim_end_matches(')')] {
            assert!(notice.contains(part), "{part}");
        }
    }
}
