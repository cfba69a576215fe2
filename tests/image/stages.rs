//! The first way to build the image, everything in containers. Its base image comes from a registry, which the tests do
//! without: in its place stand the tools of this machine, and a cargo that compiles nothing. What is left to see is that
//! the stages fit together: what is copied in, what is laid out, what is taken over.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::image;
use crate::support::program::Run;

const STAGED: &str = "localhost/iamatrix-stages";
const RUSTC: &str = "#!/bin/sh\necho 'host: x86_64-unknown-linux-gnu'\n";
/// Looks whether it is called where the sources are and nothing that is left out, and makes the program.
const CARGO: &str = r#"#!/bin/sh
set -e
test "$PWD" = /src && test -f Cargo.lock && test -f src/main.rs && test ! -e .git && test ! -e target/debug
made=$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release
mkdir -p "$made"
echo "$*" > "$made/iamatrix"
"#;

#[test]
fn both_stages_fit_together_and_the_labels_are_those_that_are_given() {
    let folder = tempfile::TempDir::new().unwrap();
    for (name, text) in [("rustc", RUSTC), ("cargo", CARGO)] {
        let tool = folder.path().join(name);
        fs::write(&tool, text).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let tools = format!("{}:/usr/local/bin:ro", folder.path().display());
    let mut words = vec!["buildah", "build", "--quiet", "--isolation", "chroot", "--file", "deploy/Containerfile"];
    words.extend(["--tag", STAGED, "--build-arg", "BUILD_IMAGE=scratch"]);
    words.extend(["--build-arg", "VERSION=1.2.3", "--build-arg", "REVISION=abc"]);
    for mount in ["/usr:/usr:ro", "/bin:/bin:ro", "/lib:/lib:ro", "/lib64:/lib64:ro", "/etc/ssl:/etc/ssl:ro", &tools] {
        words.extend(["--volume", mount]);
    }
    words.push(".");
    image::script(&words);

    let told: Value =
        serde_json::from_str(&image::script(&["buildah", "inspect", "--type", "image", STAGED]).stdout).unwrap();
    let labels = &told["OCIv1"]["config"]["Labels"];
    let label = |name: &str| labels[format!("org.opencontainers.image.{name}")].as_str().unwrap().to_owned();
    assert_eq!((label("version"), label("revision")), ("1.2.3".to_owned(), "abc".to_owned()));

    let container = image::script(&["buildah", "from", STAGED]).stdout.trim().to_owned();
    let mounted = image::script(&["buildah", "mount", &container]).stdout.trim().to_owned();
    let program = fs::read_to_string(Path::new(&mounted).join("usr/local/bin/iamatrix")).unwrap();
    let names = Run::of(std::process::Command::new("ls").arg("-A").arg(&mounted)).exits(0).stdout;
    image::script(&["buildah", "rm", &container]);
    image::script(&["buildah", "rmi", STAGED]);
    assert!(program.starts_with("rustc --release --locked "), "{program}");
    assert_eq!(names.split_whitespace().collect::<Vec<_>>(), ["config", "etc", "example", "usr"]);
}

#[test]
fn the_base_image_that_is_named_has_a_rust_that_is_new_enough() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let number = |file: &str, before: &str| {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let rest = text.split_once(before).unwrap().1;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap();
        rest[..end].split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>()
    };
    let (base, needed) = (number("deploy/Containerfile", "/rust:"), number("Cargo.toml", "rust-version = \""));
    assert!(base >= needed, "{base:?} is older than {needed:?}");
}
