//! The client over operations in memory: what it stores, what it heals, what it proves, and what no
//! lie can make it believe.
#![expect(clippy::unwrap_used, reason = "tests")]

mod database;
mod forks;
mod heads;
mod healing;
mod injections;
#[path = "../support/log.rs"]
mod log;
#[path = "../support/memory.rs"]
mod memory;
mod proofs;
