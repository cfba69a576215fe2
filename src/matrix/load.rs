//! Files → [`Loaded`]: both YAML files and the documents taken apart, with every problem of shape.
//!
//! Must not: touch the disk ([`crate::files`] does), or judge whether the matrix makes sense ([`super::check`] does).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Component, Path};
use std::sync::Arc;
use std::time::Duration;

use super::decode::{self, Decoded};
use super::operator::{self, Mode, Operator};
use super::{DocumentFile, Matrix};
use crate::decoder::Decoder;
use crate::diagnostic::Diagnostic;
use crate::files::{Digest, File, Files};
use crate::located::{Located, Span};
use crate::name::Name;
use crate::policy::Document;
use crate::yaml;

/// What the files say, as far as it could be read. A problem in one row does not hide problems in others.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The matrix; none when its file is not YAML.
    pub matrix: Option<Matrix>,
    /// The settings; none when their file is not YAML or names no mode.
    pub operator: Option<Operator>,
    /// SHA-256 of the matrix and its documents.
    pub digest: String,
    /// The git commit that the files come from, if it is known.
    pub revision: Option<String>,
    /// Everything that is wrong with the shape of the files.
    pub problems: Vec<Diagnostic>,
}

/// Takes the configuration apart.
#[must_use]
pub fn load(files: &Files) -> Loaded {
    let mut decoder = Decoder::default();
    let operator = read(&mut decoder, files.operator()).and_then(|node| operator::operator(&mut decoder, &node));
    let matrix = read(&mut decoder, files.matrix()).map(|node| {
        let Decoded { mut matrix, documents } = decode::matrix(&mut decoder, &node);
        if let Some(folder) = &documents {
            matrix.documents = read_documents(&mut decoder, files, folder);
        }
        unread_documents(&mut decoder, files, &matrix, documents.as_ref());
        matrix
    });
    let (digest, revision) = (digest(files, matrix.as_ref()).to_string(), files.revision().map(str::to_owned));
    Loaded { matrix, operator, digest, revision, problems: decoder.problems }
}

/// The settings alone, if their file has no error: they count as far as they narrow, whatever is wrong with the rest.
#[must_use]
pub fn settings(file: &File, overrides: &Overrides) -> Option<Operator> {
    let mut decoder = Decoder::default();
    let operator = read(&mut decoder, file).and_then(|node| operator::operator(&mut decoder, &node));
    let is_sound = !decoder.problems.iter().any(Diagnostic::is_error);
    operator.filter(|_| is_sound).map(|operator| operator.with(overrides))
}

/// The digest of the matrix and the documents that it reads: whatever else lies beside them, it is the same matrix.
fn digest(files: &Files, matrix: Option<&Matrix>) -> Digest {
    let documents = matrix.into_iter().flat_map(|matrix| matrix.documents.values());
    let documents = documents.map(|document| (document.name.to_string(), document.text.as_ref()));
    Digest::of_all([("matrix.yaml".to_owned(), files.matrix().text.as_str())].into_iter().chain(documents))
}

fn read(decoder: &mut Decoder, file: &File) -> Option<crate::located::Node> {
    yaml::parse(&file.name, &file.text).map_err(|problem| decoder.problems.push(*problem)).ok()
}

fn read_documents(decoder: &mut Decoder, files: &Files, folder: &Located<String>) -> BTreeMap<Name, DocumentFile> {
    let mut documents: BTreeMap<Name, DocumentFile> = BTreeMap::new();
    if !files.has_dir(&folder.value) {
        let leaves =
            Path::new(&folder.value).components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
        let (message, help) = if leaves {
            let message = format!("the folder `{}` lies outside the configuration", folder.value);
            (message, "name a folder beside matrix.yaml, such as `policies/`, and put the documents into it")
        } else {
            let message = format!("there is no folder `{}` with documents", folder.value);
            (message, "create it beside matrix.yaml and put one NAME.json a policy into it, or name the right one")
        };
        decoder.problems.push(Diagnostic::error("missing-folder", &folder.span, message).help(help));
    }
    for file in files.document_dir(&folder.value) {
        let document = read_document(decoder, file);
        if let Some(twin) = documents.get(&document.name) {
            let message =
                format!("two documents are both named `{}`: IAM does not tell names apart by case", document.name);
            let help = format!("rename this file or {}", twin.span.file);
            decoder.problems.push(Diagnostic::error("case-collision", &document.span, message).help(help));
        }
        documents.insert(document.name.clone(), document);
    }
    documents
}

