//! Resource: the files a log consists of, and their paths (C2SP tlog-tiles).
//!
//! ```text
//! checkpoint                 the signed head, the only one that changes
//! tile/L/N[.p/W]             hashes, 256 a tile; N in groups of three digits: x001/x234/067
//! tile/entries/N[.p/W]       the entries whose hashes the tile tile/0/N holds
//! ```
//!
//! The paths are those of a checksum database without the height, which is always 8 here.

use crate::{
    entries::EntryBundle,
    tile::{HEIGHT, Tile, grouped},
};
use std::{fmt, str::FromStr};

/// One file of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogResource {
    /// The newest signed head.
    Checkpoint,
    /// Hashes. Its height is 8, and it has a level.
    Tile(Tile),
    /// Entries.
    Entries(EntryBundle),
}

/// A text is no path of a log's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed path of a log's file: {0:?}")]
pub struct MalformedResource(String);

const CHECKPOINT: &str = "checkpoint";

// === impl LogResource ===

impl LogResource {
    /// Whether it never changes: everything but the checkpoint.
    pub const fn is_immutable(self) -> bool {
        !matches!(self, Self::Checkpoint)
    }
}

impl fmt::Display for LogResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (level, index, width) = match self {
            Self::Checkpoint => return f.write_str(CHECKPOINT),
            Self::Tile(tile) => (tile.level(), tile.index(), tile.width()),
            Self::Entries(bundle) => (None, bundle.index(), bundle.width()),
        };
        match level {
            Some(level) => write!(f, "tile/{level}/{}", grouped(index))?,
            None => write!(f, "tile/entries/{}", grouped(index))?,
        }
        if width < 1 << HEIGHT {
            write!(f, ".p/{width}")?;
        }
        Ok(())
    }
}

impl FromStr for LogResource {
    type Err = MalformedResource;

    /// Reads a path in its one spelling.
    fn from_str(path: &str) -> Result<Self, MalformedResource> {
        let malformed = || MalformedResource(path.chars().take(100).collect());
        if path == CHECKPOINT {
            return Ok(Self::Checkpoint);
        }
        let rest = path.strip_prefix("tile/").ok_or_else(malformed)?;
        let (level, number) = rest.split_once('/').ok_or_else(malformed)?;
        // What a checksum database calls `data` is `entries` here, and only that.
        let of_database = match level {
            "entries" => format!("tile/{HEIGHT}/data/{number}"),
            "data" => return Err(malformed()),
            level => format!("tile/{HEIGHT}/{level}/{number}"),
        };
        let tile: Tile = of_database.parse().map_err(|_| malformed())?;
        match tile.level() {
            Some(_) => Ok(Self::Tile(tile)),
            None => EntryBundle::try_new(tile.index(), tile.width())
                .map(Self::Entries)
                .ok_or_else(malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LogResource;

    #[test]
    fn paths_have_one_spelling() {
        for path in [
            "checkpoint",
            "tile/0/000",
            "tile/0/x001/x234/067",
            "tile/1/000.p/17",
            "tile/63/000.p/1",
            "tile/entries/000",
            "tile/entries/x273/278.p/104",
        ] {
            let resource: LogResource = path.parse().unwrap();
            assert_eq!(resource.to_string(), path);
        }
        for path in [
            "",
            "checkpoint/",
            "checkpoint.txt",
            "tile",
            "tile/0",
            "tile/0/0",
            "tile/00/000",
            "tile/64/000",
            "tile/8/0/000",
            "tile/data/000",
            "tile/entries",
            "tile/entries/",
            "tile/entries/x000/001",
            "tile/entries/000.p/256",
            "tile/entries/000.p/0",
            "tile/entries/000.p/01",
            "tile/entries/000.p/1/",
            "tile/entries/x009/x223/x372/x036/x854/x775/807",
            "tile/0/x000/000",
            "tile/+1/000",
            "tile/entries/entries/000",
        ] {
            assert!(path.parse::<LogResource>().is_err(), "{path}");
        }
    }

    /// The example of the specification: a tree of 70,000 entries.
    #[test]
    fn a_tree_has_the_tiles_that_the_specification_names() {
        let tiles: Vec<String> = crate::tile::new_tiles(8, 0, 70_000)
            .map(|tile| LogResource::Tile(tile).to_string())
            .collect();
        assert_eq!(tiles.len(), 273 + 1 + 1 + 1 + 1);
        assert_eq!(tiles[272..274], ["tile/0/272", "tile/0/273.p/112"]);
        assert_eq!(
            tiles[274..],
            ["tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
        );
    }
}
