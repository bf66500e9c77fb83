//! Database: how the checksum-database client reads and keeps.
//!
//! Tiles are those that are kept ([`crate::tiles`]), else they come from the database, in one round
//! trip however many are missing; those who want the same tile at the same time share one transfer
//! (law L6). Only tiles that were proven are kept, in the widest form seen, and they are in the
//! catalog before the head or the proof that needs them.

use crate::metrics::ChecksumdbMetrics;
use crate::tiles::Tiles;
use alarm::{Alarm, AlarmKind, AlarmLog, AlarmMetrics, Severity};
use bytes::Bytes;
use codes::Code;
use futures_util::future::join_all;
use protocol::Refusal;
use single_flight::SingleFlights;
use std::sync::Arc;
use store::{Store, StoreError, own::DatabaseLog};
use tlog::{
    client::{ClientOperations, LogFork, SwapOutcome, TileAccess},
    tile::Tile,
};
use upstream::{DatabaseOutcome, Upstreams};

/// The checksum database as this site sees it.
pub struct Database {
    name: Arc<str>,
    store: Store,
    upstreams: Upstreams,
    metrics: ChecksumdbMetrics,
    alarms: AlarmLog,
    manner: Manner,
    tiles: Tiles,
    /// Tiles being read from the database.
    transfers: SingleFlights<Tile, Result<Bytes, DatabaseFailure>>,
    reach: Reach,
}

/// Who is asked for what is not kept.
#[derive(Debug, Clone)]
enum Reach {
    /// The sources.
    Sources,
    /// Nobody: its name is private, and no source of private names was given (law L7).
    Nobody,
    /// Nobody has to be: it is a database of this site's own, and all of it is here.
    Own(Box<DatabaseLog>),
}

/// For whom the database is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Somebody waits.
    Demand,
    /// Nobody does: sources may turn it away.
    Background,
}

/// Why the database, or what is kept of it, gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseFailure {
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
    /// A database that a command asks: nobody scrapes what it counts.
    pub fn alone(name: &str, store: &Store, upstreams: &Upstreams) -> Self {
        let alarms = AlarmLog::new(store, &AlarmMetrics::default());
        let counted = (&ChecksumdbMetrics::default(), &alarms);
        Self::new(name, store.clone(), upstreams.clone(), counted)
    }

    pub(crate) fn new(
        name: &str,
        store: Store,
        upstreams: Upstreams,
        (metrics, alarms): (&ChecksumdbMetrics, &AlarmLog),
    ) -> Self {
        let name: Arc<str> = name.into();
        let tiles = Tiles::new(Arc::clone(&name), store.clone());
        Self {
            name,
            alarms: alarms.clone(),
            store,
            upstreams,
            metrics: metrics.clone(),
            manner: Manner::Demand,
            tiles,
            transfers: SingleFlights::default(),
            reach: Reach::Sources,
        }
    }

    /// A database whose name no source may hear.
    #[must_use]
    pub fn unasked(mut self) -> Self {
        self.reach = Reach::Nobody;
        self
    }

    /// A database of this site's own: heads that were shown, and tiles, are read where they are made.
    #[must_use]
    pub fn of_own(mut self, own: DatabaseLog) -> Self {
        self.reach = Reach::Own(Box::new(own));
        self
    }

    /// A proven tile, as whoever carries it along finds it.
    pub async fn carried_tile(&self, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        match &self.reach {
            Reach::Own(own) => own.tile(tile).await,
            _ => self.kept_tile(tile).await,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The same database for work that nobody waits for. It shares what is kept, but no transfer:
    /// one that a source turned away must not be the answer to somebody who waits.
    pub(crate) fn in_background(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            store: self.store.clone(),
            upstreams: self.upstreams.clone(),
            metrics: self.metrics.clone(),
            alarms: self.alarms.clone(),
            manner: Manner::Background,
            tiles: self.tiles.clone(),
            transfers: SingleFlights::default(),
            reach: self.reach.clone(),
        }
    }

    pub(crate) fn alarms(&self) -> &AlarmLog {
        &self.alarms
    }

    pub(crate) fn metrics(&self) -> &ChecksumdbMetrics {
        &self.metrics
    }

    pub(crate) fn head_state(&self) -> String {
        head_state(&self.name)
    }

    /// A proven tile that is kept, at least this wide; what is wider is cut.
    /// X
    pub async fn kept_tile(&self, tile: Tile) -> Result<Option<Bytes>, StoreError> {
        Ok(self.tiles.kept(&[tile]).await?.into_iter().next().flatten())
    }

    pub(crate) fn tiles(&self) -> &Tiles {
        &self.tiles
    }

    /// Reads a path for which nobody waits.
    pub(crate) async fn read_in_background(&self, path: &str) -> Result<Bytes, DatabaseFailure> {
        ask(&self.upstreams, &self.name, path, Manner::Background).await
    }

    fn not_asked(&self) -> DatabaseFailure {
        let facts = format!(
            "{}: its name is private, so nobody is asked for it",
            self.name
        );
        DatabaseFailure::Refused(Refusal::new(Code::PrivateName, facts))
    }

    async fn transfer(&self, tile: Tile) -> Result<Bytes, DatabaseFailure> {
        match &self.reach {
            Reach::Sources => {}
            Reach::Nobody => return Err(self.not_asked()),
            Reach::Own(own) => {
                let hashes = own.tile(tile).await?;
                return hashes.ok_or(DatabaseFailure::MissingTile(tile));
            }
        }
        let transfer = || {
            let (upstreams, name) = (self.upstreams.clone(), Arc::clone(&self.name));
            ask_tile(upstreams, name, tile, self.manner)
        };
        let transfer = self.transfers.run(tile, transfer).await;
        transfer.unwrap_or_else(|refusal| Err(DatabaseFailure::Refused(refusal)))
    }
}

