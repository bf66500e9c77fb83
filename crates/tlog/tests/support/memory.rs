//! Operations in memory: a database that is a list of files, and a store that several clients can
//! share.

use bytes::Bytes;
use parking_lot::Mutex;
use std::{collections::BTreeMap, pin::pin, sync::Arc, task};
use tlog::{
    client::{ClientOperations, LogFork, SwapOutcome, TileAccess},
    tile::Tile,
};

/// What a client needs done, done in memory. Clones share everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    remote: Mutex<BTreeMap<String, Bytes>>,
    kept: Mutex<BTreeMap<Tile, Bytes>>,
    latest: Mutex<Option<Bytes>>,
    swaps: Mutex<Vec<SwapOutcome>>,
    forks: Mutex<Vec<LogFork>>,
    asked: Mutex<Vec<String>>,
}

/// There is no such file.
#[derive(Debug, thiserror::Error)]
#[error("404 Not Found: {0}")]
pub(crate) struct Missing(String);

/// Runs what never has to wait.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = task::Context::from_waker(task::Waker::noop());
    loop {
        if let task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

// === impl Memory ===

impl Memory {
    pub(crate) fn serve(&self, path: &(impl ToString + ?Sized), bytes: impl Into<Bytes>) {
        let mut remote = self.0.remote.lock();
        remote.insert(path.to_string(), bytes.into());
    }

    pub(crate) fn withdraw(&self, path: &(impl ToString + ?Sized)) {
        self.0.remote.lock().remove(&path.to_string());
    }

    pub(crate) fn remote(&self) -> BTreeMap<String, Bytes> {
        self.0.remote.lock().clone()
    }

    pub(crate) fn store(&self, latest: Option<Bytes>) {
        *self.0.latest.lock() = latest;
    }

    pub(crate) fn stored(&self) -> Option<Bytes> {
        self.0.latest.lock().clone()
    }

    pub(crate) fn keep(&self, tile: Tile, bytes: impl Into<Bytes>) {
        self.0.kept.lock().insert(tile, bytes.into());
    }

    pub(crate) fn kept(&self) -> BTreeMap<Tile, Bytes> {
        self.0.kept.lock().clone()
    }

    /// How each attempt to store a head ended.
    pub(crate) fn swaps(&self) -> Vec<SwapOutcome> {
        self.0.swaps.lock().clone()
    }

    pub(crate) fn forks(&self) -> Vec<LogFork> {
        self.0.forks.lock().clone()
    }

    /// The paths that the database was asked for since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.asked.lock())
    }

    fn fetch(&self, path: String) -> Result<Bytes, Missing> {
        self.0.asked.lock().push(path.clone());
        let found = self.0.remote.lock().get(&path).cloned();
        found.ok_or(Missing(path))
    }

    fn find(&self, tile: Tile) -> Option<Bytes> {
        let kept = self.0.kept.lock();
        kept.get(&tile).or_else(|| kept.get(&tile.full())).cloned()
    }

    /// The tile, or the full one where only that is left.
    fn tile(&self, tile: Tile) -> Result<Bytes, Missing> {
        self.fetch(tile.to_string()).or_else(|missing| {
            let full = self.fetch(tile.full().to_string()).ok();
            full.filter(|bytes| bytes.len() >= tile.full().size())
                .ok_or(missing)
        })
    }
}

impl ClientOperations for Memory {
    type Error = Missing;

    async fn read_remote(&self, path: &str) -> Result<Bytes, Missing> {
        self.fetch(path.to_owned())
    }

    async fn read_tiles(&self, tiles: &[Tile], reading: TileAccess) -> Result<Vec<Bytes>, Missing> {
        let read = |tile: &Tile| {
            let kept = match reading {
                TileAccess::KeptFirst => self.find(*tile),
                TileAccess::Anew => None,
            };
            kept.map_or_else(|| self.tile(*tile), Ok)
        };
        tiles.iter().map(read).collect()
    }

    async fn save_tiles(&self, tiles: Vec<(Tile, Bytes)>) -> Result<(), Missing> {
        self.0.kept.lock().extend(tiles);
        Ok(())
    }

    async fn read_latest(&self) -> Result<Option<Bytes>, Missing> {
        Ok(self.stored())
    }

    async fn swap_latest(&self, old: Option<&Bytes>, new: &Bytes) -> Result<SwapOutcome, Missing> {
        let mut latest = self.0.latest.lock();
        let swap = if latest.as_ref() == old {
            *latest = Some(new.clone());
            SwapOutcome::Done
        } else {
            SwapOutcome::Conflict
        };
        self.0.swaps.lock().push(swap);
        Ok(swap)
    }

    async fn misbehaved(&self, fork: &LogFork) {
        self.0.forks.lock().push(fork.clone());
    }
}
