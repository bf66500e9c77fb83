//! Reads the zip once from its first byte to its directory, as a reader that knows no directory
//! would, and holds every header, size and checksum on the way against the directory.
//!
//! Every byte in front of the directory must belong to exactly one entry, in the order of the
//! entries' offsets. That rules out hidden and overlapping data at once, and makes one pass enough.

use super::content::{ContentError, EntryContent, EntryUnpacker};
use super::end::CentralDirectory;
use super::format::{
    DESCRIPTOR_SIGNATURE, EntrySums, FLAG_DESCRIPTOR, FLAG_ENCRYPTED, FLAG_MASKED, FLAG_PATCH,
    FLAG_STRONG_ENCRYPTION, FLAG_UTF8, LOCAL_LENGTH, LocalHeader, MAX_32, STORED, has_second_name,
    u32_at, u64_at,
};
use super::listing::{ZipEntry, ZipListing};
use super::problem::{HeaderField, ShownName, ZipError, ZipProblem};
use super::window::SectionWindow;
use std::io::{Read, Seek};

/// Flags that change how an entry is read, whatever its name.
const READING_FLAGS: u16 =
    FLAG_ENCRYPTED | FLAG_DESCRIPTOR | FLAG_PATCH | FLAG_STRONG_ENCRYPTION | FLAG_MASKED;

/// What one pass over the zip finds out.
#[derive(Debug)]
pub(super) struct ZipContents {
    /// The hash of each entry's content, in the order of the listing.
    pub(super) digests: Vec<[u8; 32]>,
    /// The content of the entry asked for, if there is one of this name.
    pub(super) copy: Option<Vec<u8>>,
}

struct ZipFrontReader<'a, R> {
    window: SectionWindow<R>,
    listing: &'a ZipListing,
    unpacker: EntryUnpacker,
}

/// What became of one entry when it was read by itself.
#[derive(Debug)]
pub(super) struct SalvagedEntry {
    /// Where its data begins in the zip, if its local header is sound.
    pub(super) data: Option<u64>,
    /// The hash of its content, if it could be unpacked, also when its checksum says otherwise.
    pub(super) digest: Option<[u8; 32]>,
    /// What is wrong with it.
    pub(super) problem: Option<ZipProblem>,
}

/// Reads every entry by itself: a damaged one does not hide the others. The listing must be in the
/// order of offsets; `copied` says whose content is wanted, and `visit` is given it.
pub(super) fn survey_contents<R: Read + Seek>(
    reader: R,
    directory: CentralDirectory,
    listing: &ZipListing,
    copied: impl Fn(&ZipEntry) -> bool,
    mut visit: impl FnMut(&ZipEntry, u64, SalvagedEntry, Option<&[u8]>),
) -> Result<(), ZipError> {
    let mut front = ZipFrontReader {
        window: SectionWindow::new(reader, 0, directory.offset)?,
        listing,
        unpacker: EntryUnpacker::new(),
    };
    let mut copy = Vec::new();
    for (entry, end) in spans(listing, directory) {
        copy.clear();
        let wanted = copied(entry);
        let survived = front.survivor(entry, end, wanted.then_some(&mut copy))?;
        let content = (wanted && survived.digest.is_some()).then_some(copy.as_slice());
        visit(entry, end, survived, content);
    }
    Ok(())
}

/// Reads the chosen entries and nothing else. The listing must be in the order of offsets.
pub(super) fn read_chosen<R: Read + Seek>(
    reader: R,
    directory: CentralDirectory,
    listing: &ZipListing,
    chosen: impl Fn(&ZipEntry) -> bool,
    mut visit: impl FnMut(&ZipEntry, &[u8]),
) -> Result<(), ZipError> {
    let mut front = ZipFrontReader {
        window: SectionWindow::new(reader, 0, directory.offset)?,
        listing,
        unpacker: EntryUnpacker::new(),
    };
    let mut copy = Vec::new();
    for (entry, end) in spans(listing, directory) {
        if chosen(entry) {
            copy.clear();
            front.window.skip_to(entry.offset.into())?;
            front.entry(entry, end, Some(&mut copy))?;
            visit(entry, &copy);
        }
    }
    Ok(())
}

/// Reads all entries. The listing must be in the order of offsets; `copied` is the name, behind
/// the prefix, of a file whose content is wanted.
pub(super) fn read_contents<R: Read + Seek>(
    reader: R,
    directory: CentralDirectory,
    listing: &ZipListing,
    copied: &[u8],
) -> Result<ZipContents, ZipError> {
    let mut front = ZipFrontReader {
        window: SectionWindow::new(reader, 0, directory.offset)?,
        listing,
        unpacker: EntryUnpacker::new(),
    };
    let mut contents = ZipContents {
        digests: Vec::with_capacity(listing.entries().len()),
        copy: None,
    };
    for (entry, end) in spans(listing, directory) {
        let mut copy = (listing.name(entry) == copied).then(Vec::new);
        contents
            .digests
            .push(front.entry(entry, end, copy.as_mut())?);
        contents.copy = copy.or(contents.copy);
    }
    match front.window.left() {
        0 => Ok(contents),
        left => Err(ZipProblem::GapBeforeDirectory(left).into()),
    }
}

