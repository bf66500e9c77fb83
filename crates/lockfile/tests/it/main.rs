//! Lock files as the real tools write them, what tampering makes of them, and what damage does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod evasions;
mod fixtures;
mod halves;
mod hostile;
mod hosts;
mod manifests;
mod rules;
mod tampered;
mod truth;
