//! The doctor against real commands, real sockets and real certificates.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the real go and git are started here, and a step that cannot be taken is a failed test"
)]

mod corpus;
mod field;
mod moved;
mod probe;
mod sumdb_setting;
mod tls;
mod transcripts;