/// The entries, each with where the next one begins.
fn spans(
    listing: &ZipListing,
    directory: CentralDirectory,
) -> impl Iterator<Item = (&ZipEntry, u64)> {
    let next = listing.entries().iter().skip(1);
    let ends = next.map(|entry| u64::from(entry.offset));
    let ends = ends.chain(std::iter::once(directory.offset));
    listing.entries().iter().zip(ends)
}

// === impl ZipFrontReader ===

impl<R: Read + Seek> ZipFrontReader<'_, R> {
    /// Reads one entry, whose successor begins at `end`.
    fn entry(
        &mut self,
        entry: &ZipEntry,
        end: u64,
        copy: Option<&mut Vec<u8>>,
    ) -> Result<[u8; 32], ZipError> {
        self.check_begin(entry)?;
        self.local_header(entry)?;
        let content = self.content(entry, copy)?;
        self.descriptor(entry, end)?;
        Ok(content.digest)
    }

    /// Reads one entry, wherever the one before it has ended.
    fn survivor(
        &mut self,
        entry: &ZipEntry,
        end: u64,
        copy: Option<&mut Vec<u8>>,
    ) -> Result<SalvagedEntry, ZipError> {
        self.window.skip_to(entry.offset.into())?;
        let mut survived = SalvagedEntry {
            data: None,
            digest: None,
            problem: None,
        };
        let outcome = self.follow(entry, end, copy, &mut survived);
        survived.problem = match outcome {
            Ok(()) => None,
            Err(ZipError::Refused(problems)) => problems.kept().first().cloned(),
            Err(error @ ZipError::Io(_)) => return Err(error),
        };
        Ok(survived)
    }

    /// As [`entry`](Self::entry), noting how far it came.
    fn follow(
        &mut self,
        entry: &ZipEntry,
        end: u64,
        copy: Option<&mut Vec<u8>>,
        survived: &mut SalvagedEntry,
    ) -> Result<(), ZipError> {
        self.check_begin(entry)?;
        self.local_header(entry)?;
        survived.data = Some(self.window.position());
        let content = self.unpack(entry, copy)?;
        survived.digest = Some(content.digest);
        self.check_sum(entry, &content)?;
        self.descriptor(entry, end)
    }

    fn shown(&self, entry: &ZipEntry) -> ShownName {
        self.listing.shown(entry)
    }

    fn check_begin(&self, entry: &ZipEntry) -> Result<(), ZipProblem> {
        let begin = u64::from(entry.offset);
        match begin.checked_sub(self.window.position()) {
            Some(0) => Ok(()),
            Some(gap) => Err(ZipProblem::Gap(self.shown(entry), gap)),
            None => Err(ZipProblem::Overlap(self.shown(entry))),
        }
    }

    /// Consumes the local header.
    fn local_header(&mut self, entry: &ZipEntry) -> Result<(), ZipError> {
        let missing = || ZipProblem::LocalHeader(self.listing.shown(entry));
        let header = self.window.peek(LOCAL_LENGTH)?.and_then(LocalHeader::parse);
        let header = header.ok_or_else(missing)?;
        let record = self.window.peek(header.length())?.ok_or_else(missing)?;
        let record = record.get(LOCAL_LENGTH..).unwrap_or_default();
        let (name, extra) = record
            .split_at_checked(header.name_length)
            .ok_or_else(missing)?;
        if let Some(field) = disagreement(self.listing, entry, &header, name, extra) {
            let name = self.shown(entry);
            return Err(ZipProblem::Disagreement { name, field }.into());
        }
        if has_second_name(extra, name) {
            return Err(ZipProblem::SecondName(self.shown(entry)).into());
        }
        self.window.consume(header.length());
        Ok(())
    }

    /// Consumes the data, and checks its checksum.
    fn content(
        &mut self,
        entry: &ZipEntry,
        copy: Option<&mut Vec<u8>>,
    ) -> Result<EntryContent, ZipError> {
        let content = self.unpack(entry, copy)?;
        self.check_sum(entry, &content)?;
        Ok(content)
    }

    /// Consumes the data.
    fn unpack(
        &mut self,
        entry: &ZipEntry,
        copy: Option<&mut Vec<u8>>,
    ) -> Result<EntryContent, ZipError> {
        let entry = &normal(self.listing, *entry);
        let content = self.unpacker.unpack(&mut self.window, entry, copy);
        let name = || self.listing.shown(entry);
        content.map_err(|error| match error {
            ContentError::Io(error) => ZipError::Io(error),
            ContentError::Method => ZipError::from(ZipProblem::Method {
                name: name(),
                method: entry.method,
            }),
            ContentError::Damaged => ZipProblem::Damaged(name()).into(),
            ContentError::Slack => ZipProblem::Slack(name()).into(),
            ContentError::Size => ZipProblem::Size(name()).into(),
        })
    }

    fn check_sum(&self, entry: &ZipEntry, content: &EntryContent) -> Result<(), ZipProblem> {
        let entry = &normal(self.listing, *entry);
        // As in Go, a checksum of zero in an entry without descriptor was never computed.
        let unset = entry.checksum == 0 && entry.flags & FLAG_DESCRIPTOR == 0;
        if unset || content.checksum == entry.checksum {
            Ok(())
        } else {
            Err(ZipProblem::Checksum(self.shown(entry)))
        }
    }

    /// Consumes the data descriptor, which reaches to the next entry.
    fn descriptor(&mut self, entry: &ZipEntry, end: u64) -> Result<(), ZipError> {
        if entry.flags & FLAG_DESCRIPTOR == 0 {
            return Ok(());
        }
        let wrong = || ZipProblem::Descriptor(self.listing.shown(entry));
        let begin = self.window.position();
        let length = end.checked_sub(begin).ok_or_else(wrong)?;
        let length = usize::try_from(length).map_err(|_| wrong())?;
        if length > LONGEST_DESCRIPTOR {
            return Err(wrong().into());
        }
        let bytes = self.window.peek(length)?.ok_or_else(wrong)?;
        if parse_descriptor(bytes) != Some(declared_sums(entry)) {
            return Err(wrong().into());
        }
        self.window.consume(length);
        Ok(())
    }
}

