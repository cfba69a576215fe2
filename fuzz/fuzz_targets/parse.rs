//! Any text to the parser of policy documents: no panic, every mistake has a place, what is read is like itself.
//!
//! ```console
//! $ mkdir -p fuzz/corpus/parse
//! $ cargo +nightly fuzz run --sanitizer none parse fuzz/corpus/parse fuzz/seeds-parse
//! ```
//!
//! A crash that is found becomes a file in `fuzz/seeds-parse/`, which `cargo test` tries as well.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| iamatrix::policy::fuzzing::parse(bytes));