/// A document that a row names by its file's name, and that lies in a folder that is not read.
fn unread_documents(decoder: &mut Decoder, files: &Files, matrix: &Matrix, folder: Option<&Located<String>>) {
    let named = matrix.policies.iter().map(|row| &row.name).chain(&matrix.baseline).map(|name| &name.value);
    let missing: BTreeSet<&Name> = named.filter(|name| !matrix.defines(name)).collect();
    let is_named = |stem: &str| missing.contains(&Name::from(stem));
    let settings = [files.operator(), files.matrix()];
    for file in files.all().filter(|file| !settings.contains(file) && is_named(file.stem())) {
        let message = format!("document `{}` lies in a folder that is not read", file.stem());
        let help = match folder {
            Some(folder) if files.has_dir(&folder.value) => {
                format!("move it into `{}`; folders below are not read", folder.value)
            }
            _ => format!("name its folder in matrix.yaml: `documents: {}`", folder_of(file, files)),
        };
        decoder.problems.push(Diagnostic::error("unread-document", &Span::top(&file.name), message).help(help));
    }
}

/// The folder of a document as matrix.yaml names it.
fn folder_of<'f>(document: &'f File, files: &Files) -> &'f str {
    let root = files.matrix().name.strip_suffix("matrix.yaml").unwrap_or_default();
    let below = document.name.strip_prefix(root).unwrap_or(&document.name);
    below.rsplit_once('/').map_or("./", |(folder, _)| below.get(..=folder.len()).unwrap_or(folder))
}

fn read_document(decoder: &mut Decoder, file: &File) -> DocumentFile {
    let stem = file.name.rsplit('/').next().unwrap_or(&file.name);
    let stem = stem.strip_suffix(".json").unwrap_or(stem);
    let document =
        Document::parse_file(&file.name, &file.text).map_err(|problems| decoder.problems.extend(problems)).ok();
    DocumentFile { name: Name::new(stem), span: Span::top(&file.name), text: Arc::from(file.text.as_str()), document }
}

/// What the command line says instead of operator.yaml.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Another mode.
    pub mode: Option<Mode>,
    /// Another address to listen on.
    pub listen: Option<SocketAddr>,
    /// Another rate of calls a second.
    pub calls_per_second: Option<u32>,
    /// A shorter time between two reconciles, unless the file's is shorter still.
    pub longest_interval: Option<Duration>,
}

impl Loaded {
    /// The same with the command line's word over the file's.
    #[must_use]
    pub fn with(mut self, overrides: &Overrides) -> Self {
        self.operator = self.operator.map(|operator| operator.with(overrides));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_with(operator: &str, documents: &[(&str, &str)]) -> String {
        let matrix = "documents: policies/\n";
        load(&Files::from_memory(operator, matrix, documents.iter().copied())).digest
    }

    #[test]
    fn the_digest_of_the_matrix_is_over_what_it_reads_and_nothing_beside_it() {
        let (ours, other) = (("policies/Ours.json", "{}"), ("policies/Ours.json", "{ }"));
        let digest = digest_with("mode: observe", &[ours]);
        assert_eq!(digest, digest_with("mode: enforce", &[ours, ("library/Theirs.json", "{}")]));
        assert_ne!(digest, digest_with("mode: observe", &[other]));
        assert_ne!(digest, digest_with("mode: observe", &[]));
        assert_ne!(digest, digest_with("mode: observe", &[("policies/Other.json", "{}")]));
    }
}
