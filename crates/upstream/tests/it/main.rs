//! Sources that misbehave, on real sockets; and the real `go` on the same sources.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod bodies;
mod egress;
mod files;
mod go;
mod kit;
mod observer;
mod parallel;
mod real;
mod redirects;
mod relay;
mod renewal;
mod resilience;
mod sumdb;
mod tls;
mod walks;
