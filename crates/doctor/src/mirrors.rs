//! Mirrors: public proxies that serve the same modules to everybody.

mod known;

pub use known::is_public;
pub(crate) use known::{host_of, is_public_host};
