//! The name of a blob: the SHA-256 of its bytes.
//!
//! Written as 64 lower-case hexadecimal digits and in no other way, so that a name has exactly
//! one spelling on disk, in the journal and in an `ETag`.

use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// SHA-256 of a blob's bytes; also its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId([u8; 32]);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a blob id is 64 lower-case hexadecimal digits")]
pub struct BlobIdError;

/// A blob's name as text.
#[derive(Debug, Clone, Copy)]
pub struct Hex([u8; 64]);

// === impl Hex ===

impl Hex {
    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

// === impl BlobId ===

impl BlobId {
    /// The id whose digest is already known.
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Hashes `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_hasher(Sha256::new_with_prefix(bytes))
    }

    /// The digest, 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its one spelling, without allocating: it goes into every answer.
    pub fn hex(&self) -> Hex {
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                *digit = b"0123456789abcdef"[usize::from(nibble)];
            }
        }
        Hex(text)
    }

    pub(crate) fn of_hasher(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// The blob's place below the directory or prefix of all blobs: `ab/cdef...`.
    /// 256 directories keep each below a few thousand entries up to a million blobs.
    pub(crate) fn shelf_path(&self) -> String {
        let mut text = self.to_string();
        text.insert(2, '/');
        text
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hex().as_str())
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

impl FromStr for BlobId {
    type Err = BlobIdError;

    fn from_str(text: &str) -> Result<Self, BlobIdError> {
        let mut digest = [0; 32];
        let pairs = text.as_bytes().chunks_exact(2);
        if text.len() != 64 {
            return Err(BlobIdError);
        }
        for (byte, pair) in digest.iter_mut().zip(pairs) {
            *byte = pair
                .iter()
                .try_fold(0, |sum, digit| Some(sum << 4 | nibble(*digit)?))
                .ok_or(BlobIdError)?;
        }
        Ok(Self(digest))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::BlobId;
    use proptest::prelude::*;

    /// FIPS 180-4 test vector for the message "abc".
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_name_is_the_sha_256_in_lower_hex() {
        assert_eq!(BlobId::of(b"abc").to_string(), ABC);
        assert_eq!(BlobId::of(b"abc").shelf_path(), format!("ba/{}", &ABC[2..]));
        assert_eq!(ABC.parse(), Ok(BlobId::of(b"abc")));
    }

    #[test]
    fn no_other_spelling_is_read() {
        let upper = ABC.to_uppercase();
        for text in [
            "",
            "ba",
            &ABC[1..],
            &upper,
            &format!("{ABC}00"),
            &format!("+{}", &ABC[1..]),
        ] {
            assert!(text.parse::<BlobId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(digest in any::<[u8; 32]>()) {
            let id = BlobId::from_digest(digest);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            if let Ok(id) = text.parse::<BlobId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
