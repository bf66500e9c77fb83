//! The records of the zip format (APPNOTE 6.3.10 sections 4.3 and 4.4), bytes in, fields out.
//!
//! Nothing is judged here: a record is either complete and begins with its signature, or it is
//! `None`. All numbers are little-endian.

use super::names;

/// Length of the end-of-directory record without its comment.
pub(super) const END_LENGTH: usize = 22;
/// Length of the locator of the 64-bit end-of-directory record.
pub(super) const LOCATOR_LENGTH: usize = 20;
/// Length of the 64-bit end-of-directory record without extensions.
pub(super) const END64_LENGTH: usize = 56;
/// Length of a directory entry without name, extra fields and comment.
pub(super) const CENTRAL_LENGTH: usize = 46;
/// Length of a local header without name and extra fields.
pub(super) const LOCAL_LENGTH: usize = 30;

pub(super) const END_SIGNATURE: u32 = 0x0605_4b50;
pub(super) const LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
pub(super) const END64_SIGNATURE: u32 = 0x0606_4b50;
pub(super) const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
pub(super) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
pub(super) const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;

/// The method of data that is stored as it is.
pub(super) const STORED: u16 = 0;
/// The method of data that is deflated.
pub(super) const DEFLATED: u16 = 8;

/// The entry is encrypted.
pub(super) const FLAG_ENCRYPTED: u16 = 1;
/// Checksum and sizes follow the data instead of preceding it.
pub(super) const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// The data is a patch to other data.
pub(super) const FLAG_PATCH: u16 = 1 << 5;
/// The entry is encrypted in another way.
pub(super) const FLAG_STRONG_ENCRYPTION: u16 = 1 << 6;
/// The name is in UTF-8.
pub(super) const FLAG_UTF8: u16 = 1 << 11;
/// Header fields are hidden because the directory is encrypted.
pub(super) const FLAG_MASKED: u16 = 1 << 13;

/// A 32-bit field whose value is in the 64-bit extra field instead.
pub(super) const MAX_32: u32 = u32::MAX;

/// Extra field with 64-bit sizes and offset.
const EXTRA_ZIP64: u16 = 0x0001;
/// Extra field with the name once more, in UTF-8 (Info-ZIP).
const EXTRA_UNICODE_PATH: u16 = 0x7075;
/// What precedes the name in that field: a version byte and a checksum.
const UNICODE_PATH_HEAD: usize = 5;

/// The fixed part of the end-of-directory record.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndRecord {
    pub(super) entries: u16,
    pub(super) size: u32,
    pub(super) offset: u32,
    pub(super) comment_length: u16,
}

/// The fixed part of the 64-bit end-of-directory record.
#[derive(Debug, Clone, Copy)]
pub(super) struct End64Record {
    /// Bytes of the record behind this very field.
    pub(super) record_size: u64,
    pub(super) entries: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
}

/// Checksum and sizes of an entry, resolved to 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EntrySums {
    pub(super) checksum: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
}

/// The fixed part of a directory entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct CentralHeader {
    pub(super) creator: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) checksum: u32,
    pub(super) compressed: u32,
    pub(super) size: u32,
    pub(super) name_length: usize,
    pub(super) extra_length: usize,
    pub(super) comment_length: usize,
    pub(super) attributes: u32,
    pub(super) offset: u32,
}

/// The fixed part of a local header.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalHeader {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) checksum: u32,
    pub(super) compressed: u32,
    pub(super) size: u32,
    pub(super) name_length: usize,
    pub(super) extra_length: usize,
}

/// The 16-bit number at an offset.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*field))
}

/// The 32-bit number at an offset.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*field))
}

/// The 64-bit number at an offset.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*field))
}

fn signed(bytes: &[u8], signature: u32) -> Option<&[u8]> {
    (u32_at(bytes, 0)? == signature).then_some(bytes)
}

// === impl EndRecord ===

impl EndRecord {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = signed(bytes, END_SIGNATURE)?;
        Some(Self {
            entries: u16_at(bytes, 10)?,
            size: u32_at(bytes, 12)?,
            offset: u32_at(bytes, 16)?,
            comment_length: u16_at(bytes, 20)?,
        })
    }
}

// === impl End64Record ===

impl End64Record {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = signed(bytes, END64_SIGNATURE)?;
        Some(Self {
            record_size: u64_at(bytes, 4)?,
            entries: u64_at(bytes, 32)?,
            size: u64_at(bytes, 40)?,
            offset: u64_at(bytes, 48)?,
        })
    }
}

/// Where the 64-bit end record is by its locator, if that names a zip of one part.
pub(super) fn parse_locator(bytes: &[u8]) -> Option<u64> {
    let bytes = signed(bytes, LOCATOR_SIGNATURE)?;
    let one_part = u32_at(bytes, 4)? == 0 && u32_at(bytes, 16)? == 1;
    one_part.then_some(u64_at(bytes, 8)?)
}

