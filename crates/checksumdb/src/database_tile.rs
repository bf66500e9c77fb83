//! Tile: the coordinates of hash tiles, and which of them a record's proof needs. Pure.
//!
//! A log of `size` records has `size >> 8·level` hashes at each level of tiles; a tile holds 256 of
//! them, the last one fewer (<https://research.swtch.com/tlog#tiling_a_log>). The proof of a record
//! in a tree reads, on every level, the tile above the record and the tile at the right edge.

use std::fmt::Write as _;

/// Bytes of one hash.
pub const HASH: usize = 32;
/// Hashes of a full tile: tiles are 8 levels high.
pub const FULL: u64 = 256;
/// Levels of tiles that a 64-bit size can have.
const LEVELS: u32 = 8;

/// A hash tile, without its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    level: u32,
    index: u64,
}

// === impl Tile ===

impl Tile {
    /// How many hashes it holds in a log of `size` records, 256 at most.
    pub fn width(self, size: u64) -> u64 {
        let hashes = size >> (8 * self.level);
        hashes.saturating_sub(self.index * FULL).min(FULL)
    }

    /// Its path below the database's name, as long as it is full: `tile/8/0/x001/234`.
    pub fn path(self) -> String {
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        let mut path = format!("tile/8/{}", self.level);
        for (position, group) in groups.iter().enumerate().rev() {
            let continued = if position > 0 { "x" } else { "" };
            let _ = write!(path, "/{continued}{group:03}");
        }
        path
    }

    /// The tiles at the right edge of a log of `size` records.
    pub fn edge(size: u64) -> impl Iterator<Item = Self> {
        let hashes = move |level: u32| size >> (8 * level);
        (0..LEVELS)
            .take_while(move |level| hashes(*level) > 0)
            .map(move |level| Self {
                level,
                index: (hashes(level) - 1) / FULL,
            })
    }

    /// The tiles above a record, up to the top of a log of `size` records.
    pub fn above(record: u64, size: u64) -> impl Iterator<Item = Self> {
        Self::edge(size).map(move |edge| {
            let index = record.checked_shr(8 * (edge.level + 1)).unwrap_or(0);
            Self {
                level: edge.level,
                index: index.min(edge.index),
            }
        })
    }
}

/// The full tile a partial hash tile is the beginning of, and how many hashes it holds.
pub fn partial(path: &str) -> Option<(&str, usize)> {
    let (full, width) = path.strip_prefix("tile/").and(path.rsplit_once(".p/"))?;
    let width = width
        .parse()
        .ok()
        .filter(|width| (1..FULL).contains(width))?;
    usize::try_from(width).ok().map(|width| (full, width))
}

/// Whether a tile path names records instead of hashes.
pub fn is_data(path: &str) -> bool {
    path.split('/').nth(2) == Some("data")
}

#[cfg(test)]
mod tests {
    use super::{Tile, is_data, partial};

    fn paths(tiles: impl Iterator<Item = Tile>) -> Vec<String> {
        tiles.map(Tile::path).collect()
    }

    #[test]
    fn a_path_has_groups_of_three_digits() {
        // What `go` asked of the public database when its log had 69,959,272 records.
        assert_eq!(
            paths(Tile::edge(69_959_272)),
            [
                "tile/8/0/x273/278",
                "tile/8/1/x001/067",
                "tile/8/2/004",
                "tile/8/3/000"
            ]
        );
        assert_eq!(
            Tile {
                level: 0,
                index: 1_234_067
            }
            .path(),
            "tile/8/0/x001/x234/067"
        );
    }

    #[test]
    fn widths_follow_the_size_of_the_log() {
        // As `go` asked: tile/8/0/x273/278.p/104, tile/8/1/x001/067.p/126, tile/8/2/004.p/43.
        let widths: Vec<u64> = Tile::edge(69_959_272)
            .map(|tile| tile.width(69_959_272))
            .collect();
        assert_eq!(widths, [104, 126, 43, 4]);
        assert_eq!(Tile { level: 0, index: 0 }.width(1_000), 256);
        assert_eq!(Tile { level: 1, index: 0 }.width(1_000), 3);
        assert_eq!(Tile { level: 0, index: 9 }.width(1_000), 0);
    }

    #[test]
    fn the_tiles_above_a_record_narrow_to_the_top() {
        assert_eq!(
            paths(Tile::above(45_721_865, 69_959_272)),
            [
                "tile/8/0/x178/601",
                "tile/8/1/697",
                "tile/8/2/002",
                "tile/8/3/000"
            ]
        );
        assert_eq!(paths(Tile::above(0, 1)), ["tile/8/0/000"]);
        assert_eq!(Tile::above(0, 0).count(), 0);
        assert_eq!(Tile::above(u64::MAX, u64::MAX).count(), 8);
    }

    #[test]
    fn a_partial_tile_names_its_full_tile_and_width() {
        assert_eq!(
            partial("tile/8/0/x001/234.p/7"),
            Some(("tile/8/0/x001/234", 7))
        );
        assert_eq!(partial("tile/8/0/001.p/256"), None);
        assert_eq!(partial("lookup/example.com/m.p/7@v1.0.0"), None);
        assert!(is_data("tile/8/data/001") && !is_data("tile/8/0/001"));
    }
}
