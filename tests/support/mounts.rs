//! Directories in which nothing is ever written over, as containers know them: what changes is where a link leads.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

type Texts = BTreeMap<String, String>;

/// A volume of a `ConfigMap` or a `Secret`, kept as the kubelet does it (`pkg/volume/util/atomic_writer.go`): the files
/// are in a directory with a name of its own, `..data` leads to that, and what a container sees leads through `..data`.
pub struct ConfigMap {
    folder: TempDir,
    swaps: Cell<u32>,
}

impl ConfigMap {
    pub fn of(texts: &Texts) -> Self {
        let volume = ConfigMap { folder: TempDir::new().unwrap(), swaps: Cell::new(0) };
        volume.swap(texts);
        volume
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The new content, whole. A key below a folder comes from `items` with such a `path`.
    pub fn swap(&self, texts: &Texts) {
        let at = |name: &str| self.path().join(name);
        let stamp = format!("..2030_01_01_00_00_00.{:09}", next(&self.swaps));
        write(&at(&stamp), texts);
        let old = fs::read_link(at("..data")).ok();
        symlink(&stamp, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        let tops: BTreeSet<&str> = texts.keys().filter_map(|name| name.split('/').next()).collect();
        for top in tops.iter().filter(|top| fs::symlink_metadata(at(top)).is_err()) {
            symlink(Path::new("..data").join(top), at(top)).unwrap();
        }
        let names = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        for stale in names.filter(|name| !name.starts_with("..") && !tops.contains(name.as_str())) {
            fs::remove_file(at(&stale)).unwrap();
        }
        if let Some(old) = old {
            fs::remove_dir_all(self.path().join(old)).unwrap();
        }
    }
}

/// A checkout as git-sync keeps it since its version 4: a worktree for each commit, and a link to the one in use.
pub struct GitSync {
    folder: TempDir,
    commits: Cell<u32>,
}

impl GitSync {
    pub fn of(texts: &Texts) -> Self {
        let checkout = GitSync { folder: TempDir::new().unwrap(), commits: Cell::new(0) };
        checkout.publish(texts);
        checkout
    }

    /// The configuration's folder in the repository, by way of the link.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("current/config")
    }

    pub fn publish(&self, texts: &Texts) {
        let at = |name: &str| self.folder.path().join(name);
        let worktree = format!(".worktrees/{:040x}", next(&self.commits));
        write(&at(&worktree).join("config"), texts);
        let old = fs::read_link(at("current")).ok();
        symlink(&worktree, at("tmp-link")).unwrap();
        fs::rename(at("tmp-link"), at("current")).unwrap();
        if let Some(old) = old {
            fs::remove_dir_all(self.folder.path().join(old)).unwrap();
        }
    }
}

fn next(number: &Cell<u32>) -> u32 {
    number.set(number.get() + 1);
    number.get()
}

/// Writes the files below a folder.
pub fn write(folder: &Path, texts: &Texts) {
    for (name, text) in texts {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}
