//! Policies and a request made of the bytes: a deny wins, an allow is needed, order does not matter, and
//! documents that mean the same decide the same.
//!
//! ```console
//! $ mkdir -p fuzz/corpus/evaluate
//! $ cargo +nightly fuzz run --sanitizer none evaluate fuzz/corpus/evaluate fuzz/seeds-evaluate
//! ```
//!
//! A crash that is found becomes a file in `fuzz/seeds-evaluate/`, which `cargo test` tries as well.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| iamatrix::policy::fuzzing::evaluate(bytes));
