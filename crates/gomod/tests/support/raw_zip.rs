//! Writes zips that lie: every field of every record can say something else than the truth.
//!
//! Used by the oracle and by the hostile tests; shares no code with what it tests, except that
//! deflating is flate2's.

use flate2::{Compression, Crc, write::DeflateEncoder};
use std::io::Write;

/// How the sums of an entry are given behind its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descriptor {
    None,
    Plain,
    Signed,
    Plain64,
    Signed64,
}

/// The fields that stand in both headers of an entry.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) checksum: u32,
    pub(crate) compressed: u32,
    pub(crate) size: u32,
    pub(crate) extra: Vec<u8>,
}

/// An entry: what the directory says, what stands in front of the data, and the data.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) central: Header,
    pub(crate) local: Header,
    pub(crate) data: Vec<u8>,
    pub(crate) descriptor: Descriptor,
    pub(crate) descriptor_sums: (u32, u64, u64),
    pub(crate) gap: Vec<u8>,
    pub(crate) creator: u16,
    pub(crate) attributes: u32,
    pub(crate) comment: Vec<u8>,
    /// Added to the offset that the directory gives.
    pub(crate) offset_lie: i64,
    /// Has no data of its own: the directory points at the entry before.
    pub(crate) shares: bool,
}

/// A zip: entries, and what stands around them.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawZip {
    pub(crate) entries: Vec<Entry>,
    pub(crate) leading: Vec<u8>,
    pub(crate) before_directory: Vec<u8>,
    pub(crate) behind_directory: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) trailing: Vec<u8>,
    pub(crate) zip64: bool,
    /// With a 64-bit record, leave the 32-bit fields as they are instead of full.
    pub(crate) keep_32: bool,
    pub(crate) count_lie: i64,
    pub(crate) size_lie: i64,
    pub(crate) offset_lie: i64,
    pub(crate) locator_lie: i64,
    /// The directory lists the entries in the reverse order.
    pub(crate) reversed: bool,
}

pub(crate) fn checksum(content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(content);
    crc.sum()
}

pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

fn size32(length: usize) -> u32 {
    u32::try_from(length).expect("test data is small")
}

impl Entry {
    /// A true entry.
    pub(crate) fn new(name: &[u8], content: &[u8], deflated: bool, descriptor: Descriptor) -> Self {
        let data = if deflated {
            deflate(content)
        } else {
            content.to_vec()
        };
        let mut header = Header {
            name: name.to_vec(),
            flags: if name.is_ascii() { 0 } else { 0x800 },
            method: if deflated { 8 } else { 0 },
            checksum: checksum(content),
            compressed: size32(data.len()),
            size: size32(content.len()),
            extra: Vec::new(),
        };
        let sums = (header.checksum, data.len() as u64, content.len() as u64);
        let mut local = header.clone();
        if descriptor != Descriptor::None {
            header.flags |= 8;
            local.flags |= 8;
            (local.checksum, local.compressed, local.size) = (0, 0, 0);
        }
        Self {
            central: header,
            local,
            data,
            descriptor,
            descriptor_sums: sums,
            gap: Vec::new(),
            creator: 20,
            attributes: 0,
            comment: Vec::new(),
            offset_lie: 0,
            shares: false,
        }
    }

    /// Gives the sizes of the directory in 64 bits.
    pub(crate) fn widen_central(&mut self) {
        let sizes = [self.central.size, self.central.compressed];
        self.central.extra.extend([1, 0, 16, 0]);
        for size in sizes {
            self.central.extra.extend(u64::from(size).to_le_bytes());
        }
        (self.central.size, self.central.compressed) = (u32::MAX, u32::MAX);
    }

    /// Gives the sizes of the local header in 64 bits.
    pub(crate) fn widen_local(&mut self) {
        let sizes = [self.local.size, self.local.compressed];
        self.local.extra.extend([1, 0, 16, 0]);
        for size in sizes {
            self.local.extra.extend(u64::from(size).to_le_bytes());
        }
        (self.local.size, self.local.compressed) = (u32::MAX, u32::MAX);
    }

