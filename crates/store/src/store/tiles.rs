//! Tiles of a whole log: one file per database, a tile after the other.
//!
//! A mirror of the public database has some 280,000 tiles of its lowest level, which never change
//! and are all of one size. A table would put 2.4 GB of them into the catalog, through the
//! write-ahead file, and into every backup of it. So they lie in a file in which tile N begins at
//! byte N * 8192: nothing has to be looked up, nothing is written twice, and a catalog that is lost
//! or rebuilt takes none of them along. (`docs/decisions/0006-a-file-of-tiles.md`)
//!
//! The file claims nothing. A hole in it reads as zeros, a torn write as rubbish; so whoever reads a
//! tile checks it against the hash that the level above has of it, and takes a wrong one for one
//! that is not there.

use super::Store;
use crate::{core::StoreCore, disk, error::StoreError};
use bytes::Bytes;
use std::{
    fs::{File, OpenOptions},
    io,
    path::PathBuf,
    sync::Arc,
};

/// Bytes of a full tile of the height that checksum databases use: 256 hashes.
pub const TILE_SIZE: usize = 256 * 32;

// === impl Store ===

impl Store {
    /// The tile of this number in a database's file of tiles, right or wrong; `None` where the file
    /// ends before it. For a request.
    pub async fn mirrored_tile(
        &self,
        database: &str,
        number: u64,
    ) -> Result<Option<Bytes>, StoreError> {
        let (core, path) = (Arc::clone(self.core()), path(self.core(), database));
        let tile = core.reads.run(move |()| read(&path, number, 1)).await??;
        Ok(Some(tile).filter(|tile| tile.len() == TILE_SIZE))
    }

    /// At most `count` tiles from number `first` on, back to back, right or wrong; fewer where the
    /// file ends.
    pub async fn mirrored_tiles(
        &self,
        database: &str,
        first: u64,
        count: usize,
    ) -> Result<Bytes, StoreError> {
        let (core, path) = (Arc::clone(self.core()), path(self.core(), database));
        core.writes.run(move |()| read(&path, first, count)).await?
    }

    /// Writes a tile over whatever the file has at its place. Not durable before
    /// [`Store::sync_mirror`] returns.
    pub async fn mirror_tile(
        &self,
        database: &str,
        number: u64,
        tile: Bytes,
    ) -> Result<(), StoreError> {
        if tile.len() != TILE_SIZE {
            return Err(StoreError::TooLarge {
                what: "a tile",
                size: tile.len() as u64,
                limit: TILE_SIZE as u64,
            });
        }
        let (core, path) = (Arc::clone(self.core()), path(self.core(), database));
        let shared = Arc::clone(&core);
        core.writes
            .run(move |()| {
                let written = write(&shared, &path, number, &tile);
                shared.metrics.tried(&written);
                written
            })
            .await?
    }

    /// Makes every tile durable that was written to a database's file.
    pub async fn sync_mirror(&self, database: &str) -> Result<(), StoreError> {
        let (core, path) = (Arc::clone(self.core()), path(self.core(), database));
        core.writes
            .run(move |()| match OpenOptions::new().write(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                file => file
                    .and_then(|file| file.sync_data())
                    .map_err(|error| StoreError::file("syncing", &path, error)),
            })
            .await?
    }
}

fn path(core: &StoreCore, database: &str) -> PathBuf {
    core.layout.tiles().join(file_name(database))
}

/// A database's name as the name of a file: what is no letter, digit, dot or dash is escaped.
fn file_name(database: &str) -> String {
    let plain = |at: usize, byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || byte == b'-'
            || (byte == b'.' && at > 0)
    };
    let bytes = database.bytes().enumerate();
    bytes
        .map(|(at, byte)| {
            if plain(at, byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn offset(number: u64) -> Option<u64> {
    number.checked_mul(TILE_SIZE as u64)
}

fn read(path: &PathBuf, first: u64, count: usize) -> Result<Bytes, StoreError> {
    let failed = |error| StoreError::reading("a database's tiles", error);
    let Some(offset) = offset(first) else {
        return Ok(Bytes::new());
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Bytes::new()),
        file => file.map_err(failed)?,
    };
    let read = disk::read_at(&file, offset, count.saturating_mul(TILE_SIZE)).map_err(failed)?;
    Ok(read.slice(..read.len() - read.len() % TILE_SIZE))
}

fn write(core: &StoreCore, path: &PathBuf, number: u64, tile: &[u8]) -> Result<(), StoreError> {
    let failed = |error| StoreError::file("writing", path, error);
    let Some(offset) = offset(number) else {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    };
    let mut options = disk::private();
    let file = match options.write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = core.layout.tiles();
            disk::create_directory(&directory)?;
            let file = options.create(true).open(path).map_err(failed)?;
            disk::sync_directory(&directory)?;
            file
        }
        file => file.map_err(failed)?,
    };
    disk::write_all_at(&file, tile, offset).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_database_has_a_file_of_its_own_within_the_directory() {
        for (database, name) in [
            ("sum.golang.org", "sum.golang.org"),
            ("sum.example.com/2026", "sum.example.com%2F2026"),
            ("..", "%2E."),
            ("a%2Fb", "a%252%46b"),
            ("A", "%41"),
        ] {
            assert_eq!(file_name(database), name);
        }
    }
}
