//! Operations: what the client needs done, and what it relies on.

use super::LogFork;
use crate::tile::Tile;
use bytes::Bytes;
use std::{error::Error, future::Future};

/// Where tiles may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileAccess {
    /// What is kept, else the database.
    KeptFirst,
    /// The database, because something kept turned out wrong.
    Anew,
}

/// How a compare-and-swap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwapOutcome {
    /// The new value is stored.
    Done,
    /// Another value was stored already.
    Conflict,
}

/// What the client needs done. Nothing that is read from the database is believed before the
/// client has checked it, so it may come from anybody.
pub trait ClientOperations: Send + Sync {
    /// Why an operation failed.
    type Error: Error + Send + Sync + 'static;

    /// Reads a path of the database: `lookup/…`, `latest`.
    fn read_remote(&self, path: &str) -> impl Future<Output = Result<Bytes, Self::Error>> + Send;

    /// Reads tiles, in the order asked for, all at once. A tile that has grown since may be given
    /// in its wider form: the database need not have the narrow one any more.
    fn read_tiles(
        &self,
        tiles: &[Tile],
        reading: TileAccess,
    ) -> impl Future<Output = Result<Vec<Bytes>, Self::Error>> + Send;

    /// Keeps tiles that were found to belong to a signed head. When this returns, they will be there
    /// whenever that head is.
    fn save_tiles(
        &self,
        tiles: Vec<(Tile, Bytes)>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The stored note of the newest head; `None` where there was none yet.
    fn read_latest(&self) -> impl Future<Output = Result<Option<Bytes>, Self::Error>> + Send;

    /// Stores the note of the newest head, durably, if `old` is what is stored now.
    fn swap_latest(
        &self,
        old: Option<&Bytes>,
        new: &Bytes,
    ) -> impl Future<Output = Result<SwapOutcome, Self::Error>> + Send;

    /// The database signed two heads that do not belong to one log. Keep the evidence, wake somebody.
    fn misbehaved(&self, fork: &LogFork) -> impl Future<Output = ()> + Send;
}
