//! Policies of the gate: accepted, or refused with a place.
#![no_main]

use gate::{policy::GatePolicy, rules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = GatePolicy::parse("policy", bytes, &rules::all());
});
