//! Tiles: the hashes of a tree, cut into files that never change once they are full.
//!
//! A tile of height *h* holds up to `2^h` hashes of one level, and stands for the *h* levels below
//! its parent tile: everything between is computed. Its path is
//! `tile/H/L/N`, with N in groups of three digits, all but the last marked `x`, and `.p/W` behind it
//! while it holds only W hashes. `tile/H/data/N` holds the records themselves.
//! (golang.org/x/mod/sumdb/tlog; "Transparent Logs for Skeptical Clients"; C2SP tlog-tiles, which
//! leaves the height out of the path and calls the data `entries`.)

use crate::{
    hash::{HASH_SIZE, Hash},
    tree::CompleteSubtree,
};
use std::{fmt, str::FromStr};

/// The height of the tiles that every checksum database serves and the `go` command asks for.
pub const HEIGHT: u8 = 8;

/// The largest height there is, as in Go: a full tile would have 32 GiB.
pub const MAX_HEIGHT: u8 = 30;

/// The highest level: a tree has at most 63 levels of hashes.
const MAX_LEVEL: u8 = 63;

/// One tile, full or not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    height: u8,
    level: Option<u8>,
    index: u64,
    width: u32,
}

/// A text is no path of a tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed tile path {0:?}")]
pub struct MalformedTilePath(String);

// === impl Tile ===

impl Tile {
    /// A hash tile; `None` outside the bounds of height, level and width.
    pub fn try_new(height: u8, level: u8, index: u64, width: u32) -> Option<Self> {
        let sound = (1..=MAX_HEIGHT).contains(&height)
            && level <= MAX_LEVEL
            && (1..=1 << height).contains(&width);
        sound.then_some(Self {
            height,
            level: Some(level),
            index,
            width,
        })
    }

    /// The tile that holds a node's hash, or the hashes under it, as wide as a tree of `size`
    /// leaves has filled it; `None` if that tree does not hold the node.
    pub fn of_node(height: u8, node: CompleteSubtree, size: u64) -> Option<Self> {
        node.end().filter(|end| *end <= size)?;
        if !(1..=MAX_HEIGHT).contains(&height) {
            return None;
        }
        let (level, within) = (node.level / height, node.level % height);
        Self::in_tree(height, level, node.index >> (height - within), size)
    }

    /// The tile at a place, as wide as a tree of `size` leaves has filled it; `None` if it is empty.
    pub fn in_tree(height: u8, level: u8, index: u64, size: u64) -> Option<Self> {
        if height > MAX_HEIGHT {
            return None;
        }
        let hashes = size.checked_shr(u32::from(level) * u32::from(height))?;
        let before = index.checked_mul(1 << height)?;
        let width = hashes.checked_sub(before)?.min(1 << height);
        Self::try_new(height, level, index, u32::try_from(width).ok()?)
    }

    /// The tile that holds the hash of this (full) tile, in a tree of `size` leaves.
    pub fn parent(self, size: u64) -> Option<Self> {
        Self::in_tree(
            self.height,
            self.level? + 1,
            self.index >> self.height,
            size,
        )
    }

    /// The same tile with all its hashes.
    #[must_use]
    pub const fn full(self) -> Self {
        Self {
            width: 1 << self.height,
            ..self
        }
    }

    /// The same tile with another number of hashes; `None` if it cannot have as many.
    pub fn with_width(self, width: u32) -> Option<Self> {
        (1..=1 << self.height)
            .contains(&width)
            .then_some(Self { width, ..self })
    }

    /// Levels of the tree that it stands for.
    pub const fn height(self) -> u8 {
        self.height
    }

    /// Its level among the tiles, 0 above the leaves; `None` for a data tile.
    pub const fn level(self) -> Option<u8> {
        self.level
    }

    /// How many tiles stand left of it on its level.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many hashes, or records, it holds.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Whether it holds all it can.
    pub const fn is_full(self) -> bool {
        self.width == 1 << self.height
    }

    /// Bytes of a hash tile.
    pub const fn size(self) -> usize {
        self.width as usize * HASH_SIZE
    }

    /// The node whose hash all of a full tile's hashes make up.
    pub fn node(self) -> Option<CompleteSubtree> {
        let level = u32::from(self.level? + 1) * u32::from(self.height);
        Some(CompleteSubtree {
            level: u8::try_from(level).ok()?,
            index: self.index,
        })
    }

