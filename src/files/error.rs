//! Why a configuration could not be read, and what to do about it. Owns words only; touches no disk.

use std::io;
use std::path::Path;

use thiserror::Error;

use super::{File, MAX_BYTES, MAX_ENTRIES, MAX_READS, shown};

/// Why the configuration could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: {problem}; {}", problem.way_out())]
pub struct FilesError {
    /// The file or directory, as people know it.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
    /// The operator's settings, if they at least could be read.
    pub operator: Option<File>,
}

/// What can be wrong with a file or directory.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// Nothing is there, or a link points to nothing.
    #[error("does not exist, or is a link to something that does not")]
    Missing,
    /// The system refuses to hand it out, for this reason.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// A pipe, a device, or a directory where a file belongs.
    #[error("is a folder, a pipe or a device where a file belongs")]
    NotAFile,
    /// The content is not text.
    #[error("is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// The name is not text.
    #[error("has a name that is not UTF-8")]
    BadName,
    /// A linked directory contains itself.
    #[error("is a link to a directory that it lies in")]
    Loop,
    /// More files than any configuration has.
    #[error("brings the configuration over {MAX_ENTRIES} documents and directories")]
    TooMany,
    /// More text than any configuration has.
    #[error("brings the configuration over {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// No two reads agreed.
    #[error("kept changing while it was read ({MAX_READS} times)")]
    Restless,
}

impl Problem {
    /// What a person can do about it, in one sentence.
    #[must_use]
    pub fn way_out(&self) -> &'static str {
        match self {
            Self::Missing => "create it, or name the directory that holds the configuration with --config",
            Self::Unreadable(_) => "let the user that runs iamatrix read it",
            Self::NotAFile => "put a plain file in its place",
            Self::NotUtf8(_) => "save it as UTF-8",
            Self::BadName => "rename it",
            Self::Loop => "remove the link",
            Self::TooMany | Self::TooLarge => "keep only the configuration in this directory",
            Self::Restless => "wait until whatever writes there is done, or stop it",
        }
    }

    /// The error that this is for one path.
    pub(super) fn at(self, path: &Path) -> FilesError {
        FilesError { path: shown(path), problem: self, operator: None }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(error.to_string()),
        }
    }
}
