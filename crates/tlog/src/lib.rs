//! The rules of transparency logs, pure: bytes in, values out.
//!
//! A checksum database is a transparency log of the hashes of module versions: an append-only Merkle
//! tree whose root is signed. This crate has the rules by which its answers are believed, and by which
//! a log of our own is built:
//!
//! * [`note`]: signed texts, and the keys they are signed with;
//! * [`checkpoint`], [`record`]: what is signed, and what the leaves are;
//! * [`tree`], [`proof`], [`frontier`]: the Merkle tree, its proofs, and appending to it;
//! * [`tile`], [`plan`]: its hashes in files, and how files from anybody come to be believed;
//! * [`entries`], [`resource`]: its leaves in files, and the paths of all files of a log of our own;
//! * [`follow`]: what a reader of such a log checks;
//! * [`client`]: looking up a module's hashes and proving them, over a small trait of operations;
//! * [`proof_file`]: a proof that stands by itself.
//!
//! Nothing here opens a socket or a file, asks the time or knows a runtime. Every input may be
//! hostile: it is bounded, parsed strictly, and ends in an error, never in a panic. Where Go defines
//! the truth (golang.org/x/mod/sumdb), Go is asked in the tests.

mod base64;
pub mod checkpoint;
pub mod client;
pub mod entries;
pub mod follow;
pub mod frontier;
mod hash;
pub mod note;
pub mod plan;
pub mod proof;
pub mod proof_file;
pub mod record;
pub mod resource;
pub mod tile;
pub mod tree;

pub use hash::{HASH_SIZE, Hash, MalformedHash};
