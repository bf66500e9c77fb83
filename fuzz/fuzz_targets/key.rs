//! Keys: never a panic; a key comes back, and a secret one does not show itself.
#![no_main]

#[path = "../../crates/tlog/tests/hostile/laws.rs"]
#[expect(dead_code, reason = "each target has laws of its own")]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    laws::keys(text);
});
