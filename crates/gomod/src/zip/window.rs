//! A section of the zip, read from front to back through a buffer of fixed size.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes held at a time. It must hold the largest header (a directory entry: 46 bytes and three
/// fields of 64 KiB); beyond that, fewer and larger reads are what makes it fast.
const CAPACITY: usize = 256 << 10;

/// A view of a section that moves forward only.
#[derive(Debug)]
pub(super) struct SectionWindow<R> {
    reader: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes of the section that are not in the buffer yet.
    unread: u64,
    /// Where in the zip `start` is.
    position: u64,
}

// === impl SectionWindow ===

impl<R: Read + Seek> SectionWindow<R> {
    /// Looks at the section from `position` on, `length` bytes long.
    pub(super) fn new(mut reader: R, position: u64, length: u64) -> io::Result<Self> {
        reader.seek(SeekFrom::Start(position))?;
        let capacity = usize::try_from(length).map_or(CAPACITY, |length| length.min(CAPACITY));
        Ok(Self {
            reader,
            buffer: vec![0; capacity].into_boxed_slice(),
            start: 0,
            end: 0,
            unread: length,
            position,
        })
    }

    /// Where in the zip the next byte is.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Bytes of the section that were not consumed yet.
    pub(super) fn left(&self) -> u64 {
        self.unread + self.held().len() as u64
    }

    /// The next `length` bytes, at most [`CAPACITY`]; `None` if the section ends before.
    pub(super) fn peek(&mut self, length: usize) -> io::Result<Option<&[u8]>> {
        if self.left() < length as u64 {
            return Ok(None);
        }
        if self.held().len() < length {
            self.make_room();
            while self.held().len() < length {
                self.read_more()?;
            }
        }
        Ok(self.held().get(..length))
    }

    /// Some of the next bytes: at least one, unless the section has ended.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end && self.unread > 0 {
            self.make_room();
            self.read_more()?;
        }
        Ok(self.held())
    }

    /// Goes forward over bytes that were seen.
    pub(super) fn consume(&mut self, length: usize) {
        let length = length.min(self.held().len());
        self.start += length;
        self.position += length as u64;
    }

    /// Goes forward to a place in the zip, unless that was passed already.
    pub(super) fn skip_to(&mut self, position: u64) -> io::Result<()> {
        let ahead = position.saturating_sub(self.position);
        let held = self.held().len();
        self.consume(usize::try_from(ahead).unwrap_or(usize::MAX));
        // What is not in the buffer is not read to be thrown away.
        let beyond = ahead.saturating_sub(held as u64).min(self.unread);
        if beyond > 0 {
            self.reader
                .seek_relative(i64::try_from(beyond).unwrap_or(i64::MAX))?;
            self.unread -= beyond;
            self.position += beyond;
        }
        Ok(())
    }

    fn held(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn make_room(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
    }

    fn read_more(&mut self) -> io::Result<()> {
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let wanted = usize::try_from(self.unread).unwrap_or(usize::MAX);
        let length = wanted.min(room.len());
        let room = room.get_mut(..length).unwrap_or_default();
        match self.reader.read(room) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => {
                self.end += length;
                self.unread -= length as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }
}
