//! The records of a zip as they are written: the counterpart of [`super::format`].

use super::format::{
    CENTRAL_SIGNATURE, DEFLATED, DESCRIPTOR_SIGNATURE, END_SIGNATURE, END64_LENGTH,
    END64_SIGNATURE, FLAG_DESCRIPTOR, FLAG_UTF8, LOCAL_SIGNATURE, LOCATOR_SIGNATURE, MAX_32,
};

/// The version of the format that deflating needs: 2.0.
const NEEDS_DEFLATE: u16 = 20;
/// The version of the format that 64-bit records need: 4.5.
const NEEDS_64: u16 = 45;

/// A deflated entry with a descriptor. Sizes and offset fit 32 bits: a zip has at most 500 MiB.
pub(super) struct EntryRecord {
    name: Vec<u8>,
    flags: u16,
    checksum: u32,
    compressed: u32,
    size: u32,
    offset: u32,
}

// === impl EntryRecord ===

impl EntryRecord {
    /// An entry that begins at this offset and whose sums are not known yet.
    pub(super) fn new(name: Vec<u8>, offset: u64) -> Self {
        let encoding = if name.is_ascii() { 0 } else { FLAG_UTF8 };
        Self {
            name,
            flags: FLAG_DESCRIPTOR | encoding,
            checksum: 0,
            compressed: 0,
            size: 0,
            offset: narrow(offset),
        }
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn set_sums(&mut self, checksum: u32, compressed: u64, size: u64) {
        self.checksum = checksum;
        self.compressed = narrow(compressed);
        self.size = narrow(size);
    }

    /// What stands in front of the data; its sums are zero, for they follow.
    pub(super) fn local_header(&self) -> Vec<u8> {
        let mut record = Vec::with_capacity(30 + self.name.len());
        record.extend(LOCAL_SIGNATURE.to_le_bytes());
        self.put_kind(&mut record);
        record.extend([0; 12]);
        self.put_lengths(&mut record);
        record.extend(&self.name);
        record
    }

    /// What stands behind the data.
    pub(super) fn descriptor(&self) -> Vec<u8> {
        let mut record = Vec::with_capacity(16);
        record.extend(DESCRIPTOR_SIGNATURE.to_le_bytes());
        self.put_sums(&mut record);
        record
    }

    /// What stands in the directory.
    pub(super) fn central_header(&self) -> Vec<u8> {
        let mut record = Vec::with_capacity(46 + self.name.len());
        record.extend(CENTRAL_SIGNATURE.to_le_bytes());
        record.extend(NEEDS_DEFLATE.to_le_bytes());
        self.put_kind(&mut record);
        self.put_sums(&mut record);
        self.put_lengths(&mut record);
        // No comment, first disk, no attributes.
        record.extend([0; 10]);
        record.extend(self.offset.to_le_bytes());
        record.extend(&self.name);
        record
    }

    /// Version needed, flags, method, and no time.
    fn put_kind(&self, record: &mut Vec<u8>) {
        for field in [NEEDS_DEFLATE, self.flags, DEFLATED, 0, 0] {
            record.extend(field.to_le_bytes());
        }
    }

    fn put_sums(&self, record: &mut Vec<u8>) {
        for field in [self.checksum, self.compressed, self.size] {
            record.extend(field.to_le_bytes());
        }
    }

    /// Length of the name, and no extra fields.
    fn put_lengths(&self, record: &mut Vec<u8>) {
        let length = u16::try_from(self.name.len()).unwrap_or(u16::MAX);
        record.extend(length.to_le_bytes());
        record.extend([0; 2]);
    }
}

/// The end of a zip whose directory has this many entries and begins and ends here. The 64-bit
/// record is there only if 16 bits do not hold the count.
pub(super) fn end_records(count: u64, begin: u64, end: u64) -> Vec<u8> {
    let mut records = Vec::new();
    let short = u16::try_from(count).ok().filter(|&count| count < u16::MAX);
    if short.is_none() {
        put_end64(&mut records, count, begin, end);
    }
    let (size, offset) = match short {
        Some(_) => (narrow(end - begin), narrow(begin)),
        None => (MAX_32, MAX_32),
    };
    let short = short.unwrap_or(u16::MAX);
    records.extend(END_SIGNATURE.to_le_bytes());
    records.extend([0; 4]);
    records.extend(short.to_le_bytes());
    records.extend(short.to_le_bytes());
    records.extend(size.to_le_bytes());
    records.extend(offset.to_le_bytes());
    records.extend([0; 2]);
    records
}

fn put_end64(records: &mut Vec<u8>, count: u64, begin: u64, end: u64) {
    records.extend(END64_SIGNATURE.to_le_bytes());
    records.extend((END64_LENGTH as u64 - 12).to_le_bytes());
    records.extend(NEEDS_64.to_le_bytes());
    records.extend(NEEDS_64.to_le_bytes());
    records.extend([0; 8]);
    for field in [count, count, end - begin, begin] {
        records.extend(field.to_le_bytes());
    }
    records.extend(LOCATOR_SIGNATURE.to_le_bytes());
    records.extend([0; 4]);
    records.extend(end.to_le_bytes());
    records.extend(1_u32.to_le_bytes());
}

/// Below 500 MiB, so nothing is cut.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
