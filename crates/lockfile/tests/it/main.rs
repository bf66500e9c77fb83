//! Lock files as the real tools write them, what tampering makes of them, and what damage does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod argued;
mod attacks;
mod evasions;
mod field;
mod fields;
mod fixtures;
mod halves;
mod healthy;
mod hostile;
mod hosts;
mod manifests;
mod mutations;
mod rules;
mod tampered;
mod truth;
