//! Keys that notes are signed with: `PRIVATE+KEY+NAME+ID+BASE64(algorithm, seed)`.
//!
//! The text is the secret itself, so there is no `Display` and `Debug` shows the public part only;
//! [`SignerKey::reveal`] is for the one who writes the key's file.

use super::{
    KeyError, Signature, VerifierKey, is_name,
    key::{ED25519_KEY, read_id},
};
use crate::base64;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use std::{fmt, str::FromStr};

/// Bytes of the seed that an Ed25519 private key is made from (RFC 8032).
pub(super) const SEED_SIZE: usize = 32;

/// A private key with its name.
pub struct SignerKey {
    pair: Ed25519KeyPair,
    seed: [u8; SEED_SIZE],
    verifier: VerifierKey,
}

/// Why a text cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The text of a note ends in a line's end.
    #[error("the text does not end in a line's end")]
    NoLineEnd,
    /// What is to be kept of older signatures would not be read again.
    #[error("the older signature by {0:?} is none: its name or its base64 cannot be")]
    Existing(String),
}

// === impl SignerKey ===

impl SignerKey {
    /// The key of this name that a seed of random bytes makes.
    pub fn from_seed(name: &str, seed: [u8; SEED_SIZE]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Malformed);
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyError::Malformed)?;
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| KeyError::Malformed)?;
        Ok(Self {
            pair,
            seed,
            verifier: VerifierKey::ed25519(name, public),
        })
    }

    /// The same secret under another name, which makes it another key with another id.
    pub fn renamed(&self, name: &str) -> Result<Self, KeyError> {
        Self::from_seed(name, self.seed)
    }

    /// The public part.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The secret text of the key, for its file and for nothing else.
    pub fn reveal(&self) -> String {
        let encoded = base64::encode([&[ED25519_KEY][..], &self.seed].concat());
        format!(
            "PRIVATE+KEY+{}+{:08x}+{encoded}",
            self.verifier.name(),
            self.verifier.id()
        )
    }

    pub(super) fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    pub(super) fn sign(&self, text: &str) -> Signature {
        let signed = self.sign_bytes(text.as_bytes());
        let id = self.verifier.id();
        let base64 = base64::encode([&id.to_be_bytes()[..], &signed].concat());
        Signature {
            name: self.verifier.name().to_owned(),
            id,
            base64,
        }
    }
}

impl FromStr for SignerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let rest = text
            .strip_prefix("PRIVATE+KEY+")
            .ok_or(KeyError::Malformed)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyError::Malformed);
        };
        let id = read_id(id).ok_or(KeyError::Malformed)?;
        let encoded = base64::decode(encoded).ok_or(KeyError::Malformed)?;
        let (algorithm, seed) = encoded.split_first().ok_or(KeyError::Malformed)?;
        if *algorithm != ED25519_KEY {
            return Err(KeyError::Algorithm(*algorithm));
        }
        let key = Self::from_seed(name, seed.try_into().map_err(|_| KeyError::Malformed)?)?;
        if key.verifier.id() == id {
            Ok(key)
        } else {
            Err(KeyError::Id)
        }
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignerKey").field(&self.verifier).finish()
    }
}
