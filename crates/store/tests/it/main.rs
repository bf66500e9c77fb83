//! What the store promises, on real files.
#![expect(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking and has small numbers"
)]

mod support;
mod trust;

mod cached_answer;
mod capture;
mod catalog;
mod concurrency;
mod crash;
mod disk;
mod evidence;
mod export;
mod import;
mod journal_crash;
mod journal_log;
mod own;
mod own_crash;
mod private;
mod reader;
mod remote;
mod repair;
mod replace;
mod spool;
mod verify;
