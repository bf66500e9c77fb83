//! Entries: the leaves themselves, as a log serves them in bundles (C2SP tlog-tiles).
//!
//! A bundle stands beside the level-0 tile of the same index and width: for each hash of the tile
//! the entry that has it, with its length before it in two bytes, the high one first. So an entry
//! has at most 65,535 bytes, a bundle at most 256 entries, and a reader who has checked the tile
//! needs nothing else to check the bundle.

use crate::{
    hash::{HASH_SIZE, Hash},
    tile::{HEIGHT, Tile},
};

/// The most bytes an entry can have: what two bytes can say.
pub const MAX_ENTRY: usize = u16::MAX as usize;

/// Entries of a full bundle, as hashes of a full tile.
pub const WIDTH: u32 = 1 << HEIGHT;

/// Bytes of the length before each entry.
const PREFIX: usize = 2;

/// One bundle of a log, full or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryBundle {
    index: u64,
    width: u32,
}

/// An entry is longer than [`MAX_ENTRY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {0} bytes, more than {MAX_ENTRY}")]
pub struct EntryTooLong(pub usize);

/// Why bytes are not the bundle that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It ends within an entry, or before the last one.
    #[error("the bundle ends within entry {0}")]
    Cut(u64),
    /// Something stands behind the last entry.
    #[error("the bundle has {0} bytes behind its last entry")]
    Surplus(usize),
    /// An entry is not the one whose hash the tile holds.
    #[error("entry {0} does not have the hash that the tile holds for it")]
    WrongEntry(u64),
}

// === impl EntryBundle ===

impl EntryBundle {
    /// The bundle at a place; `None` unless it has 1 to 256 entries of a tree that can be.
    pub fn try_new(index: u64, width: u32) -> Option<Self> {
        let end = index
            .checked_mul(u64::from(WIDTH))?
            .checked_add(u64::from(width))?;
        ((1..=WIDTH).contains(&width) && i64::try_from(end).is_ok())
            .then_some(Self { index, width })
    }

    /// The bundles that hold the entries from number `first` on in a log of `size`, each as wide as
    /// that log has filled it.
    pub fn covering(first: u64, size: u64) -> impl Iterator<Item = Self> {
        let width = u64::from(WIDTH);
        let indexes = if first < size {
            first / width..size.div_ceil(width)
        } else {
            0..0
        };
        indexes.filter_map(move |index| {
            let filled = size.checked_sub(index.checked_mul(width)?)?.min(width);
            Self::try_new(index, u32::try_from(filled).ok()?)
        })
    }

    /// How many bundles stand left of it.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many entries it holds.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// The number of its first entry in the log.
    pub const fn first(self) -> u64 {
        self.index * WIDTH as u64
    }

    /// The tile that holds the hashes of its entries.
    pub fn tile(self) -> Option<Tile> {
        Tile::try_new(HEIGHT, 0, self.index, self.width)
    }

    /// Reads its entries; exactly as many as it holds, and nothing behind them.
    pub fn read(self, mut bytes: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
        let mut entries = Vec::with_capacity(self.width as usize);
        for number in self.first()..self.first() + u64::from(self.width) {
            let (entry, rest) = split(bytes).ok_or(BundleError::Cut(number))?;
            entries.push(entry);
            bytes = rest;
        }
        match bytes.len() {
            0 => Ok(entries),
            surplus => Err(BundleError::Surplus(surplus)),
        }
    }

