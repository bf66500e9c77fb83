//! Searches the single bit whose change gives bytes with a known hash.
//!
//! That proves a flipped bit without a right copy. Every bit is tried, so the work grows with the
//! square of the size; the limits below keep it under about a second. Beyond them a right copy
//! decides.

use super::SeekableBytes;
use crate::copy::BitFlip;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use gomod::sumhash::{self, H1};
use gomod::zip::PackedEntry;
use sha2::{Digest, Sha256};
use std::io::{self, Read, SeekFrom};

/// The largest go.mod that is tried: 65,536 bits, each over 4 KiB on average. Nine of ten real go.mod
/// files are smaller.
const MAX_GO_MOD: usize = 8 << 10;

/// The largest data of an entry that is tried: 32,768 bits.
const MAX_PACKED: u64 = 4 << 10;

/// The largest content that such data may unpack to.
const MAX_CONTENT: u64 = 32 << 10;

/// The bit of a go.mod.
pub(super) fn in_go_mod(content: &[u8], known: &[H1]) -> Option<BitFlip> {
    if known.is_empty() || content.len() > MAX_GO_MOD {
        return None;
    }
    let mut before = Sha256::new();
    for (offset, &byte) in content.iter().enumerate() {
        let behind = content.get(offset + 1..).unwrap_or_default();
        for bit in 0..8_u8 {
            let mut hash = before.clone();
            hash.update([byte ^ (1 << bit)]);
            hash.update(behind);
            let line = (&b"go.mod"[..], hash.finalize().into());
            let h1 = sumhash::h1_of_digests([line]);
            if known.contains(&h1) {
                let offset = offset as u64;
                return Some(BitFlip { offset, bit, h1 });
            }
        }
        before.update([byte]);
    }
    None
}

/// The bit of the data of a damaged entry; `hash` gives the zip's hash with this content in it.
pub(super) fn in_entry(
    bytes: &mut dyn SeekableBytes,
    packed: PackedEntry,
    size: u64,
    known: &[H1],
    hash: impl Fn([u8; 32]) -> Option<H1>,
) -> io::Result<Option<BitFlip>> {
    if known.is_empty() || packed.length > MAX_PACKED || size > MAX_CONTENT {
        return Ok(None);
    }
    let mut data = Vec::new();
    bytes.seek(SeekFrom::Start(packed.begin))?;
    bytes.take(packed.length).read_to_end(&mut data)?;
    let mut unpacker = RepeatedInflater::new(size);
    for offset in 0..data.len() {
        for bit in 0..8_u8 {
            turn(&mut data, offset, bit);
            let digest = unpacker.digest(&data, packed);
            turn(&mut data, offset, bit);
            let h1 = digest.and_then(&hash).filter(|h1| known.contains(h1));
            if let Some(h1) = h1 {
                let offset = packed.begin + offset as u64;
                return Ok(Some(BitFlip { offset, bit, h1 }));
            }
        }
    }
    Ok(None)
}

fn turn(data: &mut [u8], offset: usize, bit: u8) {
    if let Some(byte) = data.get_mut(offset) {
        *byte ^= 1 << bit;
    }
}

/// Unpacks small data again and again.
struct RepeatedInflater {
    inflater: Decompress,
    /// One byte longer than the content should be.
    output: Vec<u8>,
    size: usize,
}

// === impl RepeatedInflater ===

impl RepeatedInflater {
    fn new(size: u64) -> Self {
        let size = usize::try_from(size).unwrap_or(0);
        Self {
            inflater: Decompress::new(false),
            output: vec![0; size + 1],
            size,
        }
    }

    /// The digest of the content, if it has the checksum that it should have.
    fn digest(&mut self, data: &[u8], packed: PackedEntry) -> Option<[u8; 32]> {
        let content = if packed.is_stored {
            data
        } else {
            self.inflate(data)?
        };
        let mut checksum = Crc::new();
        checksum.update(content);
        (checksum.sum() == packed.checksum).then(|| Sha256::digest(content).into())
    }

    fn inflate(&mut self, data: &[u8]) -> Option<&[u8]> {
        self.inflater.reset(false);
        let status = self
            .inflater
            .decompress(data, &mut self.output, FlushDecompress::Finish);
        let whole = matches!(status, Ok(Status::StreamEnd))
            && self.inflater.total_in() == data.len() as u64
            && self.inflater.total_out() == self.size as u64;
        whole.then(|| self.output.get(..self.size)).flatten()
    }
}
