//! What the tests are made of: an account somewhere, a person with boto3, the program, and a wire that is listened to.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::explicit_write,
    clippy::indexing_slicing,
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "tests wait for real processes and may panic; each of them uses a part of this"
)]

pub mod account;
pub mod config;
pub mod daemon;
pub mod http;
pub mod image;
pub mod mounts;
pub mod node;
pub mod program;
pub mod python;
pub mod scale;
pub mod wire;

pub use account::{Account, Backend};
pub use config::Config;

use std::io::Write as _;
use std::time::{Duration, Instant};

/// The users of the example.
pub const USERS: [&str; 11] = [
    "admin@demoasacode.io",
    "manager@demoasacode.io",
    "lamp@demoasacode.io",
    "symple@demoasacode.io",
    "devapple@demoasacode.io",
    "scott@demoasacode.io",
    "tiger@demoasacode.io",
    "banana@demoasacode.io",
    "melon@demoasacode.io",
    "car@demoasacode.io",
    "bicycle@demoasacode.io",
];

/// Long enough for a busy machine; whoever waits so long has failed.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Looks again and again until there is something to see.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Says something to whoever runs the tests. What is printed the usual way is kept back when a test passes.
pub fn tell(words: &str) {
    writeln!(std::io::stderr(), "{words}").unwrap();
}