    /// The hash of a node, computed from this tile's bytes; `None` if the tile does not hold it, or
    /// the bytes are fewer than the tile has.
    pub fn hash(self, bytes: &[u8], node: CompleteSubtree) -> Option<Hash> {
        let below = node
            .level
            .checked_sub(self.level?.checked_mul(self.height)?)?;
        if below > self.height || bytes.len() < self.size() {
            return None;
        }
        let first = node
            .index
            .checked_shl(u32::from(below))
            .filter(|at| at >> below == node.index)?;
        let first = first.checked_sub(self.index.checked_mul(1 << self.height)?)?;
        let last = first
            .checked_add(1 << below)
            .filter(|last| *last <= u64::from(self.width))?;
        let range =
            usize::try_from(first).ok()? * HASH_SIZE..usize::try_from(last).ok()? * HASH_SIZE;
        fold(bytes.get(range)?)
    }
}

/// The hash of a complete subtree, from the bytes of its lowest hashes.
fn fold(bytes: &[u8]) -> Option<Hash> {
    let (chunks, rest) = bytes.as_chunks::<HASH_SIZE>();
    if !rest.is_empty() || !chunks.len().is_power_of_two() {
        return None;
    }
    let mut hashes: Vec<Hash> = chunks.iter().copied().map(Hash::from).collect();
    while hashes.len() > 1 {
        let (pairs, _) = hashes.as_chunks::<2>();
        hashes = pairs
            .iter()
            .map(|[left, right]| Hash::of_node(*left, *right))
            .collect();
    }
    hashes.pop()
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.height)?;
        match self.level {
            Some(level) => write!(f, "{level}/")?,
            None => f.write_str("data/")?,
        }
        f.write_str(&grouped(self.index))?;
        if self.is_full() {
            Ok(())
        } else {
            write!(f, ".p/{}", self.width)
        }
    }
}

impl fmt::Debug for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A number in groups of three digits: `x001/x234/067`.
pub(crate) fn grouped(number: u64) -> String {
    let mut text = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    text
}

impl FromStr for Tile {
    type Err = MalformedTilePath;

    /// Reads a path in its one spelling.
    fn from_str(path: &str) -> Result<Self, MalformedTilePath> {
        let malformed = || MalformedTilePath(path.chars().take(100).collect());
        let tile = read(path).ok_or_else(malformed)?;
        // Leading zeros, missing marks and the like have other values with the same meaning.
        if tile.to_string() == path {
            Ok(tile)
        } else {
            Err(malformed())
        }
    }
}

fn read(path: &str) -> Option<Tile> {
    let mut parts = path.strip_prefix("tile/")?.splitn(3, '/');
    let height: u8 = parts.next()?.parse().ok()?;
    let level = match parts.next()? {
        "data" => None,
        level => Some(level.parse().ok()?),
    };
    let rest = parts.next()?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, Some(width.parse().ok()?)),
        None => (rest, None),
    };
    let index = number.split('/').try_fold(0_u64, |index, group| {
        let group: u64 = group.trim_start_matches('x').parse().ok()?;
        index.checked_mul(1000)?.checked_add(group)
    })?;
    // Checks the bounds that both kinds share.
    let full = Tile::try_new(height, level.unwrap_or(0), index, 1)?.full();
    let tile = width.map_or(Some(full), |width| full.with_width(width))?;
    Some(Tile { level, ..tile }).filter(|tile| i64::try_from(tile.index).is_ok())
}

/// The hash tiles that are new or wider in a tree of `newer` leaves than in one of `older`; none
/// for a height that tiles cannot have.
pub fn new_tiles(height: u8, older: u64, newer: u64) -> impl Iterator<Item = Tile> {
    let shift = move |size: u64, level: u8| {
        size.checked_shr(u32::from(level) * u32::from(height))
            .unwrap_or(0)
    };
    let levels = (1..=MAX_HEIGHT).contains(&height).then_some(0..=MAX_LEVEL);
    levels
        .into_iter()
        .flatten()
        .take_while(move |level| shift(newer, *level) > 0)
        .filter(move |level| shift(older, *level) != shift(newer, *level))
        .flat_map(move |level| {
            let first = shift(older, level) >> height;
            let last = (shift(newer, level) - 1) >> height;
            (first..=last).filter_map(move |index| Tile::in_tree(height, level, index, newer))
        })
}

