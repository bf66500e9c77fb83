//! Every cause is injected and must be named; nothing may be named wrongly.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod damage;
mod decoys;
mod golden;
mod kit;
mod laws;
mod matrix;
mod objects;
mod states;
