//! Tiles: a path has one spelling, tiles are authentic exactly if nothing was changed, and any numbers
//! of trees end in an answer.
#![no_main]

#[path = "../../crates/tlog/tests/hostile/laws.rs"]
#[expect(dead_code, reason = "each target has laws of its own")]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    laws::authenticate(bytes);
    if let Ok(path) = str::from_utf8(bytes) {
        laws::tile(path);
    }
    if let Some((three, _)) = bytes.split_first_chunk::<24>() {
        let (numbers, _) = three.as_chunks();
        laws::numbers([0, 1, 2].map(|at| u64::from_le_bytes(numbers[at])));
    }
});