    fn write_local(&self, out: &mut Vec<u8>) {
        out.extend(&self.gap);
        out.extend(b"PK\x03\x04\x14\0");
        self.local.write_fields(out);
        out.extend(&self.local.name);
        out.extend(&self.local.extra);
        out.extend(&self.data);
        let (checksum, compressed, size) = self.descriptor_sums;
        let signed = matches!(self.descriptor, Descriptor::Signed | Descriptor::Signed64);
        if self.descriptor == Descriptor::None {
            return;
        }
        if signed {
            out.extend(b"PK\x07\x08");
        }
        out.extend(checksum.to_le_bytes());
        for number in [compressed, size] {
            let bytes = number.to_le_bytes();
            match self.descriptor {
                Descriptor::Plain64 | Descriptor::Signed64 => out.extend(bytes),
                _ => out.extend(&bytes[..4]),
            }
        }
    }

    fn write_central(&self, out: &mut Vec<u8>, offset: usize) {
        out.extend(b"PK\x01\x02");
        out.extend(self.creator.to_le_bytes());
        out.extend([20, 0]);
        self.central.write_fields(out);
        out.extend(u16::try_from(self.comment.len()).unwrap_or(0).to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.attributes.to_le_bytes());
        out.extend(lie(offset, self.offset_lie).to_le_bytes());
        out.extend(&self.central.name);
        out.extend(&self.central.extra);
        out.extend(&self.comment);
    }
}

impl Header {
    fn write_fields(&self, out: &mut Vec<u8>) {
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.checksum.to_le_bytes());
        out.extend(self.compressed.to_le_bytes());
        out.extend(self.size.to_le_bytes());
        for part in [&self.name, &self.extra] {
            out.extend(u16::try_from(part.len()).unwrap_or(0).to_le_bytes());
        }
    }
}

fn lie(truth: usize, difference: i64) -> u32 {
    let truth = i64::try_from(truth).expect("test data is small");
    u32::try_from((truth + difference).rem_euclid(1 << 32)).expect("below 2^32")
}

impl RawZip {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = self.leading.clone();
        let mut offsets = Vec::new();
        for entry in &self.entries {
            if entry.shares
                && let Some(&last) = offsets.last()
            {
                offsets.push(last);
                continue;
            }
            offsets.push(out.len() + entry.gap.len());
            entry.write_local(&mut out);
        }
        out.extend(&self.before_directory);
        let directory = out.len();
        let mut listed: Vec<_> = self.entries.iter().zip(offsets).collect();
        if self.reversed {
            listed.reverse();
        }
        for (entry, offset) in listed {
            entry.write_central(&mut out, offset);
        }
        let size = out.len() - directory;
        out.extend(&self.behind_directory);
        self.write_end(&mut out, directory, size);
        out
    }

    fn write_end(&self, out: &mut Vec<u8>, directory: usize, size: usize) {
        let begin = out.len();
        let count = lie(self.entries.len(), self.count_lie);
        let size = lie(size, self.size_lie);
        let offset = lie(directory, self.offset_lie);
        if self.zip64 {
            out.extend(b"PK\x06\x06");
            out.extend(44_u64.to_le_bytes());
            out.extend([45, 0, 45, 0]);
            out.extend([0; 8]);
            for number in [count, count, size, offset] {
                out.extend(u64::from(number).to_le_bytes());
            }
            out.extend(b"PK\x06\x07\0\0\0\0");
            out.extend(u64::from(lie(begin, self.locator_lie)).to_le_bytes());
            out.extend([1, 0, 0, 0]);
        }
        let full = self.zip64 && !self.keep_32;
        let short = if full {
            u16::MAX
        } else {
            (count & 0xffff) as u16
        };
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(short.to_le_bytes());
        out.extend(short.to_le_bytes());
        out.extend(if full { u32::MAX } else { size }.to_le_bytes());
        out.extend(if full { u32::MAX } else { offset }.to_le_bytes());
        out.extend(u16::try_from(self.comment.len()).unwrap_or(0).to_le_bytes());
        out.extend(&self.comment);
        out.extend(&self.trailing);
    }
}
