//! Positioned: a file as a reader with a cursor of its own.
//!
//! A kept blob's file is shared by everybody who reads it, and a file has one cursor; the zip rules
//! want to seek. Positioned reads leave the file's cursor alone. The file may be a part of another.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

/// A cursor over a shared file.
#[derive(Debug)]
pub struct PositionedFile<'f> {
    file: &'f File,
    start: u64,
    size: u64,
    position: u64,
}

// === impl PositionedFile ===

impl<'f> PositionedFile<'f> {
    /// At the beginning of a file of `size` bytes.
    pub fn new(file: &'f File, size: u64) -> Self {
        Self::within(file, 0, size)
    }

    /// At the beginning of `size` bytes of a file, from `start` on.
    pub fn within(file: &'f File, start: u64, size: u64) -> Self {
        Self {
            file,
            start,
            size,
            position: 0,
        }
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Read for PositionedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        let offset = self.start.saturating_add(self.position);
        let read = read_at(self.file, buffer, offset)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for PositionedFile<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(distance) => self.size.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
