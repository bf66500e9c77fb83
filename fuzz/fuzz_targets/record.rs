//! Records, tree heads, checkpoints: never a panic; what is accepted comes back.
#![no_main]

#[path = "../../crates/tlog/tests/hostile/laws.rs"]
#[expect(dead_code, reason = "each target has laws of its own")]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    laws::record(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        laws::heads(text);
    }
});
