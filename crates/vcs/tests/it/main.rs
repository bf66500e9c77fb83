//! The crate against the real `git` and the real `go`.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests: they start processes, and a step that cannot be taken is a failure"
)]

mod equal_to_go;
mod hostile;
mod mirrors;
mod other_systems;
mod sample;
mod ssh;
mod writer;