// === impl CentralHeader ===

impl CentralHeader {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = signed(bytes, CENTRAL_SIGNATURE)?;
        Some(Self {
            creator: u16_at(bytes, 4)?,
            flags: u16_at(bytes, 8)?,
            method: u16_at(bytes, 10)?,
            checksum: u32_at(bytes, 16)?,
            compressed: u32_at(bytes, 20)?,
            size: u32_at(bytes, 24)?,
            name_length: u16_at(bytes, 28)?.into(),
            extra_length: u16_at(bytes, 30)?.into(),
            comment_length: u16_at(bytes, 32)?.into(),
            attributes: u32_at(bytes, 38)?,
            offset: u32_at(bytes, 42)?,
        })
    }

    /// Length of the whole record.
    pub(super) const fn length(&self) -> usize {
        CENTRAL_LENGTH + self.name_length + self.extra_length + self.comment_length
    }

    /// Sums and offset, from the 64-bit extra field where the fields here are full; `None` if that
    /// field is missing or too short. As in Go, a full size alone needs no such field.
    pub(super) fn resolve(&self, extra: &[u8]) -> Option<(EntrySums, u64)> {
        let mut size = WideField::new(self.size);
        let mut compressed = WideField::new(self.compressed);
        let mut offset = WideField::new(self.offset);
        for (tag, mut field) in fields(extra) {
            if tag == EXTRA_ZIP64 {
                size.take(&mut field)?;
                compressed.take(&mut field)?;
                offset.take(&mut field)?;
            }
        }
        let sums = EntrySums {
            checksum: self.checksum,
            compressed: compressed.known()?,
            size: size.value,
        };
        Some((sums, offset.known()?))
    }
}

// === impl LocalHeader ===

impl LocalHeader {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = signed(bytes, LOCAL_SIGNATURE)?;
        Some(Self {
            flags: u16_at(bytes, 6)?,
            method: u16_at(bytes, 8)?,
            checksum: u32_at(bytes, 14)?,
            compressed: u32_at(bytes, 18)?,
            size: u32_at(bytes, 22)?,
            name_length: u16_at(bytes, 26)?.into(),
            extra_length: u16_at(bytes, 28)?.into(),
        })
    }

    /// Length of the whole header.
    pub(super) const fn length(&self) -> usize {
        LOCAL_LENGTH + self.name_length + self.extra_length
    }

    /// The sums, from the 64-bit extra field where the fields here are full and it has them.
    pub(super) fn resolve(&self, extra: &[u8]) -> EntrySums {
        let mut size = WideField::new(self.size);
        let mut compressed = WideField::new(self.compressed);
        for (tag, mut field) in fields(extra) {
            if tag == EXTRA_ZIP64 && size.take(&mut field).is_some() {
                let _ = compressed.take(&mut field);
            }
        }
        EntrySums {
            checksum: self.checksum,
            compressed: compressed.value,
            size: size.value,
        }
    }
}

/// A 32-bit field that may stand for one in the 64-bit extra field.
#[derive(Debug, Clone, Copy)]
struct WideField {
    value: u64,
    missing: bool,
}

impl WideField {
    fn new(field: u32) -> Self {
        Self {
            value: field.into(),
            missing: field == MAX_32,
        }
    }

    /// Takes its value from the front of the extra field, if it has none yet.
    fn take(&mut self, field: &mut &[u8]) -> Option<()> {
        if self.missing {
            let (value, rest) = field.split_first_chunk()?;
            self.value = u64::from_le_bytes(*value);
            self.missing = false;
            *field = rest;
        }
        Some(())
    }

    fn known(&self) -> Option<u64> {
        (!self.missing).then_some(self.value)
    }
}

/// The extra fields by tag, as far as they are well-formed.
fn fields(mut extra: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let tag = u16_at(extra, 0)?;
        let length = usize::from(u16_at(extra, 2)?);
        let field = extra.get(4..)?.get(..length)?;
        extra = extra.get(4 + length..)?;
        Some((tag, field))
    })
}

/// Whether an extra field gives the entry another name than its header does.
pub(super) fn has_second_name(extra: &[u8], name: &[u8]) -> bool {
    fields(extra).any(|(tag, field)| {
        tag == EXTRA_UNICODE_PATH && field.get(UNICODE_PATH_HEAD..) != Some(name)
    })
}

/// Whether the mode that a Unix or macOS creator gave says that an entry of this name is something
/// other than a file or a directory, as its name tells.
pub(super) fn is_irregular(header: &CentralHeader, name: &[u8]) -> bool {
    const UNIX: u16 = 3;
    const MACOS: u16 = 19;
    const REGULAR: u32 = 0o10;
    const DIRECTORY: u32 = 0o04;
    if !matches!(header.creator >> 8, UNIX | MACOS) {
        return false;
    }
    match header.attributes >> 28 {
        0 | REGULAR => false,
        DIRECTORY => !names::is_directory(name),
        _ => true,
    }
}
