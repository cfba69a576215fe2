//! Writes a second, on the sandbox and on moto. Both run on the same single core, in turn, and the client on another,
//! so that neither the machine's mood nor the client is measured.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::figure::{Figure, Target, median};
use super::support::http::{Client, encoded};
use super::support::program::{Process, iamatrix};
use super::support::python;

const ROUNDS: usize = 5;
/// Requests of each kind that either gets in a round.
const REQUESTS: usize = 1_000;
/// Connections of the client.
const CLIENTS: usize = 4;
const GROUPS: usize = 10;
/// What the issue of speed asks for.
const RATIO: f64 = 10.0;

pub fn figures() -> Vec<Figure> {
    let cores = cores();
    let (servers, client) = (cores[0], cores[cores.len() - 1]);
    // What is started inherits the core.
    pin(servers);
    let moto = python::moto().trim_start_matches("http://").parse().unwrap();
    println!("servers on core {servers}, client on core {client}");
    if servers == client {
        println!("only one core is there: the client's own cost counts against the faster server");
    }
    let mut rates: [[Vec<f64>; 2]; 2] = Default::default();
    for round in 1..=ROUNDS {
        pin(servers);
        let mut sandbox = Process::start(iamatrix().args(["sandbox", "--listen", "127.0.0.1:0"]));
        let sandbox = sandbox.address_after("http://").parse().unwrap();
        pin(client);
        for (server, address) in [sandbox, moto].into_iter().enumerate() {
            let (created, added) = (create(address, round), add(address, round));
            println!("round {round}: {:<8} CreateUser {created:>8.0}/s  AddUserToGroup {added:>8.0}/s", NAMES[server]);
            rates[server][0].push(created);
            rates[server][1].push(added);
        }
    }
    let [[s_create, s_add], [m_create, m_add]] = rates;
    [compared("CreateUser", s_create, m_create), compared("AddUserToGroup", s_add, m_add)].concat()
}

const NAMES: [&str; 2] = ["sandbox", "moto"];

fn compared(action: &str, sandbox: Vec<f64>, moto: Vec<f64>) -> Vec<Figure> {
    let ratio = median(sandbox.iter().zip(&moto).map(|(sandbox, moto)| sandbox / moto).collect());
    let figure =
        |name: &str, measured, target, unit| Figure { name: format!("{action}, {name}"), measured, target, unit };
    vec![
        figure("sandbox", median(sandbox), Target::None, "1/s"),
        figure("moto", median(moto), Target::None, "1/s"),
        figure("sandbox to moto", ratio, Target::AtLeast(RATIO), "times"),
    ]
}

fn user(round: usize, n: usize) -> String {
    encoded(&format!("person{n}.round{round}@demoasacode.io"))
}

fn create(address: SocketAddr, round: usize) -> f64 {
    let mut client = Client::of(address);
    for n in 0..GROUPS {
        assert_eq!(client.ask("CreateGroup", &format!("&GroupName=Team{n}.{round}")).status, 200);
    }
    rate(address, |client, n| {
        client.ask("CreateUser", &format!("&UserName={}&Path=%2Fstaff%2F", user(round, n))).status
    })
}

fn add(address: SocketAddr, round: usize) -> f64 {
    rate(address, |client, n| {
        let (team, user) = (n % GROUPS, user(round, n));
        client.ask("AddUserToGroup", &format!("&GroupName=Team{team}.{round}&UserName={user}")).status
    })
}

/// Requests a second, over a few connections at once.
fn rate(address: SocketAddr, ask: impl Fn(&mut Client, usize) -> u16 + Sync) -> f64 {
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for first in 0..CLIENTS {
            let ask = &ask;
            scope.spawn(move || {
                let mut client = Client::of(address);
                for n in (first..REQUESTS).step_by(CLIENTS) {
                    assert_eq!(ask(&mut client, n), 200);
                }
            });
        }
    });
    REQUESTS as f64 / begin.elapsed().as_secs_f64()
}

/// The cores that this process may use.
fn cores() -> Vec<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let mut allowed = BTreeSet::new();
    for range in list.trim().split(',') {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        allowed.extend(from.parse::<usize>().unwrap()..=to.parse().unwrap());
    }
    allowed.into_iter().collect()
}

/// Moves this thread, and what it starts from now on, to one core.
fn pin(core: usize) {
    let this = std::process::id().to_string();
    let command =
        Command::new("taskset").args(["--cpu-list", "--pid", &core.to_string(), &this]).stdout(Stdio::null()).status();
    let done = command.expect("taskset is needed, which holds a process to one core: install util-linux");
    assert!(done.success(), "taskset: {done}");
}
