//! Text: what a token looks like.
//!
//! `mkt_` and 32 random bytes in base64url. The beginning lets scanners for secrets find one that was committed.

use crate::secret::Secret;
use aws_lc_rs::rand;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// How every token begins.
const BEGINNING: &str = "mkt_";

/// Random bytes of a token.
const LENGTH: usize = 32;

/// A token as its owner has it.
#[derive(Debug, Clone)]
pub struct TokenText(Secret);

// === impl TokenText ===

impl TokenText {
    /// A new one. `None` if the system gives no random bytes.
    pub fn random() -> Option<Self> {
        let mut bytes = [0; LENGTH];
        rand::fill(&mut bytes).ok()?;
        let text = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Some(Self(Secret::new(format!("{BEGINNING}{text}"))))
    }

    /// Reads one. What is not of this form is somebody else's.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(text.strip_prefix(BEGINNING)?)
            .ok()?;
        (bytes.len() == LENGTH).then(|| Self(Secret::new(text)))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// What is kept of it, in hexadecimal digits.
    pub fn hash(&self) -> String {
        let hash: [u8; 32] = Sha256::digest(self.reveal()).into();
        hash.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

#[cfg(test)]
mod tests {
    use super::TokenText;

    #[test]
    fn a_token_is_read_as_it_was_shown_and_others_are_not() {
        let token = TokenText::random().unwrap();
        assert_eq!(token.reveal().len(), 47);
        let read = TokenText::parse(token.reveal()).unwrap();
        assert_eq!(read.hash(), token.hash());
        assert_ne!(TokenText::random().unwrap().hash(), token.hash());
        let cut = &token.reveal()[..46];
        for text in [
            "",
            "mkt_",
            "mkt_abc",
            cut,
            &token.reveal()[4..],
            "eyJhbGciOiJSUzI1NiJ9.e30.x",
        ] {
            assert!(TokenText::parse(text).is_none(), "{text}");
        }
    }
}
