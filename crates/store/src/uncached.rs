//! Reading everything without leaving a trace in the page cache.
//!
//! The page cache is where warm zips are served from. A scrubber that reads all blobs in the usual
//! way fills it with bytes that nobody asks for, and pushes out those that everybody does. So:
//!
//! * What is in memory is hashed where it lies: those are the very bytes that clients get. It stays
//!   there, for it was there before.
//! * What is not is read from the disk and leaves memory again at once. Linux does that by itself
//!   where it is asked to (`RWF_DONTCACHE`, since 6.14, by the file system's leave).
//! * Where it cannot, what is in memory is told from the rest by a read that does not wait
//!   (`RWF_NOWAIT`), and the rest is given back (`POSIX_FADV_DONTNEED`). That is a guess: a fast disk
//!   may have answered before the read was over, and then some pages stay.
//! * The system is told not to read ahead (`POSIX_FADV_RANDOM`): what it brings in on its own would
//!   look, at the next step, as if somebody needed it.
//!
//! Other platforms offer none of this, and bytes are simply read.

use crate::disk;
use std::{fs::File, io};

/// A file that is read past the page cache.
#[derive(Debug)]
pub(crate) struct UncachedFile(File);

// === impl UncachedFile ===

impl UncachedFile {
    pub(crate) fn new(file: File) -> Self {
        advise_random(&file);
        Self(file)
    }

    pub(crate) fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    /// Fills `buffer` with what is at `offset`; less only at the end of the file.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if let Some(read) = read_uncached(&self.0, buffer, offset) {
            return read;
        }
        let cached = read_cached(&self.0, buffer, offset);
        let rest = buffer.get_mut(cached..).unwrap_or_default();
        let behind = offset + cached as u64;
        let read = fill(rest, |rest, at| {
            disk::positioned_read(&self.0, rest, behind + at)
        })?;
        give_back(&self.0, behind, read as u64);
        Ok(cached + read)
    }
}

/// Reads until the buffer is full or the file is at its end.
fn fill(
    buffer: &mut [u8],
    mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read(rest, filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads so that only what was in memory before stays there; `None` where that is not supported.
#[cfg(target_os = "linux")]
fn read_uncached(file: &File, buffer: &mut [u8], offset: u64) -> Option<io::Result<usize>> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};
    /// `RWF_DONTCACHE` of Linux's `include/uapi/linux/fs.h`.
    const DONTCACHE: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x80);
    let mut is_supported = true;
    let read = fill(buffer, |rest, at| {
        let mut slices = [io::IoSliceMut::new(rest)];
        preadv2(file, &mut slices, offset + at, DONTCACHE).map_err(|error| {
            is_supported &= !matches!(error, Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS);
            error.into()
        })
    });
    is_supported.then_some(read)
}

#[cfg(not(target_os = "linux"))]
fn read_uncached(_file: &File, _buffer: &mut [u8], _offset: u64) -> Option<io::Result<usize>> {
    None
}

/// How many bytes at `offset` are in memory, read into `buffer`.
#[cfg(target_os = "linux")]
fn read_cached(file: &File, buffer: &mut [u8], offset: u64) -> usize {
    use rustix::io::{ReadWriteFlags, preadv2};
    let mut slices = [io::IoSliceMut::new(buffer)];
    preadv2(file, &mut slices, offset, ReadWriteFlags::NOWAIT).unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn read_cached(_file: &File, _buffer: &mut [u8], _offset: u64) -> usize {
    0
}

#[cfg(target_os = "linux")]
fn advise_random(file: &File) {
    // Advice that is not taken costs page cache and nothing else.
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Random);
}

#[cfg(not(target_os = "linux"))]
fn advise_random(_file: &File) {}

#[cfg(target_os = "linux")]
fn give_back(file: &File, offset: u64, length: u64) {
    if let Some(length) = std::num::NonZeroU64::new(length) {
        let _ = rustix::fs::fadvise(file, offset, Some(length), rustix::fs::Advice::DontNeed);
    }
}

#[cfg(not(target_os = "linux"))]
fn give_back(_file: &File, _offset: u64, _length: u64) {}

#[cfg(test)]
mod tests {
    use super::UncachedFile;
    use crate::{buffers::ReadBuffers, disk};
    use std::{fs::File, io::Write};

    const LENGTH: usize = 3 << 20;

    fn file() -> (tempfile::NamedTempFile, Vec<u8>) {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        let bytes: Vec<u8> = (0..=250).cycle().take(LENGTH).collect();
        file.write_all(&bytes).expect("written");
        file.as_file().sync_all().expect("synced");
        (file, bytes)
    }

    #[test]
    fn everything_is_read_whatever_is_in_memory() {
        let (file, bytes) = file();
        let aside = UncachedFile::new(file.reopen().expect("opened"));
        let mut read = Vec::new();
        let mut buffer = vec![0; 1_000_003];
        loop {
            let count = aside.read_at(&mut buffer, read.len() as u64).expect("read");
            if count == 0 {
                break;
            }
            read.extend_from_slice(&buffer[..count]);
        }
        assert!(read == bytes);
        assert_eq!(aside.size().expect("known"), LENGTH as u64);
    }

    /// Whether the whole range can be had from memory. Memory file systems hold everything there.
    fn in_memory(file: &File, offset: u64, length: usize) -> bool {
        disk::read_cached(file, offset, length, &ReadBuffers::default()).is_some()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_was_in_memory_stays_there_and_the_rest_does_not_enter() {
        let (file, _) = file();
        let other = file.reopen().expect("opened");
        super::advise_random(&other);
        super::give_back(&other, 0, LENGTH as u64);
        let is_supported = super::read_uncached(&other, &mut [0; 1], LENGTH as u64).is_some();
        // Looking brings in what is looked at, so each page is looked at once.
        if !is_supported || in_memory(&other, LENGTH as u64 - 4096, 4096) {
            println!("skipped: this system cannot read without keeping what it reads");
            return;
        }
        let (warm, step) = (1 << 20, 256 << 10);
        disk::read_at(&other, 0, warm).expect("read");
        let aside = UncachedFile::new(file.reopen().expect("opened"));
        let mut buffer = vec![0; step];
        for at in (0..LENGTH).step_by(step) {
            let read = aside.read_at(&mut buffer, at as u64);
            assert_eq!(read.expect("read"), step);
        }
        assert!(in_memory(&other, 0, warm), "warm pages were given back");
        for at in (warm..LENGTH).step_by(step) {
            assert!(!in_memory(&other, at as u64, 4096), "byte {at} stayed");
        }
    }
}
