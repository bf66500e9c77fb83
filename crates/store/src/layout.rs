//! What lies where below `--data`.
//!
//! ```text
//! blobs/sha256/ab/cdef...      bytes, named by their SHA-256, never changed
//! blobs.place                  the bucket that they lie in instead, if they do
//! spool/                       downloads in progress; emptied at every start
//! quarantine/HASH              bytes that were refused and kept for whoever investigates
//! catalog.db (-wal, -shm)      SQLite: what is known
//! tiles/DATABASE               hash tiles of a mirrored checksum database, 8 KiB each, in order
//! journal/NNNNNNNNNN.ndjson    every decision, readable and greppable; rebuilds the catalog
//! journal/checkpoint           the head of the journal's log that was signed last
//! journal.key                  the key it is signed with; secret
//! sumdb/NAME.key, .head, ...   checksum databases of our own, see [`crate::own`]
//! restoring                    there while a restore is not done
//! lock                         held by the process that uses the directory
//! ```

use crate::{blob::BlobId, disk, error::StoreError};
use std::{
    io,
    path::{Path, PathBuf},
};

/// The data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataLayout {
    root: PathBuf,
}

// === impl DataLayout ===

impl DataLayout {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs").join("sha256")
    }

    pub(crate) fn blob(&self, blob: BlobId) -> PathBuf {
        self.blobs().join(blob.shelf_path())
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.root.join("spool")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    pub(crate) fn tiles(&self) -> PathBuf {
        self.root.join("tiles")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// The signed head of the journal's log.
    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.journal().join("checkpoint")
    }

    /// The key of the journal's log.
    pub(crate) fn journal_key(&self) -> PathBuf {
        self.root.join("journal.key")
    }

    /// Keys and heads of checksum databases of our own.
    pub(crate) fn databases(&self) -> PathBuf {
        self.root.join("sumdb")
    }

    pub(crate) fn catalog(&self) -> PathBuf {
        self.root.join("catalog.db")
    }

    /// A companion of the catalog: `-wal` or `-shm`, as SQLite names them.
    pub(crate) fn catalog_companion(&self, suffix: &str) -> PathBuf {
        self.root.join(format!("catalog.db{suffix}"))
    }

    /// Whether something was ever kept here. A directory that only has keys of checksum databases
    /// counts: they were made before the first start.
    pub(crate) fn is_store(&self) -> bool {
        self.has_kept() || self.databases().is_dir()
    }

    /// Whether a store was ever opened here.
    pub(crate) fn has_kept(&self) -> bool {
        let directories = [self.blobs(), self.journal()];
        self.catalog().is_file() || directories.iter().any(|directory| directory.is_dir())
    }

    /// The note of the bucket that blobs lie in.
    pub(crate) fn blob_place(&self) -> PathBuf {
        self.root.join("blobs.place")
    }

    /// There while a restore into the directory is not done.
    pub(crate) fn restoring(&self) -> PathBuf {
        self.root.join("restoring")
    }

    /// Another process has the directory.
    pub(crate) fn in_use(&self) -> StoreError {
        StoreError::StoreInUse {
            directory: self.root.display().to_string(),
        }
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Makes the 256 directories of blobs, durably. All at once and at the start: if captures made
    /// them, one could be acknowledged while another has made their common directory and not
    /// synced its name yet, and a power cut would take both.
    pub(crate) fn create_shelves(&self) -> Result<(), StoreError> {
        let blobs = self.blobs();
        for shelf in 0..=u8::MAX {
            let path = blobs.join(format!("{shelf:02x}"));
            match disk::create_private(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !path.is_dir() => {
                    return Err(StoreError::file("creating", &path, error));
                }
                _ => {}
            }
        }
        // Also when all were there: the process that made them may have ended before this.
        disk::sync_directory(&blobs)
    }

    /// Warns of a data directory that others may look into. It may be so on purpose, so it is left as
    /// it is; one that is made here is the owner's.
    pub(crate) fn warn_if_open(&self) {
        if let Some(mode) = disk::open_to_others(&self.root) {
            let directory = self.root.display();
            tracing::warn!(
                mode = format!("{mode:04o}"),
                "others can look into the data directory, which names all private modules; \
                 next: chmod -R go-rwx '{directory}'"
            );
        }
    }

    /// Makes every other directory, durably.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        [
            self.blobs(),
            self.spool(),
            self.quarantine(),
            self.journal(),
        ]
        .iter()
        .try_for_each(|directory| disk::create_directory(directory))
    }
}
