//! Copy: the catalog as of one moment, in a file of its own, for a backup.

use super::{
    connection, read,
    schema::{self, CatalogTotals},
    tree::{self, Log},
};
use crate::{blob::BlobId, disk, error::StoreError, layout::DataLayout};
use rusqlite::Connection;
use tlog::Hash;

/// A copy of a catalog, open for reading. Blocks, since whoever copies files blocks anyway.
pub(crate) struct CatalogCopy(Connection);

// === impl CatalogCopy ===

impl CatalogCopy {
    /// Copies the catalog as of one moment. Readers and the writer go on meanwhile.
    pub(crate) fn make(from: &DataLayout, to: &DataLayout) -> Result<(), StoreError> {
        let failed = |error| StoreError::sql("copying the catalog", error);
        let target = to.catalog();
        disk::remove_file(&target)?;
        disk::remove_file(&to.catalog_companion("-journal"))?;
        // Made here, so that it is for the owner's eyes; SQLite takes an empty file for none.
        let made = disk::private().write(true).create_new(true).open(&target);
        made.map_err(|error| StoreError::file("creating", &target, error))?;
        let connection = connection::open_reader(from)?;
        let name = target.to_string_lossy();
        connection
            .execute("VACUUM INTO ?1", [name.as_ref()])
            .map(drop)
            .map_err(failed)
    }

    /// Opens a copy.
    pub(crate) fn open(layout: &DataLayout) -> Result<Self, StoreError> {
        connection::open_reader(layout).map(Self)
    }

    /// Its sums.
    pub(crate) fn totals(&self) -> Result<CatalogTotals, StoreError> {
        schema::totals(&self.0)
    }

    /// Root of the journal's log over its first entries.
    pub(crate) fn journal_root(&self, entries: u64) -> Result<Hash, StoreError> {
        tree::root(&self.0, Log::Journal, entries)
    }

    /// Blobs whose names begin with this byte, with their sizes.
    pub(crate) fn blobs(&self, first_byte: u8) -> Result<Vec<(BlobId, u64)>, StoreError> {
        read::blobs(&self.0, first_byte)
    }
}
