//! Database: how the checksum-database client reads and keeps.
//!
//! Tiles come from memory, else from the catalog, else from the database, in one round trip however
//! many are missing; those who want the same tile at the same time share one transfer (law L6). Only
//! tiles that were proven are kept, in the widest form seen, and they are in the catalog before the
//! head or the proof that needs them.

use super::alarm::{Alarm, Severity};
use crate::{errand::Errands, metrics::Metrics, refusal::Refusal};
use bytes::Bytes;
use codes::Code;
use futures_util::future::join_all;
use moka::sync::Cache;
use std::sync::Arc;
use store::{KeptTile, Store, StoreError};
use tlog::{
    client::{Fork, Operations, Reading, Swap},
    note::{Note, VerifierKey},
    proof_file::LogProof,
    tile::{HEIGHT, Tile},
};
use upstream::{DatabaseOutcome, Upstreams};

/// Tiles in memory: 2,048 of 8 KiB are 16 MiB, and hold the upper levels of a log of any size and
/// the lowest tiles of a large build.
const TILES: u64 = 2048;

/// How many of the newest proofs are looked through for the newest head, where the head itself was
/// lost with its catalog.
const RECENT_PROOFS: usize = 64;

/// The checksum database as this site sees it.
pub(crate) struct Database {
    name: Arc<str>,
    store: Store,
    upstreams: Upstreams,
    metrics: Arc<Metrics>,
    /// Proven tiles by level and number, in the widest form known here.
    tiles: Cache<(u8, u64), Bytes>,
    /// Tiles being read from the database.
    transfers: Errands<Tile, Result<Bytes, DatabaseFailure>>,
}

/// Why the database, or what is kept of it, gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DatabaseFailure {
    /// It, or whoever speaks for it, says that there is no such thing.
    #[error("it answered {status}: {}", .text.trim())]
    Absent {
        /// 404 or 410.
        status: u16,
        /// Its words.
        text: String,
    },
    /// It signs a head and does not have the tiles of it.
    #[error("it has no {0}, which its signed head needs")]
    MissingTile(Tile),
    /// It cannot be asked, or the store failed.
    #[error("it gave no answer")]
    Refused(Refusal),
}

// === impl DatabaseFailure ===

impl From<StoreError> for DatabaseFailure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

// === impl Database ===

impl Database {
    pub(crate) fn new(
        name: &str,
        store: Store,
        upstreams: Upstreams,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            name: name.into(),
            store,
            upstreams,
            metrics,
            tiles: Cache::new(TILES),
            transfers: Errands::default(),
        }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn head_state(&self) -> String {
        head_state(&self.name)
    }

    /// A proven tile that is kept, at least this wide; what is wider is cut.
    pub(crate) async fn kept_tile(&self, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        Ok(self.kept_tiles(&[tile]).await?.into_iter().next().flatten())
    }

    async fn kept_tiles(&self, tiles: &[Tile]) -> Result<Vec<Option<Bytes>>, StoreError> {
        let mut found: Vec<Option<Bytes>> =
            tiles.iter().map(|tile| self.in_memory(*tile)).collect();
        let missing: Vec<usize> = (0..tiles.len())
            .filter(|at| found.get(*at).is_some_and(Option::is_none))
            .collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let places = missing
            .iter()
            .filter_map(|at| place(*tiles.get(*at)?))
            .collect();
        let kept = self.store.tiles(&self.name, places).await?;
        for (at, hashes) in missing.into_iter().zip(kept) {
            if let (Some(slot), Some(hashes), Some(tile)) =
                (found.get_mut(at), hashes, tiles.get(at))
            {
                self.remember(*tile, &hashes);
                *slot = cut(*tile, &hashes);
            }
        }
        Ok(found)
    }

    fn in_memory(&self, tile: Tile) -> Option<Bytes> {
        cut(tile, &self.tiles.get(&place(tile)?)?)
    }

    /// Remembers proven hashes, unless more of the same tile are remembered.
    fn remember(&self, tile: Tile, hashes: &Bytes) -> bool {
        let Some(place) = place(tile) else {
            return false;
        };
        if self
            .tiles
            .get(&place)
            .is_some_and(|known| known.len() >= hashes.len())
        {
            return false;
        }
        self.tiles.insert(place, hashes.clone());
        true
    }

    async fn transfer(&self, tile: Tile) -> Result<Bytes, DatabaseFailure> {
        let (upstreams, name) = (self.upstreams.clone(), Arc::clone(&self.name));
        let transfer = self.transfers.run(tile, || async move {
            let answer = match ask(&upstreams, &name, &tile.to_string()).await {
                // A tile that has been completed since is there in full only.
                Err(DatabaseFailure::Absent { .. }) if !tile.is_full() => {
                    ask(&upstreams, &name, &tile.full().to_string()).await
                }
                answer => answer,
            };
            answer.map_err(|failure| match failure {
                DatabaseFailure::Absent { .. } => DatabaseFailure::MissingTile(tile),
                failure => failure,
            })
        });
        let lost =
            || DatabaseFailure::Refused(Refusal::internal("reading a tile ended without a result"));
        transfer.await.unwrap_or_else(|| Err(lost()))
    }
}