impl ClientOperations for Database {
    type Error = DatabaseFailure;

    async fn read_remote(&self, path: &str) -> Result<Bytes, DatabaseFailure> {
        if !matches!(self.reach, Reach::Sources) {
            return Err(self.not_asked());
        }
        ask(&self.upstreams, &self.name, path, self.manner).await
    }

    async fn read_tiles(
        &self,
        tiles: &[Tile],
        reading: TileAccess,
    ) -> Result<Vec<Bytes>, DatabaseFailure> {
        let kept = match reading {
            _ if matches!(self.reach, Reach::Own(_)) => vec![None; tiles.len()],
            TileAccess::KeptFirst => self.tiles.kept(tiles).await?,
            TileAccess::Anew => vec![None; tiles.len()],
        };
        let reads = tiles.iter().zip(kept).map(async |(tile, kept)| match kept {
            Some(hashes) => Ok(hashes),
            None => self.transfer(*tile).await,
        });
        join_all(reads).await.into_iter().collect()
    }

    async fn save_tiles(&self, tiles: Vec<(Tile, Bytes)>) -> Result<(), DatabaseFailure> {
        // Beside a server nothing is written, and what is read here was there.
        if matches!(self.reach, Reach::Own(_)) || self.store.is_beside() {
            return Ok(());
        }
        Ok(self.tiles.keep(tiles).await?)
    }

    async fn read_latest(&self) -> Result<Option<Bytes>, DatabaseFailure> {
        if let Reach::Own(own) = &self.reach {
            // Settling reads which head was shown last. One that has stopped shows none.
            own.settle().await?;
            return Ok(own.published().map(|head| head.note.clone()));
        }
        Ok(self.store.state(&self.head_state()).await?)
    }

    async fn swap_latest(
        &self,
        old: Option<&Bytes>,
        new: &Bytes,
    ) -> Result<SwapOutcome, DatabaseFailure> {
        let swapped = self
            .store
            .swap_state(&self.head_state(), old.cloned(), new.clone())
            .await?;
        Ok(if swapped {
            SwapOutcome::Done
        } else {
            SwapOutcome::Conflict
        })
    }

    async fn misbehaved(&self, fork: &LogFork) {
        crate::halt::record(&self.store, &self.name, fork).await;
        let alarm = Alarm {
            severity: Severity::P0,
            kind: AlarmKind::DatabaseForked,
            subject: self.name.to_string(),
            detail: fork.to_string(),
        };
        self.alarms.raise(alarm).await;
    }
}

/// The state of the store that holds a database's newest head.
pub fn head_state(database: &str) -> String {
    format!("sumdb/{database}/latest")
}

async fn ask_tile(
    upstreams: Upstreams,
    name: Arc<str>,
    tile: Tile,
    manner: Manner,
) -> Result<Bytes, DatabaseFailure> {
    let answer = match ask(&upstreams, &name, &tile.to_string(), manner).await {
        // A tile that has been completed since is there in full only.
        Err(DatabaseFailure::Absent { .. }) if !tile.is_full() => {
            ask(&upstreams, &name, &tile.full().to_string(), manner).await
        }
        answer => answer,
    };
    answer.map_err(|failure| match failure {
        DatabaseFailure::Absent { .. } => DatabaseFailure::MissingTile(tile),
        failure => failure,
    })
}

/// Asks the database for a path, through the sources.
async fn ask(
    upstreams: &Upstreams,
    name: &str,
    path: &str,
    manner: Manner,
) -> Result<Bytes, DatabaseFailure> {
    let outcome = match manner {
        Manner::Demand => upstreams.sumdb(name, path).await,
        Manner::Background => upstreams.sumdb_in_background(name, path).await,
    };
    match outcome {
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
