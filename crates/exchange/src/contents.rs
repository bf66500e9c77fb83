//! Contents: a bundle that is open, with the places of its tiles.

use bundle::{
    BundleEntry, BundleReader, Digest, DigestHasher, MalformedBundle, VersionCursor, VersionPlaces,
};
use bytes::Bytes;
use checksumdb::place;
use std::{collections::BTreeMap, fs::File};
use tlog::tile::Tile;

/// Tiles that are indexed; each costs 40 bytes. The public log of 2026 has 300,000.
const TILES: usize = 4 << 20;

/// Versions looked at together: enough to keep every core busy and to share the upper tiles.
const BATCH: usize = 64;

/// A tile's place in its tree, its width, and its place in the bundle.
#[derive(Debug, Clone, Copy)]
struct IndexedItem {
    place: (u8, u64),
    width: u32,
    at: u64,
    data: u64,
}

/// A bundle that is open.
pub(crate) struct Contents {
    pub(crate) reader: BundleReader<File>,
    /// By database, in the order of their places.
    tiles: BTreeMap<String, Vec<IndexedItem>>,
    /// At the first version.
    first: VersionCursor,
}

/// Some versions that stand one behind the other.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) versions: Vec<VersionPlaces>,
    /// Hash of their lines' hashes.
    pub(crate) digest: Digest,
    /// Why it ends before it should.
    pub(crate) malformed: Option<MalformedBundle>,
}

// === impl Contents ===

impl Contents {
    /// Opens a bundle: reads the manifest for its checksum, and walks the tiles. Blocks.
    pub(crate) fn open(file: File) -> Result<Self, MalformedBundle> {
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let reader = BundleReader::open(file, length)?;
        let mut tiles: BTreeMap<String, Vec<IndexedItem>> = BTreeMap::new();
        let mut count = 0;
        let first = reader.tiles(|database, path, entry| {
            let tile: Tile = path.parse().map_err(|_| "it is no path of a tile")?;
            let place = place(tile).ok_or("it is no tile of hashes")?;
            let of_database = tiles.entry(database.name.clone()).or_default();
            count += 1;
            if of_database.last().is_some_and(|last| last.place >= place) {
                return Err("tiles are not in their order, each once".to_owned());
            }
            if entry.size != tile.size() as u64 {
                return Err(format!("it has {} bytes", entry.size));
            }
            if count > TILES {
                return Err(format!("more than {TILES} tiles"));
            }
            of_database.push(IndexedItem {
                place,
                width: tile.width(),
                at: entry.at,
                data: entry.data,
            });
            Ok(())
        })?;
        Ok(Self {
            reader,
            tiles,
            first,
        })
    }

    /// At the first version.
    pub(crate) fn first(&self) -> VersionCursor {
        self.first.clone()
    }

    /// A tile, at least this wide; cut to what was asked for. Blocks.
    pub(crate) fn tile(
        &self,
        database: &str,
        tile: Tile,
    ) -> Result<Option<Bytes>, MalformedBundle> {
        let Some(indexed) = self
            .find(database, tile)
            .filter(|found| found.width >= tile.width())
        else {
            return Ok(None);
        };
        let entry = BundleEntry {
            path: format!("sumdb/{database}/{tile}"),
            at: indexed.at,
            data: indexed.data,
            size: tile.size() as u64,
        };
        let bytes = self.reader.content(&entry, entry.size)?;
        Ok(Some(bytes.into()))
    }

    /// Where a tile stands.
    pub(crate) fn tile_at(&self, database: &str, tile: Tile) -> Option<u64> {
        self.find(database, tile).map(|indexed| indexed.at)
    }

    fn find(&self, database: &str, tile: Tile) -> Option<IndexedItem> {
        let tiles = self.tiles.get(database)?;
        let wanted = place(tile)?;
        let at = tiles
            .binary_search_by(|indexed| indexed.place.cmp(&wanted))
            .ok()?;
        tiles.get(at).copied()
    }

    /// The next versions; none at the end. Blocks.
    pub(crate) fn batch(&self, cursor: &mut VersionCursor) -> Batch {
        let (mut versions, mut hasher, mut malformed) = (Vec::new(), DigestHasher::default(), None);
        while versions.len() < BATCH {
            match self.reader.next(cursor) {
                Ok(Some(located)) => {
                    hasher.update(located.digest.as_bytes());
                    versions.push(located);
                }
                Ok(None) => break,
                Err(error) => {
                    malformed = Some(error);
                    break;
                }
            }
        }
        Batch {
            versions,
            digest: hasher.finish(),
            malformed,
        }
    }
}
