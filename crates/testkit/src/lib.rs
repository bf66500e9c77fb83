//! Fake upstream with a fault plan, driver of the real go, the oracle's Rust end.

pub mod oracle;
