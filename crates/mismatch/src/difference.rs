//! A right copy and a wrong one, held against each other.
//!
//! Byte by byte, in one pass over both; and entry by entry, by what [`examine`](crate::examine()) has
//! noted of each. Nothing is judged.

use crate::copy::{CopyDescription, EntryFacts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Bytes read at a time of each copy.
const CHUNK: usize = 64 << 10;

/// Most names that are kept of a list.
const KEPT_NAMES: usize = 8;

/// Most bytes of a name that are kept.
const KEPT_NAME: usize = 200;

/// How the wrong copy differs from the right one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CopyDifference {
    /// The first byte that differs, or where the shorter copy ends; `None` if they are the same.
    pub first: Option<u64>,
    /// The last byte that differs, within the length that both have.
    pub last: Option<u64>,
    /// Bytes that differ, within the length that both have.
    pub bytes: u64,
    /// Bits that differ there.
    pub bits: u64,
    /// Bytes of the right copy.
    pub good_size: u64,
    /// Bytes of the wrong copy.
    pub bad_size: u64,
    /// Where the first difference is.
    pub place: Option<EntryPlace>,
    /// Entries that only the wrong copy has.
    pub added: NameSample,
    /// Entries that only the right copy has.
    pub removed: NameSample,
    /// Entries with another content.
    pub changed: NameSample,
    /// How many of those are the same as plain text.
    pub rewritten: u64,
}

/// A place in a zip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryPlace {
    /// The entry, its name escaped to ASCII.
    pub entry: String,
    /// Bytes from the beginning of the entry in the zip.
    pub offset: u64,
}

/// A list of names that may be long: how many, and the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NameSample {
    /// How many.
    pub count: u64,
    /// The first ones, escaped to ASCII.
    pub first: Vec<String>,
}

/// Compares a right copy with a wrong one. Both are read from where they are to their end.
///
/// # Errors
///
/// When one of them cannot be read.
pub fn compare<G: Read, B: Read>(
    good: (&CopyDescription, G),
    bad: (&CopyDescription, B),
) -> io::Result<CopyDifference> {
    let (good, good_bytes) = good;
    let (bad, bad_bytes) = bad;
    let mut difference = CopyDifference::default();
    difference.compare_bytes(good_bytes, bad_bytes)?;
    difference.compare_entries(good, bad);
    difference.place = difference
        .first
        .and_then(|first| place(good, first).or_else(|| place(bad, first)));
    Ok(difference)
}

fn place(specimen: &CopyDescription, offset: u64) -> Option<EntryPlace> {
    let mut entries = specimen.entries.iter();
    let entry = entries.find(|entry| entry.begin <= offset && offset < entry.end)?;
    Some(EntryPlace {
        entry: printable_name(&entry.name),
        offset: offset - entry.begin,
    })
}

/// A name in ASCII, cut if it is long.
fn printable_name(name: &[u8]) -> String {
    let kept = name.get(..KEPT_NAME).unwrap_or(name);
    let cut = if kept.len() < name.len() { "..." } else { "" };
    format!("{}{cut}", kept.escape_ascii())
}

// === impl CopyDifference ===

impl CopyDifference {
    /// Whether the wrong copy is the beginning of the right one.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.bytes == 0 && self.bad_size < self.good_size
    }

    /// Whether both have the same size.
    #[must_use]
    pub const fn is_same_size(&self) -> bool {
        self.bad_size == self.good_size
    }

    /// Bytes from the first to the last that differs.
    #[must_use]
    pub fn span(&self) -> u64 {
        let span = self.first.zip(self.last);
        span.map_or(0, |(first, last)| last.saturating_sub(first) + 1)
    }

    /// Whether all that differs between the entries is how their text is written.
    #[must_use]
    pub const fn is_rewriting(&self) -> bool {
        self.changed.count > 0
            && self.rewritten == self.changed.count
            && self.added.count == 0
            && self.removed.count == 0
    }

    fn compare_bytes(&mut self, mut good: impl Read, mut bad: impl Read) -> io::Result<()> {
        let (mut left, mut right) = (vec![0; CHUNK], vec![0; CHUNK]);
        loop {
            let left = read_full(&mut good, &mut left)?;
            let right = read_full(&mut bad, &mut right)?;
            if left.is_empty() && right.is_empty() {
                break;
            }
            if left != right {
                self.count(left, right);
            }
            self.good_size += left.len() as u64;
            self.bad_size += right.len() as u64;
        }
        if self.first.is_none() && !self.is_same_size() {
            self.first = Some(self.good_size.min(self.bad_size));
        }
        Ok(())
    }

    fn count(&mut self, left: &[u8], right: &[u8]) {
        // Sizes so far are equal as long as neither has ended, and behind that nothing is compared.
        let pairs = (self.good_size..).zip(left.iter().zip(right));
        for (offset, (left, right)) in pairs {
            if left != right {
                self.first = self.first.or(Some(offset));
                self.last = Some(offset);
                self.bytes += 1;
                self.bits += u64::from((left ^ right).count_ones());
            }
        }
    }

    fn compare_entries(&mut self, good: &CopyDescription, bad: &CopyDescription) {
        if good.entries.is_empty() || bad.entries.is_empty() {
            return;
        }
        let by_name = |entries: &[EntryFacts]| -> BTreeMap<Vec<u8>, EntryContents> {
            let pairs = entries.iter().map(|entry| {
                let contents = EntryContents {
                    digest: entry.digest,
                    plain: entry.plain,
                };
                (entry.name.clone(), contents)
            });
            pairs.collect()
        };
        let mut left = by_name(&good.entries);
        for (name, bad) in by_name(&bad.entries) {
            match left.remove(&name) {
                None => self.added.add(&name),
                Some(good) if good.digest.is_some() && good.digest == bad.digest => {}
                Some(good) => {
                    self.changed.add(&name);
                    let same = good.plain.is_some() && good.plain == bad.plain;
                    self.rewritten += u64::from(same);
                }
            }
        }
        for name in left.keys() {
            self.removed.add(name);
        }
    }
}

/// What an entry holds.
struct EntryContents {
    digest: Option<[u8; 32]>,
    plain: Option<[u8; 32]>,
}

// === impl NameSample ===

impl NameSample {
    fn add(&mut self, name: &[u8]) {
        self.count += 1;
        if self.first.len() < KEPT_NAMES {
            self.first.push(printable_name(name));
        }
    }
}

/// Fills the buffer, or as much of it as there is left to read.
fn read_full<'b>(from: &mut impl Read, buffer: &'b mut [u8]) -> io::Result<&'b [u8]> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match from.read(room) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(buffer.get(..filled).unwrap_or_default())
}
