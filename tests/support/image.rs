//! The static binary and the image around it, built once, and the image run as a container runtime would.
//!
//! Needs Linux, buildah, and root for the mounts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::program::{Run, clear};
use super::tell;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/image.sh");
/// Under which the image is in the store below `target/`.
pub const TAG: &str = "localhost/iamatrix";
/// Whom the image runs as.
pub const USER: &str = "65532:65532";

/// The program as it is released: static, optimized, without what only laptops need. The first build takes minutes.
pub fn binary() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let _lock = lock();
        if !target().join("static").exists() {
            tell("building the static binary for the tests; this takes some minutes, once");
        }
        script(&["binary"]).stdout.trim().into()
    })
}

/// The image's root file system, taken out of the image that buildah built.
pub fn root() -> &'static Path {
    static UNPACKED: OnceLock<PathBuf> = OnceLock::new();
    UNPACKED.get_or_init(|| {
        let user = Run::of(Command::new("id").arg("-u")).stdout;
        assert_eq!(
            user.trim(),
            "0",
            "the image is unpacked, mounted and run: the tests of it need root, as in a container"
        );
        binary();
        let _lock = lock();
        let image = script(&["build", TAG]).stdout.trim().to_owned();
        let (root, made_of) = (target().join("image/root"), target().join("image/root.of"));
        if fs::read_to_string(&made_of).is_ok_and(|made_of| made_of == image) {
            return root;
        }
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        let container = script(&["buildah", "from", TAG]).stdout.trim().to_owned();
        let mounted = script(&["buildah", "mount", &container]).stdout.trim().to_owned();
        Run::of(Command::new("cp").arg("-a").arg(mounted).arg(&root)).exits(0);
        script(&["buildah", "rm", &container]);
        fs::write(made_of, image).unwrap();
        root
    })
}

/// deploy/image.sh with these words, which must go well.
#[track_caller]
pub fn script(words: &[&str]) -> Run {
    let mut command = Command::new(SCRIPT);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_") && name != "CARGO_HOME") {
        command.env_remove(name); // of the cargo that runs this test
    }
    Run::of(command.args(words).env("CARGO_TARGET_DIR", target()).stdin(Stdio::null())).exits(0)
}

/// A file or folder of this machine in the container, read-only.
pub type Mount<'a> = (&'a Path, &'a str);

/// The image with these words for its entry point, as Kubernetes runs it: its own root, read-only, as its user, and of
/// this machine nothing but the mounts, the network and `/proc`. Its process takes signals itself.
pub fn command(mounts: &[Mount<'_>], words: &[&str]) -> Command {
    let mut steps = vec![
        "set -e".to_owned(),
        "mount -t tmpfs -o mode=755 tmpfs \"$STAGE\"".to_owned(),
        "cp -a \"$ROOT\"/. \"$STAGE\"".to_owned(),
        "mkdir -p \"$STAGE/proc\" && mount --rbind /proc \"$STAGE/proc\"".to_owned(),
    ];
    for (from, to) in mounts {
        let (from, to) = (quoted(&from.to_string_lossy()), quoted(to));
        steps.push(format!(
            "to=\"$STAGE\"{to}; mkdir -p \"${{to%/*}}\"; if [ -d {from} ]; then mkdir -p \"$to\"; else touch \"$to\"; fi"
        ));
        steps.push(format!("mount --bind {from} \"$to\" && mount -o remount,ro,bind \"$to\""));
    }
    steps.push("mount -o remount,ro \"$STAGE\"".to_owned());
    let user = format!("--userspec={USER}");
    steps.push(format!(
        "exec env -u ROOT -u STAGE chroot {user} --groups=65532 \"$STAGE\" /usr/local/bin/iamatrix \"$@\""
    ));
    let stage = target().join("image").join("stage");
    let root = root();
    fs::create_dir_all(&stage).unwrap();
    let mut command = Command::new("unshare");
    clear(&mut command).args(["--mount", "sh", "-c", &steps.join("\n"), "sh"]).args(words);
    command.env("ROOT", root).env("STAGE", stage);
    command.envs([("IAMATRIX_CONFIG", "/config"), ("IAMATRIX_LISTEN", "0.0.0.0:8080")]);
    command
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// One build at a time, whatever the number of test processes.
fn lock() -> File {
    fs::create_dir_all(target().join("image")).unwrap();
    let lock = File::create(target().join("image").join("lock")).unwrap();
    lock.lock().unwrap();
    lock
}
