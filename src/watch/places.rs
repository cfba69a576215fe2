//! Which directories to watch, so that no change of the configuration goes unseen.
//!
//! Owns the walk along links. Must not watch anything itself, nor judge the files: what is broken is only watched where
//! it may be mended.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{Paths, is_document, is_hidden};

/// The most links on the way to one file; Linux allows as many.
const MAX_LINKS: usize = 40;
/// The most directories to look into. Files refuses more as well.
const MAX_DIRS: usize = 2_000;

/// Real directories, links resolved.
#[derive(Default)]
pub(super) struct Places {
    /// All that must be watched.
    pub dirs: BTreeSet<PathBuf>,
    /// Of these the ones in which files of the configuration lie, not only links to them.
    pub homes: BTreeSet<PathBuf>,
}

/// The directories that hold a link on the way to a file, those that hold the files, and where something is missing,
/// the one in which it would appear.
///
/// To watch a file, or the directory that a link leads to, is not enough: a `ConfigMap` or a git-sync checkout is
/// changed by a new link, and what it led to before stays as it was, or goes away without another event.
pub(super) fn to_watch(paths: &Paths) -> Places {
    let mut walk = Walk::default();
    for file in [paths.operator_file(), paths.matrix_file()] {
        if let Some(real) = walk.follow(&file) {
            walk.add_home_of(&real);
        }
    }
    walk.tree(&paths.dir);
    walk.places
}

#[derive(Default)]
struct Walk {
    places: Places,
    /// Real directories whose entries were looked at, so that a loop of links ends.
    seen: BTreeSet<PathBuf>,
}

impl Walk {
    /// Every directory below this one, through links too.
    fn tree(&mut self, root: &Path) {
        let mut pending: Vec<PathBuf> = self.follow(root).into_iter().collect();
        while let Some(dir) = pending.pop() {
            self.add_home_of(&dir);
            if !dir.is_dir() || self.seen.len() >= MAX_DIRS || !self.seen.insert(dir.clone()) {
                continue;
            }
            for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                let name = entry.file_name();
                if is_hidden(&name) || kind.is_file() {
                    continue;
                }
                let Some(real) = self.follow(&dir.join(&name)) else { continue };
                if real.is_dir() {
                    pending.push(real);
                } else if is_document(&name) {
                    self.add_home_of(&real);
                }
            }
        }
    }

    /// Where a path really leads, one part at a time, noting each directory that holds a link. None if it leads
    /// nowhere; then the directory in which it ends is noted.
    fn follow(&mut self, path: &Path) -> Option<PathBuf> {
        let mut left = parts(&std::path::absolute(path).ok()?);
        let mut real = PathBuf::new();
        let mut links = 0;
        while let Some(part) = left.pop() {
            if part == ".." {
                real.pop();
                continue;
            }
            let next = real.join(&part);
            let Ok(found) = fs::symlink_metadata(&next) else {
                self.add(&real);
                return None;
            };
            if !found.is_symlink() {
                real = next;
                continue;
            }
            self.add(&real);
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            // Joined to `real` by the next rounds; an absolute target begins with the root and so replaces it.
            left.extend(parts(&fs::read_link(&next).ok()?));
        }
        Some(real)
    }

    /// A directory itself, or the one that a file lies in.
    fn add(&mut self, real: &Path) -> Option<PathBuf> {
        let dir = if real.is_dir() { Some(real) } else { real.parent() };
        self.places.dirs.extend(dir.map(Path::to_owned));
        dir.map(Path::to_owned)
    }

    /// The same, for what the configuration consists of.
    fn add_home_of(&mut self, real: &Path) {
        let home = self.add(real);
        self.places.homes.extend(home);
    }
}

/// The parts of a path, the last first, so that the next one can be popped.
fn parts(path: &Path) -> Vec<OsString> {
    path.components().rev().map(|part| part.as_os_str().to_owned()).filter(|part| part != ".").collect()
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at once")]

    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    /// What is watched for a configuration in `below` of a fresh directory, shown relative to that directory.
    fn watched(below: &str, make: impl FnOnce(&Path)) -> Vec<String> {
        let temp = TempDir::new().unwrap();
        let root = temp.path().canonicalize().unwrap();
        make(&root);
        let found = to_watch(&Paths { dir: root.join(below), operator: None });
        let inside = found.dirs.iter().filter_map(|dir| dir.strip_prefix(&root).ok());
        inside.map(|dir| dir.display().to_string()).collect()
    }

    fn put(path: PathBuf) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    #[test]
    fn plain_files_need_their_own_directories() {
        let dirs = watched("config", |root| {
            put(root.join("config/matrix.yaml"));
            put(root.join("config/policies/A.json"));
            put(root.join("config/.git/x.json"));
        });
        assert_eq!(dirs, ["config", "config/policies"]);
    }

    #[test]
    fn a_config_map_needs_the_directory_of_its_links_and_of_its_data() {
        let dirs = watched("config", |root| {
            put(root.join("config/..2030/matrix.yaml"));
            put(root.join("config/..2030/operator.yaml"));
            symlink("..2030", root.join("config/..data")).unwrap();
            symlink("..data/matrix.yaml", root.join("config/matrix.yaml")).unwrap();
            symlink("..data/operator.yaml", root.join("config/operator.yaml")).unwrap();
        });
        assert_eq!(dirs, ["config", "config/..2030"]);
    }

    #[test]
    fn a_git_sync_link_needs_the_directory_that_holds_it() {
        let dirs = watched("git/current/config", |root| {
            put(root.join("git/.worktrees/a1/config/matrix.yaml"));
            symlink(".worktrees/a1", root.join("git/current")).unwrap();
        });
        assert_eq!(dirs, ["git", "git/.worktrees/a1/config"]);
    }

    #[test]
    fn an_absolute_link_and_one_that_goes_up_are_followed() {
        let dirs = watched("config", |root| {
            put(root.join("one/two/policies/A.json"));
            put(root.join("config/matrix.yaml"));
            symlink(root.join("one/two/policies"), root.join("config/policies")).unwrap();
            put(root.join("three/B.json"));
            symlink("../three/B.json", root.join("config/B.json")).unwrap();
        });
        assert_eq!(dirs, ["config", "one/two/policies", "three"]);
    }

    #[test]
    fn what_is_missing_is_awaited_where_it_would_appear() {
        let nothing = watched("a/config", |root| put(root.join("a/other")));
        assert_eq!(nothing, ["a"]);
        let dangling = watched("config", |root| {
            put(root.join("config/matrix.yaml"));
            fs::create_dir(root.join("target")).unwrap();
            symlink("../target/policies", root.join("config/policies")).unwrap();
        });
        assert_eq!(dangling, ["config", "target"]);
    }

    #[test]
    fn loops_of_links_come_to_an_end() {
        let dirs = watched("config", |root| {
            put(root.join("config/policies/A.json"));
            symlink("matrix.yaml", root.join("config/matrix.yaml")).unwrap();
            symlink("..", root.join("config/policies/up")).unwrap();
        });
        assert_eq!(dirs, ["config", "config/policies"]);
    }
}
