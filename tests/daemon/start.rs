//! How the daemon starts when something is not as it should be.

use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;

use crate::care::{enforcing, watched};
use crate::support::daemon::Daemon;
use crate::support::program::{Process, iamatrix};
use crate::support::{Account, eventually};

/// Alive, unready, and nothing was called but what tells who we are and what AWS offers.
fn waits_for_the_files(daemon: &Daemon, account: &Account) {
    daemon.until("the problem is seen", |status| status["config"]["problems"].as_u64() > Some(0));
    let pages = ["/livez", "/readyz", "/startupz"].map(|page| daemon.get(page).status);
    assert_eq!(pages, [200, 503, 200], "started, so that nobody restarts it, and not ready");
    assert!((daemon.metric("iamatrix_config_valid") - 0.0).abs() < 0.1);
    let called = account.wire.take();
    assert!(called.iter().all(|action| ["GetCallerIdentity", "ListPolicies"].contains(&action.as_str())), "{called:?}");
}

#[test]
fn settings_that_cannot_be_read_at_the_start_mean_alive_but_not_ready_until_they_are_mended() {
    let account = watched();
    let settings = account.config.read("operator.yaml");
    account.wire.take();
    for broken in [settings.replace("mode: observe", "mode: [observe"), settings.replace("listen: ", "listne: ")] {
        account.config.write("operator.yaml", &broken);
        let daemon = enforcing(&account);
        waits_for_the_files(&daemon, &account);
        eventually("the log tells", || daemon.said("operator.yaml:").pop());
    }
    std::fs::remove_file(account.config.file("operator.yaml")).unwrap();
    let daemon = enforcing(&account);
    waits_for_the_files(&daemon, &account);

    account.config.write("operator.yaml", &settings);
    daemon.until_ready();
    daemon.until_in_sync();
    account.is_equal();
}

#[test]
fn a_mount_that_comes_late_is_waited_for() {
    let account = watched();
    let folder = account.config.file("mounted/later");
    let daemon = crate::mounts::over(&account, &folder, &["--mode", "enforce"]);
    waits_for_the_files(&daemon, &account);
    crate::support::mounts::write(&folder, &account.config.texts());
    daemon.until_ready();
    daemon.until_in_sync();
    account.is_equal();
}

#[test]
fn mistakes_in_the_files_are_told_even_while_aws_cannot_be_reached() {
    let account = watched();
    let matrix = account.config.read("matrix.yaml");
    account.config.write("matrix.yaml", &format!("{matrix}\nusers: {{}}\n"));
    account.wire.cut(true);
    let daemon = enforcing(&account);
    daemon.until("the problem is seen", |status| status["config"]["problems"].as_u64() > Some(0));
    assert_eq!(daemon.get("/readyz").status, 503);
    eventually("the log tells", || daemon.said("matrix.yaml:").pop());
    // Mended, it is ready for the moment when AWS is back.
    account.config.write("matrix.yaml", &matrix);
    daemon.until_ready();
    account.wire.cut(false);
    daemon.until_in_sync();
}

/// Signals arrive before anything is served: while the connection to AWS is prepared, which asks the machine for its
/// region when nobody else knows it.
#[test]
fn told_to_stop_while_it_starts_it_ends_well() {
    let account = watched();
    for signal in ["TERM", "INT"] {
        let (mut process, _machine) = starting(&account);
        process.signal("HUP");
        process.signal(signal);
        assert_eq!(process.exit_code(), Some(0), "{signal}: {:?}", process.lines());
    }
}

/// A daemon that waits for an answer about its region, and who does not give it.
fn starting(account: &Account) -> (Process, TcpListener) {
    let machine = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", machine.local_addr().unwrap());
    let mut command: Command = iamatrix();
    command.env("AWS_EC2_METADATA_DISABLED", "false").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint);
    command.args(["run", "--listen", "127.0.0.1:0", "--config"]).arg(account.config.path());
    let process = Process::start(&mut command);
    machine.set_nonblocking(true).unwrap();
    let asked = eventually("it asks", || machine.accept().ok());
    // Kept open for as long as the listener.
    std::mem::forget(asked);
    (process, machine)
}

/// The lines of a log that name a place.
#[test]
fn a_mistake_made_later_is_told_once_with_its_place_while_the_last_good_files_are_at_work() {
    let account = watched();
    let daemon = enforcing(&account);
    daemon.until_in_sync();
    let matrix = account.config.read("matrix.yaml");
    account.config.edit("matrix.yaml", "AdministratorAccess:              [Admin]", "AdministratorAccess: [Admni]");
    daemon.until("the problem is seen", |status| status["config"]["inUse"] == "lastGood");
    for _ in 0..2 {
        account.by_hand(
            "add_user_to_group",
            serde_json::json!({ "GroupName": "Admin", "UserName": "banana@demoasacode.io" }),
        );
        daemon.until_in_sync();
        // A look at the same files is no reason to say it again.
        daemon.process.signal("HUP");
    }
    daemon.until_in_sync();
    let place = account.config.place("matrix.yaml", "[Admni]");
    let told: Vec<Value> = daemon.said(&place);
    assert_eq!(told.len(), 1, "{:?}", daemon.log());
    let column = told[0]["message"].as_str().unwrap().split(&place).nth(1).unwrap().split(':').next().unwrap();
    assert_eq!(column, "25", "{told:?}");
    assert_eq!(daemon.said("the last good configuration stays in use").len(), 1);
    account.config.write("matrix.yaml", &matrix);
    account.is_equal();
}
