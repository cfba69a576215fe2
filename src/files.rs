//! Reading the configuration from disk: every file, at one moment, or nothing.
//!
//! Owns which files belong to a configuration, the limits on them, and the proof that they were not swapped while they
//! were read. Must not know what any of the files means, and must not write.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

pub use error::{FilesError, Problem};

mod error;
mod revision;
#[cfg(test)]
mod tests;

/// How many documents and directories a configuration may have.
const MAX_ENTRIES: usize = 2_000;
/// How many bytes all files together may have.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// How often everything is read before the files count as restless.
const MAX_READS: usize = 5;
/// The time between two reads. Long enough to notice a slow writer, too short for a person to notice.
const PAUSE: Duration = Duration::from_millis(10);

/// Where the configuration lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The directory with `matrix.yaml` and the policy documents.
    pub dir: PathBuf,
    /// The operator's settings; `operator.yaml` in `dir` unless given.
    pub operator: Option<PathBuf>,
}

impl Paths {
    /// The file with the operator's settings.
    #[must_use]
    pub fn operator_file(&self) -> PathBuf {
        self.operator.clone().unwrap_or_else(|| self.dir.join("operator.yaml"))
    }

    /// The file with the matrices.
    #[must_use]
    pub fn matrix_file(&self) -> PathBuf {
        self.dir.join("matrix.yaml")
    }
}

/// One text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The path to show to people, with `/` between its parts.
    pub name: String,
    /// The whole content.
    pub text: String,
}

impl File {
    /// The last part of the name without its ending: `MFAForcePolicy` for `config/policies/MFAForcePolicy.json`.
    #[must_use]
    pub fn stem(&self) -> &str {
        let last = self.name.rsplit('/').next().unwrap_or(&self.name);
        last.rsplit_once('.').map_or(last, |(stem, _)| stem)
    }
}

/// Every configuration file, read at one moment.
///
/// Two are equal when their files have the same names below the directory and the same content.
#[derive(Debug, Clone)]
pub struct Files {
    operator: File,
    matrix: File,
    /// By path below the directory.
    documents: BTreeMap<String, File>,
    /// Paths below the directory; the directory itself is the empty path.
    dirs: BTreeSet<String>,
    digest: Digest,
    revision: Option<String>,
}

impl PartialEq for Files {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Files {}

impl Files {
    /// Reads `matrix.yaml`, the operator's settings and every `*.json` below the directory.
    ///
    /// Links are followed, names that begin with a dot are not looked at. Everything is read until two reads in a row
    /// agree, because a mounted `ConfigMap` or a git-sync checkout can be swapped between two files.
    ///
    /// # Errors
    ///
    /// The first file that is missing or cannot be used, or files that do not come to rest. Never a part of the matrix;
    /// the settings come with the error where they could be read.
    pub fn read(paths: &Paths) -> Result<Self, FilesError> {
        settled(&shown(&paths.dir), || read_once(paths), || thread::sleep(PAUSE))
    }

    /// Makes the same from text, without a disk. Documents are named by their path below the directory.
    pub fn from_memory<'a>(
        operator: &str,
        matrix: &str,
        documents: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let file = |name: &str, text: &str| File { name: name.to_owned(), text: text.to_owned() };
        let documents: BTreeMap<_, _> =
            documents.into_iter().map(|(name, text)| (name.to_owned(), file(name, text))).collect();
        let dirs = documents.keys().flat_map(|name| parents(name)).map(str::to_owned).collect();
        Self::assemble(file("operator.yaml", operator), file("matrix.yaml", matrix), documents, dirs)
    }

    fn assemble(operator: File, matrix: File, documents: BTreeMap<String, File>, dirs: BTreeSet<String>) -> Self {
        let settings = [("operator.yaml", &operator), ("matrix.yaml", &matrix)];
        let settings = settings.map(|(name, file)| (name.to_owned(), file.text.as_str()));
        let folders = dirs.iter().map(|dir| (format!("{dir}/"), ""));
        let texts = documents.iter().map(|(name, file)| (name.clone(), file.text.as_str()));
        let digest = Digest::of_all(settings.into_iter().chain(folders).chain(texts));
        Self { operator, matrix, documents, dirs, digest, revision: None }
    }

    /// The operator's settings.
    #[must_use]
    pub fn operator(&self) -> &File {
        &self.operator
    }

    /// The two matrices.
    #[must_use]
    pub fn matrix(&self) -> &File {
        &self.matrix
    }

    /// Every file: the settings, the matrices, the documents.
    pub fn all(&self) -> impl Iterator<Item = &File> {
        [&self.operator, &self.matrix].into_iter().chain(self.documents.values())
    }

    /// The `*.json` files directly inside a directory, by name. The directory is as people write it: `policies/`,
    /// `./policies` and `policies` are one. Nothing lies outside the configuration: `../policies` is empty.
    pub fn document_dir(&self, relative: &str) -> impl Iterator<Item = &File> {
        let dir = inside(relative);
        self.documents.iter().filter(move |(name, _)| dir.as_deref() == Some(parent(name))).map(|(_, file)| file)
    }

    /// Whether such a directory exists, with documents in it or not.
    #[must_use]
    pub fn has_dir(&self, relative: &str) -> bool {
        inside(relative).is_some_and(|dir| self.dirs.contains(&dir))
    }

