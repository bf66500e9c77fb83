//! The HTTP surfaces over real sockets, byte by byte, against a scripted service.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod artifacts;
mod connections;
mod drain;
mod errors;
mod fake;
mod frames;
mod guard;
mod hostile;
mod http2;
mod journal;
mod pages;
mod prefetch;
mod wire;