    /// Reads its entries and compares each with the hash that the bytes of [`EntryBundle::tile`] hold
    /// for it. Whoever believes the tile may believe what this gives.
    pub fn check<'b>(self, bytes: &'b [u8], tile: &[u8]) -> Result<Vec<&'b [u8]>, BundleError> {
        let entries = self.read(bytes)?;
        let mut hashes = tile.as_chunks::<HASH_SIZE>().0.iter();
        for (number, entry) in (self.first()..).zip(&entries) {
            let hash = Hash::of_leaf(entry);
            if hashes.next() != Some(hash.as_bytes()) {
                return Err(BundleError::WrongEntry(number));
            }
        }
        Ok(entries)
    }
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<PREFIX>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// Writes an entry behind those that a bundle has already.
pub fn append(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong(entry.len()))?;
    bundle.reserve(PREFIX + entry.len());
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BundleError, EntryBundle, EntryTooLong, MAX_ENTRY, append};
    use crate::hash::Hash;
    use proptest::prelude::*;

    fn written(entries: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in entries {
            append(&mut bytes, entry).unwrap();
        }
        bytes
    }

    #[test]
    fn an_entry_has_its_length_before_it_the_high_byte_first() {
        let long = vec![b'x'; 0x0102];
        let bytes = written(&[b"ab", b"", &long]);
        assert_eq!(bytes[..8], [0, 2, b'a', b'b', 0, 0, 1, 2]);
        let bundle = EntryBundle::try_new(0, 3).unwrap();
        assert_eq!(bundle.read(&bytes), Ok(vec![&b"ab"[..], b"", &long]));
    }

    #[test]
    fn the_longest_entry_fits_and_the_next_does_not() {
        let mut bytes = Vec::new();
        assert_eq!(append(&mut bytes, &vec![0; MAX_ENTRY]), Ok(()));
        assert_eq!(
            EntryBundle::try_new(7, 1).unwrap().read(&bytes).unwrap()[0].len(),
            MAX_ENTRY
        );
        let more = MAX_ENTRY + 1;
        assert_eq!(append(&mut bytes, &vec![0; more]), Err(EntryTooLong(more)));
        assert_eq!(bytes.len(), 2 + MAX_ENTRY, "a refused entry leaves nothing");
    }

    #[test]
    fn too_few_bytes_and_too_many_are_refused() {
        let bytes = written(&[b"one", b"two"]);
        let bundle = EntryBundle::try_new(2, 2).unwrap();
        for end in 0..bytes.len() {
            let cut = BundleError::Cut(512 + u64::from(end >= 5));
            assert_eq!(bundle.read(&bytes[..end]), Err(cut), "{end} bytes");
        }
        let more = [&bytes[..], b"x"].concat();
        assert_eq!(bundle.read(&more), Err(BundleError::Surplus(1)));
    }

    #[test]
    fn another_entry_than_the_hashed_one_is_named() {
        let tile: Vec<u8> = [&b"one"[..], b"two"]
            .iter()
            .flat_map(|entry| *Hash::of_leaf(entry).as_bytes())
            .collect();
        let bundle = EntryBundle::try_new(1, 2).unwrap();
        assert_eq!(bundle.tile().unwrap().size(), tile.len());
        assert!(bundle.check(&written(&[b"one", b"two"]), &tile).is_ok());
        let wrong = written(&[b"one", b"too"]);
        assert_eq!(
            bundle.check(&wrong, &tile),
            Err(BundleError::WrongEntry(257))
        );
        let short = &tile[..32];
        assert_eq!(
            bundle.check(&written(&[b"one", b"two"]), short),
            Err(BundleError::WrongEntry(257))
        );
    }

    #[test]
    fn the_bundles_of_a_log_end_where_it_does() {
        let of = |first, size| {
            EntryBundle::covering(first, size)
                .map(|bundle| (bundle.index(), bundle.width()))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(0, 0), []);
        assert_eq!(of(5, 5), []);
        assert_eq!(of(9, 5), []);
        assert_eq!(of(0, 256), [(0, 256)]);
        assert_eq!(of(255, 257), [(0, 256), (1, 1)]);
        assert_eq!(of(600, 700), [(2, 188)]);
        assert_eq!(EntryBundle::try_new(u64::MAX, 1), None);
        assert_eq!(EntryBundle::try_new(0, 257), None);
        assert_eq!(EntryBundle::try_new(0, 0), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(0_u8..4, 0..60), width in 1_u32..9) {
            let bundle = EntryBundle::try_new(0, width).unwrap();
            if let Ok(entries) = bundle.read(&bytes) {
                prop_assert_eq!(written(&entries), bytes);
            }
        }
    }
}
