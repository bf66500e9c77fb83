//! Mirror: every tile of the log, so that any client can compare any head while nobody can be asked.
//!
//! What lookups need is kept with them. A client that learned a head elsewhere needs other tiles, and
//! only a site that has them all can serve it in an outage. It is a choice of the operator: 2.3 GB
//! for the public log, and four hours at twenty requests a second.
//!
//! The work is done under one signed head, a tile of level 1 at a time. That tile is proven under
//! the head, and holds the hash of each of the 256 tiles below it; those are fetched, checked and
//! written, whatever the file had at their places before: what is there and right is not asked for.
//! So the position, which is written down after each 256, only saves reading: were it lost, or the
//! file, the next run would find out what is missing. Tiles that are not full are not mirrored; the
//! ones at the newest head are kept with it.
//!
//! What it refuses:
//!
//! * to compete: it asks as background work, within a rate, and stops at the first failure;
//! * to keep anything unproven: a wrong tile is fetched once more, and then somebody is told;
//! * to go on with a log that told two histories.

mod failure;
mod pace;

pub use failure::MirrorFailure;

use crate::{database::Database, records::DatabaseRecords, tiles::node_of};
use alarm::{Alarm, AlarmKind, Severity};
use bytes::Bytes;
use failure::TileFailure;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use pace::Pace;
use protocol::Refusal;
use std::{num::NonZeroU32, ops::Range};
use store::{StoreError, TILE_SIZE};
use tlog::{
    Hash,
    checkpoint::TreeHead,
    client::SumdbClient,
    tile::{HEIGHT, Tile},
};

/// Tiles below one tile of level 1.
const ROW: u64 = 1 << HEIGHT;

/// Requests under way at once: enough for a hundred a second from a source that takes 150 ms, and a
/// quarter of the slots that a source has.
const TOGETHER: usize = 16;

/// How far a mirror is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MirrorPosition {
    /// Tiles of the lowest level that are there, from the first on.
    pub tiles: u64,
    /// Full tiles of the lowest level under the head.
    pub of: u64,
    /// Records of the log that the head signs.
    pub records: u64,
    /// Tiles that were fetched in this run.
    pub fetched: u64,
}

/// One run.
struct Run<'a> {
    records: &'a DatabaseRecords,
    client: SumdbClient<Database>,
    head: TreeHead,
    pace: Pace,
    mirrored: MirrorPosition,
}

/// Mirrors the log up to the database's present head; `room` says before every row whether it may be
/// kept, and `progress` is told after it.
pub(crate) async fn run(
    records: &DatabaseRecords,
    rate: NonZeroU32,
    room: impl Fn() -> Result<(), Refusal>,
    mut progress: impl FnMut(MirrorPosition),
) -> Result<MirrorPosition, MirrorFailure> {
    let mut run = Run::start(records, rate).await?;
    run.repair().await?;
    progress(run.mirrored);
    while run.mirrored.tiles < run.mirrored.of {
        room().map_err(MirrorFailure::Store)?;
        run.row().await?;
        progress(run.mirrored);
    }
    Ok(run.mirrored)
}

// === impl Run ===

impl<'a> Run<'a> {
    async fn start(records: &'a DatabaseRecords, rate: NonZeroU32) -> Result<Self, MirrorFailure> {
        records.ready().await.map_err(MirrorFailure::Store)?;
        records.believed().map_err(MirrorFailure::Wrong)?;
        if let Err(refusal) = records.refresh().await {
            // What is under the head that is known can be mirrored as well, if anybody has it.
            tracing::debug!(?refusal, "the database's head could not be renewed");
            records.believed().map_err(MirrorFailure::Wrong)?;
        }
        let head = records.latest().await;
        let head = head.map_err(MirrorFailure::Unreachable)?.head;
        let database = records.client().operations();
        let client = SumdbClient::new(records.client().key().clone(), database.in_background());
        let mut run = Self {
            records,
            client,
            head,
            pace: Pace::new(rate),
            mirrored: MirrorPosition {
                tiles: 0,
                of: head.size >> HEIGHT,
                records: head.size,
                fetched: 0,
            },
        };
        run.mirrored.tiles = run.position().await?.min(run.mirrored.of);
        run.show();
        Ok(run)
    }

