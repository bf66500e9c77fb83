//! GOPROXY lists and pattern lists, which operators write, and who shows them shows no secret.
#![no_main]

#[path = "../../crates/gomod/tests/hostile/names/laws.rs"]
#[expect(dead_code, reason = "each target has laws of its own")]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    laws::proxies(text);
    laws::secrets(text);
    let (globs, path) = text.split_once(' ').unwrap_or((text, "example.com/a/b"));
    laws::patterns(globs, path);
});
