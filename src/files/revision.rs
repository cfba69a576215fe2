//! Which git commit a configuration comes from, where the place says so.
//!
//! git-sync checks every commit out into a directory named after it (`.worktrees/HASH`; before its version 4 `rev-HASH`)
//! and points a link there; the real path of the configuration then names the commit. For anything else, such as a
//! `ConfigMap`, whoever writes it may put a file `REVISION` beside `matrix.yaml`. A plain checkout is not asked: what lies
//! there may differ from its commit. Must not: decide anything by it; it is told in the audit trail.

use std::fs;
use std::path::Path;

/// Bytes of a `REVISION` that are looked at: a hash, or the name of a release.
const MOST: usize = 100;

/// The commit of the configuration in a directory, if the place tells.
pub(super) fn of(dir: &Path) -> Option<String> {
    stated(dir).or_else(|| named(&fs::canonicalize(dir).ok()?))
}

/// What the file says, if it is one line of what commits and releases are called.
fn stated(dir: &Path) -> Option<String> {
    let text = fs::read_to_string(dir.join("REVISION")).ok()?;
    let word = text.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
    (!word.is_empty() && word.len() <= MOST && word.chars().all(is_name)).then(|| word.to_owned())
}

/// The innermost directory on the way that is named after a commit: 40 hexadecimal digits, or 64 with SHA-256.
fn named(real: &Path) -> Option<String> {
    let hash = |part: &str| {
        let hash = part.strip_prefix("rev-").unwrap_or(part);
        let is_hash = matches!(hash.len(), 40 | 64) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| hash.to_ascii_lowercase())
    };
    real.iter().rev().find_map(|part| hash(part.to_str()?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn the_directory_that_git_sync_made_names_the_commit_through_any_link() {
        for (made, told) in [
            (format!(".worktrees/{HASH}/iam"), Some(HASH)),
            (format!("rev-{HASH}"), Some(HASH)),
            (format!(".worktrees/{}", &HASH[1..]), None),
            ("..2026_11_22_16_00_00.123456789".to_owned(), None),
        ] {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join(&made)).unwrap();
            symlink(root.path().join(&made), root.path().join("current")).unwrap();
            assert_eq!(of(&root.path().join("current")).as_deref(), told, "{made}");
        }
    }

    #[test]
    fn a_file_tells_where_the_place_does_not_and_nothing_but_a_name_is_taken_from_it() {
        let long = "x".repeat(MOST + 1);
        for (text, told) in
            [("v1.2.3\n", Some("v1.2.3")), (HASH, Some(HASH)), ("", None), ("two words", None), (long.as_str(), None)]
        {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("REVISION"), text).unwrap();
            assert_eq!(of(dir.path()).as_deref(), told, "{text:?}");
        }
        assert_eq!(of(Path::new("/does/not/exist")), None);
    }
}
