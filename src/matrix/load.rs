//! Files → [`Loaded`]: both YAML files and the documents taken apart, with every problem of shape.
//!
//! Must not: touch the disk ([`crate::files`] does), or judge whether the matrix makes sense ([`super::check`] does).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::decode::{self, Decoded};
use super::operator::{self, Mode, Operator};
use super::{DocumentFile, Matrix};
use crate::diagnostic::Diagnostic;
use crate::files::{File, Files};
use crate::located::{Decoder, Located, Span};
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
        if let Some(folder) = documents {
            matrix.documents = read_documents(&mut decoder, files, &folder);
        }
        matrix
    });
    Loaded { matrix, operator, problems: decoder.problems }
}

fn read(decoder: &mut Decoder, file: &File) -> Option<crate::located::Node> {
    yaml::parse(&file.name, &file.text).map_err(|problem| decoder.problems.push(problem)).ok()
}

fn read_documents(decoder: &mut Decoder, files: &Files, folder: &Located<String>) -> BTreeMap<Name, DocumentFile> {
    let mut documents: BTreeMap<Name, DocumentFile> = BTreeMap::new();
    if !files.has_dir(&folder.value) {
        let message = format!("there is no folder `{}` with documents", folder.value);
        let help = "create it beside matrix.yaml and put one NAME.json a policy into it, or remove `documents`";
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

fn read_document(decoder: &mut Decoder, file: &File) -> DocumentFile {
    let stem = file.name.rsplit('/').next().unwrap_or(&file.name).trim_end_matches(".json");
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
}

impl Loaded {
    /// The same with the command line's word over the file's.
    #[must_use]
    pub fn with(mut self, overrides: &Overrides) -> Self {
        if let Some(operator) = &mut self.operator {
            operator.mode.value = overrides.mode.unwrap_or(operator.mode.value);
            operator.listen = overrides.listen.unwrap_or(operator.listen);
            operator.limits.calls_per_second = overrides.calls_per_second.unwrap_or(operator.limits.calls_per_second);
        }
        self
    }
}
