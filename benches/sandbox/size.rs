//! An account of full size: how long until it answers, how long a sweep takes, how much memory it occupies.

use std::time::Instant;

use super::figure::{Figure, Target, median};
use super::support::http::Client;
use super::support::scale;

/// Starts, and sweeps in each.
const ROUNDS: usize = 5;

pub fn figures() -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    let file = scale::account_file(folder.path());
    let length = std::fs::metadata(&file).unwrap().len();
    println!(
        "{} users, {} groups, {} policies in a file of {} kB",
        scale::USERS,
        scale::GROUPS,
        scale::POLICIES,
        length / 1_000
    );
    let (mut starts, mut sweeps, mut resident, mut peak) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let (sandbox, address) = scale::sandbox_of(&file);
        let mut client = Client::of(address);
        assert_eq!(client.ask("GetUser", &format!("&UserName={}", scale::user(0))).status, 200);
        starts.push(begin.elapsed().as_secs_f64() * 1_000.0);
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            scale::sweep(&mut client);
            sweeps.push(begin.elapsed().as_secs_f64() * 1_000.0);
        }
        resident.push(scale::memory(sandbox.id(), "VmRSS") as f64 / 1e6);
        peak.push(scale::memory(sandbox.id(), "VmHWM") as f64 / 1e6);
    }
    let figure =
        |name: &str, values, target, unit| Figure { name: name.to_owned(), measured: median(values), target, unit };
    vec![
        figure("start to first answer", starts, Target::Below(1_000.0), "ms"),
        figure("GetAccountAuthorizationDetails, all pages", sweeps, Target::Below(200.0), "ms"),
        figure("resident after the sweeps", resident, Target::Below(100.0), "MB"),
        figure("resident at most", peak, Target::Below(100.0), "MB"),
    ]
}
