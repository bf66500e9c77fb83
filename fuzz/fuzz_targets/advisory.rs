//! Entries of vulnerability databases and reports of govulncheck: read or refused, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vulndb::{OsvEntry, ReachabilityReport, unpack};

fuzz_target!(|bytes: &[u8]| {
    let _ = OsvEntry::parse(bytes);
    let _ = ReachabilityReport::parse(bytes);
    let _ = unpack(bytes);
});