    /// The git commit that the files come from, if the place they lie in says so. It is no part of the digest.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// What tells this reading from any other with different names or content.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// The SHA-256 of all names and contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of names with their texts, in that order.
    #[must_use]
    pub fn of_all<'t>(texts: impl IntoIterator<Item = (String, &'t str)>) -> Self {
        let mut hasher = Sha256::new();
        for (name, text) in texts {
            // Lengths go in front, so that no text can pass for the end of one file and the name of the next.
            for part in [name.as_str(), text] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        Self(hasher.finalize().into())
    }

    /// The digest of one text, as `sha256sum` gives it for a file.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Digest(Sha256::digest(text).into())
    }

    /// The first twelve characters: enough for a person to tell two apart.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether an entry of a directory is none of our business: `..data` of a `ConfigMap`, `.git`, editors' hidden files,
/// and what a file system keeps for itself.
pub(crate) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || name == "lost+found"
}

/// Whether an entry is read as a document.
pub(crate) fn is_document(name: &OsStr) -> bool {
    Path::new(name).extension() == Some(OsStr::new("json"))
}

/// Reads again until two results in a row are the same, be they files or an error.
fn settled(
    name: &str,
    mut read: impl FnMut() -> Result<Files, FilesError>,
    mut pause: impl FnMut(),
) -> Result<Files, FilesError> {
    let mut before = read();
    for _ in 1..MAX_READS {
        pause();
        let now = read();
        if now == before {
            return now;
        }
        before = now;
    }
    Err(FilesError { path: name.to_owned(), problem: Problem::Restless, operator: None })
}

fn read_once(paths: &Paths) -> Result<Files, FilesError> {
    let mut reader = Reader { bytes_left: MAX_BYTES, documents: BTreeMap::new(), dirs: BTreeSet::new() };
    let operator = reader.file(&paths.operator_file());
    let known = operator.as_ref().ok().cloned();
    let rest = || -> Result<Files, FilesError> {
        // First, so that a wrong directory is reported as such, not as a missing file in it.
        fs::metadata(&paths.dir).map_err(|error| Problem::from(error).at(&paths.dir))?;
        // Before the content: when two readings agree in content, that of the second was there at this commit.
        let revision = revision::of(&paths.dir);
        let (operator, matrix) = (operator?, reader.file(&paths.matrix_file())?);
        reader.tree(&paths.dir)?;
        Ok(Files { revision, ..Files::assemble(operator, matrix, reader.documents, reader.dirs) })
    };
    rest().map_err(|error| FilesError { operator: known, ..error })
}

/// One pass over the disk, and what is left of its limits.
struct Reader {
    bytes_left: u64,
    documents: BTreeMap<String, File>,
    dirs: BTreeSet<String>,
}

/// A directory still to be read.
struct Pending {
    path: PathBuf,
    relative: String,
    /// The real directories it was reached through, links resolved.
    above: Vec<PathBuf>,
}

impl Reader {
    /// Everything below a directory. A list of its own instead of recursion: depth is the writer's choice, not ours.
    fn tree(&mut self, root: &Path) -> Result<(), FilesError> {
        let mut pending = vec![Pending { path: root.to_owned(), relative: String::new(), above: Vec::new() }];
        while let Some(dir) = pending.pop() {
            self.directory(&dir, &mut pending).map_err(|(path, problem)| problem.at(&path))?;
        }
        Ok(())
    }

    fn directory(&mut self, dir: &Pending, pending: &mut Vec<Pending>) -> Result<(), (PathBuf, Problem)> {
        let here = |error: io::Error| (dir.path.clone(), Problem::from(error));
        let real = fs::canonicalize(&dir.path).map_err(here)?;
        if dir.above.contains(&real) {
            return Err((dir.path.clone(), Problem::Loop));
        }
        self.dirs.insert(dir.relative.clone());
        for entry in fs::read_dir(&dir.path).map_err(here)? {
            let name = entry.map_err(here)?.file_name();
            if is_hidden(&name) {
                continue;
            }
            let path = dir.path.join(&name);
            let is_dir = match fs::metadata(&path) {
                Ok(found) => found.is_dir(),
                // Swap files and the like come and go, and their links may point nowhere.
                Err(_) if !is_document(&name) => continue,
                Err(error) => return Err((path, error.into())),
            };
            if !is_dir && !is_document(&name) {
                continue;
            }
            let Some(name) = name.to_str() else { return Err((path, Problem::BadName)) };
            if self.documents.len() + self.dirs.len() + pending.len() >= MAX_ENTRIES {
                return Err((path, Problem::TooMany));
            }
            let relative = join(&dir.relative, name);
            if is_dir {
                let above = dir.above.iter().chain([&real]).cloned().collect();
                pending.push(Pending { path, relative, above });
            } else {
                let file = self.file(&path).map_err(|error| (path, error.problem))?;
                self.documents.insert(relative, file);
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<File, FilesError> {
        let text = self.text(path).map_err(|problem| problem.at(path))?;
        Ok(File { name: shown(path), text })
    }

    fn text(&mut self, path: &Path) -> Result<String, Problem> {
        // Asked before it is opened: to open a pipe would wait for its writer for ever.
        if !fs::metadata(path)?.is_file() {
            return Err(Problem::NotAFile);
        }
        let mut bytes = Vec::new();
        let read = fs::File::open(path)?.take(self.bytes_left + 1).read_to_end(&mut bytes)? as u64;
        self.bytes_left = self.bytes_left.checked_sub(read).ok_or(Problem::TooLarge)?;
        String::from_utf8(bytes).map_err(|error| Problem::NotUtf8(error.utf8_error().valid_up_to()))
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Every directory that a file lies in, the configuration's own (the empty path) included.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(parent(name)), |dir| (!dir.is_empty()).then(|| parent(dir)))
}

/// A directory as people write it, as we store it; none if it leaves the configuration.
fn inside(relative: &str) -> Option<String> {
    let mut dir = String::new();
    for part in Path::new(relative).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => dir = join(&dir, name.to_str()?),
            _ => return None,
        }
    }
    Some(dir)
}
