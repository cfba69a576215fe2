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
