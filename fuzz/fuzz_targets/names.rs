//! Module paths and versions: never a panic, and what was accepted comes back.
#![no_main]

#[path = "../../crates/gomod/tests/hostile/names/laws.rs"]
#[expect(dead_code, reason = "each target has laws of its own")]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    laws::paths(text);
    laws::versions(text);
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (second, third) = rest.split_once(' ').unwrap_or((rest, ""));
    laws::order([first, second, third]);
});
