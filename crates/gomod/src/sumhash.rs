//! `h1:` hashes: what go.sum and the checksum database say about a module's content.
//!
//! A hash covers names and contents and nothing else: `SHA-256` over one line a file, in the order
//! of the names' bytes, each line the hex SHA-256 of the file, two spaces, the name and a newline
//! (`Hash1` of golang.org/x/mod/sumdb/dirhash). So two zips with different bytes can have the same
//! hash: compression, dates and modes are not covered.
//!
//! Computed in a stream: a file's content passes once, and what stays of it are 32 bytes.

use crate::zip::{ZipError, hash};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{Read, Seek};
use std::str::FromStr;
use thiserror::Error;

/// What stands before the base64 of every hash of this kind.
const PREFIX: &str = "h1:";

/// A hash of a module's zip or go.mod, as go.sum writes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct H1([u8; 32]);

/// A text that is no `h1:` hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an h1: hash (h1: and the base64 of 32 bytes)")]
pub struct H1Error;

/// Sums the lines of files that arrive in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct DirHashSummary(Sha256);

/// The hash of a go.mod file, as go.sum lists it under `VERSION/go.mod`.
#[must_use]
pub fn h1_of_go_mod(content: &[u8]) -> H1 {
    let mut summary = DirHashSummary::default();
    summary.line(&Sha256::digest(content).into(), &[b"go.mod"]);
    summary.finish()
}

/// The hash of any zip, whatever module it is of; nothing is said about its names.
///
/// # Errors
///
/// When the bytes cannot be read, or are not one unambiguous zip: see [`crate::zip`].
pub fn h1_of_zip<R: Read + Seek>(zip: R) -> Result<H1, ZipError> {
    hash::h1_of_zip(zip)
}

/// The hash over files whose contents were hashed already: name and SHA-256 of each, in any order.
///
/// For what is no zip, or not one any more. Names are taken as they are: a line break in one makes
/// the hash ambiguous, and Go refuses it.
#[must_use]
pub fn h1_of_digests<'a>(files: impl IntoIterator<Item = (&'a [u8], [u8; 32])>) -> H1 {
    let mut files: Vec<(&[u8], [u8; 32])> = files.into_iter().collect();
    files.sort_unstable();
    let mut summary = DirHashSummary::default();
    for (name, digest) in files {
        summary.line(&digest, &[name]);
    }
    summary.finish()
}

// === impl H1 ===

impl H1 {
    /// The hash whose bytes these are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for H1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for H1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for H1 {
    type Err = H1Error;

    fn from_str(text: &str) -> Result<Self, H1Error> {
        let encoded = text.strip_prefix(PREFIX).ok_or(H1Error)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| H1Error)?;
        bytes.try_into().map(Self).map_err(|_| H1Error)
    }
}

// === impl DirHashSummary ===

impl DirHashSummary {
    /// Adds a file: the hash of its content, and its name in parts.
    pub(crate) fn line(&mut self, digest: &[u8; 32], name: &[&[u8]]) {
        self.0.update(hex(digest));
        self.0.update(b"  ");
        for part in name {
            self.0.update(part);
        }
        self.0.update(b"\n");
    }

    /// The hash of all files added.
    pub(crate) fn finish(self) -> H1 {
        H1(self.0.finalize().into())
    }
}

/// Two lower-case hex digits a byte.
fn hex(digest: &[u8; 32]) -> [u8; 64] {
    let digit = |nibble: u8| match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' + (nibble - 10),
    };
    let mut text = [0; 64];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(digest) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As go.sum has it for rsc.io/quote v1.5.2, a module from the Go documentation.
    #[test]
    fn the_hash_of_a_go_mod_is_the_one_in_go_sum() {
        let content = b"module \"rsc.io/quote\"\n\nrequire \"rsc.io/sampler\" v1.3.0\n";
        let listed = "h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=";
        assert_eq!(h1_of_go_mod(content).to_string(), listed);
    }

    /// The hash of an empty go.mod, which the `go` command knows by heart as an old bug.
    #[test]
    fn the_hash_of_an_empty_go_mod_is_the_known_one() {
        let known = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
        assert_eq!(h1_of_go_mod(b"").to_string(), known);
    }

    #[test]
    fn only_the_exact_text_of_a_hash_is_one() {
        let text = h1_of_go_mod(b"module a.b\n").to_string();
        assert_eq!(
            text.parse::<H1>().map(|hash| hash.to_string()),
            Ok(text.clone())
        );
        let base64 = text.trim_start_matches("h1:");
        for wrong in [
            String::new(),
            "h1:".to_owned(),
            base64.to_owned(),
            format!("h2:{base64}"),
            format!("h1:{base64} "),
            format!("h1:{}", base64.trim_end_matches('=')),
            format!("h1:{base64}AAAA"),
        ] {
            assert_eq!(wrong.parse::<H1>(), Err(H1Error), "{wrong}");
        }
    }
}
