//! Module paths and versions from outside: never a panic, and what was accepted comes back.
#![no_main]

use gomod::{ModulePath, Version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(path) = ModulePath::unescape(text) {
        assert_eq!(path.escaped(), text);
    }
    if let Ok(version) = Version::unescape(text) {
        assert_eq!(version.escaped(), text);
    }
});
