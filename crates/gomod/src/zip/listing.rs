//! The directory of a zip in memory, as small as it can be: one buffer of names and 28 bytes an
//! entry. A hostile zip of 500 MiB can have millions of entries, and this is all that stays of
//! them.

use super::end::CentralDirectory;
use super::format::{self, CENTRAL_LENGTH, CentralHeader};
use super::names;
use super::problem::{ShownName, ZipError, ZipProblem, ZipProblems};
use super::window::SectionWindow;
use std::io::{Read, Seek};

/// All entries whose name begins with the prefix asked for.
#[derive(Debug)]
pub(super) struct ZipListing {
    /// What every name begins with; not repeated in the names.
    prefix: String,
    names: Vec<u8>,
    entries: Vec<ZipEntry>,
}

/// One entry, as the directory describes it. All numbers fit: a zip has at most 500 MiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct ZipEntry {
    pub(super) offset: u32,
    pub(super) compressed: u32,
    /// Declared size of the content; [`u32::MAX`] for anything that large or larger.
    pub(super) size: u32,
    pub(super) checksum: u32,
    name_at: u32,
    name_length: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
}

/// What reading the directory collects.
struct DirectoryReader<'a> {
    listing: ZipListing,
    directory: CentralDirectory,
    problems: &'a mut ZipProblems,
}

// === impl ZipListing ===

impl ZipListing {
    /// Reads the directory. What is wrong with single entries is added to the problems, and such
    /// an entry is left out; what makes the directory unreadable is an error.
    pub(super) fn read<R: Read + Seek>(
        reader: &mut R,
        directory: CentralDirectory,
        prefix: String,
        problems: &mut ZipProblems,
    ) -> Result<Self, ZipError> {
        let mut window = SectionWindow::new(reader, directory.offset, directory.size)?;
        let listing = Self {
            prefix,
            names: Vec::new(),
            entries: Vec::new(),
        };
        let mut reading = DirectoryReader {
            listing,
            directory,
            problems,
        };
        let mut found = 0;
        while window.left() > 0 {
            let length = reading.entry(&mut window, found)?;
            window.consume(length);
            found += 1;
        }
        directory.entries.check(found)?;
        Ok(reading.listing)
    }

    /// What every name begins with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// All entries, in the order of the directory until they are sorted.
    pub(super) fn entries(&self) -> &[ZipEntry] {
        &self.entries
    }

    /// The entry's name behind the prefix.
    pub(super) fn name(&self, entry: &ZipEntry) -> &[u8] {
        let begin = entry.name_at as usize;
        let end = begin + usize::from(entry.name_length);
        self.names.get(begin..end).unwrap_or_default()
    }

    /// The entry's whole name, for a message.
    pub(super) fn shown(&self, entry: &ZipEntry) -> ShownName {
        let name = [self.prefix.as_bytes(), self.name(entry)].concat();
        ShownName::new(&name)
    }

    /// Whether the entry is a directory, by its whole name.
    pub(super) fn is_directory(&self, entry: &ZipEntry) -> bool {
        match self.name(entry) {
            b"" => self.prefix.ends_with('/'),
            name => names::is_directory(name),
        }
    }

    /// Puts the entries in the order of their data in the zip.
    pub(super) fn sort_by_offset(&mut self) {
        self.entries.sort_by_key(|entry| entry.offset);
    }
}

// === impl DirectoryReader ===

impl DirectoryReader<'_> {
    /// Takes the next entry, and answers its length.
    fn entry<R: Read + Seek>(
        &mut self,
        window: &mut SectionWindow<R>,
        index: u64,
    ) -> Result<usize, ZipError> {
        let malformed = ZipProblem::MalformedEntry(index);
        let header = window.peek(CENTRAL_LENGTH)?.and_then(CentralHeader::parse);
        let header = header.ok_or(malformed.clone())?;
        let record = window.peek(header.length())?.ok_or(malformed.clone())?;
        let (name, rest) = record
            .get(CENTRAL_LENGTH..)
            .and_then(|rest| rest.split_at_checked(header.name_length))
            .ok_or(malformed.clone())?;
        let extra = rest.get(..header.extra_length).unwrap_or_default();
        let entry = self.resolve(&header, extra).ok_or(malformed)?;
        self.check_header(&header, name, extra);
        self.keep(entry, name);
        Ok(header.length())
    }

    /// The entry without its name; `None` if its data cannot be in front of the directory.
    fn resolve(&self, header: &CentralHeader, extra: &[u8]) -> Option<ZipEntry> {
        let (sums, offset) = header.resolve(extra)?;
        if offset.checked_add(sums.compressed)? > self.directory.offset {
            return None;
        }
        Some(ZipEntry {
            offset: offset.try_into().ok()?,
            compressed: sums.compressed.try_into().ok()?,
            size: sums.size.try_into().unwrap_or(u32::MAX),
            checksum: sums.checksum,
            name_at: self.listing.names.len().try_into().ok()?,
            name_length: 0,
            flags: header.flags,
            method: header.method,
        })
    }

    /// What other readers would see differently, or not read at all.
    fn check_header(&mut self, header: &CentralHeader, name: &[u8], extra: &[u8]) {
        const UNREADABLE: u16 = format::FLAG_ENCRYPTED
            | format::FLAG_PATCH
            | format::FLAG_STRONG_ENCRYPTION
            | format::FLAG_MASKED;
        let shown = || ShownName::new(name);
        if header.flags & UNREADABLE != 0 {
            self.problems.add(ZipProblem::Encrypted(shown()));
        }
        if format::is_irregular(header, name) {
            self.problems.add(ZipProblem::Irregular(shown()));
        }
        if format::has_second_name(extra, name) {
            self.problems.add(ZipProblem::SecondName(shown()));
        }
    }

    fn keep(&mut self, mut entry: ZipEntry, name: &[u8]) {
        let Some(rest) = name.strip_prefix(self.listing.prefix.as_bytes()) else {
            self.problems.add(ZipProblem::Prefix {
                name: ShownName::new(name),
                prefix: self.listing.prefix.clone(),
            });
            return;
        };
        entry.name_length = rest.len().try_into().unwrap_or(u16::MAX);
        self.listing.names.extend_from_slice(rest);
        self.listing.entries.push(entry);
    }
}
