//! Heads of Go files, and what their text shows: no input is too strange.
#![no_main]

use libfuzzer_sys::fuzz_target;
use project::source;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = source::parse(bytes) {
        assert!(header.imports.len() <= source::MAX_IMPORTS);
    }
});
