//! go.sum: never a panic; what is accepted comes back.
#![no_main]

#[path = "../../crates/gomod/tests/hostile/modfile/laws.rs"]
#[expect(dead_code, reason = "each target has laws of its own")]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| laws::go_sum(source));
