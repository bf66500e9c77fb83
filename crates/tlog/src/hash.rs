//! Hashing of a Merkle tree: RFC 6962, section 2.1.
//!
//! Leaves and inner nodes are hashed with different first bytes, so that nobody can pass the one
//! off as the other.

use crate::base64;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// Bytes of a hash.
pub const HASH_SIZE: usize = 32;

/// The first byte of what is hashed for a leaf (RFC 6962, section 2.1).
const LEAF: [u8; 1] = [0];
/// The first byte of what is hashed for an inner node.
const NODE: [u8; 1] = [1];

/// A SHA-256 hash. Shown and parsed as base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; HASH_SIZE]);

/// A text is no hash in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed hash: not 32 bytes in base64")]
pub struct MalformedHash;

// === impl Hash ===

impl Hash {
    /// The root of the empty tree: the hash of nothing.
    pub fn of_empty_tree() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The hash of a leaf with this content.
    pub fn of_leaf(content: &[u8]) -> Self {
        Self(
            Sha256::new_with_prefix(LEAF)
                .chain_update(content)
                .finalize()
                .into(),
        )
    }

    /// The hash of an inner node.
    pub fn of_node(left: Self, right: Self) -> Self {
        let hasher = Sha256::new_with_prefix(NODE);
        Self(
            hasher
                .chain_update(left.0)
                .chain_update(right.0)
                .finalize()
                .into(),
        )
    }

    /// The hash whose bytes these are; `None` unless there are exactly [`HASH_SIZE`].
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_SIZE] {
        &self.0
    }
}

impl From<[u8; HASH_SIZE]> for Hash {
    fn from(bytes: [u8; HASH_SIZE]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Hash {
    type Err = MalformedHash;

    fn from_str(text: &str) -> Result<Self, MalformedHash> {
        let bytes = base64::decode(text).ok_or(MalformedHash)?;
        Self::from_slice(&bytes).ok_or(MalformedHash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
