//! The image, run.

use std::fs;

use crate::support::config::Config;
use crate::support::daemon::Daemon;
use crate::support::image::{self, TAG};
use crate::support::program::Run;

#[test]
fn buildah_runs_it_as_its_user() {
    image::root();
    let container = image::script(&["buildah", "from", TAG]).stdout.trim().to_owned();
    let run = |words: &[&str]| {
        let isolated = ["buildah", "run", "--isolation", "chroot", &container, "--", "iamatrix"];
        image::script(&[isolated.as_slice(), words].concat())
    };
    run(&["--version"]).says(&format!("iamatrix {}", env!("CARGO_PKG_VERSION")));
    run(&["check", "--config", "/example"]).says("0 errors");
    image::script(&["buildah", "rm", &container]);
}

#[test]
fn it_judges_the_configuration_that_is_mounted() {
    let config = Config::example();
    let check = || Run::of(&mut image::command(&[(config.path(), "/config")], &["check"]));
    check().exits(0).says("/config: 11 users");
    config.edit_line("operator.yaml", "mode:", "mode: enforced\n");
    check().exits(1).says("/config/operator.yaml:");
}

#[test]
fn it_keeps_a_sandbox_right_as_nobody_on_a_root_that_nobody_can_write() {
    let words = [
        "run",
        "--sandbox=127.0.0.1:0",
        "--config=/example",
        "--mode=enforce",
        "--listen=127.0.0.1:0",
        "--log-format=json",
    ];
    let mut daemon = Daemon::start(&mut image::command(&[], &words));
    daemon.until_ready();
    daemon.until_in_sync();

    let of_process = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", daemon.process.id())).unwrap();
    let status = of_process("status");
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert_eq!((line("Name:").as_str(), line("Uid:").as_str()), ("iamatrix", "65532\t65532\t65532\t65532"));
    assert_eq!(line("CapEff:"), "0000000000000000");
    let mounts = of_process("mountinfo");
    let root = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/")).unwrap();
    assert!(root.split(' ').nth(5).unwrap().split(',').any(|option| option == "ro"), "{root}");

    daemon.process.signal("TERM");
    assert_eq!(daemon.process.exit_code(), Some(0));
}
