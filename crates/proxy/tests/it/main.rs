//! The service over a real store and an upstream that misbehaves by plan.
//!
//! One file a law or promise; what `go` itself makes of it is tested end to end with the binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod artifacts;
mod bundle;
mod confirm;
mod crowd;
mod disk;
mod flights;
mod heads;
mod outages;
mod own;
mod prefetch;
mod scrub;
mod site;
mod sources;
mod sumdb;
mod verify;
mod versions;
