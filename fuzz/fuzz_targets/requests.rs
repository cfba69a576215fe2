//! Requests as they come from the wire, several in a row on one account: nothing panics, every answer is whole.
//!
//! ```console
//! $ cargo install cargo-fuzz && mkdir -p fuzz/corpus/requests
//! $ cargo +nightly fuzz run --sanitizer none requests fuzz/corpus/requests fuzz/seeds -- \
//!       -dict=fuzz/requests.dict -max_len=8192
//! ```
//!
//! No sanitizer: there is no `unsafe` in the program for one to watch. A crash that is found becomes a file in
//! `fuzz/seeds/`, which `cargo test` sends as well.
#![no_main]

libfuzzer_sys::fuzz_target!(|lines: &[u8]| iamatrix::sandbox::fuzzing::requests(lines));
