//! Bodies that a source compressed, though nobody asked it to.
//!
//! Static file servers and caches do so. `go` asks for gzip and undoes it without a word; we do not
//! ask, since modules are compressed already, and undo it all the same. Any other encoding is a
//! claim that `go` ignores, and so is it here: the body is judged by what it holds.

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};
use std::io::Write as _;

/// Compressed bytes that are undone at a time: at most a thousand times as many come of them, before
/// the limit of the body is looked at.
const STEP: usize = 4 * 1024;

/// A body being decompressed.
pub(crate) struct Gzip(MultiGzDecoder<Vec<u8>>);

/// Whether the body of an answer is compressed by gzip (RFC 9110 section 8.4.1.3).
pub(crate) fn is_gzip(headers: &HeaderMap) -> bool {
    let encoding = headers.get(header::CONTENT_ENCODING);
    encoding.is_some_and(|value| {
        let value = value.as_bytes().trim_ascii();
        value.eq_ignore_ascii_case(b"gzip") || value.eq_ignore_ascii_case(b"x-gzip")
    })
}

// === impl Gzip ===

impl Gzip {
    pub(crate) fn new() -> Self {
        Self(MultiGzDecoder::new(Vec::new()))
    }

    /// Undoes the beginning of `compressed`, and leaves the rest of it there.
    pub(crate) fn step(&mut self, compressed: &mut Bytes) -> Result<Bytes, String> {
        let part = compressed.split_to(STEP.min(compressed.len()));
        self.0.write_all(&part).map_err(|error| error.to_string())?;
        Ok(std::mem::take(self.0.get_mut()).into())
    }

    /// What is left, once everything was handed over.
    pub(crate) fn end(&mut self) -> Result<Bytes, String> {
        self.0.try_finish().map_err(|error| error.to_string())?;
        Ok(std::mem::take(self.0.get_mut()).into())
    }
}