/// Length of a descriptor with signature and 64-bit sizes.
const LONGEST_DESCRIPTOR: usize = 24;

/// A descriptor by its length: with or without signature, sizes in 32 or 64 bits. What begins like
/// the signature is taken for it, as all readers do.
fn parse_descriptor(bytes: &[u8]) -> Option<EntrySums> {
    let signed = u32_at(bytes, 0)? == DESCRIPTOR_SIGNATURE;
    let bytes = if signed { bytes.get(4..)? } else { bytes };
    let (compressed, size) = match bytes.len() {
        12 => (u32_at(bytes, 4)?.into(), u32_at(bytes, 8)?.into()),
        20 => (u64_at(bytes, 4)?, u64_at(bytes, 12)?),
        _ => return None,
    };
    Some(EntrySums {
        checksum: u32_at(bytes, 0)?,
        compressed,
        size,
    })
}

/// What the directory declares.
fn declared_sums(entry: &ZipEntry) -> EntrySums {
    EntrySums {
        checksum: entry.checksum,
        compressed: entry.compressed.into(),
        size: entry.size.into(),
    }
}

/// The entry as its data is to be read: a directory without data has no method and no checksum to
/// speak of, whatever its header says.
fn normal(listing: &ZipListing, mut entry: ZipEntry) -> ZipEntry {
    if entry.compressed == 0 && listing.is_directory(&entry) {
        entry.method = STORED;
        entry.checksum = 0;
    }
    entry
}

/// The first field in which the local header does not say what the directory says.
fn disagreement(
    listing: &ZipListing,
    entry: &ZipEntry,
    header: &LocalHeader,
    name: &[u8],
    extra: &[u8],
) -> Option<HeaderField> {
    let expected = listing.name(entry);
    if name.strip_prefix(listing.prefix().as_bytes()) != Some(expected) {
        return Some(HeaderField::Name);
    }
    let encoding = if name.is_ascii() { 0 } else { FLAG_UTF8 };
    if (header.flags ^ entry.flags) & (READING_FLAGS | encoding) != 0 {
        return Some(HeaderField::Flags);
    }
    if header.method != entry.method {
        return Some(HeaderField::Method);
    }
    let sums = header.resolve(extra);
    let later = entry.flags & FLAG_DESCRIPTOR != 0;
    let wrong = |local: u64, declared: u64| local != declared && !(later && local == 0);
    let unknown = |local: u64| later && local == u64::from(MAX_32);
    let declared = declared_sums(entry);
    if wrong(sums.checksum.into(), declared.checksum.into()) {
        Some(HeaderField::Checksum)
    } else if wrong(sums.compressed, declared.compressed) && !unknown(sums.compressed) {
        Some(HeaderField::CompressedSize)
    } else if wrong(sums.size, declared.size) && !unknown(sums.size) {
        Some(HeaderField::Size)
    } else {
        None
    }
}
