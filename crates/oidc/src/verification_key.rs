//! Verification key: the public half of a pair that signs tokens, of the kinds that are taken.

/// A key that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerificationKey {
    /// RSA.
    Rsa {
        /// Big-endian.
        modulus: Vec<u8>,
        /// Big-endian.
        exponent: Vec<u8>,
    },
    /// A point on P-256, not compressed.
    P256(Vec<u8>),
    /// A point on P-384, not compressed.
    P384(Vec<u8>),
    /// A point of Ed25519.
    Ed25519(Vec<u8>),
}