    fn database(&self) -> &Database {
        self.client.operations()
    }

    fn state(&self) -> String {
        format!("sumdb/{}/mirrored", self.database().name())
    }

    /// How many tiles are there, from the first on; none if the file that had them is gone.
    async fn position(&self) -> Result<u64, StoreError> {
        let (store, name) = (self.database().store(), self.database().name());
        let noted = store.state(&self.state()).await?;
        let noted = noted.and_then(|noted| std::str::from_utf8(&noted).ok()?.parse().ok());
        let Some(last) = noted.and_then(|tiles: u64| tiles.checked_sub(1)) else {
            return Ok(0);
        };
        let is_there = store.mirrored_tile(name, last).await?.is_some();
        Ok(if is_there { last + 1 } else { 0 })
    }

    /// Writes down how many tiles are there.
    async fn note(&mut self, tiles: u64) -> Result<(), StoreError> {
        let (store, state) = (self.database().store(), self.state());
        let old = store.state(&state).await?;
        store
            .swap_state(&state, old, tiles.to_string().into())
            .await?;
        self.mirrored.tiles = tiles;
        self.show();
        Ok(())
    }

    /// Brings the gauges up to date.
    fn show(&self) {
        let metrics = self.database().metrics();
        let MirrorPosition {
            tiles, of, records, ..
        } = self.mirrored;
        metrics.mirror_progress.set(ratio(tiles, of));
        metrics
            .mirror_records
            .set(i64::try_from(records).unwrap_or(i64::MAX));
    }

    /// Mends the rows in which a damaged tile was come across.
    async fn repair(&mut self) -> Result<(), MirrorFailure> {
        for suspect in self.database().tiles().suspects() {
            if suspect < self.mirrored.tiles {
                self.fill(suspect..suspect + 1).await?;
            }
        }
        Ok(())
    }

    /// The next tiles below one tile of level 1.
    async fn row(&mut self) -> Result<(), MirrorFailure> {
        let first = self.mirrored.tiles;
        let end = (first / ROW + 1).saturating_mul(ROW).min(self.mirrored.of);
        self.fill(first..end).await?;
        self.note(end).await?;
        Ok(())
    }

    /// Makes tiles of one row right, and durable.
    async fn fill(&mut self, numbers: Range<u64>) -> Result<(), MirrorFailure> {
        let tiles = self.proven(numbers.clone()).await?;
        let missing = self.missing(tiles).await?;
        let missing = self.copy(missing).await?;
        let fetched = missing.len() as u64;
        if let Err(failure) = self.fetch(missing).await {
            return Err(self.fail(failure).await);
        }
        let (store, name) = (self.database().store(), self.database().name());
        store.sync_mirror(name).await?;
        self.mirrored.fetched += fetched;
        Ok(())
    }

    /// The hashes that the level above has of tiles, proven under the head.
    async fn proven(&self, numbers: Range<u64>) -> Result<Vec<(u64, Hash)>, MirrorFailure> {
        let hashes = self
            .client
            .hashes(self.head, numbers.clone().map(node_of))
            .await;
        let hashes = match hashes {
            Ok(hashes) => hashes,
            Err(tlog::client::LookupError::Operation(failure)) => return Err(failure.into()),
            Err(error) => return Err(self.fail(TileFailure::Wrong(error.to_string())).await),
        };
        let hash = |number| Some((number, hashes.hash(node_of(number)).ok()?));
        Ok(numbers.filter_map(hash).collect())
    }