impl Operations for Database {
    type Error = DatabaseFailure;

    async fn read_remote(&self, path: &str) -> Result<Bytes, DatabaseFailure> {
        ask(&self.upstreams, &self.name, path).await
    }

    async fn read_tiles(
        &self,
        tiles: &[Tile],
        reading: Reading,
    ) -> Result<Vec<Bytes>, DatabaseFailure> {
        let kept = match reading {
            Reading::KeptFirst => self.kept_tiles(tiles).await?,
            Reading::Anew => vec![None; tiles.len()],
        };
        let reads = tiles.iter().zip(kept).map(async |(tile, kept)| match kept {
            Some(hashes) => Ok(hashes),
            None => self.transfer(*tile).await,
        });
        join_all(reads).await.into_iter().collect()
    }

    async fn save_tiles(&self, tiles: Vec<(Tile, Bytes)>) -> Result<(), DatabaseFailure> {
        let new = tiles
            .into_iter()
            .filter(|(tile, hashes)| self.remember(*tile, hashes));
        let new: Vec<KeptTile> = new
            .filter_map(|(tile, hashes)| {
                let (level, number) = place(tile)?;
                Some(KeptTile {
                    database: self.name.to_string(),
                    level,
                    number,
                    hashes,
                })
            })
            .collect();
        if !new.is_empty() {
            self.store.keep_tiles(new).await?;
        }
        Ok(())
    }

    async fn read_latest(&self) -> Result<Option<Bytes>, DatabaseFailure> {
        Ok(self.store.state(&self.head_state()).await?)
    }

    async fn swap_latest(&self, old: Option<&Bytes>, new: &Bytes) -> Result<Swap, DatabaseFailure> {
        let swapped = self
            .store
            .swap_state(&self.head_state(), old.cloned(), new.clone())
            .await?;
        Ok(if swapped { Swap::Done } else { Swap::Conflict })
    }

    async fn misbehaved(&self, fork: &Fork) {
        super::halt::record(&self.store, &self.name, fork).await;
        let alarm = Alarm {
            severity: Severity::P0,
            kind: "database-forked",
            subject: self.name.to_string(),
            detail: fork.to_string(),
        };
        alarm.raise(&self.store, &self.metrics).await;
    }
}

/// The state of the store that holds a database's newest head.
pub(crate) fn head_state(database: &str) -> String {
    format!("sumdb/{database}/latest")
}

/// Restores the newest head from the proofs, where the catalog that held it was lost.
pub(crate) async fn restore_head(store: &Store, key: &VerifierKey) -> Result<(), StoreError> {
    let state = head_state(key.name());
    if store.state(&state).await?.is_some() {
        return Ok(());
    }
    let files = store.newest_proofs(key.name(), RECENT_PROOFS).await?;
    let heads = files.iter().filter_map(|file| {
        let proof = LogProof::parse(file.as_bytes()).ok()?;
        let note = Note::open(proof.checkpoint.as_bytes(), std::slice::from_ref(key)).ok()?;
        let head = tlog::checkpoint::TreeHead::parse(&note.text).ok()?;
        Some((head.size, proof.checkpoint))
    });
    if let Some((_, note)) = heads.max_by_key(|(size, _)| *size) {
        store.swap_state(&state, None, note.into()).await?;
    }
    Ok(())
}

/// Level and number of a tile of the height that databases serve.
pub(crate) fn place(tile: Tile) -> Option<(u8, u64)> {
    tile.level()
        .filter(|_| tile.height() == HEIGHT)
        .map(|level| (level, tile.index()))
}

/// The beginning of a kept tile, as wide as asked for.
pub(crate) fn cut(tile: Tile, hashes: &Bytes) -> Option<Bytes> {
    (hashes.len() >= tile.size()).then(|| hashes.slice(..tile.size()))
}

/// Asks the database for a path, through the sources.
async fn ask(upstreams: &Upstreams, name: &str, path: &str) -> Result<Bytes, DatabaseFailure> {
    match upstreams.sumdb(name, path).await {
        DatabaseOutcome::Found(download) => download.whole().await.map_err(|error| {
            DatabaseFailure::Refused(Refusal::new(
                Code::SumdbUnreachable,
                format!("{name}: {error}"),
            ))
        }),
        DatabaseOutcome::Absent(absence) => Err(DatabaseFailure::Absent {
            status: absence.status,
            text: absence.text,
        }),
        DatabaseOutcome::NotMirrored => Err(DatabaseFailure::Refused(Refusal::new(
            Code::SumdbUnreachable,
            format!("{name}: no source mirrors it"),
        ))),
        DatabaseOutcome::Unavailable(outage) => {
            let facts = format!("{name}: {}: {}", outage.source, outage.summary);
            let retry_after = outage.retry_after;
            Err(DatabaseFailure::Refused(Refusal {
                retry_after,
                ..Refusal::new(Code::SumdbUnreachable, facts)
            }))
        }
    }
}
