//! Offline: the checksum-database client over a bundle and a store, with nobody to ask.
//!
//! While a bundle is looked at, a new head is remembered by the client alone; only what is kept
//! goes into the store. A fork is another matter: two heads with the database's signature stand
//! against each other whatever becomes of the bundle, so an import keeps that evidence.

use crate::contents::Contents;
use alarm::{Alarm, AlarmKind, AlarmLog, AlarmMetrics, Severity};
use bundle::MalformedBundle;
use bytes::Bytes;
use checksumdb::{cut, halt, head_state, place};
use std::sync::Arc;
use store::{Store, StoreError, StoredTile};
use tlog::{
    client::{ClientOperations, LogFork, SwapOutcome, TileAccess},
    tile::Tile,
};

/// How much may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WritePermission {
    /// Nothing.
    Nothing,
    /// That a database told two histories.
    Evidence,
    /// Tiles and heads, too.
    Everything,
}

/// A database of which a bundle and a store are all that is there.
pub(crate) struct Offline {
    pub(crate) database: String,
    pub(crate) store: Store,
    pub(crate) contents: Arc<Contents>,
    pub(crate) writing: WritePermission,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum OfflineFailure {
    /// Neither side has it.
    #[error("{0} is neither in the bundle nor kept here")]
    Missing(Tile),
    /// The bundle cannot be read there.
    #[error(transparent)]
    Bundle(#[from] MalformedBundle),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else would have to be asked.
    #[error("nobody is asked")]
    NobodyIsAsked,
}

// === impl Offline ===

impl Offline {
    async fn kept(&self, tiles: &[Tile]) -> Result<Vec<Option<Bytes>>, StoreError> {
        let places = tiles
            .iter()
            .map(|tile| place(*tile).unwrap_or_default())
            .collect();
        let kept = self.store.tiles(&self.database, places).await?;
        let cut = |(tile, hashes): (&Tile, Option<Bytes>)| cut(*tile, &hashes?);
        Ok(tiles.iter().zip(kept).map(cut).collect())
    }

    async fn carried(&self, tiles: &[Tile]) -> Result<Vec<Option<Bytes>>, OfflineFailure> {
        let (contents, database) = (Arc::clone(&self.contents), self.database.clone());
        let tiles = tiles.to_vec();
        let read = move || {
            let read = |tile: &Tile| contents.tile(&database, *tile);
            tiles.iter().map(read).collect::<Result<Vec<_>, _>>()
        };
        let read = tokio::task::spawn_blocking(read).await;
        Ok(read.map_err(|_| StoreError::Closed)??)
    }
}

impl ClientOperations for Offline {
    type Error = OfflineFailure;

    async fn read_remote(&self, _path: &str) -> Result<Bytes, OfflineFailure> {
        Err(OfflineFailure::NobodyIsAsked)
    }

    async fn read_tiles(
        &self,
        tiles: &[Tile],
        reading: TileAccess,
    ) -> Result<Vec<Bytes>, OfflineFailure> {
        let (kept, carried) = (self.kept(tiles).await?, self.carried(tiles).await?);
        let both = tiles.iter().zip(kept.into_iter().zip(carried));
        let choose = |(tile, (kept, carried)): (&Tile, (Option<Bytes>, Option<Bytes>))| {
            let found = match reading {
                TileAccess::KeptFirst => kept.or(carried),
                TileAccess::Anew => carried.or(kept),
            };
            found.ok_or(OfflineFailure::Missing(*tile))
        };
        both.map(choose).collect()
    }

    async fn save_tiles(&self, tiles: Vec<(Tile, Bytes)>) -> Result<(), OfflineFailure> {
        if self.writing < WritePermission::Everything {
            return Ok(());
        }
        let keep = |(tile, hashes): (Tile, Bytes)| {
            let (level, number) = place(tile)?;
            Some(StoredTile {
                database: self.database.clone(),
                level,
                number,
                hashes,
            })
        };
        let tiles = tiles.into_iter().filter_map(keep).collect();
        Ok(self.store.keep_tiles(tiles).await?)
    }

    async fn read_latest(&self) -> Result<Option<Bytes>, OfflineFailure> {
        Ok(self.store.state(&head_state(&self.database)).await?)
    }

    async fn swap_latest(
        &self,
        old: Option<&Bytes>,
        new: &Bytes,
    ) -> Result<SwapOutcome, OfflineFailure> {
        if self.writing < WritePermission::Everything {
            return Ok(SwapOutcome::Done);
        }
        let state = head_state(&self.database);
        let swapped = self
            .store
            .swap_state(&state, old.cloned(), new.clone())
            .await?;
        Ok(if swapped {
            SwapOutcome::Done
        } else {
            SwapOutcome::Conflict
        })
    }

    async fn misbehaved(&self, fork: &LogFork) {
        if self.writing < WritePermission::Evidence {
            return;
        }
        halt::record(&self.store, &self.database, fork).await;
        let alarm = Alarm {
            severity: Severity::P0,
            kind: AlarmKind::DatabaseForked,
            subject: self.database.clone(),
            detail: fork.to_string(),
        };
        let alarms = AlarmLog::new(&self.store, &AlarmMetrics::default());
        alarms.raise(alarm).await;
    }
}
