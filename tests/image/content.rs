//! What the image holds and says of itself.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::image::{self, TAG, USER};

/// The image may be as large as this, unpacked.
const LIMIT: u64 = 25_000_000;

#[test]
fn it_is_small_and_holds_the_program_the_ca_roots_and_the_example_and_nothing_else() {
    let files = files(image::root());
    let names: Vec<&str> = files.iter().filter_map(|file| file.strip_prefix(image::root()).unwrap().to_str()).collect();
    let (example, rest): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.starts_with("example/"));
    assert_eq!(
        rest,
        [
            "etc/ssl/certs/ca-certificates.crt",
            "usr/local/bin/iamatrix",
            "usr/share/doc/iamatrix/LICENSE",
            "usr/share/doc/iamatrix/NOTICE"
        ]
    );
    assert!(example.contains(&"example/matrix.yaml") && image::root().join("config").is_dir());
    let size: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(size < LIMIT, "{size} bytes");
}

#[test]
fn there_is_one_thing_to_execute_so_no_shell_and_it_has_no_special_rights() {
    let modes = files(image::root()).into_iter().map(|file| (fs::metadata(&file).unwrap().permissions().mode(), file));
    let executable: Vec<_> = modes.filter(|(mode, _)| mode & 0o111 != 0).collect();
    assert_eq!(executable.len(), 1, "{executable:?}");
    assert_eq!(executable[0].0 & 0o7777, 0o755);
}

#[test]
fn the_program_asks_for_no_loader_and_so_for_no_library() {
    const LOADER: u32 = 3; // PT_INTERP
    let program = fs::read(image::binary()).unwrap();
    let word = |at: usize, length: usize| {
        program[at..at + length].iter().rev().fold(0, |all, byte| all << 8 | usize::from(*byte))
    };
    assert_eq!(&program[..5], b"\x7fELF\x02", "a program of 64 bits");
    let (first, size, count) = (word(32, 8), word(54, 2), word(56, 2));
    let kinds: Vec<usize> = (0..count).map(|number| word(first + number * size, 4)).collect();
    assert!(!kinds.is_empty() && !kinds.contains(&(LOADER as usize)), "{kinds:?}");
}

#[test]
fn it_says_who_it_runs_as_what_it_runs_and_what_it_is() {
    image::root();
    let told = image::script(&["buildah", "inspect", "--type", "image", TAG]).stdout;
    let image: Value = serde_json::from_str(&told).unwrap();
    let config = &image["OCIv1"]["config"];
    assert_eq!(config["User"], USER);
    assert_eq!(config["Entrypoint"], json!(["/usr/local/bin/iamatrix"]));
    assert_eq!(config["Cmd"], json!(["run"]));
    assert_eq!(config["ExposedPorts"], json!({ "8080/tcp": {} }));
    let environment =
        ["PATH=/usr/local/bin", "IAMATRIX_CONFIG=/config", "IAMATRIX_LISTEN=0.0.0.0:8080", "MALLOC_ARENA_MAX=1"];
    assert_eq!(config["Env"], json!(environment));
    let label = |name: &str| config["Labels"][format!("org.opencontainers.image.{name}")].as_str().unwrap().to_owned();
    assert_eq!((label("title"), label("version")), ("iamatrix".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
    assert_eq!(label("licenses"), "Apache-2.0");
    assert!(!label("revision").is_empty() && !label("description").is_empty());
    assert_eq!(image["OCIv1"]["rootfs"]["diff_ids"].as_array().unwrap().len(), 1, "one layer");
}

/// Every file below, sorted; links and folders left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let list = if entry.file_type().unwrap().is_dir() { &mut pending } else { &mut found };
            list.push(entry.path());
        }
    }
    found.sort();
    found
}
