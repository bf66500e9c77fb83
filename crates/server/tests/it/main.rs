//! The HTTP surfaces over real sockets, byte by byte, over the real service and an upstream that
//! misbehaves by plan.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod artifacts;
mod blobs;
mod connections;
mod drain;
mod errors;
mod frames;
mod guard;
mod hostile;
mod http2;
mod journal;
mod pages;
mod prefetch;
mod routes;
mod site;
mod wire;
