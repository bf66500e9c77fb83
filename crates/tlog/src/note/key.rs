//! Keys that signatures are checked with: `NAME+ID+BASE64(algorithm, key)`.

use super::{Signature, cosignature, is_name};
use crate::base64;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// What precedes an Ed25519 key in its encoding (C2SP signed-note, "Signature types").
pub(super) const ED25519_KEY: u8 = 1;
/// The same for a witness's key, whose signatures carry a time (C2SP tlog-cosignature).
pub(super) const COSIGNATURE_KEY: u8 = 4;

/// Bytes of an Ed25519 public key (RFC 8032).
const PUBLIC_SIZE: usize = 32;

/// A public key with its name. Parsed from and shown as `NAME+ID+BASE64`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    algorithm: u8,
    public: [u8; PUBLIC_SIZE],
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It does not have the form of a key.
    #[error("malformed key: it must be NAME+ID+BASE64 with an id of eight hexadecimal digits")]
    Malformed,
    /// The key is for an algorithm that is not known here.
    #[error("the key is for algorithm {0}, which is not known here")]
    Algorithm(u8),
    /// The id is not that of the name and the key: one of the three was changed.
    #[error("the key's id does not belong to its name and bytes")]
    Id,
}

/// The id of a key: the first four bytes of SHA-256 over name, line end, algorithm and key.
pub(super) fn key_id(name: &str, algorithm: u8, public: &[u8]) -> u32 {
    let hasher = Sha256::new_with_prefix(name).chain_update([b'\n', algorithm]);
    let hash: [u8; 32] = hasher.chain_update(public).finalize().into();
    hash.first_chunk()
        .copied()
        .map(u32::from_be_bytes)
        .unwrap_or_default()
}

/// The id in a key's text, of eight hexadecimal digits.
pub(super) fn read_id(text: &str) -> Option<u32> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}

// === impl VerifierKey ===

impl VerifierKey {
    pub(super) fn ed25519(name: &str, public: [u8; PUBLIC_SIZE]) -> Self {
        Self::new(name, ED25519_KEY, public)
    }

    fn new(name: &str, algorithm: u8, public: [u8; PUBLIC_SIZE]) -> Self {
        let id = key_id(name, algorithm, &public);
        Self {
            name: name.to_owned(),
            id,
            algorithm,
            public,
        }
    }

    /// Its name: that of a checksum database, a log, a witness.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id, by which signature lines name it.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Whether this key signs with a time, as witnesses do.
    pub const fn is_witness(&self) -> bool {
        self.algorithm == COSIGNATURE_KEY
    }

    /// The same key as a witness's, for signatures with a time.
    #[must_use]
    pub fn for_cosignatures(&self) -> Self {
        Self::new(&self.name, COSIGNATURE_KEY, self.public)
    }

    pub(super) fn is_of(&self, signature: &Signature) -> bool {
        self.id == signature.id && self.name == signature.name
    }

    /// Whether `signature`, without the key id, is valid for `text`.
    pub(super) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        if self.is_witness() {
            return cosignature::verifies(self, text, signature);
        }
        self.verifies_bytes(text, signature)
    }

    pub(super) fn verifies_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public)
            .verify(message, signature)
            .is_ok()
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyError::Malformed);
        };
        let id = read_id(id)
            .filter(|_| is_name(name))
            .ok_or(KeyError::Malformed)?;
        let encoded = base64::decode(encoded).ok_or(KeyError::Malformed)?;
        let (algorithm, public) = encoded.split_first().ok_or(KeyError::Malformed)?;
        if id != key_id(name, *algorithm, public) {
            return Err(KeyError::Id);
        }
        if !matches!(*algorithm, ED25519_KEY | COSIGNATURE_KEY) {
            return Err(KeyError::Algorithm(*algorithm));
        }
        let public = public.try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self {
            name: name.to_owned(),
            id,
            algorithm: *algorithm,
            public,
        })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = base64::encode([&[self.algorithm][..], &self.public].concat());
        write!(f, "{}+{:08x}+{encoded}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
