//! Unpacks the data of one entry and sums its content, with two buffers for the whole zip.
//!
//! Unpacking stops one byte past the declared size, so a bomb costs no more than it declares, and
//! what all entries may declare together is limited.

use super::format::{DEFLATED, STORED};
use super::listing::ZipEntry;
use super::window::SectionWindow;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek};

/// Bytes unpacked at a time: twice what deflate looks back on, so little of it is copied, and little
/// enough to stay in a core's cache until it is summed.
const OUTPUT: usize = 64 << 10;

/// What was found out about an entry's content.
#[derive(Debug)]
pub(super) struct EntryContent {
    pub(super) digest: [u8; 32],
    pub(super) checksum: u32,
}

/// Why there is no content.
#[derive(Debug)]
pub(super) enum ContentError {
    /// The bytes could not be read.
    Io(io::Error),
    /// No reader knows the method.
    Method,
    /// The data is not what the method makes.
    Damaged,
    /// The data ends before its declared end.
    Slack,
    /// The content is not of its declared size.
    Size,
}

/// Unpacks one entry after the other.
pub(super) struct EntryUnpacker {
    inflater: Decompress,
    output: Box<[u8]>,
}

/// Where content goes to.
struct ContentSink<'a> {
    hash: Sha256,
    checksum: Crc,
    left: u64,
    copy: Option<&'a mut Vec<u8>>,
}

// === impl ContentError ===

impl From<io::Error> for ContentError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

// === impl EntryUnpacker ===

impl EntryUnpacker {
    pub(super) fn new() -> Self {
        Self {
            inflater: Decompress::new(false),
            output: vec![0; OUTPUT].into_boxed_slice(),
        }
    }

    /// Consumes the entry's data, which begins where the window is; `copy` receives the content.
    pub(super) fn unpack<R: Read + Seek>(
        &mut self,
        window: &mut SectionWindow<R>,
        entry: &ZipEntry,
        copy: Option<&mut Vec<u8>>,
    ) -> Result<EntryContent, ContentError> {
        let mut sink = ContentSink {
            hash: Sha256::new(),
            checksum: Crc::new(),
            left: entry.size.into(),
            copy,
        };
        match entry.method {
            STORED => Self::copy_stored(window, entry.compressed.into(), &mut sink)?,
            DEFLATED => self.inflate(window, entry.compressed.into(), &mut sink)?,
            _ => return Err(ContentError::Method),
        }
        sink.finish()
    }

    fn copy_stored<R: Read + Seek>(
        window: &mut SectionWindow<R>,
        mut left: u64,
        sink: &mut ContentSink<'_>,
    ) -> Result<(), ContentError> {
        while left > 0 {
            let piece = at_most(window.fill()?, left);
            if piece.is_empty() {
                return Err(ContentError::Damaged);
            }
            sink.take(piece)?;
            let length = piece.len();
            window.consume(length);
            left -= length as u64;
        }
        Ok(())
    }

    fn inflate<R: Read + Seek>(
        &mut self,
        window: &mut SectionWindow<R>,
        mut left: u64,
        sink: &mut ContentSink<'_>,
    ) -> Result<(), ContentError> {
        self.inflater.reset(false);
        loop {
            let input = at_most(window.fill()?, left);
            // With all input at hand the inflater need not keep its own copy of what it looks
            // back on.
            let flush = if input.len() as u64 == left {
                FlushDecompress::Finish
            } else {
                FlushDecompress::None
            };
            let before = (self.inflater.total_in(), self.inflater.total_out());
            let status = self.inflater.decompress(input, &mut self.output, flush);
            let status = status.map_err(|_| ContentError::Damaged)?;
            let used = self.inflater.total_in() - before.0;
            let made = self.inflater.total_out() - before.1;
            window.consume(usize::try_from(used).unwrap_or(usize::MAX));
            left -= used;
            sink.take(at_most(&self.output, made))?;
            match status {
                Status::StreamEnd if left == 0 => return Ok(()),
                Status::StreamEnd => return Err(ContentError::Slack),
                _ if used == 0 && made == 0 => return Err(ContentError::Damaged),
                _ => {}
            }
        }
    }
}

// === impl ContentSink ===

impl ContentSink<'_> {
    fn take(&mut self, piece: &[u8]) -> Result<(), ContentError> {
        let length = piece.len() as u64;
        self.left = self.left.checked_sub(length).ok_or(ContentError::Size)?;
        self.hash.update(piece);
        self.checksum.update(piece);
        if let Some(copy) = &mut self.copy {
            copy.extend_from_slice(piece);
        }
        Ok(())
    }

    fn finish(self) -> Result<EntryContent, ContentError> {
        if self.left > 0 {
            return Err(ContentError::Size);
        }
        Ok(EntryContent {
            digest: self.hash.finalize().into(),
            checksum: self.checksum.sum(),
        })
    }
}

/// The front of a slice.
fn at_most(bytes: &[u8], length: u64) -> &[u8] {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    bytes.get(..length).unwrap_or(bytes)
}
