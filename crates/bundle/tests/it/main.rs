//! The format from outside: written and read again, shown to the system's `tar`, and damaged.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests: they start the system's tools"
)]

mod damage;
mod interchange;
mod sample;
