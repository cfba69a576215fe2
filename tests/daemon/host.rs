//! What the machine may withhold: events, a place to write to.

use std::fs;
use std::process::Command;

use crate::care::watched;
use crate::support::daemon::Daemon;
use crate::support::program::clear;
use crate::support::{Account, tell};

/// Leaves a shell script of the user namespace the last word before the program.
fn confined(script: &str, inner: &Command) -> Command {
    let mut command = Command::new("unshare");
    clear(&mut command).args([
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-euc",
        &format!("{script}\nexec \"$@\""),
        "sh",
    ]);
    command.arg(inner.get_program()).args(inner.get_args());
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Whether this machine lets us make a user namespace, in which limits are our own and disturb nobody.
fn has_namespaces() -> bool {
    let made = Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).output();
    let made = made.is_ok_and(|output| output.status.success());
    if !made {
        tell("skipped: this machine makes no user namespaces (`unshare --user --map-root-user --mount true`)");
    }
    made
}

fn command(account: &Account) -> Command {
    account.command(&["run", "--listen", "127.0.0.1:0", "--log-format", "json", "--mode", "enforce"])
}

#[test]
fn with_no_inotify_instance_left_the_files_are_polled_and_that_is_said_once() {
    if !has_namespaces() {
        return;
    }
    polled_when("echo 0 > /proc/sys/user/max_inotify_instances");
}

#[test]
fn with_no_inotify_watch_left_the_files_are_polled_and_that_is_said_once() {
    if !has_namespaces() {
        return;
    }
    polled_when("echo 1 > /proc/sys/user/max_inotify_watches");
}

fn polled_when(script: &str) {
    let account = watched();
    let daemon = Daemon::start(&mut confined(script, &command(&account)));
    daemon.until_in_sync();
    for groups in ["Viewer", "DBA"] {
        let row = format!("  tiger@demoasacode.io: {{ groups: [{groups}] }}\n");
        daemon.takes(|| account.config.edit_line("matrix.yaml", "tiger@demoasacode.io:", &row));
        account.is_equal();
    }
    let told = daemon.said("the system gives no events for the configuration, so it is polled");
    assert_eq!(told.len(), 1, "{:?}", daemon.log());
    assert_eq!(told[0]["level"], "WARN");
}

/// Everything is read-only below a new root, and no process may write a byte to a file anywhere.
#[test]
fn it_needs_no_place_to_write_to_and_leaves_nothing_behind() {
    if !has_namespaces() {
        return;
    }
    let account = watched();
    let root = account.config.file("root");
    fs::create_dir(&root).unwrap();
    let (root, file) = (root.display(), account.config.file("written"));
    let script = format!(
        "mount --rbind / {root}; mount -o remount,bind,ro {root}
         if chroot {root} touch {}; then exit 99; fi
         cd /; ulimit -f 0; set -- chroot {root} \"$@\"",
        file.display()
    );
    let start = || {
        let mut command = confined(&script, &command(&account));
        Daemon::start(command.env_remove("HOME").env_remove("TMPDIR"))
    };
    let mut daemon = start();
    daemon.until_in_sync();
    daemon.until_audited();
    daemon
        .takes(|| account.config.edit_line("matrix.yaml", "tiger@", "  tiger@demoasacode.io: { groups: [Viewer] }\n"));
    daemon.process.signal("KILL");
    daemon.process.exit_code();
    // Nothing was left that could be stale or in the way.
    let daemon = start();
    daemon.until_in_sync();
    account.is_equal();
    assert!(!file.exists());
}
