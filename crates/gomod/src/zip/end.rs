//! Finds the directory from the end of the zip.
//!
//! The end record is found as Go's archive/zip finds it: the last one in the last 64 KiB. Then the
//! parts that Go reads leniently must agree, because readers differ in which of them they follow:
//! the comment ends where the zip ends, the directory ends where the end records begin, and if a
//! 64-bit record is there at all, both records say the same.

use super::format::{
    END_LENGTH, END64_LENGTH, END64_SIGNATURE, End64Record, EndRecord, LOCATOR_LENGTH,
    LOCATOR_SIGNATURE, MAX_32, parse_locator, u32_at,
};
use super::limits::MAX_ZIP_FILE;
use super::problem::{ZipError, ZipProblem};
use std::io::{Read, Seek, SeekFrom};

/// How far from the end the end record can begin: a comment has at most 65535 bytes.
const LONGEST_COMMENT: usize = u16::MAX as usize;

/// What Go, in an old confusion with the 32-bit maximum, takes for a reason to look for the 64-bit
/// record.
const GO_FULL_SIZE: u32 = 0xffff;

/// Where the directory is. It begins at `offset` and ends at `offset + size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CentralDirectory {
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) entries: EntryCount,
}

/// How many entries the end record declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryCount {
    /// In 16 bits: writers that know no 64-bit record leave off the rest.
    Truncated(u16),
    /// In 64 bits.
    Exact(u64),
}

/// The end of the zip in memory, and where in the zip it begins.
struct ZipTail {
    bytes: Vec<u8>,
    begin: u64,
}

/// Finds the directory; its place is checked, its content is not.
pub(super) fn find_directory<R: Read + Seek>(reader: &mut R) -> Result<CentralDirectory, ZipError> {
    let size = reader.seek(SeekFrom::End(0))?;
    if size > MAX_ZIP_FILE {
        return Err(ZipProblem::TooLarge(size).into());
    }
    let tail = ZipTail::read(reader, size)?;
    Ok(tail.directory()?)
}

// === impl EntryCount ===

impl EntryCount {
    /// Fails if this is not the number of entries found.
    pub(super) fn check(self, found: u64) -> Result<(), ZipProblem> {
        let (declared, comparable) = match self {
            Self::Truncated(count) => (count.into(), found & u64::from(u16::MAX)),
            Self::Exact(count) => (count, found),
        };
        if declared == comparable {
            Ok(())
        } else {
            Err(ZipProblem::EntryCount { found, declared })
        }
    }
}

// === impl ZipTail ===

impl ZipTail {
    fn read<R: Read + Seek>(reader: &mut R, size: u64) -> Result<Self, ZipError> {
        let wanted = END_LENGTH + LONGEST_COMMENT + LOCATOR_LENGTH + END64_LENGTH;
        let begin = size.saturating_sub(wanted as u64);
        reader.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        reader.take(size - begin).read_to_end(&mut bytes)?;
        Ok(Self { bytes, begin })
    }

    fn directory(&self) -> Result<CentralDirectory, ZipProblem> {
        let (at, end) = self.end_record().ok_or(ZipProblem::NoDirectory)?;
        let behind = self.bytes.len() - at - END_LENGTH;
        let trailing = behind
            .checked_sub(end.comment_length.into())
            .ok_or(ZipProblem::NoDirectory)?;
        if trailing > 0 {
            return Err(ZipProblem::TrailingData(trailing as u64));
        }
        let locator_at = at.checked_sub(LOCATOR_LENGTH);
        let locator = locator_at.filter(|&at| self.u32_at(at) == Some(LOCATOR_SIGNATURE));
        let (directory, directory_end) = match locator {
            Some(locator_at) => (
                self.directory64(locator_at, end)?,
                self.end64_at(locator_at),
            ),
            None => (
                CentralDirectory::from_end(end),
                Some(self.begin + at as u64),
            ),
        };
        let ends_at = directory.offset.checked_add(directory.size);
        if ends_at.is_none() || ends_at != directory_end {
            return Err(ZipProblem::MisplacedDirectory);
        }
        Ok(directory)
    }

    /// The last end record, and where in the tail it is.
    fn end_record(&self) -> Option<(usize, EndRecord)> {
        let last = self.bytes.len().checked_sub(END_LENGTH)?;
        (0..=last).rev().find_map(|at| {
            let record = EndRecord::parse(self.bytes.get(at..)?)?;
            Some((at, record))
        })
    }

    /// What the 64-bit record says, if it is where the locator says and the 32-bit one agrees.
    fn directory64(
        &self,
        locator_at: usize,
        end: EndRecord,
    ) -> Result<CentralDirectory, ZipProblem> {
        let locator = self.bytes.get(locator_at..).and_then(parse_locator);
        let begin = self.end64_at(locator_at);
        if begin.is_none() || locator != begin {
            return Err(ZipProblem::Zip64Disagreement);
        }
        let record = self
            .end64(locator_at)
            .ok_or(ZipProblem::Zip64Disagreement)?;
        let looked_for =
            end.entries == u16::MAX || end.size == GO_FULL_SIZE || end.offset == MAX_32;
        let agree = (end.entries == u16::MAX || u64::from(end.entries) == record.entries)
            && (end.offset == MAX_32 || u64::from(end.offset) == record.offset)
            && (end.size == MAX_32 && looked_for || u64::from(end.size) == record.size);
        if !agree {
            return Err(ZipProblem::Zip64Disagreement);
        }
        Ok(CentralDirectory {
            offset: record.offset,
            size: record.size,
            entries: EntryCount::Exact(record.entries),
        })
    }

    /// The 64-bit record that ends where the locator begins. Extensions of it are not known to
    /// anybody, so it has its plain length.
    fn end64(&self, locator_at: usize) -> Option<End64Record> {
        let at = locator_at.checked_sub(END64_LENGTH)?;
        let record = End64Record::parse(self.bytes.get(at..)?)?;
        (record.record_size == END64_LENGTH as u64 - 12).then_some(record)
    }

    /// Where in the zip that record begins.
    fn end64_at(&self, locator_at: usize) -> Option<u64> {
        let at = locator_at.checked_sub(END64_LENGTH)?;
        (self.u32_at(at)? == END64_SIGNATURE).then_some(self.begin + at as u64)
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        u32_at(&self.bytes, at)
    }
}

// === impl CentralDirectory ===

impl CentralDirectory {
    fn from_end(end: EndRecord) -> Self {
        Self {
            offset: end.offset.into(),
            size: end.size.into(),
            entries: EntryCount::Truncated(end.entries),
        }
    }
}
