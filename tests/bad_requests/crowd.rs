//! Far more connections than anybody needs, all from one client and all at once.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Write as _};
use std::net::TcpStream;

use super::Target;
use super::support::http::{Answer, post};
use super::support::{DEADLINE, scale, tell};

/// Ten thousand, or as many connections as this process may have: a hundred for each side's other files.
fn crowd() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let most = files.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX);
    most.saturating_sub(200).min(10_000)
}

/// Asks on a connection that may have been refused before: then the refusal is there to be read.
fn status(stream: &TcpStream) -> u16 {
    let request = post("Version=2010-05-08&Action=GetAccountSummary");
    // Whoever was refused may find the other side gone.
    let _ = (&*stream).write_all(request.as_bytes());
    let answer = Answer::read(&mut BufReader::new(stream)).unwrap().expect("an answer or a refusal");
    let code = if answer.status == 200 { "<GetAccountSummaryResponse" } else { "<Code>ServiceUnavailable</Code>" };
    assert!(answer.text().contains(code), "{}\n{}", answer.head, answer.text());
    answer.status
}

#[test]
fn as_many_connections_as_the_machine_allows_are_served_or_refused_and_nobody_is_lost() {
    let mut target = Target::start();
    let before = scale::memory(target.id(), "VmRSS");
    let mut connections = Vec::new();
    for n in 0..crowd() {
        let stream = TcpStream::connect(target.address).unwrap_or_else(|error| panic!("connection {n}: {error}"));
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        connections.push(stream);
    }
    assert_eq!(status(&connections[0]), 200, "who was first is served");
    let mut statuses = BTreeMap::<u16, usize>::new();
    for stream in &connections {
        *statuses.entry(status(stream)).or_default() += 1;
    }
    let during = scale::memory(target.id(), "VmHWM");
    tell(&format!(
        "{} connections: {statuses:?}; resident {} MB before, {} MB at most",
        connections.len(),
        before / 1_000_000,
        during / 1_000_000
    ));
    assert!(statuses.keys().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(statuses[&200] >= 100.min(connections.len()), "{statuses:?}");
    drop(connections);
    super::support::eventually("a place is free again", || {
        let stream = TcpStream::connect(target.address).unwrap();
        (status(&stream) == 200).then_some(())
    });
    target.is_well();
}
