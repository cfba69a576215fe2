//! The files as Kubernetes and git-sync bring them: links that lead elsewhere from one moment to the next.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::care::watched;
use crate::support::Account;
use crate::support::daemon::Daemon;
use crate::support::mounts::{ConfigMap, GitSync};
use crate::support::program::iamatrix;

/// The daemon over a configuration that is mounted elsewhere than the account's own.
pub fn over(account: &Account, config: &Path, flags: &[&str]) -> Daemon {
    let mut command = iamatrix();
    account.environment(&mut command).args(["run", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    Daemon::start(command.arg("--config").arg(config).args(flags))
}

/// Gives tiger these groups instead of the present ones.
fn move_tiger(account: &Account, groups: &str) {
    let row = format!("  tiger@demoasacode.io: {{ groups: [{groups}] }}\n");
    account.config.edit_line("matrix.yaml", "tiger@demoasacode.io:", &row);
}

#[test]
fn every_swap_of_a_config_map_is_taken_into_use() {
    let account = watched();
    let volume = ConfigMap::of(&account.config.texts());
    let daemon = over(&account, volume.path(), &["--mode", "enforce"]);
    daemon.until_in_sync();
    for groups in ["Viewer", "DBA", "Developer"] {
        move_tiger(&account, groups);
        daemon.takes(|| volume.swap(&account.config.texts()));
        account.is_equal();
    }
    assert_eq!(daemon.said("the configuration is not usable"), Vec::<serde_json::Value>::new());
}

#[test]
fn settings_in_a_config_map_of_their_own_are_taken_into_use_at_every_swap() {
    let account = watched();
    let mut texts = account.config.texts();
    let settings = texts.remove("operator.yaml").unwrap();
    let of_mode = |mode: &str| {
        let text = settings.replace("mode: observe", &format!("mode: {mode}"));
        [("operator.yaml".to_owned(), text)].into()
    };
    let (matrix, operator) = (ConfigMap::of(&texts), ConfigMap::of(&of_mode("observe")));
    let file = operator.path().join("operator.yaml");
    let daemon = over(&account, matrix.path(), &["--operator", file.to_str().unwrap()]);
    daemon.until("drift", |status| status["lastCycle"]["outcome"] == "drift");
    for mode in ["additive", "enforce", "observe", "enforce"] {
        operator.swap(&of_mode(mode));
        daemon.until(mode, |status| status["mode"] == mode);
    }
    daemon.until_in_sync();
    account.is_equal();
}

#[test]
fn every_commit_that_git_sync_publishes_is_taken_into_use() {
    let account = watched();
    let checkout = GitSync::of(&account.config.texts());
    let daemon = over(&account, &checkout.path(), &["--mode", "enforce"]);
    daemon.until_in_sync();
    for groups in ["Viewer", "DBA", "Developer"] {
        move_tiger(&account, groups);
        daemon.takes(|| checkout.publish(&account.config.texts()));
        account.is_equal();
    }
}

#[test]
fn touched_and_rewritten_files_are_no_new_configuration() {
    let account = watched();
    let volume = ConfigMap::of(&account.config.texts());
    let daemon = over(&account, volume.path(), &["--mode", "enforce"]);
    let before = daemon.until_in_sync()["config"].clone();
    let matrix = volume.path().join("matrix.yaml");
    // As the kubelet does about every minute, to a volume with a group of its own.
    let file = fs::File::options().append(true).open(&matrix).unwrap();
    file.set_modified(std::time::SystemTime::now()).unwrap();
    for path in [volume.path(), &matrix, &volume.path().join("policies")] {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        fs::set_permissions(path, Permissions::from_mode(mode ^ 0o020)).unwrap();
    }
    // The same texts elsewhere, as after a change that was taken back.
    volume.swap(&account.config.texts());
    daemon.until_in_sync();
    assert_eq!(daemon.status()["config"], before);

    // A change shows that it has been looking all the time.
    move_tiger(&account, "Viewer");
    daemon.takes(|| volume.swap(&account.config.texts()));
    assert_eq!(daemon.said("configuration in use").len(), 2, "{:?}", daemon.log());
    assert_ne!(daemon.status()["config"]["loadedAt"], before["loadedAt"]);
}
