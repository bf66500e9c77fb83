//! One pass over all bytes: size, SHA-256, how they begin and end, and counts.

use super::SeekableBytes;
use crate::copy::ByteCounts;
use crate::sum::Sha256Sum;
use sha2::{Digest, Sha256};
use std::io;

/// How much of the beginning is kept: a local header with the longest usual name.
const HEAD: usize = 1 << 10;

/// How much of the end is kept: an end record, and room to see that it was stretched.
const TAIL: usize = 256;

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// U+FFFD in UTF-8.
const REPLACEMENT: [u8; 3] = [0xef, 0xbf, 0xbd];

/// What one pass finds out.
#[derive(Debug)]
pub(super) struct ByteScan {
    pub(super) size: u64,
    pub(super) sha256: Sha256Sum,
    pub(super) counts: ByteCounts,
    pub(super) head: Vec<u8>,
    pub(super) tail: Vec<u8>,
}

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MagicBytes {
    Zip,
    Gzip,
    None,
}

/// The pass.
#[derive(Debug, Default)]
struct ScanPass {
    size: u64,
    hash: Sha256,
    counts: ByteCounts,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// The last two bytes of the piece before.
    before: [u8; 2],
    /// The beginning of a character that the last piece cut.
    cut: Vec<u8>,
    is_broken: bool,
}

/// Reads everything.
pub(super) fn scan(bytes: &mut dyn SeekableBytes) -> io::Result<ByteScan> {
    let mut pass = ScanPass::default();
    let mut buffer = vec![0; CHUNK];
    loop {
        match bytes.read(&mut buffer) {
            Ok(0) => return Ok(pass.finish()),
            Ok(length) => pass.take(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

// === impl ByteScan ===

impl ByteScan {
    pub(super) fn magic(&self) -> MagicBytes {
        match self.head.as_slice() {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => MagicBytes::Zip,
            [0x1f, 0x8b, ..] => MagicBytes::Gzip,
            _ => MagicBytes::None,
        }
    }
}

// === impl ScanPass ===

impl ScanPass {
    fn take(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        self.hash.update(piece);
        let room = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(front(piece, room));
        self.tail.extend_from_slice(back(piece, TAIL));
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
        self.count(piece);
        self.check_utf8(piece);
    }

    fn count(&mut self, piece: &[u8]) {
        let [mut second, mut first] = self.before;
        for &byte in piece {
            match byte {
                b'\n' if first == b'\r' => self.counts.crlf += 1,
                b'\n' => self.counts.lf += 1,
                _ => {}
            }
            self.counts.replacements += u64::from([second, first, byte] == REPLACEMENT);
            (second, first) = (first, byte);
        }
        self.before = [second, first];
        let zeros = piece.iter().rev().take_while(|byte| **byte == 0).count();
        if zeros < piece.len() {
            self.counts.zero_tail = 0;
        }
        self.counts.zero_tail += zeros as u64;
    }

    fn check_utf8(&mut self, piece: &[u8]) {
        if self.is_broken {
            return;
        }
        let joined = [self.cut.as_slice(), piece].concat();
        if let Err(error) = std::str::from_utf8(&joined) {
            self.is_broken = error.error_len().is_some();
            self.cut = joined
                .get(error.valid_up_to()..)
                .unwrap_or_default()
                .to_vec();
        } else {
            self.cut.clear();
        }
    }

    fn finish(self) -> ByteScan {
        ByteScan {
            size: self.size,
            sha256: Sha256Sum::from_bytes(self.hash.finalize().into()),
            counts: ByteCounts {
                ends_in_newline: self.before[1] == b'\n',
                is_utf8: !self.is_broken && self.cut.is_empty(),
                ..self.counts
            },
            head: self.head,
            tail: self.tail,
        }
    }
}

fn front(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

fn back(bytes: &[u8], length: usize) -> &[u8] {
    let skipped = bytes.len().saturating_sub(length);
    bytes.get(skipped..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::scan;
    use std::io::{Cursor, Read, Result, Seek, SeekFrom};

    /// Gives one byte a read, so that everything falls between two pieces.
    struct Drops(Cursor<Vec<u8>>);

    impl Read for Drops {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            self.0.read(buffer.get_mut(..1).unwrap_or_default())
        }
    }

    impl Seek for Drops {
        fn seek(&mut self, to: SeekFrom) -> Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn counts_do_not_depend_on_where_the_pieces_end() {
        let text = "a\r\nb\n\u{fffd}ä\u{fffd}\r\n\0\0".as_bytes().to_vec();
        let whole = scan(&mut Cursor::new(text.clone())).unwrap();
        let drops = scan(&mut Drops(Cursor::new(text.clone()))).unwrap();
        assert_eq!(whole.counts, drops.counts);
        assert_eq!((whole.counts.crlf, whole.counts.lf), (2, 1));
        assert_eq!((whole.counts.replacements, whole.counts.zero_tail), (2, 2));
        assert!(whole.counts.is_utf8 && whole.head == text && drops.tail == text);
        let cut = scan(&mut Cursor::new(b"ab\xc3".to_vec())).unwrap();
        assert!(!cut.counts.is_utf8);
    }
}
