//! Algorithms of signatures: those of a pair of keys, and no other.
//!
//! `none` and `HS*` are not in this type, so no header of a token can choose them (RFC 8725 sections 3.1, 3.2). Which
//! kind of key an algorithm takes is fixed as well: a key is never used for an algorithm of another kind.

use crate::verification_key::VerificationKey;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// How a token may be signed (RFC 7518 section 3.1, RFC 8037, RFC 9864).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// RSA, PKCS #1 v1.5, SHA-384.
    Rs384,
    /// RSA, PKCS #1 v1.5, SHA-512.
    Rs512,
    /// RSA-PSS, SHA-256.
    Ps256,
    /// RSA-PSS, SHA-384.
    Ps384,
    /// RSA-PSS, SHA-512.
    Ps512,
    /// ECDSA on P-256, SHA-256.
    Es256,
    /// ECDSA on P-384, SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

// === impl SignatureAlgorithm ===

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// Its name in `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a name. Names are compared byte by byte, as RFC 7515 wants it.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDsa);
        }
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Whether a key signed this text so. A key of another kind signed nothing.
    pub fn verify(self, key: &VerificationKey, text: &[u8], signature: &[u8]) -> bool {
        match (self, key) {
            (_, VerificationKey::Rsa { modulus, exponent }) => {
                let Some(parameters) = self.rsa() else {
                    return false;
                };
                let key = RsaPublicKeyComponents {
                    n: modulus,
                    e: exponent,
                };
                key.verify(parameters, text, signature).is_ok()
            }
            (Self::Es256, VerificationKey::P256(point)) => {
                verify_point(&ECDSA_P256_SHA256_FIXED, point, text, signature)
            }
            (Self::Es384, VerificationKey::P384(point)) => {
                verify_point(&ECDSA_P384_SHA384_FIXED, point, text, signature)
            }
            (Self::EdDsa, VerificationKey::Ed25519(point)) => {
                verify_point(&ED25519, point, text, signature)
            }
            _ => false,
        }
    }

    /// Whether a key is of the kind that it takes.
    pub(crate) fn takes(self, key: &VerificationKey) -> bool {
        match key {
            VerificationKey::Rsa { .. } => self.rsa().is_some(),
            VerificationKey::P256(_) => self == Self::Es256,
            VerificationKey::P384(_) => self == Self::Es384,
            VerificationKey::Ed25519(_) => self == Self::EdDsa,
        }
    }

    /// Keys below 2048 bits sign nothing.
    fn rsa(self) -> Option<&'static RsaParameters> {
        match self {
            Self::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Some(&RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Some(&RSA_PSS_2048_8192_SHA512),
            Self::Es256 | Self::Es384 | Self::EdDsa => None,
        }
    }
}

fn verify_point(
    algorithm: &'static dyn VerificationAlgorithm,
    point: &[u8],
    text: &[u8],
    signature: &[u8],
) -> bool {
    let key: Result<ParsedPublicKey, _> = UnparsedPublicKey::new(algorithm, point).parse();
    key.is_ok_and(|key| key.verify_sig(text, signature).is_ok())
}
