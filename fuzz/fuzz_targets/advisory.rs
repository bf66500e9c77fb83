//! Entries of vulnerability databases and reports of govulncheck: read or refused, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vulndb::{Entry, Reachability, unpack};

fuzz_target!(|bytes: &[u8]| {
    let _ = Entry::parse(bytes);
    let _ = Reachability::parse(bytes);
    let _ = unpack(bytes);
});