#[cfg(test)]
mod tests {
    use super::{HEIGHT, Tile, new_tiles};
    use crate::{
        hash::Hash,
        tree::{CompleteSubtree, MAX_SIZE},
    };

    #[test]
    fn paths_have_one_spelling() {
        for path in [
            "tile/8/0/000",
            "tile/8/0/x273/278.p/104",
            "tile/8/3/000.p/4",
            "tile/8/data/x001/x234/067",
            "tile/30/63/000.p/1",
            "tile/1/2/999",
        ] {
            let tile: Tile = path.parse().unwrap();
            assert_eq!(tile.to_string(), path);
        }
        for path in [
            "",
            "tile",
            "tile/8/0/",
            "tile/8/0/0",
            "tile/8/0/0000",
            "tile/8/0/x000/001",
            "tile/8/0/001/002",
            "tile/8/0/x001",
            "tile/8/0/xx01",
            "tile/08/0/001",
            "tile/8/64/001",
            "tile/31/0/001",
            "tile/0/0/001",
            "tile/8/0/001.p/256",
            "tile/8/0/001.p/0",
            "tile/8/0/001.p/07",
            "tile/8/0/001.p/7/",
            "tile/8/0/+01",
            "tile/8/-1/001",
            "tile/8/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert!(path.parse::<Tile>().is_err(), "{path}");
        }
    }

    #[test]
    fn widths_follow_the_size_of_the_tree() {
        // What `go` asked of the public database when its log had 69,959,272 records.
        let edge: Vec<String> = new_tiles(HEIGHT, 69_959_271, 69_959_272)
            .map(|tile| tile.to_string())
            .collect();
        assert_eq!(edge, ["tile/8/0/x273/278.p/104"]);
        let top = Tile::of_node(
            HEIGHT,
            CompleteSubtree {
                level: 26,
                index: 0,
            },
            69_959_272,
        );
        assert_eq!(top.unwrap().to_string(), "tile/8/3/000.p/4");
        assert_eq!(
            Tile::of_node(
                HEIGHT,
                CompleteSubtree {
                    level: 27,
                    index: 0
                },
                69_959_272
            ),
            None
        );
        assert_eq!(Tile::in_tree(HEIGHT, 8, 0, MAX_SIZE), None);
        assert_eq!(Tile::in_tree(HEIGHT, 0, u64::MAX, MAX_SIZE), None);
    }

    #[test]
    fn there_are_no_tiles_of_a_height_that_cannot_be() {
        for height in [0, 31, 63, 64, u8::MAX] {
            assert_eq!(Tile::try_new(height, 0, 0, 1), None);
            assert_eq!(Tile::in_tree(height, 0, 0, MAX_SIZE), None);
            assert_eq!(
                Tile::of_node(height, CompleteSubtree::leaf(0), MAX_SIZE),
                None
            );
            assert_eq!(new_tiles(height, 0, MAX_SIZE).count(), 0);
        }
    }

    #[test]
    fn a_node_is_hashed_from_the_tile_that_holds_it_and_from_no_other() {
        let leaves: Vec<Hash> = (0..4_u8).map(|leaf| Hash::of_leaf(&[leaf])).collect();
        let bytes: Vec<u8> = leaves.iter().flat_map(|leaf| *leaf.as_bytes()).collect();
        let tile = Tile::try_new(2, 0, 1, 4).unwrap();
        let pair = Hash::of_node(leaves[2], leaves[3]);
        assert_eq!(tile.hash(&bytes, CompleteSubtree::leaf(5)), Some(leaves[1]));
        assert_eq!(
            tile.hash(&bytes, CompleteSubtree { level: 1, index: 3 }),
            Some(pair)
        );
        assert!(tile.hash(&bytes, tile.node().unwrap()).is_some());
        for outside in [
            CompleteSubtree::leaf(3),
            CompleteSubtree::leaf(8),
            CompleteSubtree { level: 3, index: 0 },
            CompleteSubtree {
                level: 1,
                index: u64::MAX,
            },
        ] {
            assert_eq!(tile.hash(&bytes, outside), None, "{outside:?}");
        }
        let narrow = tile.with_width(3).unwrap();
        assert_eq!(
            narrow.hash(&bytes[..96], CompleteSubtree { level: 1, index: 3 }),
            None
        );
        assert_eq!(tile.hash(&bytes[..100], CompleteSubtree::leaf(4)), None);
    }
}
