//! Infos, and the names under which they are asked for.
#![no_main]

#[path = "../../crates/gomod/tests/hostile/names/laws.rs"]
#[expect(dead_code, reason = "each target has laws of its own")]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    laws::infos(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        laws::queries(text);
    }
});
