//! The crate from outside: held against the stock client's own code, the real data, and hostile input.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[expect(
    dead_code,
    reason = "the writer of false zips can do more than is needed here"
)]
#[path = "../../../gomod/tests/support/raw_zip.rs"]
mod raw_zip;
mod support;

mod hit;
mod hostile;
mod judge;
mod kept;
mod mend;
mod merge;
mod older;
mod oracle;
mod reachability;
mod serve;
mod source;
mod stock;
