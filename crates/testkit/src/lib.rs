//! What tests need to break modkeep on purpose: modules made in memory, an upstream that
//! misbehaves by plan, the real `go`, a raw client, and the built binary as a child process.
//!
//! Pages of documentation are taken apart here too, see [`document`].
//!
//! Everything here is synchronous to its caller. The things under test are processes and
//! sockets, so a test reads as a plain sequence of steps and needs no runtime of its own; the
//! fake upstream keeps one on a thread of its own. A step that cannot be taken (no port, no
//! temporary directory, no `go`) panics: a test whose ground is missing has failed, and an
//! error value would only move the same `unwrap` into every test.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    reason = "a test kit: it starts processes, polls them, and a step that cannot be taken is a failed test"
)]

pub mod client;
pub mod database;
pub mod document;
pub mod fixture;
pub mod forge;
pub mod go;
pub mod guarded_server;
pub mod noise;
pub mod object_store;
pub mod oidc_server;
pub mod oracle;
pub mod port;
pub mod process;
pub mod server;
pub mod skip;
pub mod upstream;
pub mod witness;
