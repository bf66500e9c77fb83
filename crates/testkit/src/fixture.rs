//! Go modules made in memory, byte for byte the same in every run.
//!
//! A [`Module`] knows its three artifacts; a [`Corpus`] is the URL space of a module proxy
//! (also the layout of `GOMODCACHE/cache/download`, hence a valid `file://` upstream). A
//! corpus does not check anything: a test may put any bytes at any path, which is how an
//! upstream learns to lie.

mod corpus;
mod module;
pub mod zip;

pub use corpus::{Corpus, escape};
pub use module::{Module, TIME};
