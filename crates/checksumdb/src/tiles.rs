//! Tiles: proven hashes that are kept, wherever they lie.
//!
//! In memory, else in the catalog, which has what lookups needed, else in the file of a full mirror
//! ([`crate::mirror`]). The file is not trusted: its tiles are checked against the level above, which
//! the catalog has, and one that is wrong counts as missing.
//!
//! A tile that is in memory need not be in the catalog yet: whoever put it there may still be waiting
//! for the transaction, or may have been refused by a full disk. Each says of itself whether it is
//! kept, and everybody who relies on one that is not keeps it again, for his own head or proof must
//! not become durable before it.

use bytes::Bytes;
use moka::sync::Cache;
use parking_lot::Mutex;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use store::{Store, StoreError, StoredTile};
use tlog::{
    tile::{HEIGHT, Tile},
    tree::CompleteSubtree,
};

/// Tiles in memory: 2,048 of 8 KiB are 16 MiB, and hold the upper levels of a log of any size and
/// the lowest tiles of a large build.
const IN_MEMORY: u64 = 2048;

/// Wrong tiles of the mirror's file that are remembered for repair. A file with more of them is
/// found out when it is filled again.
const SUSPECTS: usize = 1024;

/// The kept tiles of one database; cheap to clone.
#[derive(Clone)]
pub(crate) struct Tiles {
    name: Arc<str>,
    store: Store,
    /// By level and number, in the widest form known here.
    memory: Cache<(u8, u64), HeldTile>,
    suspects: Arc<Mutex<BTreeSet<u64>>>,
}

/// A proven tile in memory.
#[derive(Clone)]
struct HeldTile {
    hashes: Bytes,
    /// Whether it is in the catalog, or checked against what is.
    kept: Arc<AtomicBool>,
}

// === impl Tiles ===

impl Tiles {
    pub(crate) fn new(name: Arc<str>, store: Store) -> Self {
        Self {
            name,
            store,
            memory: Cache::new(IN_MEMORY),
            suspects: Arc::default(),
        }
    }

    /// Tiles that are kept, each at least as wide as asked for; what is wider is cut.
    pub(crate) async fn kept(&self, tiles: &[Tile]) -> Result<Vec<Option<Bytes>>, StoreError> {
        let mut found: Vec<Option<Bytes>> =
            tiles.iter().map(|tile| self.in_memory(*tile)).collect();
        let missing = missing(tiles, &found);
        if missing.is_empty() {
            return Ok(found);
        }
        let wanted: Vec<Tile> = missing.iter().map(|(_, tile)| *tile).collect();
        let kept = self.in_catalog(&wanted).await?;
        for ((at, tile), hashes) in missing.into_iter().zip(kept) {
            let hashes = match hashes {
                Some(hashes) => Some(hashes),
                None => self.mirrored(tile).await?,
            };
            if let (Some(slot), Some(hashes)) = (found.get_mut(at), hashes) {
                self.hold(tile, &hashes, true);
                *slot = cut(tile, &hashes);
            }
        }
        Ok(found)
    }

    /// What the catalog has of tiles, as wide as it has it.
    pub(crate) async fn in_catalog(
        &self,
        tiles: &[Tile],
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let places: Option<Vec<_>> = tiles.iter().copied().map(place).collect();
        match places {
            Some(places) => self.store.tiles(&self.name, places).await,
            None => Ok(vec![None; tiles.len()]),
        }
    }

    fn in_memory(&self, tile: Tile) -> Option<Bytes> {
        cut(tile, &self.memory.get(&place(tile)?)?.hashes)
    }

    /// A tile of the mirror's file, if the level above says that it is right.
    async fn mirrored(&self, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        if tile.level() != Some(0) || tile.height() != HEIGHT {
            return Ok(None);
        }
        let number = tile.index();
        let Some(hashes) = self.store.mirrored_tile(&self.name, number).await? else {
            return Ok(None);
        };
        let Some(parent) = parent(number) else {
            return Ok(None);
        };
        let above = match self.in_memory(parent) {
            Some(above) => Some(above),
            None => self
                .in_catalog(&[parent])
                .await?
                .into_iter()
                .next()
                .flatten(),
        };
        let node = node_of(number);
        let expected = above.and_then(|above| parent.hash(&cut(parent, &above)?, node));
        if expected.is_some() && tile.full().hash(&hashes, node) == expected {
            return Ok(Some(hashes));
        }
        if expected.is_some() {
            self.suspect(number);
        }
        Ok(None)
    }

    fn suspect(&self, number: u64) {
        let mut suspects = self.suspects.lock();
        if suspects.len() < SUSPECTS && suspects.insert(number) {
            tracing::warn!(database = %self.name, number, "a mirrored tile is damaged; it is fetched again");
        }
    }

    /// The damaged tiles that were come across since this was asked last.
    pub(crate) fn suspects(&self) -> BTreeSet<u64> {
        std::mem::take(&mut *self.suspects.lock())
    }

    /// Holds proven hashes in memory, unless as many of the same tile are held.
    fn hold(&self, tile: Tile, hashes: &Bytes, kept: bool) -> Option<HeldTile> {
        let place = place(tile)?;
        let known = self.memory.get(&place);
        // Where the two disagree, what was known is damaged.
        if let Some(known) = known.filter(|known| known.hashes.starts_with(hashes)) {
            return Some(known);
        }
        let held = HeldTile {
            hashes: hashes.clone(),
            kept: Arc::new(AtomicBool::new(kept)),
        };
        self.memory.insert(place, held.clone());
        Some(held)
    }

    /// Keeps proven tiles. When this returns, they will be there whenever anything is that is
    /// written later.
    pub(crate) async fn keep(&self, tiles: Vec<(Tile, Bytes)>) -> Result<(), StoreError> {
        let (mut rows, mut marks) = (Vec::new(), Vec::new());
        for (tile, hashes) in tiles {
            let (Some((level, number)), Some(held)) =
                (place(tile), self.hold(tile, &hashes, false))
            else {
                continue;
            };
            if !held.kept.load(Ordering::Acquire) {
                rows.push(StoredTile {
                    database: self.name.to_string(),
                    level,
                    number,
                    hashes: held.hashes,
                });
                marks.push(held.kept);
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.store.keep_tiles(rows).await?;
        for mark in marks {
            mark.store(true, Ordering::Release);
        }
        Ok(())
    }
}

/// The node that the hashes of this tile of the lowest level make up.
pub(crate) const fn node_of(number: u64) -> CompleteSubtree {
    CompleteSubtree {
        level: HEIGHT,
        index: number,
    }
}

/// The narrowest tile that holds the hash of this tile of the lowest level.
fn parent(number: u64) -> Option<Tile> {
    let size = number.checked_add(1)?.checked_mul(1 << HEIGHT)?;
    Tile::of_node(HEIGHT, node_of(number), size)
}

fn missing(tiles: &[Tile], found: &[Option<Bytes>]) -> Vec<(usize, Tile)> {
    let pairs = tiles.iter().zip(found).enumerate();
    pairs
        .filter(|(_, (_, found))| found.is_none())
        .map(|(at, (tile, _))| (at, *tile))
        .collect()
}

/// Level and number of a tile of the height that databases serve.
pub fn place(tile: Tile) -> Option<(u8, u64)> {
    tile.level()
        .filter(|_| tile.height() == HEIGHT)
        .map(|level| (level, tile.index()))
}

/// The beginning of a tile's hashes that was asked for.
pub fn cut(tile: Tile, hashes: &Bytes) -> Option<Bytes> {
    (hashes.len() >= tile.size()).then(|| hashes.slice(..tile.size()))
}
