//! Zips: never a panic, each byte read once, and what passes obeys the laws.
#![no_main]

#[path = "../../crates/gomod/tests/hostile/zip/laws.rs"]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    laws::zip(bytes, "a.b/c", "v1.0.0");
});
