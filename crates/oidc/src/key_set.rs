//! Key set: the keys of an issuer (RFC 7517), bounded and read strictly.
//!
//! What is of a kind that signs nothing here is left out, as the RFC wants it: keys for encryption, symmetric
//! keys, curves that are not taken. What is of a kind that is taken and is wrong makes the whole set wrong.

use crate::{algorithm::SignatureAlgorithm, verification_key::VerificationKey};
use access::{AuthenticationFailure, FailureReason};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

/// The most keys of a set. Issuers have two or three.
const MOST_KEYS: usize = 64;

/// The longest name of a key.
pub(crate) const LONGEST_KEY_ID: usize = 256;

/// The keys of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySet {
    keys: Vec<NumberedKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct NumberedKey {
    id: Option<String>,
    /// The one algorithm it is for, if the issuer says so.
    algorithm: Option<SignatureAlgorithm>,
    key: VerificationKey,
}

/// A document is no key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// It is no JSON object with an array `keys`.
    #[error("the keys of the issuer are not written as RFC 7517 says")]
    Format,
    /// It has more keys than any issuer.
    #[error("the issuer has more than {MOST_KEYS} keys")]
    TooMany,
    /// A key is wrong.
    #[error("key {0} of the issuer has no usable {1}")]
    Key(usize, &'static str),
    /// None is of use.
    #[error("the issuer has no key that could sign a token")]
    Empty,
}

#[derive(Deserialize)]
struct KeySetText {
    keys: Vec<KeyText>,
}

#[derive(Deserialize)]
struct KeyText {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

// === impl KeySet ===

impl KeySet {
    /// Reads a set.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        let text: KeySetText = serde_json::from_slice(document).map_err(|_| KeySetError::Format)?;
        if text.keys.len() > MOST_KEYS {
            return Err(KeySetError::TooMany);
        }
        let mut keys = Vec::new();
        for (number, text) in (1..).zip(&text.keys) {
            keys.extend(text.read(number)?);
        }
        if keys.is_empty() {
            return Err(KeySetError::Empty);
        }
        Ok(Self { keys })
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key that signed a token with this header. A token that names no key has the only one that fits.
    ///
    /// # Errors
    /// There is none of this name, or it is not for this algorithm.
    pub fn find(
        &self,
        id: Option<&str>,
        algorithm: SignatureAlgorithm,
    ) -> Result<&VerificationKey, AuthenticationFailure> {
        let fits = |one: &&NumberedKey| one.is_for(algorithm);
        let Some(id) = id else {
            let mut fitting = self.keys.iter().filter(fits);
            return match (fitting.next(), fitting.next()) {
                (Some(one), None) => Ok(&one.key),
                (None, _) => Err(unknown("the issuer has no key of the token's algorithm")),
                _ => Err(unknown(
                    "the token names no key (kid) and the issuer has several",
                )),
            };
        };
        let mut named = self.keys.iter().filter(|one| one.id.as_deref() == Some(id));
        let mut named = named.by_ref().peekable();
        if named.peek().is_none() {
            return Err(unknown(
                "the issuer has no key of the name (kid) in the token",
            ));
        }
        named.find(fits).map(|one| &one.key).ok_or_else(|| {
            let detail = "the key (kid) of the token is for another algorithm than it says (alg)";
            AuthenticationFailure::new(FailureReason::BadSignature, detail)
        })
    }
}

fn unknown(detail: &str) -> AuthenticationFailure {
    AuthenticationFailure::new(FailureReason::UnknownKey, detail)
}

// === impl NumberedKey ===

impl NumberedKey {
    fn is_for(&self, algorithm: SignatureAlgorithm) -> bool {
        self.algorithm.is_none_or(|only| only == algorithm) && algorithm.takes(&self.key)
    }
}

// === impl KeyText ===

impl KeyText {
    fn read(&self, number: usize) -> Result<Option<NumberedKey>, KeySetError> {
        let is_long = |id: &String| id.len() > LONGEST_KEY_ID;
        if self.kid.as_ref().is_some_and(is_long) {
            return Err(KeySetError::Key(number, "kid"));
        }
        let verifies = |operations: &Vec<String>| operations.iter().any(|one| one == "verify");
        if self
            .purpose
            .as_ref()
            .is_some_and(|purpose| purpose != "sig")
            || self.key_ops.as_ref().is_some_and(|all| !verifies(all))
        {
            return Ok(None);
        }
        let algorithm = match self.alg.as_deref().map(SignatureAlgorithm::parse) {
            Some(None) => return Ok(None),
            Some(known) => known,
            None => None,
        };
        let Some(key) = self.key(number)? else {
            return Ok(None);
        };
        Ok(Some(NumberedKey {
            id: self.kid.clone(),
            algorithm,
            key,
        }))
    }

    fn key(&self, number: usize) -> Result<Option<VerificationKey>, KeySetError> {
        let part = |text: &Option<String>,
                    name: &'static str,
                    lengths: std::ops::RangeInclusive<usize>| {
            let bytes = text
                .as_deref()
                .map(|text| BASE64_URL_SAFE_NO_PAD.decode(text));
            let bytes = bytes.and_then(Result::ok);
            let bytes = bytes.filter(|bytes| lengths.contains(&bytes.len()));
            bytes.ok_or(KeySetError::Key(number, name))
        };
        let point = |size: usize| {
            let (x, y) = (
                part(&self.x, "x", size..=size)?,
                part(&self.y, "y", size..=size)?,
            );
            Ok([&[4][..], &x, &y].concat())
        };
        Ok(Some(match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => VerificationKey::Rsa {
                modulus: part(&self.n, "n", 256..=1025)?,
                exponent: part(&self.e, "e", 1..=8)?,
            },
            ("EC", Some("P-256")) => VerificationKey::P256(point(32)?),
            ("EC", Some("P-384")) => VerificationKey::P384(point(48)?),
            ("OKP", Some("Ed25519")) => VerificationKey::Ed25519(part(&self.x, "x", 32..=32)?),
            _ => return Ok(None),
        }))
    }
}
