//! What a static program could have lost: names, and whom to trust.

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::support::account::{Account, Backend};
use crate::support::image::{self, Mount};
use crate::support::program::{Process, Run};
use crate::support::python;

/// Where the name server of this test answers. All of 127.0.0.0/8 is this machine.
const SERVER: &str = "127.53.53.53:53";
const NAME: &str = "iam.example.internal";
/// As Kubernetes writes it into every pod.
const RESOLV_CONF: &str = "search iamatrix.svc.cluster.local svc.cluster.local cluster.local\n\
                           nameserver 127.53.53.53\noptions ndots:5\n";

/// `plan` in the container, at an endpoint other than the account's own.
fn plan(account: &Account, endpoint: &str, mounts: &[Mount<'_>]) -> Run {
    let mounts = [&[(account.config.path(), "/config")], mounts].concat();
    let mut command = image::command(&mounts, &["plan"]);
    Run::of(account.environment(&mut command).env("AWS_ENDPOINT_URL", endpoint))
}

fn port(account: &Account) -> &str {
    account.wire.endpoint.rsplit(':').next().unwrap()
}

#[test]
fn names_are_asked_of_the_name_server_as_in_a_pod() {
    let account = Account::with_users(Backend::Sandbox);
    let asked = serve_names();
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name)
    };
    let (resolv, hosts) = (file("resolv.conf", RESOLV_CONF), file("hosts", "127.0.0.1 localhost\n"));
    let mounts: [Mount<'_>; 2] = [(&resolv, "/etc/resolv.conf"), (&hosts, "/etc/hosts")];
    plan(&account, &format!("http://{NAME}:{}", port(&account)), &mounts).exits(0).says("to add");
    let asked = asked.lock().unwrap().clone();
    assert!(asked.contains(&format!("{NAME}.svc.cluster.local")) && asked.contains(&NAME.to_owned()), "{asked:?}");

    plan(&account, &format!("http://localhost:{}", port(&account)), &mounts).exits(0);
    plan(&account, "http://nobody.example.internal:1", &mounts).exits(1).says("failed to lookup address");
}

/// Answers 127.0.0.1 for the one name and "no such name" for every other; gives the names that were asked.
fn serve_names() -> Arc<Mutex<Vec<String>>> {
    let socket = UdpSocket::bind(SERVER).unwrap_or_else(|error| panic!("{SERVER}: {error}; port 53 needs root"));
    let asked = Arc::default();
    let list: Arc<Mutex<Vec<String>>> = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok((_, from)) = socket.recv_from(&mut buffer) {
            let (name, answer) = answer(&buffer);
            list.lock().unwrap().push(name);
            socket.send_to(&answer, from).unwrap();
        }
    });
    asked
}

/// The name in a query of DNS, and the answer to it (RFC 1035, section 4).
fn answer(query: &[u8]) -> (String, Vec<u8>) {
    let (mut name, mut at) = (Vec::new(), 12);
    while query[at] != 0 {
        let length = usize::from(query[at]);
        name.push(String::from_utf8_lossy(&query[at + 1..=at + length]).into_owned());
        at += length + 1;
    }
    let (name, question, is_a) = (name.join("."), &query[12..at + 5], query[at + 2] == 1);
    let known = name == NAME;
    let (code, answers) = (if known { 0x80 } else { 0x83 }, u8::from(known && is_a));
    let mut answer = [&query[..2], &[0x81, code, 0, 1, 0, answers, 0, 0, 0, 0], question].concat();
    if answers == 1 {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    (name, answer)
}

#[test]
fn the_ca_roots_of_the_image_say_whom_to_trust() {
    let account = Account::with_users(Backend::Sandbox);
    let folder = tempfile::TempDir::new().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/image/tls.py");
    let mut command: Command = python::program("python");
    let mut server = Process::start(command.arg("-B").arg(script).arg(port(&account)).arg(folder.path()));
    let endpoint = format!("https://localhost:{}", server.address_after("listening at 127.0.0.1:"));
    let (hosts, ours) = (folder.path().join("hosts"), folder.path().join("ca.pem"));
    let plan = |mounts: &[Mount<'_>]| plan(&account, &endpoint, &[&[(hosts.as_path(), "/etc/hosts")], mounts].concat());
    fs::write(&hosts, "127.0.0.1 localhost\n").unwrap();

    plan(&[(&ours, "/etc/ssl/certs/ca-certificates.crt")]).exits(0).says("to add");
    plan(&[]).exits(1).says("certificate");
}
