//! A copy of the example configuration that a test may change.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub struct Config {
    folder: TempDir,
}

impl Config {
    /// The example, without its patience: tests have no quota of calls to spare.
    pub fn example() -> Self {
        let folder = TempDir::new().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config"), folder.path());
        let config = Config { folder };
        config.edit("operator.yaml", "callsPerSecond: 10\n", "callsPerSecond: 1000\n");
        config
    }

    /// The one account that may be changed.
    pub fn account(&self) -> String {
        let text = self.read("operator.yaml");
        let line = text.lines().find_map(|line| line.strip_prefix("account: ")).unwrap();
        line.trim_matches('"').to_owned()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// What the daemon reads, by the path below the folder.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let documents = fs::read_dir(self.file("policies")).unwrap().map(|entry| entry.unwrap().file_name());
        let documents = documents.map(|name| format!("policies/{}", name.to_str().unwrap()));
        let names = ["matrix.yaml", "operator.yaml"].map(str::to_owned).into_iter().chain(documents);
        names.map(|name| (name.clone(), self.read(&name))).collect()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    /// Replaces a piece of a file, which must be there exactly once.
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(old).count(), 1, "`{old}` in {name}");
        self.write(name, &text.replace(old, new));
    }

    /// Replaces the whole line that begins so, white space aside.
    pub fn edit_line(&self, name: &str, begins: &str, new: &str) {
        let text = self.read(name);
        let line = text.lines().find(|line| line.trim_start().starts_with(begins));
        let line = line.unwrap_or_else(|| panic!("no line of {name} begins with `{begins}`")).to_owned();
        self.edit(name, &format!("{line}\n"), new);
    }

    /// Takes a group out of the matrix: its column, and its name in every row. A policy without any group left loses
    /// its row.
    pub fn drop_group(&self, group: &str) {
        let without = |line: &str| {
            let Some((row, rest)) = line.split_once('[').filter(|_| !line.trim_start().starts_with('#')) else {
                return Some(line.to_owned()).filter(|line| line.trim() != format!("{group}: {{}}"));
            };
            let (names, rest) = rest.split_once(']').unwrap();
            let kept: Vec<&str> = names.split(',').map(str::trim).filter(|name| *name != group).collect();
            (row.contains('@') || !kept.is_empty()).then(|| format!("{row}[{}]{rest}", kept.join(", ")))
        };
        let lines: Vec<String> = self.read("matrix.yaml").lines().filter_map(without).collect();
        self.write("matrix.yaml", &(lines.join("\n") + "\n"));
    }

    /// The line that a message about this text should point to, as `matrix.yaml:LINE:`.
    pub fn place(&self, name: &str, text: &str) -> String {
        let line = self.read(name).lines().position(|line| line.contains(text)).unwrap() + 1;
        format!("{name}:{line}:")
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
