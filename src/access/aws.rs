//! The documents of AWS managed policies: those that ship with the program, and those that the account has meanwhile.
//!
//! Owns: [`AwsDocuments`], which reads each version once, and tells when AWS changed one. Must not: call AWS.

use std::collections::BTreeMap;
use std::sync::Arc as Shared;

use crate::catalog::{AwsPolicy, Catalog, documents};
use crate::name::{Arn, Name};
use crate::policy::{Document, LiveDocument};

/// A document of an AWS managed policy.
#[derive(Debug, Clone)]
pub struct AwsDocument {
    /// Its version, `v190`.
    pub version: String,
    /// What it says; none when it cannot be read.
    pub document: Option<Shared<Document>>,
}

/// AWS changed a policy.
#[derive(Debug, Clone)]
pub struct Revision {
    /// Which.
    pub arn: Arn,
    /// As it was.
    pub before: AwsDocument,
    /// As it is.
    pub after: AwsDocument,
}

/// The documents in use, each in one version.
#[derive(Debug, Clone, Default)]
pub struct AwsDocuments {
    known: BTreeMap<Arn, AwsDocument>,
}

impl AwsDocuments {
    /// The shipped documents of the policies that these names mean.
    #[must_use]
    pub fn shipped<'n>(catalog: &Catalog, names: impl IntoIterator<Item = &'n Name>) -> Self {
        let mut documents = AwsDocuments::default();
        for policy in names.into_iter().filter_map(|name| catalog.find(name)) {
            documents.take_shipped(policy);
        }
        documents
    }

    /// The document of that policy.
    #[must_use]
    pub fn get(&self, arn: &Arn) -> Option<&AwsDocument> {
        self.known.get(arn)
    }

    /// Takes what ships with the program for all of `wanted` that it has in the account's version, and returns the
    /// others, which the account must be asked for.
    pub fn missing<'c>(&mut self, wanted: impl IntoIterator<Item = &'c AwsPolicy>) -> Vec<&'c AwsPolicy> {
        let mut missing = Vec::new();
        for policy in wanted {
            let is_current =
                |known: &AwsDocument| policy.version.as_ref().is_none_or(|wanted| *wanted == known.version);
            if !self.known.contains_key(&policy.arn) {
                // Better than nothing until the account has answered.
                self.take_shipped(policy);
            }
            if !self.known.get(&policy.arn).is_some_and(is_current) {
                missing.push(policy);
            }
        }
        missing
    }

    /// Takes a document that the account was asked for. When another version was at hand, AWS changed the policy:
    /// since the last look, or since this program was built.
    pub fn take(&mut self, policy: &AwsPolicy, version: String, document: LiveDocument) -> Option<Revision> {
        let document = match document {
            LiveDocument::Known { document, .. } => Some(Shared::new(document)),
            LiveDocument::Opaque { .. } => None,
        };
        let after = AwsDocument { version, document };
        let before = self.known.insert(policy.arn.clone(), after.clone())?;
        Some(Revision { arn: policy.arn.clone(), before, after })
    }

    /// The documents as they were before a revision.
    #[must_use]
    pub fn before(&self, revision: &Revision) -> Self {
        let mut documents = self.clone();
        documents.known.insert(revision.arn.clone(), revision.before.clone());
        documents
    }

    fn take_shipped(&mut self, policy: &AwsPolicy) {
        let Some(shipped) = documents::shipped(&policy.name) else { return };
        let document = Document::parse(&shipped.text).ok().map(Shared::new);
        self.known.insert(policy.arn.clone(), AwsDocument { version: shipped.version, document });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}"#;

    /// The policy as an account lists it, in that version.
    fn listed(name: &str, version: &str) -> AwsPolicy {
        let catalog = Catalog::embedded("aws");
        AwsPolicy { version: Some(version.to_owned()), ..catalog.find(&name.into()).unwrap().clone() }
    }

    fn shipped_version(name: &str) -> String {
        documents::shipped(&name.into()).unwrap().version
    }

    #[test]
    fn a_version_that_ships_with_the_program_is_never_asked_for() {
        let policy = listed("ReadOnlyAccess", &shipped_version("ReadOnlyAccess"));
        let mut documents = AwsDocuments::default();
        assert!(documents.missing([&policy]).is_empty());
        let known = documents.get(&policy.arn).unwrap();
        assert_eq!(Some(&known.version), policy.version.as_ref());
        assert!(known.document.is_some());
        let of_unknown_version = AwsPolicy { version: None, ..policy };
        assert!(documents.missing([&of_unknown_version]).is_empty(), "without a version there is nothing to compare");
    }

    #[test]
    fn another_version_is_asked_for_until_it_was_read_and_the_shipped_one_serves_meanwhile() {
        let policy = listed("ReadOnlyAccess", "v9999");
        let mut documents = AwsDocuments::default();
        for _ in 0..2 {
            assert_eq!(documents.missing([&policy]), [&policy]);
            assert_eq!(documents.get(&policy.arn).unwrap().version, shipped_version("ReadOnlyAccess"));
        }
        documents.take(&policy, "v9999".to_owned(), LiveDocument::read(OTHER));
        assert!(documents.missing([&policy]).is_empty());
        assert_eq!(documents.missing([&listed("ReadOnlyAccess", "v10000")]).len(), 1, "AWS changed it again");
    }

    #[test]
    fn a_document_that_replaces_another_is_a_revision_and_before_it_is_as_it_was() {
        let policy = listed("ReadOnlyAccess", "v9999");
        let mut documents = AwsDocuments::default();
        documents.missing([&policy]);
        let revision = documents.take(&policy, "v9999".to_owned(), LiveDocument::read(OTHER)).unwrap();
        assert_eq!((&revision.arn, revision.after.version.as_str()), (&policy.arn, "v9999"));
        assert_eq!(revision.before.version, shipped_version("ReadOnlyAccess"));

        let read = Document::parse(OTHER).unwrap();
        let says_so = |known: &AwsDocument| known.document.as_ref().is_some_and(|it| it.means_the_same(&read));
        assert!(says_so(documents.get(&policy.arn).unwrap()) && says_so(&revision.after));
        let before = documents.before(&revision);
        assert_eq!(before.get(&policy.arn).unwrap().version, revision.before.version);
        assert!(!says_so(before.get(&policy.arn).unwrap()));
        assert!(says_so(documents.get(&policy.arn).unwrap()), "looking back changes nothing");
    }

    #[test]
    fn a_policy_that_was_never_at_hand_is_no_revision_and_one_that_cannot_be_read_is_kept_as_such() {
        let name = Name::from("MadeLastNight");
        let arn = Arn::policy("aws", "aws", "/", "MadeLastNight");
        let policy = AwsPolicy { name, arn, attachable: true, version: Some("v1".to_owned()) };
        let mut documents = AwsDocuments::default();
        assert_eq!(documents.missing([&policy]), [&policy]);
        let read = LiveDocument::read(r#"{"Version":"2031-01-01"}"#);
        assert!(documents.take(&policy, "v1".to_owned(), read).is_none());
        assert!(documents.get(&policy.arn).unwrap().document.is_none());
        assert!(documents.missing([&policy]).is_empty(), "asking again would give the same");
    }
}