    /// Which of the tiles the file does not have, or has wrong.
    async fn missing(&self, tiles: Vec<(u64, Hash)>) -> Result<Vec<(u64, Hash)>, MirrorFailure> {
        let Some((first, _)) = tiles.first().copied() else {
            return Ok(tiles);
        };
        let (store, name) = (self.database().store(), self.database().name());
        let there = store.mirrored_tiles(name, first, tiles.len()).await?;
        if there.is_empty() {
            return Ok(tiles);
        }
        // 256 tiles are 65,000 hashes.
        let check = move || {
            let wrong = |(at, (number, hash)): &(usize, (u64, Hash))| {
                let tile = there.chunks_exact(TILE_SIZE).nth(*at);
                !tile.is_some_and(|tile| is_tile(*number, tile, *hash))
            };
            let tiles = tiles.into_iter().enumerate().filter(wrong);
            tiles.map(|(_, tile)| tile).collect()
        };
        let checked = tokio::task::spawn_blocking(check).await;
        checked.map_err(|_| {
            MirrorFailure::Store(Refusal::internal("checking tiles ended without a result"))
        })
    }

    /// Copies what lookups have brought into the catalog; gives what is still missing.
    async fn copy(&self, tiles: Vec<(u64, Hash)>) -> Result<Vec<(u64, Hash)>, MirrorFailure> {
        let wanted: Vec<Tile> = tiles
            .iter()
            .filter_map(|(number, _)| tile(*number))
            .collect();
        let kept = self.database().tiles().in_catalog(&wanted).await?;
        let mut missing = Vec::new();
        for ((number, hash), kept) in tiles.into_iter().zip(kept) {
            match kept.filter(|kept| is_tile(number, kept, hash)) {
                Some(kept) => self.write(number, kept).await?,
                None => missing.push((number, hash)),
            }
        }
        Ok(missing)
    }

    async fn write(&self, number: u64, hashes: Bytes) -> Result<(), StoreError> {
        let (store, name) = (self.database().store(), self.database().name());
        store.mirror_tile(name, number, hashes).await
    }

    async fn fetch(&self, tiles: Vec<(u64, Hash)>) -> Result<(), TileFailure> {
        let fetches = tiles.into_iter().map(|(number, hash)| async move {
            let hashes = self.fetch_one(number, hash).await?;
            self.write(number, hashes).await?;
            self.database().metrics().mirror_tiles.inc();
            Ok(())
        });
        stream::iter(fetches)
            .buffer_unordered(TOGETHER)
            .try_collect()
            .await
    }

    /// Fetches a tile, and once more if it is wrong: what one cache has damaged another may have whole.
    async fn fetch_one(&self, number: u64, hash: Hash) -> Result<Bytes, TileFailure> {
        let Some(tile) = tile(number) else {
            return Err(TileFailure::Wrong(format!("there is no tile {number}")));
        };
        for _ in 0..2 {
            self.pace.turn().await;
            let hashes = self.database().read_in_background(&tile.to_string()).await;
            let hashes = hashes.map_err(TileFailure::Database)?;
            if is_tile(number, &hashes, hash) {
                return Ok(hashes);
            }
        }
        let why = format!("{tile} is not what the signed head demands, twice");
        Err(TileFailure::Wrong(why))
    }

    /// Tells of what was wrong.
    async fn fail(&self, failed: TileFailure) -> MirrorFailure {
        let why = match failed {
            TileFailure::Wrong(why) => why,
            TileFailure::Database(failure) => return failure.into(),
            TileFailure::Store(error) => return error.into(),
        };
        let database = self.database();
        let alarm = Alarm {
            severity: Severity::P2,
            kind: AlarmKind::DatabaseUntrusted,
            subject: database.name().to_string(),
            detail: format!("mirroring stopped: {why}"),
        };
        database.alarms().raise(alarm).await;
        MirrorFailure::Wrong(self.records.untrusted(&why))
    }
}

/// The full tile of this number on the lowest level.
fn tile(number: u64) -> Option<Tile> {
    Tile::try_new(HEIGHT, 0, number, 1).map(Tile::full)
}

/// Whether these are the hashes that make up `hash`.
fn is_tile(number: u64, hashes: &[u8], hash: Hash) -> bool {
    hashes.len() == TILE_SIZE
        && tile(number).and_then(|tile| tile.hash(hashes, node_of(number))) == Some(hash)
}

#[expect(clippy::cast_precision_loss, reason = "a gauge for people")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}
